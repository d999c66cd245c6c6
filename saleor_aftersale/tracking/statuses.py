"""Shipment statuses, stages and ranks: the words a parcel's life is told in."""

from __future__ import annotations

from enum import Enum
from typing import Dict, FrozenSet


class ShipmentStatus(Enum):
    """Where one parcel is; see the domain reference for the full meaning."""

    #: Number known, no carrier record yet.
    PENDING = "PENDING"
    #: Label registered, parcel not handed over.
    INFO_RECEIVED = "INFO_RECEIVED"
    #: The carrier holds the parcel.
    PICKED_UP = "PICKED_UP"
    IN_TRANSIT = "IN_TRANSIT"
    OUT_FOR_DELIVERY = "OUT_FOR_DELIVERY"
    #: At a locker, point or branch.
    READY_FOR_PICKUP = "READY_FOR_PICKUP"
    #: Delivery tried; another try or a pick-up follows.
    ATTEMPT_FAILED = "ATTEMPT_FAILED"
    #: Later than planned, still moving.
    DELAYED = "DELAYED"
    #: Stopped: customs, payment, address, damage check.
    ON_HOLD = "ON_HOLD"
    #: Handed over or collected.
    DELIVERED = "DELIVERED"
    #: On the way back to the sender.
    RETURNING = "RETURNING"
    RETURNED_TO_SENDER = "RETURNED_TO_SENDER"
    #: The carrier gave it up.
    LOST = "LOST"
    #: Damaged, not deliverable.
    DAMAGED = "DAMAGED"
    #: Cancelled before handover.
    CANCELLED = "CANCELLED"
    #: No news for the configured days.
    EXPIRED = "EXPIRED"
    #: A carrier code nobody has mapped; kept raw, moves nothing.
    UNKNOWN = "UNKNOWN"


class Stage(Enum):
    """The five fields of the progress bar, by how far a parcel has come."""

    LABEL = 1
    HANDED_OVER = 2
    ON_THE_WAY = 3
    LAST_MILE = 4
    DELIVERED = 5


#: Statuses that move the bar. Every other status keeps the stage already reached.
STAGES: Dict[ShipmentStatus, Stage] = {
    ShipmentStatus.PENDING: Stage.LABEL,
    ShipmentStatus.INFO_RECEIVED: Stage.LABEL,
    ShipmentStatus.PICKED_UP: Stage.HANDED_OVER,
    ShipmentStatus.IN_TRANSIT: Stage.ON_THE_WAY,
    ShipmentStatus.OUT_FOR_DELIVERY: Stage.LAST_MILE,
    ShipmentStatus.READY_FOR_PICKUP: Stage.LAST_MILE,
    ShipmentStatus.ATTEMPT_FAILED: Stage.LAST_MILE,
    ShipmentStatus.DELIVERED: Stage.DELIVERED,
}

#: Progress of a parcel's bar, 0-100. The shop's own steps before it end at 20.
STAGE_PROGRESS: Dict[Stage, int] = {
    Stage.LABEL: 30,
    Stage.HANDED_OVER: 45,
    Stage.ON_THE_WAY: 60,
    Stage.LAST_MILE: 85,
    Stage.DELIVERED: 100,
}

#: Nothing more is expected; a later, contradicting event may reopen the starred ones.
TERMINAL: FrozenSet[ShipmentStatus] = frozenset(
    {
        ShipmentStatus.DELIVERED,
        ShipmentStatus.RETURNED_TO_SENDER,
        ShipmentStatus.LOST,
        ShipmentStatus.DAMAGED,
        ShipmentStatus.CANCELLED,
    }
)

#: The parcel travels towards the shop: its bar is a new, reversed one.
REVERSED: FrozenSet[ShipmentStatus] = frozenset(
    {ShipmentStatus.RETURNING, ShipmentStatus.RETURNED_TO_SENDER}
)

#: Something is wrong: there may be a reason, and somebody may have to act.
TROUBLE: FrozenSet[ShipmentStatus] = REVERSED | frozenset(
    {
        ShipmentStatus.ATTEMPT_FAILED,
        ShipmentStatus.DELAYED,
        ShipmentStatus.ON_HOLD,
        ShipmentStatus.LOST,
        ShipmentStatus.DAMAGED,
        ShipmentStatus.CANCELLED,
        ShipmentStatus.EXPIRED,
    }
)

#: The carrier has the parcel or had it: a label alone doesn't count.
HANDED_OVER: FrozenSet[ShipmentStatus] = frozenset(
    {
        ShipmentStatus.PICKED_UP,
        ShipmentStatus.IN_TRANSIT,
        ShipmentStatus.OUT_FOR_DELIVERY,
        ShipmentStatus.READY_FOR_PICKUP,
        ShipmentStatus.ATTEMPT_FAILED,
        ShipmentStatus.DELIVERED,
        ShipmentStatus.RETURNING,
        ShipmentStatus.RETURNED_TO_SENDER,
        ShipmentStatus.LOST,
        ShipmentStatus.DAMAGED,
    }
)
