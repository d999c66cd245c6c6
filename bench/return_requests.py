"""A list of 1 000 000 return requests against the same of 10 000: pages and filters."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache, partial
from typing import Any, Dict, List, Optional

from django.db import connection

from bench.measure import Claim, ratio_in_turns
from saleor_aftersale.graphql import connection as pages
from saleor_aftersale.host import db
from saleor_aftersale.returns import lists, queries
from saleor_aftersale.returns.lists import Wanted
from saleor_aftersale.returns.models import ReturnLine, ReturnRequest
from saleor_aftersale.tracking.models import OrderRecord
from tests.factories import NOON

FEW, MANY = 10_000, 1_000_000

PAGE = 50

#: Of each table: the few lie in a schema of their own, with the same indices.
_TABLES = [model._meta.db_table for model in (OrderRecord, ReturnRequest, ReturnLine)]
_SMALL = "bench_few"
_SEARCH = (
    f"WHERE schemaname = %s AND tablename = '{_TABLES[1]}' AND indexdef LIKE '%% USING gin %%'"
)

#: One in 200 is open, the newest; the rest is history. Ten channels, fifty clerks.
_FILL = """
INSERT INTO {orders} (id, order_ref, number, channel, customer_email, customer_name, user_ref,
    language, country, shipping_method, currency, placed_at, link_generation,
    created_at, updated_at)
SELECT n, 'bench-' || n, (100000 + n)::text, 'channel-' || n %% 10, 'c' || n || '@example.com',
    'Customer', '', 'en', 'PL', '', 'EUR', %(now)s, 1, %(now)s, %(now)s
FROM generate_series(1, %(count)s) AS n;

INSERT INTO {requests} (id, number, order_id, state, resolution, customer_note, decline_code,
    decline_note, submitted_at, due_at, answer_owed_by, assignee_ref, assignee_label, channel,
    search_text, updated_at)
SELECT n, 'R-2026-' || lpad(n::text, 7, '0'), n,
    CASE WHEN n > %(count)s * 0.995 THEN 'SUBMITTED' ELSE 'COMPLETED' END,
    'REFUND_ORIGINAL', 'Too heavy', '', '',
    %(now)s - (%(count)s - n) * interval '1 minute',
    CASE WHEN n > %(count)s * 0.995 THEN %(now)s - (%(count)s - n) * interval '1 minute' END,
    '', (n %% 50)::text, 'clerk@example.com', 'channel-' || n %% 10,
    'r-2026-' || lpad(n::text, 7, '0') || chr(10) || (100000 + n) || chr(10)
        || 'c' || n || '@example.com' || chr(10) || 'kettle' || chr(10) || 'too heavy',
    %(now)s - (%(count)s - n) * interval '1 minute'
FROM generate_series(1, %(count)s) AS n;

INSERT INTO {lines} (id, request_id, line_ref, product_name, sku, basis, reason, state, quantity,
    approved_quantity, received_quantity, accepted_quantity, unit_price, currency, grade,
    disposition, lost_value, inspection_note, warehouse_ref, booked_quantity,
    fee_percent)
SELECT n, n, 'bench-' || n, 'Kettle', 'SKU',
    CASE WHEN n %% 20 = 0 THEN 'NON_CONFORMITY' ELSE 'WITHDRAWAL' END,
    CASE WHEN n %% 50 = 0 THEN 'WRONG_ITEM' ELSE 'CHANGED_MIND' END,
    'RESOLVED', 1, 1, 1, 1, 10, 'EUR', '', '', 0, '', '', 1, 0
FROM generate_series(1, %(count)s) AS n;

SELECT setval(pg_get_serial_sequence('{orders}', 'id'), (SELECT max(id) FROM {orders})),
    setval(pg_get_serial_sequence('{requests}', 'id'), %(count)s),
    setval(pg_get_serial_sequence('{lines}', 'id'), %(count)s);
