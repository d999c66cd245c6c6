"""Store credit of Saleor 3.x: gift cards."""

from __future__ import annotations

from saleor.core.utils.events import call_event
from saleor.core.utils.promo_code import generate_promo_code
from saleor.giftcard.events import gift_card_issued_event
from saleor.giftcard.models import GiftCard
from saleor.plugins.manager import get_plugins_manager

from ...values import Money, NotFound, Requester
from .orders import people

__all__ = ["code_of", "issue"]

#: Private metadata by which a card is found again.
KEY = "aftersale.refund"


def issue(amount: Money, *, key: str, requester: Requester) -> str:
    """See ``ports.Giftcards.issue``."""
    earlier = GiftCard.objects.filter(private_metadata__contains={KEY: key}).first()
    if earlier is not None:
        return str(earlier.pk)
    found = people(requester)
    user, app = found["user"], found["app"]
    card = GiftCard.objects.create(
        code=generate_promo_code(),
        currency=amount.currency,
        initial_balance_amount=amount.amount,
        current_balance_amount=amount.amount,
        created_by=user,
        created_by_email=user.email if user else None,
        app=app,
        private_metadata={KEY: key},
    )
    gift_card_issued_event(card, user, app)
    call_event(get_plugins_manager(allow_replica=False).gift_card_created, card)
    return str(card.pk)


def code_of(card_ref: str) -> str:
    """See ``ports.Giftcards.code_of``."""
    card = GiftCard.objects.filter(pk=card_ref).first() if card_ref.isdigit() else None
    if card is None:
        raise NotFound("There is no such gift card.")
    return card.code
