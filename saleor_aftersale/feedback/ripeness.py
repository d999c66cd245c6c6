"""Whether an order can be judged already: pure rules."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Iterable, NamedTuple, Optional

from ..tracking.statuses import ShipmentStatus

#: A parcel nobody promised anything of and nobody tells anything of is old enough then.
WITHOUT_NEWS = timedelta(days=14)

#: It came, or it never will: both can be judged.
_OVER = frozenset(
    {
        ShipmentStatus.DELIVERED,
        ShipmentStatus.RETURNING,
        ShipmentStatus.RETURNED_TO_SENDER,
        ShipmentStatus.LOST,
        ShipmentStatus.DAMAGED,
        ShipmentStatus.EXPIRED,
    }
)


class Sent(NamedTuple):
    """A parcel, as far as it matters here."""

    status: ShipmentStatus
    is_cancelled: bool
    #: Once said to be delivered, whatever was said later.
    delivered_at: Optional[datetime]
    #: The end of what was promised or estimated.
    due_until: Optional[datetime]
    #: When the shop made it.
    created_at: datetime


def is_ripe(parcels: Iterable[Sent], now: datetime) -> bool:
    """
    Whether one parcel of the order has come, has failed to come, or should have come.

    Not only delivered orders: those who waited in vain have the most to tell, and numbers
    without them would flatter.
    """
    return any(_is_ripe(parcel, now) for parcel in parcels)


def _is_ripe(parcel: Sent, now: datetime) -> bool:
    if parcel.is_cancelled or parcel.status is ShipmentStatus.CANCELLED:
        return False
    if parcel.delivered_at is not None or parcel.status in _OVER:
        return True
    return now > (parcel.due_until or parcel.created_at + WITHOUT_NEWS)
