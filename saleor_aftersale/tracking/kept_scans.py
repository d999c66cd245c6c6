"""The events we keep of parcels, read as fast as many can be."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Dict, Iterable, List, Mapping, Optional, Tuple

from ..host.rows import Statement
from . import scans
from .models import OrderRecord, Shipment, TrackingEvent
from .scans import CarrierEvent
from .statuses import ShipmentStatus

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

#: A row for each parcel: its events as JSON, column by column, moments in microseconds. A parcel
#: can have thousands, and each moment and row apart would take ten times as long to read. When
#: an event was received is told only where it can matter.
_SQL = """
SELECT shipment_id, json_build_array(
    json_agg(tracking_number),
    json_agg((date_part('epoch', occurred_at) * 1000000)::bigint),
    json_agg(occurred_offset),
    json_agg(status),
    json_agg(raw_code),
    json_agg(description),
    json_agg(location),
    json_agg(reason),
    json_agg(note <> ''),
    json_agg(CASE WHEN occurred_at > received_at
        THEN (date_part('epoch', received_at) * 1000000)::bigint END)
)::text
FROM {events}
WHERE shipment_id {wanted} AND corrected_by_id IS NULL
GROUP BY shipment_id
"""
_OF_PARCELS = _SQL.format(events=TrackingEvent._meta.db_table, wanted="= ANY(%s)")
_OF_ORDERS = _SQL.format(
    events=TrackingEvent._meta.db_table,
    wanted=f"""IN (
    SELECT parcel.id FROM {OrderRecord._meta.db_table} file
    JOIN {Shipment._meta.db_table} parcel ON parcel.order_id = file.id
    WHERE file.order_ref = ANY(%s) AND NOT parcel.is_return)""",
)

Rows = List[Tuple[int, str]]


def of_parcels(ids: Iterable[int]) -> Statement:
    """Asks for the events of parcels."""
    return Statement(_OF_PARCELS, [list(ids)])


def of_orders(refs: Iterable[str]) -> Statement:
    """Asks for the events of all parcels the shop sent for orders."""
    return Statement(_OF_ORDERS, [list(refs)])


def events_by_parcel(rows: Rows, numbers: Mapping[int, str]) -> Dict[int, List[CarrierEvent]]:
    """
    Events that count, by parcel, in no order; no query.

    Args:
        rows: what ``of_parcels`` or ``of_orders`` was answered.
        numbers: tracking number by parcel; news of a number that was corrected since is left
            out: it is another parcel's.
    """
    found = {}
    for parcel_id, packed in rows:
        own = ("", numbers.get(parcel_id))
        events = zip(*json.loads(packed))
        found[parcel_id] = [_event(*facts) for number, *facts in events if number in own]
    return found


def _event(
    at: int,
    offset: int,
    status: str,
    code: str,
    description: str,
    location: str,
    reason: str,
    is_correction: bool,
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
