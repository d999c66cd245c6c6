"""The life of one refund: due, taken by a worker, settled or failed; money moves once."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from decimal import Decimal
from typing import List, Optional

from django.db import transaction
from django.db.models import QuerySet, Sum

from ..events import RefundDue, RefundFailed, RefundSettled, publish
from ..host import orders, payments
from ..tracking.models import OrderRecord
from ..values import SYSTEM, AftersaleError, Money, NotFound, Order, Requester
from .checks import InvalidInput, check_text
from .endings import complete_if_done, last_decision
from .history import locked_request, move
from .models import Refund, Remedy, ReturnRequest
from .remedies import Means
from .states import Action, RefundState, ReturnState, TransitionNotAllowed

logger = logging.getLogger(__name__)

#: A refund started longer ago than this was left by a worker that died.
STARTED_FOR_LONG = timedelta(minutes=15)

#: Characters of what staff know a transfer or a parcel by.
MAX_REFERENCE = 512

#: A host may be asked about these, or shows them in its books.
_UNDER_WAY = (RefundState.STARTED.value, RefundState.REQUESTED.value)


def order_of(request: ReturnRequest) -> Order:
    """
    The request's order as the host holds it now.

    Raises:
        NotFound: the shop no longer has it.
    """
    order_ref = request.order.order_ref
    found = orders.load_orders([order_ref], using="default")
    if order_ref not in found:
        raise NotFound("The shop no longer has this order.", field="id")
    return found[order_ref]


def make_due(decision: Remedy, amount: Money, means: Means, now: datetime) -> Refund:
    """
    Write down money that is to go back, or is to be tried again, in the caller's transaction.

    ``RefundDue`` is published for what goes back by the way it was paid.
    """
    key = f"{decision.request.number}/{decision.number}"
    refund, is_new = Refund.objects.get_or_create(
        key=f"{key}/set-off" if means is Means.SET_OFF else key,
        defaults={
            "request": decision.request,
            "remedy": decision,
            "means": means.value,
            "amount": amount.amount,
            "currency": amount.currency,
            "state": RefundState.DUE.value,
            "created_at": now,
        },
    )
    if not is_new:
        make_due_again(decision)
    elif means is Means.ORIGINAL:
        publish(RefundDue(refund.pk))
    return refund


def make_due_again(decision: Remedy) -> None:
    """Try again what failed of a decision, in the caller's transaction."""
    over = (RefundState.FAILED.value, RefundState.GIVEN_UP.value)
    for refund in decision.refunds.filter(state__in=over).order_by("pk"):
        refund.state, refund.error = RefundState.DUE.value, ""
        refund.save(update_fields=["state", "error"])
        publish(RefundDue(refund.pk))


def perform_refund(refund_id: int, now: datetime) -> None:
    """
    Move the money of one refund; may run twice, calls the provider once.

    A worker takes the row from DUE to STARTED and commits before it calls. If it dies
    after that, ``reconcile_refunds`` finds out whether the money moved.
    """
    refund = _take(refund_id, now)
    if refund is None:
        return
    amount = Money(refund.amount, refund.currency)
    try:
        result = payments.refund(refund.request.order.order_ref, amount, key=refund.key)
    except AftersaleError as refusal:
        fail_refund(refund_id, str(refusal), now)
        return
    if result.is_settled:
        settle_refund(refund_id, result.reference, now)
    else:
        Refund.objects.filter(pk=refund_id, state=RefundState.STARTED.value).update(
            state=RefundState.REQUESTED.value, reference=result.reference
        )


def _take(refund_id: int, now: datetime) -> Optional[Refund]:
    with transaction.atomic():
        refund = _locked_refund(refund_id)
        if refund.state != RefundState.DUE.value or refund.means != Means.ORIGINAL.value:
            return None
        # One at a time by order: else the books couldn't tell whose money has gone.
        if under_way().filter(request__order_id=refund.request.order_id).exists():
            return None
        refund.refunded_before = order_of(refund.request).refunded.amount
        refund.state, refund.started_at = RefundState.STARTED.value, now
        refund.save(update_fields=["refunded_before", "state", "started_at"])
    return refund


def _locked_refund(refund_id: int) -> Refund:
    plain = Refund.objects.select_related("request").get(pk=refund_id)
    OrderRecord.objects.select_for_update().get(pk=plain.request.order_id)
    request = ReturnRequest.objects.select_for_update().get(pk=plain.request_id)
    refund = Refund.objects.select_for_update().get(pk=refund_id)
    refund.request = request
    return refund


def settle_refund(refund_id: int, reference: str, now: datetime) -> None:
    """
    Note that the money went back; publishes ``RefundSettled``, completes the request when
    nothing else is left to do.
    """
    with transaction.atomic():
        refund = _locked_refund(refund_id)
        if refund.state == RefundState.SETTLED.value:
            return
        _settle(refund, reference, now)


