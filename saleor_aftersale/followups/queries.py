"""Reads of follow-up mail: conditions on the outbox."""

from __future__ import annotations

from datetime import datetime
from typing import Iterable

from django.db.models import Q

from .schedule import MailState, Standing


def standing_is(standings: Iterable[str], now: datetime) -> Q:
    """Condition on rows of the outbox: how staff see them; see ``schedule.standing``."""
    waits = Q(state=MailState.QUEUED.value)
    of_waiting = {
        Standing.FAILED.value: waits & Q(attempts__gt=0),
        Standing.SCHEDULED.value: waits & Q(attempts=0, due_at__gt=now),
        Standing.QUEUED.value: waits & Q(attempts=0, due_at__lte=now),
    }
    condition = Q(pk__in=[])
    for standing in standings:
        condition |= of_waiting.get(standing) or Q(state=standing)
    return condition
