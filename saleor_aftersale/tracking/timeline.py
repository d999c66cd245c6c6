"""Events to status, progress, milestones and estimate: pure rules, no clock, no database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Dict, List, Mapping, Optional, Sequence, Tuple

from ..values import Order, OrderStatus
from .statuses import (
    HANDED_OVER,
    REVERSED,
    STAGE_PROGRESS,
    STAGES,
    TERMINAL,
    ShipmentStatus,
    Stage,
)


@dataclass(frozen=True)
class CarrierEvent:
    """One scan or message of a carrier about one parcel."""

    #: Carrier time, aware.
    occurred_at: datetime
    status: ShipmentStatus
    #: As sent by the carrier.
    code: str = ""
    description: str = ""
    location: str = ""


class EstimateSource(Enum):
    """Who says when the parcel arrives."""

    CARRIER = "CARRIER"


@dataclass(frozen=True)
class Estimate:
    """When a parcel should arrive, as a range; ``late_since`` once that is past."""

    source: EstimateSource
    earliest: datetime
    latest: datetime
    late_since: Optional[datetime] = None


@dataclass(frozen=True)
class ParcelLine:
    """Pieces of one order line in a parcel; the name as it was when sent."""

    line_ref: str
    product_name: str
    quantity: int


@dataclass(frozen=True)
class Parcel:
    """One parcel and all that is known of it."""

    ref: str
    created_at: datetime
    carrier: str = ""
    tracking_number: str = ""
    tracking_url: str = ""
    #: The shop took the fulfillment back before the carrier had it.
    is_cancelled: bool = False
    events: Tuple[CarrierEvent, ...] = ()
    lines: Tuple[ParcelLine, ...] = ()
    #: The carrier's own promise, aware; None when it made none.
    promised_from: Optional[datetime] = None
    promised_until: Optional[datetime] = None


class MilestoneCode(Enum):
    """The steps of an order the shop knows of, in their order."""

    PLACED = "PLACED"
    PAID = "PAID"
    CONFIRMED = "CONFIRMED"
    PREPARING = "PREPARING"
    SHIPPED = "SHIPPED"
    DELIVERED = "DELIVERED"


class MilestoneState(Enum):
    """How a milestone stands to today."""

    DONE = "DONE"
    #: What is going on now; at most one.
    CURRENT = "CURRENT"
    UPCOMING = "UPCOMING"
    #: Won't be reached: the order was cancelled before.
    DROPPED = "DROPPED"


@dataclass(frozen=True)
class Milestone:
    """One step of the order."""

    code: MilestoneCode
    state: MilestoneState
    #: None also for a step that is done at a moment nobody recorded.
    reached_at: Optional[datetime] = None


@dataclass(frozen=True)
class ParcelTimeline:
    """What is shown of one parcel."""

    parcel: Parcel
    status: ShipmentStatus
    #: 0-100; counts anew, towards the shop, for a parcel on its way back.
    progress: int
    #: Newest first.
    events: Tuple[CarrierEvent, ...]
    estimate: Optional[Estimate]

    @property
    def is_returning(self) -> bool:
        """Whether the bar is the reversed one."""
        return self.status in REVERSED


@dataclass(frozen=True)
class Timeline:
    """What is shown of one order."""

    order: Order
    #: A milestone before shipping, then the status of the least advanced parcel.
    status: str
    progress: int
    #: Code of the sentence that says the same as the bar, and its parameters.
    text_code: str
    text_params: Mapping[str, object]
    milestones: Tuple[Milestone, ...]
    parcels: Tuple[ParcelTimeline, ...]
    #: Carrier time or shop time of the newest thing known.
    updated_at: datetime


#: Progress of the shop's own steps; parcels go on from here (see STAGE_PROGRESS).
MILESTONE_PROGRESS: Dict[MilestoneCode, int] = {
    MilestoneCode.PLACED: 5,
    MilestoneCode.PAID: 10,
    MilestoneCode.CONFIRMED: 15,
    MilestoneCode.PREPARING: 20,
}

#: Progress of the reversed bar.
REVERSED_PROGRESS: Dict[ShipmentStatus, int] = {
    ShipmentStatus.RETURNING: 50,
    ShipmentStatus.RETURNED_TO_SENDER: 100,
}


def in_carrier_order(events: Sequence[CarrierEvent]) -> List[CarrierEvent]:
    """
    Events by carrier time, each distinct event once.

    Ties are broken by how far the event takes the parcel, then by its words, so that
    any order of arrival gives the same list.
    """

    def key(event: CarrierEvent) -> Tuple[datetime, int, str, str, str, str]:
        stage = STAGES.get(event.status)
        rank = stage.value if stage else 0
        words = (event.status.value, event.code, event.location, event.description)
        return (event.occurred_at, rank) + words

    return sorted(set(events), key=key)


def status_of(events: Sequence[CarrierEvent], *, is_cancelled: bool = False) -> ShipmentStatus:
    """
    Status of a parcel from all its events, in any order of arrival.

    A later scan replaces an earlier one, but neither a label nor a cancellation follows
    a scan, ordinary movement never undoes a delivery, silence never undoes an end, and
    what a returning parcel is scanned as on its way stays RETURNING. Unmapped codes
    change nothing.

    Args:
        is_cancelled: the shop took the fulfillment back: CANCELLED, unless the carrier
            had the parcel by then.
    """
    status = ShipmentStatus.PENDING
    is_scanned = False
    for event in in_carrier_order(events):
        status = _following(status, event.status, is_scanned=is_scanned)
        is_scanned = is_scanned or event.status in HANDED_OVER
    return ShipmentStatus.CANCELLED if is_cancelled and not is_scanned else status


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


def progress_of(events: Sequence[CarrierEvent]) -> int:
    """
    Progress 0-100 of a parcel's bar: the farthest stage any event has reached.

    More events never make it shorter. A parcel on its way back gets a bar of its own.
    """
    status = status_of(events)
    if status in REVERSED_PROGRESS:
        return REVERSED_PROGRESS[status]
    stages = [STAGES[event.status] for event in events if event.status in STAGES]
    farthest = max((stage.value for stage in stages), default=Stage.LABEL.value)
    return STAGE_PROGRESS[Stage(farthest)]


def reached_at(events: Sequence[CarrierEvent], status: ShipmentStatus) -> Optional[datetime]:
    """First carrier time at which the parcel was reported in ``status``, or None."""
    times = [event.occurred_at for event in events if event.status is status]
    return min(times) if times else None


def shipped_at(events: Sequence[CarrierEvent]) -> Optional[datetime]:
    """First carrier time at which the carrier held the parcel; a label doesn't count."""
    times = [event.occurred_at for event in events if event.status in HANDED_OVER]
    return min(times) if times else None


