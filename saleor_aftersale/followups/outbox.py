"""What staff do to mails of the outbox: call one back, send one again."""

from __future__ import annotations

from datetime import datetime

from ..events import MailQueued, publish
from .models import OutboxMail
from .schedule import MailState, Skip


def cancel_mail(mail_id: int) -> bool:
    """Call back a mail that still waits; False: it is on its way, or nothing is left to call."""
    waiting = OutboxMail.objects.filter(pk=mail_id, state=MailState.QUEUED.value)
    return bool(waiting.update(state=MailState.SKIPPED.value, detail=Skip.CANCELLED.value))


def resend_unconfirmed(mail_id: int, now: datetime) -> bool:
    """Queue a doubtful or dead mail again: a person decided that twice is better than never."""
    updated = OutboxMail.objects.filter(
        pk=mail_id, state__in=[MailState.UNCONFIRMED.value, MailState.DEAD.value]
    ).update(state=MailState.QUEUED.value, due_at=now, handed_over_at=None, attempts=0)
    if updated:
        publish(MailQueued(mail_id))
    return bool(updated)
