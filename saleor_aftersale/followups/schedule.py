"""When to send a mail, or why not: pure rules over the outbox."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from typing import FrozenSet, Optional


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


class Skip(Enum):
    """Why a mail was not queued or not sent."""

    MAIL_DISABLED = "MAIL_DISABLED"
    NO_ADDRESS = "NO_ADDRESS"


#: How long a worker may keep a mail before another may take it.
LEASE = timedelta(minutes=10)

#: Tries before a mail that meets only temporary faults is given up: a good two days.
MAX_ATTEMPTS = 16

_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=8)


def skip_reason(key: str, to_email: str, enabled_mails: FrozenSet[str]) -> Optional[Skip]:
    """Why this mail isn't to be sent, or None."""
    if key not in enabled_mails:
        return Skip.MAIL_DISABLED
    if not to_email:
        return Skip.NO_ADDRESS
    return None


def next_try_at(attempts: int, now: datetime) -> Optional[datetime]:
    """
    When to try again after that many tries (1 or more) met a temporary fault; None: give up.

    The pause doubles from one minute up to eight hours.
    """
    if attempts >= MAX_ATTEMPTS:
        return None
    doubled = _FIRST_PAUSE * (1 << (attempts - 1))
    return now + min(doubled, _LONGEST_PAUSE)


def after_lease(handed_over_at: Optional[datetime]) -> MailState:
    """What a mail becomes whose worker died: free again, or in doubt once handed over."""
    return MailState.UNCONFIRMED if handed_over_at else MailState.QUEUED
