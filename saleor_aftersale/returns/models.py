"""Rows of return requests: request, lines, transitions, refunds."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models

from ..host import db
from ..tracking.models import OrderRecord, Row


class ReturnRequest(Row):
    """One request of a customer to give something back or have it put right."""

    #: Shown to people, as ``R-2026-000123``; no secret.
    number = models.CharField(max_length=32, unique=True)
    order = models.ForeignKey(OrderRecord, on_delete=models.CASCADE, related_name="return_requests")
    state = models.CharField(max_length=32)
    #: Resolution asked for, then decided.
    resolution = models.CharField(max_length=32)
    customer_note = models.TextField(blank=True)
    #: Why it was declined, a decline code of the domain reference.
    decline_code = models.CharField(max_length=64, blank=True)
    decline_note = models.TextField(blank=True)
    #: Sent by the client; the same key gives the same request.
    idempotency_key = models.CharField(max_length=64, null=True)
    #: The moment that counts; a request that is taken up again keeps it.
    submitted_at = models.DateTimeField()
    #: When the customer first proved that goods were sent back.
    sent_at = models.DateTimeField(null=True)
    #: When the last of the goods arrived.
    received_at = models.DateTimeField(null=True)
    #: Until when the merchant has to answer and to pay, and the customer to send.
    reply_due_at = models.DateTimeField(null=True)
    refund_due_at = models.DateTimeField(null=True)
    send_back_by = models.DateTimeField(null=True)
    #: The next of the merchant's own deadlines; null: nothing is due.
    due_at = models.DateTimeField(null=True)
    #: When the customer's silence ends the request; null: it doesn't.
    expires_at = models.DateTimeField(null=True)
    #: Who owes an answer in the thread, ``CUSTOMER`` or ``MERCHANT``, and since when.
    answer_owed_by = models.CharField(max_length=16, blank=True, default="")
    answer_owed_since = models.DateTimeField(null=True)
    #: The staff member who looks after it: the host's id as text, and the mail address.
    assignee_ref = models.CharField(max_length=64, blank=True, default="")
    assignee_label = models.CharField(max_length=254, blank=True, default="")
    #: The order's, for lists; see ``lists``.
    channel = models.CharField(max_length=255, default="")
    #: What a search looks through, in lower case; see ``lists.search_text_of``.
    search_text = models.TextField(blank=True, default="")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order", "idempotency_key"], name="aftersale_return_request_once"
            )
        ]
        indexes = [
            # A list is sorted by one of three moments, then by key.
            models.Index(fields=["submitted_at", "id"], name="aftersale_return_submitted"),
            models.Index(fields=["updated_at", "id"], name="aftersale_return_updated"),
            models.Index(
                fields=["answer_owed_since"],
                condition=models.Q(answer_owed_by="MERCHANT"),
                name="aftersale_return_unanswered",
            ),
            models.Index(
                fields=["due_at", "id"],
                name="aftersale_return_due",
                condition=models.Q(due_at__isnull=False),
            ),
            models.Index(fields=["state", "submitted_at", "id"], name="aftersale_return_state"),
            models.Index(fields=["channel", "submitted_at", "id"], name="aftersale_return_channel"),
            models.Index(
                fields=["assignee_ref", "submitted_at", "id"],
                name="aftersale_return_assignee",
                condition=~models.Q(assignee_ref=""),
            ),
            models.Index(
                fields=["expires_at"],
                name="aftersale_return_expires",
                condition=models.Q(expires_at__isnull=False),
            ),
            GinIndex(
                fields=["search_text"],
                name="aftersale_return_search",
                opclasses=["gin_trgm_ops"],
                # New rows go straight into the index: a search costs the same at any time.
                fastupdate=False,
            ),
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
    #: When stock was last raised.
    restocked_at = models.DateTimeField(null=True)
    #: Pieces the shop has taken into its books and stock: none is booked twice.
    booked_quantity = models.PositiveIntegerField(default=0)
    #: Of the price, kept by the shop: as agreed when the pieces were asked for.
    fee_percent = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["basis", "request"], name="aftersale_return_line_basis"),
            models.Index(fields=["reason", "request"], name="aftersale_return_line_reason"),
        ]


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


class Remedy(Row):
    """What was decided for a request: a row per decision, the last one holds."""

    request = models.ForeignKey(ReturnRequest, on_delete=models.CASCADE, related_name="remedies")
    #: 1, 2, … within the request.
    number = models.PositiveSmallIntegerField()
    #: See ``returns.remedies``.
    resolution = models.CharField(max_length=32)
    #: The goods don't come back although this resolution usually wants them.
    is_without_goods = models.BooleanField(default=False)
    #: Named by staff where the order's own totals don't tell.
    amount = models.DecimalField(max_digits=20, decimal_places=3, null=True)
    #: The customer agreed to it; by whom that was recorded.
    agreed_at = models.DateTimeField(null=True)
    agreed_by = models.CharField(max_length=254, blank=True)
    decided_at = models.DateTimeField()
    decided_by = models.CharField(max_length=254, blank=True)
    #: The host's order with the goods that take the place of the others.
    replacement_ref = models.CharField(max_length=64, blank=True, db_index=True)
    #: What those goods cost, and what the customer still has to pay for them; less than
    #: nothing goes back.
    price = models.DecimalField(max_digits=20, decimal_places=3, null=True)
    difference = models.DecimalField(max_digits=20, decimal_places=3, null=True)
    #: Something is left to do by hand until ``done_at``.
    is_awaited = models.BooleanField(default=False)
    done_at = models.DateTimeField(null=True)
    done_by = models.CharField(max_length=254, blank=True)
    #: What staff know it by, as a tracking number.
    reference = models.CharField(max_length=512, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "number"], name="aftersale_remedy_once")
        ]


class ReturnNotice(Row):
    """Something the shop did to the order by hand while a request was open."""

    request = models.ForeignKey(ReturnRequest, on_delete=models.CASCADE, related_name="notices")
    #: See ``returns.noticing``.
    code = models.CharField(max_length=32)
    #: Tells one from another of the same code: a line, an amount.
    detail = models.CharField(max_length=255, blank=True)
    noticed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["request", "code", "detail"], name="aftersale_notice_once"
            )
        ]


class Refund(Row):
    """One refund: written before the money moves, one per decision and means."""

    request = models.ForeignKey(ReturnRequest, on_delete=models.CASCADE, related_name="refunds")
    remedy = models.ForeignKey(Remedy, on_delete=models.CASCADE, null=True, related_name="refunds")
    #: How the money goes back, see ``returns.remedies.Means``.
    means = models.CharField(max_length=16, default="ORIGINAL")
    #: Idempotency key ``<request number>/<decision>``.
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


class ReturnAttachment(Row):
    """
    One file of a request: a photo of the customer's, drawn anew, or a label of the shop's.

    In the database, not in the shop's media folder: what lies there can be read by everybody.
    """

    request = models.ForeignKey(ReturnRequest, on_delete=models.CASCADE, related_name="attachments")
    #: See ``attachments.PHOTO`` and ``LABEL``.
    kind = models.CharField(max_length=16)
    #: For people; no path is ever made of it.
    name = models.CharField(max_length=100)
    content_type = models.CharField(max_length=32)
    content = models.BinaryField()
    content_hash = models.CharField(max_length=64)
    size_bytes = models.PositiveIntegerField()
    role = models.CharField(max_length=16)
    requester_label = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["request", "kind", "content_hash"], name="aftersale_return_attachment_once"
            )
        ]


class ReturnMethod(Row):
    """How the goods of one request come back, as staff or an app decided."""

    request = models.OneToOneField(
        ReturnRequest, on_delete=models.CASCADE, related_name="chosen_method"
    )
    #: One of ``bases.METHODS``.
    method = models.CharField(max_length=32)
    instructions = models.TextField(blank=True)
    #: Starts with https://.
    label_url = models.CharField(max_length=2000, blank=True)
    label = models.ForeignKey(ReturnAttachment, on_delete=models.SET_NULL, null=True)
    #: For a locker or a counter that prints the label.
    code = models.CharField(max_length=200, blank=True)
    drop_off_point = models.CharField(max_length=1000, blank=True)
    decided_by = models.CharField(max_length=254, blank=True)
    decided_at = models.DateTimeField()


class WithdrawalStatement(Row):
    """
    One statement of withdrawal: what was said never changes, only what became of it.

    It names its order as text and its acknowledgement has columns of its own, not a row of
    the outbox: it is kept and acknowledged before anybody knows which order it is about.
    """

    #: Shown to people, as ``W-2026-7KQ3-9FHD``; opens nothing.
    reference = models.CharField(max_length=32, unique=True)
    #: The same key with the same words gives the same row.
    identity_hash = models.CharField(max_length=64, unique=True)
    channel = models.CharField(max_length=255)
    language = models.CharField(max_length=35)
    #: What the person read and confirmed, in that language.
    sentence = models.TextField()
    #: As typed, also what identifies the contract.
    name = models.CharField(max_length=200)
    contract = models.CharField(max_length=1000)
    email = models.CharField(max_length=254, db_index=True)
    #: ``{"line_ref", "product_name", "quantity"}`` each; empty: the whole contract.
    lines = db.JSONField(default=list)
    #: The moment of the confirmation: the one that counts.
    stated_at = models.DateTimeField()
    #: See ``withdrawal_rules.CameBy`` and ``Proof``.
    came_by = models.CharField(max_length=16)
    proof = models.CharField(max_length=16)
    requester_role = models.CharField(max_length=16)
    requester_ref = models.CharField(max_length=64, blank=True)
    #: A field that people don't see was filled in.
    is_suspicious = models.BooleanField(default=False)
    #: See ``withdrawal_rules.StatementState``.
    state = models.CharField(max_length=16, db_index=True)
    #: Why staff have to look, or with what they closed it.
    reason_code = models.CharField(max_length=64, blank=True)
    note = models.TextField(blank=True)
    #: Who of the staff matched or closed it.
    handled_by = models.CharField(max_length=254, blank=True)
    #: Empty while the order isn't known.
    order_ref = models.CharField(max_length=64, blank=True, db_index=True)
    return_request = models.ForeignKey(
        ReturnRequest, on_delete=models.SET_NULL, null=True, related_name="withdrawals"
    )
    #: When to look for the order, or the end of the lease of the worker that does.
    match_due_at = models.DateTimeField(null=True)
    match_attempts = models.PositiveSmallIntegerField(default=0)
    #: The same for the acknowledgement.
    ack_due_at = models.DateTimeField(null=True)
    ack_attempts = models.PositiveSmallIntegerField(default=0)
    #: What the mail server said last.
    ack_error = models.TextField(blank=True)
    #: The same for every try.
    message_id = models.CharField(max_length=255)
    #: The mail server took the acknowledgement.
    acknowledged_at = models.DateTimeField(null=True)
    #: Staff were told that it is missing.
    alarmed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["stated_at", "id"], name="aftersale_withdrawal_stated"),
            # Only what waits is in them: they stay small however many statements are kept.
            models.Index(
                fields=["match_due_at"],
                name="aftersale_withdrawal_match",
                condition=models.Q(match_due_at__isnull=False),
            ),
            models.Index(
                fields=["ack_due_at"],
                name="aftersale_withdrawal_ack",
                condition=models.Q(ack_due_at__isnull=False),
            ),
        ]


class ReturnMessage(Row):
    """Something written about a request: in the thread, or a note only staff see."""

    request = models.ForeignKey(ReturnRequest, on_delete=models.CASCADE, related_name="messages")
    #: MESSAGE, QUESTION, ANSWER or NOTE: see ``threads.Kind``.
    kind = models.CharField(max_length=16)
    text = models.TextField()
    role = models.CharField(max_length=16)
    requester_ref = models.CharField(max_length=64, blank=True)
    requester_label = models.CharField(max_length=254, blank=True)
    written_at = models.DateTimeField()


class ReturnParcel(Row):
    """A parcel in which goods come back, as customer or staff told of it."""

    request = models.ForeignKey(ReturnRequest, on_delete=models.CASCADE, related_name="parcels")
    #: Normalised.
    tracking_number = models.CharField(max_length=255, db_index=True)
    #: Normalised carrier code, empty while unknown.
    carrier = models.CharField(max_length=64, blank=True)
    role = models.CharField(max_length=16)
    requester_label = models.CharField(max_length=254, blank=True)
    #: When we were told: the proof of sending is as old as that.
    told_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["request", "tracking_number"], name="aftersale_return_parcel_once"
            )
        ]


class OrderMirror(Row):
    """Whether the metadata of the shop's order says what we know of its returns."""

    order = models.OneToOneField(
        OrderRecord, on_delete=models.CASCADE, related_name="returns_mirror"
    )
    #: Since when it is to be written, or when to try again; null: it is up to date.
    due_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at"],
                name="aftersale_mirror_due",
                condition=models.Q(due_at__isnull=False),
            ),
        ]
