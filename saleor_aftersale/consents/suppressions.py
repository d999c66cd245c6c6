"""Why a mailbox gets no marketing mail whatever it agreed to: words and pure rules."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from typing import Optional


class Cause(Enum):
    """Why a mailbox is on the list."""

    #: A mail came back for good.
    BOUNCE = "BOUNCE"
    #: Its owner marked a mail as spam.
    COMPLAINT = "COMPLAINT"
    #: Staff put it there.
    MANUAL = "MANUAL"
    #: Mails came back for now, as from a full mailbox: counted, suppresses nothing by itself.
    DEFERRAL = "DEFERRAL"


#: Those that end marketing mail.
SUPPRESSING = (Cause.BOUNCE.value, Cause.COMPLAINT.value, Cause.MANUAL.value)

#: So many mails that came back for now count as one that came back for good…
MOST_DEFERRALS = 5
#: … when they came back within this time.
DEFERRAL_WINDOW = timedelta(days=30)


def counts(lifted_at: Optional[datetime], occurred_at: datetime) -> bool:
    """Whether a report counts: what happened before staff lifted the entry does not."""
    return lifted_at is None or occurred_at > lifted_at
