"""What a request's lines are worth: the rule of ``refunds``, fed from our rows."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from typing import Dict, List, Mapping, Optional, Sequence

from django.db.models import Q, QuerySet, Sum

from ..config import Settings
from ..tracking.models import OrderRecord
from ..values import Money, Order
from . import refunds, remedies
from .endings import last_decision
from .models import Refund, ReturnLine, ReturnRequest
from .policy import Basis
from .remedies import Means
from .states import RefundState, ReturnState

#: Pieces accepted in such a request have been taken back.
_SETTLED = (ReturnState.RESOLVING, ReturnState.RESOLUTION_FAILED, ReturnState.COMPLETED)

_UNDER_WAY = (RefundState.DUE, RefundState.STARTED, RefundState.REQUESTED)


def amount_for(
    request: ReturnRequest, lines: Sequence[ReturnLine], order: Order, settings: Settings
) -> Money:
    """
    What goes back for accepted lines of a request whose order is locked.

    Raises:
        NothingCaptured: nothing is left to give back.
    """
    earlier = _earlier(request)
    reductions = _reductions(request.order, order)
    return refunds.refund_amount(
        _all_accepted(lines, reductions),
        order,
        earlier=[line for other in earlier for line in _all_accepted(_taken(other), reductions)],
        given=sum((_given(other) for other in earlier), _settled(request)),
        delivery=refunds.DeliveryRule(
            standard=settings.standard_delivery_price, is_shared=settings.shares_delivery
        ),
        spent=spent_of(request.order, but=request),
    )


def spent_of(record: OrderRecord, *, but: ReturnRequest) -> Decimal:
    """
    Money of an order promised already that the host's books don't show.

    Args:
        but: its own failed or replaced decisions promise nothing any more.
    """
    under_way = Q(means=Means.ORIGINAL.value, state__in=[state.value for state in _UNDER_WAY])
    elsewhere = ~Q(means=Means.ORIGINAL.value) & ~Q(state=RefundState.FAILED.value)
    rows = Refund.objects.filter(under_way | elsewhere, request__order=record)
    unsettled = Q(request=but) & ~Q(state=RefundState.SETTLED.value)
    total = rows.exclude(unsettled).aggregate(total=Sum("amount"))["total"]
    return total or Decimal(0)


def _earlier(request: ReturnRequest) -> List[ReturnRequest]:
    """Other requests of the order with which the price of goods went back."""
    rows: QuerySet[ReturnRequest] = ReturnRequest.objects.filter(
        order=request.order,
        state__in=[state.value for state in _SETTLED],
        resolution__in=remedies.GIVING_PRICE_BACK,
    )
    return list(rows.exclude(pk=request.pk).order_by("pk"))


def _taken(request: ReturnRequest) -> List[ReturnLine]:
    return list(request.lines.filter(accepted_quantity__gt=0).order_by("pk"))


def _given(request: ReturnRequest) -> Decimal:
    """What its last decision gives back, also where that still has to be tried again."""
    decision = last_decision(request)
    rows = request.refunds if decision is None else decision.refunds
    return rows.aggregate(total=Sum("amount"))["total"] or Decimal(0)


def _settled(request: ReturnRequest) -> Decimal:
    """What the request itself gave back before it was taken up again."""
    paid = request.refunds.filter(state=RefundState.SETTLED.value).exclude(
        remedy__resolution__in=("PRICE_REDUCTION", "GOODWILL")
    )
    return paid.aggregate(total=Sum("amount"))["total"] or Decimal(0)


def _all_accepted(
    lines: Sequence[ReturnLine], reductions: Mapping[str, Decimal]
) -> List[refunds.AcceptedLine]:
    return [part for line in lines for part in _split(_accepted(line, reductions), line)]


def _split(accepted: refunds.AcceptedLine, line: ReturnLine) -> List[refunds.AcceptedLine]:
    """Use takes no value off pieces that never left the shop."""
    came = min(line.received_quantity, accepted.quantity)
    if not accepted.lost_value or came == accepted.quantity:
        return [accepted]
    rest = replace(accepted, quantity=accepted.quantity - came, lost_value=Decimal(0))
    return [replace(accepted, quantity=came), rest]


def breakdown_of(
    request: ReturnRequest, refund: Refund, *, minor_units: int
) -> Optional[refunds.Breakdown]:
    """
    How the amount of a refund comes about; None where staff named it, where goods pay for
    goods, of a refund that a later one of the request followed, and while a request that was
    taken up again is judged anew.

    Args:
        request: with its lines, transitions and refunds.
    """
    is_counted = request.resolution in remedies.GIVING_PRICE_BACK
    is_judged = ReturnState(request.state) in _SETTLED
    is_last = all(other.pk <= refund.pk for other in request.refunds.all())
    if not (is_counted and is_judged and is_last) or request.resolution == "EXCHANGE_OTHER":
        return None
    lines = [line for line in request.lines.all() if line.accepted_quantity]
    accepted = _all_accepted(lines, {})
    return refunds.breakdown(refund.amount, accepted, minor_units=minor_units)


def _accepted(line: ReturnLine, reductions: Mapping[str, Decimal]) -> refunds.AcceptedLine:
    return refunds.AcceptedLine(
        line.line_ref,
        line.accepted_quantity,
        max(Decimal(0), line.unit_price - reductions.get(line.line_ref, Decimal(0))),
        line.lost_value,
        is_withdrawn=line.basis == Basis.WITHDRAWAL.value,
        fee_percent=fee_percent_of(line),
    )


def fee_percent_of(line: ReturnLine) -> int:
    """How much of its price the shop keeps; only a goodwill return costs a fee."""
    return line.fee_percent if line.basis == Basis.GOODWILL_RETURN.value else 0


def _reductions(record: OrderRecord, order: Order) -> Dict[str, Decimal]:
    """By how much each piece became cheaper, by line ref: that has gone back already."""
    found: Dict[str, Decimal] = defaultdict(Decimal)
    pieces = {line.ref: line.quantity for line in order.lines}
    rows = Refund.objects.filter(
        request__order=record, remedy__resolution="PRICE_REDUCTION"
    ).exclude(state=RefundState.FAILED.value)
    for refund in rows.select_related("request"):
        lines = list(refund.request.lines.filter(approved_quantity__gt=0))
        worth = sum((line.unit_price * line.approved_quantity for line in lines), Decimal(0))
        for line in lines:
            if worth and pieces.get(line.line_ref):
                share = line.unit_price * line.approved_quantity / worth
                found[line.line_ref] += refund.amount * share / pieces[line.line_ref]
    return found
