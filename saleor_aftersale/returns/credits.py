"""Store credit: a gift card instead of money, made once."""

from __future__ import annotations

from datetime import datetime

from ..events import StoreCreditIssued, publish
from ..host import giftcards
from ..values import Money, Requester
from .models import Refund
from .states import RefundState


def issue_credit(refund: Refund, requester: Requester, now: datetime) -> None:
    """
    Give a locked request's refund as a gift card, inside the caller's transaction.

    Effects in order: the host makes the card, the refund is settled with the card's ref,
    ``StoreCreditIssued`` is published.

    Raises:
        Unsupported: this host has no store credit.
    """
    if refund.state == RefundState.SETTLED.value:
        return
    amount = Money(refund.amount, refund.currency)
    refund.reference = giftcards.issue(amount, key=refund.key, requester=requester)
    refund.state, refund.settled_at, refund.error = RefundState.SETTLED.value, now, ""
    refund.save(update_fields=["reference", "state", "settled_at", "error"])
    publish(
        StoreCreditIssued(
            refund_id=refund.pk,
            return_request_id=refund.request_id,
            order_ref=refund.request.order.order_ref,
            card_ref=refund.reference,
            amount=amount,
        )
    )
