"""Peak memory of the table of return requests over many of them against few."""

from __future__ import annotations

import resource
import sys
from datetime import date
from typing import Any, List, Mapping

from django.db import connection, transaction

from bench.measure import Claim
from saleor_aftersale.host import db
from saleor_aftersale.returns import report_csv, reports
from saleor_aftersale.returns.models import ReturnLine, ReturnRequest
from tests import factories
from tests.factories import CHANNEL, NOON

MANY, FEW = 1_000_000, 10_000

#: One request each second from the first one's on; so many days a million seconds take.
_MOMENT = "one.submitted_at + i * interval '1 second'"
DAYS = 13

#: What the process as a whole may grow by meanwhile, in kilobytes: tells of few large blocks.
_MOST_GROWTH = 64 * 1024


def memory_ratio() -> float:
    """
    Most blocks of memory alive while the table is made, many requests over few.

    Counted, not resident: what Saleor itself takes to start would hide any growth. Not
    traced either: that takes ten times as long.
    """
    factories.activate()
    with db.allow_writer():
        peaks = [_peak_of_table(number) for number in (FEW, FEW, MANY)]
    # The first run imports and warms caches.
    return peaks[2] / peaks[1]


def _peak_of_table(number: int) -> int:
    first = NOON.date()
    of = reports.period(first, date.fromordinal(first.toordinal() + DAYS), [CHANNEL])
    with transaction.atomic():
        _fill(number)
        resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        before, peak, lines = sys.getallocatedblocks(), 0, 0
        for part in report_csv.table(of, CHANNEL):
            peak = max(peak, sys.getallocatedblocks() - before)
            lines += part.count(b"\n")
        growth = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - resident
        # With the rows go the indexes that weren't there.
        transaction.set_rollback(True)
    assert lines == number + 1, lines
    assert growth < _MOST_GROWTH, growth
    return peak


def _fill(number: int) -> None:
    """That many requests of one line, as copies of one that was asked for in the usual way."""
    first = factories.ask(factories.delivered_order())
    line = first.lines.get()
    _drop_indexes()
    changed = {"number": "'M-' || i", "submitted_at": _MOMENT}
    _copy(ReturnRequest, first.pk, f"generate_series(1, {number}) i", changed)
    copies = "SELECT id FROM saleor_aftersale_returnrequest WHERE number LIKE 'M-%'"
    _copy(ReturnLine, line.pk, f"({copies}) copy", {"request_id": "copy.id"})
    ReturnRequest.objects.filter(pk=first.pk).update(channel="none")
    _run("CREATE INDEX bench_by_request ON saleor_aftersale_returnline (request_id)")
    _run(
        "CREATE INDEX bench_by_moment ON saleor_aftersale_returnrequest (channel, submitted_at, id)"
    )
    _run("ANALYZE saleor_aftersale_returnrequest, saleor_aftersale_returnline")


def _drop_indexes() -> None:
    """A million rows are written in seconds; the two that the table reads by come after."""
    _run("SET CONSTRAINTS ALL IMMEDIATE")
    for model in (ReturnRequest, ReturnLine):
        for name in _index_names(model):
            _run(f'DROP INDEX IF EXISTS "{name}"')


def _index_names(model: Any) -> List[str]:
    """Those that no constraint rests on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
            "WHERE i.indrelid = %s::regclass AND NOT i.indisunique",
            [model._meta.db_table],
        )
        return [name for (name,) in cursor.fetchall()]


def _copy(model: Any, key: int, rows: str, changed: Mapping[str, str]) -> None:
    names = [field.column for field in model._meta.concrete_fields if field.column != "id"]
    values = [changed.get(name, f"one.{name}") for name in names]
    _run(
        f"INSERT INTO {model._meta.db_table} ({', '.join(names)}) "
        f"SELECT {', '.join(values)} FROM {model._meta.db_table} one, {rows} "
        f"WHERE one.id = {key}"
    )


def _run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


CLAIMS = [Claim("peak memory of the CSV, 1 000 000 requests over 10 000", 1.3, memory_ratio)]
