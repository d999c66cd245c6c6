"""Rows of feedback: what customers thought of their order, and the thanks they got."""

from django.db import models

from ..host import db
from ..tracking.models import OrderRecord, Row


class Feedback(Row):
    """One customer's score for one order; it may be changed, what it was before is kept."""

    order = models.OneToOneField(OrderRecord, on_delete=models.CASCADE, related_name="feedback")
    #: 1 to 5.
    score = models.PositiveSmallIntegerField()
    comment = models.TextField(blank=True)
    #: Codes of ``feedback.categories``.
    categories = db.JSONField(default=list)
    language = models.CharField(max_length=35, blank=True)
    given_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    #: Earlier scores: ``{"score", "comment", "categories", "at"}``, oldest first.
    earlier = db.JSONField(default=list)
    #: Until when staff owe an answer to a low score; None: they don't.
    reply_by = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=254, blank=True)
    answer = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["given_at", "id"], name="aftersale_feedback_given"),
            models.Index(
                fields=["reply_by"],
                condition=models.Q(reply_by__isnull=False, answered_at__isnull=True),
                name="aftersale_feedback_owed",
            ),
        ]


class ThanksVoucher(Row):
    """The voucher for somebody's feedback: one per order, whatever the score."""

    order = models.OneToOneField(
        OrderRecord, on_delete=models.CASCADE, related_name="thanks_voucher"
    )
    #: What the customer types; ours, so that a second try makes no second voucher.
    code = models.CharField(max_length=64, unique=True)
    #: The host's id as text; empty while it isn't made yet.
    voucher_ref = models.CharField(max_length=64, blank=True)
    #: ``DUE``, ``CREATED`` or ``FAILED``.
    state = models.CharField(max_length=16)
    #: As the merchant had it set when it was promised: a share of 100, or an amount.
    is_percentage = models.BooleanField()
    value = models.DecimalField(max_digits=12, decimal_places=3)
    expires_on = models.DateField()
    attempts = models.PositiveSmallIntegerField(default=0)
    detail = models.TextField(blank=True)
    due_at = models.DateTimeField()
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(state="DUE"),
                name="aftersale_voucher_due",
            )
        ]
