"""Finds what customers are to be reminded of: a question, the last day to send goods back."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction

from ..config import SettingsByChannel
from ..events import AnswerAwaited, Event, SendBackNear, publish
from ..returns.models import ReturnMessage, ReturnRequest
from ..returns.states import ReturnState
from ..returns.threads import Kind
from .models import OutboxMail
from .return_mails import REMINDER, last_day_to_send

logger = logging.getLogger(__name__)

KEY = "return.send_reminder"
ASKED_KEY = "return.needs_info"

#: So long after a question the customer is reminded of it, once.
UNANSWERED = timedelta(days=3)

#: Older questions are no news: the shop has just begun to use us.
NEWS = timedelta(days=11)

#: So long before the last day the customer is told.
BEFORE = timedelta(days=4)

#: Requests looked at in one go; the next sweep takes the others.
TOGETHER = 500


def remind_senders(now: datetime) -> int:
    """
    Publish ``SendBackNear`` for approved requests whose goods must soon be sent.

    The outbox says who was reminded already, or wasn't to be: this may run at any time.

    Returns:
        How many were published.
    """
    settings = SettingsByChannel()
    near = ReturnRequest.objects.filter(
        state__in=[ReturnState.APPROVED.value, ReturnState.PARTLY_APPROVED.value],
        sent_at=None,
        send_back_by__gt=now,
        send_back_by__lte=now + BEFORE,
    )
    reminded = OutboxMail.objects.filter(key=KEY, order__return_requests__in=near)
    told = set(reminded.values_list("subject_ref", flat=True))
    published = 0
    for request in near.select_related("order").order_by("send_back_by")[:TOGETHER]:
        event = _event(request)
        if subject_of(event) not in told and settings[request.channel].is_active:
            published += _publish(event)
    return published


def remind_asked(now: datetime) -> int:
    """
    Publish ``AnswerAwaited`` for questions that nobody has answered for days, each once.

    The outbox says who was reminded already: this may run at any time.

    Returns:
        How many were published.
    """
    settings = SettingsByChannel()
    waiting = ReturnRequest.objects.filter(state=ReturnState.NEEDS_INFO.value)
    questions = ReturnMessage.objects.filter(
        request__in=waiting, kind=Kind.QUESTION.value, written_at__gt=now - UNANSWERED - NEWS
    )
    newest = {
        row.request_id: row for row in questions.select_related("request__order").order_by("pk")
    }
    reminded = OutboxMail.objects.filter(
        key=ASKED_KEY, order__return_requests__in=list(newest), subject_ref__endswith=REMINDER
    )
    told = set(reminded.values_list("subject_ref", flat=True))
    published = 0
    for question in newest.values():
        request = question.request
        is_told = f"return:{request.pk}:{question.pk}{REMINDER}" in told
        is_due = question.written_at <= now - UNANSWERED
        if is_due and not is_told and settings[request.channel].is_active:
            published += _publish(AnswerAwaited(request.pk, request.order.order_ref))
    return published


def subject_of(event: SendBackNear) -> str:
    """What the mail is about: a day that was moved is told again."""
    return f"return:{event.return_request_id}:{event.send_back_on.isoformat()}"


def _event(request: ReturnRequest) -> SendBackNear:
    return SendBackNear(request.pk, request.order.order_ref, last_day_to_send(request))


def _publish(event: Event) -> bool:
    """One that fails doesn't hold up the others."""
    try:
        with transaction.atomic():
            publish(event)
    except Exception:
        logger.exception("%s: no reminder.", event)
        return False
    return True
