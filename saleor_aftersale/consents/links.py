"""Signed links of marketing mails: to the preferences of a mailbox, and to unsubscribe it."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.core import signing

from ..access import InvalidLink
from ..config import PLUGIN_ID
from ..host import hooks
from ..tracking.models import OrderRecord
from . import mailboxes, topics

_SALT = "saleor_aftersale.consents.links"


class Claims(NamedTuple):
    """What a genuine link says; it holds no address, for links end up in logs."""

    mailbox_hash: str
    channel: str
    #: Of the mail the link was in.
    language: str
    #: What that mail was about; empty: nothing in particular.
    topic: str
    #: Key of the newest order of that mailbox when the link was made; 0: there was none.
    record_id: int


class Links(NamedTuple):
    """Both links of one mail, absolute."""

    preferences_url: str
    unsubscribe_url: str


def preferences_token(email: str, channel: str, language: str, topic: str = topics.ALL) -> str:
    """A token that opens the preferences of a mailbox; it never expires, as the right to object."""
    said = Claims(mailboxes.mailbox_hash(email), channel, language, topic, _newest_order(email))
    return signing.dumps(said, salt=_SALT)


def _newest_order(email: str) -> int:
    rows = OrderRecord.objects.filter(customer_email=email.strip().lower())
    return rows.order_by("-pk").values_list("pk", flat=True).first() or 0


def read_preferences_token(token: str) -> Claims:
    """
    What a token says.

    Raises:
        InvalidLink: not signed by this shop.
    """
    for key in mailboxes.secret_keys():
        try:
            return Claims(*_parts(signing.loads(token[:1000], key=key, salt=_SALT)))
        except (signing.BadSignature, ValueError, TypeError):
            continue
    raise InvalidLink("This link is not valid.", field="access_token")


def _parts(said: Any) -> Any:
    if len(said) != len(Claims._fields):
        raise ValueError("a token of another release")
    return said


def links_of(email: str, channel: str, language: str, topic: str = topics.ALL) -> Links:
    """Both links for a mail, with one token."""
    token = preferences_token(email, channel, language, topic)
    # The second lies under the first: the pages lead to each other without naming the token.
    return Links(_url(channel, f"mails/{token}/"), _url(channel, f"mails/{token}/unsubscribe/"))


def preferences_url(email: str, channel: str, language: str, topic: str = topics.ALL) -> str:
    """Where somebody chooses which marketing mails come."""
    return links_of(email, channel, language, topic).preferences_url


def unsubscribe_url(email: str, channel: str, language: str, topic: str = topics.ALL) -> str:
    """
    What ``List-Unsubscribe`` names: GET shows a page, POST ends all marketing mail at once.

    Source: RFC 8058.
    """
    return links_of(email, channel, language, topic).unsubscribe_url


def _url(channel: str, path: str) -> str:
    return str(hooks.page_url(PLUGIN_ID, channel, path))
