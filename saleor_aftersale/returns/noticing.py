"""What happens while a request is open and staff have to know of: changes by hand, parcels."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from typing import Dict, Iterator, List, Sequence, Tuple

from django.db import transaction
from django.db.models import Sum

from ..events import ReturnNoticed, publish
from ..tracking.models import OrderRecord
from ..values import FulfillmentStatus, Order, OrderStatus
from . import unsent
from .models import Refund, ReturnLine, ReturnNotice, ReturnRequest
from .remedies import Means
from .states import IDLE, RefundState, ReturnState

#: Every code a notice can have; its sentence is the text ``notice.<code>``.
CODES = (
    "ORDER_CANCELED",
    "LINE_REMOVED",
    "LINE_LOWERED",
    "RETURNED_BY_HAND",
    "REFUNDED_BY_HAND",
    "NOT_TO_BE_SENT",
    "RETURN_DELIVERED",
    "RETURN_LOST",
    "RETURN_SENT_BACK",
)

_BACK = frozenset({FulfillmentStatus.RETURNED, FulfillmentStatus.REPLACED})
_OURS = [RefundState.SETTLED.value, RefundState.STARTED.value, RefundState.REQUESTED.value]
_BOOKED = [
    ReturnState.RESOLVING.value,
    ReturnState.RESOLUTION_FAILED.value,
    ReturnState.COMPLETED.value,
]


def notice_changes(order: Order, now: datetime) -> None:
    """
    Compare an order with its open requests; each difference is noted once.

    Nothing is decided by it: what a request gives back is counted anew when it is resolved.
    ``ReturnNoticed`` is published for each new notice.
    """
    ended = [state.value for state in IDLE]
    requests = ReturnRequest.objects.filter(order__order_ref=order.ref).exclude(state__in=ended)
    if not requests.exists():
        return
    with transaction.atomic():
        record = OrderRecord.objects.select_for_update().get(order_ref=order.ref)
        returned, refunded = _returned_by_hand(record, order), _refunded_by_hand(record, order)
        for request in requests.order_by("pk"):
            lines = list(request.lines.order_by("pk"))
            for code, detail in _differences(lines, order, returned, refunded):
                _note(request, order.ref, (code, detail[:255]), now)


def note_unsent(request: ReturnRequest, order: Order, now: datetime) -> None:
    """
    Tell staff what a new request withdraws from that hasn't been sent: it isn't to be sent.

    In the caller's transaction, which holds the order's lock.
    """
    lines = list(request.lines.order_by("pk"))
    never_sent = unsent.unsent_lines(request, lines, order)
    for line in lines:
        if line.pk in never_sent:
            detail = f"{never_sent[line.pk]} × {line.product_name}"[:255]
            _note(request, order.ref, ("NOT_TO_BE_SENT", detail), now)


def note_parcel(request: ReturnRequest, code: str, number: str, now: datetime) -> None:
    """Tell staff of the end of a return parcel's journey, in the caller's transaction."""
    _note(request, request.order.order_ref, (code, number), now)


def _differences(
    lines: Sequence[ReturnLine], order: Order, returned: Dict[str, int], refunded: Decimal
) -> Iterator[Tuple[str, str]]:
    if order.status is OrderStatus.CANCELED:
        yield "ORDER_CANCELED", ""
    pieces = {line.ref: line.quantity for line in order.lines}
    for line in lines:
        if line.line_ref not in pieces:
            yield "LINE_REMOVED", line.product_name
        elif pieces[line.line_ref] < line.quantity:
            yield "LINE_LOWERED", line.product_name
        if returned[line.line_ref] > 0:
            yield "RETURNED_BY_HAND", line.product_name
    if refunded > 0:
        yield "REFUNDED_BY_HAND", f"{refunded.quantize(_step(order))} {order.currency}"


def _step(order: Order) -> Decimal:
    return Decimal(1).scaleb(-order.minor_units)


def _returned_by_hand(record: OrderRecord, order: Order) -> Dict[str, int]:
    """Pieces the host has as come back beyond those of our requests, by line ref."""
    found: Dict[str, int] = defaultdict(int)
    for fulfillment in order.fulfillments:
        if fulfillment.status in _BACK:
            for line in fulfillment.lines:
                found[line.line_ref] += line.quantity
    ours: List[Tuple[str, int]] = list(
        ReturnLine.objects.filter(request__order=record, request__state__in=_BOOKED).values_list(
            "line_ref", "accepted_quantity"
        )
    )
    for line_ref, quantity in ours:
        found[line_ref] -= quantity
    return found


def _refunded_by_hand(record: OrderRecord, order: Order) -> Decimal:
    """Money the host has as given back beyond what ours did, or is about to."""
    rows = Refund.objects.filter(request__order=record, means=Means.ORIGINAL.value, state__in=_OURS)
    ours = rows.aggregate(total=Sum("amount"))["total"] or Decimal(0)
    return order.refunded.amount - ours


def _note(request: ReturnRequest, order_ref: str, notice: Tuple[str, str], now: datetime) -> None:
    code, detail = notice
    if request.notices.filter(code=code, detail=detail).exists():
        return
    row = ReturnNotice.objects.create(request=request, code=code, detail=detail, noticed_at=now)
    publish(ReturnNoticed(notice_id=row.pk, return_request_id=request.pk, order_ref=order_ref))
