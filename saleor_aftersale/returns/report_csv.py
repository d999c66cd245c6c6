"""Return requests as a table for spreadsheets, line by line, with constant memory."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any, Iterator, List, Optional, Sequence, Tuple

from django.db import connections

from ..host import db
from .export import formula_safe
from .reports import Period
from .states import RefundState

#: Requests read at a time: each chunk is a query of its own, no cursor stays open.
CHUNK = 1000

#: Excel takes a file for UTF-8 only when it starts so.
BOM = "\ufeff"

COLUMNS = (
    "request",
    "order",
    "channel",
    "submitted_at_utc",
    "received_at_utc",
    "state",
    "resolution",
    "product",
    "sku",
    "basis",
    "reason",
    "line_state",
    "quantity",
    "approved_quantity",
    "received_quantity",
    "accepted_quantity",
    "unit_price",
    "currency",
    # Of the whole request, with its first line only: so a sum over the column is right.
    "request_refunded",
    "request_refunded_at_utc",
)

# By key set: the last chunk costs what the first one costs.
_CHUNK_SQL = """
WITH asked AS (
    SELECT id, number, order_id, channel, submitted_at, received_at, state, resolution
    FROM saleor_aftersale_returnrequest
    WHERE channel = %(channel)s AND submitted_at < %(ends_at)s AND state <> 'DRAFT'
        AND (submitted_at, id) > (%(after)s, %(after_id)s)
    ORDER BY submitted_at, id LIMIT %(limit)s
), paid AS (
    SELECT request_id, SUM(amount) AS amount, MAX(settled_at) AS paid_at
    FROM saleor_aftersale_refund
    WHERE state = %(settled)s AND request_id IN (SELECT id FROM asked)
    GROUP BY 1
)
SELECT asked.submitted_at, asked.id,
    asked.number, record.number, asked.channel, asked.submitted_at, asked.received_at,
    asked.state, asked.resolution, line.product_name, line.sku, line.basis, line.reason,
    line.state, line.quantity, line.approved_quantity, line.received_quantity,
    line.accepted_quantity, line.unit_price, line.currency, paid.amount, paid.paid_at
FROM asked
JOIN saleor_aftersale_orderrecord record ON record.id = asked.order_id
LEFT JOIN saleor_aftersale_returnline line ON line.request_id = asked.id
LEFT JOIN paid ON paid.request_id = asked.id
ORDER BY asked.submitted_at, asked.id, line.id
"""

Row = Tuple[Any, ...]


def table(of: Period, channel: str, *, using: str = "default") -> Iterator[bytes]:
    """The whole table as UTF-8, in pieces of some hundred kilobytes at most."""
    yield (BOM + _text([COLUMNS])).encode()
    after: Tuple[datetime, int] = (of.starts_at, -1)
    while True:
        rows = _chunk(of, channel, after, using)
        if not rows:
            return
        after = (rows[-1][0], rows[-1][1])
        yield _text(_cells(rows)).encode()


def _chunk(of: Period, channel: str, after: Tuple[datetime, int], using: str) -> List[Row]:
    parameters = {
        "channel": channel,
        "ends_at": of.ends_at,
        "after": after[0],
        "after_id": after[1],
        "limit": CHUNK,
        "settled": RefundState.SETTLED.value,
    }
    # Asked for with each chunk: the request that began the answer is over by then.
    with db.allow_writer(), connections[using].cursor() as cursor:
        cursor.execute(_CHUNK_SQL, parameters)
        return list(cursor.fetchall())


def _cells(rows: Sequence[Row]) -> Iterator[List[Any]]:
    last_id: Optional[int] = None
    for _submitted_at, request_id, *cells in rows:
        if request_id == last_id:
            cells[-2:] = [None, None]
        last_id = request_id
        yield [cell_of(value) for value in cells]


def cell_of(value: Any) -> Any:
    """
    A value as a spreadsheet must read it.

    Texts that would be run as a formula get an apostrophe, which spreadsheets don't show;
    numbers stay numbers, also negative ones.
    """
    if isinstance(value, str):
        return formula_safe(value)
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
    return value


def _text(rows: Any) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()
