"""Writes of tracking: keep orders and parcels in step with the shop, record carrier news."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from django.db import transaction
from django.utils import timezone

from ..events import ShipmentStatusChanged, publish
from ..host import orders
from ..values import Fulfillment, FulfillmentStatus, NotFound, Order
from . import pushes, queries, timeline
from .carriers import recognise
from .carriers.base import CarrierUpdate, identity_hash
from .models import OrderRecord, Shipment, ShipmentLine, TrackingEvent
from .statuses import ShipmentStatus

#: Events in one INSERT. Django takes longer for each row of a larger one.
INSERT_SIZE = 100


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


class News(NamedTuple):
    """A piece of carrier news with who told it and when."""

    update: CarrierUpdate
    #: As ``"generic"`` or ``"api"``.
    provider: str
    received_at: datetime


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
    """``record_news`` for one parcel, told by one provider at one moment."""
    news = [News(update, provider, now) for update in updates]
    return record_news({shipment_id: news})[shipment_id]


def record_news(news: Mapping[int, Sequence[News]]) -> Dict[int, Recorded]:
    """
    Store carrier news of parcels, each piece once, and derive each parcel's status anew.

    All or nothing, in one transaction. Events are read in one query and written in one
    insert, however many there are; only a parcel's own row costs a query each.

    Effects in order: event rows; then for each parcel its promise, its carrier and the link
    made of that, status and moments, and ``ShipmentStatusChanged`` when the status is another
    one.

    Args:
        news: by id of the parcel, oldest receipt first; of the same news told twice the first
            is kept.
    """
    with transaction.atomic():
        records = _lock_orders(news)
        shipments = Shipment.objects.in_bulk(list(news))
        stored = _stored_events(news)
        recorded = {}
        fresh: List[TrackingEvent] = []
        for shipment_id, told in news.items():
            shipment = shipments[shipment_id]
            rows = _fresh_rows(shipment, told, stored[shipment_id])
            stored[shipment_id].update((row.identity_hash, _facts(row)) for row in rows)
            fresh.extend(rows)
            recorded[shipment_id] = Recorded(shipment, len(rows), len(told) - len(rows))
        TrackingEvent.objects.bulk_create(fresh, batch_size=INSERT_SIZE)
        for shipment_id, told in news.items():
            shipment = shipments[shipment_id]
            record = records[shipment.order_id]
            _take_over_promise(shipment, told)
            _take_over_carrier(shipment, [item.update for item in told], record.country)
            _derive_from(record, shipment, stored[shipment_id].values(), is_silent=False)
    return recorded


def _lock_orders(shipment_ids: Iterable[int]) -> Dict[int, OrderRecord]:
    """
    The parcels' orders, always locked in the same sequence.

    Their lock is enough: nothing is written about a parcel without it.
    """
    meant = Shipment.objects.filter(pk__in=list(shipment_ids)).values("order_id")
    rows = OrderRecord.objects.filter(pk__in=meant).order_by("pk").select_for_update()
    return {record.pk: record for record in rows}


#: What a status is derived from: number, then the fields of ``timeline.CarrierEvent``.
Facts = Tuple[str, datetime, str, str, str, str]
_FACTS = ("tracking_number", "occurred_at", "status", "raw_code", "description", "location")


def _facts(row: TrackingEvent) -> Facts:
    return (
        row.tracking_number,
        row.occurred_at,
        row.status,
        row.raw_code,
        row.description,
        row.location,
    )


def _stored_events(shipment_ids: Iterable[int]) -> Dict[int, Dict[str, Facts]]:
    """What we have of each parcel, by identity."""
    stored: Dict[int, Dict[str, Facts]] = {shipment_id: {} for shipment_id in shipment_ids}
    rows = TrackingEvent.objects.filter(shipment_id__in=list(stored))
    for shipment_id, identity, *facts in rows.values_list("shipment_id", "identity_hash", *_FACTS):
        stored[shipment_id][identity] = tuple(facts)
    return stored


def _fresh_rows(
    shipment: Shipment, news: Sequence[News], stored: Mapping[str, Facts]
) -> List[TrackingEvent]:
    fresh: Dict[str, News] = {}
    for item in news:
        identity = identity_hash(item.provider, item.update)
        if identity not in stored:
            fresh.setdefault(identity, item)
    return [_event_row(shipment, identity, item) for identity, item in fresh.items()]


def _event_row(shipment: Shipment, identity: str, news: News) -> TrackingEvent:
    update = news.update
    return TrackingEvent(
        shipment=shipment,
        provider=news.provider,
        tracking_number=update.tracking_number,
        status=update.status.value,
        raw_code=update.raw_code,
        description=update.description,
        location=update.location,
        occurred_at=update.occurred_at,
        occurred_offset=_offset_minutes(update.occurred_at),
        received_at=news.received_at,
        payload=update.payload,
        identity_hash=identity,
    )


def _offset_minutes(moment: datetime) -> int:
    offset = moment.utcoffset()
    return int(offset.total_seconds() // 60) if offset else 0


def _take_over_promise(shipment: Shipment, news: Sequence[News]) -> None:
    told = [item for item in news if item.update.promised_until]
    had_at = shipment.promise_received_at
    if told and (had_at is None or had_at <= told[-1].received_at):
        shipment.promised_from = told[-1].update.promised_from
        shipment.promised_until = told[-1].update.promised_until
        shipment.promise_received_at = told[-1].received_at


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


def derive(record: OrderRecord, shipment: Shipment, *, is_silent: bool = False) -> None:
    """
    Status and moments of a parcel from all its events, in the order's lock.

    Publishes ``ShipmentStatusChanged`` when the status is another one.

    Args:
        is_silent: publish nothing, whatever changed.
    """
    stored = _stored_events([shipment.pk])[shipment.pk]
    _derive_from(record, shipment, stored.values(), is_silent=is_silent)


def _derive_from(
    record: OrderRecord, shipment: Shipment, stored: Iterable[Facts], *, is_silent: bool
) -> None:
    before = ShipmentStatus(shipment.status)
    was_handed_over = shipment.shipped_at is not None
    # The number was corrected: news of the wrong one is another parcel's.
    about = ("", shipment.tracking_number)
    events = [
        timeline.CarrierEvent(moment, ShipmentStatus(status), *words)
        for number, moment, status, *words in stored
        if number in about
    ]
    after = timeline.status_of(events, is_cancelled=shipment.is_cancelled)
    shipment.status = after.value
    shipment.shipped_at = timeline.shipped_at(events)
    shipment.delivered_at = timeline.reached_at(events, ShipmentStatus.DELIVERED)
    shipment.save()
    if after is before or is_silent:
        return
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
