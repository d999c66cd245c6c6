"""Writes of the outbox: queue a mail with what it is about, deliver it once, tidy up."""

from __future__ import annotations

import logging
import uuid
from datetime import datetime, timedelta
from typing import List, Optional

from django.db import transaction
from django.utils import timezone

from .. import texts
from ..config import settings_of
from ..events import AccessRequested, Event, MailQueued, publish
from ..host import orders
from ..tracking.actions import keep_order
from ..tracking.models import OrderRecord
from . import catalogue, schedule, sender
from .models import OutboxMail
from .schedule import MailState

logger = logging.getLogger(__name__)

#: Somebody who asks for a link again within this time gets no second mail.
LINK_PAUSE = timedelta(minutes=10)

#: While the plugin is switched off in a channel its mails wait this long at a time.
INACTIVE_PAUSE = timedelta(hours=1)


def queue_mails(event: Event) -> None:
    """Write an outbox row for every mail the event triggers, in the caller's transaction."""
    for kind in catalogue.kinds_on(event):
        draft = kind.compose(event)
        if draft is not None:
            queue_mail(kind.key, draft)


def queue_mail(key: str, draft: catalogue.Draft) -> Optional[OutboxMail]:
    """
    Queue one mail; a second one about the same thing in the same language is not queued.

    A mail that isn't to be sent is kept as SKIPPED with its reason.

    Returns:
        The new row, or None when there was one already.
    """
    record = OrderRecord.objects.get(order_ref=draft.order_ref)
    settings = settings_of(record.channel)
    now = timezone.now()
    enabled = settings.enabled_mails | {key} if catalogue.CATALOGUE[key].is_required else None
    skip = schedule.skip_reason(key, record.customer_email, enabled or settings.enabled_mails)
    language = texts.language_for(record.language, among=settings.languages)
    subject = {"subject_ref": draft.subject_ref, "key": key, "language": language}
    row = OutboxMail(
        **subject,
        order=record,
        to_email=record.customer_email,
        context=draft.context,
        state=(MailState.SKIPPED if skip else MailState.QUEUED).value,
        detail=skip.value if skip else "",
        due_at=now,
        message_id=f"<{uuid.uuid4()}@saleor-aftersale>",
        created_at=now,
    )
    # The constraint decides between two workers; the loser's row is dropped.
    OutboxMail.objects.bulk_create([row], ignore_conflicts=True)
    kept = OutboxMail.objects.get(**subject)
    if kept.message_id != row.message_id:
        return None
    if not skip:
        publish(MailQueued(kept.pk))
    return kept


def queue_order_link(number: str, email: str, now: datetime) -> None:
    """
    Mail a signed link to whoever owns that mailbox, if the order exists.

    Nothing is given back: the asker must not learn whether it does.
    """
    order_ref = orders.find_order(number, email)
    if order_ref is None:
        return
    order = orders.load_orders([order_ref], using="default").get(order_ref)
    if order is None or not settings_of(order.channel).is_active:
        return
    with transaction.atomic():
        keep_order(order)
        bucket = int(now.timestamp() // LINK_PAUSE.total_seconds())
        publish(AccessRequested(order_ref, str(bucket)))


def deliver_mail(mail_id: int, now: datetime) -> None:
    """
    Send one mail of the outbox; may run twice, hands over once.

    Steps: take the row under a lease; render; reach the mail server; note that the
    message is about to be handed over; hand it over; note the answer. A temporary fault
    puts the row back with a later due time, a permanent one ends it.
    """
    row = _take(mail_id, now)
    if row is None:
        return
    settings = settings_of(row.order.channel)
    if not settings.is_active:
        _put_back(row, now + INACTIVE_PAUSE, "The plugin is switched off.", counts=False)
        return
    if not catalogue.is_enabled(row.key, settings):
        _end(row, MailState.SKIPPED, schedule.Skip.MAIL_DISABLED.value)
        return
    try:
        sender.send(row, settings, before_handover=lambda: _note_handover(row))
    except sender.MailFault as fault:
        _after_fault(row, fault, now)
    except Exception as error:
        logger.exception("Mail %s (%s) can't be made.", row.pk, row.key)
        _after_fault(row, sender.MailFault(repr(error), is_permanent=False), now)
    else:
        row.sent_at = timezone.now()
        _end(row, MailState.SENT, "")


def _take(mail_id: int, now: datetime) -> Optional[OutboxMail]:
    with transaction.atomic():
        row = (
            OutboxMail.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("order")
            .filter(pk=mail_id, state=MailState.QUEUED.value, due_at__lte=now)
            .first()
        )
        if row is not None:
            row.state, row.due_at = MailState.SENDING.value, now + schedule.LEASE
            row.attempts += 1
            row.save(update_fields=["state", "due_at", "attempts"])
    return row


def _note_handover(row: OutboxMail) -> None:
    row.handed_over_at = timezone.now()
    row.save(update_fields=["handed_over_at"])


def _after_fault(row: OutboxMail, fault: sender.MailFault, now: datetime) -> None:
    if fault.is_doubtful:
        logger.error("Mail %s may or may not have been sent: %s", row.pk, fault)
        _end(row, MailState.UNCONFIRMED, str(fault))
        return
    retry_at = None if fault.is_permanent else schedule.next_try_at(row.attempts, now)
    if retry_at is None:
        logger.error("Mail %s (%s) is given up: %s", row.pk, row.key, fault)
        _end(row, MailState.DEAD, str(fault))
    else:
        _put_back(row, retry_at, str(fault))


def _put_back(row: OutboxMail, due_at: datetime, detail: str, *, counts: bool = True) -> None:
    row.state, row.due_at, row.detail = MailState.QUEUED.value, due_at, detail
    row.handed_over_at = None
    row.attempts -= 0 if counts else 1
    row.save(update_fields=["state", "due_at", "detail", "handed_over_at", "attempts"])


def _end(row: OutboxMail, state: MailState, detail: str) -> None:
    row.state, row.detail = state.value, detail
    row.save(update_fields=["state", "detail", "sent_at"])


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


def resend_unconfirmed(mail_id: int, now: datetime) -> bool:
    """Queue a doubtful mail again: a person decided that twice is better than never."""
    updated = OutboxMail.objects.filter(
        pk=mail_id, state__in=[MailState.UNCONFIRMED.value, MailState.DEAD.value]
    ).update(state=MailState.QUEUED.value, due_at=now, handed_over_at=None, attempts=0)
    if updated:
        publish(MailQueued(mail_id))
    return bool(updated)
