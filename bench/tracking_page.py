"""The tracking page from stored data: against a storefront asking Saleor, and by the clock."""

from __future__ import annotations

import time
from datetime import timedelta
from functools import lru_cache
from typing import Any, Tuple

from django.test import Client
from saleor.order.models import OrderEvent

from bench.measure import Claim, ratio_in_turns
from bench.order_timeline import THEIRS
from bench.orders_timeline import EVENTS
from saleor_aftersale.config import PLUGIN_ID
from saleor_aftersale.host import hooks
from saleor_aftersale.tracking.statuses import ShipmentStatus
from tests import factories
from tests.factories import CHANNEL, NOON

#: What the page may take of a server.
MOST_SECONDS = 0.1

#: Scans of each of the two parcels.
JOURNEY = (
    ShipmentStatus.INFO_RECEIVED,
    ShipmentStatus.PICKED_UP,
    *[ShipmentStatus.IN_TRANSIT] * 8,
    ShipmentStatus.OUT_FOR_DELIVERY,
    ShipmentStatus.DELIVERED,
)

ROUNDS = 40


@lru_cache(maxsize=1)
def shop() -> Tuple[Any, str, str]:
    """Staff, the id of an order in two parcels, and the address of its page."""
    factories.activate()
    order = factories.make_order(lines={"Kettle": 2, "Cup": 4})
    for kind in EVENTS:
        parameters = {"message": "Hello", "email": "a@example.com", "quantity": 6}
        OrderEvent.objects.create(order=order, type=kind, parameters=parameters)
    for product, quantity in (("Kettle", 2), ("Cup", 4)):
        parcel = factories.fulfill(order, {product: quantity}, tracking_number=f"PAGE-{product}")
        for hours, status in enumerate(JOURNEY):
            factories.scan(parcel, status, NOON + timedelta(hours=hours), location="Łódź")
    factories.commit()
    page = hooks.page_path(PLUGIN_ID, CHANNEL, f"track/{factories.token_of(order)}/")
    return factories.Api(factories.make_staff()), factories.global_id("Order", order.pk), page


def _open_page() -> None:
    response = Client().get(shop()[2])
    assert response.status_code == 200, response.status_code
    assert response.content.count(b">PAGE") == 2, response.content


def _ask_saleor() -> None:
    api, order_id, _page = shop()
    assert api.post(THEIRS, id=order_id)["order"]["fulfillments"]


def time_ratio() -> float:
    """Time of our page, ready to be read, over that of the data alone from Saleor."""
    return ratio_in_turns(_open_page, _ask_saleor, rounds=ROUNDS)


def share_of_limit() -> float:
    """
    Server time of the page over the most it may take: milliseconds, a hundred of them as 1.

    The shortest of many: what the page takes, not what else the machine does meanwhile.
    """
    return min(_seconds_of_page() for _ in range(ROUNDS)) / MOST_SECONDS


def _seconds_of_page() -> float:
    started = time.perf_counter()
    _open_page()
    return time.perf_counter() - started


CLAIMS = [
    Claim("tracking page over Saleor's own order { events … }", 2.0, time_ratio),
    Claim("tracking page, server time over 100 ms", 1.0, share_of_limit),
]
