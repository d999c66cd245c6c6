"""
The order's timeline as people see it: one view for the API and for the page.

Views are named tuples, not dataclasses: a page of orders makes thousands of them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from babel.numbers import format_currency

from . import texts
from .config import Settings
from .followups import queries as followup_queries
from .followups.models import OutboxMail
from .host import orders
from .returns import queries as return_queries
from .returns.models import ReturnRequest
from .returns.states import RefundState
from .tracking import queries as tracking_queries
from .tracking import timeline
from .tracking.carriers import recognise
from .tracking.statuses import ShipmentStatus
from .tracking.timeline import MilestoneState, Parcel, ParcelTimeline, Timeline
from .values import Order


class OrderFile(NamedTuple):
    """Everything we know of one order."""

    order: Order
    parcels: List[Parcel]
    requests: List[ReturnRequest]
    mails: List[OutboxMail]


def load(order_refs: Iterable[str], *, using: str = "default") -> Dict[str, OrderFile]:
    """Order files by ref, in a number of queries that doesn't depend on how many."""
    found = orders.load_orders(list(order_refs), using=using)
    parcels = tracking_queries.parcels_by_order(list(found.values()), using=using)
    requests = return_queries.requests_by_order(found, using=using)
    mails = followup_queries.sent_by_order(found, using=using)
    return {
        ref: OrderFile(order, parcels[ref], requests[ref], mails[ref])
        for ref, order in found.items()
    }


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


def language_of(order: Order, settings: Settings, wish: Optional[str] = None) -> str:
    """The wished language if the shop has it, else the order's, else the shop's first."""
    return texts.language_for(wish or "", order.language, among=settings.languages)


def view(file: OrderFile, now: datetime, language: str) -> TimelineView:
    """The timeline of one order, in words of that language; no query."""
    shown = timeline.timeline_of(file.order, file.parcels, now)
    with texts.in_language(language):
        entries = sorted(_entries(shown, file, language), key=lambda entry: entry.at, reverse=True)
        return TimelineView(
            number=file.order.number,
            language=language,
            status=shown.status,
            progress=shown.progress,
            text=texts.text(shown.text_code, **shown.text_params),
            milestones=tuple(
                MilestoneView(
                    item.code.value,
                    texts.text("milestone." + item.code.value),
                    item.state.value,
                    item.reached_at,
                )
                for item in shown.milestones
            ),
            shipments=tuple(_shipment(item) for item in shown.parcels),
            entries=tuple(entries),
            updated_at=max([shown.updated_at] + [entry.at for entry in entries]),
        )


def _shipment(item: ParcelTimeline) -> ShipmentView:
    parcel = item.parcel
    return ShipmentView(
        ref=parcel.ref,
        carrier=parcel.carrier,
        carrier_name=recognise.name_of(parcel.carrier),
        tracking_number=parcel.tracking_number,
        tracking_url=parcel.tracking_url,
        status=item.status.value,
        text=texts.text(timeline.parcel_text_code(item)),
        progress=item.progress,
        is_returning=item.is_returning,
        estimate=item.estimate,
        events=tuple(
            ShipmentEventView(
                event.occurred_at,
                event.status.value,
                texts.text("parcel." + event.status.value),
                event.code,
                event.description,
                event.location,
            )
            for event in item.events
        ),
        lines=parcel.lines,
    )


def _entries(shown: Timeline, file: OrderFile, language: str) -> List[EntryView]:
    return (
        _order_entries(shown)
        + _shipment_entries(shown)
        + _return_entries(file.requests, language)
        + _mail_entries(file.mails)
    )


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
            entries.append(EntryView(event.occurred_at, "SHIPMENT", code, title, detail))
    return entries


def _return_entries(requests: Sequence[ReturnRequest], language: str) -> List[EntryView]:
    entries = []
    for request in requests:
        for step in request.transitions.all():
            title = texts.text("return." + step.after)
            entries.append(EntryView(step.occurred_at, "RETURN", step.after, title, request.number))
        for refund in request.refunds.all():
            if refund.state == RefundState.SETTLED.value and refund.settled_at:
                title = texts.text("refund.SETTLED")
                detail = format_currency(refund.amount, refund.currency, locale=language)
                entries.append(EntryView(refund.settled_at, "REFUND", "SETTLED", title, detail))
    return entries


def _mail_entries(mails: Sequence[OutboxMail]) -> List[EntryView]:
    return [
        EntryView(mail.sent_at, "MAIL", mail.key, texts.text("mail." + mail.key))
        for mail in mails
        if mail.sent_at
    ]
