"""What was or could have been published about an order: the events its mails are made from."""

from __future__ import annotations

from typing import Iterator

from .. import events
from ..events import Event
from ..feedback import queries as feedback_queries
from ..host import orders
from ..returns import queries as return_queries
from ..returns.models import Refund, Remedy, ReturnRequest
from ..returns.threads import Kind
from ..tracking import queries as tracking_queries
from ..tracking.models import OrderRecord, Shipment, TrackingEvent
from ..values import Money, Role
from .return_mails import last_day_to_send

_CUSTOMERS = (Role.CUSTOMER.value, Role.GUEST.value)


def events_of(record: OrderRecord) -> Iterator[Event]:
    """Events of an order, newest parcels and returns first; nothing is published."""
    yield events.AccessRequested(record.order_ref, "preview")
    yield from _of_order(record)
    for shipment in Shipment.objects.filter(order=record).order_by("-pk"):
        yield from _of_parcel(record, shipment)
    for request in ReturnRequest.objects.filter(order=record).order_by("-pk"):
        yield from _of_request(record, request)
    yield from _of_feedback(record)


def _of_order(record: OrderRecord) -> Iterator[Event]:
    yield events.OrderPlaced(record.order_ref)
    order = orders.load_orders([record.order_ref], using="default").get(record.order_ref)
    if order is None:
        return
    parcels = tracking_queries.parcels_by_order([order])[order.ref]
    if not parcels:
        yield events.OrderUnsent(order.ref, is_promise_broken=False)
        yield events.OrderUnsent(order.ref, is_promise_broken=True)
    delivered_at = return_queries.delivered_at(order, parcels)
    if delivered_at is not None:
        yield events.OrderDelivered(order.ref, delivered_at)


def _of_parcel(record: OrderRecord, shipment: Shipment) -> Iterator[Event]:
    scans = TrackingEvent.objects.filter(shipment=shipment).order_by("-occurred_at")
    for status, occurred_at in scans.values_list("status", "occurred_at"):
        yield events.ShipmentStatusChanged(
            shipment.pk,
            record.order_ref,
            before="",
            after=status,
            was_handed_over=False,
            occurred_at=occurred_at,
        )
    if shipment.late_since:
        yield events.ShipmentLate(shipment.pk, record.order_ref, shipment.late_since)
    if shipment.collect_by:
        remind_at = shipment.collect_by
        yield events.PickupDue(shipment.pk, record.order_ref, remind_at, is_last_day=True)


def _of_request(record: OrderRecord, request: ReturnRequest) -> Iterator[Event]:
    for step in request.transitions.order_by("-position"):
        yield events.ReturnTransitioned(request.pk, record.order_ref, step.before, step.after)
    if request.send_back_by:
        last_on = last_day_to_send(request)
        yield events.SendBackNear(request.pk, record.order_ref, last_on)
    yield events.AnswerAwaited(request.pk, record.order_ref)
    written = request.messages.filter(kind=Kind.MESSAGE.value)
    for message in written.exclude(role__in=_CUSTOMERS).order_by("-pk"):
        yield events.ReturnMessageWritten(message.pk, request.pk, record.order_ref, False)
    for decision in Remedy.objects.filter(request=request).order_by("-number"):
        yield events.RemedyDecided(decision.pk, request.pk, record.order_ref)
        if decision.done_at:
            yield events.RemedySent(decision.pk, request.pk, record.order_ref)
    for refund in Refund.objects.filter(request=request, state="SETTLED").order_by("-pk"):
        amount = Money(refund.amount, refund.currency)
        yield events.RefundSettled(refund.pk, request.pk, record.order_ref, amount)


def _of_feedback(record: OrderRecord) -> Iterator[Event]:
    said = feedback_queries.feedback_of(record)
    if said is not None:
        yield events.FeedbackGiven(said.pk, record.order_ref, 0, said.score)
        yield events.FeedbackAnswered(said.pk, record.order_ref)
    voucher = feedback_queries.voucher_of(record)
    if voucher is not None:
        yield events.VoucherCreated(voucher.pk, record.order_ref)