def estimate_of(parcel: Parcel, status: ShipmentStatus, now: datetime) -> Optional[Estimate]:
    """
    The carrier's promise as a range, or None when there is none or nothing to wait for.

    Once the end of the range is past, ``late_since`` says since when.
    """
    if parcel.promised_until is None or status in TERMINAL or status in REVERSED:
        return None
    latest = parcel.promised_until
    earliest = parcel.promised_from or latest
    late_since = latest if now > latest else None
    return Estimate(EstimateSource.CARRIER, earliest, latest, late_since)


def parcel_timeline(parcel: Parcel, now: datetime) -> ParcelTimeline:
    """What is shown of one parcel: status, bar, events newest first, estimate."""
    events = in_carrier_order(parcel.events)
    status = status_of(events, is_cancelled=parcel.is_cancelled)
    progress = 0 if status is ShipmentStatus.CANCELLED else progress_of(events)
    estimate = estimate_of(parcel, status, now)
    return ParcelTimeline(parcel, status, progress, tuple(reversed(events)), estimate)


def timeline_of(order: Order, parcels: Sequence[Parcel], now: datetime) -> Timeline:
    """
    The whole order: milestones, parcels, bar and the sentence that says the same.

    The order stands where its least advanced part stands; pieces not sent yet count as
    a part. A parcel on its way back is less advanced than a delivered one, but doesn't
    hide one that is still to come. Parcels the shop took back are left out of that;
    pieces in a parcel that only the carrier cancelled count as not sent.
    """
    shown = tuple(parcel_timeline(parcel, now) for parcel in sorted(parcels, key=_age))
    active = [item for item in shown if item.status is not ShipmentStatus.CANCELLED]
    has_unsent = _has_unsent(order, shown)
    milestones = _milestones(order, active, has_unsent=has_unsent)
    status, progress = _standing(order, active, milestones, has_unsent=has_unsent)
    text_code, text_params = _sentence(order, active, status, has_unsent=has_unsent)
    times = [order.placed_at, order.confirmed_at, order.paid_at]
    times += [parcel.created_at for parcel in parcels]
    times += [fulfillment.created_at for fulfillment in order.fulfillments]
    times += [event.occurred_at for item in shown for event in item.events[:1]]
    updated_at = max(moment for moment in times if moment)
    return Timeline(order, status, progress, text_code, text_params, milestones, shown, updated_at)


def _age(parcel: Parcel) -> Tuple[datetime, str]:
    return (parcel.created_at, parcel.ref)


