"""Writes of tracking: keep orders and parcels in step with the shop."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Mapping, Optional

from django.db import transaction
from django.utils import timezone

from ..events import OrderPlaced, publish
from ..host import orders
from ..values import Fulfillment, FulfillmentStatus, NotFound, Order
from . import host_parcels, labels, moved_goods, pushes
from .host_parcels import TrackingField
from .models import OrderRecord, Shipment, ShipmentLine

#: An older order that we hear of for the first time is no news to its customer.
NEWS = timedelta(days=1)


def sync_order(order_ref: str) -> Optional[OrderRecord]:
    """
    Bring our rows of one order up to what the shop says now; safe to repeat.

    Effects in order: order row written, ``OrderPlaced`` if it is a new one, parcels of removed
    fulfillments marked, a parcel made for each new fulfillment, tracking numbers taken over with
    the carrier and link they tell, parcels of cancelled fulfillments marked, pushes about a
    number that is another parcel's now read again.

    Returns:
        The order's row, or None for an order the shop doesn't have (any more).
    """
    order = orders.load_orders([order_ref], using="default").get(order_ref)
    return keep_order(order) if order else None


def keep_order(order: Order) -> OrderRecord:
    """``sync_order`` for an order already read from the writer connection."""
    with transaction.atomic():
        record = _upsert_record(order)
        _mark_removed(record, order)
        for fulfillment in order.fulfillments:
            _keep_fulfillment(record, order, fulfillment)
    return record


def lock_order(order_ref: str) -> OrderRecord:
    """
    The order's row, locked until the transaction ends: always the first lock taken.

    Raises:
        NotFound: we keep no such order.
    """
    record = _locked(order_ref)
    if record is None:
        raise NotFound("There is no such order.", field="order_id")
    return record


def _locked(order_ref: str) -> Optional[OrderRecord]:
    return OrderRecord.objects.select_for_update().filter(order_ref=order_ref).first()


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
    record = _locked(order.ref)
    if record is None:
        OrderRecord.objects.bulk_create(
            [OrderRecord(order_ref=order.ref, **facts)], ignore_conflicts=True
        )
        record = lock_order(order.ref)
        if timezone.now() - order.placed_at < NEWS:
            publish(OrderPlaced(order.ref))
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
    parcels = Shipment.objects.filter(fulfillment_ref=fulfillment.ref).order_by("position")
    is_cancelled = fulfillment.status is FulfillmentStatus.CANCELED
    read = host_parcels.read_tracking(fulfillment.tracking_number, order.country)
    for shipment in parcels:
        if shipment.position == 0:
            label = labels.label_now(record, shipment, read)
        else:
            # Its number isn't in the shop's books.
            label = labels.label_of(shipment)
        labels.put_label(record, shipment, label, is_cancelled=is_cancelled)
    if parcels or fulfillment.status not in moved_goods.SENT:
        return
    if fulfillment in moved_goods.unkept(order, (), _kept_pieces(record)):
        _create_shipment(record, order, fulfillment, read)


def _kept_pieces(record: OrderRecord) -> Mapping[str, int]:
    """Pieces in the order's parcels by line ref."""
    rows = ShipmentLine.objects.filter(shipment__order=record, shipment__is_cancelled=False)
    kept: Counter[str] = Counter()
    for line_ref, quantity in rows.values_list("line_ref", "quantity"):
        kept[line_ref] += quantity
    return kept


def _mark_removed(record: OrderRecord, order: Order) -> None:
    """
    Mark parcels whose fulfillment the shop no longer has, unless it only moved their goods.

    The shop is asked again: the order may have been read before a fulfillment that another
    worker kept meanwhile.
    """
    there = {fulfillment.ref for fulfillment in order.fulfillments}
    for shipment in record.shipments.exclude(fulfillment_ref__in=there):
        lines = ShipmentLine.objects.filter(shipment__fulfillment_ref=shipment.fulfillment_ref)
        is_gone = not moved_goods.was_sent(lines.values_list("line_ref", flat=True), order)
        if is_gone == shipment.is_cancelled:
            continue
        if orders.order_of_fulfillment(shipment.fulfillment_ref) is None:
            labels.put_label(record, shipment, labels.label_of(shipment), is_cancelled=is_gone)


def _create_shipment(
    record: OrderRecord, order: Order, fulfillment: Fulfillment, read: TrackingField
) -> None:
    now = timezone.now()
    shipment = Shipment.objects.create(
        order=record,
        fulfillment_ref=fulfillment.ref,
        origin_country=orders.origin_country(fulfillment.ref),
        created_at=fulfillment.created_at,
        watch_at=now,
        **labels.new_label(record, read)._asdict(),
    )
    names = {
        line.ref: host_parcels.product_name_of(line.product_name, line.variant_name)
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
    pushes.requeue_pushes(record.channel, [read.number], now)
