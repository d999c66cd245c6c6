"""Reads that are worked out once per process: rows of a table under our own names."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import chain
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Tuple
from uuid import UUID

from django.db import connections
from django.db.models import QuerySet

#: Stands for the keys while a statement is worked out; no key and no filter has it.
_STANDS_FOR: Mapping[type, Any] = {
    int: 1_407_231_865,
    str: "the keys of this reading",
    UUID: UUID("f6dc9d3c-2c5c-4b0e-9a0e-52d0e5ba6f0d"),
}


class Statement(NamedTuple):
    """SQL and its parameters, as a cursor takes them."""

    sql: str
    parameters: List[Any]


Rows = List[Tuple[Any, ...]]


class Trip:
    """
    Statements that go to the database together, with the first answer that is wanted.

    A round trip takes longer than most of them. psycopg 3 tells the rows of each when it fills
    in the parameters itself, as Django has it do unless told otherwise; psycopg 2 tells the
    last one's alone, so that there each goes by itself.
    """

    def __init__(self, using: str) -> None:
        self._connection = connections[using]
        self._statements: List[Statement] = []
        self._answers: List[Rows] = []

    def ask(self, statement: Statement) -> Callable[[], Rows]:
        """What gives the rows of the statement; ask everything before calling any."""
        assert not self._answers, "This trip is over."
        place = len(self._statements)
        self._statements.append(statement)
        return lambda: self._answer(place)

    def _answer(self, place: int) -> Rows:
        if not self._answers:
            with self._connection.cursor() as cursor:
                self._answers = list(self._answered(cursor))
        return self._answers[place]

    def _answered(self, cursor: Any) -> Iterator[Rows]:
        tells_each = getattr(self._connection.Database, "ClientCursor", ())
        if not isinstance(cursor.cursor, tells_each):
            for statement in self._statements:
                cursor.execute(*statement)
                yield cursor.fetchall()
            return
        parts, parameters = zip(*self._statements)
        cursor.execute(";\n".join(parts), list(chain.from_iterable(parameters)))
        yield cursor.fetchall()
        while cursor.nextset():
            yield cursor.fetchall()


class Reading:
    """
    A query by keys whose statement Django works out once, and not with every page.

    That takes Django longer than it takes PostgreSQL to answer: see
    ``docs/decisions/0020-hot-reads-are-worked-out-once.md``.
    """

    def __init__(
        self, rows: Callable[[List[Any]], QuerySet], columns: Mapping[str, str], *, keys: type
    ) -> None:
        """
        Args:
            rows: the query for a list of keys, which it looks for by ``__in``.
            columns: our name -> the query's own, as for ``values_list``; no annotations.
            keys: their type: ``int``, ``str`` or ``UUID``.
        """
        self._rows = rows
        self._columns = columns
        self._mark = _STANDS_FOR[keys]
        self._worked_out = lru_cache(maxsize=None)(self._work_out)

    def ask(self, keys: Iterable[Any], trip: Trip) -> Callable[[], List[Dict[str, Any]]]:
        """What gives the rows of those keys under our names."""
        names = tuple(self._columns)
        rows = trip.ask(self.statement(keys))
        return lambda: [dict(zip(names, row)) for row in rows()]

    def statement(self, keys: Iterable[Any]) -> Statement:
        """What asks for those keys."""
        wanted = list(keys)
        sql, parameters = self._worked_out()
        return Statement(sql, [wanted if value is self._mark else value for value in parameters])

    def _work_out(self) -> Statement:
        rows = self._rows([self._mark]).values_list(*self._columns.values())
        assert not rows.query.annotation_select, "Some Djangos write annotations elsewhere."
        sql, parameters = rows.query.sql_with_params()
        parameters = [self._mark if value == self._mark else value for value in parameters]
        turns = iter(parameters)

        def placed(place: re.Match) -> str:
            return "= ANY(%s)" if next(turns) is self._mark else str(place.group())

        return Statement(re.sub(r"IN \(%s\)|%s", placed, sql), parameters)
