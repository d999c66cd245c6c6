"""Reads of returns: what an order's lines permit today, requests of orders, histories."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Dict, Iterable, List, Optional, Sequence

from django.db.models import Prefetch, QuerySet

from ..config import Settings
from ..tracking import timeline
from ..tracking.statuses import ShipmentStatus
from ..tracking.timeline import Parcel
from ..values import FulfillmentStatus, NotFound, Order
from . import legal, policy
from .models import Refund, ReturnLine, ReturnRequest, ReturnTransition
from .states import RELEASING, ReturnState

_RETURNED = frozenset({FulfillmentStatus.RETURNED, FulfillmentStatus.REPLACED})

#: From here on the host has booked what came back.
_SETTLED = frozenset({ReturnState.RESOLVING, ReturnState.RESOLUTION_FAILED, ReturnState.COMPLETED})


def decisions(
    order: Order,
    parcels: Sequence[Parcel],
    requests: Sequence[ReturnRequest],
    settings: Settings,
    now: datetime,
) -> Dict[str, policy.Decision]:
    """
    What every line of an order permits today, by line ref; no query of its own.

    Args:
        parcels: as ``tracking.queries.parcels_by_order`` gives them.
        requests: every request of the order, with lines.
    """
    requested = _requested(requests)
    delivered = _delivered(parcels)
    by_hand = _returned_by_hand(order)
    lines = [
        policy.LineFacts(
            line_ref=line.ref,
            sent_quantity=line.quantity_fulfilled,
            delivered_quantity=delivered[line.ref],
            # Where the host books our returns too, its count holds ours: the larger is right.
            requested_quantity=max(by_hand[line.ref], requested[line.ref].settled)
            + requested[line.ref].open,
        )
        for line in order.lines
    ]
    facts = policy.OrderFacts(delivered_at(order, parcels))
    rules = policy.Policy(settings.return_window_days)
    return policy.decide_all(lines, facts, rules, legal.day_of_statement(now))


def delivered_at(order: Order, parcels: Sequence[Parcel]) -> Optional[datetime]:
    """
    When the last good of the order was delivered; None while any part isn't known to be.

    Parcels the shop took back before the carrier had them don't count.
    """
    if any(line.quantity_fulfilled < line.quantity for line in order.lines):
        return None
    moments = []
    for parcel in parcels:
        status = timeline.status_of(parcel.events, is_cancelled=parcel.is_cancelled)
        if parcel.is_cancelled and status is ShipmentStatus.CANCELLED:
            continue
        if status is not ShipmentStatus.DELIVERED:
            return None
        moments.append(timeline.reached_at(parcel.events, ShipmentStatus.DELIVERED))
    return max((moment for moment in moments if moment), default=None)


def _delivered(parcels: Sequence[Parcel]) -> Dict[str, int]:
    """Pieces reported as delivered, by line ref."""
    pieces: Dict[str, int] = defaultdict(int)
    for parcel in parcels:
        if timeline.status_of(parcel.events) is ShipmentStatus.DELIVERED:
            for line in parcel.lines:
                pieces[line.line_ref] += line.quantity
    return pieces


def _returned_by_hand(order: Order) -> Dict[str, int]:
    """Pieces the host holds as returned, by line ref; ours are among them on 3.x."""
    pieces: Dict[str, int] = defaultdict(int)
    for fulfillment in order.fulfillments:
        if fulfillment.status in _RETURNED:
            for line in fulfillment.lines:
                pieces[line.line_ref] += line.quantity
    return pieces


@dataclass
class _Pieces:
    """Pieces of one line in requests: settled ones came back, open ones may."""

    settled: int = 0
    open: int = 0


def _requested(requests: Sequence[ReturnRequest]) -> Dict[str, _Pieces]:
    pieces: Dict[str, _Pieces] = defaultdict(_Pieces)
    for request in requests:
        state = ReturnState(request.state)
        if state in RELEASING:
            continue
        for line in request.lines.all():
            if state in _SETTLED:
                pieces[line.line_ref].settled += line.accepted_quantity
            elif state is ReturnState.SUBMITTED:
                pieces[line.line_ref].open += line.quantity
            else:
                pieces[line.line_ref].open += line.approved_quantity
    return pieces


def with_details(requests: QuerySet[ReturnRequest], *, using: str) -> QuerySet[ReturnRequest]:
    """Requests with order, lines, transitions and refunds: four queries however many."""
    return requests.select_related("order").prefetch_related(
        Prefetch("lines", queryset=ReturnLine.objects.using(using).order_by("id")),
        Prefetch(
            "transitions", queryset=ReturnTransition.objects.using(using).order_by("position")
        ),
        Prefetch("refunds", queryset=Refund.objects.using(using).order_by("id")),
    )


def requests_by_order(
    order_refs: Iterable[str], *, using: str = "default"
) -> Dict[str, List[ReturnRequest]]:
    """Return requests by order ref, oldest first, with their details."""
    found: Dict[str, List[ReturnRequest]] = {ref: [] for ref in order_refs}
    rows = ReturnRequest.objects.using(using).filter(order__order_ref__in=list(found))
    for request in with_details(rows.order_by("id"), using=using):
        found[request.order.order_ref].append(request)
    return found


def get_request(request_id: str, *, using: str = "default") -> ReturnRequest:
    """
    One request with its details.

    Raises:
        NotFound: there is none of that id.
    """
    rows = ReturnRequest.objects.using(using).filter(pk=request_id)
    request = with_details(rows, using=using).first()
    if request is None:
        raise NotFound("There is no such return request.", field="id")
    return request


def newest_request(order_ref: str, *, using: str = "default") -> ReturnRequest:
    """
    The newest request of an order with its details.

    Raises:
        NotFound: the order has none.
    """
    requests = requests_by_order([order_ref], using=using)[order_ref]
    if not requests:
        raise NotFound("There is no such return request.", field="id")
    return requests[-1]
