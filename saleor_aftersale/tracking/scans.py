"""What a parcel's events say when taken together: status, reason, moments, contradiction."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Dict, FrozenSet, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from .incidents import REASON_OF_STATUS
from .statuses import (
    HANDED_OVER,
    REVERSED,
    STAGE_PROGRESS,
    STAGES,
    TERMINAL,
    TROUBLE,
    ShipmentStatus,
    Stage,
)

#: How far ahead of its receipt a carrier's time may be: a wrong zone is less than a day off.
MAX_AHEAD = timedelta(days=1)


class CarrierEvent(NamedTuple):
    """One scan or message of a carrier about one parcel, or what staff set right."""

    #: Carrier time, aware.
    occurred_at: datetime
    status: ShipmentStatus
    #: As sent by the carrier.
    code: str = ""
    description: str = ""
    location: str = ""
    #: Value of ``incidents.Reason``; empty when none is told.
    reason: str = ""
    #: Staff put it in the place of what the carrier told.
    is_correction: bool = False
    #: When it counts, if its own time can't be: see ``instead_of``.
    counts_at: Optional[datetime] = None
    #: Until when the parcel waits to be collected, as this event says.
    collect_by: Optional[datetime] = None

    @property
    def at(self) -> datetime:
        """The moment by which events are put in order."""
        return self.counts_at or self.occurred_at


def instead_of(occurred_at: datetime, received_at: datetime) -> Optional[datetime]:
    """
    When an event counts instead of at its own time; None: that is fine.

    One that is told more than a day before it happens was written by a wrong clock. It is
    kept and shown as it was told, but counts from its receipt: at its own time it would win
    over everything that happens until then.
    """
    return received_at if occurred_at - received_at > MAX_AHEAD else None


def in_carrier_order(events: Iterable[CarrierEvent]) -> List[CarrierEvent]:
    """
    Events by carrier time, each distinct event once.

    Ties are broken by how far the event takes the parcel, then by its words, so that
    any order of arrival gives the same list.
    """
    by_moment: Dict[datetime, List[CarrierEvent]] = {}
    for event in events:
        by_moment.setdefault(event.counts_at or event.occurred_at, []).append(event)
    ordered: List[CarrierEvent] = []
    for moment in sorted(by_moment):
        same = by_moment[moment]
        ordered += same if len(same) == 1 else sorted(set(same), key=_place_at_once)
    return ordered


def _place_at_once(event: CarrierEvent) -> Tuple[object, ...]:
    """Which of several events of one moment comes first."""
    stage = STAGES.get(event.status)
    return (
        stage.value if stage else 0,
        event.status.value,
        event.code,
        event.location,
        event.description,
        event.reason,
        event.is_correction,
        event.occurred_at,
        event.collect_by.isoformat() if event.collect_by else "",
    )


class Standing(NamedTuple):
    """How a parcel stands after all its events."""

    status: ShipmentStatus
    #: Why it is in trouble: value of ``incidents.Reason``; empty when none is told.
    reason: str = ""
    #: Carrier time of the first scan that contradicts an end told before.
    contradicted_at: Optional[datetime] = None
    #: Until when it waits to be collected, while it does and if anybody said so.
    collect_by: Optional[datetime] = None


#: What may not follow an end. A damaged parcel may well go back to the sender.
_MOVING = frozenset(
    {
        ShipmentStatus.PICKED_UP,
        ShipmentStatus.IN_TRANSIT,
        ShipmentStatus.OUT_FOR_DELIVERY,
        ShipmentStatus.READY_FOR_PICKUP,
        ShipmentStatus.ATTEMPT_FAILED,
    }
)
CONTRADICTIONS: Dict[ShipmentStatus, FrozenSet[ShipmentStatus]] = {
    ShipmentStatus.DELIVERED: _MOVING | REVERSED | {ShipmentStatus.LOST, ShipmentStatus.DAMAGED},
    ShipmentStatus.LOST: _MOVING | REVERSED | {ShipmentStatus.DELIVERED, ShipmentStatus.DAMAGED},
    ShipmentStatus.DAMAGED: _MOVING | {ShipmentStatus.DELIVERED},
}


def standing_of(events: Iterable[CarrierEvent], *, is_cancelled: bool = False) -> Standing:
    """
    Status, reason, contradiction and last day to collect a parcel from its events, in any order
    of arrival.

    Status: a later scan replaces an earlier one, but neither a label nor a cancellation
    follows a scan, ordinary movement never undoes a delivery, silence never undoes an end,
    and what a returning parcel is scanned as on its way stays RETURNING. Unmapped codes
    change nothing.

    Reason: that of the newest event which set the status, or repeated it with a reason. A
    parcel goes back for the reason it was last in trouble for, unless another one is told;
    one that moves as it should has none.

    Last day: that of the newest event which tells one, since the parcel last moved on.

    Args:
        is_cancelled: the shop took the fulfillment back: CANCELLED, unless the carrier
            had the parcel by then.
    """
    return standing_when_ordered(in_carrier_order(events), is_cancelled=is_cancelled)


def standing_when_ordered(ordered: Sequence[CarrierEvent], *, is_cancelled: bool) -> Standing:
    """The same from events in ``in_carrier_order``."""
    status, reason, contradicted_at = ShipmentStatus.PENDING, "", None
    ended_at: Optional[datetime] = None
    is_scanned = False
    for event in ordered:
        new = event.status
        contradicts = contradicted_at is None and new in CONTRADICTIONS.get(status, ())
        # Of two scans at one moment nobody knows which came first.
        if contradicts and ended_at and event.at > ended_at:
            contradicted_at = event.at
        after = _following(status, new, is_scanned=is_scanned)
        if after is not status or after is new:
            reason = _reason_after(event, after, status, reason)
        if after is not status:
            ended_at = event.at
        status = after
        is_scanned = is_scanned or new in HANDED_OVER
    if is_cancelled and not is_scanned:
        return Standing(ShipmentStatus.CANCELLED)
    waits = status is ShipmentStatus.READY_FOR_PICKUP
    return Standing(status, reason, contradicted_at, _collect_by(ordered) if waits else None)


#: On its way to another place: what was told of the place before holds no longer.
_MOVED_ON = frozenset(
    {ShipmentStatus.PICKED_UP, ShipmentStatus.IN_TRANSIT, ShipmentStatus.OUT_FOR_DELIVERY}
)


def _collect_by(ordered: Sequence[CarrierEvent]) -> Optional[datetime]:
    """Until when a parcel that waits does so; a reminder needn't repeat the day."""
    for event in reversed(ordered):
        if event.collect_by is not None:
            return event.collect_by
        if event.status in _MOVED_ON:
            return None
    return None


