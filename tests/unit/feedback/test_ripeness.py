"""When an order can be judged."""

from datetime import datetime, timedelta, timezone

import pytest

from saleor_aftersale.feedback import ripeness
from saleor_aftersale.feedback.ripeness import WITHOUT_NEWS, Sent
from saleor_aftersale.tracking.statuses import ShipmentStatus

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=timezone.utc)
YESTERDAY = NOW - timedelta(days=1)
TOMORROW = NOW + timedelta(days=1)


def parcel(status=ShipmentStatus.IN_TRANSIT, **facts):
    plain = {
        "is_cancelled": False,
        "delivered_at": None,
        "due_until": TOMORROW,
        "created_at": YESTERDAY,
    }
    return Sent(status, **{**plain, **facts})


@pytest.mark.parametrize(
    "sent",
    [
        parcel(ShipmentStatus.DELIVERED),
        parcel(ShipmentStatus.LOST),
        parcel(ShipmentStatus.DAMAGED),
        parcel(ShipmentStatus.RETURNING),
        parcel(ShipmentStatus.RETURNED_TO_SENDER),
        parcel(ShipmentStatus.EXPIRED),
        parcel(delivered_at=YESTERDAY),
        parcel(due_until=YESTERDAY),
        parcel(ShipmentStatus.INFO_RECEIVED, due_until=YESTERDAY),
        parcel(
            ShipmentStatus.PENDING,
            due_until=None,
            created_at=NOW - WITHOUT_NEWS - timedelta(seconds=1),
        ),
    ],
)
def test_order_is_ripe_when_a_parcel_came_failed_or_is_overdue(sent):
    assert ripeness.is_ripe([parcel(), sent], NOW) is True


@pytest.mark.parametrize(
    "sent",
    [
        parcel(),
        parcel(due_until=NOW),
        parcel(ShipmentStatus.READY_FOR_PICKUP),
        parcel(ShipmentStatus.DELAYED),
        parcel(ShipmentStatus.PENDING, due_until=None, created_at=NOW - WITHOUT_NEWS),
        parcel(ShipmentStatus.CANCELLED, due_until=YESTERDAY),
        parcel(ShipmentStatus.DELIVERED, is_cancelled=True, delivered_at=YESTERDAY),
    ],
)
def test_order_is_unripe_when_its_parcel_may_still_come_or_was_taken_back(sent):
    assert ripeness.is_ripe([sent], NOW) is False


def test_order_is_unripe_when_nothing_was_sent():
    assert ripeness.is_ripe([], NOW) is False
