"""A request changed after it was sent: other pieces or words, or taken up again at its end."""

from __future__ import annotations

from datetime import datetime
from typing import List, Optional, Sequence, Tuple

from django.db import transaction

from ..config import Settings
from ..values import Order, Requester, raise_together
from . import lists, messages, policy
from .bases import Basis
from .checks import check_text, faults_in
from .history import check_permitted, locked_request, move
from .line_states import LineState, next_line_state
from .models import ReturnLine, ReturnRequest
from .states import Action, ReturnState
from .threads import Kind
from .wish_faults import line_faults, resolution_faults
from .wishes import (
    LineRefused,
    WishedLine,
    decided_lines,
    decisions_of,
    order_of,
    terms_of,
)


def update_return(
    request_id: str,
    requester: Requester,
    settings: Settings,
    *,
    wishes: Optional[Sequence[WishedLine]] = None,
    note: Optional[str] = None,
    resolution: Optional[str] = None,
    now: datetime,
) -> ReturnRequest:
    """
    Change what a customer asks for, before the merchant has decided; the step tells how.

    What was asked for at first keeps its moment; more pieces or another basis are decided
    anew. The same change again writes nothing.

    Args:
        wishes: all lines as they are to be. None: as they are.
        note: None: as it is.
        resolution: what the customer wishes now. None: as before.

    Raises:
        InvalidInput: as in ``actions.submit_return``, all faults at once.
        LineRefused: likewise.
        TransitionNotAllowed: the merchant has decided, or somebody else asks.
    """
    with transaction.atomic():
        request = locked_request(request_id)
        check_permitted(request, Action.UPDATE, requester)
        before = list(request.lines.order_by("pk"))
        lines, faults = before, []
        if wishes is not None or resolution:
            order = order_of(request.order)
            decisions = decisions_of(order, settings, now, without=request)
            if wishes is not None:
                faults = line_faults(wishes, decisions, kept=before, is_draft=_is_draft(request))
                lines = before if faults else decided_lines(order, wishes, decisions)
            if not faults:
                faults = resolution_faults(resolution or "", lines, decisions)
        raise_together([*faults, *faults_in(check_text, note or "", "note")])
        terms = [] if _is_draft(request) else _new_terms(before, lines)
        changed = terms + _changes(before, lines)
        if resolution and resolution != request.resolution:
            changed.append(f"{request.resolution} -> {resolution}")
            request.resolution = resolution
        if note is not None and note != request.customer_note:
            changed.append(f"note, before: {request.customer_note}")
            request.customer_note = note
        if changed:
            lines = _replace(request, before, lines)
            request.search_text = lists.search_text_of(request, lines)
            state, reason = ReturnState(request.state), "; ".join(changed)
            move(request, Action.UPDATE, state, requester, reason=reason, now=now)
    return request


def _is_draft(request: ReturnRequest) -> bool:
    return request.state == ReturnState.DRAFT.value


def _new_terms(before: Sequence[ReturnLine], after: Sequence[ReturnLine]) -> List[str]:
    """Fees of what is asked for anew; those agreed before hold."""
    asked = {(line.line_ref, line.basis) for line in before}
    new = [line for line in after if (line.line_ref, line.basis) not in asked]
    text = terms_of(new)
    return [text] if text else []


def _said(line: ReturnLine) -> Tuple[str, int, str]:
    return line.basis, line.quantity, line.reason


def _changes(before: Sequence[ReturnLine], after: Sequence[ReturnLine]) -> List[str]:
    """What differs, in words."""
    old = {line.line_ref: line for line in before}
    new = {line.line_ref: line for line in after}
    changes = []
    for ref in dict.fromkeys([*old, *new]):
        was, is_now = old.get(ref), new.get(ref)
        name = (was or is_now).product_name  # type: ignore[union-attr]
        was_said = " ".join(map(str, _said(was))).strip() if was else "nothing"
        is_said = " ".join(map(str, _said(is_now))).strip() if is_now else "nothing"
        if was_said != is_said:
            changes.append(f"{name}: {was_said} -> {is_said}")
    return changes


def _replace(
    request: ReturnRequest, before: Sequence[ReturnLine], after: Sequence[ReturnLine]
) -> List[ReturnLine]:
    """Rows of lines that stay keep their key and price, and on the same basis the fee."""
    old = {line.line_ref: line for line in before}
    kept = []
    for line in after:
        row = old.pop(line.line_ref, line)
        row.request = request
        if row.basis != line.basis:
            row.fee_percent = line.fee_percent
        row.basis, row.quantity, row.reason = _said(line)
        row.save()
        kept.append(row)
    ReturnLine.objects.filter(pk__in=[line.pk for line in old.values()]).delete()
    return kept


def reopen_return(
    request_id: str, requester: Requester, settings: Settings, *, note: str, now: datetime
) -> ReturnRequest:
    """
    Take up a request that was completed or declined: it is decided again.

    The moment of submission stays. Goods that are here stay here and needn't be sent
    again; what was booked and paid stays booked and paid, and only more than that is
    booked and paid later.

    Raises:
        InvalidInput: no note that says why.
        LineRefused: the pieces are in another request by now; of each line.
        TransitionNotAllowed: it hasn't ended, or it has ended for good.
    """
    check_text(note, "note", is_required=True)
    with transaction.atomic():
        request = locked_request(request_id)
        check_permitted(request, Action.REOPEN, requester)
        lines = list(request.lines.order_by("pk"))
        _check_free(order_of(request.order), lines, settings, now)
        for line in lines:
            _start_again(line)
        ReturnLine.objects.bulk_update(lines, _STARTED_AGAIN)
        if not any(line.received_quantity for line in lines) and request.received_at:
            # The goods went back to the customer: they would have to be sent again.
            request.sent_at = request.received_at = None
        request.decline_code = request.decline_note = ""
        move(request, Action.REOPEN, ReturnState.REOPENED, requester, reason=note, now=now)
        move(request, Action.SUBMIT, ReturnState.SUBMITTED, requester, now=now)
        messages.write(request, Kind.MESSAGE, note, requester, now)
    return request


_STARTED_AGAIN = (
    "state",
    "approved_quantity",
    "received_quantity",
    "accepted_quantity",
    "lost_value",
    "disposition",
)


def _check_free(
    order: Order, lines: Sequence[ReturnLine], settings: Settings, now: datetime
) -> None:
    """An ended request holds only what was booked: the rest may be in another one."""
    decisions = decisions_of(order, settings, now)
    faults = []
    for place, line in enumerate(lines):
        decision = decisions.get(line.line_ref)
        free = _free(decision, Basis(line.basis)) if decision else 0
        if line.quantity - line.booked_quantity > free:
            why, field = "These pieces are in another request by now.", f"lines.{place}.quantity"
            faults.append(LineRefused(why, field=field, code="ALREADY_RETURNED"))
    raise_together(faults)


def _free(decision: policy.Decision, basis: Basis) -> int:
    """Pieces no other request holds; of those never sent only a withdrawal can speak."""
    if basis is Basis.WITHDRAWAL:
        return decision.quantity
    return decision.option(Basis.DELIVERY_PROBLEM).quantity


def _start_again(line: ReturnLine) -> None:
    line.state = next_line_state(LineState(line.state), LineState.REQUESTED).value
    line.approved_quantity = line.accepted_quantity = 0
    line.lost_value = 0
    if line.disposition == "SEND_BACK_TO_CUSTOMER":
        line.received_quantity, line.disposition = 0, ""
