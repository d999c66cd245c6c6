"""
Goods withdrawn from before they were sent: nothing has to come back, nobody waits for them.

Source: Directive 2011/83/EU Art. 9 and recital 40: a consumer may withdraw before the goods
are there; Art. 13(3) lets the shop wait only for goods it has sent.
"""

from __future__ import annotations

from typing import Dict, Mapping, Optional, Sequence

from ..host import orders
from ..values import Order
from . import pieces, queries
from .bases import Basis
from .models import ReturnLine, ReturnRequest
from .states import IDLE, ReturnState


def unsent_lines(
    request: ReturnRequest, lines: Sequence[ReturnLine], order: Optional[Order] = None
) -> Dict[int, int]:
    """
    Pieces of a request's withdrawals that were never sent, by line key; lines without are
    missing.

    Args:
        order: as the host holds it now. None: loaded here.
    """
    withdrawn = [line for line in lines if line.basis == Basis.WITHDRAWAL.value]
    if not withdrawn:
        return {}
    order_ref = request.order.order_ref
    if order is None:
        order = orders.load_orders([order_ref], using="default").get(order_ref)
    if order is None:
        return {}
    everyone = queries.requests_by_order([order_ref])[order_ref]
    left = pieces.unsent_of(order, pieces.earlier_than(request, everyone))
    found = {}
    for line in withdrawn:
        awaited = pieces.wanted_of(request, line) - line.received_quantity
        found[line.pk] = max(0, min(awaited, left.get(line.line_ref, 0)))
    return {key: quantity for key, quantity in found.items() if quantity}


def is_all_unsent(
    request: ReturnRequest, lines: Sequence[ReturnLine], unsent: Mapping[int, int]
) -> bool:
    """Whether none of the goods a request is about ever left the shop."""
    wanted = [(line.pk, pieces.wanted_of(request, line)) for line in lines]
    return any(quantity for _key, quantity in wanted) and all(
        unsent.get(key, 0) >= quantity for key, quantity in wanted
    )


def awaits_nothing(request: ReturnRequest) -> bool:
    """
    Whether a withdrawal is about nothing but goods that never left the shop, or was resolved
    without any.
    """
    state = ReturnState(request.state)
    if state in IDLE or request.sent_at or request.received_at:
        return False
    lines = list(request.lines.all())
    if state in (ReturnState.RESOLVING, ReturnState.RESOLUTION_FAILED):
        return not any(line.received_quantity for line in lines)
    return is_all_unsent(request, lines, unsent_lines(request, lines))
