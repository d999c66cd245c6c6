"""
The store of carrier pushes: keep, hand out for reading, take back with the outcome.

Answers of carriers that were asked are kept there too, as pushes that have been read.

A push waits as long as it has a ``due_at``. Whoever reads it moves that to the end of a lease
in a short transaction of its own and holds no lock while reading, so that the order's lock
stays the first one of every transaction. An outcome counts only while the lease is still
ours: a push that was queued again meanwhile stays queued.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Dict, FrozenSet, Iterable, List, Optional, Sequence, Tuple

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Length

from ..events import CarrierPushed, publish
from .models import CarrierPush, PushedParcel
from .push_states import GRACE, LEASE, PushState

#: Pushes one worker reads together. In a burst that saves most of the work: a parcel's
#: status is derived once for all of them.
BATCH_SIZE = 1000

#: Bytes of bodies one worker reads together.
BATCH_BYTES = 4 * 1024 * 1024


def keep_push(provider: str, channel: str, body: bytes, now: datetime) -> bool:
    """
    Store a verified push as it came in; ``CarrierPushed`` follows.

    Returns:
        False for a body we have already: nothing changes.
    """
    with transaction.atomic():
        push, is_new = CarrierPush.objects.defer("body").get_or_create(
            provider=provider,
            channel=channel,
            body_hash=hashlib.sha256(body).hexdigest(),
            defaults={
                "body": body,
                "received_at": now,
                "state": PushState.NEW.value,
                "due_at": now,
            },
        )
        if is_new:
            publish(CarrierPushed(push.pk))
    return is_new


def keep_answers(
    provider: str, channel: str, told: Sequence[Tuple[int, str, bytes]], now: datetime
) -> None:
    """
    Keep what a carrier answered when asked as pushes that were read.

    To be called in the transaction that recorded its news: ``retrack`` finds there what they
    were made of. A body we have already stays as it is.

    Args:
        told: a parcel's id, its number, and a body in the form of the provider's pushes.
    """
    bodies = {hashlib.sha256(body).hexdigest(): body for _pk, _number, body in told}
    push_ids = {}
    # Always in this order: two workers that keep the same bodies wait in line.
    for body_hash in sorted(bodies):
        push, _is_new = CarrierPush.objects.defer("body").get_or_create(
            provider=provider,
            channel=channel,
            body_hash=body_hash,
            defaults={
                "body": bodies[body_hash],
                "received_at": now,
                "state": PushState.READ.value,
            },
        )
        push_ids[bodies[body_hash]] = push.pk
    PushedParcel.objects.bulk_create(
        [
            PushedParcel(push_id=push_ids[body], tracking_number=number, shipment_id=shipment_id)
            for shipment_id, number, body in told
        ],
        ignore_conflicts=True,
    )


def requeue_pushes(channel: str, numbers: Iterable[str], now: datetime) -> None:
    """
    Have every push about these numbers read again: whose parcel that is has changed.

    Also those read already: their news may belong to another parcel now.
    """
    about = PushedParcel.objects.filter(
        tracking_number__in=[number for number in numbers if number], push__channel=channel
    )
    push_ids = sorted(set(about.values_list("push_id", flat=True)))
    if push_ids:
        with transaction.atomic():
            queue_pushes(push_ids, now)


def queue_pushes(push_ids: Sequence[int], now: datetime) -> None:
    """Make pushes due, inside the caller's transaction; ``CarrierPushed`` for each batch."""
    rows = CarrierPush.objects.filter(pk__in=push_ids)
    # Always locked in this order: two that queue or finish the same pushes wait in line.
    list(rows.order_by("pk").select_for_update().values_list("pk", flat=True))
    rows.update(due_at=now)
    # Reading one reads what waits beside it.
    for push_id in push_ids[::BATCH_SIZE]:
        publish(CarrierPushed(push_id))


def forgotten_pushes(now: datetime, *, limit: int = 500) -> List[int]:
    """Ids of pushes that wait longer than a task takes to start, longest waiting first."""
    rows = CarrierPush.objects.filter(due_at__lte=now - GRACE).order_by("due_at")
    return list(rows.values_list("pk", flat=True)[:limit])


