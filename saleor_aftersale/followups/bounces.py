"""Mails that came back: noted on the row of the outbox, for staff."""

from __future__ import annotations

from ..events import MailBounced
from .models import OutboxMail
from .schedule import MailState

_GONE_OUT = (MailState.SENT.value, MailState.UNCONFIRMED.value)


def note_bounce(event: MailBounced) -> None:
    """
    Say on the mail that it came back, and why; the last word holds.

    A mail in doubt was surely taken by the server when it comes back.
    """
    if not event.message_id:
        return
    came = "Came back for good" if event.is_permanent else "Came back for now"
    said = f"{came}: {event.detail}" if event.detail else f"{came}."
    # By mailbox first: it has an index, the Message-ID has none.
    rows = OutboxMail.objects.filter(to_email=event.email, message_id=event.message_id)
    rows.filter(state__in=_GONE_OUT).update(state=MailState.SENT.value, detail=said)
