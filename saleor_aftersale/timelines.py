"""
The order's timeline as people see it: one view for the API and for the page.

Views are named tuples, not dataclasses: a page of orders makes thousands of them.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Callable, Dict, Iterable, List, Mapping, NamedTuple, Optional, Set, Tuple

from babel.dates import format_date
from babel.numbers import format_currency

from . import texts
from .config import Settings, SettingsByChannel
from .happenings import Happening, ask_happenings
from .host import orders
from .host.rows import Trip
from .tracking import incidents, timeline
from .tracking import queries as tracking_queries
from .tracking.carriers import recognise
from .tracking.incidents import Actor, Reason
from .tracking.statuses import TROUBLE, ShipmentStatus
from .tracking.timeline import MilestoneState, Parcel, ParcelTimeline, Timeline
from .values import Order


class OrderFile(NamedTuple):
    """What the timeline of one order is made of."""

    order: Order
    parcels: List[Parcel]
    happened: List[Happening]


def load(
    order_refs: Iterable[str],
    *,
    using: str = "default",
    settings: Optional[SettingsByChannel] = None,
    trip: Optional[Trip] = None,
) -> Dict[str, OrderFile]:
    """
    Order files by ref, in a number of queries that doesn't depend on how many.

    Args:
        settings: who reads them later has them come along.
        trip: on which more is asked for.
    """
    refs, trip = list(order_refs), trip or Trip(using)
    settings = settings or SettingsByChannel(using)
    settings.ask(trip)
    orders_told = orders.ask_orders(refs, trip)
    parcels_told = tracking_queries.ask_parcels(refs, trip, settings)
    happenings_told = ask_happenings(refs, trip)
    found, happened = orders_told(), happenings_told()
    parcels = parcels_told(list(found.values()))
    return {ref: OrderFile(order, parcels[ref], happened[ref]) for ref, order in found.items()}


class MilestoneView(NamedTuple):
    """A milestone with its label."""

    code: str
    label: str
    state: str
    reached_at: Optional[datetime]


class ShipmentEventView(NamedTuple):
    """A carrier event with its sentence."""

    occurred_at: datetime
    status: str
    text: str
    code: str
    description: str
    location: str
    reason: str
    is_correction: bool


class ShipmentView(NamedTuple):
    """One parcel as shown."""

    ref: str
    carrier: str
    carrier_name: str
    tracking_number: str
    tracking_url: str
    status: str
    text: str
    progress: int
    is_returning: bool
    estimate: Optional[timeline.Estimate]
    events: Tuple[ShipmentEventView, ...]
    lines: Tuple[timeline.ParcelLine, ...]
    #: Our key; None while only the shop knows of it.
    id: Optional[int]
    #: Value of ``incidents.Reason``, and its sentence; empty when none is told.
    reason: str
    reason_text: str
    #: Value of ``incidents.Actor``, and what to do.
    acts: str
    act_text: str
    collect_by: Optional[datetime]
    heard_at: Optional[datetime]
    is_stalled: bool
    contradicted_at: Optional[datetime]


class EntryView(NamedTuple):
    """One line of the order's history."""

    at: datetime
    #: ORDER, SHIPMENT, RETURN, REFUND or MAIL.
    kind: str
    code: str
    title: str
    detail: str = ""


