"""What an order's news mean for its return requests: called when the shop changed one."""

from __future__ import annotations

from datetime import datetime

from ..host import orders
from . import exchanges, noticing, payouts, unanswered


def follow_order(order_ref: str, now: datetime) -> None:
    """
    Bring an order's requests up to what the shop says now; safe to repeat.

    Effects in order: refunds the books show are settled, a request whose replacement was
    sent is completed, what was done by hand is noted.
    """
    unanswered.listen(now, order_ref=order_ref)
    payouts.reconcile_refunds_of(order_ref, now)
    order = orders.load_orders([order_ref], using="default").get(order_ref)
    if order is not None:
        exchanges.finish_when_sent(order, now)
        noticing.notice_changes(order, now)
