"""Why a parcel is in trouble, in our words, and who must act."""

from __future__ import annotations

from enum import Enum
from typing import Dict, FrozenSet, Mapping, Optional

from .statuses import REVERSED, ShipmentStatus


class Actor(Enum):
    """Who has to do something now."""

    MERCHANT = "MERCHANT"
    CUSTOMER = "CUSTOMER"
    #: Waiting is all there is.
    NOBODY = "NOBODY"


class Group(Enum):
    """At whose end the trouble lies."""

    CARRIER = "CARRIER"
    SHIPPER = "SHIPPER"
    RECIPIENT = "RECIPIENT"
    CUSTOMS = "CUSTOMS"
    WEATHER = "WEATHER"
    OTHER = "OTHER"


class Reason(Enum):
    """Why a parcel doesn't come as it should."""

    #: A fault in the carrier's own network, it doesn't say which.
    PROCESSING = "PROCESSING"
    #: Sent to a wrong place.
    SORTING_ERROR = "SORTING_ERROR"
    #: A vehicle broke down or a connection was missed.
    VEHICLE_PROBLEM = "VEHICLE_PROBLEM"
    #: More parcels than the carrier can handle, or too little time left that day.
    CAPACITY = "CAPACITY"
    DAMAGED = "DAMAGED"
    LOST = "LOST"

    #: The label's data, size or weight is wrong.
    WRONG_DATA = "WRONG_DATA"
    #: The parcel wasn't there when the carrier came for it.
    NOT_READY = "NOT_READY"
    #: Against the carrier's rules for parcels.
    PACKAGING = "PACKAGING"
    CANCELLED_BY_SHIPPER = "CANCELLED_BY_SHIPPER"

    NOT_HOME = "NOT_HOME"
    #: A business that was shut.
    CLOSED = "CLOSED"
    #: Not accepted or called off by the one it goes to.
    REFUSED = "REFUSED"
    #: No such address or nobody of that name there, moved included.
    WRONG_ADDRESS = "WRONG_ADDRESS"
    #: No way to the door, the letter box or a safe place.
    NO_ACCESS = "NO_ACCESS"
    #: Waited at a locker, point or branch until its time was over.
    NOT_COLLECTED = "NOT_COLLECTED"
    #: Cash on delivery or a fee wasn't paid.
    NOT_PAID = "NOT_PAID"
    #: Identity or age couldn't be shown.
    IDENTITY_NOT_PROVEN = "IDENTITY_NOT_PROVEN"

    CUSTOMS_DELAY = "CUSTOMS_DELAY"
    CUSTOMS_INSPECTION = "CUSTOMS_INSPECTION"
    CUSTOMS_DOCUMENTS = "CUSTOMS_DOCUMENTS"
    CUSTOMS_DUTIES = "CUSTOMS_DUTIES"
    CUSTOMS_PROHIBITED = "CUSTOMS_PROHIBITED"

    WEATHER = "WEATHER"
    #: A disaster, a strike, any force majeure.
    FORCE_MAJEURE = "FORCE_MAJEURE"

    #: The carrier looks for it or looks into it.
    INVESTIGATION = "INVESTIGATION"
    SECURITY = "SECURITY"
    REGULATION = "REGULATION"
    #: The carrier says that there is trouble, not which.
    UNKNOWN = "UNKNOWN"


GROUPS: Dict[Group, FrozenSet[Reason]] = {
    Group.CARRIER: frozenset(
        {
            Reason.PROCESSING,
            Reason.SORTING_ERROR,
            Reason.VEHICLE_PROBLEM,
            Reason.CAPACITY,
            Reason.DAMAGED,
            Reason.LOST,
        }
    ),
    Group.SHIPPER: frozenset(
        {Reason.WRONG_DATA, Reason.NOT_READY, Reason.PACKAGING, Reason.CANCELLED_BY_SHIPPER}
    ),
    Group.RECIPIENT: frozenset(
        {
            Reason.NOT_HOME,
            Reason.CLOSED,
            Reason.REFUSED,
            Reason.WRONG_ADDRESS,
            Reason.NO_ACCESS,
            Reason.NOT_COLLECTED,
            Reason.NOT_PAID,
            Reason.IDENTITY_NOT_PROVEN,
        }
    ),
    Group.CUSTOMS: frozenset(
        {
            Reason.CUSTOMS_DELAY,
            Reason.CUSTOMS_INSPECTION,
            Reason.CUSTOMS_DOCUMENTS,
            Reason.CUSTOMS_DUTIES,
            Reason.CUSTOMS_PROHIBITED,
        }
    ),
    Group.WEATHER: frozenset({Reason.WEATHER, Reason.FORCE_MAJEURE}),
    Group.OTHER: frozenset(
        {Reason.INVESTIGATION, Reason.SECURITY, Reason.REGULATION, Reason.UNKNOWN}
    ),
}

