"""Reads that are worked out once per process: rows of a table under our own names."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Callable, Dict, Iterable, List, Mapping, Tuple
from uuid import UUID

from django.db import connections
from django.db.models import QuerySet

#: Stands for the keys while a statement is worked out; no key and no filter has it.
_STANDS_FOR: Mapping[type, Any] = {
    int: 1_407_231_865,
    str: "the keys of this reading",
    UUID: UUID("f6dc9d3c-2c5c-4b0e-9a0e-52d0e5ba6f0d"),
}


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
            columns: our name -> the query's own, as for ``values_list``; annotations last,
                in their own order: some Djangos write them there wherever they are named.
            keys: their type: ``int``, ``str`` or ``UUID``.
        """
        self._rows = rows
        self._columns = columns
        self._mark = _STANDS_FOR[keys]
        self._statement = lru_cache(maxsize=None)(self._work_out)

    def __call__(self, keys: Iterable[Any], *, using: str) -> List[Dict[str, Any]]:
        """The rows of those keys under our names; one query."""
        names = tuple(self._columns)
        return [dict(zip(names, row)) for row in self.tuples(keys, using=using)]

    def tuples(self, keys: Iterable[Any], *, using: str) -> List[Tuple[Any, ...]]:
        """The same rows without names."""
        wanted = list(keys)
        sql, parameters = self._statement()
        with connections[using].cursor() as cursor:
            cursor.execute(sql, [wanted if value is self._mark else value for value in parameters])
            rows: List[Tuple[Any, ...]] = cursor.fetchall()
        return rows

    def _work_out(self) -> Tuple[str, List[Any]]:
        rows = self._rows([self._mark]).values_list(*self._columns.values())
        annotated = tuple(rows.query.annotation_select)
        assert tuple(self._columns.values())[len(self._columns) - len(annotated) :] == annotated
        sql, parameters = rows.query.sql_with_params()
        parameters = [self._mark if value == self._mark else value for value in parameters]
        turns = iter(parameters)

        def placed(place: re.Match) -> str:
            return "= ANY(%s)" if next(turns) is self._mark else str(place.group())

        return re.sub(r"IN \(%s\)|%s", placed, sql), parameters
