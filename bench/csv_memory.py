"""Peak memory of the table of return requests over many of them against few."""

from __future__ import annotations

import tracemalloc
from datetime import date

from django.db import connection

from bench.measure import Claim
from saleor_aftersale.host import db
from saleor_aftersale.returns import report_csv, reports
from saleor_aftersale.returns.models import ReturnRequest
from tests import factories
from tests.factories import CHANNEL, NOON

MANY, FEW = 1_000_000, 10_000

#: One request each second: as many days as that takes.
DAYS = 13

_REQUESTS = """
INSERT INTO saleor_aftersale_returnrequest (
    number, order_id, state, resolution, customer_note, decline_code, decline_note,
    submitted_at, answer_owed_by, assignee_ref, assignee_label, channel, search_text, updated_at)
SELECT 'M-' || i, %s, 'SUBMITTED', 'REFUND_ORIGINAL', '', '', '',
    %s::timestamptz + i * interval '1 second', '', '', '', %s, '', now()
FROM generate_series(1, %s) i
"""

_LINES = """
INSERT INTO saleor_aftersale_returnline (
    request_id, line_ref, product_name, sku, basis, reason, state, quantity, approved_quantity,
    received_quantity, accepted_quantity, unit_price, currency, grade, disposition, lost_value,
    inspection_note, warehouse_ref, booked_quantity)
SELECT id, '0', 'Kettle of steel', 'SKU-1', 'WITHDRAWAL', '', 'REQUESTED', 1, 0, 0, 0, 10,
    'EUR', '', '', 0, '', '', 0
FROM saleor_aftersale_returnrequest
"""


def memory_ratio() -> float:
    """
    Peak of what Python holds while the table is made, many requests over few.

    Traced, not resident: what Saleor itself takes to start would hide any growth.
    """
    peaks = []
    for number in (FEW, FEW, MANY):
        _fill(number)
        peaks.append(_peak_of_table(number))
    # The first run imports and warms caches.
    return peaks[2] / peaks[1]


def _peak_of_table(number: int) -> int:
    first = NOON.date()
    of = reports.period(first, date.fromordinal(first.toordinal() + DAYS), [CHANNEL])
    tracemalloc.start()
    lines = sum(part.count(b"\n") for part in report_csv.table(of, CHANNEL))
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert lines == number + 1, lines
    return peak


def _fill(number: int) -> None:
    factories.activate()
    record = factories.keep(factories.make_order(paid=False))
    with db.allow_writer(), connection.cursor() as cursor:
        ReturnRequest.objects.all().delete()
        cursor.execute(_REQUESTS, [record.pk, NOON, CHANNEL, number])
        cursor.execute(_LINES)
        cursor.execute("ANALYZE saleor_aftersale_returnrequest, saleor_aftersale_returnline")


CLAIMS = [Claim("peak memory of the CSV, 1 000 000 requests over 10 000", 1.3, memory_ratio)]
