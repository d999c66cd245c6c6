"""Signed links to the feedback page of one order: they open nothing else, and end by themselves."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Optional, Tuple

from django.core import signing
from django.utils import timezone

from .. import config
from ..access import ExpiredLink, InvalidLink
from ..config import PLUGIN_ID, Settings
from ..host import hooks
from ..tracking import queries as tracking_queries
from ..tracking.models import OrderRecord
from . import scores

#: A purpose of its own: a link to the order opens no feedback, and the other way round.
_SALT = "saleor_aftersale.feedback.links"


def sign(record: OrderRecord, *, expires_at: datetime) -> str:
    """A token that opens the feedback of one order until ``expires_at``; safe in a URL."""
    said = [record.order_ref, record.link_generation, int(expires_at.timestamp())]
    return signing.dumps(said, salt=_SALT)


def record_of(token: str, now: datetime) -> OrderRecord:
    """
    The order whose feedback a link opens.

    Raises:
        InvalidLink: not ours, changed, or revoked with all links to the order.
        ExpiredLink: its time is over.
    """
    try:
        order_ref, generation, expires_at = signing.loads(token[:1000], salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        raise InvalidLink("This link is not valid.", field="access_token") from None
    if now.timestamp() > expires_at:
        raise ExpiredLink("This link has expired.", field="access_token")
    record = tracking_queries.record_of(order_ref)
    if record is None or record.link_generation != generation:
        raise InvalidLink("This link is not valid.", field="access_token")
    return record


def feedback_url(
    record: OrderRecord,
    score: int = 0,
    *,
    settings: Optional[Settings] = None,
    now: Optional[datetime] = None,
) -> str:
    """
    Absolute address of the page where an order is rated; opening it changes nothing.

    Args:
        score: preselected on the page; 0: none.
        settings: the channel's, for whoever has read them already.
        now: from when the days of ``link_valid_days`` count.
    """
    settings = settings or config.settings_of(record.channel)
    expires_at = (now or timezone.now()) + timedelta(days=settings.link_valid_days)
    token = sign(record, expires_at=expires_at)
    address = hooks.page_url(PLUGIN_ID, record.channel, f"feedback/{token}/")
    return f"{address}?score={score}" if score else address


def score_urls(
    record: OrderRecord,
    *,
    settings: Optional[Settings] = None,
    now: Optional[datetime] = None,
) -> Tuple[Tuple[int, str], ...]:
    """Each score with the page's address that has it preselected, the lowest first."""
    address = feedback_url(record, settings=settings, now=now)
    return tuple((score, f"{address}?score={score}") for score in scores.SCORES)
