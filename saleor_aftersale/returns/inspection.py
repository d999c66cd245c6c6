"""Judging what arrived: pieces accepted, their grade, what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Mapping, Optional, Sequence

from django.db import transaction

from ..host import orders
from ..values import NotFound, Requester
from .checks import InvalidInput, check_quantities, check_text
from .history import check_permitted, locked_request, move
from .line_states import LineState, judged, next_line_state
from .models import ReturnLine, ReturnRequest
from .states import Action, ReturnState


@dataclass(frozen=True)
class InspectedLine:
    """What the warehouse found in one line."""

    line_pk: int
    accepted_quantity: int
    grade: str = ""
    disposition: str = ""
    #: Needed for disposition RESTOCK.
    warehouse_ref: str = ""
    #: Share of the price lost by use, 0 to 1; needs a note.
    lost_value: Decimal = Decimal(0)
    note: str = ""


def inspect_return(
    request_id: str, requester: Requester, *, findings: Sequence[InspectedLine], now: datetime
) -> ReturnRequest:
    """
    Judge what arrived: pieces accepted, their grade, what becomes of them.

    Raises:
        InvalidInput: a received line is left out, more accepted than received, value
            taken off without a note, or a restock without a warehouse the shop has.
    """
    with transaction.atomic():
        request = locked_request(request_id)
        check_permitted(request, Action.INSPECT, requester)
        lines = {line.pk: line for line in request.lines.order_by("pk")}
        by_line = {finding.line_pk: finding for finding in findings}
        if len(by_line) < len(findings):
            raise InvalidInput("A line may be named once.", field="lines", code="DUPLICATED")
        accepted = {finding.line_pk: finding.accepted_quantity for finding in findings}
        limits = {line.pk: line.received_quantity for line in lines.values()}
        check_quantities(list(lines.values()), accepted, limits)
        missing = [pk for pk, line in lines.items() if line.received_quantity and pk not in by_line]
        if missing:
            raise InvalidInput("Judge every line that arrived.", field="lines", code="REQUIRED")
        for line in lines.values():
            _judge(line, by_line.get(line.pk))
        # Before the move: what hears of it reads the lines.
        ReturnLine.objects.bulk_update(lines.values(), _JUDGED)
        move(request, Action.INSPECT, ReturnState.INSPECTED, requester, now=now)
    return request


_JUDGED = (
    "state",
    "accepted_quantity",
    "grade",
    "disposition",
    "warehouse_ref",
    "lost_value",
    "inspection_note",
)


def _judge(line: ReturnLine, finding: Optional[InspectedLine]) -> None:
    if finding is None:
        if line.approved_quantity:
            _set_state(line, LineState.MISSING)
        return
    _check_finding(finding)
    line.accepted_quantity = finding.accepted_quantity
    line.grade, line.disposition = finding.grade, finding.disposition
    line.warehouse_ref = finding.warehouse_ref
    line.lost_value, line.inspection_note = finding.lost_value, finding.note
    is_reduced = bool(finding.lost_value)
    _set_state(line, judged(finding.accepted_quantity, is_reduced=is_reduced))


def _set_state(line: ReturnLine, wished: LineState) -> None:
    line.state = next_line_state(LineState(line.state), wished).value


def _check_finding(finding: InspectedLine) -> None:
    check_text(finding.note, "note")
    if finding.lost_value.is_nan() or not 0 <= finding.lost_value <= 1:
        raise InvalidInput("Lost value is a share from 0 to 1.", field="lost_value")
    if finding.lost_value and not finding.note.strip():
        raise InvalidInput(
            "Say in the note what was found: value can't be taken off without evidence.",
            field="note",
            code="REQUIRED",
        )
    if finding.disposition == "RESTOCK" and finding.accepted_quantity:
        if not finding.warehouse_ref:
            raise InvalidInput("Choose a warehouse.", field="warehouse_id", code="REQUIRED")
        if not orders.has_warehouse(finding.warehouse_ref):
            raise NotFound("There is no such warehouse.", field="warehouse_id")


def accept_unsent(lines: Sequence[ReturnLine], never_sent: Mapping[int, int]) -> None:
    """
    Accept withdrawn pieces that never left the shop, whatever was found of the others; once.

    Args:
        never_sent: by line key, see ``unsent.unsent_lines``.
    """
    for line in lines:
        if line.pk in never_sent and line.accepted_quantity <= line.received_quantity:
            if not line.accepted_quantity:
                _set_state(line, LineState.ACCEPTED)
            line.accepted_quantity += never_sent[line.pk]
    ReturnLine.objects.bulk_update(lines, ["accepted_quantity", "state"])


def accept_without_goods(lines: Sequence[ReturnLine]) -> None:
    """
    Accept approved lines whose goods didn't come: none are wanted back, or the carrier
    lost them. Their reception says so: nothing was received.
    """
    for line in lines:
        if line.approved_quantity and not line.received_quantity:
            line.accepted_quantity = line.approved_quantity
            _set_state(line, LineState.ACCEPTED)
    ReturnLine.objects.bulk_update(lines, ["accepted_quantity", "state"])
