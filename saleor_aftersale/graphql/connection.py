"""A Saleor-style connection by key set: page 10 000 costs what page 1 costs."""

from __future__ import annotations

import base64
import json
from typing import Any, List, NamedTuple, Optional, Tuple

from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_datetime
from graphql import GraphQLError

#: Saleor's own limit for one page.
MAX_PAGE = 100


class Edge(NamedTuple):
    """One row with the cursor that continues after it."""

    node: Any
    cursor: str


class PageInfo(NamedTuple):
    """Whether there is more, and where."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: Optional[str]
    end_cursor: Optional[str]


class Page(NamedTuple):
    """One page of a connection; the rows it was cut from are counted only when asked."""

    edges: List[Edge]
    page_info: PageInfo
    rows: QuerySet[Any]


def page_of(
    rows: QuerySet[Any],
    *,
    column: str,
    is_descending: bool,
    first: Optional[int] = None,
    last: Optional[int] = None,
    after: Optional[str] = None,
    before: Optional[str] = None,
) -> Page:
    """
    One page of rows ordered by a moment and then by key.

    Args:
        column: a moment that is never null.

    Raises:
        GraphQLError: neither or both of ``first`` and ``last``, more than 100, or a
            cursor that isn't one.
    """
    size = _size(first, last)
    matching = rows
    if after:
        matching = matching.filter(_beyond(_read(after), column, is_descending))
    if before:
        matching = matching.filter(_beyond(_read(before), column, not is_descending))
    backwards = first is None
    sign = "-" if is_descending != backwards else ""
    found = list(matching.order_by(sign + column, sign + "pk")[: size + 1])
    has_more = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()
    edges = [Edge(row, _cursor(row, column)) for row in found]
    return Page(
        edges,
        PageInfo(
            has_next_page=bool(before) if backwards else has_more,
            has_previous_page=has_more if backwards else bool(after),
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
        rows,
    )


def _size(first: Optional[int], last: Optional[int]) -> int:
    if (first is None) == (last is None):
        raise GraphQLError("Give either `first` or `last`.")
    size = first if first is not None else last
    if size is None or not 1 <= size <= MAX_PAGE:
        raise GraphQLError(f"`first` and `last` go from 1 to {MAX_PAGE}.")
    return size


def _cursor(row: Any, column: str) -> str:
    values = [getattr(row, column).isoformat(), row.pk]
    return base64.b64encode(json.dumps(values).encode()).decode()


def _read(cursor: str) -> Tuple[Any, int]:
    try:
        text, key = json.loads(base64.b64decode(cursor, validate=True))
        moment = parse_datetime(text)
    except (ValueError, TypeError, RecursionError):
        moment, key = None, None
    if moment is None or moment.tzinfo is None or not isinstance(key, int):
        raise GraphQLError("Received cursor is invalid.")
    return moment, key


def _beyond(position: Tuple[Any, int], column: str, is_descending: bool) -> Q:
    moment, key = position
    way = "lt" if is_descending else "gt"
    # The first condition is implied by the second; it is what the index can use.
    return Q(**{f"{column}__{way}e": moment}) & (
        Q(**{f"{column}__{way}": moment}) | Q(**{column: moment, f"pk__{way}": key})
    )
