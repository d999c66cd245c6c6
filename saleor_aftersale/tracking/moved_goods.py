"""
Goods the shop moves to another fulfillment after they were sent: pure rules.

Saleor 3.x has a fulfillment of its own for pieces that came back or were refunded, without
number, and deletes the one they were sent with once that is empty. In the boxes nothing changed.
"""

from __future__ import annotations

from collections import Counter
from typing import Collection, Iterable, List, Mapping

from ..values import Fulfillment, FulfillmentStatus, Order

#: Fulfillments in these statuses are, or were, parcels on their way out.
SENT = frozenset({FulfillmentStatus.FULFILLED, FulfillmentStatus.REFUNDED})

_MOVED = frozenset(
    {FulfillmentStatus.RETURNED, FulfillmentStatus.REPLACED, FulfillmentStatus.REFUNDED}
)


def was_sent(line_refs: Iterable[str], order: Order) -> bool:
    """
    Whether a fulfillment the shop no longer has was sent, not taken back: its lines are among
    what came back or was refunded.

    Args:
        line_refs: of what was in its parcels.
    """
    wanted = set(line_refs)
    return bool(wanted) and wanted <= set(_pieces(order, _MOVED))


def unkept(order: Order, known: Collection[str], kept: Mapping[str, int]) -> List[Fulfillment]:
    """
    Fulfillments that stand for parcels we don't keep.

    Args:
        known: refs of fulfillments whose parcels we keep.
        kept: pieces in parcels we keep by line ref, without those the shop took back.
    """
    sent = _pieces(order, SENT | _MOVED)
    return [
        fulfillment
        for fulfillment in order.fulfillments
        if fulfillment.ref not in known
        and fulfillment.status in SENT
        and not (fulfillment.status in _MOVED and _is_kept(fulfillment, sent, kept))
    ]


def _is_kept(fulfillment: Fulfillment, sent: Mapping[str, int], kept: Mapping[str, int]) -> bool:
    """Whether all that was ever sent of its lines is in parcels we keep."""
    return all(kept.get(line.line_ref, 0) >= sent[line.line_ref] for line in fulfillment.lines)


def _pieces(order: Order, statuses: Collection[FulfillmentStatus]) -> Mapping[str, int]:
    found: Counter[str] = Counter()
    for fulfillment in order.fulfillments:
        if fulfillment.status in statuses:
            for line in fulfillment.lines:
                found[line.line_ref] += line.quantity
    return found
