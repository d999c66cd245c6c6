"""Reads of tracking: parcels of orders, the order behind a link, facts for returns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from django.db.models import Q, QuerySet

from .. import access
from ..config import Settings
from ..values import Fulfillment, FulfillmentStatus, NotFound, Order
from . import scans
from .carriers import recognise
from .carriers.base import normalise_number
from .models import OrderRecord, Shipment, ShipmentLine, TrackingEvent
from .parcel_timeline import Estimate, EstimateSource, Parcel, ParcelLine
from .scans import CarrierEvent
from .statuses import ShipmentStatus

#: Fulfillments in these statuses are, or were, parcels on their way out.
SENT = frozenset({FulfillmentStatus.FULFILLED, FulfillmentStatus.REFUNDED})


def parcels_by_order(orders: Sequence[Order], *, using: str = "default") -> Dict[str, List[Parcel]]:
    """
    Parcels of orders by order ref, in three queries however many orders there are.

    A fulfillment we haven't stored yet (the shop is older than the plugin) is shown as
    the host holds it. Events that staff corrected are left out.
    """
    found: Dict[str, List[Parcel]] = {order.ref: [] for order in orders}
    stored = _stored_parcels(
        Shipment.objects.using(using).filter(order__order_ref__in=list(found)), using
    )
    known = {parcel.ref for _order_ref, parcel in stored if parcel.position == 0}
    divided = {parcel.ref for _order_ref, parcel in stored if parcel.position > 0}
    for order_ref, parcel in stored:
        if parcel.ref not in divided or not _is_empty(parcel):
            found[order_ref].append(parcel)
    for order in orders:
        for fulfillment in order.fulfillments:
            if fulfillment.status in SENT and fulfillment.ref not in known:
                found[order.ref].append(_parcel_of_host(order, fulfillment))
    return found


def parcels_by_id(parcel_ids: Iterable[int], *, using: str = "default") -> Dict[int, Parcel]:
    """Parcels we keep by our key, in three queries however many."""
    rows = Shipment.objects.using(using).filter(pk__in=list(parcel_ids))
    return {parcel.id: parcel for _order_ref, parcel in _stored_parcels(rows, using)}


def _stored_parcels(shipments: QuerySet, using: str) -> List[Tuple[str, Parcel]]:
    """Parcels we keep, oldest first, each after the ref of its order."""
    rows = _ParcelRow.read(shipments.order_by("id"))
    numbers = {row.id: row.tracking_number for row in rows}
    events = _events_by_parcel(numbers, using)
    lines = _lines_by_parcel(numbers, using)
    return [
        (row.order_ref, _parcel(row, events.get(row.id, ()), lines.get(row.id, ()))) for row in rows
    ]


def _is_empty(parcel: Parcel) -> bool:
    """Whether nothing was in it: the first parcel, when further ones hold all there is."""
    label = parcel.tracking_number or parcel.tracking_url
    return parcel.position == 0 and not (label or parcel.lines or parcel.events)


class _ParcelRow(NamedTuple):
    """
    Columns of a parcel that are shown.

    Rows are read as tuples, not as models: a page of orders has thousands of them.
    """

    id: int
    order_ref: str
    fulfillment_ref: str
    position: int
    created_at: datetime
    carrier: str
    tracking_number: str
    tracking_url: str
    is_cancelled: bool
    promised_from: Optional[datetime]
    promised_until: Optional[datetime]
    promise_received_at: Optional[datetime]
    estimate_source: str
    estimated_from: Optional[datetime]
    estimated_until: Optional[datetime]
    estimated_at: Optional[datetime]
    estimate_sample: Optional[int]
    reason: str
    contradicted_at: Optional[datetime]
    collect_by: Optional[datetime]
    heard_at: Optional[datetime]
    stalled_at: Optional[datetime]
    late_since: Optional[datetime]

    @classmethod
    def read(cls, rows: QuerySet) -> List[_ParcelRow]:
        """The rows of a query of parcels."""
        columns = ["order__order_ref" if name == "order_ref" else name for name in cls._fields]
        return [cls(*row) for row in rows.values_list(*columns)]


def _parcel(row: _ParcelRow, events: Sequence[CarrierEvent], lines: Sequence[ParcelLine]) -> Parcel:
    return Parcel(
        ref=row.fulfillment_ref,
        created_at=row.created_at,
        carrier=row.carrier,
        tracking_number=row.tracking_number,
        tracking_url=row.tracking_url,
        is_cancelled=row.is_cancelled,
        events=tuple(events),
        lines=tuple(lines),
        promised_from=row.promised_from,
        promised_until=row.promised_until,
        promised_at=row.promise_received_at,
        estimate=_estimate(row),
        id=row.id,
        position=row.position,
        reason=row.reason,
        contradicted_at=row.contradicted_at,
        collect_by=row.collect_by,
        heard_at=row.heard_at,
        stalled_at=row.stalled_at,
        late_since=row.late_since,
    )


def _estimate(row: _ParcelRow) -> Optional[Estimate]:
    if row.estimated_until is None:
        return None
    return Estimate(
        source=EstimateSource(row.estimate_source),
        earliest=row.estimated_from or row.estimated_until,
        latest=row.estimated_until,
        computed_at=row.estimated_at,
        sample=row.estimate_sample,
    )


_EVENT_COLUMNS = (
    "shipment_id",
    "tracking_number",
    "occurred_at",
    "occurred_offset",
    "received_at",
    "status",
    "note",
    "raw_code",
    "description",
    "location",
    "reason",
)


def _events_by_parcel(numbers: Mapping[int, str], using: str) -> Dict[int, List[CarrierEvent]]:
    """
    Events that count, by parcel.

    Args:
        numbers: tracking number by parcel; news of a number that was corrected since is left
            out: it is another parcel's.
    """
    found: Dict[int, List[CarrierEvent]] = {}
    rows = TrackingEvent.objects.using(using).filter(
        shipment_id__in=list(numbers), corrected_by__isnull=True
    )
    for parcel_id, number, *facts in rows.values_list(*_EVENT_COLUMNS):
        if number in ("", numbers[parcel_id]):
            found.setdefault(parcel_id, []).append(_event(*facts))
    return found


def _event(
    at: datetime, offset: int, received_at: datetime, status: str, note: str, *words: str
) -> CarrierEvent:
    local = at.astimezone(_zone(offset)) if offset else at
    counts_at = scans.instead_of(at, received_at)
    # Only who corrects an event has to say why.
    return CarrierEvent(
        local, _STATUSES[status], *words, is_correction=bool(note), counts_at=counts_at
    )


_STATUSES = {status.value: status for status in ShipmentStatus}


@lru_cache(maxsize=None)
def _zone(minutes: int) -> timezone:
    return timezone(timedelta(minutes=minutes))


def _lines_by_parcel(parcel_ids: Iterable[int], using: str) -> Dict[int, List[ParcelLine]]:
    found: Dict[int, List[ParcelLine]] = {}
    rows = ShipmentLine.objects.using(using).filter(shipment_id__in=list(parcel_ids))
    columns = ("shipment_id", "line_ref", "product_name", "quantity")
    for parcel_id, *line in rows.order_by("id").values_list(*columns):
        found.setdefault(parcel_id, []).append(ParcelLine(*line))
    return found


def _parcel_of_host(order: Order, fulfillment: Fulfillment) -> Parcel:
    names = {
        line.ref: product_name_of(line.product_name, line.variant_name) for line in order.lines
    }
    read = read_tracking(fulfillment.tracking_number, order.country)
    return Parcel(
        ref=fulfillment.ref,
        created_at=fulfillment.created_at,
        carrier=read.carrier,
        tracking_number=read.number,
        tracking_url=read.url_for(read.carrier),
        lines=tuple(
            ParcelLine(line.line_ref, names.get(line.line_ref, ""), line.quantity)
            for line in fulfillment.lines
        ),
    )


def product_name_of(product_name: str, variant_name: str) -> str:
    """Name of an order line as people read it."""
    if variant_name and variant_name != product_name:
        return f"{product_name} ({variant_name})"
    return product_name


@dataclass(frozen=True)
class TrackingField:
    """What the shop wrote into Saleor's one field: a number or a link."""

    #: Normalised; empty when a link doesn't tell it.
    number: str
    #: Code of the carrier, when it is certain; else empty.
    carrier: str
    #: As pasted; empty when a number was written.
    url: str
    country: str

    def url_for(self, carrier: str) -> str:
        """Public link: the pasted one, or the page of that carrier."""
        return self.url or recognise.tracking_url(carrier, self.number, country=self.country)


