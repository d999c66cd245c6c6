"""What pages show of one parcel, whichever way it travels: words, bar, news by day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from babel.dates import format_timedelta

from ..redaction import redacted
from ..timelines import ShipmentEventView, ShipmentView
from ..tracking import questions
from ..tracking.questions import Topic
from ..tracking.statuses import ShipmentStatus

#: Newest events that are shown at once; the others wait folded.
EVENTS_SHOWN = 4

#: Topics whose box is a warning.
_TROUBLE = frozenset(
    {Topic.ATTEMPT_FAILED, Topic.DELAYED, Topic.ON_HOLD, Topic.RETURNING, Topic.LOST}
)


class Reader(NamedTuple):
    """Who reads a page, and when."""

    language: str
    #: As the order has it: what carriers write isn't shown with it.
    customer_name: str
    now: datetime
    #: Offset from UTC the page is told in; days of another one name theirs. None: all do.
    offset: Optional[timedelta] = None


def topic_of(item: ShipmentView) -> Topic:
    """What its customer may want to know now."""
    is_late = bool(item.estimate and item.estimate.late_since)
    return questions.topic_of(ShipmentStatus(item.status), is_delayed=is_late or item.is_stalled)


def facts_of(item: ShipmentView, reader: Reader) -> Dict[str, Any]:
    """What templates show of any parcel."""
    return {
        "carrier": item.carrier_name,
        "tracking_number": item.tracking_number,
        "tracking_url": item.tracking_url,
        "status_text": item.text,
        "progress": item.progress,
        "is_returning": item.is_returning,
        "is_trouble": topic_of(item) in _TROUBLE,
        "reason_text": item.reason_text,
        "days": _days(item.events[:EVENTS_SHOWN], reader),
        "earlier": _days(item.events[EVENTS_SHOWN:], reader),
        "earlier_count": max(0, len(item.events) - EVENTS_SHOWN),
        "heard_at": item.heard_at,
        "heard_ago": ago(item.heard_at, reader),
    }


def ago(moment: Optional[datetime], reader: Reader) -> str:
    """How long ago, as "3 hours ago"; empty for never."""
    if moment is None:
        return ""
    # A carrier's clock may run ahead of ours.
    passed = min(moment - reader.now, timedelta(0))
    return str(format_timedelta(passed, add_direction=True, locale=reader.language))


def _days(events: Sequence[ShipmentEventView], reader: Reader) -> List[Dict[str, Any]]:
    """Events by the carrier's own calendar day: the day is said once, not with each of them."""

    def day(event: ShipmentEventView) -> Tuple[date, Any]:
        return event.occurred_at.date(), event.occurred_at.utcoffset()

    return [
        {
            "at": found[0].occurred_at,
            "zone": _zone(found[0].occurred_at) if offset != reader.offset else "",
            "events": [_event(event, reader.customer_name) for event in found],
        }
        for (_day, offset), found in ((key, list(group)) for key, group in groupby(events, day))
    ]


def _zone(moment: datetime) -> str:
    """As ``parts/moment.html`` writes it: "UTC+01:00"."""
    return "UTC" + moment.isoformat()[-6:]


def _event(event: ShipmentEventView, name: str) -> Dict[str, Any]:
    description = redacted(event.description, name)
    return {
        "at": event.occurred_at,
        "text": event.text,
        "description": "" if description == event.text else description,
        "location": redacted(event.location, name),
    }
