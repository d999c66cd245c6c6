"""Who may see or do what; signed links for guests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core import signing
from django.core.cache import cache
from django.utils.crypto import salted_hmac

from .values import AftersaleError, Requester, Role

_LINK_SALT = "saleor_aftersale.access.order"


class InvalidLink(AftersaleError):
    """The link was never ours, was changed, or has been revoked."""

    code = "INVALID_TOKEN"


class ExpiredLink(AftersaleError):
    """The link was ours, but its time is over."""

    code = "EXPIRED_TOKEN"


class RateLimited(AftersaleError):
    """Too many tries from one place."""

    code = "RATE_LIMITED"


@dataclass(frozen=True)
class LinkClaims:
    """What a genuine link says; the order's row decides whether it still holds."""

    order_ref: str
    generation: int


def sign_link(order_ref: str, generation: int, *, expires_at: datetime) -> str:
    """A token that opens one order until ``expires_at``; safe in a URL."""
    return signing.dumps([order_ref, generation, int(expires_at.timestamp())], salt=_LINK_SALT)


def read_link(token: str, now: datetime) -> LinkClaims:
    """
    What a token says.

    Raises:
        InvalidLink: not signed by this shop.
        ExpiredLink: signed, but too long ago.
    """
    try:
        order_ref, generation, expires_at = signing.loads(token[:1000], salt=_LINK_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        raise InvalidLink("This link is not valid.", field="access_token") from None
    if now.timestamp() > expires_at:
        raise ExpiredLink("This link has expired.", field="access_token")
    return LinkClaims(order_ref, generation)


def may_see_order(requester: Requester, user_ref: str, channel: str) -> bool:
    """
    Whether a signed-in person may see an order: its owner, or staff of its channel.

    Knowing an order's id proves nothing, and an order without owner has no owner.
    """
    if requester.may_manage(channel):
        return True
    return requester.role in (Role.CUSTOMER, Role.STAFF) and bool(
        user_ref and user_ref == requester.ref
    )


def limit_rate(scope: str, who: str, *, tries: int, period: timedelta) -> None:
    """
    Count a try of somebody at something.

    Args:
        who: an address or mailbox; only its keyed hash is kept, in the shop's cache.

    Raises:
        RateLimited: more than ``tries`` within ``period``.
    """
    digest = salted_hmac("saleor_aftersale.access.rate", who).hexdigest()
    key = f"aftersale-rate-{scope}-{digest}"
    seconds = int(period.total_seconds())
    if cache.add(key, 1, seconds):
        return
    try:
        count = cache.incr(key)
    except ValueError:
        # The entry ran out between the two calls.
        return
    if count > tries:
        raise RateLimited("Too many requests. Try again later.")
