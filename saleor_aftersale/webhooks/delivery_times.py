"""Where the delivery of an event stands, and when to try it again: pure rules."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from typing import Optional


class DeliveryState(Enum):
    """What became of a delivery."""

    #: Not delivered yet; it will be tried (again).
    WAITING = "WAITING"
    #: The receiver answered with a status from 200 to 299.
    DELIVERED = "DELIVERED"
    #: Given up; staff can have it tried again.
    DEAD = "DEAD"
    #: The receiver answered 410: it wants nothing more. Staff can have it tried again.
    GONE = "GONE"


#: How long a worker may keep a delivery before another may take it.
LEASE = timedelta(minutes=5)

#: A delivery is enqueued when it is written; the sweep leaves that task so long.
GRACE = timedelta(minutes=1)

#: After that time a receiver that doesn't take it is given up.
PATIENCE = timedelta(days=2)

#: While a receiver doesn't answer, everything else for it is put off so long.
PUT_OFF = timedelta(minutes=1)

_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=4)


def next_try_at(
    attempts: int,
    queued_at: datetime,
    now: datetime,
    *,
    jitter: float,
    retry_after: Optional[timedelta] = None,
) -> Optional[datetime]:
    """
    When to try again after that many tries (1 or more) that failed; None: give up.

    The pause doubles from one minute up to four hours; the last try is at most ``PATIENCE``
    after the first.

    Args:
        jitter: from 0 to 1; what failed together isn't tried again together.
        retry_after: what the receiver asked for; the pause is at least so long, up to the
            longest one.
    """
    # Nine doublings are past the longest pause: more would only make huge numbers.
    doubled = min(_FIRST_PAUSE * (1 << min(attempts - 1, 9)), _LONGEST_PAUSE)
    asked_for = min(retry_after or timedelta(0), _LONGEST_PAUSE)
    at = now + max(doubled * (0.75 + jitter / 2), asked_for)
    return at if at <= queued_at + PATIENCE else None


def retry_after_of(written: str) -> Optional[timedelta]:
    """The pause in a ``Retry-After`` header that names seconds; None for anything else."""
    is_seconds = written.isascii() and written.isdigit() and len(written) < 8
    return timedelta(seconds=int(written)) if is_seconds else None