def _settle(refund: Refund, reference: str, now: datetime) -> None:
    refund.state, refund.reference = RefundState.SETTLED.value, reference or refund.reference
    refund.settled_at, refund.error = now, ""
    refund.save(update_fields=["state", "reference", "settled_at", "error"])
    complete_if_done(refund.request, now)
    publish(
        RefundSettled(
            refund_id=refund.pk,
            return_request_id=refund.request_id,
            order_ref=refund.request.order.order_ref,
            amount=Money(refund.amount, refund.currency),
        )
    )


def settle_by_hand(
    request_id: str, requester: Requester, *, reference: str, now: datetime
) -> ReturnRequest:
    """
    Note that staff made the agreed transfer themselves; once.

    Raises:
        InvalidInput: no reference, by which the transfer can be found again.
        TransitionNotAllowed: no such transfer is awaited.
    """
    check_text(reference, "reference", is_required=True)
    if len(reference) > MAX_REFERENCE:
        message = f"Use up to {MAX_REFERENCE} characters."
        raise InvalidInput(message, field="reference", code="TOO_LONG")
    with transaction.atomic():
        request = locked_request(request_id)
        decision = last_decision(request)
        is_open = request.state == ReturnState.RESOLVING.value
        due = _transfer_of(decision) if decision and is_open else None
        if decision is None or due is None:
            raise TransitionNotAllowed("This return request awaits no transfer by hand.")
        decision.done_at, decision.done_by = now, requester.label
        decision.reference = reference.strip()
        decision.save(update_fields=["done_at", "done_by", "reference"])
        due.request = request
        _settle(due, decision.reference, now)
    return request


def _transfer_of(decision: Remedy) -> Optional[Refund]:
    rows = decision.refunds.filter(means=Means.BANK.value, state=RefundState.DUE.value)
    return rows.select_for_update().first()


def fail_refund(refund_id: int, error: str, now: datetime) -> None:
    """Note that the money did not move; staff are told why and may try again."""
    with transaction.atomic():
        refund = _locked_refund(refund_id)
        if refund.state in (RefundState.SETTLED.value, RefundState.FAILED.value):
            return
        refund.state, refund.error = RefundState.FAILED.value, error
        refund.save(update_fields=["state", "error"])
        publish(
            RefundFailed(
                refund_id=refund.pk,
                return_request_id=refund.request_id,
                order_ref=refund.request.order.order_ref,
                error=error,
            )
        )
        if refund.request.state != ReturnState.RESOLVING.value:
            return
        move(
            refund.request,
            Action.FAIL,
            ReturnState.RESOLUTION_FAILED,
            SYSTEM,
            reason=error,
            now=now,
        )


def reconcile_refunds(now: datetime) -> List[int]:
    """
    Pick up what dead workers and slow providers left; safe to repeat.

    A refund that was requested or started is settled as soon as the provider says so or
    the host's books show the money gone. One that was started long ago and shows nothing
    fails visibly: it is never sent again without a person looking.

    Returns:
        Ids of refunds made due again because no worker ever took them.
    """
    for refund in under_way().select_related("request__order"):
        try:
            _reconcile(refund, now)
        except NotFound:
            logger.warning("Refund %s waits for an order the shop no longer has.", refund.key)
    lost = Refund.objects.filter(
        means=Means.ORIGINAL.value,
        state=RefundState.DUE.value,
        created_at__lt=now - timedelta(minutes=1),
    )
    ids = list(lost.order_by("pk").values_list("pk", flat=True))
    for refund_id in ids:
        publish(RefundDue(refund_id))
    return ids


def reconcile_refunds_of(order_ref: str, now: datetime) -> None:
    """The same for one order, when the shop says that something about it changed."""
    waiting = under_way().filter(request__order__order_ref=order_ref)
    for refund in waiting.select_related("request__order"):
        _reconcile(refund, now)


def under_way() -> QuerySet[Refund]:
    """Refunds a provider was asked for and hasn't answered."""
    return Refund.objects.filter(state__in=_UNDER_WAY, means=Means.ORIGINAL.value)


def _reconcile(refund: Refund, now: datetime) -> None:
    outcome = payments.refund_outcome(refund.reference) if refund.reference else None
    before = (refund.refunded_before or Decimal(0)) + _settled_meanwhile(refund)
    gone = order_of(refund.request).refunded.amount - before
    if outcome is False:
        fail_refund(refund.pk, "The provider reported that the refund failed.", now)
    elif outcome or gone >= refund.amount:
        settle_refund(refund.pk, "", now)
    elif refund.state == RefundState.STARTED.value and _is_old(refund, now):
        fail_refund(
            refund.pk,
            "The worker stopped before the provider answered. Look there before trying again.",
            now,
        )


def _settled_meanwhile(refund: Refund) -> Decimal:
    """Late money of refunds that were given up: it isn't this one's."""
    others = Refund.objects.filter(
        request__order_id=refund.request.order_id,
        means=Means.ORIGINAL.value,
        settled_at__gte=refund.started_at,
    )
    return others.exclude(pk=refund.pk).aggregate(total=Sum("amount"))["total"] or Decimal(0)


def _is_old(refund: Refund, now: datetime) -> bool:
    return refund.started_at is not None and now - refund.started_at > STARTED_FOR_LONG
