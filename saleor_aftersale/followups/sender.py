"""Renders one mail and addresses it, in the name of the shop's own mail settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Callable, Dict, NamedTuple, Optional
from urllib.parse import urljoin

from babel.numbers import format_currency
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from .. import appearance, colours, texts
from ..config import PLUGIN_ID, Settings
from ..host import hooks, mail
from ..tracking import queries as tracking_queries
from . import leaving, schedule
from .catalogue import CATALOGUE, context_in_words
from .connections import Line, MailFault
from .messages import Message
from .models import OutboxMail
from .rendering import Rendered, render

#: Where an order's signed token stands in an address made for all of them.
_TOKEN = "aftersale-token"


class Account(NamedTuple):
    """In whose name mails of a channel go out, and by what server."""

    shop_name: str
    address: str
    connect: Callable[[], Any]


@dataclass(frozen=True)
class Shop:
    """What all mails of a channel share; made once for many mails."""

    settings: Settings
    #: Values of every mail's context: the shop's name and looks.
    context: Dict[str, Any]
    #: Addresses with ``_TOKEN`` in them.
    page_url: str
    return_page_url: str


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
    if not schedule.is_one_mailbox(address):
        fault_text = f"The shop's own address {address!r} is not one mailbox."
        raise MailFault(fault_text, is_permanent=False)
    return Account(settings.sender_name or name or address.partition("@")[2], address, connect)


def shop_of(channel: str, settings: Settings, shop_name: str) -> Shop:
    """The channel's shop as its mails show it."""
    pages = {
        place: hooks.page_url(PLUGIN_ID, channel, f"{place}/{_TOKEN}/")
        for place in ("track", "return")
    }
    return Shop(
        settings=settings,
        context={"shop_name": shop_name, **look_of(channel, settings)},
        page_url=settings.tracking_page_url.replace("{token}", _TOKEN) or pages["track"],
        return_page_url=settings.return_page_url.replace("{token}", _TOKEN) or pages["return"],
    )


def look_of(channel: str, settings: Settings) -> Dict[str, Any]:
    """Logo, colour and support address of a channel, for the frame of its mails."""
    # Mail programs show no pictures that are data.
    is_file = settings.logo.startswith("/")
    root = hooks.page_url(PLUGIN_ID, channel, "")
    dark = colours.dark_palette(settings.brand_colour)
    return {
        "logo_url": urljoin(root, settings.logo) if is_file else "",
        "brand_colour": settings.brand_colour,
        "brand_on_dark": dark.accent,
        "ink_on_dark": dark.ink,
        "support_contact": settings.support_contact,
        "support_url": appearance.contact_url(settings.support_contact),
    }


def compose(row: OutboxMail, shop: Shop, account: Account) -> Message:
    """
    One outbox row as a message, ready for the channel's mail server.

    Raises:
        MailFault: it may not be sent as it is.
    """
    is_marketing = CATALOGUE[row.key].is_marketing
    if not schedule.may_hold(row.context, is_marketing=is_marketing):
        raise MailFault("A mail about a contract holds no promotion.", is_permanent=True)
    context = full_context(row, shop)
    rendered = render(row.key, context, row.language, shop.settings.mail_texts)
    message = message_of(rendered, account, to_email=row.to_email, message_id=row.message_id)
    return leaving.with_way_out(message, context)


def message_of(rendered: Rendered, account: Account, *, to_email: str, message_id: str) -> Message:
    """
    A rendered mail as a message from an account to one mailbox.

    Raises:
        MailFault: that is not one mailbox.
    """
    if not schedule.is_one_mailbox(to_email):
        raise MailFault(f"{to_email!r} is not one mailbox.", is_permanent=True)
    return Message(
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        from_name=account.shop_name,
        from_email=account.address,
        to_email=to_email,
        message_id=message_id,
    )


def deliver(rendered: Rendered, account: Account, *, to_email: str, message_id: str) -> None:
    """
    Hand one mail to the server of an account, on a connection of its own.

    Raises:
        MailFault: it didn't go out, or nobody can tell.
    """
    message = message_of(rendered, account, to_email=to_email, message_id=message_id)
    with Line(account.connect) as line:
        line.hand_over(message)


def full_context(row: OutboxMail, shop: Shop) -> Dict[str, Any]:
    """The stored context with names, links and moments a template can use."""
    token = tracking_queries.link_token(row.order, shop.settings, timezone.now())
    context = typed_context(row.context)
    with texts.in_language(row.language):
        context = context_in_words(context)
    if "amount" in context:
        context["amount_text"] = format_currency(
            Decimal(context["amount"]), context["currency"], locale=row.language
        )
    return {
        **context,
        **shop.context,
        **leaving.context_of(row),
        "customer_name": row.order.customer_name,
        "order_number": row.order.number,
        "page_url": shop.page_url.replace(_TOKEN, token),
        "return_page_url": shop.return_page_url.replace(_TOKEN, token),
        "valid_days": shop.settings.link_valid_days,
        "language": row.language,
    }


def typed_context(context: Dict[str, Any]) -> Dict[str, Any]:
    """A stored context with moments and dates for what was kept as text."""
    return {name: _typed(name, value) for name, value in context.items()}


def _typed(name: str, value: Any) -> Any:
    if isinstance(value, str) and name.endswith("_at"):
        moment: Optional[datetime] = parse_datetime(value)
        return moment
    if isinstance(value, str) and name.endswith("_until"):
        return parse_date(value)
    return value
