"""Signed links to a table: whoever has one may load it until it expires."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core import signing
from django.utils.dateparse import parse_date

from ..access import ExpiredLink, InvalidLink
from .reports import Period

#: Time to start the download; it may then take as long as it takes.
VALID_FOR = timedelta(minutes=10)

_SALT = "saleor_aftersale.returns.table"


@dataclass(frozen=True)
class TableClaims:
    """What a genuine link opens."""

    channel: str
    period: Period


def sign_table(channel: str, of: Period, *, expires_at: datetime) -> str:
    """A token that opens the table of a channel and period; safe in a URL."""
    said = [channel, of.first.isoformat(), of.last.isoformat(), int(expires_at.timestamp())]
    return signing.dumps(said, salt=_SALT)


def read_table(token: str, now: datetime) -> TableClaims:
    """
    What a token opens.

    Raises:
        InvalidLink: not signed by this shop for this purpose.
        ExpiredLink: signed, but too long ago.
    """
    try:
        channel, first, last, expires_at = signing.loads(token[:1000], salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        raise InvalidLink("This link is not valid.", field="access_token") from None
    if now.timestamp() > expires_at:
        raise ExpiredLink("This link has expired.", field="access_token")
    return TableClaims(channel, Period(parse_date(first), parse_date(last), (channel,)))
