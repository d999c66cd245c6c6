"""Writes of the suppression list: what is reported of mails, and what staff do."""

from __future__ import annotations

from datetime import datetime
from typing import Optional

from django.db import transaction
from django.db.models import F

from ..events import MailBounced, MailboxRefused, publish
from ..values import AftersaleError, Requester
from . import mailboxes
from .actions import Proof, Source, object_to_all
from .mail_reports import MAX_DETAIL, Report, ReportType
from .mailboxes import Mailbox
from .models import Suppression
from .suppressions import DEFERRAL_WINDOW, MOST_DEFERRALS, Cause, counts


class NotSuppressed(AftersaleError):
    """There is nothing to lift."""

    code = "TRANSITION_NOT_ALLOWED"


def record_report(report: Report, channel: str, now: datetime) -> None:
    """
    Keep what was reported of one mail; the same report again raises a counter, no more.

    Effects in order: a mail that came back for good, or one complained about, puts its
    mailbox on the list; mails that came back for now do when there are
    ``MOST_DEFERRALS`` within ``DEFERRAL_WINDOW``; a complaint is also a no to all marketing
    mail; ``MailBounced`` is published for a mail that came back.
    """
    mailbox = mailboxes.mailbox_of(report.email)
    at = min(report.occurred_at or now, now)
    with transaction.atomic():
        if report.type is ReportType.COMPLAINT:
            suppress(mailbox, Cause.COMPLAINT, report.detail, at)
            proof = Proof(Source.COMPLAINT, channel, evidence={"message_id": report.message_id})
            object_to_all(mailbox, proof, at)
            return
        if report.is_permanent:
            suppress(mailbox, Cause.BOUNCE, report.detail, at)
        else:
            _count_deferral(mailbox, report, at)
        publish(
            MailBounced(report.message_id, mailbox.email, report.is_permanent, report.detail, at)
        )


def note_refusal(event: MailboxRefused) -> None:
    """Put a mailbox on the list that a mail server doesn't know, like one that bounced."""
    mailbox = mailboxes.mailbox_of(event.email)
    suppress(mailbox, Cause.BOUNCE, event.detail[:MAX_DETAIL], event.occurred_at)


def suppress(
    mailbox: Mailbox, cause: Cause, detail: str, at: datetime, *, author: str = ""
) -> Suppression:
    """
    Put a mailbox on the list, or note that it was reported again.

    One that staff took off comes back only by what happened after that.
    """
    row, is_new = _row_of(mailbox, cause, at, author, detail)
    if is_new or not counts(row.lifted_at, at):
        return row
    row.times = F("times") + 1
    row.detail = detail or row.detail
    if row.lifted_at is not None:
        row.lifted_at, row.lifted_by = None, ""
        row.reported_at, row.author = at, author
    row.email = mailbox.email
    row.save()
    row.refresh_from_db()
    return row


def lift(row_id: int, requester: Requester, now: datetime) -> Suppression:
    """
    Take an entry off the list: marketing mail may go there again, as far as it is agreed to.

    Raises:
        NotSuppressed: it is off already.
    """
    updated = Suppression.objects.filter(pk=row_id, lifted_at__isnull=True).update(
        lifted_at=now, lifted_by=requester.label
    )
    if not updated:
        raise NotSuppressed("This mailbox was taken off the list already.", field="id")
    return Suppression.objects.get(pk=row_id)


def _row_of(
    mailbox: Mailbox, cause: Cause, at: datetime, author: str, detail: str
) -> tuple[Suppression, bool]:
    """The locked row, and whether it was made just now."""
    rows = Suppression.objects.select_for_update().filter(cause=cause.value)
    known: Optional[Suppression] = rows.filter(mailbox_hash__in=mailbox.hashes).first()
    if known is not None:
        return known, False
    facts = {"email": mailbox.email, "detail": detail, "author": author, "reported_at": at}
    # Two workers with two reports: the constraint lets one of them in, the other waits.
    return rows.get_or_create(mailbox_hash=mailbox.hash, cause=cause.value, defaults=facts)


def _count_deferral(mailbox: Mailbox, report: Report, at: datetime) -> None:
    """Each mail counts once, however often its server writes; one that isn't named, always."""
    row, is_new = _row_of(mailbox, Cause.DEFERRAL, at, "", report.message_id)
    known = row.detail.split("\n") if row.detail else []
    if is_new or (report.message_id and report.message_id in known):
        return
    if at - row.reported_at > DEFERRAL_WINDOW:
        known, row.times, row.reported_at = [], 0, at
    row.times += 1
    row.detail = "\n".join(filter(None, [*known, report.message_id]))
    row.save(update_fields=["times", "reported_at", "detail"])
    if row.times >= MOST_DEFERRALS:
        suppress(mailbox, Cause.BOUNCE, f"{row.times} mails came back for now", at)
