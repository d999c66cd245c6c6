"""Carrier news: stored once, and what a parcel's own row is derived from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Union

from django.db import transaction
from django.utils import timezone

from ..events import ReturnParcelMoved, ShipmentStatusChanged, publish
from . import scans
from .carriers import recognise
from .carriers.base import CarrierUpdate, identity_hash
from .models import OrderRecord, Shipment, TrackingEvent
from .scans import CarrierEvent
from .statuses import ShipmentStatus
from .watch import OURS

#: What ``record_news`` changes of a parcel: the sweep and polling have columns of their own,
#: which they write without the order's lock.
_DERIVED = (
    "status",
    "reason",
    "collect_by",
    "contradicted_at",
    "last_event_at",
    "shipped_at",
    "delivered_at",
    "watch_at",
    "updated_at",
)
_COLUMNS = (
    *_DERIVED,
    "carrier",
    "tracking_url",
    "heard_at",
    "promised_from",
    "promised_until",
    "promise_received_at",
)

#: A parcel's status is another one: of one to the customer, or of one on its way back.
Change = Union[ShipmentStatusChanged, ReturnParcelMoved]

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

    Effects in order: event rows; then for each parcel when it was heard of, its promise, its
    carrier and the link made of that, what ``derive`` sets, and ``ShipmentStatusChanged`` when
    the status is another one, of a parcel on its way back ``ReturnParcelMoved``.

    Args:
        news: by id of the parcel, oldest receipt first; of the same news told twice the first
            is kept.
    """
    with transaction.atomic():
        records = lock_orders(news)
        shipments = Shipment.every.in_bulk(list(news))
        stored = _stored_events(news)
        recorded = {}
        fresh: List[TrackingEvent] = []
        for shipment_id, told in news.items():
            shipment = shipments[shipment_id]
            rows = _fresh_rows(shipment, told, stored[shipment_id])
            stored[shipment_id].update((row.identity_hash, Facts.of(row)) for row in rows)
            fresh.extend(rows)
            recorded[shipment_id] = Recorded(shipment, len(rows), len(told) - len(rows))
        TrackingEvent.objects.bulk_create(fresh, batch_size=INSERT_SIZE)
        for shipment_id, told in news.items():
            shipment = shipments[shipment_id]
            record = records[shipment.order_id]
            _hear(shipment, told)
            _take_over_promise(shipment, told)
            _take_over_carrier(shipment, [item.update for item in told], record.country)
            change = _derive_from(record, shipment, stored[shipment_id].values())
            shipment.save(update_fields=_COLUMNS)
            _publish(change)
    return recorded


def lock_orders(shipment_ids: Iterable[int]) -> Dict[int, OrderRecord]:
    """
    The parcels' orders, always locked in the same sequence.

    Their lock is enough: nothing is written about a parcel without it.
    """
    meant = Shipment.every.filter(pk__in=list(shipment_ids)).values("order_id")
    rows = OrderRecord.objects.filter(pk__in=meant).order_by("pk").select_for_update()
    return {record.pk: record for record in rows}


class Facts(NamedTuple):
    """What a parcel's row is derived from: columns of an event, in the order they are read."""

    provider: str
    tracking_number: str
    occurred_at: datetime
    received_at: datetime
    status: str
    raw_code: str
    description: str
    location: str
    reason: str
    collect_by: Optional[datetime]
    corrected_by_id: Optional[int]

    @classmethod
    def of(cls, row: TrackingEvent) -> Facts:
        """Those of a row that isn't stored yet."""
        return cls(*(getattr(row, name) for name in cls._fields))

    @property
    def event(self) -> CarrierEvent:
        """The event as rules see it."""
        return CarrierEvent(
            occurred_at=self.occurred_at,
            status=ShipmentStatus(self.status),
            code=self.raw_code,
            description=self.description,
            location=self.location,
            reason=self.reason,
            counts_at=scans.instead_of(self.occurred_at, self.received_at),
            collect_by=self.collect_by,
        )


def _stored_events(shipment_ids: Iterable[int]) -> Dict[int, Dict[str, Facts]]:
    """What we have of each parcel, by identity."""
    stored: Dict[int, Dict[str, Facts]] = {shipment_id: {} for shipment_id in shipment_ids}
    rows = TrackingEvent.objects.filter(shipment_id__in=list(stored))
    columns = ("shipment_id", "identity_hash", *Facts._fields)
    for shipment_id, identity, *facts in rows.values_list(*columns):
        stored[shipment_id][identity] = Facts(*facts)
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
        collect_by=update.collect_by,
        reason=update.reason,
        identity_hash=identity,
    )


