"""A page of orders with our timeline against Saleor's own history of the same orders."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import Any

from django.db import connections
from django.test.utils import CaptureQueriesContext
from saleor.order.models import OrderEvent

from bench.measure import Claim, ratio_in_turns
from saleor_aftersale.tracking.statuses import ShipmentStatus
from tests import factories
from tests.factories import IS_3, NOON

ORDERS = 50

#: Every field of the timeline.
OURS = """
query ($first: Int!) { orders(first: $first) { edges { node { id timeline {
  number status progress text updatedAt
  milestones { code label reachedAt state }
  shipments {
    carrier trackingNumber trackingUrl status progress
    estimate { source earliest latest lateSince }
    events { occurredAt status code description location }
    lines { orderLineId productName quantity }
  }
  entries { at kind code title detail }
} } } } }
"""

#: What a storefront has to ask Saleor for to show less than that: every plain field too.
THEIRS = """
query ($first: Int!) { orders(first: $first) { edges { node {
  id number status
  events {
    id date type message email emailType amount paymentId paymentGateway quantity
    composedId orderNumber oversoldItems
  }
  fulfillments {
    id fulfillmentOrder status statusDisplay trackingNumber created
    lines { id quantity orderLine { id productName quantity } }
  }
} } } }
"""

#: What Saleor itself writes down of an order that was placed, paid and shipped in two parcels.
_SHIPPED = ("fulfillment_fulfilled_items", "tracking_updated", "email_sent")
EVENTS = (
    "placed",
    "email_sent",
    "payment_captured",
    "order_fully_paid",
    "email_sent",
    *_SHIPPED,
    *_SHIPPED,
)

JOURNEY = (
    ShipmentStatus.INFO_RECEIVED,
    ShipmentStatus.PICKED_UP,
    ShipmentStatus.IN_TRANSIT,
    ShipmentStatus.OUT_FOR_DELIVERY,
    ShipmentStatus.DELIVERED,
)


@lru_cache(maxsize=1)
def staff_api() -> Any:
    """A shop with delivered orders, and somebody who may see them."""
    factories.activate()
    for _number in range(ORDERS):
        _make_delivered_order()
    return factories.Api(factories.make_staff())


def _make_delivered_order() -> None:
    order = factories.make_order(lines={"Kettle": 2, "Cup": 4})
    for kind in EVENTS:
        parameters = {"message": "Hello", "email": "a@example.com", "quantity": 6}
        OrderEvent.objects.create(order=order, type=kind, parameters=parameters)
    for product, quantity in (("Kettle", 2), ("Cup", 4)):
        number = f"{product}-{order.pk}"
        parcel = factories.fulfill(order, {product: quantity}, tracking_number=number)
        for hours, status in enumerate(JOURNEY):
            factories.scan(parcel, status, NOON + timedelta(hours=hours), location="Łódź")


def _post(query: str, first: int = ORDERS) -> Any:
    answer = staff_api().post(query, first=first)
    assert len(answer["orders"]["edges"]) == first, answer
    return answer


def time_ratio() -> float:
    """Time of our page over Saleor's."""
    answer = _post(OURS)
    shown = [edge["node"]["timeline"] for edge in answer["orders"]["edges"]]
    assert all(len(timeline["shipments"]) == 2 for timeline in shown), shown[0]
    return ratio_in_turns(lambda: _post(OURS), lambda: _post(THEIRS), rounds=15)


def query_ratio() -> float:
    """Queries for 50 orders over queries for 5."""
    _post(OURS, 5)
    return _queries(ORDERS) / _queries(5)


def _queries(first: int) -> int:
    aliases = ("default", "replica") if IS_3 else ("default",)
    count = 0
    for alias in aliases:
        with CaptureQueriesContext(connections[alias]) as queries:
            _post(OURS, first)
        count += len(queries)
    return count


CLAIMS = [
    Claim("queries of orders(first: 50) { timeline } over first: 5", 1.0, query_ratio),
    Claim("orders(first: 50) { timeline } over { events fulfillments }", 1.0, time_ratio),
]
