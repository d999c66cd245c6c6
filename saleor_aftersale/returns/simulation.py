"""What other settings would change for orders the shop has: compared, nothing written."""

from __future__ import annotations

from datetime import datetime
from typing import Iterable, List, Mapping, NamedTuple, Sequence, Tuple

from ..config import Settings
from ..tracking.timeline import Parcel
from ..values import Order, OrderLine, Product
from . import policy, queries
from .models import ReturnRequest


class KnownOrder(NamedTuple):
    """An order with all that decides about its returns."""

    order: Order
    parcels: Sequence[Parcel]
    #: Every request of it, with lines.
    requests: Sequence[ReturnRequest]


class Change(NamedTuple):
    """One option of one line that would be another one."""

    order: Order
    line: OrderLine
    before: policy.Option
    after: policy.Option


class Simulation(NamedTuple):
    """All that would change."""

    orders: int
    lines: int
    #: Options that would become possible, and that would no longer be.
    opened: int
    closed: int
    changes: Tuple[Change, ...]


def simulate(
    known: Iterable[KnownOrder],
    products: Mapping[str, Product],
    before: Settings,
    after: Settings,
    now: datetime,
) -> Simulation:
    """
    Compare what is decided under two sets of settings; no query of its own.

    Args:
        products: by line ref, of all those orders.
    """
    changes: List[Change] = []
    orders = lines = 0
    for item in known:
        orders, lines = orders + 1, lines + len(item.order.lines)
        changes += _changes_of(item, products, before, after, now)
    return Simulation(
        orders,
        lines,
        sum(change.after.is_open and not change.before.is_open for change in changes),
        sum(change.before.is_open and not change.after.is_open for change in changes),
        tuple(changes),
    )


def _changes_of(
    item: KnownOrder,
    products: Mapping[str, Product],
    before: Settings,
    after: Settings,
    now: datetime,
) -> Iterable[Change]:
    order = item.order
    own = {line.ref: products[line.ref] for line in order.lines if line.ref in products}
    old, new = (
        queries.decisions(order, item.parcels, item.requests, settings, now, products=own)
        for settings in (before, after)
    )
    for line in order.lines:
        for was, becomes in zip(old[line.ref].options, new[line.ref].options):
            if was != becomes:
                yield Change(order, line, was, becomes)
