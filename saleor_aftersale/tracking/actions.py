"""Writes of tracking: keep orders and parcels in step with the shop."""

from __future__ import annotations

from typing import Optional

from django.db import transaction
from django.utils import timezone

from ..host import orders
from ..values import Fulfillment, FulfillmentStatus, NotFound, Order
from . import pushes, queries
from .carriers import recognise
from .models import OrderRecord, Shipment, ShipmentLine
from .news import derive


def sync_order(order_ref: str) -> Optional[OrderRecord]:
    """
    Bring our rows of one order up to what the shop says now; safe to repeat.

    Effects in order: order row written, a parcel made for each new fulfillment, tracking
    numbers taken over with the carrier and link they tell, parcels of cancelled
    fulfillments marked, pushes about a number that is another parcel's now read again.

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
        "shipping_method": order.shipping_method,
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
    shipment = Shipment.objects.filter(fulfillment_ref=fulfillment.ref, position=0).first()
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
    changed = [name for name, value in now_known.items() if getattr(shipment, name) != value]
    if not changed:
        return
    numbers = [shipment.tracking_number, read.number]
    for name in changed:
        setattr(shipment, name, now_known[name])
    if "tracking_number" in changed:
        # That was promised of another parcel; the pushes about this one tell it anew.
        shipment.promised_from = shipment.promised_until = shipment.promise_received_at = None
    derive(record, shipment)
    if {"tracking_number", "is_cancelled"} & set(changed):
        pushes.requeue_pushes(record.channel, numbers, timezone.now())


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
        origin_country=fulfillment.origin_country,
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
    pushes.requeue_pushes(record.channel, [read.number], timezone.now())
