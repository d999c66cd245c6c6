"""Raw records of carriers' news: kept to be read again, forgotten when they are old."""

from __future__ import annotations

from datetime import datetime
from itertools import takewhile
from typing import NamedTuple

from django.db import transaction
from django.db.models import QuerySet

from .models import CarrierPush, PushedParcel, TrackingEvent
from .watch import OURS

#: Events looked at in one go.
WINDOW = 5000


class Walk(NamedTuple):
    """How far a walk along the events has come."""

    #: All up to this one are done.
    last: int
    #: What follows is newer.
    is_over: bool


def forget_pushes(before: datetime, *, most: int) -> int:
    """
    Delete pushes and polled answers received before that moment; gives how many.

    What carriers' words in them became, events, stays; the raw copy beside it goes too. A push
    that still waits to be read stays.
    """
    rows = CarrierPush.objects.filter(received_at__lt=before, due_at=None)
    with transaction.atomic():
        # One that is queued again meanwhile is skipped, and read first.
        free = rows.order_by("received_at").select_for_update(skip_locked=True)
        push_ids = list(free.values_list("pk", flat=True)[:most])
        told_of = PushedParcel.objects.filter(push__in=push_ids, shipment__isnull=False)
        _blank(TrackingEvent.objects.filter(shipment__in=told_of.values("shipment")), before)
        CarrierPush.objects.filter(pk__in=push_ids).defer("body").delete()
    return len(push_ids)


def forget_payloads(before: datetime, *, after: int) -> Walk:
    """
    Blank the raw copies beside the next events in the order they were stored in.

    The table has no index of moments and needs none for this: it grows in nearly the order in
    which news comes in. What was read late goes with its push.

    Args:
        after: what is up to this one is done.
    """
    rows = TrackingEvent.objects.filter(pk__gt=after).order_by("pk")
    window = list(rows.values_list("pk", "received_at")[:WINDOW])
    old = list(takewhile(lambda row: row[1] < before, window))
    last = old[-1][0] if old else after
    _blank(TrackingEvent.objects.filter(pk__gt=after, pk__lte=last), before)
    return Walk(last, is_over=len(old) < WINDOW)


def _blank(events: QuerySet[TrackingEvent], before: datetime) -> None:
    """What we noted of a silence ourselves is no carrier's: it is needed when that ends."""
    rows = events.filter(received_at__lt=before).exclude(provider=OURS)
    rows.exclude(payload={}).update(payload={})
