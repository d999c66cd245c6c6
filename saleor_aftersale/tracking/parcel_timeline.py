"""What is known of one parcel, and what is shown of it: pure rules, no clock, no database."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Mapping, Optional, Sequence, Tuple

from .scans import CarrierEvent, in_carrier_order, progress_of, standing_when_ordered
from .statuses import REVERSED, TERMINAL, ShipmentStatus


class EstimateSource(Enum):
    """Who says when the parcel arrives."""

    CARRIER = "CARRIER"
    #: The shop: days it names for a way of shipping.
    MERCHANT_PROMISE = "MERCHANT_PROMISE"
    #: How long the shop's own parcels took on the same way.
    HISTORY = "HISTORY"


@dataclass(frozen=True)
class Estimate:
    """When a parcel should arrive, as a range; ``late_since`` once that is past."""

    source: EstimateSource
    earliest: datetime
    latest: datetime
    late_since: Optional[datetime] = None
    #: When it was made, or the carrier's promise heard.
    computed_at: Optional[datetime] = None
    #: Delivered parcels a HISTORY estimate is made of.
    sample: Optional[int] = None


@dataclass(frozen=True)
class ParcelLine:
    """Pieces of one order line in a parcel; the name as it was when sent."""

    line_ref: str
    product_name: str
    quantity: int


@dataclass(frozen=True)
class Parcel:
    """One parcel and all that is known of it."""

    #: The fulfillment it belongs to.
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
    #: When we heard of that promise.
    promised_at: Optional[datetime] = None
    #: Our own, stored; shown while the carrier promises nothing.
    estimate: Optional[Estimate] = None
    #: Our key; None while only the shop knows of it.
    id: Optional[int] = None
    #: 0 holds the shop's own tracking number, others were added to the fulfillment.
    position: int = 0
    #: As stored when the last news came: see ``scans.Standing``.
    reason: str = ""
    contradicted_at: Optional[datetime] = None
    #: Until when it can be collected, as last told; past or undone it may still stand here.
    collect_by: Optional[datetime] = None
    #: When the carrier last told us anything, be it nothing new.
    heard_at: Optional[datetime] = None
    #: Since when nothing has been heard for longer than usual.
    stalled_at: Optional[datetime] = None
    #: The end of an estimate that was broken, be it delivered since.
    late_since: Optional[datetime] = None


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
    #: Value of ``incidents.Reason``; empty while all is well or none is told.
    reason: str = ""
    contradicted_at: Optional[datetime] = None
    #: Only while it waits to be collected.
    collect_by: Optional[datetime] = None
    is_stalled: bool = False

    @property
    def is_returning(self) -> bool:
        """Whether the bar is the reversed one."""
        return self.status in REVERSED


#: Nothing is to be waited for: it has arrived, goes back or never comes. At a locker it has
#: arrived too: that nobody collects it makes no parcel late.
_AWAITED_NO_MORE = TERMINAL | REVERSED | {ShipmentStatus.READY_FOR_PICKUP}


def estimate_of(parcel: Parcel, status: ShipmentStatus, now: datetime) -> Optional[Estimate]:
    """
    When the parcel should arrive, or None when nobody says or nothing is to be waited for.

    The carrier's promise wins, else our own estimate. Once the end of the range is past,
    ``late_since`` says since when.
    """
    if status in _AWAITED_NO_MORE:
        return None
    estimate = parcel.estimate
    if parcel.promised_until is not None:
        since = parcel.promised_from or parcel.promised_until
        estimate = Estimate(
            EstimateSource.CARRIER, since, parcel.promised_until, computed_at=parcel.promised_at
        )
    if estimate is None:
        return None
    late_since = estimate.latest if now > estimate.latest else None
    return replace(estimate, late_since=late_since)


def parcel_timeline(parcel: Parcel, now: datetime) -> ParcelTimeline:
    """What is shown of one parcel: status, bar, events newest first, estimate, trouble."""
    events = in_carrier_order(parcel.events)
    standing = standing_when_ordered(events, is_cancelled=parcel.is_cancelled)
    status = standing.status
    waits = status is ShipmentStatus.READY_FOR_PICKUP
    return ParcelTimeline(
        parcel=parcel,
        status=status,
        progress=0 if status is ShipmentStatus.CANCELLED else progress_of(events, status),
        events=tuple(reversed(events)),
        estimate=estimate_of(parcel, status, now),
        reason=standing.reason,
        contradicted_at=standing.contradicted_at,
        collect_by=parcel.collect_by if waits else None,
        is_stalled=_is_stalled(parcel, status, events),
    )


def _is_stalled(parcel: Parcel, status: ShipmentStatus, ordered: Sequence[CarrierEvent]) -> bool:
    """Whether the silence the sweep found still lasts, and means anything."""
    if parcel.stalled_at is None or status in _AWAITED_NO_MORE:
        return False
    return not ordered or ordered[-1].at <= parcel.stalled_at


def parcel_text_code(item: ParcelTimeline) -> str:
    """Code of the words for a parcel's status alone."""
    if item.status is ShipmentStatus.PENDING and not item.parcel.tracking_number:
        return "parcel.SENT_UNTRACKED"
    return "parcel." + item.status.value


def parcel_sentence(item: ParcelTimeline) -> Tuple[str, Mapping[str, object]]:
    """
    Code of the sentence that says the same as a parcel's bar and its warnings.

    Its parameters are moments, and under ``status`` the code of other words.
    """
    code = parcel_text_code(item)
    if item.collect_by:
        return "parcel.WAITS_UNTIL", {"until": item.collect_by}
    if item.estimate and item.estimate.late_since:
        return "parcel.LATE", {"status": code, "since": item.estimate.late_since}
    if item.is_stalled:
        return "parcel.STALLED", {"status": code, "since": item.parcel.stalled_at}
    return code, {}