_GROUP_OF: Mapping[Reason, Group] = {
    reason: group for group, reasons in GROUPS.items() for reason in reasons
}

#: Reasons that a status tells by itself.
REASON_OF_STATUS: Dict[ShipmentStatus, Reason] = {
    ShipmentStatus.LOST: Reason.LOST,
    ShipmentStatus.DAMAGED: Reason.DAMAGED,
}

#: Nothing can be delivered (any more): what is left to do is the merchant's.
_UNDELIVERABLE: FrozenSet[ShipmentStatus] = REVERSED | frozenset(
    {ShipmentStatus.LOST, ShipmentStatus.DAMAGED, ShipmentStatus.CANCELLED}
)

#: Who must act when no reason is told; nobody in all other statuses.
_ACTS_WITHOUT_REASON: Dict[ShipmentStatus, Actor] = {
    ShipmentStatus.READY_FOR_PICKUP: Actor.CUSTOMER,
    ShipmentStatus.ATTEMPT_FAILED: Actor.CUSTOMER,
    ShipmentStatus.ON_HOLD: Actor.MERCHANT,
    ShipmentStatus.EXPIRED: Actor.MERCHANT,
    **dict.fromkeys(_UNDELIVERABLE - {ShipmentStatus.CANCELLED}, Actor.MERCHANT),
}


def group_of(reason: Reason) -> Group:
    """At whose end the trouble lies."""
    return _GROUP_OF[reason]


def acts(
    reason: Optional[Reason],
    status: ShipmentStatus = ShipmentStatus.ON_HOLD,
    *,
    importer: Actor = Actor.CUSTOMER,
) -> Actor:
    """
    Who must do something about a parcel now.

    What lies with the recipient is the customer's as long as it can still be delivered, the
    merchant's once it can't: then somebody has to decide between sending again and refunding.

    Args:
        reason: None when none is told: the status alone decides.
        status: the parcel's.
        importer: who clears it through customs: the customer, as with most parcels to
            consumers, or the merchant where the price includes duties (DDP).

    Source: domain reference 1.2 and 1.6.
    """
    if status is ShipmentStatus.DELIVERED:
        return Actor.NOBODY
    # A customer who doesn't collect loses the parcel, whatever brought it there.
    if reason is None or status is ShipmentStatus.READY_FOR_PICKUP:
        return _ACTS_WITHOUT_REASON.get(status, Actor.NOBODY)
    group = group_of(reason)
    if status in _UNDELIVERABLE:
        return Actor.MERCHANT
    if group is Group.WEATHER or reason is Reason.CUSTOMS_DELAY:
        return Actor.NOBODY
    if group is Group.RECIPIENT:
        return Actor.CUSTOMER
    return importer if group is Group.CUSTOMS else Actor.MERCHANT


_IMPORTERS: Mapping[str, Actor] = {
    "customer": Actor.CUSTOMER,
    "dap": Actor.CUSTOMER,
    "merchant": Actor.MERCHANT,
    "ddp": Actor.MERCHANT,
}


def importer_of(value: str) -> Actor:
    """
    Who clears parcels through customs, as the merchant wrote it; empty: the customer.

    Raises:
        ValueError: with a sentence that tells what to write instead.
    """
    try:
        return _IMPORTERS[value.strip().lower() or "customer"]
    except KeyError:
        raise ValueError("Write customer (DAP) or merchant (DDP).") from None


def reason_of(value: str) -> Optional[Reason]:
    """The reason of a stored or sent word; None for an empty one and for one we don't know."""
    return _REASONS.get(value)


_REASONS: Mapping[str, Reason] = {reason.value: reason for reason in Reason}
