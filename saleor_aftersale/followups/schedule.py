"""When to send a mail, or why not: pure rules over the outbox."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Mapping, Optional


class MailState(Enum):
    """Where one mail of the outbox stands."""

    #: Waits for a worker, from ``due_at`` on.
    QUEUED = "QUEUED"
    #: A worker has it until ``due_at``.
    SENDING = "SENDING"
    #: The mail server took it.
    SENT = "SENT"
    #: Was not to be sent; the detail says why.
    SKIPPED = "SKIPPED"
    #: The mail server may have taken it, the worker died before noting it. It isn't sent
    #: again by itself: staff decide.
    UNCONFIRMED = "UNCONFIRMED"
    #: Refused for good, or too often; staff see it.
    DEAD = "DEAD"


class Standing(Enum):
    """What staff see of a mail: its state, and why it waits."""

    #: Due: the next worker takes it.
    QUEUED = "QUEUED"
    #: Not due yet, by a rule.
    SCHEDULED = "SCHEDULED"
    SENDING = "SENDING"
    SENT = "SENT"
    SKIPPED = "SKIPPED"
    #: A try failed, another one follows.
    FAILED = "FAILED"
    DEAD = "DEAD"
    UNCONFIRMED = "UNCONFIRMED"


class Skip(Enum):
    """Why a mail was not queued or not sent."""

    MAIL_DISABLED = "MAIL_DISABLED"
    NO_ADDRESS = "NO_ADDRESS"
    #: What the order has there is not one mailbox.
    BAD_ADDRESS = "BAD_ADDRESS"
    #: There is a mail about the same thing in the same language.
    ALREADY_QUEUED = "ALREADY_QUEUED"
    #: Staff called it back.
    CANCELLED = "CANCELLED"
    #: Something newer about the same parcel goes out instead.
    SUPERSEDED = "SUPERSEDED"
    #: Marketing without the customer's consent, or after they withdrew it.
    NO_CONSENT = "NO_CONSENT"
    #: Another marketing mail went to the customer within ``marketing.PAUSE``.
    TOO_SOON = "TOO_SOON"
    #: No marketing while the customer wants to give something back.
    OPEN_RETURN = "OPEN_RETURN"
    #: No marketing about goods that never came.
    PARCEL_LOST = "PARCEL_LOST"
    #: Marketing to a mailbox that sent mails back, or was put on the list.
    SUPPRESSED = "SUPPRESSED"
    #: No marketing while an unhappy customer waits for an answer.
    LOW_SCORE = "LOW_SCORE"
    #: It had to wait so long that it makes no sense any more.
    TOO_LATE = "TOO_LATE"
    #: What it was to tell is settled: feedback is there, or nothing was kept.
    NOTHING_TO_TELL = "NOTHING_TO_TELL"
    #: The order has another mailbox now.
    ADDRESS_CHANGED = "ADDRESS_CHANGED"
    #: The mail about a parcel sent soon after tells it, too.
    MERGED = "MERGED"


#: How long a worker may keep a mail before another may take it.
LEASE = timedelta(minutes=10)

#: Tries before a mail that meets only temporary faults is given up: a good two days.
MAX_ATTEMPTS = 16

_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=8)


#: In a stored context: what promotes something, which only marketing may hold.
PROMOTION = "promotion"

_MAILBOX = re.compile(r"[^\s@,;:<>()\[\]\"\\]+@[^\s@,;:<>()\[\]\"\\]+")


def standing(state: str, *, attempts: int, due_at: datetime, now: datetime) -> Standing:
    """What a row of the outbox means to staff."""
    if state != MailState.QUEUED.value:
        return Standing(state)
    if attempts:
        return Standing.FAILED
    return Standing.SCHEDULED if due_at > now else Standing.QUEUED


def skip_reason(to_email: str, *, is_enabled: bool) -> Optional[Skip]:
    """Why this mail isn't to be sent, or None."""
    if not is_enabled:
        return Skip.MAIL_DISABLED
    if not to_email:
        return Skip.NO_ADDRESS
    if not is_one_mailbox(to_email):
        return Skip.BAD_ADDRESS
    return None


def subject_of(subject_ref: str) -> str:
    """The thing itself, as ``shipment:12``, without what tells apart several moments of it."""
    return ":".join(subject_ref.split(":")[:2])


def is_one_mailbox(text: str) -> bool:
    """Whether a text is one address and nothing a header or a mail server reads otherwise."""
    return text.isprintable() and _MAILBOX.fullmatch(text) is not None


def may_hold(context: Mapping[str, Any], *, is_marketing: bool) -> bool:
    """
    Whether a mail of that class may hold what its context says.

    Source: Directive 2002/58/EC Art. 13: promotion makes any mail a marketing mail.
    """
    return is_marketing or not context.get(PROMOTION)


def next_try_at(attempts: int, now: datetime, *, jitter: float = 0) -> Optional[datetime]:
    """
    When to try again after that many tries (1 or more) met a temporary fault; None: give up.

    Args:
        jitter: 0 to 1, drawn by the caller: up to a fifth longer, so that mails which
            failed together don't all come back together.

    The pause doubles from one minute up to eight hours.
    """
    if attempts >= MAX_ATTEMPTS:
        return None
    doubled = _FIRST_PAUSE * (1 << (attempts - 1))
    return now + min(doubled, _LONGEST_PAUSE) * (1 + jitter / 5)


def after_lease(handed_over_at: Optional[datetime]) -> MailState:
    """What a mail becomes whose worker died: free again, or in doubt once handed over."""
    return MailState.UNCONFIRMED if handed_over_at else MailState.QUEUED
