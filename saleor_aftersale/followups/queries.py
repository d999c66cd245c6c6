"""Reads of follow-up mail: what has been sent about orders."""

from __future__ import annotations

from datetime import datetime
from typing import Dict, Iterable, List

from django.db.models import Q

from .models import OutboxMail
from .schedule import MailState, Standing


def sent_by_order(
    order_refs: Iterable[str], *, using: str = "default"
) -> Dict[str, List[OutboxMail]]:
    """Mails the mail server took, by order ref, oldest first; one query."""
    found: Dict[str, List[OutboxMail]] = {ref: [] for ref in order_refs}
    rows = (
        OutboxMail.objects.using(using)
        .filter(order__order_ref__in=list(found), state=MailState.SENT.value)
        .select_related("order")
        .order_by("sent_at")
    )
    for row in rows:
        found[row.order.order_ref].append(row)
    return found


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
