"""Mails about one return request: each tells a step, and what comes next."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, List, Optional, Union

from django.db.models import QuerySet
from django.utils import timezone

from .. import events
from ..config import settings_of
from ..returns import legal, methods
from ..returns.bases import Basis
from ..returns.line_states import LineState
from ..returns.models import Refund, ReturnLine, ReturnMethod, ReturnRequest
from ..returns.states import RefundState, ReturnState
from ..returns.threads import Kind
from . import remedy_mails
from .kinds import TRANSACTIONAL, Context, Draft, mail

FAMILY = "return"

#: At the end of a subject: the same question again.
REMINDER = ":reminder"

_Moved = events.ReturnTransitioned
_S = ReturnState
_APPROVED = (_S.APPROVED.value, _S.PARTLY_APPROVED.value)


@mail("return.received_request", TRANSACTIONAL, on=_Moved)
def return_received_request(event: _Moved) -> Optional[Draft]:
    """The customer asked for a return; says what was asked and when."""
    if event.after != _S.SUBMITTED.value:
        return None
    request = _request(event.return_request_id)
    return _draft(
        request,
        submitted_at=request.submitted_at.isoformat(),
        lines=_lines(request.lines.order_by("pk"), "quantity"),
    )


@mail("return.needs_info", TRANSACTIONAL, on=(_Moved, events.AnswerAwaited))
def return_needs_info(event: Union[_Moved, events.AnswerAwaited]) -> Optional[Draft]:
    """The shop asks something before it decides; each question once, and a reminder."""
    if isinstance(event, _Moved) and event.after != _S.NEEDS_INFO.value:
        return None
    request = _request(event.return_request_id)
    question = request.messages.filter(kind=Kind.QUESTION.value).order_by("pk").last()
    if question is None:
        return None
    is_reminder = not isinstance(event, _Moved)
    of = f"{question.pk}{REMINDER}" if is_reminder else str(question.pk)
    return _draft(request, of=of, question=question.text, is_reminder=is_reminder)


@mail("return.approved", TRANSACTIONAL, on=_Moved, family=FAMILY)
def return_approved(event: _Moved) -> Optional[Draft]:
    """The goods may come back; says how and until when."""
    if event.after not in _APPROVED:
        return None
    return _to_send(_request(event.return_request_id))


@mail("return.label", TRANSACTIONAL, on=events.ReturnMethodSet, family=FAMILY)
def return_label(event: events.ReturnMethodSet) -> Optional[Draft]:
    """How to send the goods was said, or changed, after the approval; each time anew."""
    request = _request(event.return_request_id)
    row = ReturnMethod.objects.get(pk=event.method_id)
    return _to_send(request, of=row.decided_at.isoformat())


def _to_send(request: ReturnRequest, *, of: str = "") -> Draft:
    """What is to be sent back, how and until when; or that everything stays."""
    row = methods.chosen_methods([request.pk]).get(request.pk)
    way = methods.way_back(request, row, settings_of(request.order.channel))
    # Approved requests always have one.
    assert way is not None
    return _draft(
        request,
        of=of,
        send_back_until=last_day_to_send(request).isoformat(),
        is_nothing_to_send=way.is_nothing_to_send,
        method=way.method,
        return_instructions=way.instructions,
        # A file of ours has an address for an hour only: it is on the page.
        has_label_file=way.label is not None,
        label_url=way.label_url,
        return_code=way.code,
        drop_off_point=way.drop_off_point,
        lines=_approved_lines(request),
    )


@mail("return.declined", TRANSACTIONAL, on=_Moved)
def return_declined(event: _Moved) -> Optional[Draft]:
    """The shop says no: why, and what else is possible. Of a complaint another mail tells."""
    if event.after != _S.DECLINED.value:
        return None
    request = _request(event.return_request_id)
    return None if _is_complaint(request) else _decision(request)


@mail("complaint.answered", TRANSACTIONAL, on=_Moved, is_required=True)
def complaint_answered(event: _Moved) -> Optional[Draft]:
    """What the shop decided about goods that aren't as they should be, to keep."""
    if event.after not in (*_APPROVED, _S.DECLINED.value):
        return None
    request = _request(event.return_request_id)
    if not _is_complaint(request):
        return None
    return _decision(
        request,
        is_accepted=event.after != _S.DECLINED.value,
        is_partial=event.after == "PARTLY_APPROVED",
    )


def _is_complaint(request: ReturnRequest) -> bool:
    return request.lines.filter(basis=Basis.NON_CONFORMITY.value).exists()


def _decision(request: ReturnRequest, **more: Any) -> Draft:
    """The newest one: a request that was taken up again is decided again."""
    decided = request.transitions.order_by("position").last()
    return _draft(
        request,
        of=str(decided.position),
        decided_at=decided.occurred_at.isoformat(),
        submitted_at=request.submitted_at.isoformat(),
        refusal=request.decline_code,
        decline_note=request.decline_note,
        lines=_lines(request.lines.order_by("pk"), "quantity"),
        **more,
    )


@mail("return.send_reminder", TRANSACTIONAL, on=events.SendBackNear, family=FAMILY)
def return_send_reminder(event: events.SendBackNear) -> Optional[Draft]:
    """The last day to send the goods back is near."""
    request = _request(event.return_request_id)
    return _draft(
        request,
        of=event.send_back_on.isoformat(),
        send_back_until=event.send_back_on.isoformat(),
        return_instructions=settings_of(request.order.channel).return_instructions,
        lines=_approved_lines(request),
    )


