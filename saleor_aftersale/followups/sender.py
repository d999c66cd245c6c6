"""Renders one mail and addresses it, in the name of the shop's own mail settings."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from email.utils import formataddr
from functools import lru_cache
from typing import Any, Callable, Dict, List, NamedTuple, Sequence

from babel.numbers import format_currency
from django.core.mail import EmailMultiAlternatives
from django.template import Context, Engine, Template
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from .. import texts
from ..config import PLUGIN_ID, Settings
from ..host import hooks, mail
from ..tracking import queries as tracking_queries
from . import schedule
from .catalogue import CATALOGUE, TRANSACTIONAL, context_in_words
from .connections import Line, MailFault
from .models import OutboxMail


class Rendered(NamedTuple):
    """One mail in words."""

    subject: str
    text: str
    html: str


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


def compose(row: OutboxMail, settings: Settings, account: Account) -> EmailMultiAlternatives:
    """
    One outbox row as a message, ready for the channel's mail server.

    Raises:
        MailFault: it may not be sent as it is.
    """
    is_marketing = CATALOGUE[row.key].mail_class is not TRANSACTIONAL
    if not schedule.may_hold(row.context, is_marketing=is_marketing):
        raise MailFault("A mail about a contract holds no promotion.", is_permanent=True)
    rendered = render(row.key, full_context(row, settings, account.shop_name), row.language)
    return message_of(rendered, account, to_email=row.to_email, message_id=row.message_id)


def message_of(
    rendered: Rendered, account: Account, *, to_email: str, message_id: str
) -> EmailMultiAlternatives:
    """
    A rendered mail as a message from an account to one mailbox.

    Raises:
        MailFault: that is not one mailbox.
    """
    if not schedule.is_one_mailbox(to_email):
        raise MailFault(f"{to_email!r} is not one mailbox.", is_permanent=True)
    message = EmailMultiAlternatives(
        subject=rendered.subject,
        body=rendered.text,
        from_email=formataddr((one_line(account.shop_name), account.address)),
        to=[to_email],
        headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(rendered.html, "text/html")
    return message


def deliver(rendered: Rendered, account: Account, *, to_email: str, message_id: str) -> None:
    """
    Hand one mail to the server of an account, on a connection of its own.

    Raises:
        MailFault: it didn't go out, or nobody can tell.
    """
    message = message_of(rendered, account, to_email=to_email, message_id=message_id)
    with Line(account.connect) as line:
        line.hand_over(message, before=lambda: None)


def full_context(row: OutboxMail, settings: Settings, shop_name: str) -> Dict[str, Any]:
    """The stored context with names, links and moments a template can use."""
    token = tracking_queries.link_token(row.order, settings, timezone.now())
    pages = {
        place: hooks.page_url(PLUGIN_ID, row.order.channel, f"{place}/{token}/")
        for place in ("track", "return")
    }
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
        "page_url": settings.tracking_page_url.replace("{token}", token) or pages["track"],
        "return_page_url": settings.return_page_url.replace("{token}", token) or pages["return"],
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
            template(folder + name).render(Context(context))
            for name in ("subject.txt", "body.txt", "body.html")
        )
    return Rendered(one_line(subject), text, html)


def one_line(text: str) -> str:
    """The text without line breaks and other control characters: fit for a header."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


@lru_cache(maxsize=None)
def template(name: str) -> Template:
    """A template of the shop's own engine, compiled once per process with all it is made of."""
    return _engine().get_template(name)


@lru_cache(maxsize=None)
def _engine() -> Engine:
    # The loaders of Saleor's own engine compile a template each time it is used.
    theirs = Engine.get_default()
    return Engine(
        dirs=theirs.dirs,
        string_if_invalid=theirs.string_if_invalid,
        loaders=[("django.template.loaders.cached.Loader", _plain_loaders(theirs.loaders))],
        libraries=theirs.libraries,
        builtins=theirs.builtins,
    )


def _plain_loaders(loaders: Sequence[Any]) -> List[Any]:
    """Loaders without the cached one around them, if there is one."""
    cached = "django.template.loaders.cached.Loader"
    plain: List[Any] = []
    for loader in loaders:
        is_cached = isinstance(loader, (list, tuple)) and loader[0] == cached
        plain += loader[1] if is_cached else [loader]
    return plain
