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
from ..events import AccessRequested, Event, MailQueued, publish
from ..host import orders
from ..tracking.actions import keep_order
from ..tracking.models import OrderRecord
from . import catalogue, schedule
from .models import OutboxMail
from .schedule import MailState

#: Somebody who asks for a link again within this time gets no second mail.
LINK_PAUSE = timedelta(minutes=10)


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
    is_enabled = catalogue.is_enabled(key, settings)
    skip = schedule.skip_reason(record.customer_email, is_enabled=is_enabled)
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
        _supersede_older(kept)
        publish(MailQueued(kept.pk))
    return kept


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
