"""Reads of tracking: parcels of orders, the order behind a link, facts for returns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Dict, Iterable, List, Optional, Sequence

from django.db.models import Prefetch, Q

from .. import access
from ..config import Settings
from ..values import Fulfillment, FulfillmentStatus, NotFound, Order
from .carriers import recognise
from .carriers.base import normalise_number
from .models import OrderRecord, Shipment, ShipmentLine, TrackingEvent
from .statuses import ShipmentStatus
from .timeline import CarrierEvent, Parcel, ParcelLine

#: Fulfillments in these statuses are, or were, parcels on their way out.
SENT = frozenset({FulfillmentStatus.FULFILLED, FulfillmentStatus.REFUNDED})


def parcels_by_order(orders: Sequence[Order], *, using: str = "default") -> Dict[str, List[Parcel]]:
    """
    Parcels of orders by order ref, in three queries however many orders there are.

    A fulfillment we haven't stored yet (the shop is older than the plugin) is shown as
    the host holds it.
    """
    found: Dict[str, List[Parcel]] = {order.ref: [] for order in orders}
    known = set()
    rows = (
        Shipment.objects.using(using)
        .filter(order__order_ref__in=list(found))
        .select_related("order")
        .prefetch_related(
            Prefetch("events", queryset=TrackingEvent.objects.using(using).defer("payload")),
            Prefetch("lines", queryset=ShipmentLine.objects.using(using).order_by("id")),
        )
    )
    for row in rows:
        known.add(row.fulfillment_ref)
        found[row.order.order_ref].append(_parcel(row))
    for order in orders:
        for fulfillment in order.fulfillments:
            if fulfillment.status in SENT and fulfillment.ref not in known:
                found[order.ref].append(_parcel_of_host(order, fulfillment))
    return found


def _parcel(row: Shipment) -> Parcel:
    return Parcel(
        ref=row.fulfillment_ref,
        created_at=row.created_at,
        carrier=row.carrier,
        tracking_number=row.tracking_number,
        tracking_url=row.tracking_url,
        is_cancelled=row.is_cancelled,
        events=tuple(
            _event(event)
            for event in row.events.all()
            if event.tracking_number in ("", row.tracking_number)
        ),
        lines=tuple(
            ParcelLine(line.line_ref, line.product_name, line.quantity) for line in row.lines.all()
        ),
        promised_from=row.promised_from,
        promised_until=row.promised_until,
    )


def _event(row: TrackingEvent) -> CarrierEvent:
    zone = timezone(timedelta(minutes=row.occurred_offset))
    return CarrierEvent(
        occurred_at=row.occurred_at.astimezone(zone),
        status=ShipmentStatus(row.status),
        code=row.raw_code,
        description=row.description,
        location=row.location,
    )


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
        raise NotFound("Several parcels have this number: name the fulfillment.", field=field)
    return found[0]