def read_tracking(value: str, country: str) -> TrackingField:
    """
    Number, carrier and link in what the shop wrote.

    Args:
        country: where the parcel goes, ISO 3166 alpha-2.
    """
    if not value.lower().startswith(("https://", "http://")):
        number = normalise_number(value)
        carrier = recognise.recognise(number, country=country) or ""
        return TrackingField(number, carrier, "", country)
    carrier, number = recognise.carrier_of_url(value) or ("", "")
    return TrackingField(number, carrier, value, country)


def record_of(order_ref: str, *, using: str = "default") -> Optional[OrderRecord]:
    """What we keep of an order, or None."""
    return OrderRecord.objects.using(using).filter(order_ref=order_ref).first()


def record_of_link(token: str, now: datetime, *, using: str = "default") -> OrderRecord:
    """
    The order a guest's link opens.

    Raises:
        InvalidLink: not ours, changed, or revoked.
        ExpiredLink: its time is over.
    """
    claims = access.read_link(token, now)
    record = record_of(claims.order_ref, using=using)
    if record is None or record.link_generation != claims.generation:
        raise access.InvalidLink("This link is not valid.", field="access_token")
    return record


def link_token(record: OrderRecord, settings: Settings, now: datetime) -> str:
    """A new signed link to an order, valid as long as the channel's settings say."""
    expires_at = now + timedelta(days=settings.link_valid_days)
    return access.sign_link(record.order_ref, record.link_generation, expires_at=expires_at)


_SEVERAL = {
    "fulfillment_id": "This fulfillment has several parcels: give the number of one.",
    "tracking_number": "Several parcels have this number: name the fulfillment.",
}


def find_shipment(
    *,
    fulfillment_ref: str = "",
    tracking_number: str = "",
    channels: Optional[Iterable[str]] = None,
) -> Shipment:
    """
    The one parcel meant by a fulfillment or a tracking number.

    Args:
        channels: only parcels of these; None means all.

    Raises:
        NotFound: none, or several orders share that number.
    """
    wanted = Q(fulfillment_ref=fulfillment_ref) if fulfillment_ref else Q()
    if tracking_number:
        wanted &= Q(tracking_number=normalise_number(tracking_number))
    rows = Shipment.objects.filter(wanted).select_related("order")
    if channels is not None:
        rows = rows.filter(order__channel__in=list(channels))
    found = list(rows.order_by("-id")[:2])
    field = "fulfillment_id" if fulfillment_ref else "tracking_number"
    if not found or not (fulfillment_ref or tracking_number):
        raise NotFound("No parcel fits.", field=field)
    if len(found) > 1:
        raise NotFound(_SEVERAL[field], field=field)
    return found[0]
