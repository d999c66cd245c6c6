"""Carrier news that staff and apps with MANAGE_ORDERS tell through the API."""

from __future__ import annotations

from typing import Any, List

import graphene
from django.utils import timezone

from ..host import graphql as host
from ..tracking import actions, news
from ..tracking import queries as tracking_queries
from ..tracking.carriers.base import BadPayload, CarrierUpdate, normalise_number
from ..tracking.carriers.generic import MAX_EVENTS
from ..tracking.models import Shipment as ShipmentRow
from ..tracking.statuses import ShipmentStatus
from ..values import NotFound, Requester, is_storable
from . import callers
from .errors import AftersaleMutation
from .shipment_details import ShipmentStatusEnum
from .shipments import shown_again
from .shipments_staff import managed_order_of
from .tracking import Shipment, ShipmentReasonEnum, list_of


class ShipmentEventInput(graphene.InputObjectType):
    """One piece of news."""

    occurred_at = graphene.Argument(
        host.DateTime, required=True, description="Carrier time with its offset."
    )
    status = graphene.Argument(ShipmentStatusEnum, required=True)
    code = graphene.String(description="The carrier's own code.")
    description = graphene.String()
    location = graphene.String()
    reason = graphene.Argument(ShipmentReasonEnum, description="Why, when it is trouble.")
    collect_by = graphene.Argument(
        host.DateTime, description="Until when the parcel waits to be collected."
    )


class EstimatedDeliveryInput(graphene.InputObjectType):
    """The carrier's promise."""

    earliest = graphene.Argument(host.DateTime)
    latest = graphene.Argument(host.DateTime, required=True)


class ShipmentEventsRecordInput(graphene.InputObjectType):
    """News about one parcel, named by its id, its fulfillment or its tracking number."""

    shipment_id = graphene.ID(description="From `Shipment.id`.")
    fulfillment_id = graphene.ID(description="Of a fulfillment with one parcel.")
    tracking_number = graphene.String(description="Of one parcel, with its fulfillment if several.")
    carrier = graphene.String(description="Carrier code, as `inpost`.")
    estimated_delivery = graphene.Field(EstimatedDeliveryInput)
    events = graphene.Field(list_of(ShipmentEventInput))


class ShipmentEventsRecord(AftersaleMutation):
    """Stores carrier news, each piece once."""

    shipment = graphene.Field(Shipment)
    recorded = graphene.Int(description="Events not known before.")
    repeated = graphene.Int(description="Events known already; they changed nothing.")

    class Arguments:
        input = ShipmentEventsRecordInput(required=True)

    class Meta:
        description = "Records carrier news about a parcel. Requires MANAGE_ORDERS."

    @classmethod
    def perform(cls, info: Any, **data: Any) -> ShipmentEventsRecord:
        told = data["input"]
        requester = callers.staff_for(info)
        row = _shipment_of(told, requester)
        callers.active_settings(row.order.channel)
        updates = _updates(told, row.tracking_number)
        done = news.record_updates(row.pk, updates, provider="api", now=timezone.now())
        return cls(
            shipment=shown_again(info, row.pk), recorded=done.new, repeated=done.repeated, errors=[]
        )


#: What no fulfillment has; an empty one would mean that none was named.
_NO_KEY = "-"


def _shipment_of(news: Any, requester: Requester) -> ShipmentRow:
    """The parcel meant, by all that is said of it."""
    fulfillment_ref = ""
    if news.get("fulfillment_id"):
        fulfillment_ref = callers.wanted_ref(news["fulfillment_id"], "Fulfillment") or _NO_KEY
    number = news.get("tracking_number") or ""
    if len(number) > 255 or not is_storable(number):
        raise BadPayload("Use up to 255 characters.", field="tracking_number")
    number = normalise_number(number)
    if news.get("shipment_id"):
        row = _named(news["shipment_id"], requester)
        _check_agreement(row, fulfillment_ref, number)
        return row
    if not (fulfillment_ref or number):
        raise BadPayload(
            "Name the parcel by shipmentId, fulfillmentId or trackingNumber.",
            field="shipment_id",
            code="REQUIRED",
        )
    if fulfillment_ref:
        _fetch(fulfillment_ref, requester)
    return tracking_queries.find_shipment(
        fulfillment_ref=fulfillment_ref, tracking_number=number, channels=requester.channels
    )


def _named(shipment_id: str, requester: Requester) -> ShipmentRow:
    key = callers.wanted_key(shipment_id, "Shipment")
    row = ShipmentRow.objects.select_related("order").filter(pk=key).first()
    if row is None or not requester.may_manage(row.order.channel):
        raise NotFound("There is no such shipment.", field="shipment_id")
    return row


def _check_agreement(row: ShipmentRow, fulfillment_ref: str, number: str) -> None:
    """What is said beside the id must be said of the same parcel."""
    if fulfillment_ref not in ("", row.fulfillment_ref):
        raise BadPayload("The shipment is of another fulfillment.", field="fulfillment_id")
    if number not in ("", row.tracking_number):
        raise BadPayload("The shipment has another number.", field="tracking_number")


def _fetch(fulfillment_ref: str, requester: Requester) -> None:
    """Keep a parcel the shop has made a moment ago, where staff work."""
    known = ShipmentRow.objects.filter(fulfillment_ref=fulfillment_ref)
    if requester.channels is not None:
        known = known.filter(order__channel__in=list(requester.channels))
    if known.exists():
        return
    order_ref = managed_order_of(fulfillment_ref, requester)
    if order_ref:
        actions.sync_order(order_ref)


_MAX_LENGTHS = {"code": 128, "description": 1024, "location": 255}


def _updates(news: Any, tracking_number: str) -> List[CarrierUpdate]:
    if not 1 <= len(news["events"]) <= MAX_EVENTS:
        raise BadPayload(f"Send 1 to {MAX_EVENTS} events.", field="events")
    carrier = (news.get("carrier") or "").strip().lower()
    if len(carrier) > 64 or not is_storable(carrier):
        raise BadPayload("Use up to 64 characters.", field="carrier")
    promise = news.get("estimated_delivery") or {}
    updates = []
    for event in news["events"]:
        for name, size in _MAX_LENGTHS.items():
            value = event.get(name) or ""
            if len(value) > size or not is_storable(value):
                raise BadPayload(f"Use up to {size} characters.", field=name)
        _check_moment(event["occurred_at"], "occurred_at")
        updates.append(
            CarrierUpdate(
                status=ShipmentStatus(event["status"]),
                occurred_at=event["occurred_at"],
                tracking_number=normalise_number(tracking_number),
                raw_code=event.get("code") or "",
                description=event.get("description") or "",
                location=event.get("location") or "",
                carrier=carrier,
                promised_from=_check_moment(promise.get("earliest"), "earliest"),
                promised_until=_check_moment(promise.get("latest"), "latest"),
                reason=event.get("reason") or "",
                collect_by=_check_moment(event.get("collect_by"), "collect_by"),
            )
        )
    return updates


def _check_moment(moment: Any, field: str) -> Any:
    if moment is not None and (moment.tzinfo is None or not 2000 <= moment.year < 2100):
        raise BadPayload("Write a time of this century with its offset.", field=field)
    return moment
