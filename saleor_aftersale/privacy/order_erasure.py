"""Erases one order of a person: its returns, its parcels, and then whose it was."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F

from ..redaction import redacted
from ..returns import states
from ..returns.lists import search_text_of
from ..returns.models import ReturnRequest
from ..returns.withdrawal_rules import StatementState
from ..tracking import statuses
from ..tracking.models import CarrierPush, OrderRecord, ParcelStatement, TrackingEvent
from ..tracking.watch import OURS
from . import periods
from .outcome import Outcome
from .periods import EVIDENCE, MESSAGES, PHOTOS, REQUEST, Period
from .person import Person

#: A parcel that isn't heard of for longer than that is under way no more.
UNDER_WAY = timedelta(days=60)

_ENDED = [state.value for state in states.ENDED]
_ARRIVED = [status.value for status in statuses.TERMINAL]
_SETTLED = (StatementState.MATCHED.value, StatementState.CLOSED.value)


def why_running(record: OrderRecord, now: datetime) -> str:
    """Why an order is needed whole to fulfil the contract, or nothing."""
    requests = record.return_requests.exclude(state__in=_ENDED).order_by("pk")
    number = requests.values_list("number", flat=True).first()
    if number:
        return f"return request {number} is open"
    parcels = record.shipments.filter(is_cancelled=False, created_at__gt=now - UNDER_WAY)
    if parcels.exclude(status__in=_ARRIVED).exists():
        return "a parcel is under way"
    return ""


def erase_order(record: OrderRecord, outcome: Outcome, now: datetime) -> None:
    """
    Erase what a locked order that nothing runs about tells of its customer.

    Name and mailbox stay as long as something that names them has to be kept.
    """
    kept = [
        _erase_request(request, outcome, now)
        for request in record.return_requests.select_related("order").order_by("pk")
    ]
    kept.append(_erase_parcels(record, outcome, now))
    if any(kept):
        return
    OrderRecord.objects.filter(pk=record.pk).update(
        customer_email="",
        customer_name="",
        user_ref="",
        # Links that were mailed open nothing any more.
        link_generation=F("link_generation") + 1,
    )
    outcome.erased["orders"] += 1


def _erase_request(request: ReturnRequest, outcome: Outcome, now: datetime) -> bool:
    """Whether something of it stays that names its customer."""
    since, name = request.updated_at, f"Return request {request.number}"
    if periods.is_over(EVIDENCE, since, now):
        request.delete()
        outcome.erased["return requests"] += 1
        return False
    if periods.is_over(PHOTOS, since, now):
        number, _by_kind = request.attachments.all().delete()
        outcome.erased["photos and labels"] += number
    elif request.attachments.exists():
        outcome.kept.append(_until(f"Photos of {request.number}", PHOTOS, since))
    if periods.is_over(MESSAGES, since, now):
        number, _by_kind = request.messages.all().delete()
        outcome.erased["messages"] += number
    elif request.messages.exists():
        outcome.kept.append(_until(f"Messages of {request.number}", MESSAGES, since))
    if not periods.is_over(REQUEST, since, now):
        outcome.kept.append(_until(name, REQUEST, since))
        return True
    _erase_words(request, outcome)
    outcome.kept.append(_until(f"Steps and refunds of {request.number}", EVIDENCE, since))
    return True


def _erase_words(request: ReturnRequest, outcome: Outcome) -> None:
    """What the customer wrote; the moment of the last change stays as it is."""
    if not request.customer_note:
        return
    request.customer_note = ""
    ReturnRequest.objects.filter(pk=request.pk).update(
        customer_note="", search_text=search_text_of(request, list(request.lines.all()))
    )
    outcome.erased["notes"] += 1


def _erase_parcels(record: OrderRecord, outcome: Outcome, now: datetime) -> bool:
    """Whether something of them stays that names the customer."""
    _erase_events(record, outcome)
    ours = CarrierPush.objects.filter(parcels__shipment__order=record, due_at=None).distinct()
    # What a push says of other people's parcels may have to be read again.
    alone = [push for push in ours.order_by("pk") if not _speaks_of_others(push, record)]
    CarrierPush.objects.filter(pk__in=[push.pk for push in alone]).delete()
    outcome.erased["carrier pushes"] += len(alone)
    return _erase_parcel_statements(record, outcome, now)


def _speaks_of_others(push: CarrierPush, record: OrderRecord) -> bool:
    return bool(push.parcels.exclude(shipment__order=record).exists())


def _erase_events(record: OrderRecord, outcome: Outcome) -> None:
    """Carriers write who signed: the scan stays, the name and the raw record go."""
    told = TrackingEvent.objects.filter(shipment__order=record).exclude(provider=OURS)
    for event in told.order_by("pk"):
        said = redacted(event.description, record.customer_name)
        if event.payload or said != event.description:
            rows = TrackingEvent.objects.filter(pk=event.pk)
            rows.update(payload={}, description=said)
            outcome.erased["carrier events"] += 1


def _erase_parcel_statements(record: OrderRecord, outcome: Outcome, now: datetime) -> bool:
    is_kept = False
    for row in ParcelStatement.objects.filter(shipment__order=record).order_by("pk"):
        if periods.is_over(MESSAGES, row.stated_at, now):
            row.delete()
            outcome.erased["statements about parcels"] += 1
        else:
            name = f"Statement that a parcel of order {record.number} never came"
            outcome.kept.append(_until(name, MESSAGES, row.stated_at))
            is_kept = True
    return is_kept


def erase_statements(person: Person, outcome: Outcome, now: datetime) -> None:
    """Delete statements of withdrawal that are settled and whose period is over."""
    for row in person.statements.select_for_update():
        name = f"Statement of withdrawal {row.reference}"
        if row.state not in _SETTLED:
            outcome.kept.append(f"{name}: it waits for staff. Erase again when it is settled.")
        elif periods.is_over(REQUEST, row.stated_at, now):
            row.delete()
            outcome.erased["statements of withdrawal"] += 1
        else:
            outcome.kept.append(_until(name, REQUEST, row.stated_at))


def _until(what: str, period: Period, since: datetime) -> str:
    return f"{what}, until {periods.end_of(period, since).date()}: {period.why}."
