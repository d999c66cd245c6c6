"""Refunds the provider never answered: given up by a person, and still listened for."""

from __future__ import annotations

from datetime import datetime
from typing import Optional

from django.db import transaction
from django.db.models import QuerySet

from ..events import RefundFailed, publish
from ..host import payments
from ..values import Requester
from .checks import InvalidInput, check_text
from .history import check_permitted, locked_request, move
from .models import Refund, ReturnRequest
from .payouts import settle_refund, under_way
from .states import Action, RefundState, ReturnState, TransitionNotAllowed


def give_up_refund(
    request_id: str, requester: Requester, *, reason: str, now: datetime
) -> ReturnRequest:
    """
    Stop waiting for the refund of a request: it counts as failed, and the next refund of its
    order may go out. A later yes of the provider is still taken, see ``listen``.

    Args:
        reason: what the provider said when it was asked, or why nobody can ask it.

    Raises:
        InvalidInput: no reason.
        TransitionNotAllowed: nothing is waited for, or the provider has answered.
    """
    check_text(reason, "reason", is_required=True)
    with transaction.atomic():
        request = locked_request(request_id)
        check_permitted(request, Action.GIVE_UP, requester)
        refund = under_way().filter(request=request).select_for_update().first()
        if refund is None:
            raise TransitionNotAllowed("No refund of this return request waits for an answer.")
        if _outcome(refund) is not None:
            raise TransitionNotAllowed("The provider has answered: the state changes by itself.")
        refund.state, refund.error = RefundState.GIVEN_UP.value, reason
        refund.save(update_fields=["state", "error"])
        after = ReturnState.RESOLUTION_FAILED
        move(request, Action.GIVE_UP, after, requester, reason=reason, now=now)
        publish(
            RefundFailed(
                refund_id=refund.pk,
                return_request_id=request.pk,
                order_ref=request.order.order_ref,
                error=reason,
            )
        )
    return request


def check_retry(request: ReturnRequest, *, is_unpaid: bool) -> None:
    """
    Check that money which was given up may be sent again.

    Args:
        is_unpaid: somebody looked at the provider's: the money has not gone.

    Raises:
        InvalidInput: nobody has looked.
        TransitionNotAllowed: the provider has said yes meanwhile.
    """
    for refund in request.refunds.filter(state=RefundState.GIVEN_UP.value):
        if _outcome(refund):
            raise TransitionNotAllowed("The provider has paid: the state changes by itself.")
        if not is_unpaid:
            raise InvalidInput(
                "The provider never answered and may have paid: look there, and say that the "
                "money has not gone.",
                field="is_unpaid",
                code="REQUIRED",
            )


def listen(now: datetime, *, order_ref: Optional[str] = None) -> None:
    """
    Take late answers to refunds that were given up; safe to repeat.

    Only the provider's own word counts: the order's books may show another refund's money.

    Args:
        order_ref: only of that order.
    """
    rows: QuerySet[Refund] = Refund.objects.filter(state=RefundState.GIVEN_UP.value)
    if order_ref is not None:
        rows = rows.filter(request__order__order_ref=order_ref)
    for refund in rows.order_by("pk"):
        outcome = _outcome(refund)
        if outcome:
            settle_refund(refund.pk, "", now)
        elif outcome is False:
            rows.filter(pk=refund.pk).update(state=RefundState.FAILED.value)


def _outcome(refund: Refund) -> Optional[bool]:
    return payments.refund_outcome(refund.reference) if refund.reference else None