@mail("return.on_the_way", TRANSACTIONAL, on=_Moved, family=FAMILY)
def return_on_the_way(event: _Moved) -> Optional[Draft]:
    """The shop knows that the goods were sent."""
    if event.after != _S.IN_TRANSIT.value:
        return None
    request = _request(event.return_request_id)
    parcel = request.parcels.order_by("pk").last()
    return _draft(request, tracking_number=parcel.tracking_number if parcel else "")


@mail("return.arrived", TRANSACTIONAL, on=_Moved, family=FAMILY)
def return_arrived(event: _Moved) -> Optional[Draft]:
    """The goods are there, or some of them."""
    if event.after not in (_S.RECEIVED.value, _S.PARTLY_RECEIVED.value):
        return None
    request = _request(event.return_request_id)
    came = request.lines.filter(received_quantity__gt=0).order_by("pk")
    return _draft(
        request,
        of=event.after,
        is_partial=event.after == _S.PARTLY_RECEIVED.value,
        lines=_lines(came, "received_quantity"),
    )


@mail("return.inspected", TRANSACTIONAL, on=_Moved, family=FAMILY)
def return_inspected(event: _Moved) -> Optional[Draft]:
    """What was found line by line, with the evidence of a deduction."""
    if event.after != _S.INSPECTED.value:
        return None
    request = _request(event.return_request_id)
    judged = request.lines.exclude(state=LineState.REFUSED.value).order_by("pk")
    lines = [_finding(line) for line in judged]
    return _draft(request, lines=lines, has_deduction=any(line["deduction"] for line in lines))


def _finding(line: ReturnLine) -> Context:
    """``deduction`` in percent, as text; empty without one."""
    percent = (line.lost_value * 100).quantize(Decimal("0.01"))
    return {
        "product_name": line.product_name,
        "quantity": line.received_quantity,
        "outcome": line.state,
        "deduction": f"{percent:f}".rstrip("0").rstrip(".") if percent else "",
        "note": line.inspection_note,
    }


_Paid = Union[events.RefundSettled, events.StoreCreditIssued]


@mail("refund.issued", TRANSACTIONAL, on=(events.RefundSettled, events.StoreCreditIssued))
def refund_issued(event: _Paid) -> Optional[Draft]:
    """The money went back, or there is store credit instead."""
    refund = Refund.objects.select_related("request").get(pk=event.refund_id)
    context = {
        # Its code is money: it is looked up when the mail is made, and kept nowhere.
        "card_ref": event.card_ref if isinstance(event, events.StoreCreditIssued) else "",
        "return_number": refund.request.number,
        "amount": str(event.amount.amount),
        "currency": event.amount.currency,
    }
    return Draft(f"refund:{refund.pk}", event.order_ref, context)


@mail("return.reply", TRANSACTIONAL, on=events.ReturnMessageWritten)
def return_reply(event: events.ReturnMessageWritten) -> Optional[Draft]:
    """The shop wrote into the thread; of a question ``return.needs_info`` tells."""
    if event.is_by_customer:
        return None
    request = _request(event.return_request_id)
    message = request.messages.get(pk=event.message_id)
    if message.kind != Kind.MESSAGE.value:
        return None
    return _draft(request, of=str(message.pk), message=message.text)


@mail("return.closed", TRANSACTIONAL, on=_Moved)
def return_closed(event: _Moved) -> Optional[Draft]:
    """The request has ended without money going back: of that ``refund.issued`` tells."""
    if event.after not in (_S.COMPLETED.value, _S.CANCELLED.value, _S.EXPIRED.value):
        return None
    request = _request(event.return_request_id)
    if request.refunds.filter(state=RefundState.SETTLED.value).exists() or _is_told(request):
        return None
    ended = request.transitions.order_by("position").last()
    lines = _lines(request.lines.order_by("pk"), "quantity")
    return _draft(request, of=str(ended.position), ending=event.after, lines=lines)


def _is_told(request: ReturnRequest) -> bool:
    """What ended it was sent, and a mail of its own says so."""
    decision = request.remedies.order_by("number").last()
    if decision is None or decision.done_at is None or request.state != _S.COMPLETED.value:
        return False
    key = remedy_mails.key_of_sending(decision.resolution)
    return key in settings_of(request.order.channel).enabled_mails


def last_day_to_send(request: ReturnRequest) -> date:
    """The customer's last day, where it ends last; of goods that were sent, today."""
    # The column holds the midnight after it.
    moment = request.send_back_by or timezone.now()
    return legal.day_of_statement(moment - timedelta(seconds=1), request.order.country)


def _request(return_request_id: int) -> ReturnRequest:
    return ReturnRequest.objects.select_related("order").get(pk=return_request_id)


def _draft(request: ReturnRequest, *, of: str = "", **context: Any) -> Draft:
    """A mail about a request; ``of`` tells its moments apart."""
    subject = f"return:{request.pk}" + (":" + of if of else "")
    facts = {"return_number": request.number}
    return Draft(subject, request.order.order_ref, {**facts, **context})


def _approved_lines(request: ReturnRequest) -> List[Context]:
    approved = request.lines.filter(approved_quantity__gt=0).order_by("pk")
    return _lines(approved, "approved_quantity")


def _lines(lines: QuerySet[ReturnLine], quantity: str) -> List[Context]:
    return [
        {
            "product_name": line.product_name,
            "quantity": getattr(line, quantity),
            "reason": line.reason,
        }
        for line in lines
    ]
