"""Whether a parcel is late, stalled or given up, and when to look again: pure rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone
from typing import Dict, NamedTuple, Optional, Tuple

from .statuses import REVERSED, STAGES, TERMINAL, ShipmentStatus, Stage

#: Provider of the events that are our own conclusion: nobody told them.
OURS = "aftersale"

#: Our code for silence that lasted too long.
QUIET = "QUIET"

_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)

#: Nothing more is expected until there is news.
ENDED = TERMINAL | {ShipmentStatus.EXPIRED}

#: A promise is about the way to the customer: it holds no longer, or it has been kept.
WITHOUT_PROMISE = ENDED | REVERSED | {ShipmentStatus.READY_FOR_PICKUP}

#: Statuses that last longer than the way from one scan to the next: times the merchant's days.
_PATIENCE: Dict[ShipmentStatus, int] = {
    ShipmentStatus.READY_FOR_PICKUP: 2,
    ShipmentStatus.ON_HOLD: 2,
    ShipmentStatus.RETURNING: 2,
}

#: A pause shorter than a night and a day's round says nothing.
_SHORTEST_GAP = _DAY

#: What was not collected is scanned again a day or so after the last day.
_AFTER_COLLECTION = _DAY

#: When people are up, from Portugal to Finland: the hour in UTC of a day's reminder.
_MORNING = time(7, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Watched:
    """What the watch has to know of a parcel."""

    status: ShipmentStatus
    created_at: datetime
    #: The end of what was promised or estimated.
    due_until: Optional[datetime] = None
    #: Carrier time of the newest event.
    last_event_at: Optional[datetime] = None
    #: When somebody last told us anything of it.
    heard_at: Optional[datetime] = None
    #: Until when it waits to be collected.
    collect_by: Optional[datetime] = None
    #: What we said already.
    late_since: Optional[datetime] = None
    stalled_at: Optional[datetime] = None
    #: Somebody tells us of this parcel or of others of its carrier. Of one that nobody
    #: follows, silence says nothing: it may have arrived long ago.
    is_followed: bool = True


class Patience(NamedTuple):
    """How long silence may last."""

    #: The merchant's, where we don't know better.
    stalled_after: timedelta
    expired_after: timedelta
    #: The usual pause between two scans of that carrier on that way; None: unknown.
    usual_gap: Optional[timedelta] = None


class Verdict(NamedTuple):
    """How a parcel stands, and when that could change."""

    #: The end of the range that was not kept.
    late_since: Optional[datetime]
    #: The moment at which its silence had become too long.
    stalled_at: Optional[datetime]
    #: The same for giving it up; None: not yet, or it is already.
    expired_at: Optional[datetime]
    #: None: never again unless there is news.
    next_look_at: Optional[datetime]


def judge(
    parcel: Watched, patience: Patience, now: datetime, *, deaf_until: Optional[datetime] = None
) -> Verdict:
    """
    How a parcel stands at ``now``.

    What was said stays said: a parcel stays late until a later moment is promised, also when
    it has been delivered; it is stalled until there is news. Of a parcel that is
    given up now nothing else is said: it is too old for an alarm.

    Args:
        deaf_until: the carrier's interface is down and tried again then: no alarm before,
            for what seems silence may be our deafness.
    """
    if deaf_until is not None and parcel.status not in ENDED:
        return Verdict(parcel.late_since, parcel.stalled_at, None, max(deaf_until, now + _SECOND))
    stalls_at, expires_at = _stalls_at(parcel, patience), _expires_at(parcel, patience)
    expired_at = expires_at if expires_at and expires_at <= now else None
    is_told = expired_at is not None
    late_since = parcel.late_since if is_told else _late_since(parcel, now)
    stalled_at = (parcel.stalled_at or stalls_at) if stalls_at and stalls_at <= now else None
    moments = [_just_after(_due(parcel)), stalls_at, expires_at]
    moments += reminders_at(parcel.collect_by) if _is_waiting(parcel) else ()
    ahead = [moment for moment in moments if moment is not None and moment > now]
    return Verdict(
        late_since,
        parcel.stalled_at if is_told else stalled_at,
        expired_at,
        min(ahead, default=None),
    )


def quiet_since(parcel: Watched) -> datetime:
    """
    Since when the carrier says nothing new of a parcel.

    That it repeats what we know isn't news. A scan dated in the future counts from when
    we heard of it.
    """
    if parcel.last_event_at is None:
        return parcel.created_at
    heard_at = parcel.heard_at or parcel.last_event_at
    return max(parcel.created_at, min(parcel.last_event_at, heard_at))


def reminders_at(collect_by: Optional[datetime]) -> Tuple[datetime, ...]:
    """Mornings of the day before the last day to collect a parcel and of that day itself."""
    if collect_by is None:
        return ()
    last = datetime.combine(collect_by.astimezone(timezone.utc).date(), _MORNING)
    # The last day may end before breakfast.
    return tuple(moment for moment in (last - _DAY, last) if moment < collect_by)


def _is_waiting(parcel: Watched) -> bool:
    return parcel.status is ShipmentStatus.READY_FOR_PICKUP


def _due(parcel: Watched) -> Optional[datetime]:
    if parcel.status in WITHOUT_PROMISE or not parcel.is_followed:
        return None
    return parcel.due_until


def _just_after(moment: Optional[datetime]) -> Optional[datetime]:
    return moment + _SECOND if moment else None


def _late_since(parcel: Watched, now: datetime) -> Optional[datetime]:
    """Once it is late the first broken promise counts, until a new one lies ahead."""
    if parcel.due_until is not None and parcel.due_until >= now:
        return None if parcel.status not in WITHOUT_PROMISE else parcel.late_since
    return parcel.late_since or _due(parcel)


def _stalls_at(parcel: Watched, patience: Patience) -> Optional[datetime]:
    if parcel.status in ENDED or not parcel.is_followed:
        return None
    since = quiet_since(parcel)
    if parcel.status in _PATIENCE:
        stalls_at = since + _PATIENCE[parcel.status] * patience.stalled_after
        return max(stalls_at, _collected_by(parcel) or stalls_at)
    # A label waits for the merchant: the pace of the carrier says nothing of that.
    if STAGES.get(parcel.status) is Stage.LABEL or patience.usual_gap is None:
        return since + patience.stalled_after
    return since + max(patience.usual_gap, _SHORTEST_GAP)


def _expires_at(parcel: Watched, patience: Patience) -> Optional[datetime]:
    # One on its way back stays that: it isn't shown as given up.
    if parcel.status in ENDED | REVERSED or not parcel.is_followed:
        return None
    expires_at = quiet_since(parcel) + patience.expired_after
    return max(expires_at, _collected_by(parcel) or expires_at)


def _collected_by(parcel: Watched) -> Optional[datetime]:
    """When we should have heard that it was collected, or wasn't."""
    if not _is_waiting(parcel) or parcel.collect_by is None:
        return None
    return parcel.collect_by + _AFTER_COLLECTION
