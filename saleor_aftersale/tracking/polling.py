"""
Polling: asks carriers about parcels that are due, for shops without webhooks.

A parcel is due when its ``poll_at`` has come. Whoever polls it moves that to the end of a lease
in a short transaction, asks outside of any, and writes the next ``poll_at`` only while the
lease is still its own: two workers never ask about one parcel at once, and a parcel whose
worker died is due again when the lease ends. News is recorded under the name of the vendor, so
that the same event is stored once whether it is pushed or polled.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from time import monotonic
from typing import Dict, List, Optional, Sequence

from django.db import transaction

from ..config import Settings, SettingsByChannel
from . import circuits, poll_keys, poll_times
from .asking import Line, Parcel, Run, finish, parcel_of, poll_batch, read_parcels
from .models import Shipment
from .statuses import TERMINAL, ShipmentStatus

#: Parcels one worker takes together.
TAKE = 200

#: Tasks one sweep starts at most.
MOST_TASKS = 5

#: Seconds after which a worker asks no more: with the slowest answer well within the lease.
BUDGET = 240


def tasks_due(now: datetime) -> int:
    """How many tasks the parcels that are due now are worth."""
    waiting = Shipment.every.filter(poll_at__lte=now)[: TAKE * MOST_TASKS].count()
    return -(-waiting // TAKE)


def first_poll_at(
    shipment: Shipment, channel: str, settings: Settings, now: datetime
) -> Optional[datetime]:
    """
    When to ask about a parcel that isn't polled; None: nobody can be, or it is over.

    At once, for its number may have to be made known first.
    """
    parcel = parcel_of(shipment, channel)
    if _line(settings, parcel) is None:
        return None
    if parcel.status in TERMINAL or parcel.status is ShipmentStatus.EXPIRED:
        return poll_times.next_poll_at(
            parcel.status, now=now, shipment_id=parcel.pk, ended_at=parcel.ended_at
        )
    return poll_times.after_pause(now, parcel.pk)


def poll_due(now: datetime) -> int:
    """
    Poll parcels that are due and that no other worker has; gives how many were taken.

    Effects in order: the parcels are leased; those nobody can be asked about, and those that
    a push told of lately, are put off; for each interface batch by batch: asked, news recorded
    with what follows from it, numbers it doesn't know registered, the next poll set.
    """
    run = Run(now, now + poll_times.LEASE, monotonic() + BUDGET)
    parcels = _take(run)
    settings = SettingsByChannel()
    lines: Dict[Line, List[Parcel]] = defaultdict(list)
    for parcel in parcels:
        line = _line(settings[parcel.channel], parcel)
        later = _put_off(parcel, now)
        if line is None or later is not None:
            finish(run, parcel, poll_at=later if line else None)
        else:
            lines[line].append(parcel)
    for line, waiting in lines.items():
        _poll_line(run, line, waiting)
    return len(parcels)


def _take(run: Run) -> List[Parcel]:
    with transaction.atomic():
        due = Shipment.every.filter(poll_at__lte=run.now).select_for_update(skip_locked=True)
        taken = list(due.order_by("poll_at").values_list("pk", flat=True)[:TAKE])
        Shipment.every.filter(pk__in=taken).update(poll_at=run.leased_until)
    return read_parcels(taken)


def _line(ours: Settings, parcel: Parcel) -> Optional[Line]:
    provider = poll_keys.provider_for(ours.carrier_api_keys, parcel.carrier)
    if not ours.is_active or not parcel.number or provider is None:
        return None
    return Line(provider, parcel.channel, ours.carrier_api_keys[provider])


def _put_off(parcel: Parcel, now: datetime) -> Optional[datetime]:
    return poll_times.put_off_until(
        parcel.status,
        now=now,
        shipment_id=parcel.pk,
        heard_at=parcel.heard_at,
        ended_at=parcel.ended_at,
    )


def _poll_line(run: Run, line: Line, parcels: Sequence[Parcel]) -> None:
    size = line.poller.BATCH_SIZE
    for start in range(0, len(parcels), size):
        batch = parcels[start : start + size]
        if run.is_over:
            _leave(run, batch, run.now)
            continue
        until = circuits.left_alone_until(line.provider, line.channel, run.now)
        if until is None:
            poll_batch(run, line, batch)
        else:
            _leave(run, batch, until)


def _leave(run: Run, parcels: Sequence[Parcel], until: datetime) -> None:
    for parcel in parcels:
        finish(run, parcel, poll_at=poll_times.after_pause(until, parcel.pk))
