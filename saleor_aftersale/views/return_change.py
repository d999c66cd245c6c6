"""The page on which a customer changes a request the shop hasn't decided about yet."""

from __future__ import annotations

from typing import Mapping

from django.http import HttpResponse
from django.utils import timezone

from .. import texts
from ..returns import changes, queries
from ..returns.models import ReturnRequest
from ..values import AftersaleError
from . import return_form, return_link, return_status
from .return_form import Filled
from .return_link import Opened


def show(opened: Opened, row: ReturnRequest) -> HttpResponse:
    """The form with what was asked for; of a request that can't be changed its own page."""
    if not return_status.may_change(row):
        return return_link.redirect(opened, row.number, status=302)
    return _form(opened, row, return_form.of_request(row))


def save(opened: Opened, row: ReturnRequest, form: Mapping[str, str]) -> HttpResponse:
    """Take the form; what couldn't be taken is shown again with its fault."""
    filled = return_form.read(form, opened.file.order)
    if filled.faults:
        return _form(opened, row, filled)
    try:
        changes.update_return(
            str(row.pk),
            opened.who,
            opened.settings,
            wishes=filled.wishes,
            note=filled.note,
            resolution=filled.resolution or None,
            now=timezone.now(),
        )
    except AftersaleError as error:
        faults = return_form.faults_of(error, filled.wishes)
        return _form(opened, row, filled._replace(faults=faults))
    return return_link.redirect(opened, row.number, status=303)


def _form(opened: Opened, row: ReturnRequest, filled: Filled) -> HttpResponse:
    order, others = opened.file.order, [other for other in opened.stated if other.pk != row.pk]
    with texts.in_language(opened.language):
        decisions = queries.decisions(
            order, opened.file.parcels, others, opened.settings, timezone.now()
        )
        context = {
            **return_form.context_of(order, decisions, filled, kept=row.lines.all()),
            "return_number": row.number,
            "is_open": True,
        }
        return return_link.page("return_start", opened, context, 400 if filled.faults else 200)
