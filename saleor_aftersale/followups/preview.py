"""A mail before it is sent: what it says about an order, and whether it would go out."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Iterator, Optional

from .. import events, texts
from ..config import Settings, settings_of
from ..returns.models import Refund, ReturnRequest
from ..tracking.models import OrderRecord, Shipment, TrackingEvent
from ..values import AftersaleError, Money, NotFound
from . import acknowledgement, catalogue, schedule, sender
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
    """
    row = _row(key, record, language)
    settings = settings_of(record.channel)
    context = sender.full_context(row, settings, _shop_name(record.channel, settings))
    return Preview(sender.render(key, context, row.language), _skipped_reason(row))


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
    try:
        account = sender.account_of(record.channel, settings)
        message = sender.compose(row, settings, account)
        message.subject = f"[Test] {message.subject}"
        with Line(account.connect) as line:
            line.hand_over(message, before=lambda: None)
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
    for event in _events_of(record):
        if kind in catalogue.kinds_on(event):
            draft: Optional[catalogue.Draft] = kind.compose(event)
            if draft is not None:
                return draft
    return None


def _events_of(record: OrderRecord) -> Iterator[events.Event]:
    """What was or could have been published about an order, newest parcels and returns first."""
    yield events.AccessRequested(record.order_ref, "preview")
    for shipment in Shipment.objects.filter(order=record).order_by("-pk"):
        yield from _events_of_parcel(record, shipment)
    for request in ReturnRequest.objects.filter(order=record).order_by("-pk"):
        for step in request.transitions.order_by("-position"):
            yield events.ReturnTransitioned(request.pk, record.order_ref, step.before, step.after)
    for refund in Refund.objects.filter(request__order=record, state="SETTLED").order_by("-pk"):
        amount = Money(refund.amount, refund.currency)
        yield events.RefundSettled(refund.pk, refund.request_id, record.order_ref, amount)


def _events_of_parcel(record: OrderRecord, shipment: Shipment) -> Iterator[events.Event]:
    scans = TrackingEvent.objects.filter(shipment=shipment).order_by("-occurred_at")
    for status, occurred_at in scans.values_list("status", "occurred_at"):
        yield events.ShipmentStatusChanged(
            shipment.pk,
            record.order_ref,
            before="",
            after=status,
            was_handed_over=False,
            occurred_at=occurred_at,
        )


def _skipped_reason(row: OutboxMail) -> str:
    settings = settings_of(row.order.channel)
    is_enabled = settings.is_active and catalogue.is_enabled(row.key, settings)
    skip = schedule.skip_reason(row.to_email, is_enabled=is_enabled)
    if skip is not None:
        return skip.value
    same = OutboxMail.objects.filter(
        subject_ref=row.subject_ref, key=row.key, language=row.language
    )
    return schedule.Skip.ALREADY_QUEUED.value if same.exists() else ""
