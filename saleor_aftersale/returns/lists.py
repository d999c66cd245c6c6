"""Lists of return requests for staff: what narrows them, in ways an index can follow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import FrozenSet, Optional, Sequence

from django.db.models import QuerySet

from ..values import is_storable
from .models import ReturnLine, ReturnRequest
from .states import ReturnState

#: Shorter words have no trigram: they are only looked up as whole numbers.
MIN_WORD = 3
MAX_WORDS = 100


@dataclass(frozen=True)
class Wanted:
    """What a list is narrowed to; None: not by this. All conditions hold at once."""

    #: None: all but drafts.
    states: Optional[Sequence[str]] = None
    channels: Optional[Sequence[str]] = None
    basis: Optional[str] = None
    reason: Optional[str] = None
    submitted_after: Optional[datetime] = None
    submitted_before: Optional[datetime] = None
    #: The merchant's next deadline is before that moment.
    due_before: Optional[datetime] = None
    #: Exact mailbox, case ignored.
    customer: Optional[str] = None
    #: The host's id of a staff member as text.
    assignee_ref: Optional[str] = None
    is_assigned: Optional[bool] = None
    #: ``CUSTOMER`` or ``MERCHANT``.
    answer_owed_by: Optional[str] = None
    #: Part of a number, of the order's number, a mailbox, a product, a note.
    search: Optional[str] = None


def search_text_of(request: ReturnRequest, lines: Sequence[ReturnLine]) -> str:
    """What a search looks through, in lower case, a line each."""
    record = request.order
    words = [request.number, record.number, record.customer_email]
    words += [word for line in lines for word in (line.product_name, line.sku)]
    return "\n".join([*words, request.customer_note]).lower()


def narrowed(
    rows: QuerySet[ReturnRequest], wanted: Wanted, *, channels: Optional[FrozenSet[str]] = None
) -> QuerySet[ReturnRequest]:
    """
    Rows that fit.

    Args:
        channels: those the person may see; None: all.
    """
    if channels is not None:
        rows = rows.filter(channel__in=channels)
    if wanted.channels is not None:
        rows = rows.filter(channel__in=[slug for slug in wanted.channels if is_storable(slug)])
    if wanted.states is not None:
        rows = rows.filter(state__in=wanted.states)
    else:
        rows = rows.exclude(state=ReturnState.DRAFT.value)
    rows = _by_lines(rows, wanted)
    rows = _by_moments(rows, wanted)
    rows = _by_people(rows, wanted)
    return _by_words(rows, wanted.search)


def _by_lines(rows: QuerySet[ReturnRequest], wanted: Wanted) -> QuerySet[ReturnRequest]:
    conditions = {"basis": wanted.basis, "reason": wanted.reason}
    for column, value in conditions.items():
        if value is not None:
            fitting = ReturnLine.objects.using(rows.db).filter(**{column: value})
            rows = rows.filter(pk__in=fitting.values("request_id"))
    return rows


def _by_moments(rows: QuerySet[ReturnRequest], wanted: Wanted) -> QuerySet[ReturnRequest]:
    if wanted.submitted_after is not None:
        rows = rows.filter(submitted_at__gte=wanted.submitted_after)
    if wanted.submitted_before is not None:
        rows = rows.filter(submitted_at__lt=wanted.submitted_before)
    if wanted.due_before is not None:
        rows = rows.filter(due_at__lt=wanted.due_before)
    return rows


def _by_people(rows: QuerySet[ReturnRequest], wanted: Wanted) -> QuerySet[ReturnRequest]:
    if wanted.customer is not None:
        mailbox = wanted.customer.strip().lower()
        if not is_storable(mailbox):
            return rows.none()
        rows = rows.filter(order__customer_email=mailbox)
    if wanted.assignee_ref is not None:
        rows = rows.filter(assignee_ref=wanted.assignee_ref)
    if wanted.is_assigned is not None:
        unassigned = {"assignee_ref": ""}
        rows = rows.exclude(**unassigned) if wanted.is_assigned else rows.filter(**unassigned)
    if wanted.answer_owed_by is not None:
        rows = rows.filter(answer_owed_by=wanted.answer_owed_by)
    return rows


def _by_words(rows: QuerySet[ReturnRequest], search: Optional[str]) -> QuerySet[ReturnRequest]:
    """A whole number finds its own; else every word has to be there, wherever."""
    text = (search or "").strip().lower()[:MAX_WORDS]
    if not is_storable(text):
        return rows.none()
    for whole in ({"number": text.upper()}, {"order__number": text}):
        # Trigrams of a number are in every other number too: its own index is faster.
        if text and rows.filter(**whole).exists():
            return rows.filter(**whole)
    for word in text.split():
        if len(word) < MIN_WORD:
            rows = rows.filter(order__number=word)
        else:
            rows = rows.filter(search_text__contains=word)
    return rows
