"""Writes of returns: submit, approve, decline, cancel, receive, inspect."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import List, Mapping, Optional, Sequence

from django.db import transaction

from ..config import Settings
from ..host import orders
from ..tracking import queries as tracking_queries
from ..tracking.models import OrderRecord
from ..values import AftersaleError, NotFound, Order, Requester, is_storable
from . import policy, queries, refunds
from .history import move
from .models import ReturnLine, ReturnRequest
from .states import Action, LineState, ReturnState

MAX_TEXT = 4000


class InvalidInput(AftersaleError):
    """An input is missing, malformed or out of range."""

    code = "INVALID"


class LineRefused(AftersaleError):
    """A line can't be returned as asked; the code is the first reason's."""


@dataclass(frozen=True)
class WishedLine:
    """What a customer asks for one order line."""

    line_ref: str
    quantity: int
    #: None: the most favourable basis that is open.
    basis: Optional[policy.Basis] = None
    #: One of ``policy.REASONS``, or empty.
    reason: str = ""


def submit_return(
    record: OrderRecord,
    wishes: Sequence[WishedLine],
    requester: Requester,
    settings: Settings,
    *,
    note: str = "",
    idempotency_key: Optional[str] = None,
    now: datetime,
) -> ReturnRequest:
    """
    Take a customer's return request; the moment of submission is ``now``.

    The order is locked first, so that two requests can't both get the last piece. The
    same ``idempotency_key`` gives back the first request and writes nothing.

    Raises:
        InvalidInput: no lines, a quantity below 1, a line named twice, too long a text.
        LineRefused: a line isn't of this order or can't be returned as asked.
    """
    _check_wishes(wishes, note, idempotency_key)
    with transaction.atomic():
        record = OrderRecord.objects.select_for_update().get(pk=record.pk)
        if idempotency_key is not None:
            earlier = record.return_requests.filter(idempotency_key=idempotency_key).first()
            if earlier:
                return earlier
        order = _order_of(record)
        lines = _decided_lines(order, wishes, settings, now)
        request = ReturnRequest.objects.create(
            number=f"new-{record.pk}-{now.timestamp()}"[:32],
            order=record,
            state="",
            resolution="REFUND_ORIGINAL",
            customer_note=note,
            idempotency_key=idempotency_key,
            submitted_at=now,
        )
        request.number = f"R-{now.year}-{request.pk:06d}"
        request.save(update_fields=["number"])
        for line in lines:
            line.request = request
        ReturnLine.objects.bulk_create(lines)
        move(request, None, ReturnState.SUBMITTED, requester, now=now)
    return request


def _check_wishes(wishes: Sequence[WishedLine], note: str, idempotency_key: Optional[str]) -> None:
    if not wishes:
        raise InvalidInput("Name at least one line.", field="lines", code="REQUIRED")
    if len({wish.line_ref for wish in wishes}) < len(wishes):
        raise InvalidInput("A line may be named once.", field="lines", code="DUPLICATED")
    if any(wish.quantity < 1 for wish in wishes):
        raise InvalidInput("The quantity must be at least 1.", field="quantity")
    if any(wish.reason and wish.reason not in policy.REASONS for wish in wishes):
        raise InvalidInput("There is no such reason.", field="reason")
    check_text(note, "note")
    if idempotency_key is not None and not 1 <= len(idempotency_key) <= 64:
        raise InvalidInput("Use 1 to 64 characters.", field="idempotency_key")
    check_text(idempotency_key or "", "idempotency_key")


def check_text(value: str, field: str) -> None:
    """
    Check a text somebody typed.

    Raises:
        InvalidInput: it is too long, or holds a character no database text can hold.
    """
    if len(value) > MAX_TEXT:
        raise InvalidInput(f"Use up to {MAX_TEXT} characters.", field=field, code="TOO_LONG")
    if not is_storable(value):
        raise InvalidInput("The text holds a character that can't be stored.", field=field)


def _order_of(record: OrderRecord) -> Order:
    found = orders.load_orders([record.order_ref], using="default")
    if record.order_ref not in found:
        raise NotFound("There is no such order.", field="order_id")
    return found[record.order_ref]


def _decided_lines(
    order: Order, wishes: Sequence[WishedLine], settings: Settings, now: datetime
) -> List[ReturnLine]:
    parcels = tracking_queries.parcels_by_order([order])[order.ref]
    requests = queries.requests_by_order([order.ref])[order.ref]
    decisions = queries.decisions(order, parcels, requests, settings, now)
    prices = refunds.unit_prices(order)
    order_lines = {line.ref: line for line in order.lines}
    lines = []
    for wish in wishes:
        decision = decisions.get(wish.line_ref)
        if decision is None:
            raise LineRefused(
                "This line is not part of the order.", field="lines", code="NOT_OUR_ORDER"
            )
        basis = wish.basis or decision.proposed or policy.Basis.WITHDRAWAL
        _refuse_or_go_on(decision, basis, wish.quantity)
        line = order_lines[wish.line_ref]
        name = tracking_queries.product_name_of(line.product_name, line.variant_name)
        lines.append(
            ReturnLine(
                line_ref=line.ref,
                product_name=name,
                sku=line.sku,
                basis=basis.value,
                reason=wish.reason,
                state=LineState.REQUESTED.value,
                quantity=wish.quantity,
                unit_price=prices[line.ref],
                currency=order.currency,
            )
        )
    return lines


def _refuse_or_go_on(decision: policy.Decision, basis: policy.Basis, quantity: int) -> None:
    refusals = policy.refusals_of(decision, basis, quantity)
    if refusals:
        reasons = ", ".join(refusal.value for refusal in refusals)
        raise LineRefused(
            f"This can't be returned as {basis.value}: {reasons}.",
            field="lines",
            code=refusals[0].value,
        )


def locked_request(request_id: str) -> ReturnRequest:
    """
    A request with its order, both locked, the order first.

    Raises:
        NotFound: there is none of that id.
    """
    plain = ReturnRequest.objects.filter(pk=request_id).first()
    if plain is None:
        raise NotFound("There is no such return request.", field="id")
    OrderRecord.objects.select_for_update().get(pk=plain.order_id)
    return ReturnRequest.objects.select_for_update().get(pk=plain.pk)


def approve_return(
    request_id: str,
    requester: Requester,
    *,
    quantities: Optional[Mapping[int, int]] = None,
    now: datetime,
) -> ReturnRequest:
    """
    Let goods come back; the customer is told how.

    Args:
        quantities: pieces by line key; lines left out are refused. None: all as asked.

    Raises:
        InvalidInput: more than asked for, nothing at all, or less for a withdrawal, which
            is the customer's right and can only be declined for a coded reason.
    """
    with transaction.atomic():
        request = locked_request(request_id)
        lines = list(request.lines.order_by("pk"))
        wanted = {line.pk: line.quantity for line in lines} if quantities is None else quantities
        check_quantities(lines, wanted, {line.pk: line.quantity for line in lines})
        if not any(wanted.values()):
            raise InvalidInput("Approve at least one piece.", field="lines", code="REQUIRED")
        for line in lines:
            line.approved_quantity = wanted.get(line.pk, 0)
            if line.basis == "WITHDRAWAL" and line.approved_quantity < line.quantity:
                raise InvalidInput(
                    "A withdrawal can't be approved in part: decline it with a reason.",
                    field="lines",
                )
            approved = line.approved_quantity > 0
            line.state = (LineState.AWAITED if approved else LineState.REFUSED).value
        is_whole = all(line.approved_quantity == line.quantity for line in lines)
        after = ReturnState.APPROVED if is_whole else ReturnState.PARTLY_APPROVED
        move(request, Action.APPROVE, after, requester, now=now)
        ReturnLine.objects.bulk_update(lines, ["approved_quantity", "state"])
    return request


def check_quantities(
    lines: Sequence[ReturnLine], wanted: Mapping[int, int], limits: Mapping[int, int]
) -> None:
    """
    Check pieces somebody named by line key.

    Raises:
        NotFound: a line isn't of this request.
        InvalidInput: a quantity is negative or above its limit.
    """
    known = {line.pk for line in lines}
    for line_pk, quantity in wanted.items():
        if line_pk not in known:
            raise NotFound("This line is not part of the request.", field="lines")
        if quantity < 0:
            raise InvalidInput("The quantity must not be negative.", field="quantity")
        if quantity > limits[line_pk]:
            raise InvalidInput(
                f"At most {limits[line_pk]} pieces are possible.",
                field="quantity",
                code="QUANTITY_EXCEEDED",
            )


def decline_return(
    request_id: str, requester: Requester, *, code: str, note: str = "", now: datetime
) -> ReturnRequest:
    """
    Refuse a request with a coded reason; its pieces can be asked for again.

    Raises:
        InvalidInput: no such code, or one that doesn't hold against a withdrawal.
    """
    if code not in policy.DECLINE_CODES:
        raise InvalidInput("There is no such decline code.", field="code")
    check_text(note, "note")
    with transaction.atomic():
        request = locked_request(request_id)
        bases = set(request.lines.values_list("basis", flat=True))
        before_inspection = request.state == ReturnState.SUBMITTED.value
        if (
            before_inspection
            and policy.Basis.WITHDRAWAL.value in bases
            and code not in policy.WITHDRAWAL_DECLINE_CODES
        ):
            raise InvalidInput(
                f"{code} does not hold against a withdrawal.", field="code", code="NOT_LAWFUL"
            )
        request.decline_code, request.decline_note = code, note
        request.save(update_fields=["decline_code", "decline_note"])
        request.lines.update(state=LineState.REFUSED.value)
        move(request, Action.DECLINE, ReturnState.DECLINED, requester, reason=code, now=now)
    return request


def cancel_return(request_id: str, requester: Requester, *, now: datetime) -> ReturnRequest:
    """Take a request back before goods have arrived; its pieces can be asked for again."""
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
    Note goods that arrived; a second delivery adds to the first.

    Args:
        quantities: pieces that arrived now, by line key. None: all still awaited.

    Raises:
        InvalidInput: more than awaited, or nothing at all.
    """
    with transaction.atomic():
        request = locked_request(request_id)
        lines = list(request.lines.order_by("pk"))
        awaited = {line.pk: line.approved_quantity - line.received_quantity for line in lines}
        arrived = awaited if quantities is None else quantities
        check_quantities(lines, arrived, awaited)
        if not any(arrived.values()):
            raise InvalidInput("Receive at least one piece.", field="lines", code="REQUIRED")
        for line in lines:
            line.received_quantity += arrived.get(line.pk, 0)
            if line.received_quantity:
                line.state = LineState.RECEIVED.value
        is_whole = all(line.received_quantity == line.approved_quantity for line in lines)
        after = ReturnState.RECEIVED if is_whole else ReturnState.PARTLY_RECEIVED
        move(request, Action.RECEIVE, after, requester, now=now)
        ReturnLine.objects.bulk_update(lines, ["received_quantity", "state"])
    return request
