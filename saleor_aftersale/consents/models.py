"""Rows of consent: what people said about marketing mail, and mailboxes not to be written to."""

from django.db import models

from ..host import db
from ..tracking.models import Row


class ConsentDecision(Row):
    """
    One yes or no to marketing mail, kept as proof; the newest about a topic counts.

    The mailbox is known by its keyed hash: a no outlives the erasure of the address.
    """

    mailbox_hash = models.CharField(max_length=64)
    #: Normalised; empty after erasure.
    email = models.CharField(max_length=254, blank=True)
    #: See ``consents.topics``; empty: all of them.
    topic = models.CharField(max_length=32, blank=True)
    #: ``OPT_IN`` or ``OBJECTED``.
    decision = models.CharField(max_length=16)
    #: Where it was said: see ``actions.Source``.
    source = models.CharField(max_length=32)
    channel = models.CharField(max_length=255, blank=True)
    language = models.CharField(max_length=35, blank=True)
    #: The sentence that was agreed to, as it was shown.
    wording = models.TextField(blank=True)
    #: Who wrote it down, as ``values.Requester.label``.
    author = models.CharField(max_length=254, blank=True)
    evidence = db.JSONField(default=dict)
    decided_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["mailbox_hash", "decided_at"], name="aftersale_consent_mailbox")
        ]


class Suppression(Row):
    """A mailbox that gets no marketing whatever it agreed to; staff may lift it."""

    mailbox_hash = models.CharField(max_length=64)
    #: Normalised; empty after erasure.
    email = models.CharField(max_length=254, blank=True)
    #: See ``suppressions.Cause``.
    cause = models.CharField(max_length=16)
    #: What the mail server or staff said; of a ``DEFERRAL`` the mails that count, a line each.
    detail = models.TextField(blank=True)
    #: How often it was reported.
    times = models.PositiveIntegerField(default=1)
    author = models.CharField(max_length=254, blank=True)
    reported_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.CharField(max_length=254, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["mailbox_hash", "cause"], name="aftersale_suppression_once"
            )
        ]
