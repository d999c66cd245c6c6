"""Whether marketing has a basis: what counts of all that was said."""

from datetime import datetime, timedelta, timezone

import pytest

from saleor_aftersale.consents import basis
from saleor_aftersale.consents.basis import Consent, Said
from saleor_aftersale.consents.topics import ALL, Topic

NOON = datetime(2026, 3, 4, 12, tzinfo=timezone.utc)
FEEDBACK, OFFERS = Topic.FEEDBACK.value, Topic.OFFERS.value
YES, NO = Consent.OPT_IN, Consent.OBJECTED


def said(topic, consent, hours=0):
    return Said(topic, consent, NOON + timedelta(hours=hours))


def standing(*decisions, topic=OFFERS, is_suppressed=False, is_told=False):
    return basis.standing(
        decisions, topic, is_suppressed=is_suppressed, is_told_at_checkout=is_told
    )


@pytest.mark.parametrize(
    "consent, country, permitted",
    [
        (Consent.OPT_IN, "PL", True),
        (Consent.OPT_IN, "", True),
        (Consent.SOFT_OPT_IN, "BG", True),
        (Consent.SOFT_OPT_IN, "PL", False),
        (Consent.SOFT_OPT_IN, "", False),
        (Consent.NONE, "BG", False),
        (Consent.OBJECTED, "BG", False),
        (Consent.BOUNCED, "BG", False),
    ],
)
def test_marketing_needs_the_basis_the_country_asks_for(consent, country, permitted):
    assert basis.is_permitted(consent, country) is permitted


def test_sale_is_no_basis_when_merchant_asks_for_a_ticked_box():
    assert not basis.is_permitted(Consent.SOFT_OPT_IN, "BG", is_opt_in_only=True)


@pytest.mark.parametrize("is_told, expected", [(True, Consent.SOFT_OPT_IN), (False, Consent.NONE)])
def test_standing_rests_on_the_sale_only_when_customers_are_told_at_checkout(is_told, expected):
    assert standing(is_told=is_told) is expected


@pytest.mark.parametrize(
    "decisions, expected",
    [
        ([said(OFFERS, YES)], YES),
        ([said(OFFERS, NO)], NO),
        ([said(OFFERS, YES, 1), said(OFFERS, NO, 2)], NO),
        ([said(OFFERS, NO, 1), said(OFFERS, YES, 2)], YES),
        ([said(OFFERS, YES, 2), said(OFFERS, NO, 1)], YES),
        # A no to everything holds until a newer yes.
        ([said(OFFERS, YES, 1), said(ALL, NO, 2)], NO),
        ([said(ALL, NO, 1), said(OFFERS, YES, 2)], YES),
        ([said(ALL, NO, 1), said(FEEDBACK, YES, 2)], NO),
        # A topic nobody spoke of.
        ([said(FEEDBACK, NO)], Consent.SOFT_OPT_IN),
        ([said(FEEDBACK, YES)], Consent.SOFT_OPT_IN),
        # In the same moment.
        ([said(OFFERS, NO), said(OFFERS, YES)], NO),
        ([said(ALL, NO), said(OFFERS, YES)], NO),
    ],
)
def test_standing_is_what_was_said_last(decisions, expected):
    assert standing(*decisions, is_told=True) is expected


@pytest.mark.parametrize(
    "decisions, expected",
    [
        ([], Consent.BOUNCED),
        ([said(OFFERS, YES)], Consent.BOUNCED),
        ([said(OFFERS, NO)], NO),
    ],
)
def test_standing_of_dead_mailbox_is_never_a_basis(decisions, expected):
    assert standing(*decisions, is_suppressed=True, is_told=True) is expected
