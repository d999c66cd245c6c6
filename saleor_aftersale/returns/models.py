"""Rows of return requests: request, lines, transitions, refunds."""

from django.db import models

from ..tracking.models import OrderRecord, Row


class ReturnRequest(Row):
    """One request of a customer to give something back or have it put right."""

    #: Shown to people, as ``R-2026-000123``; no secret.
    number = models.CharField(max_length=32, unique=True)
    order = models.ForeignKey(OrderRecord, on_delete=models.CASCADE, related_name="return_requests")
    state = models.CharField(max_length=32, db_index=True)
    #: Resolution asked for, then decided.
    resolution = models.CharField(max_length=32)
    customer_note = models.TextField(blank=True)
    #: Why it was declined, a decline code of the domain reference.
    decline_code = models.CharField(max_length=64, blank=True)
    decline_note = models.TextField(blank=True)
    #: Sent by the client; the same key gives the same request.
    idempotency_key = models.CharField(max_length=64, null=True)
    submitted_at = models.DateTimeField(db_index=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order", "idempotency_key"], name="aftersale_return_request_once"
            )
        ]


class ReturnLine(Row):
    """Pieces of one order line in a request; names and prices as they were."""

    request = models.ForeignKey(ReturnRequest, on_delete=models.CASCADE, related_name="lines")
    line_ref = models.CharField(max_length=64, db_index=True)
    product_name = models.CharField(max_length=1024)
    sku = models.CharField(max_length=255, blank=True)
    basis = models.CharField(max_length=32)
    reason = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=32)
    #: Pieces asked for.
    quantity = models.PositiveIntegerField()
    #: Pieces approved, received, accepted: each at most the one before.
    approved_quantity = models.PositiveIntegerField(default=0)
    received_quantity = models.PositiveIntegerField(default=0)
    accepted_quantity = models.PositiveIntegerField(default=0)
    #: Price paid for one piece, tax included, unrounded.
    unit_price = models.DecimalField(max_digits=20, decimal_places=6)
    currency = models.CharField(max_length=3)
    grade = models.CharField(max_length=32, blank=True)
    disposition = models.CharField(max_length=32, blank=True)
    #: Share of the price lost by use, 0 to 1; needs a note as evidence.
    lost_value = models.DecimalField(max_digits=5, decimal_places=4, default=0)
    inspection_note = models.TextField(blank=True)
    warehouse_ref = models.CharField(max_length=64, blank=True)
    #: Set in the transaction that raised the stock: it is raised once.
    restocked_at = models.DateTimeField(null=True)


class ReturnTransition(Row):
    """One step of a request; append only, each row holds the hash of the one before."""

    request = models.ForeignKey(ReturnRequest, on_delete=models.CASCADE, related_name="transitions")
    #: 1, 2, … within the request.
    position = models.PositiveIntegerField()
    action = models.CharField(max_length=32)
    before = models.CharField(max_length=32, blank=True)
    after = models.CharField(max_length=32)
    role = models.CharField(max_length=16)
    requester_ref = models.CharField(max_length=64, blank=True)
    requester_label = models.CharField(max_length=254, blank=True)
    reason = models.TextField(blank=True)
    occurred_at = models.DateTimeField()
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["request", "position"], name="aftersale_return_transition_once"
            )
        ]


class Refund(Row):
    """One refund: written before the money moves, one per request and resolution."""

    request = models.ForeignKey(ReturnRequest, on_delete=models.CASCADE, related_name="refunds")
    #: Idempotency key ``<request number>/<resolution>``.
    key = models.CharField(max_length=64, unique=True)
    amount = models.DecimalField(max_digits=20, decimal_places=3)
    currency = models.CharField(max_length=3)
    #: DUE, STARTED, REQUESTED, SETTLED, FAILED: see ``returns.states.RefundState``.
    state = models.CharField(max_length=16, db_index=True)
    #: The provider's id of it.
    reference = models.CharField(max_length=512, blank=True)
    #: What the order had been refunded when this one started: tells after a crash
    #: whether the money has moved.
    refunded_before = models.DecimalField(max_digits=20, decimal_places=3, null=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
