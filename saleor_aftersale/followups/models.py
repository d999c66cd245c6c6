"""Rows of follow-up mail: the outbox."""

from django.db import models

from ..host import db
from ..tracking.models import OrderRecord, Row


class OutboxMail(Row):
    """One mail to one customer, written in the transaction that made it due."""

    #: The catalogue's key, as ``shipment.sent``.
    key = models.CharField(max_length=64)
    #: What the mail is about, as ``shipment:12``; with key and language: sent once.
    subject_ref = models.CharField(max_length=128)
    language = models.CharField(max_length=35)
    order = models.ForeignKey(OrderRecord, on_delete=models.CASCADE, related_name="mails")
    to_email = models.CharField(max_length=254)
    #: What the template needs to know, as it was when the mail became due.
    context = db.JSONField(default=dict)
    #: See ``followups.schedule.MailState``.
    state = models.CharField(max_length=16)
    #: Why it was skipped or what the mail server said last.
    detail = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    #: Next try, or the end of the lease of the worker that has it.
    due_at = models.DateTimeField()
    #: Just before the message goes to the mail server: from here on it may be accepted.
    handed_over_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    #: The same for every try, so that a doubtful one can be recognised.
    message_id = models.CharField(max_length=255)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject_ref", "key", "language"], name="aftersale_outbox_mail_once"
            )
        ]
        indexes = [
            # What is done with stays for years; only what waits is looked for.
            models.Index(
                fields=["due_at"],
                condition=models.Q(state__in=["QUEUED", "SENDING"]),
                name="aftersale_outbox_waiting",
            ),
            models.Index(fields=["created_at", "id"], name="aftersale_outbox_created"),
            models.Index(fields=["to_email", "created_at"], name="aftersale_outbox_recipient"),
        ]
