"""Posts one event to the merchant's address, signed, and notes what came of it."""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Optional

from django.db import transaction
from django.db.models import QuerySet

from ..config import Settings, settings_of
from ..host import http
from ..tracking.carriers import generic
from ..values import HttpAnswer, HttpFailed
from . import delivery_times
from .actions import is_wanted, take_delivery
from .delivery_times import PUT_OFF, DeliveryState
from .models import EventDelivery

logger = logging.getLogger(__name__)

DELIVERY_HEADER = "X-Aftersale-Delivery"

_GONE = 410

#: The receiver as a whole is in trouble, not this one message.
_BUSY = (429, 500, 502, 503, 504)


@dataclass(frozen=True)
class _Outcome:
    """What came of one try."""

    #: None: no answer came.
    status: Optional[int]
    error: str = ""
    retry_after: Optional[timedelta] = None

    @property
    def is_receiver_down(self) -> bool:
        return self.status is None or self.status in _BUSY


def deliver(delivery_id: int, now: datetime) -> None:
    """
    Try one delivery, if it is due; may run twice, posts once.

    Steps: take the row under a lease, its body made and kept; post it outside any
    transaction; note the answer, unless the lease ended meanwhile.
    """
    row = take_delivery(delivery_id, now)
    if row is None:
        return
    settings = settings_of(row.channel)
    if not is_wanted(settings):
        _end(row, DeliveryState.DEAD, _Outcome(None, "The channel has no address for events."))
        return
    outcome = _post(row, settings, now)
    if not outcome.error:
        _end(row, DeliveryState.DELIVERED, outcome, delivered_at=now)
    elif outcome.status == _GONE:
        _end_all(row, outcome)
    else:
        _after_failure(row, outcome, now)


def _post(row: EventDelivery, settings: Settings, now: datetime) -> _Outcome:
    body = row.body.encode()
    timestamp = int(now.timestamp())
    headers = {
        "Content-Type": "application/json",
        DELIVERY_HEADER: row.reference,
        generic.TIMESTAMP_HEADER: str(timestamp),
        generic.SIGNATURE_HEADER: generic.sign(body, timestamp, settings.event_secret),
    }
    try:
        answer = http.send("POST", settings.event_url, headers=headers, body=body)
    except HttpFailed as failure:
        return _Outcome(None, failure.message)
    return _Outcome(answer.status, _fault_of(answer), _retry_after(answer))


def _fault_of(answer: HttpAnswer) -> str:
    """Empty when the receiver took it. Its own words are not kept: they may hold anything."""
    if 200 <= answer.status < 300:
        return ""
    if 300 <= answer.status < 400:
        return f"The receiver answered {answer.status}; redirects are not followed."
    return f"The receiver answered {answer.status}."


def _retry_after(answer: HttpAnswer) -> Optional[timedelta]:
    return delivery_times.retry_after_of(answer.headers.get("retry-after", ""))


def _after_failure(row: EventDelivery, outcome: _Outcome, now: datetime) -> None:
    due_at = delivery_times.next_try_at(
        row.attempts,
        row.queued_at,
        now,
        jitter=random.random(),
        retry_after=outcome.retry_after,
    )
    if due_at is None:
        logger.error("Event %s is given up: %s", row.reference, outcome.error)
        _end(row, DeliveryState.DEAD, outcome)
    else:
        _leased(row).update(
            due_at=due_at, last_status=outcome.status, last_error=outcome.error[:1024]
        )
    if outcome.is_receiver_down:
        _put_off_others(row, now)


def _put_off_others(row: EventDelivery, now: datetime) -> None:
    """A slow receiver costs one worker half a minute, not each of the events that wait."""
    others = EventDelivery.objects.filter(channel=row.channel, due_at__lte=now)
    others.exclude(pk=row.pk).update(due_at=now + PUT_OFF)


def _leased(row: EventDelivery) -> QuerySet[EventDelivery]:
    """The row, as long as it is still ours: staff may have queued it again meanwhile."""
    return EventDelivery.objects.filter(pk=row.pk, due_at=row.due_at)


def _end(
    row: EventDelivery,
    state: DeliveryState,
    outcome: _Outcome,
    *,
    delivered_at: Optional[datetime] = None,
) -> None:
    _leased(row).update(
        state=state.value,
        due_at=None,
        last_status=outcome.status,
        last_error=outcome.error[:1024],
        delivered_at=delivered_at,
    )


def _end_all(row: EventDelivery, outcome: _Outcome) -> None:
    """
    The receiver wants nothing more: neither this one nor what waits for it.

    Events to come are tried once each, so that one that is back needs nobody to say so.
    """
    logger.error("The receiver of events in channel %s is gone.", row.channel)
    with transaction.atomic():
        _end(row, DeliveryState.GONE, outcome)
        waiting = EventDelivery.objects.filter(
            channel=row.channel, state=DeliveryState.WAITING.value
        )
        waiting.update(
            state=DeliveryState.GONE.value, due_at=None, last_error="The receiver is gone."
        )
