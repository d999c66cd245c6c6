"""Rows of tracking: the order as we keep it, its parcels, what carriers said of them."""

from django.db import models

from ..host import db


class Row(models.Model):
    """Base of our tables: the same 64-bit key on every Django."""

    id = models.BigAutoField(primary_key=True)

    class Meta:
        abstract = True


class OrderRecord(Row):
    """
    What we keep of a shop's order.

    It is shown after Saleor deleted the order or parts of it, and it is the one row
    that is locked before anything is written about the order.
    """

    #: The host's id as text.
    order_ref = models.CharField(max_length=64, unique=True)
    number = models.CharField(max_length=64, db_index=True)
    channel = models.CharField(max_length=255)
    customer_email = models.CharField(max_length=254, db_index=True)
    customer_name = models.CharField(max_length=512)
    #: The account's id as text; empty for a guest.
    user_ref = models.CharField(max_length=64)
    language = models.CharField(max_length=35)
    country = models.CharField(max_length=2)
    #: As the customer chose it.
    shipping_method = models.CharField(max_length=255, default="")
    currency = models.CharField(max_length=3)
    placed_at = models.DateTimeField()
    #: Part of every signed link: raising it revokes them all.
    link_generation = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [models.Index(fields=["placed_at"], name="aftersale_order_placed")]


#: ``Shipment.fulfillment_ref`` of a parcel on its way back to the shop starts so; then follows
#: what returns knows it by.
WAY_BACK = "return:"


class OutboundManager(models.Manager):
    """Parcels to customers only: what is on its way back is a matter of returns."""

    def get_queryset(self) -> models.QuerySet:
        """Without those on their way back."""
        return super().get_queryset().filter(is_return=False)


class Shipment(Row):
    """
    One parcel with one tracking number.

    Position 0 of a fulfillment holds what Saleor's own field says; staff and apps may add
    further parcels to it. ``objects`` are the parcels to customers; those that carry goods back
    are tracked in the same way and are only in ``every``.
    """

    objects = OutboundManager()
    every = models.Manager()

    order = models.ForeignKey(OrderRecord, on_delete=models.CASCADE, related_name="shipments")
    #: The host's id as text; Saleor may have deleted that fulfillment since.
    fulfillment_ref = models.CharField(max_length=64)
    position = models.PositiveSmallIntegerField(default=0)
    #: It carries goods back to the shop.
    is_return = models.BooleanField(default=False)
    #: Two letters of the country it was sent from; empty when unknown.
    origin_country = models.CharField(max_length=2, default="")
    #: Normalised carrier code, empty while unknown.
    carrier = models.CharField(max_length=64, blank=True)
    #: Staff or an app named the carrier: nothing else changes it.
    is_carrier_set = models.BooleanField(default=False)
    tracking_number = models.CharField(max_length=255, blank=True, db_index=True)
    tracking_url = models.CharField(max_length=2000, blank=True)
    #: Derived from all events; kept so that lists and sweeps can ask for it.
    status = models.CharField(max_length=32, default="PENDING", db_index=True)
    #: Why it is in trouble and who must act: see ``incidents``; empty when all is well.
    reason = models.CharField(max_length=64, blank=True, default="")
    is_cancelled = models.BooleanField(default=False)
    #: Until when it waits at a locker, point or branch.
    collect_by = models.DateTimeField(null=True)
    #: Carrier time of the scan that contradicts an end told before.
    contradicted_at = models.DateTimeField(null=True)
    #: Carrier time of the newest event.
    last_event_at = models.DateTimeField(null=True)
    #: When the carrier last told us anything, be it nothing new: the age of what we show.
    heard_at = models.DateTimeField(null=True)
    shipped_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    #: The carrier's own promise.
    promised_from = models.DateTimeField(null=True)
    promised_until = models.DateTimeField(null=True)
    #: When we heard of it: an older push that is read later doesn't replace it.
    promise_received_at = models.DateTimeField(null=True)
    #: Our own estimate, for a parcel whose carrier makes none: ``timeline.EstimateSource``.
    estimate_source = models.CharField(max_length=32, blank=True, default="")
    estimated_from = models.DateTimeField(null=True)
    estimated_until = models.DateTimeField(null=True)
    estimated_at = models.DateTimeField(null=True)
    #: Parcels a HISTORY estimate is made of.
    estimate_sample = models.PositiveIntegerField(null=True)
    #: The end of the estimate that was broken; published once.
    late_since = models.DateTimeField(null=True)
    #: Since when nothing was heard for longer than is usual; published once.
    stalled_at = models.DateTimeField(null=True)
    #: When the sweep has to look at it: estimate, lateness, silence. Null: never again.
    watch_at = models.DateTimeField(null=True)
    #: When to ask the carrier, or the end of the lease of the worker that asks.
    poll_at = models.DateTimeField(null=True)
    poll_failures = models.PositiveSmallIntegerField(default=0)
    #: When the shop made the parcel.
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["fulfillment_ref", "position"], name="aftersale_parcel_once"
            )
        ]
        indexes = [
            # Only what waits is in them: they stay small however many parcels there are.
            models.Index(
                fields=["watch_at"],
                name="aftersale_parcel_watch",
                condition=models.Q(watch_at__isnull=False),
            ),
            models.Index(
                fields=["poll_at"],
                name="aftersale_parcel_poll",
                condition=models.Q(poll_at__isnull=False),
            ),
            models.Index(
                fields=["late_since"],
                name="aftersale_parcel_late",
                condition=models.Q(late_since__isnull=False),
            ),
            models.Index(
                fields=["stalled_at"],
                name="aftersale_parcel_stalled",
                condition=models.Q(stalled_at__isnull=False),
            ),
            models.Index(fields=["delivered_at", "id"], name="aftersale_parcel_delivered"),
            models.Index(fields=["created_at", "id"], name="aftersale_parcel_created"),
        ]


