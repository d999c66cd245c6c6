"""Rows of outgoing events: what the merchant's own systems are told, and how it went."""

from django.db import models

from ..host import db
from ..tracking.models import OrderRecord, Row


class EventDelivery(Row):
    """One event on its way to the merchant's address; written with the event, never twice."""

    #: ``X-Aftersale-Delivery``: the same for every try.
    reference = models.CharField(max_length=36, unique=True)
    #: What makes it the same event: type, subject, and what tells two of them apart.
    event_key = models.CharField(max_length=128, unique=True)
    #: See ``messages.MessageType``.
    type = models.CharField(max_length=64)
    channel = models.CharField(max_length=255)
    #: Null for a statement whose order nobody has found yet.
    order = models.ForeignKey(
        OrderRecord, on_delete=models.CASCADE, null=True, related_name="event_deliveries"
    )
    #: 1, 2, … within the order, in the sequence things happened in.
    sequence = models.PositiveIntegerField(null=True)
    #: Our key of what it is about; the type tells of which table.
    subject_id = models.BigIntegerField()
    #: What only the event knows, as states before and after.
    facts = db.JSONField(default=dict)
    occurred_at = models.DateTimeField()
    #: What was posted at the first try, and at every further one.
    body = models.TextField(blank=True)
    #: See ``delivery_times.DeliveryState``.
    state = models.CharField(max_length=16)
    attempts = models.PositiveIntegerField(default=0)
    #: When it was written, or when staff last had it tried again.
    queued_at = models.DateTimeField()
    #: When to try, or the end of the lease of the worker that does; null: nothing is left to do.
    due_at = models.DateTimeField(null=True)
    #: HTTP status of the last answer; null: none came.
    last_status = models.PositiveSmallIntegerField(null=True)
    last_error = models.CharField(max_length=1024, blank=True)
    created_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order", "sequence"], name="aftersale_event_sequence_once"
            )
        ]
        indexes = [
            models.Index(fields=["created_at", "id"], name="aftersale_event_created"),
            models.Index(fields=["state", "created_at", "id"], name="aftersale_event_state"),
            # Only what waits is in it: it stays small however many events are kept.
            models.Index(
                fields=["due_at"],
                name="aftersale_event_due",
                condition=models.Q(due_at__isnull=False),
            ),
        ]