def _is_stopped(order: Order) -> bool:
    return order.status in (OrderStatus.CANCELED, OrderStatus.EXPIRED)


def _has_unsent(order: Order, shown: Sequence[ParcelTimeline]) -> bool:
    """Whether pieces are left in the shop, those in a parcel the carrier cancelled included."""
    if any(line.quantity_fulfilled < line.quantity for line in order.lines):
        return True
    # What the shop took back is unsent in its own books already, or in another parcel.
    cancelled = [item for item in shown if item.status is ShipmentStatus.CANCELLED]
    return any(not item.parcel.is_cancelled for item in cancelled)


def _standing(
    order: Order,
    active: Sequence[ParcelTimeline],
    milestones: Sequence[Milestone],
    *,
    has_unsent: bool,
) -> Tuple[str, int]:
    if _is_stopped(order):
        return order.status.name, 0
    if active and not has_unsent:
        least = min(active, key=_advance)
        return least.status.value, least.progress
    # Of the shop's own steps only preparing is worth telling before it is done.
    reached = [
        item.code
        for item in milestones
        if item.state is MilestoneState.DONE
        or (item.state is MilestoneState.CURRENT and item.code is MilestoneCode.PREPARING)
    ]
    code = [item for item in reached if item in MILESTONE_PROGRESS][-1]
    return code.value, MILESTONE_PROGRESS[code]


def _advance(item: ParcelTimeline) -> Tuple[bool, bool, int]:
    return (item.status is ShipmentStatus.DELIVERED, item.is_returning, item.progress)


def _milestones(
    order: Order, active: Sequence[ParcelTimeline], *, has_unsent: bool
) -> Tuple[Milestone, ...]:
    """The six steps; the first one not done is the current one."""
    all_sent = bool(active) and not has_unsent
    delivered = all_sent and all(item.status is ShipmentStatus.DELIVERED for item in active)
    # Only orders nobody confirmed expire.
    is_confirmed = order.status not in (OrderStatus.UNCONFIRMED, OrderStatus.EXPIRED)
    done = {
        MilestoneCode.PLACED: (True, order.placed_at),
        MilestoneCode.PAID: (order.is_paid, order.paid_at),
        MilestoneCode.CONFIRMED: (is_confirmed, order.confirmed_at),
        MilestoneCode.PREPARING: (all_sent, None),
        MilestoneCode.SHIPPED: (all_sent, _last_sent(active) if all_sent else None),
        MilestoneCode.DELIVERED: (delivered, _last_delivered(active) if delivered else None),
    }
    dropped = _is_stopped(order)
    waiting = MilestoneState.DROPPED if dropped else MilestoneState.CURRENT
    result = []
    for code, (is_done, moment) in done.items():
        state = MilestoneState.DONE if is_done else waiting
        if state is MilestoneState.CURRENT:
            # Payment may come after delivery (cash on delivery), so it never holds up the rest.
            waiting = waiting if code is MilestoneCode.PAID else MilestoneState.UPCOMING
            state = MilestoneState.UPCOMING if code is MilestoneCode.PAID else state
        result.append(Milestone(code, state, moment if is_done else None))
    return tuple(result)


def _last_sent(active: Sequence[ParcelTimeline]) -> Optional[datetime]:
    moments = [shipped_at(item.events) or item.parcel.created_at for item in active]
    return max(moments, default=None)


def _last_delivered(active: Sequence[ParcelTimeline]) -> Optional[datetime]:
    moments = [reached_at(item.events, ShipmentStatus.DELIVERED) for item in active]
    return max((moment for moment in moments if moment), default=None)


def parcel_text_code(item: ParcelTimeline) -> str:
    """Code of the sentence that says the same as a parcel's bar."""
    if item.status is ShipmentStatus.PENDING and not item.parcel.tracking_number:
        return "parcel.SENT_UNTRACKED"
    return "parcel." + item.status.value


def _sentence(
    order: Order, active: Sequence[ParcelTimeline], status: str, *, has_unsent: bool
) -> Tuple[str, Mapping[str, object]]:
    """The bar in words; with several parcels it says how many have arrived."""
    if len(active) > 1 and not _is_stopped(order):
        delivered = sum(item.status is ShipmentStatus.DELIVERED for item in active)
        code = "parcels.some_unsent" if has_unsent else "parcels.delivered"
        return code, {"delivered": delivered, "total": len(active)}
    if active and has_unsent and not _is_stopped(order):
        return "parcels.first_of_several", {}
    if active and not _is_stopped(order):
        return parcel_text_code(active[0]), {}
    return "order." + status, {}
