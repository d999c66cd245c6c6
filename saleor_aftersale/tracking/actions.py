"""Writes of tracking: keep orders and parcels in step with the shop, record carrier news."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import List, Optional, Sequence, Tuple

from django.db import transaction
from django.utils import timezone

from ..events import ShipmentStatusChanged, publish
from ..host import orders
from ..values import Fulfillment, FulfillmentStatus, NotFound, Order
from . import queries, timeline
from .carriers import recognise
from .carriers.base import CarrierUpdate, identity_hash
from .models import OrderRecord, Shipment, ShipmentLine, TrackingEvent
from .statuses import ShipmentStatus


def sync_order(order_ref: str) -> Optional[OrderRecord]:
    """
    Bring our rows of one order up to what the shop says now; safe to repeat.

    Effects in order: order row written, a parcel made for each new fulfillment, tracking
    numbers taken over with the carrier and link they tell, parcels of cancelled
    fulfillments marked.

    Returns:
        The order's row, or None for an order the shop doesn't have (any more).
    """
    order = orders.load_orders([order_ref], using="default").get(order_ref)
    return keep_order(order) if order else None


def keep_order(order: Order) -> OrderRecord:
    """``sync_order`` for an order already read from the writer connection."""
    with transaction.atomic():
        record = _upsert_record(order)
        for fulfillment in order.fulfillments:
            _keep_fulfillment(record, order, fulfillment)
    return record


def lock_order(order_ref: str) -> OrderRecord:
    """
    The order's row, locked until the transaction ends: always the first lock taken.

    Raises:
        NotFound: we keep no such order.
    """
    record = OrderRecord.objects.select_for_update().filter(order_ref=order_ref).first()
    if record is None:
        raise NotFound("There is no such order.", field="order_id")
    return record


def revoke_links(order_ref: str) -> None:
    """Make every signed link to the order invalid."""
    with transaction.atomic():
        record = lock_order(order_ref)
        record.link_generation += 1
        record.save(update_fields=["link_generation"])


def _upsert_record(order: Order) -> OrderRecord:
    facts = {
        "number": order.number,
        "channel": order.channel,
        "customer_email": order.email,
        "customer_name": order.customer_name,
        "user_ref": order.user_ref,
        "language": order.language,
        "country": order.country,
        "currency": order.currency,
        "placed_at": order.placed_at,
    }
    OrderRecord.objects.bulk_create(
        [OrderRecord(order_ref=order.ref, **facts)], ignore_conflicts=True
    )
    record = lock_order(order.ref)
    changed = [name for name, value in facts.items() if getattr(record, name) != value]
    if "customer_email" in changed:
        # A link mailed to the old mailbox must not open the order of the new one.
        record.link_generation += 1
        changed.append("link_generation")
    for name in changed:
        setattr(record, name, facts.get(name, getattr(record, name)))
    if changed:
        record.save(update_fields=changed + ["updated_at"])
    return record


def _keep_fulfillment(record: OrderRecord, order: Order, fulfillment: Fulfillment) -> None:
    shipment = Shipment.objects.filter(fulfillment_ref=fulfillment.ref).first()
    if shipment is None:
        if fulfillment.status in queries.SENT:
            _create_shipment(record, order, fulfillment)
        return
    read = queries.read_tracking(fulfillment.tracking_number, order.country)
    carrier = _carrier_now(shipment, read)
    now_known = {
        "tracking_number": read.number,
        "carrier": carrier,
        "tracking_url": read.url_for(carrier),
        "is_cancelled": fulfillment.status is FulfillmentStatus.CANCELED,
    }
    if any(getattr(shipment, name) != value for name, value in now_known.items()):
        for name, value in now_known.items():
            setattr(shipment, name, value)
        _derive(record, shipment)


def _carrier_now(shipment: Shipment, read: queries.TrackingField) -> str:
    """
    The carrier of a parcel whose field in the shop was read again.

    The one we have, named or recognised, stays for the number it was told of. For another
    number it stays if nothing is certain and the number may be its.
    """
    had = shipment.carrier
    if had and shipment.tracking_number in ("", read.number):
        return had
    if read.carrier or not had:
        return read.carrier
    return had if recognise.may_be_of(read.number, had) else ""


def _create_shipment(record: OrderRecord, order: Order, fulfillment: Fulfillment) -> None:
    read = queries.read_tracking(fulfillment.tracking_number, order.country)
    shipment = Shipment.objects.create(
        order=record,
        fulfillment_ref=fulfillment.ref,
        carrier=read.carrier,
        tracking_number=read.number,
        tracking_url=read.url_for(read.carrier),
        created_at=fulfillment.created_at,
    )
    names = {
        line.ref: queries.product_name_of(line.product_name, line.variant_name)
        for line in order.lines
    }
    pieces = {}
    for line in fulfillment.lines:
        pieces[line.line_ref] = pieces.get(line.line_ref, 0) + line.quantity
    ShipmentLine.objects.bulk_create(
        ShipmentLine(
            shipment=shipment,
            line_ref=line_ref,
            product_name=names.get(line_ref, ""),
            quantity=quantity,
        )
        for line_ref, quantity in pieces.items()
    )


@dataclass(frozen=True)
class Recorded:
    """What became of a batch of carrier news."""

    shipment: Shipment
    #: Events not known before.
    new: int
    #: Events we had already; they changed nothing.
    repeated: int


def record_updates(
    shipment_id: int, updates: Sequence[CarrierUpdate], *, provider: str, now: datetime
) -> Recorded:
    """
    Store carrier news about one parcel, each piece once, and derive its status anew.

    Effects in order: event rows, the parcel's promise, its carrier and the link made of
    that, status and moments, then ``ShipmentStatusChanged`` when the status is another one.

    Args:
        provider: who told us, as ``"generic"`` or ``"api"``.
        now: time of receipt.
    """
    order_ref = Shipment.objects.values_list("order__order_ref", flat=True).get(pk=shipment_id)
    with transaction.atomic():
        record = lock_order(order_ref)
        shipment = Shipment.objects.select_for_update().get(pk=shipment_id)
        new = _store_events(shipment, updates, provider=provider, now=now)
        _take_over_promise(shipment, updates)
        _take_over_carrier(shipment, updates, record.country)
        _derive(record, shipment)
    return Recorded(shipment, new=new, repeated=len(updates) - new)


def _store_events(
    shipment: Shipment, updates: Sequence[CarrierUpdate], *, provider: str, now: datetime
) -> int:
    rows = {
        identity_hash(provider, update): TrackingEvent(
            shipment=shipment,
            provider=provider,
            tracking_number=update.tracking_number,
            status=update.status.value,
            raw_code=update.raw_code,
            description=update.description,
            location=update.location,
            occurred_at=update.occurred_at,
            occurred_offset=_offset_minutes(update.occurred_at),
            received_at=now,
            payload=dict(update.payload),
            identity_hash=identity_hash(provider, update),
        )
        for update in updates
    }
    known = shipment.events.filter(identity_hash__in=rows).values_list("identity_hash", flat=True)
    for identity in known:
        del rows[identity]
    TrackingEvent.objects.bulk_create(rows.values())
    return len(rows)


def _offset_minutes(moment: datetime) -> int:
    offset = moment.utcoffset()
    return int(offset.total_seconds() // 60) if offset else 0


def _take_over_promise(shipment: Shipment, updates: Sequence[CarrierUpdate]) -> None:
    promises = [update for update in updates if update.promised_until]
    if promises:
        shipment.promised_from = promises[-1].promised_from
        shipment.promised_until = promises[-1].promised_until


def _take_over_carrier(shipment: Shipment, updates: Sequence[CarrierUpdate], country: str) -> None:
    """The carrier that was named wins over ours; a link the shop pasted stays."""
    named = [update.carrier for update in updates if update.carrier]
    if not named:
        return
    number = shipment.tracking_number
    ours = recognise.tracking_url(shipment.carrier, number, country=country)
    shipment.carrier = named[-1]
    if shipment.tracking_url in ("", ours):
        shipment.tracking_url = recognise.tracking_url(named[-1], number, country=country)


def _derive(record: OrderRecord, shipment: Shipment) -> None:
    """Status and moments from all events; made known when the status is another one."""
    before = ShipmentStatus(shipment.status)
    was_handed_over = shipment.shipped_at is not None
    events = _events_of(shipment)
    after = timeline.status_of(events, is_cancelled=shipment.is_cancelled)
    shipment.status = after.value
    shipment.shipped_at = timeline.shipped_at(events)
    shipment.delivered_at = timeline.reached_at(events, ShipmentStatus.DELIVERED)
    shipment.save()
    if after is not before:
        moments = [event.occurred_at for event in events if event.status is after]
        publish(
            ShipmentStatusChanged(
                shipment_id=shipment.pk,
                order_ref=record.order_ref,
                before=before.value,
                after=after.value,
                was_handed_over=was_handed_over,
                occurred_at=max(moments, default=timezone.now()),
            )
        )


def _events_of(shipment: Shipment) -> List[timeline.CarrierEvent]:
    columns = ("occurred_at", "status", "raw_code", "description", "location")
    rows: Sequence[Tuple[datetime, str, str, str, str]] = shipment.events.filter(
        tracking_number__in=["", shipment.tracking_number]
    ).values_list(*columns)
    return [
        timeline.CarrierEvent(occurred_at, ShipmentStatus(status), code, description, location)
        for occurred_at, status, code, description, location in rows
    ]
