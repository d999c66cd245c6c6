"""Counting the pieces of an order's lines: still wanted, sent, asked back, never sent."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Dict, List, NamedTuple, Sequence

from ..values import FulfillmentStatus, Order, OrderLine, OrderStatus
from . import remedies
from .bases import Basis
from .models import ReturnLine, ReturnRequest
from .states import RELEASING, Action, ReturnState

_RETURNED = frozenset({FulfillmentStatus.RETURNED, FulfillmentStatus.REPLACED})

#: Of such an order nothing is sent any more.
_OVER = frozenset({OrderStatus.CANCELED, OrderStatus.EXPIRED})

#: The merchant hasn't said which pieces may come back.
_UNDECIDED = frozenset({ReturnState.SUBMITTED, ReturnState.NEEDS_INFO, ReturnState.REOPENED})

#: From here on the host has booked what came back.
_SETTLED = frozenset({ReturnState.RESOLVING, ReturnState.RESOLUTION_FAILED, ReturnState.COMPLETED})


class Standing(NamedTuple):
    """
    How many pieces of a line stand where.

    Pieces withdrawn before they were sent are in none of these numbers: for the shop and the
    customer it is as if they had never been ordered.
    """

    ordered: int
    sent: int
    #: In requests, or come back: of the sent ones, or wanted back before they are sent.
    requested: int


@dataclass
class _Taken:
    """Pieces of one line in requests: settled ones came back, open ones may."""

    settled: int = 0
    open: int = 0
    #: Of the settled ones: given up by the shop without having been sent.
    called_off: int = 0
    #: Of the open ones: withdrawn and not here, so perhaps never sent.
    withdrawn: int = 0


def standing_of(order: Order, requests: Sequence[ReturnRequest]) -> Dict[str, Standing]:
    """
    How many pieces stand where, by line ref; no query.

    Args:
        requests: every request of the order, with lines and transitions.
    """
    taken, by_host = _taken(requests), _returned_by_host(order)
    return {
        line.ref: _standing(order, line, taken[line.ref], by_host[line.ref]) for line in order.lines
    }


def _standing(order: Order, line: OrderLine, taken: _Taken, by_host: int) -> Standing:
    called_off = taken.called_off + min(taken.withdrawn, _unsent(line, taken, by_host))
    ordered = line.quantity - called_off
    sent = min(line.quantity_fulfilled, ordered)
    # Where the host books our returns too, its count holds ours: the larger is right.
    requested = max(by_host, taken.settled) + taken.open - called_off
    return Standing(sent if order.status in _OVER else ordered, sent, requested)


def unsent_of(order: Order, others: Sequence[ReturnRequest]) -> Dict[str, int]:
    """
    Pieces nobody has sent and no other request has called off, by line ref; no query.

    Args:
        others: requests of the order that come first, with lines and transitions.
    """
    taken, by_host = _taken(others), _returned_by_host(order)
    found = {}
    for line in order.lines:
        unsent = _unsent(line, taken[line.ref], by_host[line.ref])
        found[line.ref] = max(0, unsent - taken[line.ref].withdrawn)
    return found


def _unsent(line: OrderLine, taken: _Taken, by_host: int) -> int:
    """Pieces that are still to be sent, as far as the host's books and ours tell."""
    # A host with returns counts called off pieces as fulfilled and returned.
    in_its_books = max(0, by_host - (taken.settled - taken.called_off))
    only_in_ours = max(0, taken.called_off - in_its_books)
    return max(0, line.quantity - line.quantity_fulfilled - only_in_ours)


def wanted_of(request: ReturnRequest, line: ReturnLine) -> int:
    """Pieces a line is about: approved ones, or all that were asked for before anybody said."""
    is_undecided = ReturnState(request.state) in _UNDECIDED
    return line.quantity if is_undecided else line.approved_quantity


def _taken(requests: Sequence[ReturnRequest]) -> Dict[str, _Taken]:
    found: Dict[str, _Taken] = defaultdict(_Taken)
    for request in requests:
        for line in request.lines.all():
            _count(request, line, found[line.line_ref])
    return found


def _count(request: ReturnRequest, line: ReturnLine, taken: _Taken) -> None:
    state = ReturnState(request.state)
    is_left = state is ReturnState.COMPLETED and request.resolution in remedies.LEAVING_GOODS
    # Booked pieces came back, whatever became of the request afterwards.
    came_back = line.booked_quantity
    if state in _SETTLED and not is_left:
        came_back = max(came_back, line.accepted_quantity)
    taken.settled += came_back
    is_withdrawal = line.basis == Basis.WITHDRAWAL.value
    if is_withdrawal and came_back > line.received_quantity and not _was_without_goods(request):
        taken.called_off += came_back - line.received_quantity
    if state in _SETTLED or state in RELEASING:
        return
    wanted = wanted_of(request, line)
    taken.open += max(0, wanted - came_back)
    if is_withdrawal:
        taken.withdrawn += max(0, wanted - max(came_back, line.received_quantity))


def _was_without_goods(request: ReturnRequest) -> bool:
    """Staff said that goods which were sent don't come: those aren't called off."""
    return any(
        step.action == Action.RESOLVE.value and step.reason == WITHOUT_GOODS
        for step in request.transitions.all()
    )


#: Reason of the step that resolves a request whose goods were lost or aren't wanted back.
WITHOUT_GOODS = "WITHOUT_GOODS"


def _returned_by_host(order: Order) -> Dict[str, int]:
    """Pieces the host holds as returned, by line ref; ours are among them on 3.x."""
    found: Dict[str, int] = defaultdict(int)
    for fulfillment in order.fulfillments:
        if fulfillment.status in _RETURNED:
            for line in fulfillment.lines:
                found[line.line_ref] += line.quantity
    return found


def earlier_than(request: ReturnRequest, requests: Sequence[ReturnRequest]) -> List[ReturnRequest]:
    """Other requests that come first: older ones, and all that are settled."""
    return [
        other
        for other in requests
        if other.pk != request.pk
        and (other.pk < request.pk or ReturnState(other.state) in _SETTLED)
    ]
