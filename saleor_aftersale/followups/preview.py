"""A mail before it is sent: what it says about an order, and whether it would go out."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Optional

from django.utils import timezone

from .. import texts
from ..config import Settings, settings_of
from ..tracking.models import OrderRecord
from ..values import AftersaleError, NotFound
from . import acknowledgement, catalogue, past_events, permission, schedule, sender
from .connections import Line, MailFault
from .models import OutboxMail


class MailNotSent(AftersaleError):
    """The mail server didn't take a test mail; the message says why."""

    code = "INVALID"


@dataclass(frozen=True)
class Preview:
    """A rendered mail that is about something that really happened to the order."""

    rendered: sender.Rendered
    #: Empty: it would be sent.
    skipped_reason: str


def preview_mail(key: str, record: OrderRecord, language: str = "") -> Preview:
    """
    What a mail says about an order.

    Args:
        language: empty for the order's own.

    Raises:
        NotFound: there is no such mail, or nothing in this order leads to it.
        MailNotSent: the shop's own template puts a promotion where none may be.
    """
    row = _row(key, record, language)
    settings = settings_of(record.channel)
    reason = _skipped_reason(row)
    _refresh(row, settings)
    shop = sender.shop_of(record.channel, settings, _shop_name(record.channel, settings))
    try:
        context = sender.full_context(row, shop)
        rendered = sender.render(key, context, row.language, settings.mail_texts)
    except MailFault as fault:
        raise MailNotSent(str(fault), field="key") from fault
    return Preview(rendered, reason)


def _refresh(row: OutboxMail, settings: Settings) -> None:
    """Put in what only shows when the mail goes out, be there a reason against it or not."""
    refresh = catalogue.CATALOGUE[row.key].refresh
    found = refresh(row, settings) if refresh else None
    row.context = {**row.context, **(found or {})}


def _shop_name(channel: str, settings: Settings) -> str:
    """The sender's name, also where the shop can't send mails yet."""
    try:
        return sender.account_of(channel, settings).shop_name
    except MailFault:
        return settings.sender_name


def send_test(key: str, record: OrderRecord, language: str, email: str) -> None:
    """
    Send a mail about an order to somebody of the shop; nothing of it is kept.

    Raises:
        NotFound: see ``preview_mail``.
        MailNotSent: the mail server refused it or can't be reached.
    """
    row = _row(key, record, language)
    row.to_email, row.message_id = email, f"<{uuid.uuid4()}@saleor-aftersale>"
    settings = settings_of(record.channel)
    _refresh(row, settings)
    try:
        account = sender.account_of(record.channel, settings)
        shop = sender.shop_of(record.channel, settings, account.shop_name)
        message = sender.compose(row, shop, account)
        with Line(account.connect) as line:
            line.hand_over(message._replace(subject=f"[Test] {message.subject}"))
    except MailFault as fault:
        raise MailNotSent(str(fault), field="email") from fault


def _row(key: str, record: OrderRecord, language: str) -> OutboxMail:
    """The row such a mail would have; it isn't saved."""
    if key not in catalogue.CATALOGUE or key == acknowledgement.KEY:
        raise NotFound("There is no such mail.", field="key")
    draft = _draft(key, record)
    if draft is None:
        raise NotFound("Nothing in this order leads to that mail yet.", field="key")
    return OutboxMail(
        subject_ref=draft.subject_ref,
        key=key,
        language=texts.language_for(
            language or record.language, among=settings_of(record.channel).languages
        ),
        order=record,
        to_email=record.customer_email,
        context=draft.context,
    )


def _draft(key: str, record: OrderRecord) -> Optional[catalogue.Draft]:
    """From the newest mail of that kind, else from what happened to the order."""
    kept = OutboxMail.objects.filter(order=record, key=key).order_by("-created_at", "-pk").first()
    if kept is not None:
        return catalogue.Draft(kept.subject_ref, record.order_ref, kept.context)
    kind = catalogue.CATALOGUE[key]
    for event in past_events.events_of(record):
        if kind in catalogue.kinds_on(event):
            drafts = kind.drafts_on(event)
            if drafts:
                return drafts[0]
    return None


def _skipped_reason(row: OutboxMail) -> str:
    settings = settings_of(row.order.channel)
    is_enabled = settings.is_active and catalogue.is_enabled(row.key, settings)
    skip = schedule.skip_reason(row.to_email, is_enabled=is_enabled)
    if skip is not None:
        return skip.value
    same = OutboxMail.objects.filter(
        subject_ref=row.subject_ref, key=row.key, language=row.language
    ).first()
    if same is None or same.state == schedule.MailState.QUEUED.value:
        # What waits is asked again when it is due: that may say more.
        skip = permission.verdict_on(row, settings, timezone.now()).skip
    if same is not None:
        skip = skip or schedule.Skip.ALREADY_QUEUED
    return skip.value if skip else ""
