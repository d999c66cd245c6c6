"""The timeline of one order with a long history against Saleor's own history of that order."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import Any, Tuple

from saleor.order.models import OrderEvent

from bench.measure import Claim, ratio_in_turns
from bench.orders_timeline import EVENTS
from saleor_aftersale.tracking.carriers.base import CarrierUpdate
from saleor_aftersale.tracking.models import Shipment
from saleor_aftersale.tracking.news import record_updates
from saleor_aftersale.tracking.statuses import ShipmentStatus
from tests import factories
from tests.factories import NOON

HISTORY = 200

OURS = """
query ($id: ID!) { order(id: $id) { id timeline {
  status progress text updatedAt
  shipments {
    carrier trackingNumber status progress estimate { source latest lateSince }
    events { occurredAt status text location }
    lines { orderLineId productName quantity }
  }
} } }
"""

#: What it takes to know as much from Saleor, had it written each scan into its history.
THEIRS = """
query ($id: ID!) { order(id: $id) {
  id number status
  events {
    id date type message email emailType amount paymentId paymentGateway quantity
    composedId orderNumber oversoldItems
  }
  fulfillments {
    id fulfillmentOrder status statusDisplay trackingNumber created
    lines { id quantity orderLine { id productName quantity } }
  }
} }
"""


@lru_cache(maxsize=1)
def shop() -> Tuple[Any, str]:
    """Staff, and the id of an order with two parcels of a hundred scans each."""
    factories.activate()
    order = factories.make_order(lines={"Kettle": 2, "Cup": 4})
    for product, quantity in (("Kettle", 2), ("Cup", 4)):
        parcel = factories.fulfill(order, {product: quantity}, tracking_number=f"LONG-{product}")
        factories.keep(order)
        _scan_often(Shipment.objects.get(fulfillment_ref=str(parcel.pk)))
    kinds = EVENTS + ("tracking_updated",) * (HISTORY - len(EVENTS))
    parameters = {"message": "Arrived at the sorting centre", "email": "a@example.com"}
    OrderEvent.objects.bulk_create(
        OrderEvent(order=order, type=kind, parameters=parameters) for kind in kinds
    )
    return factories.Api(factories.make_staff()), factories.global_id("Order", order.pk)


def _scan_often(shipment: Shipment) -> None:
    updates = [
        CarrierUpdate(
            ShipmentStatus.IN_TRANSIT,
            NOON + timedelta(hours=hours),
            tracking_number=shipment.tracking_number,
            raw_code=f"C{hours}",
            location="Łódź",
        )
        for hours in range(HISTORY // 2)
    ]
    told_at = NOON + timedelta(hours=HISTORY // 2)
    record_updates(shipment.pk, updates, provider="api", now=told_at)


def time_ratio() -> float:
    """Time of our answer over Saleor's."""
    api, order_id = shop()
    ours, theirs = (api.post(query, id=order_id)["order"] for query in (OURS, THEIRS))
    events = [len(parcel["events"]) for parcel in ours["timeline"]["shipments"]]
    assert (sum(events), len(theirs["events"])) == (HISTORY, HISTORY)
    return ratio_in_turns(
        lambda: api.post(OURS, id=order_id), lambda: api.post(THEIRS, id=order_id), rounds=60
    )


CLAIMS = [Claim("timeline of an order with 200 events over Saleor's own", 0.5, time_ratio)]