class ShipmentLine(Row):
    """Pieces of one order line in a parcel, with the name as it was when sent."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="lines")
    line_ref = models.CharField(max_length=64)
    product_name = models.CharField(max_length=1024)
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shipment", "line_ref"], name="aftersale_shipment_line_once"
            )
        ]


class TrackingEvent(Row):
    """One scan or message of a carrier, stored once; only ``retrack`` changes its status."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="events")
    #: Who told us: a webhook's provider or "api".
    provider = models.CharField(max_length=64)
    #: The number the carrier spoke of: it may differ from the parcel's corrected one.
    tracking_number = models.CharField(max_length=255, blank=True)
    status = models.CharField(max_length=32)
    #: As sent by the carrier.
    raw_code = models.CharField(max_length=128, blank=True)
    description = models.CharField(max_length=1024, blank=True)
    location = models.CharField(max_length=255, blank=True)
    occurred_at = models.DateTimeField()
    #: Minutes east of UTC in the carrier's own writing of the time.
    occurred_offset = models.SmallIntegerField(default=0)
    received_at = models.DateTimeField()
    payload = db.JSONField(default=dict)
    #: Until when the parcel waits to be collected, as this event says.
    collect_by = models.DateTimeField(null=True)
    #: Why, when the event is trouble: see ``incidents``.
    reason = models.CharField(max_length=64, blank=True, default="")
    #: A correction: who of the staff made it, and why.
    author = models.CharField(max_length=254, blank=True, default="")
    note = models.CharField(max_length=1024, blank=True, default="")
    #: The correction that takes this event's place for everybody but staff.
    corrected_by = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, related_name="corrects"
    )
    #: SHA-256 of provider, parcel, raw code, carrier time and place.
    identity_hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shipment", "identity_hash"], name="aftersale_tracking_event_once"
            )
        ]


class ParcelStatement(Row):
    """What a customer states about a parcel, as that it never came; kept as it was said."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="statements")
    #: ``"NOT_RECEIVED"``.
    kind = models.CharField(max_length=32)
    comment = models.TextField(blank=True)
    #: A mail address, as ``values.Requester.label``.
    stated_by = models.CharField(max_length=254)
    stated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shipment", "kind"], name="aftersale_parcel_statement_once"
            )
        ]


class TransitTime(Row):
    """How long the shop's own parcels took on one way, summed up once a day."""

    carrier = models.CharField(max_length=64)
    origin_country = models.CharField(max_length=2)
    country = models.CharField(max_length=2)
    #: Delivered parcels it is made of.
    sample = models.PositiveIntegerField()
    #: 10th, 50th and 90th percentile from hand-over to delivery.
    fast_hours = models.FloatField()
    usual_hours = models.FloatField()
    slow_hours = models.FloatField()
    #: 95th percentile between two scans of a parcel on its way.
    gap_hours = models.FloatField(null=True)
    computed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["carrier", "origin_country", "country"], name="aftersale_transit_time_once"
            )
        ]


class CarrierCircuit(Row):
    """Whether a carrier's interface answers: closed, or open until it is tried again."""

    provider = models.CharField(max_length=64)
    channel = models.CharField(max_length=255)
    #: Failed requests in a row.
    failures = models.PositiveIntegerField(default=0)
    #: Nothing is asked before; null: it answers.
    open_until = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=1024, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "channel"], name="aftersale_carrier_circuit_once"
            )
        ]


class CarrierPush(Row):
    """
    One push of a carrier as it came in, kept before anybody looks into it.

    What a carrier answered when asked is kept too if it told anything new, in the form of its
    pushes and as one that was read.
    """

    #: The module in ``carriers`` that verified it and reads it.
    provider = models.CharField(max_length=64)
    channel = models.CharField(max_length=255)
    #: Byte for byte: text columns take neither NUL nor broken UTF-8.
    body = models.BinaryField()
    #: SHA-256 of the body: the same body again is the same push.
    body_hash = models.CharField(max_length=64)
    received_at = models.DateTimeField(db_index=True)
    #: See ``push_states.PushState``.
    state = models.CharField(max_length=16, db_index=True)
    #: Why it is in that state.
    detail = models.TextField(blank=True)
    attempts = models.PositiveIntegerField(default=0)
    #: When it is to be read (again), or the end of the lease of the worker that has it;
    #: null: nothing is left to do.
    due_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "channel", "body_hash"], name="aftersale_carrier_push_once"
            )
        ]
        indexes = [
            # Only what waits is in it: it stays small however many pushes are kept.
            models.Index(
                fields=["due_at"],
                name="aftersale_carrier_push_due",
                condition=models.Q(due_at__isnull=False),
            ),
        ]


class PushedParcel(Row):
    """A tracking number a push speaks of, and the parcel it was recorded on, if any."""

    push = models.ForeignKey(CarrierPush, on_delete=models.CASCADE, related_name="parcels")
    tracking_number = models.CharField(max_length=255, db_index=True)
    shipment = models.ForeignKey(
        Shipment, on_delete=models.CASCADE, null=True, related_name="pushes"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["push", "tracking_number", "shipment"], name="aftersale_pushed_parcel_once"
            )
        ]
