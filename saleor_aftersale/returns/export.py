"""The whole file of a return request as JSON and as a page, to be checked without the shop."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime
from typing import Any, Dict, List, Mapping, Optional, Sequence

from django.conf import settings
from django.db.models import Model
from django.template.loader import render_to_string
from django.utils.dateparse import parse_datetime

from . import chain
from .chain import Step
from .history import step_of
from .models import ReturnRequest

#: Raised when the file's shape changes.
FORMAT = 1

#: Columns that only serve lists.
_LEFT_OUT = frozenset({"search_text", "idempotency_key"})

#: A spreadsheet takes a cell that starts so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class NotAFile(ValueError):
    """It isn't a file we wrote, or it was changed; its text says which."""


def file_of(request: ReturnRequest, now: datetime) -> Dict[str, Any]:
    """
    Everything kept of a request as JSON values, with its chain of steps.

    The signature is made with the shop's secret key: whoever doesn't know it can change
    nothing unnoticed, also where the chain doesn't reach.
    """
    content = {
        "format": FORMAT,
        "exported_at": now.isoformat(),
        "request": _row(request),
        "order": _row(request.order),
        "lines": _rows(request.lines.order_by("pk")),
        "messages": _rows(request.messages.order_by("pk")),
        "parcels": _rows(request.parcels.order_by("pk")),
        "refunds": _rows(request.refunds.order_by("pk")),
        "withdrawals": _rows(request.withdrawals.order_by("pk")),
        "steps": [
            dict(step._asdict(), occurred_at=step.occurred_at.isoformat())
            for step in map(step_of, request.transitions.order_by("position"))
        ],
    }
    return dict(content, signature=_signature(content))


def _rows(rows: Sequence[Model]) -> List[Dict[str, Any]]:
    return [_row(row) for row in rows]


def _row(row: Model) -> Dict[str, Any]:
    fields = [field.attname for field in row._meta.concrete_fields]
    return {name: _plain(getattr(row, name)) for name in fields if name not in _LEFT_OUT}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if value is None or isinstance(value, (str, int, bool, list, dict)):
        return value
    return str(value)


def _signature(content: Mapping[str, Any]) -> str:
    said = json.dumps(content, sort_keys=True).encode()
    return hmac.new(settings.SECRET_KEY.encode(), said, hashlib.sha256).hexdigest()


def check_file(text: str) -> str:
    """
    Check a file that ``file_of`` made; asks no database.

    Returns:
        The request's number.

    Raises:
        NotAFile: it is none, a step of its chain was changed, or anything else was.
    """
    try:
        content = json.loads(text)
        steps = [_step(step) for step in content["steps"]]
        number, state = content["request"]["number"], content["request"]["state"]
        signature = content.pop("signature")
    except (ValueError, KeyError, TypeError, AttributeError):
        raise NotAFile("This is no file of a return request.") from None
    broken = chain.first_broken(steps)
    if broken is not None or not steps:
        raise NotAFile(f"{number}: step {broken or 1} was changed after it was written.")
    if steps[-1].after != state:
        raise NotAFile(f"{number}: the last steps are missing.")
    if not hmac.compare_digest(str(signature), _signature(content)):
        raise NotAFile(
            f"{number}: the steps are intact, but something else was changed, or the file was "
            "made with another secret key."
        )
    return str(number)


def _step(said: Mapping[str, Any]) -> Step:
    occurred_at = parse_datetime(said["occurred_at"])
    if occurred_at is None:
        raise ValueError("no moment")
    return Step(**{**said, "occurred_at": occurred_at})


def page_of(content: Mapping[str, Any]) -> str:
    """The same as a page to read and print; nothing in it is run, by browser or spreadsheet."""
    groups = [
        (title, _cells(rows if isinstance(rows, list) else [rows]))
        for title, rows in content.items()
        if isinstance(rows, (list, dict)) and rows
    ]
    context = {"number": content["request"]["number"], "content": content, "groups": groups}
    return render_to_string("saleor_aftersale/pages/return_file.html", context)


def _cells(rows: Sequence[Mapping[str, Any]]) -> List[List[Dict[str, str]]]:
    return [
        [{"name": name, "value": formula_safe(value)} for name, value in row.items()]
        for row in rows
    ]


def formula_safe(value: Optional[Any]) -> str:
    """A value as text that no spreadsheet runs: what starts like a formula gets an apostrophe."""
    text = "" if value is None else str(value)
    return "'" + text if text.startswith(_FORMULA) else text
