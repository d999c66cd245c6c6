"""Giving a parcel up after too long a silence, and taking that back: events of our own."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from .carriers.base import CarrierUpdate
from .models import OrderRecord, Shipment
from .news import News, derive, record_news
from .statuses import ShipmentStatus
from .watch import OURS, QUIET


def give_up(shipment: Shipment, quiet_since: datetime, expired_at: datetime, now: datetime) -> None:
    """
    Record that nothing was heard of a parcel for too long, in the order's lock.

    The event has the moment at which the silence was too long: told again it is the same
    event, and a scan after it takes its place.
    """
    update = CarrierUpdate(
        ShipmentStatus.EXPIRED,
        expired_at,
        tracking_number=shipment.tracking_number,
        raw_code=QUIET,
        payload={"quiet_since": quiet_since.isoformat()},
    )
    record_news({shipment.pk: [News(update, OURS, now)]})


def take_back(record: OrderRecord, shipment: Shipment) -> bool:
    """
    Withdraw that a parcel is given up, if a scan of that silence came to light since.

    The carrier's own record may be late: it wasn't silent, we only hadn't heard. The status
    is derived anew, with what follows from that, in the order's lock.
    """
    if shipment.status != ShipmentStatus.EXPIRED.value:
        return False
    told = shipment.events.filter(provider=OURS, raw_code=QUIET).order_by("occurred_at").last()
    if told is None:
        return False
    scans = shipment.events.filter(
        Q(tracking_number="") | Q(tracking_number=shipment.tracking_number),
        received_at__gt=told.received_at,
        occurred_at__gt=datetime.fromisoformat(told.payload["quiet_since"]),
        occurred_at__lte=told.occurred_at,
    )
    if not scans.exclude(provider=OURS).exists():
        return False
    told.delete()
    derive(record, shipment)
    return True
