"""
Reads kept pushes and polled answers again after a carrier's mapping changed, and sets right what
it changes.

Silent: no event is published and so no mail sent, for what it finds may be long past. News
that arrives later is compared with the corrected status and told as ever.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

from django.db import transaction
from django.db.models import Exists, OuterRef

from .carriers.base import identity_hash
from .carriers.registry import PROVIDERS
from .models import CarrierPush, OrderRecord, PushedParcel, Shipment, TrackingEvent
from .news import derive
from .push_states import PushState
from .pushes import queue_pushes
from .reading import Unreadable, updates_of

#: Pushes held in memory at a time; each may be as large as the endpoint lets in.
CHUNK = 50

#: What the reading makes of an event: status, reason, until when the parcel waits.
Meaning = Tuple[str, str, Optional[datetime]]

_MEANING = ("status", "reason", "collect_by")

#: What tells which push a stored event came from: parcel, identity, time of receipt.
EventKey = Tuple[int, str, datetime]


@dataclass(frozen=True)
class Change:
    """A parcel some of whose events have another status, reason or last day to collect now."""

    tracking_number: str
    carrier: str
    #: Number of events that were changed.
    events: int
    before: str
    after: str


@dataclass
class Tally:
    """What a run has seen so far."""

    pushes: int = 0
    #: Pushes that can't be read; ``replay`` tries them again.
    unreadable: int = 0
    #: Events by (status before, status after).
    events: Counter[Tuple[str, str]] = field(default_factory=Counter)
    #: Parcels with another status than before.
    parcels: int = 0
    #: Events whose push isn't kept any more: they stay as they were read.
    out_of_reach: int = 0


def retrack(
    tally: Tally, *, provider: str = "", since: Optional[datetime] = None
) -> Iterator[Change]:
    """
    Give each stored event the status, reason and last day to collect that its carrier's words
    mean now, and derive its parcel anew.

    The raw code and what makes an event itself stay as they are; nothing is added. What staff
    or the API told is left alone, and so are events whose push was forgotten: they are counted.
    May be run again, also after it was broken off.

    Args:
        tally: is counted up while it runs.
        provider: only what this one told; empty: all of them.
        since: only what was received since then.
    """
    rows = CarrierPush.objects.exclude(state=PushState.NEW.value).order_by("pk")
    if provider:
        rows = rows.filter(provider=provider)
    if since:
        rows = rows.filter(received_at__gte=since)
    last = 0
    while True:
        # By key, not by cursor: each chunk is its own transaction and nothing is held open.
        chunk = list(rows.filter(pk__gt=last)[:CHUNK])
        if not chunk:
            break
        last = chunk[-1].pk
        yield from _retrack_chunk(chunk, tally)
    tally.out_of_reach = _out_of_reach(provider, since)


def _retrack_chunk(chunk: Sequence[CarrierPush], tally: Tally) -> Iterator[Change]:
    tally.pushes += len(chunk)
    meant = _meanings(chunk, tally)
    stored = TrackingEvent.objects.filter(
        shipment_id__in={key[0] for key in meant}, identity_hash__in={key[1] for key in meant}
    )
    wrong: Dict[int, Dict[int, Meaning]] = {}
    columns = ("pk", "shipment_id", "identity_hash", "received_at", *_MEANING)
    for pk, shipment_id, identity, received_at, *had in stored.values_list(*columns):
        meaning = tuple(had)
        now_means = meant.get((shipment_id, identity, received_at), meaning)
        if now_means != meaning:
            wrong.setdefault(shipment_id, {})[pk] = now_means
            tally.events[meaning[0], now_means[0]] += 1
    for shipment_id, meanings in wrong.items():
        change = _correct(shipment_id, meanings)
        tally.parcels += change.before != change.after
        yield change


def _out_of_reach(provider: str, since: Optional[datetime]) -> int:
    kept = CarrierPush.objects.filter(
        parcels__shipment=OuterRef("shipment"),
        provider=OuterRef("provider"),
        received_at=OuterRef("received_at"),
    )
    told = TrackingEvent.objects.filter(provider__in=[provider] if provider else list(PROVIDERS))
    if since:
        told = told.filter(received_at__gte=since)
    return int(told.filter(~Exists(kept)).count())


def _meanings(chunk: Sequence[CarrierPush], tally: Tally) -> Dict[EventKey, Meaning]:
    """What the chunk's events mean by today's mapping."""
    recorded: Dict[Tuple[int, str], List[int]] = {}
    rows = PushedParcel.objects.filter(push__in=[push.pk for push in chunk], shipment__isnull=False)
    columns: Any = ("push_id", "tracking_number", "shipment_id")
    for push_id, number, shipment_id in rows.values_list(*columns):
        recorded.setdefault((push_id, number), []).append(shipment_id)
    meant: Dict[EventKey, Meaning] = {}
    for push in chunk:
        try:
            updates = updates_of(push)
        except Unreadable:
            tally.unreadable += 1
            continue
        for update in updates:
            identity = identity_hash(push.provider, update)
            for shipment_id in recorded.get((push.pk, update.tracking_number), ()):
                # Told twice in one push: the first was stored.
                key = (shipment_id, identity, push.received_at)
                meant.setdefault(key, (update.status.value, update.reason, update.collect_by))
    return meant


def _correct(shipment_id: int, meanings: Dict[int, Meaning]) -> Change:
    with transaction.atomic():
        record = OrderRecord.objects.select_for_update().get(shipments=shipment_id)
        shipment = Shipment.every.get(pk=shipment_id)
        before = shipment.status
        for meaning in set(meanings.values()):
            pks = [pk for pk, meant in meanings.items() if meant == meaning]
            columns = dict(zip(_MEANING, meaning))
            TrackingEvent.objects.filter(pk__in=pks).update(**columns)
        derive(record, shipment, is_silent=True)
    return Change(
        shipment.tracking_number, shipment.carrier, len(meanings), before, shipment.status
    )


def queue_again(states: Sequence[PushState], now: datetime) -> int:
    """Have all pushes in these states read again; gives how many."""
    rows = CarrierPush.objects.filter(state__in=[state.value for state in states]).order_by("pk")
    last = done = 0
    while True:
        push_ids = list(rows.filter(pk__gt=last).values_list("pk", flat=True)[:1000])
        if not push_ids:
            return done
        with transaction.atomic():
            queue_pushes(push_ids, now)
        last, done = push_ids[-1], done + len(push_ids)
