"""The table of return requests for spreadsheets, behind a signed link."""

from __future__ import annotations

from typing import Any, AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone

from ..access import ExpiredLink, InvalidLink
from ..returns import report_csv, report_links
from . import answers

#: Ends what ``next`` gives.
_END = object()


def returns_table(request: HttpRequest, token: str, channel: str) -> HttpResponse:
    """``reports/returns/<token>``: streamed, so that it needs no more memory for more rows."""
    try:
        claims = report_links.read_table(token, timezone.now())
    except (InvalidLink, ExpiredLink) as error:
        return answers.message(channel, error.code, status=403)
    if claims.channel != channel:
        return answers.not_found(channel)
    rows = report_csv.table(claims.period, claims.channel)
    response = StreamingHttpResponse(
        [] if request.method == "HEAD" else _streamed(request, rows),
        content_type="text/csv; charset=utf-8",
    )
    name = f"returns-{claims.period.first}-{claims.period.last}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response["X-Robots-Tag"] = "noindex"
    return response


def _streamed(request: HttpRequest, parts: Iterator[bytes]) -> Any:
    """
    The parts in the kind of iterator that the server takes one by one.

    Under ASGI, Django since 4.2 collects an ordinary one in memory before it sends anything.
    """
    is_async = hasattr(request, "scope") and hasattr(StreamingHttpResponse, "__aiter__")
    return _one_by_one(parts) if is_async else parts


async def _one_by_one(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    while True:
        part: Any = await sync_to_async(next)(parts, _END)
        if part is _END:
            return
        yield part
