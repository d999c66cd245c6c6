"""The events we keep of parcels, read as fast as many can be."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Dict, List, Mapping, Optional

from django.db import connections

from . import scans
from .models import TrackingEvent
from .scans import CarrierEvent
from .statuses import ShipmentStatus

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

#: A row for each parcel: its events as JSON, moments in microseconds. A parcel can have
#: thousands, and each moment and row apart would take ten times as long to read. When an event
#: was received is told only where it can matter.
_SQL = f"""
SELECT shipment_id, json_agg(json_build_array(
    tracking_number, (EXTRACT(EPOCH FROM occurred_at) * 1000000)::bigint, occurred_offset, status,
    note <> '', raw_code, description, location, reason,
    CASE WHEN occurred_at > received_at
        THEN (EXTRACT(EPOCH FROM received_at) * 1000000)::bigint END
))::text
FROM {TrackingEvent._meta.db_table}
WHERE shipment_id = ANY(%s) AND corrected_by_id IS NULL
GROUP BY shipment_id
"""


def events_by_parcel(numbers: Mapping[int, str], *, using: str) -> Dict[int, List[CarrierEvent]]:
    """
    Events that count, by parcel, in no order; one query.

    Args:
        numbers: tracking number by parcel; news of a number that was corrected since is left
            out: it is another parcel's.
    """
    with connections[using].cursor() as cursor:
        cursor.execute(_SQL, [list(numbers)])
        packed = cursor.fetchall()
    found = {}
    for parcel_id, rows in packed:
        own = ("", numbers[parcel_id])
        found[parcel_id] = [_event(*facts) for number, *facts in json.loads(rows) if number in own]
    return found


def _event(
    at: int,
    offset: int,
    status: str,
    is_correction: bool,
    code: str,
    description: str,
    location: str,
    reason: str,
    received_before: Optional[int],
) -> CarrierEvent:
    moment = _EPOCH + timedelta(microseconds=at)
    counts_at = None
    if received_before is not None:
        received_at = _EPOCH + timedelta(microseconds=received_before)
        counts_at = scans.instead_of(moment, received_at)
    return CarrierEvent(
        moment.astimezone(_zone(offset)) if offset else moment,
        _STATUSES[status],
        code,
        description,
        location,
        reason,
        is_correction,
        counts_at,
    )


_STATUSES = {status.value: status for status in ShipmentStatus}


@lru_cache(maxsize=None)
def _zone(minutes: int) -> timezone:
    return timezone(timedelta(minutes=minutes))
