"""Carrier news: stored once, and what a parcel's own row is derived from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Dict, Iterable, List, Mapping, NamedTuple, Sequence, Tuple

from django.db import transaction
from django.utils import timezone

from ..events import ShipmentStatusChanged, publish
from . import timeline
from .carriers import recognise
from .carriers.base import CarrierUpdate, identity_hash
from .models import OrderRecord, Shipment, TrackingEvent
from .statuses import ShipmentStatus

#: Events in one INSERT. Django takes longer for each row of a larger one.
INSERT_SIZE = 100


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
