"""Drafts of return requests: checked when they are saved, decided when they are sent."""

from __future__ import annotations

from datetime import datetime
from typing import Dict, Sequence

from django.db import transaction

from ..config import Settings
from ..values import Requester
from . import lists
from .bases import Basis
from .checks import InvalidInput
from .history import check_permitted, locked_request, move
from .models import ReturnLine, ReturnRequest
from .policy import Decision
from .states import Action, ReturnState
from .wishes import (
    WishedLine,
    decided_lines,
    decisions_of,
    order_of,
    terms_of,
    wished_resolution,
)


def check_draft(wishes: Sequence[WishedLine]) -> None:
    """
    Check that lines may wait: the ground of each is named, and none is a withdrawal.

    Raises:
        InvalidInput: with the code ``REQUIRED`` or ``NOT_LAWFUL``.

    Source: Directive 2011/83/EU Art. 11(1): a withdrawal is a statement, made or not made.
    """
    if any(wish.basis is None for wish in wishes):
        # The proposed one is a withdrawal as long as that is open: nobody's wish to wait.
        raise InvalidInput("Name the basis of each line.", field="basis", code="REQUIRED")
    if any(wish.basis is Basis.WITHDRAWAL for wish in wishes):
        raise InvalidInput(
            "A withdrawal counts from when it is stated: state it, don't save it.",
            field="basis",
            code="NOT_LAWFUL",
        )


def submit_draft(
    request_id: str, requester: Requester, settings: Settings, *, now: datetime
) -> ReturnRequest:
    """
    Send a draft: its moment of submission is ``now``, and everything is decided as of now.

    Raises:
        LineRefused: a line can't be returned as asked any more; the draft stays.
        TransitionNotAllowed: it is no draft.
    """
    with transaction.atomic():
        request = locked_request(request_id)
        check_permitted(request, Action.SUBMIT, requester)
        lines = list(request.lines.order_by("pk"))
        order = order_of(request.order)
        decisions = decisions_of(order, settings, now, without=request)
        fresh = decided_lines(order, [_wish(line) for line in lines], decisions)
        request.resolution = _resolution(request, fresh, decisions)
        for line, decided in zip(lines, fresh):
            _bring_up(line, decided)
        request.submitted_at = now
        request.search_text = lists.search_text_of(request, lines)
        reason = terms_of(lines)
        move(request, Action.SUBMIT, ReturnState.SUBMITTED, requester, reason=reason, now=now)
    return request


def _resolution(
    request: ReturnRequest, lines: Sequence[ReturnLine], decisions: Dict[str, Decision]
) -> str:
    """As wished while that is offered; lines may have got another basis since."""
    try:
        return wished_resolution(request.resolution, lines, decisions)
    except InvalidInput:
        return wished_resolution("", lines, decisions)


def _wish(line: ReturnLine) -> WishedLine:
    return WishedLine(line.line_ref, line.quantity, Basis(line.basis), line.reason)


def _bring_up(line: ReturnLine, decided: ReturnLine) -> None:
    """Names, prices and fees as they are today."""
    for name in ("product_name", "sku", "unit_price", "currency", "fee_percent"):
        setattr(line, name, getattr(decided, name))
    line.save()


def discard_draft(request_id: str, requester: Requester) -> None:
    """
    Delete a draft with all that belongs to it.

    Raises:
        TransitionNotAllowed: it is no draft.
    """
    with transaction.atomic():
        request = locked_request(request_id)
        check_permitted(request, Action.DISCARD, requester)
        request.delete()
