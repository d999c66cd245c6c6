"""Carrier news read by one worker against a bare insert of the same rows, and by size of parcel."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from functools import lru_cache
from typing import Dict, List, Sequence

from django.db import connection
from django.utils import timezone

from bench.measure import Claim, ratio_in_turns
from saleor_aftersale.host import db
from saleor_aftersale.tracking.carriers import generic
from saleor_aftersale.tracking.models import CarrierPush, Shipment, TrackingEvent
from saleor_aftersale.tracking.news import INSERT_SIZE
from saleor_aftersale.tracking.push_states import PushState
from saleor_aftersale.tracking.reading import read_waiting
from tests import factories
from tests.factories import CHANNEL, NOON

EVENTS = 20_000
EVENTS_PER_PARCEL = 100
EVENTS_PER_PUSH = 20

#: Of the second claim: the same number of events and of pushes, in many parcels or in one.
FLAT_EVENTS = 10_000
FEW = 10
FLAT_PER_PUSH = 10

_WORDS = ("INFO_RECEIVED", "PICKED_UP", "IN_TRANSIT", "OUT_FOR_DELIVERY")


def ingestion_ratio() -> float:
    """
    Time of one worker from kept pushes to derived parcels over a bulk_create of the rows.

    Both insert as many rows at a time. Ours also reads the pushes, parses them, finds the
    parcels, looks for what is known, locks, derives and publishes the change of status.
    """
    _make_parcels("B", EVENTS // EVENTS_PER_PARCEL)
    kept = _pushes("B", EVENTS // EVENTS_PER_PARCEL, EVENTS_PER_PARCEL, EVENTS_PER_PUSH)
    _refill(kept)
    _read(EVENTS)
    columns = [field.attname for field in TrackingEvent._meta.fields if not field.primary_key]
    rows = list(TrackingEvent.objects.order_by("shipment_id", "pk").values(*columns))

    def insert() -> None:
        with db.allow_writer():
            for start in range(0, EVENTS, INSERT_SIZE):
                batch = rows[start : start + INSERT_SIZE]
                TrackingEvent.objects.bulk_create([TrackingEvent(**row) for row in batch])

    return ratio_in_turns(
        lambda: _read(EVENTS),
        insert,
        rounds=7,
        before_ours=lambda: _refill(kept),
        before_theirs=_empty,
    )


def flat_ratio() -> float:
    """Time for an event of a parcel with 10 000 over one of a parcel with 10, pushes alike."""
    _make_parcels("F", FLAT_EVENTS // FEW)
    _make_parcels("O", 1)
    many = _pushes("F", FLAT_EVENTS // FEW, FEW, FLAT_PER_PUSH)
    one = _pushes("O", 1, FLAT_EVENTS, FLAT_PER_PUSH)
    return ratio_in_turns(
        lambda: _read(FLAT_EVENTS),
        lambda: _read(FLAT_EVENTS),
        rounds=5,
        before_ours=lambda: _refill(one),
        before_theirs=lambda: _refill(many),
    )


@lru_cache(maxsize=None)
def _make_parcels(prefix: str, number: int) -> None:
    factories.activate()
    for index in range(number):
        order = factories.make_order(paid=False)
        factories.keep(factories.fulfill(order, tracking_number=f"{prefix}{index}").order)


def _pushes(prefix: str, parcels: int, per_parcel: int, per_push: int) -> List[bytes]:
    """Bodies in the order of the carrier's clock: the parcels' news comes mixed."""
    bodies = []
    for first in range(0, per_parcel, per_push):
        for index in range(parcels):
            events = [_event(number) for number in range(first, first + per_push)]
            news = {"trackingNumber": f"{prefix}{index}", "events": events}
            bodies.append(json.dumps(news).encode())
    return bodies


def _event(number: int) -> Dict[str, str]:
    moment = NOON + timedelta(minutes=number)
    return {
        "occurredAt": moment.isoformat(),
        "status": _WORDS[min(number, len(_WORDS) - 1)],
        "code": f"C{number % 40}",
        "description": "Arrived at the sorting centre",
        "location": "Łódź",
    }


def _empty() -> None:
    """No news and no pushes; every parcel under way, so that its mail isn't measured too."""
    tables = ", ".join(model._meta.db_table for model in (TrackingEvent, CarrierPush))
    with db.allow_writer(), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {tables} CASCADE")
        Shipment.objects.update(status="IN_TRANSIT", shipped_at=NOON)


def _refill(bodies: Sequence[bytes]) -> None:
    """As ``_empty``, with those pushes acknowledged and unread."""
    _empty()
    now = timezone.now()
    with db.allow_writer():
        CarrierPush.objects.bulk_create(
            CarrierPush(
                provider=generic.PROVIDER,
                channel=CHANNEL,
                body=body,
                body_hash=hashlib.sha256(body).hexdigest(),
                received_at=now,
                state=PushState.NEW.value,
                due_at=now,
            )
            for body in bodies
        )


def _read(events: int) -> None:
    """What the worker's tasks do when they start with everything waiting."""
    with db.allow_writer():
        read_waiting(timezone.now())
        stored = TrackingEvent.objects.count()
    assert stored == events, stored


CLAIMS = [
    Claim("20 000 events by one worker over bulk_create of the rows", 2.0, ingestion_ratio),
    Claim("event of a parcel with 10 000 over one with 10", 1.5, flat_ratio),
]