"""


@lru_cache(maxsize=1)
def _fill() -> None:
    """Both sizes: the many where the app looks, the few where a search path leads."""
    with db.allow_writer(), connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {_SMALL}")
        for table in _TABLES:
            cursor.execute(f"CREATE TABLE {_SMALL}.{table} (LIKE public.{table} INCLUDING ALL)")
            cursor.execute(f"TRUNCATE public.{table} CASCADE")
        for schema, count in ((_SMALL, FEW), ("public", MANY)):
            names = dict(
                zip(("orders", "requests", "lines"), (f"{schema}.{name}" for name in _TABLES))
            )
            # Filled first and indexed then: ten times as fast.
            cursor.execute(f"SELECT indexname, indexdef FROM pg_indexes {_SEARCH}", [schema])
            ((index, definition),) = cursor.fetchall()
            cursor.execute(f"DROP INDEX {schema}.{index}")
            for statement in _FILL.format(**names).split(";\n"):
                if statement.strip():
                    cursor.execute(statement, {"count": count, "now": NOON})
            cursor.execute(definition)
        for table in _TABLES:
            cursor.execute(f"ANALYZE public.{table}")
            cursor.execute(f"ANALYZE {_SMALL}.{table}")


def _look_at(schema: str) -> None:
    with db.allow_writer(), connection.cursor() as cursor:
        cursor.execute(f"SET search_path = {schema}, public")


def _page(
    wanted: Wanted, *, column: str = "submitted_at", after: Optional[str] = None
) -> pages.Page:
    with db.allow_writer():
        rows = lists.narrowed(ReturnRequest.objects.all(), wanted)
        if column == "due_at":
            rows = rows.filter(due_at__isnull=False)
        rows = queries.with_details(rows, using="default")
        found = pages.page_of(
            rows, column=column, is_descending=column != "due_at", first=PAGE, after=after
        )
    assert found.edges, wanted
    return found


def _ratio(wanted: Wanted, **more: Any) -> float:
    _fill()
    return ratio_in_turns(
        lambda: _page(wanted, **more),
        lambda: _page(wanted, **more),
        rounds=15,
        before_ours=lambda: _look_at("public"),
        before_theirs=lambda: _look_at(_SMALL),
    )


def deep_ratio() -> float:
    """Page 10 000 of the many over page 100 of the few, both by cursor."""
    _fill()
    cursors = {}
    for schema, skipped in (("public", 10_000 * PAGE), (_SMALL, 100 * PAGE)):
        _look_at(schema)
        with db.allow_writer():
            row = ReturnRequest.objects.order_by("-submitted_at", "-pk")[skipped]
        cursors[schema] = pages._cursor(row, "submitted_at")
    return ratio_in_turns(
        lambda: _page(Wanted(), after=cursors["public"]),
        lambda: _page(Wanted(), after=cursors[_SMALL]),
        rounds=15,
        before_ours=lambda: _look_at("public"),
        before_theirs=lambda: _look_at(_SMALL),
    )


_LATE = NOON - timedelta(days=1)

#: Everything is found in both sizes.
FILTERS: Dict[str, Wanted] = {
    "none": Wanted(),
    "state": Wanted(states=["SUBMITTED"]),
    "channel": Wanted(channels=["channel-3"]),
    "basis": Wanted(basis="NON_CONFORMITY"),
    "reason": Wanted(reason="WRONG_ITEM"),
    "age": Wanted(submitted_before=_LATE),
    "customer": Wanted(customer="c77@example.com"),
    "assignee": Wanted(assignee_ref="7"),
    "number": Wanted(search="r-2026-0000077"),
    "words": Wanted(search="kettle heavy"),
}


def _claims() -> List[Claim]:
    def claim(name: str, wanted: Wanted, **more: Any) -> Claim:
        measure = partial(_ratio, wanted, **more)
        return Claim(f"returnRequests, {name}: 1 000 000 over 10 000", 1.3, measure)

    return [claim(name, wanted) for name, wanted in FILTERS.items()] + [
        claim("due before", Wanted(due_before=NOON), column="due_at"),
        Claim("returnRequests, page 10 000: 1 000 000 over 10 000", 1.3, deep_ratio),
    ]


CLAIMS = _claims()
