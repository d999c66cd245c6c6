"""
Tells customers on other ways than mail, see ``channels``.

A notice is a row of the outbox beside that of its mail: queued in the same transaction, claimed
and given up by the same rules, handed over once.
"""

from __future__ import annotations

import logging
import random
import uuid
from datetime import datetime
from typing import Any, Dict, List, Sequence

from django.utils import timezone

from ..config import Settings
from ..events import MailQueued, publish
from . import catalogue, channels, claiming, rendering, schedule, sender
from .channels import Channel, Notice, NotSent
from .connections import MailFault
from .models import OutboxMail
from .schedule import MailState

logger = logging.getLogger(__name__)


def queue_beside(mail: OutboxMail, settings: Settings) -> None:
    """Queue the notices that tell the same as a mail, in the caller's transaction."""
    wanted = [channel for channel in settings.mail_senders if mail.key in channel.keys]
    if not wanted:
        return
    rows = [_row_beside(mail, channel) for channel in wanted]
    OutboxMail.objects.bulk_create(rows, ignore_conflicts=True)
    ids = [row.message_id for row in rows]
    kept = OutboxMail.objects.filter(order=mail.order, message_id__in=ids)
    for pk in kept.filter(due_at__lte=timezone.now()).values_list("pk", flat=True):
        publish(MailQueued(pk))


def _row_beside(mail: OutboxMail, channel: Channel) -> OutboxMail:
    return OutboxMail(
        subject_ref=mail.subject_ref,
        key=mail.key,
        language=mail.language + channels.MARK + channel.name,
        order=mail.order,
        to_email=mail.to_email,
        context=mail.context,
        state=MailState.QUEUED.value,
        due_at=mail.due_at,
        message_id=f"<{uuid.uuid4()}@saleor-aftersale>",
        created_at=mail.created_at,
    )


def is_notice(row: OutboxMail) -> bool:
    """Whether a row of the outbox goes another way than by mail."""
    return bool(channels.name_of(row.language))


def deliver(
    claim: claiming.Claim, rows: Sequence[OutboxMail], settings: Settings, now: datetime
) -> None:
    """Hand over the notices of one channel of the shop, each once."""
    batch = _Batch(claim, settings, now)
    for position, row in enumerate(rows):
        if timezone.now() > claim.leased_until - schedule.LEASE / 2:
            rest = [later.pk for later in rows[position:]]
            claiming.put_back_untried(claim, rest, timezone.now())
            return
        batch.deliver(row)


class _Batch:
    def __init__(self, claim: claiming.Claim, settings: Settings, now: datetime) -> None:
        self.claim = claim
        self.settings = settings
        self.now = now
        self.channels = {channel.name: channel for channel in settings.mail_senders}
        self.senders: Dict[str, channels.Sender] = {}

    def deliver(self, row: OutboxMail) -> None:
        """One notice; whatever its sender does, the others go on."""
        channel = self.channels.get(channels.name_of(row.language))
        is_wanted = channel is not None and catalogue.is_enabled(row.key, self.settings)
        if channel is None or not is_wanted:
            reason = schedule.Skip.MAIL_DISABLED.value
            claiming.end_mail(self.claim, row.pk, MailState.SKIPPED, reason)
            return
        try:
            notice = notice_of(row, self.settings)
            made = self.senders.get(channel.name) or channel.sender()
            self.senders[channel.name] = made
        except Exception as error:
            self._after_fault(row, NotSent(repr(error), is_permanent=False))
            return
        if row.pk in claiming.note_progress(self.claim, coming=[row.pk]):
            self._hand_over(row, notice, made)

    def _hand_over(self, row: OutboxMail, notice: Notice, made: channels.Sender) -> None:
        try:
            made.send(notice)
        except NotSent as fault:
            self._after_fault(row, fault)
        except Exception as error:
            self._after_fault(row, NotSent(repr(error), is_permanent=False))
        else:
            claiming.note_progress(self.claim, taken=[row.pk])

    def _after_fault(self, row: OutboxMail, fault: NotSent) -> None:
        retry_at = schedule.next_try_at(row.attempts, self.now, jitter=random.random())
        logger.error("Notice %s (%s) didn't go out: %s", row.pk, row.language, fault)
        if fault.is_permanent or retry_at is None:
            claiming.end_mail(self.claim, row.pk, MailState.DEAD, str(fault))
        else:
            claiming.put_back(self.claim, {row.pk: retry_at}, str(fault))


def notice_of(row: OutboxMail, settings: Settings) -> Notice:
    """What a row of the outbox tells, in words."""
    language = channels.language_of(row.language)
    shop = sender.shop_of(row.order.channel, settings, _shop_name(row, settings))
    spoken = _spoken(row, language)
    context: Dict[str, Any] = sender.full_context(spoken, shop)
    rendered = rendering.render(row.key, context, language, settings.mail_texts)
    return Notice(
        notice_id=row.message_id,
        key=row.key,
        language=language,
        subject=rendered.subject,
        text=rendered.text,
        order_ref=row.order.order_ref,
        customer_email=row.to_email,
        context=context,
    )


def _spoken(row: OutboxMail, language: str) -> OutboxMail:
    """The row as its mail would be: in a language alone."""
    spoken = OutboxMail(key=row.key, order=row.order, context=row.context, to_email=row.to_email)
    spoken.language, spoken.subject_ref = language, row.subject_ref
    return spoken


def _shop_name(row: OutboxMail, settings: Settings) -> str:
    """Notices go out even where the shop has no mail server."""
    try:
        return sender.account_of(row.order.channel, settings).shop_name
    except MailFault:
        return settings.sender_name


def parted(rows: Sequence[OutboxMail]) -> List[List[OutboxMail]]:
    """Mails, and notices."""
    return [[row for row in rows if is_notice(row) is wanted] for wanted in (False, True)]
