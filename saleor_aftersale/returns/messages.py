"""The thread of a request: messages, questions and answers, and notes only staff see."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ..access import RateLimited
from ..events import ReturnMessageWritten, publish
from ..values import Requester
from .checks import check_text
from .history import check_permitted, locked_request, move
from .models import ReturnMessage, ReturnRequest
from .states import CUSTOMER, Action, ReturnState
from .threads import Debt, Kind, Side, debt_after

#: Messages a customer may write before the merchant answers.
MAX_UNANSWERED = 30


def write(
    request: ReturnRequest, kind: Kind, text: str, requester: Requester, now: datetime
) -> None:
    """
    Write something into a locked request.

    Effects in order: the row, who owes an answer now, ``ReturnMessageWritten`` (not for
    a note). The same words again, straight after and by the same person, write nothing.

    Raises:
        RateLimited: the customer has written much, and nobody has answered.
    """
    if _is_said_already(request, kind, text, requester):
        return
    _check_patience(request, requester)
    message = ReturnMessage.objects.create(
        request=request,
        kind=kind.value,
        text=text,
        role=requester.role.value,
        requester_ref=requester.ref,
        requester_label=requester.label,
        written_at=now,
    )
    side = Side(request.answer_owed_by) if request.answer_owed_by else None
    debt = debt_after(Debt(side, request.answer_owed_since), kind, requester.role, now)
    request.answer_owed_by = debt.side.value if debt.side else ""
    request.answer_owed_since = debt.since
    request.save()
    if kind is not Kind.NOTE:
        publish(
            ReturnMessageWritten(
                message_id=message.pk,
                return_request_id=request.pk,
                order_ref=request.order.order_ref,
                is_by_customer=requester.role in CUSTOMER,
            )
        )


def _is_said_already(request: ReturnRequest, kind: Kind, text: str, requester: Requester) -> bool:
    last = request.messages.order_by("-pk").first()
    return last is not None and (last.kind, last.text, last.role, last.requester_ref) == (
        kind.value,
        text,
        requester.role.value,
        requester.ref,
    )


def _check_patience(request: ReturnRequest, requester: Requester) -> None:
    if requester.role not in CUSTOMER or request.answer_owed_by != Side.MERCHANT.value:
        return
    waiting = request.messages.filter(
        role__in=[role.value for role in CUSTOMER], written_at__gte=request.answer_owed_since
    )
    if waiting.count() >= MAX_UNANSWERED:
        raise RateLimited("Wait for an answer before you write more.")


def ask_for_info(
    request_id: str, requester: Requester, *, question: str, now: datetime
) -> ReturnRequest:
    """
    Ask the customer something; the request waits for the answer, a withdrawal's clocks don't.

    Raises:
        InvalidInput: no question, or too long a one.
    """
    check_text(question, "question", is_required=True)
    with transaction.atomic():
        request = locked_request(request_id)
        check_permitted(request, Action.ASK_FOR_INFO, requester)
        write(request, Kind.QUESTION, question, requester, now)
        move(request, Action.ASK_FOR_INFO, ReturnState.NEEDS_INFO, requester, now=now)
    return request


def provide_info(
    request_id: str, requester: Requester, *, answer: str, now: datetime
) -> ReturnRequest:
    """
    Answer the merchant's question; the request is decided then.

    Raises:
        InvalidInput: no answer, or too long a one.
    """
    check_text(answer, "answer", is_required=True)
    with transaction.atomic():
        request = locked_request(request_id)
        check_permitted(request, Action.PROVIDE_INFO, requester)
        write(request, Kind.ANSWER, answer, requester, now)
        move(request, Action.PROVIDE_INFO, ReturnState.SUBMITTED, requester, now=now)
    return request


def add_message(
    request_id: str, requester: Requester, *, text: str, now: datetime
) -> ReturnRequest:
    """
    Write to the other side; whatever state the request is in stays.

    Raises:
        InvalidInput: nothing written, or too much.
        RateLimited: see ``write``.
    """
    return _add(request_id, Action.ADD_MESSAGE, Kind.MESSAGE, text, requester, now)


def add_note(request_id: str, requester: Requester, *, text: str, now: datetime) -> ReturnRequest:
    """
    Write something down that only staff see.

    Raises:
        InvalidInput: nothing written, or too much.
    """
    return _add(request_id, Action.ADD_NOTE, Kind.NOTE, text, requester, now)


def _add(
    request_id: str,
    action: Action,
    kind: Kind,
    text: str,
    requester: Requester,
    now: datetime,
) -> ReturnRequest:
    check_text(text, "text", is_required=True)
    with transaction.atomic():
        request = locked_request(request_id)
        check_permitted(request, action, requester)
        write(request, kind, text, requester, now)
    return request
