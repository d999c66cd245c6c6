"""Where a carrier's push stands, and when to read it again: pure rules."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from typing import Optional


class PushState(Enum):
    """What became of a push when it was last read."""

    #: Acknowledged; nobody has read it yet.
    NEW = "NEW"
    #: All its news is recorded.
    READ = "READ"
    #: Some of its news is of a parcel we don't know, or can't tell from another.
    UNMATCHED = "UNMATCHED"
    #: Not what its provider sends, or our reading of it failed for good. Waits for a person.
    UNREADABLE = "UNREADABLE"


#: How long a worker may keep a push before another may take it.
LEASE = timedelta(minutes=5)

#: A push is enqueued when it arrives; the sweep leaves that task so long before it steps in.
GRACE = timedelta(minutes=1)

#: A parcel may be made in the shop long after its number was; after that time nobody waits.
PATIENCE = timedelta(days=30)

_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(days=1)


def next_try_at(attempts: int, received_at: datetime, now: datetime) -> Optional[datetime]:
    """
    When to read a push again after that many tries (1 or more); None: give up.

    The pause doubles from one minute up to a day; ``PATIENCE`` after receipt it ends.
    """
    if now - received_at >= PATIENCE:
        return None
    # Twelve doublings are past the longest pause: more would only make huge numbers.
    doubled = _FIRST_PAUSE * (1 << min(attempts - 1, 12))
    return now + min(doubled, _LONGEST_PAUSE)
