"""An order's parcels to status, bar, milestones and text: pure rules, no clock, no database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Dict, Mapping, Optional, Sequence, Tuple

from ..values import Order, OrderStatus
from .parcel_timeline import (
    Estimate,
    EstimateSource,
    Parcel,
    ParcelLine,
    ParcelTimeline,
    estimate_of,
    parcel_sentence,
    parcel_text_code,
    parcel_timeline,
)
from .scans import (
    CarrierEvent,
    in_carrier_order,
    progress_of,
    reached_at,
    shipped_at,
    standing_of,
    status_of,
)
from .statuses import ShipmentStatus

#: All words of tracking's rules, for those who ask ``timeline``.
__all__ = [
    "CarrierEvent",
    "Estimate",
    "EstimateSource",
    "Milestone",
    "MilestoneCode",
    "MilestoneState",
    "Parcel",
    "ParcelLine",
    "ParcelTimeline",
    "Timeline",
    "estimate_of",
    "in_carrier_order",
    "parcel_sentence",
    "parcel_text_code",
    "parcel_timeline",
    "progress_of",
    "reached_at",
    "shipped_at",
    "standing_of",
    "status_of",
    "timeline_of",
]


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
    #: When a carrier last told us anything; None: never.
    heard_at: Optional[datetime] = None


#: Progress of the shop's own steps; parcels go on from here (see STAGE_PROGRESS).
MILESTONE_PROGRESS: Dict[MilestoneCode, int] = {
    MilestoneCode.PLACED: 5,
    MilestoneCode.PAID: 10,
    MilestoneCode.CONFIRMED: 15,
    MilestoneCode.PREPARING: 20,
}


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
    times += [event.at for item in shown for event in item.events[:1]]
    heard = [parcel.heard_at for parcel in parcels if parcel.heard_at]
    return Timeline(
        order=order,
        status=status,
        progress=progress,
        text_code=text_code,
        text_params=text_params,
        milestones=milestones,
        parcels=shown,
        updated_at=max(moment for moment in times if moment),
        heard_at=max(heard, default=None),
    )


def _age(parcel: Parcel) -> Tuple[datetime, str, int]:
    return (parcel.created_at, parcel.ref, parcel.position)


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
        MilestoneCode.SHIPPED: (all_sent, _last_sent(order, active) if all_sent else None),
        MilestoneCode.DELIVERED: (
            delivered,
            _last_delivered(order, active) if delivered else None,
        ),
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


def _last_sent(order: Order, active: Sequence[ParcelTimeline]) -> Optional[datetime]:
    moments = [
        shipped_at(item.events, not_before=order.placed_at) or item.parcel.created_at
        for item in active
    ]
    return max(moments, default=None)


def _last_delivered(order: Order, active: Sequence[ParcelTimeline]) -> Optional[datetime]:
    moments = [
        reached_at(item.events, ShipmentStatus.DELIVERED, not_before=order.placed_at)
        for item in active
    ]
    return max((moment for moment in moments if moment), default=None)


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
        return parcel_sentence(active[0])
    return "order." + status, {}
