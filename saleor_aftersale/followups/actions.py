"""Queues mails: what an event or a guest's wish leads to, each once."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Optional

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from .. import texts
from ..config import settings_of
from ..events import AccessRequested, Event, MailQueued, ReturnTransitioned, publish
from ..host import orders
from ..returns.states import ReturnState
from ..tracking.actions import keep_order
from ..tracking.models import OrderRecord
from . import catalogue, merging, notices, schedule, staff_mails
from .models import OutboxMail
from .permission import GOOD_UNTIL
from .schedule import MailState

#: Somebody who asks for a link again within this time gets no second mail.
LINK_PAUSE = timedelta(minutes=10)

#: Few returns take longer.
RETURN_TIME = timedelta(days=30)


def queue_mails(event: Event) -> None:
    """Write an outbox row for every mail the event triggers, in the caller's transaction."""
    for kind in catalogue.kinds_on(event):
        for draft in kind.drafts_on(event):
            queue_mail(kind.key, merging.with_waiting(kind.key, draft, timezone.now()))


def queue_mail(key: str, draft: catalogue.Draft) -> Optional[OutboxMail]:
    """
    Queue one mail; a second one about the same thing in the same language is not queued.

    A mail that isn't to be sent is kept as SKIPPED with its reason. Whether marketing may go
    out is asked when it does, see ``permission``; one that has been pointless for long isn't
    kept at all.

    Returns:
        The new row, or None when there was one already, or it is too late for one.
    """
    record = OrderRecord.objects.get(order_ref=draft.order_ref)
    settings = settings_of(record.channel)
    now = timezone.now()
    due_at = max(draft.due_at or now, now)
    context = _context_of(catalogue.CATALOGUE[key], draft, now)
    if context is None:
        return None
    is_enabled = catalogue.is_enabled(key, settings)
    to_email, language = record.customer_email, record.language
    if draft.is_for_staff:
        to_email, language = staff_mails.mailbox_of(record.channel, settings), ""
    skip = schedule.skip_reason(to_email, is_enabled=is_enabled)
    language = texts.language_for(language, among=settings.languages)
    subject = {"subject_ref": draft.subject_ref, "key": key, "language": language}
    row = OutboxMail(
        **subject,
        order=record,
        to_email=to_email,
        context=context,
        state=(MailState.SKIPPED if skip else MailState.QUEUED).value,
        detail=skip.value if skip else "",
        due_at=due_at,
        message_id=f"<{uuid.uuid4()}@saleor-aftersale>",
        created_at=now,
    )
    # The constraint decides between two workers; the loser's row is dropped.
    OutboxMail.objects.bulk_create([row], ignore_conflicts=True)
    kept = OutboxMail.objects.get(**subject)
    if kept.message_id != row.message_id:
        return None
    if not skip:
        _supersede_older(kept)
        notices.queue_beside(kept, settings)
        if due_at <= now:
            publish(MailQueued(kept.pk))
    return kept


def _context_of(
    kind: catalogue.MailKind, draft: catalogue.Draft, now: datetime
) -> Optional[catalogue.Context]:
    """What is stored of a mail; of marketing also until when it makes sense. None: no longer."""
    if not kind.is_marketing:
        return draft.context
    good_until = (draft.due_at or now) + kind.good_for
    if good_until < now:
        return None
    return {**draft.context, GOOD_UNTIL: good_until.isoformat()}


def _supersede_older(newer: OutboxMail) -> None:
    """Leave out what still waits to tell of an earlier status of the same thing."""
    kinds = catalogue.CATALOGUE
    family = kinds[newer.key].family
    keys = [key for key, kind in kinds.items() if kind.family == family and not kind.is_required]
    subject = schedule.subject_of(newer.subject_ref)
    if family:
        OutboxMail.objects.filter(
            Q(subject_ref=subject) | Q(subject_ref__startswith=subject + ":"),
            order=newer.order,
            key__in=keys,
            state=MailState.QUEUED.value,
            pk__lt=newer.pk,
        ).update(state=MailState.SKIPPED.value, detail=schedule.Skip.SUPERSEDED.value)


def hold_marketing(event: ReturnTransitioned) -> None:
    """
    Leave out the marketing about an order of which something is to come back.

    What is due later than a return usually takes is decided in its own time.
    """
    if event.after != ReturnState.SUBMITTED.value:
        return
    OutboxMail.objects.filter(
        order__order_ref=event.order_ref,
        key__in=catalogue.marketing_keys(),
        state=MailState.QUEUED.value,
        due_at__lte=timezone.now() + RETURN_TIME,
    ).update(state=MailState.SKIPPED.value, detail=schedule.Skip.OPEN_RETURN.value)


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
