"""Reads of tracking: parcels of orders, the order behind a link, facts for returns."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from django.db.models import Q, QuerySet

from .. import access
from ..config import Settings, SettingsByChannel
from ..host.rows import Reading, Trip
from ..values import NotFound, Order
from . import host_parcels, kept_scans, moved_goods
from .carriers.base import normalise_number
from .host_parcels import product_name_of
from .models import OrderRecord, Shipment
from .parcel_timeline import Estimate, EstimateSource, Parcel, ParcelLine
from .scans import CarrierEvent

#: The features above ask their queries here.
__all__ = ["product_name_of"]


def parcels_by_order(orders: Sequence[Order], *, using: str = "default") -> Dict[str, List[Parcel]]:
    """Parcels of orders by order ref; the number of queries doesn't depend on how many."""
    refs = [order.ref for order in orders]
    return ask_parcels(refs, Trip(using), SettingsByChannel(using))(orders)


def ask_parcels(
    order_refs: Iterable[str], trip: Trip, settings: SettingsByChannel
) -> Callable[[Sequence[Order]], Dict[str, List[Parcel]]]:
    """
    What gives the parcels of those orders, by order ref.

    A fulfillment we haven't stored yet (the shop is older than the plugin) is shown as
    the host holds it. Events that staff corrected are left out.
    """
    refs = list(order_refs)
    rows = trip.ask(_read_by_order.statement(refs))
    events = trip.ask(kept_scans.of_orders(refs))
    return lambda orders: _all_parcels(orders, _stored_parcels(rows(), events()), settings)


def _all_parcels(
    orders: Sequence[Order], stored: Sequence[Tuple[str, Parcel]], settings: SettingsByChannel
) -> Dict[str, List[Parcel]]:
    found: Dict[str, List[Parcel]] = {order.ref: [] for order in orders}
    known = {parcel.ref for _order_ref, parcel in stored}
    divided = {parcel.ref for _order_ref, parcel in stored if parcel.position > 0}
    for order_ref, parcel in stored:
        if parcel.ref not in divided or not _is_empty(parcel):
            found[order_ref].append(parcel)
    for order in orders:
        if all(fulfillment.ref in known for fulfillment in order.fulfillments):
            continue
        kept = _kept_pieces(found[order.ref])
        for fulfillment in moved_goods.unkept(order, known, kept):
            found[order.ref].append(host_parcels.parcel_of(order, fulfillment, settings))
    return found


def _kept_pieces(parcels: Sequence[Parcel]) -> Dict[str, int]:
    """Pieces in parcels by line ref, without those the shop took back."""
    kept: Dict[str, int] = {}
    for parcel in parcels:
        for line in () if parcel.is_cancelled else parcel.lines:
            kept[line.line_ref] = kept.get(line.line_ref, 0) + line.quantity
    return kept


def parcels_by_id(parcel_ids: Iterable[int], *, using: str = "default") -> Dict[int, Parcel]:
    """Parcels we keep by our key, in two queries however many."""
    ids = list(parcel_ids)
    trip = Trip(using)
    rows = trip.ask(_read_by_id.statement(ids))
    events = trip.ask(kept_scans.of_parcels(ids))
    return {parcel.id: parcel for _order_ref, parcel in _stored_parcels(rows(), events())}


def parcels_of_rows(rows: QuerySet[Shipment], *, using: str) -> List[Parcel]:
    """Parcels of rows we keep, oldest first, in two queries however many."""
    found = list(rows.order_by("id", "lines__id").values_list(*_PARCEL.values()))
    events = Trip(using).ask(kept_scans.of_parcels({row[0] for row in found}))
    return [parcel for _order_ref, parcel in _stored_parcels(found, events())]


def _stored_parcels(
    found: Iterable[Tuple[Any, ...]], scanned: kept_scans.Rows
) -> List[Tuple[str, Parcel]]:
    """
    Parcels we keep, oldest first, each after the ref of its order.

    Args:
        found: columns of ``_PARCEL``: a row for every line, for an empty parcel a single one.
        scanned: their events, as ``kept_scans`` asks for them.
    """
    width = len(_ParcelRow._fields)
    lines: Dict[_ParcelRow, List[ParcelLine]] = {}
    for row in found:
        line = row[width:]
        lines.setdefault(_ParcelRow(*row[:width]), []).extend(
            [ParcelLine(*line)] if line[0] is not None else []
        )
    numbers = {row.id: row.tracking_number for row in lines}
    events = kept_scans.events_by_parcel(scanned, numbers)
    return [
        (row.order_ref, _parcel(row, events.get(row.id, ()), inside))
        for row, inside in lines.items()
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


#: A parcel and one of its lines.
_PARCEL = {
    **{name: name for name in _ParcelRow._fields},
    "order_ref": "order__order_ref",
    "line_ref": "lines__line_ref",
    "product_name": "lines__product_name",
    "quantity": "lines__quantity",
}
_read_by_order = Reading(
    lambda refs: Shipment.objects.filter(order__order_ref__in=refs).order_by("id", "lines__id"),
    _PARCEL,
    keys=str,
)
_read_by_id = Reading(
    lambda ids: Shipment.objects.filter(pk__in=ids).order_by("id", "lines__id"), _PARCEL, keys=int
)


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