@dataclass(frozen=True)
class Taken:
    """Pushes a worker has until its lease ends, oldest receipt first."""

    pushes: Tuple[CarrierPush, ...]
    leased_until: datetime


def take_pushes(now: datetime, *, first: Optional[int] = None) -> Taken:
    """
    A batch of pushes that are due and that no other worker has.

    Args:
        first: take nothing unless this one is still to be read.
    """
    due = CarrierPush.objects.filter(due_at__lte=now).select_for_update(skip_locked=True)
    leased_until = now + LEASE
    with transaction.atomic():
        sizes = _sizes(due.filter(pk=first)) if first is not None else []
        if first is not None and not sizes:
            return Taken((), leased_until)
        waiting = due.exclude(pk=first).order_by("due_at")[: BATCH_SIZE - len(sizes)]
        push_ids = _up_to_bytes(sizes + _sizes(waiting))
        rows = CarrierPush.objects.filter(pk__in=push_ids)
        rows.update(due_at=leased_until, attempts=F("attempts") + 1)
    return Taken(tuple(rows.order_by("received_at", "pk")), leased_until)


def _sizes(rows: QuerySet[CarrierPush]) -> List[Tuple[int, int]]:
    return list(rows.annotate(size=Length("body")).values_list("pk", "size"))


def _up_to_bytes(sizes: Sequence[Tuple[int, int]]) -> List[int]:
    """The first of them that fit together, one at least."""
    total, push_ids = 0, []
    for push_id, size in sizes:
        total += size
        if push_ids and total > BATCH_BYTES:
            break
        push_ids.append(push_id)
    return push_ids


@dataclass(frozen=True)
class Outcome:
    """What became of a push."""

    state: PushState
    detail: str = ""
    #: When to read it again; None: nothing is left to do.
    due_at: Optional[datetime] = None
    #: Numbers it speaks of, each with the ids of the parcels it was recorded on.
    parcels: Tuple[Tuple[str, FrozenSet[int]], ...] = ()


def finish_pushes(taken: Taken, outcomes: Dict[int, Outcome]) -> None:
    """Note what became of pushes, each only if it wasn't queued again meanwhile."""
    with transaction.atomic():
        rows = CarrierPush.objects.filter(pk__in=list(outcomes), due_at=taken.leased_until)
        kept = list(rows.order_by("pk").select_for_update().values_list("pk", flat=True))
        alike: Dict[Any, List[int]] = {}
        for push_id in kept:
            outcome = outcomes[push_id]
            facts = (outcome.state.value, outcome.detail, outcome.due_at)
            alike.setdefault(facts, []).append(push_id)
        for (state, detail, due_at), push_ids in alike.items():
            CarrierPush.objects.filter(pk__in=push_ids).update(
                state=state, detail=detail, due_at=due_at
            )
        _note_parcels({push_id: outcomes[push_id] for push_id in kept})


def _note_parcels(outcomes: Dict[int, Outcome]) -> None:
    rows = [
        PushedParcel(push_id=push_id, tracking_number=number, shipment_id=shipment_id)
        for push_id, outcome in outcomes.items()
        for number, shipment_ids in outcome.parcels
        for shipment_id in sorted(shipment_ids) or [None]
    ]
    told_of = [row.push_id for row in rows]
    PushedParcel.objects.filter(push_id__in=told_of, shipment=None).delete()
    PushedParcel.objects.bulk_create(rows, ignore_conflicts=True)


def prune_pushes(before: datetime) -> int:
    """Delete what was pushed before that moment, except what still waits; gives how many."""
    done = 0
    while True:
        rows = CarrierPush.objects.filter(received_at__lt=before, due_at=None)
        push_ids = list(rows.order_by("received_at").values_list("pk", flat=True)[:BATCH_SIZE])
        if not push_ids:
            return done
        CarrierPush.objects.filter(pk__in=push_ids).delete()
        done += len(push_ids)
