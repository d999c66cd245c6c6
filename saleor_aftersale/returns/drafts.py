"""Drafts of return requests: checked when they are saved, decided when they are sent."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ..config import Settings
from ..values import Requester, raise_together
from . import lists
from .bases import Basis
from .history import check_permitted, locked_request, move
from .models import ReturnLine, ReturnRequest
from .states import Action, ReturnState
from .wish_faults import line_faults
from .wishes import (
    WishedLine,
    decided_lines,
    decisions_of,
    order_of,
    terms_of,
    wished_resolution,
)


def submit_draft(
    request_id: str, requester: Requester, settings: Settings, *, now: datetime
) -> ReturnRequest:
    """
    Send a draft: its moment of submission is ``now``, and everything is decided as of now.

    Raises:
        LineRefused: lines can't be returned as asked any more; the draft stays.
        TransitionNotAllowed: it is no draft.
    """
    with transaction.atomic():
        request = locked_request(request_id)
        check_permitted(request, Action.SUBMIT, requester)
        lines = list(request.lines.order_by("pk"))
        order = order_of(request.order)
        decisions = decisions_of(order, settings, now, without=request)
        wishes = [_wish(line) for line in lines]
        raise_together(line_faults(wishes, decisions))
        fresh = decided_lines(order, wishes, decisions)
        # As wished while that is offered: what a basis offers may have changed since.
        request.resolution = wished_resolution(request.resolution, fresh, decisions)
        for line, decided in zip(lines, fresh):
            _bring_up(line, decided)
        request.submitted_at = now
        request.search_text = lists.search_text_of(request, lines)
        reason = terms_of(lines)
        move(request, Action.SUBMIT, ReturnState.SUBMITTED, requester, reason=reason, now=now)
    return request


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
