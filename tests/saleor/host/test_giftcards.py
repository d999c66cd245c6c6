"""Store credit as the shop holds it."""

from decimal import Decimal

import pytest

from saleor_aftersale.host import giftcards
from saleor_aftersale.values import SYSTEM, Money, NotFound, Requester, Role, Unsupported
from tests import factories
from tests.factories import IS_3

pytestmark = pytest.mark.django_db

only_on_3 = pytest.mark.skipif(not IS_3, reason="2.10.1 has no store credit")

FIVE = Money(Decimal("5.00"), "EUR")


@only_on_3
def test_same_key_gives_the_same_card():
    first = giftcards.issue(FIVE, key="R-1/1", requester=SYSTEM)

    assert giftcards.issue(FIVE, key="R-1/1", requester=SYSTEM) == first
    assert giftcards.issue(FIVE, key="R-1/2", requester=SYSTEM) != first


@only_on_3
def test_card_can_be_spent_and_says_who_made_it():
    from saleor.giftcard.models import GiftCard  # noqa: PLC0415 -- only on 3.x

    clerk = factories.make_staff()
    requester = Requester(Role.STAFF, str(clerk.pk), clerk.email)

    ref = giftcards.issue(FIVE, key="R-1/1", requester=requester)

    card = GiftCard.objects.get(pk=ref)
    assert (card.current_balance_amount, card.currency) == (Decimal("5.000"), "EUR")
    assert (card.is_active, card.created_by, card.expiry_date) == (True, clerk, None)
    assert card.metadata == {}
    assert giftcards.code_of(ref) == card.code
    assert [event.type for event in card.events.all()] == ["issued"]


@only_on_3
@pytest.mark.parametrize("ref", ["", "999999", "nonsense"])
def test_card_that_is_gone_has_no_code(ref):
    giftcards.issue(FIVE, key="R-1/1", requester=SYSTEM)

    with pytest.raises(NotFound):
        giftcards.code_of(ref)


@pytest.mark.skipif(IS_3, reason="3.x has store credit")
def test_store_credit_is_unsupported():
    with pytest.raises(Unsupported, match=r"Saleor 2\.10\.1 has no store credit"):
        giftcards.issue(FIVE, key="R-1/1", requester=SYSTEM)
    with pytest.raises(Unsupported):
        giftcards.code_of("1")
