"""Writes of outgoing events: queue one with what it is about, hand deliveries out, tidy up."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import List, Optional

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from ..config import Settings, settings_of
from ..events import Event, EventQueued, WithdrawalStated, publish
from ..returns.models import WithdrawalStatement
from ..tracking.models import OrderRecord
from ..values import AftersaleError
from . import messages
from .delivery_times import GRACE, LEASE, DeliveryState
from .models import EventDelivery

#: Rows deleted in one statement.
BATCH_SIZE = 1000


class AlreadyDelivered(AftersaleError):
    """The receiver has it: once more would be a second one of the same event."""

    code = "ALREADY_DELIVERED"


def is_wanted(settings: Settings) -> bool:
    """Whether the merchant wants events of a channel and they can be signed."""
    return settings.is_active and bool(settings.event_url and settings.event_secret)


def queue_event(event: Event) -> None:
    """
    Write the delivery of an event in the caller's transaction; ``EventQueued`` follows.

    Nothing is written where the merchant named no address, and nothing for an event that was
    published before: the sweep publishes some again.
    """
    record = _record_of(event)
    channel = record.channel if record else _channel_of(event)
    if not is_wanted(settings_of(channel)):
        return
    news = messages.news_of(event)
    now = timezone.now()
    sequence = _next_sequence(record) if record else None
    identity = str(sequence) if news.identity is None else news.identity
    row = EventDelivery(
        reference=str(uuid.uuid4()),
        event_key=f"{news.type.value}:{news.subject_id}:{identity}",
        type=news.type.value,
        channel=channel,
        order=record,
        sequence=sequence,
        subject_id=news.subject_id,
        facts=dict(news.facts),
        occurred_at=news.occurred_at,
        state=DeliveryState.WAITING.value,
        queued_at=now,
        due_at=now,
        created_at=now,
    )
    # The constraint decides between two workers; the loser's row is dropped.
    EventDelivery.objects.bulk_create([row], ignore_conflicts=True)
    kept = EventDelivery.objects.filter(reference=row.reference).first()
    if kept is not None:
        publish(EventQueued(kept.pk))


def _record_of(event: Event) -> Optional[OrderRecord]:
    order_ref = getattr(event, "order_ref", None)
    return OrderRecord.objects.get(order_ref=order_ref) if order_ref else None


def _channel_of(event: Event) -> str:
    assert isinstance(event, WithdrawalStated), event
    rows = WithdrawalStatement.objects.values_list("channel", flat=True)
    return rows.get(pk=event.statement_id)


def _next_sequence(record: OrderRecord) -> int:
    """Whoever publishes about an order holds its lock already; here it is only made sure."""
    OrderRecord.objects.select_for_update().get(pk=record.pk)
    newest = EventDelivery.objects.filter(order=record).aggregate(newest=Max("sequence"))
    return (newest["newest"] or 0) + 1


def take_delivery(delivery_id: int, now: datetime) -> Optional[EventDelivery]:
    """A delivery that is due, leased to the caller; None: it isn't, or another worker has it."""
    with transaction.atomic():
        rows = EventDelivery.objects.select_for_update(skip_locked=True, of=("self",))
        row = (
            rows.filter(pk=delivery_id, state=DeliveryState.WAITING.value, due_at__lte=now)
            .select_related("order")
            .first()
        )
        if row is None:
            return None
        row.attempts += 1
        row.due_at = now + LEASE
        row.body = row.body or messages.body_of(row)
        row.save(update_fields=["attempts", "due_at", "body"])
    return row


def retry_delivery(delivery_id: int, now: datetime) -> EventDelivery:
    """
    Have a delivery tried now, with all its tries before it again; ``EventQueued`` follows.

    Raises:
        AlreadyDelivered: nothing is left to try.
    """
    with transaction.atomic():
        row = EventDelivery.objects.select_for_update(of=("self",)).get(pk=delivery_id)
        if row.state == DeliveryState.DELIVERED.value:
            raise AlreadyDelivered("This event is delivered.", field="id")
        row.state, row.attempts = DeliveryState.WAITING.value, 0
        row.queued_at = row.due_at = now
        row.save(update_fields=["state", "attempts", "queued_at", "due_at"])
        publish(EventQueued(row.pk))
    return row


def forgotten_deliveries(now: datetime, *, limit: int = 500) -> List[int]:
    """Ids of deliveries that wait longer than a task takes to start, longest waiting first."""
    rows = EventDelivery.objects.filter(due_at__lte=now - GRACE).order_by("due_at")
    return list(rows.values_list("pk", flat=True)[:limit])


def prune_deliveries(before: datetime) -> int:
    """Delete what was delivered or given up before that moment; gives how many."""
    done = 0
    while True:
        rows = EventDelivery.objects.filter(created_at__lt=before, due_at=None)
        keys = list(rows.order_by("created_at").values_list("pk", flat=True)[:BATCH_SIZE])
        if not keys:
            return done
        EventDelivery.objects.filter(pk__in=keys).delete()
        done += len(keys)