class TimelineView(NamedTuple):
    """The whole timeline in one language."""

    number: str
    language: str
    status: str
    progress: int
    text: str
    milestones: Tuple[MilestoneView, ...]
    shipments: Tuple[ShipmentView, ...]
    #: Newest first.
    entries: Tuple[EntryView, ...]
    updated_at: datetime
    #: When a carrier last told anything; None: never.
    heard_at: Optional[datetime]

    @property
    def version(self) -> str:
        """Changes whenever anything shown changes; 16 characters."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]


def language_of(order: Order, settings: Settings, wish: Optional[str] = None) -> str:
    """The wished language if the shop has it, else the order's, else the shop's first."""
    return texts.language_for(wish or "", order.language, among=settings.languages)


def view(
    file: OrderFile,
    now: datetime,
    language: str,
    *,
    importer: Actor = Actor.CUSTOMER,
    for_staff: bool = False,
) -> TimelineView:
    """
    The timeline of one order, in words of that language; no query.

    Args:
        importer: the channel's: whom customs ask.
        for_staff: with the mails that were left out, and why.
    """
    shown = timeline.timeline_of(file.order, file.parcels, now)
    with texts.in_language(language):
        kinds = _FOR_STAFF if for_staff else _FOR_ALL
        happened = [item for item in file.happened if item.kind in kinds]
        told = (
            _order_entries(shown)
            + _shipment_entries(shown)
            + [_KINDS[item.kind](item, language) for item in happened]
        )
        entries = sorted(told, key=lambda entry: entry.at, reverse=True)
        return TimelineView(
            number=file.order.number,
            language=language,
            status=shown.status,
            progress=shown.progress,
            text=_sentence(shown.text_code, shown.text_params, language),
            milestones=tuple(
                MilestoneView(
                    item.code.value,
                    texts.text("milestone." + item.code.value),
                    item.state.value,
                    item.reached_at,
                )
                for item in shown.milestones
            ),
            shipments=tuple(_shipment(item, language, importer) for item in shown.parcels),
            entries=tuple(entries),
            updated_at=max([shown.updated_at] + [entry.at for entry in entries]),
            heard_at=shown.heard_at,
        )


def shipment_view(
    parcel: Parcel, now: datetime, language: str, importer: Actor = Actor.CUSTOMER
) -> ShipmentView:
    """One parcel in words of that language, without its order; no query."""
    with texts.in_language(language):
        return _shipment(timeline.parcel_timeline(parcel, now), language, importer)


def _sentence(code: str, params: Mapping[str, object], language: str) -> str:
    """
    Words of the timeline with their parameters, as people read them.

    A moment is told as its day; what stands under ``status`` is a code itself.
    """
    told = {}
    for name, value in params.items():
        if isinstance(value, datetime):
            told[name] = format_date(value, "d MMMM", locale=language)
        else:
            told[name] = texts.text(str(value)) if name == "status" else value
    return texts.text(code, **told)


def _shipment(item: ParcelTimeline, language: str, importer: Actor) -> ShipmentView:
    parcel = item.parcel
    reason = incidents.reason_of(item.reason)
    acts = incidents.acts(reason, item.status, importer=importer)
    words = {status: texts.text("parcel." + status) for status in _statuses(item)}
    return ShipmentView(
        ref=parcel.ref,
        carrier=parcel.carrier,
        carrier_name=recognise.name_of(parcel.carrier),
        tracking_number=parcel.tracking_number,
        tracking_url=parcel.tracking_url,
        status=item.status.value,
        text=_sentence(*timeline.parcel_sentence(item), language),
        progress=item.progress,
        is_returning=item.is_returning,
        estimate=item.estimate,
        events=tuple(
            ShipmentEventView(
                event.occurred_at,
                event.status.value,
                words[event.status.value],
                event.code,
                event.description,
                event.location,
                event.reason,
                event.is_correction,
            )
            for event in item.events
        ),
        lines=parcel.lines,
        id=parcel.id,
        reason=item.reason,
        reason_text=texts.text("incident." + item.reason) if item.reason else "",
        acts=acts.value,
        act_text=_act_text(item, reason, acts),
        collect_by=item.collect_by,
        heard_at=parcel.heard_at,
        is_stalled=item.is_stalled,
        contradicted_at=item.contradicted_at,
    )


def _statuses(item: ParcelTimeline) -> Set[str]:
    return {event.status.value for event in item.events}


def _act_text(item: ParcelTimeline, reason: Optional[Reason], acts: Actor) -> str:
    """What to do; nothing is said of a parcel that is well."""
    if acts is Actor.CUSTOMER:
        waits = item.status is ShipmentStatus.READY_FOR_PICKUP
        code = reason.value if reason and not waits else item.status.value
        return texts.text("act." + code)
    is_well = item.status not in TROUBLE or item.status is ShipmentStatus.CANCELLED
    return "" if is_well else texts.text("act." + acts.value)


def _order_entries(shown: Timeline) -> List[EntryView]:
    return [
        EntryView(item.reached_at, "ORDER", code, texts.text("milestone." + code))
        for item in shown.milestones
        for code in [item.code.value]
        if item.reached_at and item.state is MilestoneState.DONE
    ]


def _shipment_entries(shown: Timeline) -> List[EntryView]:
    """Each change of a parcel's status; scans that change nothing stay with the parcel."""
    entries = []
    for item in shown.parcels:
        before: Optional[ShipmentStatus] = None
        for event in reversed(item.events):
            if event.status in (before, ShipmentStatus.UNKNOWN):
                continue
            before = event.status
            code = event.status.value
            title = texts.text("parcel." + code)
            detail = " · ".join(filter(None, (item.parcel.tracking_number, event.location)))
            entries.append(EntryView(event.at, "SHIPMENT", code, title, detail))
        entries += _warning_entries(item)
    return entries


def _warning_entries(item: ParcelTimeline) -> List[EntryView]:
    """When a parcel was late and when it fell silent; they stay when it has arrived since."""
    late_since = item.parcel.late_since or (item.estimate and item.estimate.late_since)
    moments = {"LATE": late_since, "STALLED": item.parcel.stalled_at}
    return [
        EntryView(at, "SHIPMENT", code, texts.text("entry." + code), item.parcel.tracking_number)
        for code, at in moments.items()
        if at
    ]


def _statement(item: Happening, _language: str) -> EntryView:
    """What a customer said of a parcel; their own words aren't repeated here."""
    return EntryView(item.at, "SHIPMENT", item.code, texts.text("entry." + item.code), item.about)


def _return(item: Happening, _language: str) -> EntryView:
    return EntryView(item.at, "RETURN", item.code, texts.text("return." + item.code), item.about)


def _refund(item: Happening, language: str) -> EntryView:
    amount = format_currency(item.amount, item.currency, locale=language)
    return EntryView(item.at, "REFUND", item.code, texts.text("refund." + item.code), amount)


def _mail(item: Happening, _language: str) -> EntryView:
    return EntryView(item.at, "MAIL", item.code, texts.text("mail." + item.code))


def _skipped_mail(item: Happening, _language: str) -> EntryView:
    why = texts.text("skip." + item.about)
    return EntryView(
        item.at, "MAIL", item.code, texts.text("entry.MAIL_SKIPPED"), f"{item.code}: {why}"
    )


_KINDS: Dict[str, Callable[[Happening, str], EntryView]] = {
    "STATEMENT": _statement,
    "RETURN": _return,
    "REFUND": _refund,
    "MAIL": _mail,
    "SKIPPED_MAIL": _skipped_mail,
}
_FOR_STAFF = frozenset(_KINDS)
_FOR_ALL = _FOR_STAFF - {"SKIPPED_MAIL"}
