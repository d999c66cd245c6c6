"""
The store of the outbox: hand mails out in batches, take them back with what became of them.

A mail waits in state QUEUED until its ``due_at``. Whoever sends it moves that to the end of a
lease and holds no lock while it talks to a mail server. What is noted later counts only while
the lease is still its own: a mail that was freed or queued again meanwhile stays as it is.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Dict, FrozenSet, Iterable, List, Optional, Sequence, Tuple

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from .models import OutboxMail
from .schedule import LEASE, MailState

logger = logging.getLogger(__name__)

#: Mails one worker takes together: they share connections and the notes' round trips.
BATCH_SIZE = 100

#: Clocks of two machines may differ by this: the one that queued a mail may be ahead.
_CLOCKS_DIFFER = timedelta(seconds=5)


@dataclass(frozen=True)
class Claim:
    """Mails a worker has until its lease ends, those of a channel side by side."""

    mails: Tuple[OutboxMail, ...]
    leased_until: datetime


def claim_mails(now: datetime, *, first: Optional[int] = None) -> Claim:
    """
    A batch of mails that are due and that no other worker has, longest waiting first.

    Args:
        first: take nothing unless this one still waits.
    """
    waiting = OutboxMail.objects.filter(state=MailState.QUEUED.value)
    free = waiting.select_for_update(skip_locked=True).values_list("pk", flat=True)
    leased_until = now + LEASE
    with transaction.atomic():
        wanted = free.filter(pk=first, due_at__lte=now + _CLOCKS_DIFFER) if first else ()
        mail_ids = list(wanted)
        if first and not mail_ids:
            return Claim((), leased_until)
        others = free.filter(due_at__lte=now).exclude(pk=first).order_by("due_at")
        mail_ids += others[: BATCH_SIZE - len(mail_ids)]
        rows = OutboxMail.objects.filter(pk__in=mail_ids)
        rows.update(
            state=MailState.SENDING.value,
            due_at=leased_until,
            handed_over_at=None,
            attempts=F("attempts") + 1,
        )
    found = rows.select_related("order").order_by("order__channel", "created_at", "pk")
    return Claim(tuple(found), leased_until)


#: One statement for several mails, so that they share a round trip: some were taken by the
#: server, the next ones are about to be handed over. The first count even after the lease.
_NOTE = f"""
UPDATE {OutboxMail._meta.db_table} SET
    state = CASE WHEN id = ANY(%(taken)s::bigint[]) THEN 'SENT' ELSE state END,
    detail = CASE WHEN id = ANY(%(taken)s::bigint[]) THEN '' ELSE detail END,
    sent_at = CASE WHEN id = ANY(%(taken)s::bigint[]) THEN %(now)s ELSE sent_at END,
    handed_over_at = CASE WHEN id = ANY(%(next)s::bigint[]) THEN %(now)s ELSE handed_over_at END
WHERE id = ANY(%(taken)s::bigint[]) AND handed_over_at IS NOT NULL
    AND state IN ('SENDING', 'UNCONFIRMED')
OR id = ANY(%(next)s::bigint[]) AND state = 'SENDING' AND due_at = %(leased_until)s
RETURNING id
"""


def note_progress(
    claim: Claim, *, taken: Sequence[int] = (), coming: Sequence[int] = ()
) -> FrozenSet[int]:
    """
    Note that the server took some mails and that others are about to be handed over.

    Returns:
        Those of the coming ones that are still ours; no other may be handed over.
    """
    if not taken and not coming:
        return frozenset()
    facts = {
        "taken": list(taken),
        "next": list(coming),
        "now": timezone.now(),
        "leased_until": claim.leased_until,
    }
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, facts)
        noted = {row[0] for row in cursor.fetchall()}
    return frozenset(noted.intersection(coming))


def _ours(claim: Claim, mail_ids: Iterable[int]) -> QuerySet[OutboxMail]:
    return OutboxMail.objects.filter(
        pk__in=list(mail_ids), state=MailState.SENDING.value, due_at=claim.leased_until
    )


def end_mail(claim: Claim, mail_id: int, state: MailState, detail: str) -> None:
    """Nothing is left to do about this mail of the claim."""
    _ours(claim, [mail_id]).update(state=state.value, detail=detail)


def put_back(claim: Claim, due_times: Dict[int, datetime], detail: str) -> None:
    """Have mails of the claim tried again, each from its moment on."""
    with transaction.atomic():
        for mail_id, due_at in due_times.items():
            _ours(claim, [mail_id]).update(
                state=MailState.QUEUED.value, due_at=due_at, detail=detail, handed_over_at=None
            )


def put_back_untried(
    claim: Claim, mail_ids: Iterable[int], due_at: datetime, detail: str = ""
) -> None:
    """Have mails of the claim tried from that moment on, as if they had not been taken."""
    _ours(claim, mail_ids).update(
        state=MailState.QUEUED.value,
        due_at=due_at,
        detail=detail,
        handed_over_at=None,
        attempts=F("attempts") - 1,
    )


def free_expired_leases(now: datetime) -> None:
    """
    Give back what dead workers held.

    A mail that was not handed over yet is free again. One that was may have been
    accepted by the mail server: it becomes UNCONFIRMED and waits for a person, because
    sending it again could be the second time.
    """
    expired = OutboxMail.objects.filter(state=MailState.SENDING.value, due_at__lte=now)
    expired.filter(handed_over_at=None).update(state=MailState.QUEUED.value)
    doubtful = expired.exclude(handed_over_at=None).update(
        state=MailState.UNCONFIRMED.value,
        detail="The worker stopped after handing the message over.",
    )
    if doubtful:
        logger.error("%s mails may or may not have been sent: state UNCONFIRMED.", doubtful)


def due_mails(now: datetime, *, limit: int = 500) -> List[int]:
    """Ids of mails that wait for a worker, longest waiting first."""
    rows = OutboxMail.objects.filter(state=MailState.QUEUED.value, due_at__lte=now)
    return list(rows.order_by("due_at").values_list("pk", flat=True)[:limit])


def tasks_due(now: datetime, *, most: int = 20) -> List[int]:
    """One mail for each batch that waits: whoever sends it sends those beside it."""
    return due_mails(now, limit=most * BATCH_SIZE)[::BATCH_SIZE]
