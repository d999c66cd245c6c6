"""
Staff corrects what carriers told: an event is added, nothing is written over.

What it corrects stays for staff to see; for everybody else the correction takes its place.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import List, Optional, Tuple

from django.db import transaction

from ..values import AftersaleError, NotFound, Requester, is_storable
from . import scans
from .models import Shipment, TrackingEvent
from .news import derive
from .parcels import lock_parcel
from .scans import CarrierEvent
from .statuses import HANDED_OVER, ShipmentStatus

#: Provider of events that staff made.
PROVIDER = "staff"

MAX_REASON = 1024


class InvalidCorrection(AftersaleError):
    """A correction that can't be made."""

    code = "INVALID"


@dataclass(frozen=True)
class Correction:
    """What is right, and why."""

    status: ShipmentStatus
    #: None: when the corrected event happened, or now where there is none.
    occurred_at: Optional[datetime]
    #: Shown to staff only.
    reason: str


def correct_event(
    event_id: int, correction: Correction, requester: Requester, now: datetime
) -> TrackingEvent:
    """
    Put a correction in an event's place; the same again changes nothing.

    A correction may be corrected like any other event. Effects in order: row of the
    correction, mark on the corrected one, status and what follows from it.

    Args:
        correction: ``UNKNOWN`` takes the event out without putting anything in its place.

    Raises:
        NotFound: no such event.
        InvalidCorrection: no reason or too long a one, a moment to come, an event that has
            been corrected in another way: ``ALREADY_CORRECTED``.
    """
    correction = _checked(correction, now)
    with transaction.atomic():
        shipment, event = _lock_event(event_id)
        if event.corrected_by:
            if _says(event.corrected_by, correction, event.occurred_at):
                return event.corrected_by
            raise InvalidCorrection(
                "This event was corrected already: correct the correction.",
                field="event_id",
                code="ALREADY_CORRECTED",
            )
        # About the same parcel as the event, should the number be another one by now.
        made = _new_row(shipment, correction, requester, now)
        made.tracking_number, made.location = event.tracking_number, event.location
        if correction.status is ShipmentStatus.READY_FOR_PICKUP:
            made.collect_by = event.collect_by
        if correction.occurred_at is None:
            made.occurred_at, made.occurred_offset = event.occurred_at, event.occurred_offset
        _take_place(shipment, made, [event.pk])
    return made


def correct_status(
    shipment_id: int, correction: Correction, requester: Requester, now: datetime
) -> TrackingEvent:
    """
    Say where a parcel is, whatever carriers told so far; the same again changes nothing.

    Effects in order: row of the correction, mark on the events that say otherwise, status
    and what follows from it.

    Raises:
        NotFound: no such parcel.
        InvalidCorrection: as ``correct_event``; ``UNKNOWN``, which says nothing; a parcel the
            shop took back that no carrier is said to have had.
    """
    correction = _checked(correction, now)
    wanted = correction.status
    if wanted is ShipmentStatus.UNKNOWN:
        raise InvalidCorrection("Say where the parcel is.", field="status")
    with transaction.atomic():
        _record, shipment = lock_parcel(shipment_id)
        if shipment.is_cancelled and wanted not in HANDED_OVER | {ShipmentStatus.CANCELLED}:
            raise InvalidCorrection("The shop took this parcel back.", field="status")
        told = _told(shipment)
        for row in told:
            is_repeated = row.provider == PROVIDER and _says(row, correction, row.occurred_at)
            if is_repeated and shipment.status == wanted.value:
                return row
        made = _new_row(shipment, correction, requester, now)
        events = [(row.pk, _event(row)) for row in told]
        _take_place(shipment, made, _otherwise(events, _event(made)))
    return made


def _otherwise(told: List[Tuple[int, CarrierEvent]], correction: CarrierEvent) -> List[int]:
    """Keys of the events to take out so that the parcel is where the correction says."""
    left = list(told)
    while left:
        events = [event for _pk, event in left] + [correction]
        status = scans.status_of(events)
        if status is correction.status:
            break
        newest = max(event.at for _pk, event in left)
        against = [item for item in left if item[1].status is status]
        against = against or [item for item in left if item[1].at == newest]
        left = [item for item in left if item not in against]
    kept = {pk for pk, _event in left}
    return [pk for pk, _event in told if pk not in kept]


def _told(shipment: Shipment) -> List[TrackingEvent]:
    """Events that count, oldest receipt first."""
    rows = shipment.events.filter(
        corrected_by=None, tracking_number__in=["", shipment.tracking_number]
    )
    return list(rows.defer("payload").order_by("pk"))


def _event(row: TrackingEvent) -> CarrierEvent:
    return CarrierEvent(
        row.occurred_at,
        ShipmentStatus(row.status),
        counts_at=scans.instead_of(row.occurred_at, row.received_at),
    )


def _take_place(shipment: Shipment, made: TrackingEvent, corrected: List[int]) -> None:
    # Staff may say the same twice, with other news in between: only its number tells it apart.
    count = shipment.events.filter(provider=PROVIDER).count()
    made.identity_hash = hashlib.sha256(f"{PROVIDER}\x1f{count}".encode()).hexdigest()
    made.save()
    shipment.events.filter(pk__in=corrected).update(corrected_by=made)
    derive(shipment.order, shipment)


def _new_row(
    shipment: Shipment, correction: Correction, requester: Requester, now: datetime
) -> TrackingEvent:
    occurred_at = correction.occurred_at or now
    offset = occurred_at.utcoffset()
    return TrackingEvent(
        shipment=shipment,
        provider=PROVIDER,
        tracking_number=shipment.tracking_number,
        status=correction.status.value,
        occurred_at=occurred_at,
        occurred_offset=int(offset.total_seconds() // 60) if offset else 0,
        received_at=now,
        author=requester.label[:254],
        note=correction.reason,
    )


def _says(row: TrackingEvent, correction: Correction, usual_at: datetime) -> bool:
    """Whether a correction that was made says the same."""
    occurred_at = correction.occurred_at or usual_at
    said = (row.status, row.note, row.occurred_at)
    return said == (correction.status.value, correction.reason, occurred_at)


def _lock_event(event_id: int) -> Tuple[Shipment, TrackingEvent]:
    rows = TrackingEvent.objects.filter(pk=event_id)
    shipment_id = rows.values_list("shipment_id", flat=True).first()
    if shipment_id is None:
        raise NotFound("There is no such event.", field="event_id")
    _record, shipment = lock_parcel(shipment_id)
    return shipment, rows.select_related("corrected_by").get()


def _checked(correction: Correction, now: datetime) -> Correction:
    reason, moment = correction.reason.strip(), correction.occurred_at
    if not reason:
        raise InvalidCorrection("Write why.", field="reason", code="REQUIRED")
    if len(reason) > MAX_REASON or not is_storable(reason):
        raise InvalidCorrection(f"Use up to {MAX_REASON} characters.", field="reason")
    if moment is not None and (moment.tzinfo is None or moment.year < 2000):
        raise InvalidCorrection(
            "Write a time of this century with its offset.", field="occurred_at"
        )
    if moment is not None and moment > now:
        raise InvalidCorrection("This moment is still to come.", field="occurred_at")
    return replace(correction, reason=reason)
