"""A sweep over a million parcels of which a thousand are due, against one over ten thousand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, List

from django.db import connection
from django.utils import timezone

from bench.measure import Claim, ratio_in_turns
from saleor_aftersale import tasks
from saleor_aftersale.host import db
from saleor_aftersale.tracking.models import OrderRecord, Shipment
from tests import factories

DUE = 1000
FEW = 10_000
MANY = 1_000_000

#: Two schemas with a shop each, so that both are swept in turns; nothing of them is left.
SMALL, LARGE = "aftersale_few", "aftersale_many"

_PARCELS = Shipment._meta.db_table
_ORDERS = OrderRecord._meta.db_table

# The first thousand are due; of the others half are on their way and half have arrived.
_INSERT_PARCELS = f"""
INSERT INTO {_PARCELS} (order_id, fulfillment_ref, position, is_return, origin_country, carrier,
    is_carrier_set, tracking_number, tracking_url, status, reason, is_cancelled, last_event_at,
    heard_at, shipped_at, delivered_at, promised_until, promise_received_at, estimate_source,
    watch_at, poll_failures, created_at, updated_at)
SELECT sent.id, 'W' || nth, 0, FALSE, 'PL', 'dpd', FALSE, 'W' || nth, '',
    CASE WHEN is_over THEN 'DELIVERED' ELSE 'IN_TRANSIT' END, '', FALSE, %(now)s,
    %(now)s, %(now)s - INTERVAL '2 days', CASE WHEN is_over THEN %(now)s END,
    %(now)s + INTERVAL '3 days', %(now)s, '',
    CASE WHEN is_over THEN NULL ELSE %(now)s + INTERVAL '1 day' + nth * INTERVAL '1 second' END,
    0, %(now)s - INTERVAL '3 days', %(now)s
FROM (
    SELECT nth, nth > {DUE} AND nth %% 2 = 0 AS is_over
    FROM GENERATE_SERIES(%(first)s, %(last)s) nth
) parcel
JOIN {_ORDERS} sent ON sent.order_ref = 'W' || nth %% {DUE}
"""

_INSERT_ORDERS = f"""
INSERT INTO {_ORDERS} (order_ref, number, channel, customer_email, customer_name, user_ref,
    language, country, shipping_method, currency, placed_at, link_generation, created_at,
    updated_at)
SELECT 'W' || number, 'W' || number, %(channel)s, 'anna@example.com', '', '', 'en', 'PL',
    'Courier', 'EUR', %(now)s, 1, %(now)s, %(now)s
FROM GENERATE_SERIES(0, {DUE} - 1) number
"""


def sweep_ratio() -> float:
    """
    Time of the sweep among a million parcels over the same among ten thousand.

    Whole sweeps as the beat starts them; a thousand parcels are due in each. Prints how the
    database finds them.
    """
    factories.activate()
    with db.allow_writer(), connection.cursor() as cursor:
        try:
            _make_shops(cursor)
            ratio = ratio_in_turns(
                tasks.sweep,
                tasks.sweep,
                rounds=7,
                before_ours=lambda: _make_due(cursor, LARGE),
                before_theirs=lambda: _make_due(cursor, SMALL),
            )
            _make_due(cursor, LARGE)
            print("  " + _plan(), flush=True)
        finally:
            cursor.execute(
                f"SET search_path TO public; DROP SCHEMA IF EXISTS {SMALL}, {LARGE} CASCADE"
            )
    return ratio


def _make_shops(cursor: Any) -> None:
    words = {"now": timezone.now(), "channel": factories.CHANNEL, "first": 1}
    for schema, size in ((SMALL, FEW), (LARGE, MANY)):
        cursor.execute(f"CREATE SCHEMA {schema}")
        cursor.execute(f"SET search_path TO {schema}, public")
        for table in (_ORDERS, _PARCELS):
            # With every index; without a log, which would only make filling them longer.
            copy = f"CREATE UNLOGGED TABLE {schema}.{table} (LIKE public.{table} INCLUDING ALL)"
            cursor.execute(copy)
        cursor.execute(f"ALTER INDEX {_PARCELS}_watch_at_idx RENAME TO aftersale_parcel_watch")
        cursor.execute(_INSERT_ORDERS, words)
        cursor.execute(_INSERT_PARCELS, {**words, "last": size})
        # As autovacuum does in a shop that grows; else it would start while we measure.
        cursor.execute(f"VACUUM ANALYZE {_PARCELS}")


def _make_due(cursor: Any, schema: str) -> None:
    """Also checks that the sweep before looked at all of them."""
    cursor.execute(f"SET search_path TO {schema}, public")
    due = Shipment.objects.filter(fulfillment_ref__in=_due_refs())
    left = due.filter(watch_at__lte=timezone.now()).count()
    assert left == 0, left
    assert due.update(watch_at=timezone.now() - timedelta(hours=1)) == DUE


def _due_refs() -> List[str]:
    return [f"W{number}" for number in range(1, DUE + 1)]


def _plan() -> str:
    """The line of the plan that says how parcels that are due are found."""
    due = Shipment.objects.filter(watch_at__lte=timezone.now()).order_by("watch_at")
    rows = due.values_list("pk", flat=True)[:500]
    (line,) = [line for line in rows.explain(analyze=True).splitlines() if "Scan" in line]
    assert "aftersale_parcel_watch" in line, line
    return line.strip()


CLAIMS = [
    Claim("sweep of 1 000 due among 1 000 000 over among 10 000", 1.3, sweep_ratio),
]