def _offset_minutes(moment: datetime) -> int:
    offset = moment.utcoffset()
    return int(offset.total_seconds() // 60) if offset else 0


def _hear(shipment: Shipment, news: Sequence[News]) -> None:
    """Also what we knew already was heard: the carrier still says so. We aren't the carrier."""
    moments = [item.received_at for item in news if item.provider != OURS] + [shipment.heard_at]
    shipment.heard_at = max((moment for moment in moments if moment), default=None)


def _take_over_promise(shipment: Shipment, news: Sequence[News]) -> None:
    told = [item for item in news if item.update.promised_until]
    had_at = shipment.promise_received_at
    if told and (had_at is None or had_at <= told[-1].received_at):
        shipment.promised_from = told[-1].update.promised_from
        shipment.promised_until = told[-1].update.promised_until
        shipment.promise_received_at = told[-1].received_at


def _take_over_carrier(shipment: Shipment, updates: Sequence[CarrierUpdate], country: str) -> None:
    """The carrier news names wins, but not over staff's word; a link the shop pasted stays."""
    named = [update.carrier for update in updates if update.carrier]
    if not named or shipment.is_carrier_set:
        return
    number = shipment.tracking_number
    ours = recognise.tracking_url(shipment.carrier, number, country=country)
    shipment.carrier = named[-1]
    if shipment.tracking_url in ("", ours):
        shipment.tracking_url = recognise.tracking_url(named[-1], number, country=country)


def derive(record: OrderRecord, shipment: Shipment, *, is_silent: bool = False) -> None:
    """
    Status, reason, contradiction, last day to collect and moments of a parcel from all its
    events that count.

    To be called in the order's lock. Saves just that, has the sweep look at the parcel, and
    publishes ``ShipmentStatusChanged`` when the status is another one.

    Args:
        is_silent: publish nothing, whatever changed.
    """
    stored = _stored_events([shipment.pk])[shipment.pk]
    change = _derive_from(record, shipment, stored.values())
    shipment.save(update_fields=_DERIVED)
    if not is_silent:
        _publish(change)


def _derive_from(
    record: OrderRecord, shipment: Shipment, stored: Iterable[Facts]
) -> Optional[Change]:
    """Set the parcel's row, not saved yet; gives the change of status, if there is one."""
    before = shipment.status
    was_handed_over = shipment.shipped_at is not None
    # The number was corrected: news of the wrong one is another parcel's.
    about = ("", shipment.tracking_number)
    counting = [
        facts
        for facts in stored
        if facts.tracking_number in about and facts.corrected_by_id is None
    ]
    events = [facts.event for facts in counting]
    after = _take_over_standing(record, shipment, events)
    told = [facts.event.at for facts in counting if facts.provider != OURS]
    shipment.last_event_at = max(told, default=None)
    # What comes back is no promise to a customer: nobody watches it.
    shipment.watch_at = None if shipment.is_return else timezone.now()
    if after.value == before:
        return None
    moments = [event.at for event in events if event.status is after]
    change = ReturnParcelMoved if shipment.is_return else ShipmentStatusChanged
    return change(
        shipment_id=shipment.pk,
        order_ref=record.order_ref,
        before=before,
        after=after.value,
        was_handed_over=was_handed_over,
        occurred_at=max(moments, default=timezone.now()),
    )


def _publish(change: Optional[Change]) -> None:
    if change is not None:
        publish(change)


def _take_over_standing(
    record: OrderRecord, shipment: Shipment, events: Sequence[CarrierEvent]
) -> ShipmentStatus:
    """What the events say, into the parcel's row; gives the status."""
    standing = scans.standing_of(events, is_cancelled=shipment.is_cancelled)
    placed_at = record.placed_at
    shipment.status = standing.status.value
    shipment.reason = standing.reason
    shipment.contradicted_at = standing.contradicted_at
    shipment.shipped_at = scans.shipped_at(events, not_before=placed_at)
    shipment.delivered_at = scans.reached_at(events, ShipmentStatus.DELIVERED, not_before=placed_at)
    shipment.collect_by = standing.collect_by
    return standing.status
