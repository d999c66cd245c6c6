"""What each resolution means."""

import pytest

from saleor_aftersale.returns import bases
from saleor_aftersale.returns.remedies import (
    GIVING_PRICE_BACK,
    LEAVING_GOODS,
    REMEDIES,
    Means,
)


def names(condition):
    return {name for name, remedy in REMEDIES.items() if condition(remedy)}


def test_every_resolution_of_the_domain_is_described_once():
    assert tuple(REMEDIES) == bases.RESOLUTIONS


def test_other_means_than_paid_need_the_customers_agreement():
    other = names(lambda remedy: remedy.means in (Means.BANK, Means.GIFT_CARD))

    assert other == names(lambda remedy: remedy.needs_agreement)
    assert other == {"REFUND_BANK", "STORE_CREDIT"}


def test_amount_is_named_only_where_goods_stay():
    given = names(lambda remedy: remedy.has_given_amount)

    assert given == {"PRICE_REDUCTION", "GOODWILL"}
    assert given <= names(lambda remedy: remedy.goods_stay)


def test_goods_can_be_asked_for_again_after_what_leaves_them():
    assert LEAVING_GOODS == ("REPAIR", "MISSING_PART", "PRICE_REDUCTION", "GOODWILL")


def test_price_goes_back_with_refunds_and_what_stands_for_one():
    assert GIVING_PRICE_BACK == (
        "REFUND_ORIGINAL",
        "REFUND_BANK",
        "STORE_CREDIT",
        "EXCHANGE_OTHER",
        "TERMINATION",
    )


@pytest.mark.parametrize("name", ["NO_ACTION", "REPAIR", "REPLACEMENT", "RESHIP"])
def test_nobody_gets_money_where_none_is_named(name):
    assert REMEDIES[name].means is None
