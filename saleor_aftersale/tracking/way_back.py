"""Parcels in which goods come back: tracked as any other, told of to returns alone."""

from __future__ import annotations

from django.utils import timezone

from ..config import settings_of
from ..events import ReturnParcelTold
from . import polling, pushes
from .carriers import recognise
from .models import WAY_BACK, OrderRecord, Shipment


def track(event: ReturnParcelTold) -> None:
    """
    Follow a parcel on its way back, in the caller's transaction, which holds the order's lock.

    Effects in order: its row, when to ask the carrier first, and pushes that came before it
    are read again. A parcel that is followed already stays as it is.
    """
    record = OrderRecord.objects.get(order_ref=event.order_ref)
    now = timezone.now()
    number, carrier = event.tracking_number, event.carrier
    shipment, is_new = Shipment.every.get_or_create(
        fulfillment_ref=WAY_BACK + event.parcel_ref,
        position=0,
        defaults={
            "order": record,
            "is_return": True,
            "tracking_number": number,
            "carrier": carrier,
            "tracking_url": recognise.tracking_url(carrier, number, country=record.country),
            "origin_country": record.country,
            "created_at": now,
        },
    )
    if not is_new:
        return
    settings = settings_of(record.channel)
    shipment.poll_at = polling.first_poll_at(shipment, record.channel, settings, now)
    shipment.save(update_fields=["poll_at"])
    pushes.requeue_pushes(record.channel, [number], now)
