"""Writes of returns: submit, approve, decline, cancel, receive."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Mapping, Optional, Sequence

from django.db import transaction

from ..config import Settings, settings_of
from ..tracking.models import OrderRecord
from ..values import Requester, raise_together
from . import lists, noticing, numbers, policy, unsent
from .bases import Basis
from .checks import InvalidInput, check_quantities, check_text, faults_in
from .history import check_permitted, has_withdrawal, locked_request, move
from .line_states import LineState, next_line_state
from .models import ReturnLine, ReturnRequest
from .states import PERSON, Action, ReturnState, TransitionNotAllowed
from .wish_faults import line_faults, resolution_faults
from .wishes import (
    LineRefused,
    WishedLine,
    decided_lines,
    decisions_of,
    order_of,
    terms_of,
    wished_resolution,
)

__all__ = [
    "InvalidInput",
    "LineRefused",
    "WishedLine",
    "approve_return",
    "cancel_return",
    "check_text",
    "decline_return",
    "receive_return",
    "submit_return",
]


def submit_return(
    record: OrderRecord,
    wishes: Sequence[WishedLine],
    requester: Requester,
    settings: Settings,
    *,
    note: str = "",
    resolution: str = "",
    idempotency_key: Optional[str] = None,
    is_draft: bool = False,
    now: datetime,
) -> ReturnRequest:
    """
    Take a customer's return request; the moment of submission is ``now``.

    The order is locked first, so that two requests can't both get the last piece. The
    same ``idempotency_key`` gives back the first request and writes nothing.

    Args:
        resolution: what the customer wishes for all lines; empty: the first they all offer.
        is_draft: only save it, see ``drafts``; then each line names its basis.

    Raises:
        InvalidInput: no lines, a quantity below 1, a line named twice, too long a text,
            or a resolution that isn't offered for all of the lines; all faults at once.
        LineRefused: a line isn't of this order or can't be returned as asked; likewise.
    """
    key_faults = faults_in(_check_key, idempotency_key)
    with transaction.atomic():
        record = OrderRecord.objects.select_for_update().get(pk=record.pk)
        earlier = None if key_faults else _earlier(record, idempotency_key)
        if earlier:
            return earlier
        order = order_of(record)
        decisions = decisions_of(order, settings, now)
        faults = line_faults(wishes, decisions, is_draft=is_draft)
        lines = [] if faults else decided_lines(order, wishes, decisions)
        faults += resolution_faults(resolution, lines, decisions)
        raise_together([*faults, *faults_in(check_text, note, "note"), *key_faults])
        request = ReturnRequest.objects.create(
            number=f"new-{uuid.uuid4().hex[:24]}",
            order=record,
            channel=record.channel,
            state="",
            resolution=wished_resolution(resolution, lines, decisions),
            customer_note=note,
            idempotency_key=idempotency_key,
            submitted_at=now,
        )
        request.number = numbers.number_of(
            settings.return_number_format, year=now.year, key=request.pk
        )
        _keep_lines(request, lines)
        after = ReturnState.DRAFT if is_draft else ReturnState.SUBMITTED
        reason = "" if is_draft else terms_of(lines)
        move(request, None, after, requester, reason=reason, now=now)
        if not is_draft:
            noticing.note_unsent(request, order, now)
    return request


def _keep_lines(request: ReturnRequest, lines: Sequence[ReturnLine]) -> None:
    """Save new lines; the request itself is saved by its first step."""
    for line in lines:
        line.request = request
    ReturnLine.objects.bulk_create(lines)
    request.search_text = lists.search_text_of(request, lines)


def _earlier(record: OrderRecord, idempotency_key: Optional[str]) -> Optional[ReturnRequest]:
    """The request that key has made already."""
    if idempotency_key is None:
        return None
    found: Optional[ReturnRequest]
    found = record.return_requests.filter(idempotency_key=idempotency_key).first()
    return found


def _check_key(idempotency_key: Optional[str]) -> None:
    if idempotency_key is not None and not 1 <= len(idempotency_key) <= 64:
        raise InvalidInput("Use 1 to 64 characters.", field="idempotency_key")
    check_text(idempotency_key or "", "idempotency_key")


def approve_return(
    request_id: str,
    requester: Requester,
    *,
    quantities: Optional[Mapping[int, int]] = None,
    now: datetime,
) -> ReturnRequest:
    """
    Let goods come back; the customer is told how. Of a withdrawal it is only the
    acknowledgement.

    Goods that were sent or have arrived before go on at once to where they are.

    Args:
        quantities: pieces by line key; lines left out are refused. None: all as asked.

    Raises:
        InvalidInput: more than asked for, nothing at all, or less for a withdrawal, which
            is the customer's right and can only be declined for a coded reason.
        TransitionNotAllowed: not now, or a program refuses pieces.
    """
    with transaction.atomic():
        request = locked_request(request_id)
        check_permitted(request, Action.APPROVE, requester)
        lines = list(request.lines.order_by("pk"))
        wanted = {line.pk: line.quantity for line in lines} if quantities is None else quantities
        check_quantities(lines, wanted, {line.pk: line.quantity for line in lines})
        if not any(wanted.values()):
            raise InvalidInput("Approve at least one piece.", field="lines", code="REQUIRED")
        for line in lines:
            _approve_line(line, wanted.get(line.pk, 0))
        is_whole = all(line.approved_quantity == line.quantity for line in lines)
        if not is_whole and requester.role not in PERSON:
            raise TransitionNotAllowed("Refusing pieces is for a person to do.")
        after = ReturnState.APPROVED if is_whole else ReturnState.PARTLY_APPROVED
        # Before the move: what hears of it reads the lines.
        ReturnLine.objects.bulk_update(lines, ["approved_quantity", "state"])
        move(request, Action.APPROVE, after, requester, now=now)
        _go_on(request, lines, requester, now)
    return request


def _approve_line(line: ReturnLine, quantity: int) -> None:
    if line.basis == Basis.WITHDRAWAL.value and quantity < line.quantity:
        raise InvalidInput(
            "A withdrawal can't be approved in part: decline it with a reason.", field="lines"
        )
    line.approved_quantity = quantity
    # Pieces that are here already stay here, refused or not.
    line.received_quantity = min(line.received_quantity, quantity)
    _set_state(line, LineState.AUTHORISED if quantity else LineState.REFUSED)


def _set_state(line: ReturnLine, wished: LineState) -> None:
    line.state = next_line_state(LineState(line.state), wished).value


def _go_on(
    request: ReturnRequest, lines: Sequence[ReturnLine], requester: Requester, now: datetime
) -> None:
    """Where the goods are already, when they were sent or came before the approval."""
    if any(line.received_quantity for line in lines):
        _note_received(request, lines, requester, now)
    elif request.sent_at is not None:
        note_sent(request, requester, now=now)


def note_sent(
    request: ReturnRequest, requester: Requester, *, reason: str = "", now: datetime
) -> None:
    """Move a locked, approved request on to IN_TRANSIT; its approved lines are awaited."""
    approved = request.lines.filter(state=LineState.AUTHORISED.value)
    approved.update(state=LineState.AWAITED.value)
    after = ReturnState.IN_TRANSIT
    move(request, Action.PROVIDE_SHIPPING, after, requester, reason=reason, now=now)


def decline_return(
    request_id: str, requester: Requester, *, code: str, note: str = "", now: datetime
) -> ReturnRequest:
    """
    Refuse a request with a coded reason; its pieces can be asked for again.

    Only a person may. A withdrawal falls by an exception of the law, or because it came
    late, which the delivery we know of must prove. After an inspection the note holds
    the evidence; the goods are offered back.

    Raises:
        InvalidInput: no such code, or one that doesn't hold against a withdrawal.
    """
    if code not in policy.DECLINE_CODES:
        raise InvalidInput("There is no such decline code.", field="code")
    with transaction.atomic():
        request = locked_request(request_id)
        check_permitted(request, Action.DECLINE, requester)
        is_inspected = request.state == ReturnState.INSPECTED.value
        check_text(note, "note", is_required=is_inspected)
        if has_withdrawal(request):
            _check_lawful(request, code)
        request.decline_code, request.decline_note = code, note
        lines = list(request.lines.all())
        for line in lines:
            _set_state(line, LineState.REFUSED)
        ReturnLine.objects.bulk_update(lines, ["state"])
        reason = f"{code}: {note}" if note else code
        move(request, Action.DECLINE, ReturnState.DECLINED, requester, reason=reason, now=now)
    return request


def _check_lawful(request: ReturnRequest, code: str) -> None:
    if code not in policy.WITHDRAWAL_DECLINE_CODES:
        raise InvalidInput(
            f"{code} does not hold against a withdrawal.", field="code", code="NOT_LAWFUL"
        )
    if code == "PERIOD_EXPIRED" and not is_proven_late(request):
        raise InvalidInput(
            "No delivery we know of proves that this withdrawal came late.",
            field="code",
            code="NOT_LAWFUL",
        )


def is_proven_late(request: ReturnRequest) -> bool:
    """
    Whether a withdrawal was stated after its period, by deliveries the carrier reported.

    Without a known delivery the period hasn't begun. Source: Directive 2011/83/EU Art. 9.
    """
    order = order_of(request.order)
    settings = settings_of(request.channel)
    decisions = decisions_of(order, settings, request.submitted_at, without=request)
    stated = request.lines.filter(basis=Basis.WITHDRAWAL.value).values_list("line_ref", flat=True)
    return any(
        policy.Refusal.PERIOD_EXPIRED in decisions[ref].option(Basis.WITHDRAWAL).refusals
        for ref in stated
        if ref in decisions
    )


def cancel_return(request_id: str, requester: Requester, *, now: datetime) -> ReturnRequest:
    """Take a request back before goods are sent; its pieces can be asked for again."""
    with transaction.atomic():
        request = locked_request(request_id)
        move(request, Action.CANCEL, ReturnState.CANCELLED, requester, now=now)
    return request


def receive_return(
    request_id: str,
    requester: Requester,
    *,
    quantities: Optional[Mapping[int, int]] = None,
    now: datetime,
) -> ReturnRequest:
    """
    Note goods that arrived; a second delivery adds to the first. Says nothing about
    whether they are accepted.

    Args:
        quantities: pieces that arrived now, by line key. None: all still awaited.

    Raises:
        InvalidInput: more than awaited, or nothing at all.
        TransitionNotAllowed: nothing is awaited, or it is no time for it.
    """
    with transaction.atomic():
        request = locked_request(request_id)
        check_permitted(request, Action.RECEIVE, requester)
        lines = list(request.lines.order_by("pk"))
        awaited = {line.pk: line.approved_quantity - line.received_quantity for line in lines}
        arrived = awaited if quantities is None else quantities
        check_quantities(lines, arrived, awaited)
        if not any(arrived.values()):
            raise InvalidInput("Receive at least one piece.", field="lines", code="REQUIRED")
        for line in lines:
            line.received_quantity += arrived.get(line.pk, 0)
        _note_received(request, lines, requester, now)
    return request


def _note_received(
    request: ReturnRequest, lines: Sequence[ReturnLine], requester: Requester, now: datetime
) -> None:
    for line in lines:
        if line.received_quantity:
            _set_state(line, LineState.RECEIVED)
    missing = {line.pk: line.approved_quantity - line.received_quantity for line in lines}
    never_sent = unsent.unsent_lines(request, lines) if any(missing.values()) else {}
    is_whole = all(quantity <= never_sent.get(key, 0) for key, quantity in missing.items())
    after = ReturnState.RECEIVED if is_whole else ReturnState.PARTLY_RECEIVED
    if is_whole:
        request.received_at = request.received_at or now
    ReturnLine.objects.bulk_update(lines, ["received_quantity", "state"])
    move(request, Action.RECEIVE, after, requester, now=now)
