"""Renders and delivers one mail through the shop's own mail settings."""

from __future__ import annotations

import smtplib
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from email.utils import formataddr
from typing import Any, Callable, Dict, NamedTuple

from babel.numbers import format_currency
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from .. import texts
from ..config import PLUGIN_ID, Settings
from ..host import hooks, mail
from ..tracking import queries as tracking_queries
from .catalogue import context_in_words
from .models import OutboxMail


class MailFault(Exception):
    """
    A mail that didn't go out.

    Attributes:
        is_permanent: trying again won't help.
        is_doubtful: the mail server may have taken it before the line went dead.
    """

    def __init__(self, message: str, *, is_permanent: bool, is_doubtful: bool = False):
        super().__init__(message)
        self.is_permanent = is_permanent
        self.is_doubtful = is_doubtful


class Rendered(NamedTuple):
    """One mail in words."""

    subject: str
    text: str
    html: str


def send(row: OutboxMail, settings: Settings, *, before_handover: Callable[[], None]) -> None:
    """
    Render one outbox row and hand it to the channel's mail server.

    Args:
        before_handover: called when the server is reached, just before it gets the
            message: what fails before that has surely not been sent.

    Raises:
        MailFault: it didn't go out, or nobody can tell.
    """
    account = account_of(row.order.channel, settings)
    rendered = render(row.key, full_context(row, settings, account.shop_name), row.language)
    deliver(
        rendered,
        account,
        to_email=row.to_email,
        message_id=row.message_id,
        before_handover=before_handover,
    )


class Account(NamedTuple):
    """In whose name mails of a channel go out, and by what server."""

    shop_name: str
    address: str
    connect: Callable[[], Any]


def account_of(channel: str, settings: Settings) -> Account:
    """
    The channel's mail account under the merchant's own name.

    Raises:
        MailFault: the shop has no mail settings there.
    """
    try:
        name, address, connect = mail.account(channel)
    except mail.MailNotConfigured as fault:
        raise MailFault(str(fault), is_permanent=False) from fault
    return Account(settings.sender_name or name or address.partition("@")[2], address, connect)


def deliver(
    rendered: Rendered,
    account: Account,
    *,
    to_email: str,
    message_id: str,
    before_handover: Callable[[], None] = lambda: None,
) -> None:
    """
    Hand one mail to the server of an account.

    Args:
        before_handover: see ``send``.

    Raises:
        MailFault: it didn't go out, or nobody can tell.
    """
    connection = account.connect()
    try:
        connection.open()
    except (smtplib.SMTPException, OSError) as error:
        raise MailFault(
            f"The mail server can't be reached: {error!r}", is_permanent=False
        ) from error
    message = EmailMultiAlternatives(
        subject=rendered.subject,
        body=rendered.text,
        from_email=formataddr((account.shop_name, account.address)),
        to=[to_email],
        connection=connection,
        headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(rendered.html, "text/html")
    before_handover()
    try:
        _hand_over(message)
    finally:
        _close(connection)


def _hand_over(message: EmailMultiAlternatives) -> None:
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _answer in error.recipients.values()]
        raise MailFault(repr(error), is_permanent=all(code >= 500 for code in codes)) from error
    except smtplib.SMTPResponseException as error:
        raise MailFault(repr(error), is_permanent=error.smtp_code >= 500) from error
    except (smtplib.SMTPException, OSError) as error:
        raise MailFault(repr(error), is_permanent=False, is_doubtful=True) from error


def _close(connection: Any) -> None:
    # The message has been answered for; saying goodbye politely is all that can fail.
    with suppress(smtplib.SMTPException, OSError):
        connection.close()


def full_context(row: OutboxMail, settings: Settings, shop_name: str) -> Dict[str, Any]:
    """The stored context with names, links and moments a template can use."""
    token = tracking_queries.link_token(row.order, settings, timezone.now())
    page = hooks.page_url(PLUGIN_ID, row.order.channel, f"track/{token}/")
    tracking_page = settings.tracking_page_url.replace("{token}", token) or page
    context = typed_context(row.context)
    with texts.in_language(row.language):
        context = context_in_words(context)
    if "amount" in context:
        context["amount_text"] = format_currency(
            Decimal(context["amount"]), context["currency"], locale=row.language
        )
    return {
        **context,
        "shop_name": shop_name,
        "customer_name": row.order.customer_name,
        "order_number": row.order.number,
        "page_url": tracking_page,
        "return_page_url": settings.return_page_url.replace("{token}", token) or tracking_page,
        "valid_days": settings.link_valid_days,
        "language": row.language,
    }


def typed_context(context: Dict[str, Any]) -> Dict[str, Any]:
    """A stored context with moments and dates for what was kept as text."""
    return {name: _typed(name, value) for name, value in context.items()}


def _typed(name: str, value: Any) -> Any:
    if isinstance(value, str) and name.endswith("_at"):
        moment: datetime | None = parse_datetime(value)
        return moment
    if isinstance(value, str) and name.endswith("_until"):
        return parse_date(value)
    return value


def render(key: str, context: Dict[str, Any], language: str) -> Rendered:
    """Subject in one line, text and HTML of a mail, in that language."""
    folder = f"saleor_aftersale/mail/{key}/"
    with texts.in_language(language):
        subject, text, html = (
            render_to_string(folder + name, context)
            for name in ("subject.txt", "body.txt", "body.html")
        )
    return Rendered(" ".join(subject.split()), text, html)
