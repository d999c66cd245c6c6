"""When a parcel's carrier is asked, and when an interface that fails is left alone: pure rules."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Dict, Optional

from .statuses import TERMINAL, ShipmentStatus

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)

#: Pause between two polls: minutes when somebody waits at the door, hours while it moves, a
#: day while nothing is expected to happen. Source: domain reference 1.7, rule 13.
INTERVALS: Dict[ShipmentStatus, timedelta] = {
    ShipmentStatus.PENDING: _DAY,
    ShipmentStatus.INFO_RECEIVED: _DAY,
    ShipmentStatus.PICKED_UP: 3 * _HOUR,
    ShipmentStatus.IN_TRANSIT: 3 * _HOUR,
    ShipmentStatus.OUT_FOR_DELIVERY: timedelta(minutes=15),
    ShipmentStatus.READY_FOR_PICKUP: 6 * _HOUR,
    ShipmentStatus.ATTEMPT_FAILED: 3 * _HOUR,
    ShipmentStatus.DELAYED: 3 * _HOUR,
    ShipmentStatus.ON_HOLD: _DAY,
    ShipmentStatus.RETURNING: 12 * _HOUR,
    ShipmentStatus.EXPIRED: 3 * _DAY,
    ShipmentStatus.UNKNOWN: 6 * _HOUR,
}

#: After the end a parcel is polled once more: a contradiction comes within a day, if ever.
GRACE = _DAY

#: An expired parcel may turn up again; after that time nobody looks for it.
EXPIRED_PATIENCE = 30 * _DAY

#: A number the carrier's interface has only just been told of.
FIRST_LOOK = _HOUR

#: How long a worker may keep parcels before another may take them.
LEASE = timedelta(minutes=10)

#: Failed requests in a row that open the circuit.
THRESHOLD = 5

_LONGEST_BACKOFF = _DAY
_LONGEST_RETRY_AFTER = _DAY
_FIRST_OPEN, _LONGEST_OPEN = timedelta(minutes=1), _HOUR
#: A probe that is never answered, for its worker died, is made again after that time.
PROBE = LEASE


def next_poll_at(
    status: ShipmentStatus,
    *,
    now: datetime,
    shipment_id: int,
    failures: int = 0,
    ended_at: Optional[datetime] = None,
    retry_after: Optional[timedelta] = None,
) -> Optional[datetime]:
    """
    When to poll a parcel that was polled now, or that starts to be; None: never again.

    Args:
        shipment_id: spreads the polls of parcels that came at once, always the same way.
        failures: polls in a row that told nothing; the pause doubles with each, up to a day.
        ended_at: when the parcel reached a terminal status or expired; left out: now.
        retry_after: what the carrier asked for; the pause is at least so long.
    """
    over_at = now if ended_at is None else ended_at
    if status in TERMINAL:
        at = _last_look_at(over_at, now, shipment_id, failures)
    elif status is ShipmentStatus.EXPIRED and now >= over_at + EXPIRED_PATIENCE:
        at = None
    else:
        at = now + spread(_pause(status, failures), shipment_id)
    if at is None or retry_after is None:
        return at
    return max(at, now + min(retry_after, _LONGEST_RETRY_AFTER))


def _last_look_at(
    ended_at: datetime, now: datetime, shipment_id: int, failures: int
) -> Optional[datetime]:
    at = ended_at + spread(GRACE, shipment_id)
    if at > now:
        return at
    # A last look that failed is tried again, for another day.
    is_tried_again = failures > 0 and now < ended_at + 2 * GRACE
    return now + spread(_HOUR, shipment_id) if is_tried_again else None


def _pause(status: ShipmentStatus, failures: int) -> timedelta:
    usual = INTERVALS[status]
    # Ten doublings are past the longest pause: more would only make huge numbers.
    doubled = usual * (1 << min(failures, 10))
    return max(usual, min(doubled, _LONGEST_BACKOFF))


def put_off_until(
    status: ShipmentStatus,
    *,
    now: datetime,
    shipment_id: int,
    heard_at: Optional[datetime],
    ended_at: Optional[datetime] = None,
) -> Optional[datetime]:
    """
    Until when a poll that is due can wait, for a push told us something lately; None: it is due.

    Args:
        heard_at: when anything was last heard of the parcel, be it nothing new.
    """
    if heard_at is None:
        return None
    at = next_poll_at(status, now=heard_at, shipment_id=shipment_id, ended_at=ended_at)
    return at if at is not None and at > now else None


def spread(pause: timedelta, shipment_id: int) -> timedelta:
    """The pause, up to a tenth shorter or longer; always the same for the same parcel."""
    return pause * (0.9 + 0.2 * _share(shipment_id))


def _share(shipment_id: int) -> float:
    """From 0 up to 1, by Knuth's multiplicative hash: neighbouring keys land far apart."""
    return (shipment_id * 2654435761 % 2**32) / 2**32


def after_pause(until: datetime, shipment_id: int) -> datetime:
    """When to come back to a parcel that nobody asks about until then: not to all at once."""
    return until + timedelta(minutes=2) * _share(shipment_id)


def open_until(
    failures: int,
    *,
    now: datetime,
    is_permanent: bool = False,
    retry_after: Optional[timedelta] = None,
) -> Optional[datetime]:
    """
    Until when an interface is left alone after that many failures in a row; None: it is not.

    The pause doubles from a minute up to an hour. A refused key, and a wish to be left alone,
    count from the first time.
    """
    if is_permanent:
        return now + _LONGEST_OPEN
    if retry_after is not None:
        return now + min(retry_after, _LONGEST_RETRY_AFTER)
    if failures < THRESHOLD:
        return None
    doublings = min(failures - THRESHOLD, 10)
    return now + min(_FIRST_OPEN * (1 << doublings), _LONGEST_OPEN)
