"""Ending a request: stock back on the shelf once, money back once."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from decimal import Decimal
from typing import List, Sequence

from django.db import transaction
from django.db.models import QuerySet, Sum

from ..events import RefundDue, RefundSettled, publish
from ..host import orders, payments
from ..tracking.models import OrderRecord
from ..values import (
    SYSTEM,
    AftersaleError,
    Money,
    NotFound,
    Order,
    Requester,
    ReturnedLine,
    Unsupported,
)
from . import refunds
from .checks import InvalidInput
from .history import check_permitted, locked_request, move
from .inspection import accept_without_goods
from .line_states import LineState
from .models import Refund, ReturnLine, ReturnRequest
from .policy import Basis
from .states import BEFORE_ARRIVAL, Action, RefundState, ReturnState

logger = logging.getLogger(__name__)

#: Refund what was accepted by the way it was paid, or end without money.
RESOLUTIONS = ("REFUND_ORIGINAL", "NO_ACTION")

#: Pieces accepted in such a request have been taken back.
_SETTLED = (ReturnState.RESOLVING, ReturnState.RESOLUTION_FAILED, ReturnState.COMPLETED)

#: Its refund completes such a request.
_UNPAID = (ReturnState.RESOLVING, ReturnState.RESOLUTION_FAILED)

#: A refund started longer ago than this was left by a worker that died.
STARTED_FOR_LONG = timedelta(minutes=15)


def resolve_return(
    request_id: str,
    requester: Requester,
    *,
    resolution: str,
    without_goods: bool = False,
    now: datetime,
) -> ReturnRequest:
    """
    Settle an inspected request.

    Effects in order, in one transaction: state RESOLVING; accepted pieces with
    disposition RESTOCK raise the stock; the host books the return; a refund row is
    written and ``RefundDue`` published. Without money the request is completed at once.
    After a failed refund only the refund is tried again: stock moved the first time.

    Args:
        without_goods: none are wanted back, or they were lost on their way; needed, and
            only permitted, while nothing has arrived.

    Raises:
        InvalidInput: no such resolution, or goods are still awaited.
        NothingCaptured: a refund was asked for, but no money is left to give back.
    """
    if resolution not in RESOLUTIONS:
        raise InvalidInput("There is no such resolution.", field="resolution")
    with transaction.atomic():
        request = locked_request(request_id)
        check_permitted(request, Action.RESOLVE, requester)
        _check_goods(request, without_goods)
        is_retry = request.state == ReturnState.RESOLUTION_FAILED.value
        if without_goods:
            accept_without_goods(list(request.lines.order_by("pk")))
        reason = "WITHOUT_GOODS" if without_goods else ""
        move(request, Action.RESOLVE, ReturnState.RESOLVING, requester, reason=reason, now=now)
        request.resolution = resolution
        request.save(update_fields=["resolution"])
        lines = list(request.lines.filter(accepted_quantity__gt=0).order_by("pk"))
        order = _order_of(request)
        if resolution == "REFUND_ORIGINAL":
            _make_refund_due(request, lines, order, now, is_retry=is_retry)
        if not is_retry:
            _take_goods_back(request, lines, requester, now)
        if resolution == "NO_ACTION":
            _complete(request, now)
    return request


def _check_goods(request: ReturnRequest, without_goods: bool) -> None:
    if without_goods == (ReturnState(request.state) in BEFORE_ARRIVAL):
        return
    message = "The goods are here." if without_goods else "The goods haven't arrived."
    raise InvalidInput(message, field="without_goods", code="INVALID")


def _order_of(request: ReturnRequest) -> Order:
    order_ref = request.order.order_ref
    found = orders.load_orders([order_ref], using="default")
    if order_ref not in found:
        raise NotFound("The shop no longer has this order.", field="id")
    return found[order_ref]


def _take_goods_back(
    request: ReturnRequest, lines: Sequence[ReturnLine], requester: Requester, now: datetime
) -> None:
    returned = []
    for line in lines:
        # A request that was taken up again has booked some before.
        new = line.accepted_quantity - line.booked_quantity
        line.booked_quantity = max(line.accepted_quantity, line.booked_quantity)
        if new <= 0 or not line.received_quantity:
            continue
        returned.append(ReturnedLine(line.line_ref, new))
        if line.disposition == "RESTOCK":
            orders.restock(line.line_ref, new, line.warehouse_ref)
            line.restocked_at = now
    ReturnLine.objects.bulk_update(lines, ["restocked_at", "booked_quantity"])
    if not returned:
        return
    try:
        orders.complete_return(request.order.order_ref, returned, requester)
    except Unsupported as limit:
        logger.info("Return %s stays in the plugin's books only: %s", request.number, limit)


def _make_refund_due(
    request: ReturnRequest,
    lines: Sequence[ReturnLine],
    order: Order,
    now: datetime,
    *,
    is_retry: bool,
) -> None:
    accepted = [
        refunds.AcceptedLine(
            line.line_ref, line.accepted_quantity, line.unit_price, line.lost_value
        )
        for line in lines
    ]
    rows = list(Refund.objects.filter(request=request).order_by("pk"))
    settled = [row for row in rows if row.state == RefundState.SETTLED.value]
    refund = rows[-1] if rows else None
    if refund is None or refund in settled or not is_retry:
        whole = _is_whole_order_withdrawn(request, order)
        paid = sum((row.amount for row in settled), Decimal(0))
        amount = refunds.refund_amount(accepted, order, with_delivery=whole, paid=paid)
        refund = Refund.objects.create(
            request=request,
            key=f"{request.number}/{len(rows) + 1}",
            amount=amount.amount,
            currency=amount.currency,
            state=RefundState.DUE.value,
            created_at=now,
        )
    elif refund.state == RefundState.FAILED.value:
        refund.state, refund.error = RefundState.DUE.value, ""
        refund.save(update_fields=["state", "error"])
    publish(RefundDue(refund.pk))


def _is_whole_order_withdrawn(request: ReturnRequest, order: Order) -> bool:
    """With this request every piece of the order has come back by withdrawal."""
    earlier = ReturnLine.objects.filter(
        request__order=request.order,
        request__state__in=[state.value for state in _SETTLED],
        basis=Basis.WITHDRAWAL.value,
    ).aggregate(pieces=Sum("accepted_quantity"))["pieces"]
    return (earlier or 0) == sum(line.quantity for line in order.lines)


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


def _take(refund_id: int, now: datetime) -> Refund | None:
    with transaction.atomic():
        refund = _locked_refund(refund_id)
        if refund.state != RefundState.DUE.value:
            return None
        refund.refunded_before = _order_of(refund.request).refunded.amount
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
    """Note that the money went back; completes the request, publishes ``RefundSettled``."""
    with transaction.atomic():
        refund = _locked_refund(refund_id)
        if refund.state == RefundState.SETTLED.value:
            return
        refund.state, refund.reference = RefundState.SETTLED.value, reference or refund.reference
        refund.settled_at, refund.error = now, ""
        refund.save(update_fields=["state", "reference", "settled_at", "error"])
        # Staff may have ended the request without money before the provider's late yes.
        if ReturnState(refund.request.state) in _UNPAID:
            _complete(refund.request, now)
        publish(
            RefundSettled(
                refund_id=refund.pk,
                return_request_id=refund.request_id,
                order_ref=refund.request.order.order_ref,
                amount=Money(refund.amount, refund.currency),
            )
        )


def _complete(request: ReturnRequest, now: datetime) -> None:
    request.lines.filter(accepted_quantity__gt=0).update(state=LineState.RESOLVED.value)
    move(request, Action.COMPLETE, ReturnState.COMPLETED, SYSTEM, now=now)


def fail_refund(refund_id: int, error: str, now: datetime) -> None:
    """Note that the money did not move; staff see why and may try again."""
    with transaction.atomic():
        refund = _locked_refund(refund_id)
        if refund.state in (RefundState.SETTLED.value, RefundState.FAILED.value):
            return
        refund.state, refund.error = RefundState.FAILED.value, error
        refund.save(update_fields=["state", "error"])
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

    A refund that was requested or started is settled as soon as the host's books show
    the money gone. One that was started long ago and shows nothing fails visibly: it is
    never sent again without a person looking.

    Returns:
        Ids of refunds made due again because no worker ever took them.
    """
    for refund in _waiting():
        try:
            _reconcile(refund, now)
        except NotFound:
            logger.warning("Refund %s waits for an order the shop no longer has.", refund.key)
    lost = Refund.objects.filter(
        state=RefundState.DUE.value, created_at__lt=now - timedelta(minutes=1)
    )
    ids = list(lost.values_list("pk", flat=True))
    for refund_id in ids:
        publish(RefundDue(refund_id))
    return ids


def reconcile_refunds_of(order_ref: str, now: datetime) -> None:
    """The same for one order, when the shop says that something about it changed."""
    for refund in _waiting().filter(request__order__order_ref=order_ref):
        _reconcile(refund, now)


def _waiting() -> QuerySet[Refund]:
    waiting = [RefundState.STARTED.value, RefundState.REQUESTED.value]
    return Refund.objects.filter(state__in=waiting).select_related("request__order")


def _reconcile(refund: Refund, now: datetime) -> None:
    gone = _order_of(refund.request).refunded.amount - (refund.refunded_before or Decimal(0))
    if gone >= refund.amount:
        settle_refund(refund.pk, "", now)
    elif refund.reference and payments.refund_outcome(refund.reference) is False:
        fail_refund(refund.pk, "The provider reported that the refund failed.", now)
    elif refund.state == RefundState.STARTED.value and _is_old(refund, now):
        fail_refund(
            refund.pk,
            "The worker stopped before the provider answered. Look there before trying again.",
            now,
        )


def _is_old(refund: Refund, now: datetime) -> bool:
    return refund.started_at is not None and now - refund.started_at > STARTED_FOR_LONG
