"""How long the shop's own parcels take on each way: summed up once a day, read by lane."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Dict, Iterable, Tuple

from django.db import connection, transaction

from .models import OrderRecord, Shipment, TrackingEvent, TransitTime

#: Carriers change their pace with the season.
WINDOW = timedelta(days=180)

#: How often it is worth counting.
EVERY = timedelta(days=1)

#: Carrier, country of origin, country of destination.
Lane = Tuple[str, str, str]

#: Tells this lock from any other in the database.
_LOCK = 0x7A5A1E

# Parcels that only ever showed their delivery tell nothing of the way, and what a carrier
# scans several times at one moment is one visit. A lane without a usable parcel is kept as
# well: its moment tells that it was counted.
_SUM_UP = f"""
WITH delivered AS (
    SELECT parcel.id, parcel.carrier, parcel.origin_country, sent.country,
        parcel.tracking_number, parcel.shipped_at, parcel.delivered_at,
        EXTRACT(EPOCH FROM parcel.delivered_at - parcel.shipped_at) / 3600.0 AS hours
    FROM {Shipment._meta.db_table} parcel
    JOIN {OrderRecord._meta.db_table} sent ON sent.id = parcel.order_id
    WHERE parcel.delivered_at > %(since)s AND parcel.delivered_at <= %(now)s
        AND parcel.status = 'DELIVERED' AND NOT parcel.is_return
), scans AS (
    SELECT way.carrier, way.origin_country, way.country,
        EXTRACT(EPOCH FROM scan.occurred_at - LAG(scan.occurred_at) OVER (
            PARTITION BY scan.shipment_id ORDER BY scan.occurred_at
        )) / 3600.0 AS hours
    FROM {TrackingEvent._meta.db_table} scan
    JOIN delivered way ON way.id = scan.shipment_id
    WHERE scan.occurred_at BETWEEN way.shipped_at AND way.delivered_at
        AND scan.tracking_number IN ('', way.tracking_number)
        AND scan.corrected_by_id IS NULL AND scan.author = ''
        AND scan.provider <> 'aftersale'
), pauses AS (
    SELECT carrier, origin_country, country,
        PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY hours) AS gap_hours
    FROM scans WHERE hours > 0 GROUP BY carrier, origin_country, country
), times AS (
    SELECT carrier, origin_country, country,
        COUNT(*) FILTER (WHERE hours > 0) AS sample,
        PERCENTILE_CONT(ARRAY[0.1, 0.5, 0.9]) WITHIN GROUP (ORDER BY hours)
            FILTER (WHERE hours > 0) AS percentiles
    FROM delivered GROUP BY carrier, origin_country, country
)
INSERT INTO {TransitTime._meta.db_table} (carrier, origin_country, country, sample,
    fast_hours, usual_hours, slow_hours, gap_hours, computed_at)
SELECT times.carrier, times.origin_country, times.country, times.sample,
    COALESCE(percentiles[1], 0), COALESCE(percentiles[2], 0), COALESCE(percentiles[3], 0),
    pauses.gap_hours, %(now)s
FROM times LEFT JOIN pauses USING (carrier, origin_country, country)
ON CONFLICT (carrier, origin_country, country) DO UPDATE SET
    sample = EXCLUDED.sample, fast_hours = EXCLUDED.fast_hours,
    usual_hours = EXCLUDED.usual_hours, slow_hours = EXCLUDED.slow_hours,
    gap_hours = EXCLUDED.gap_hours, computed_at = EXCLUDED.computed_at
"""


def sum_up(now: datetime) -> bool:
    """
    Count anew what each way took in the last 180 days, if that is a day ago.

    Set-based: percentiles of hand-over to delivery and of the pauses between scans, by
    carrier, origin and destination; ways nobody was sent in that time are dropped.

    Returns:
        False when there was nothing to do, or another worker is at it.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        is_ours = cursor.fetchone()[0]
        if not is_ours or TransitTime.objects.filter(computed_at__gt=now - EVERY).exists():
            return False
        cursor.execute(_SUM_UP, {"since": now - WINDOW, "now": now})
        TransitTime.objects.filter(computed_at__lt=now).delete()
    return True


def by_lane(carriers: Iterable[str]) -> Dict[Lane, TransitTime]:
    """What we know of every way of those carriers, in one query."""
    rows = TransitTime.objects.filter(carrier__in=set(carriers))
    return {(row.carrier, row.origin_country, row.country): row for row in rows}