def _reason_after(
    event: CarrierEvent, after: ShipmentStatus, before: ShipmentStatus, had: str
) -> str:
    if after not in TROUBLE:
        return ""
    own = REASON_OF_STATUS.get(after)
    is_same_trouble = after is before or after in REVERSED
    return event.reason or (own.value if own else had if is_same_trouble else "")


def status_of(events: Iterable[CarrierEvent], *, is_cancelled: bool = False) -> ShipmentStatus:
    """Status of a parcel from all its events; see ``standing_of``."""
    return standing_of(events, is_cancelled=is_cancelled).status


def _following(current: ShipmentStatus, new: ShipmentStatus, *, is_scanned: bool) -> ShipmentStatus:
    if new is ShipmentStatus.UNKNOWN:
        return current
    if current in REVERSED:
        arrived = new in (ShipmentStatus.DELIVERED, ShipmentStatus.RETURNED_TO_SENDER)
        return ShipmentStatus.RETURNED_TO_SENDER if arrived else current
    if current is ShipmentStatus.DELIVERED and new not in TERMINAL | REVERSED:
        return current
    if is_scanned and (STAGES.get(new) is Stage.LABEL or new is ShipmentStatus.CANCELLED):
        return current
    if current is ShipmentStatus.CANCELLED and new not in HANDED_OVER:
        return current
    if current in TERMINAL and new is ShipmentStatus.EXPIRED:
        return current
    return new


#: Progress of the reversed bar.
REVERSED_PROGRESS: Dict[ShipmentStatus, int] = {
    ShipmentStatus.RETURNING: 50,
    ShipmentStatus.RETURNED_TO_SENDER: 100,
}


def progress_of(events: Sequence[CarrierEvent], status: Optional[ShipmentStatus] = None) -> int:
    """
    Progress 0-100 of a parcel's bar: the farthest stage any event has reached.

    More events never make it shorter. A parcel on its way back gets a bar of its own.

    Args:
        status: theirs, if it is known already.
    """
    status = status or status_of(events)
    if status in REVERSED_PROGRESS:
        return REVERSED_PROGRESS[status]
    stages = [STAGES[event.status] for event in events if event.status in STAGES]
    farthest = max((stage.value for stage in stages), default=Stage.LABEL.value)
    return STAGE_PROGRESS[Stage(farthest)]


def reached_at(
    events: Iterable[CarrierEvent],
    status: ShipmentStatus,
    *,
    not_before: Optional[datetime] = None,
) -> Optional[datetime]:
    """
    First carrier time at which the parcel was reported in ``status``, or None.

    Args:
        not_before: when the order was placed: nothing of it was reached earlier, whatever a
            carrier's clock says or an earlier parcel of the same number went through.
    """
    return _first([event.at for event in events if event.status is status], not_before)


def shipped_at(
    events: Iterable[CarrierEvent], *, not_before: Optional[datetime] = None
) -> Optional[datetime]:
    """
    First carrier time at which the carrier held the parcel; a label doesn't count.

    Args:
        not_before: as for ``reached_at``.
    """
    return _first([event.at for event in events if event.status in HANDED_OVER], not_before)


def _first(moments: Sequence[datetime], not_before: Optional[datetime]) -> Optional[datetime]:
    if not moments or not_before is None:
        return min(moments, default=None)
    return min((moment for moment in moments if moment >= not_before), default=not_before)
