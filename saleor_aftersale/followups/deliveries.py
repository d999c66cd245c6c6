"""Notices that an order has come in full: from then on there is something to ask and to tell."""

from __future__ import annotations

from ..events import OrderDelivered, ShipmentStatusChanged, publish
from ..host import orders
from ..returns import queries as return_queries
from ..tracking import queries as tracking_queries
from ..tracking.statuses import ShipmentStatus


def note_delivery(event: ShipmentStatusChanged) -> None:
    """
    Publish ``OrderDelivered`` when the parcel was the last one, in the caller's transaction.

    It may be published again when a carrier takes a delivery back and repeats it: what
    follows happens once.
    """
    if event.after != ShipmentStatus.DELIVERED.value:
        return
    order = orders.load_orders([event.order_ref], using="default").get(event.order_ref)
    if order is None:
        return
    parcels = tracking_queries.parcels_by_order([order])[order.ref]
    delivered_at = return_queries.delivered_at(order, parcels)
    if delivered_at is not None:
        publish(OrderDelivered(order.ref, delivered_at))
