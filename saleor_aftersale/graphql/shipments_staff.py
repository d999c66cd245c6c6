"""Mutations of parcels that staff and apps with MANAGE_ORDERS call."""

from __future__ import annotations

from typing import Any, Dict, Optional

import graphene
from django.utils import timezone

from ..host import graphql as host
from ..host import orders
from ..tracking import actions, corrections, parcels
from ..tracking.models import Shipment as ShipmentRow
from ..tracking.models import TrackingEvent
from ..tracking.statuses import ShipmentStatus
from ..values import NotFound, Requester
from . import callers
from .errors import AftersaleMutation
from .shipment_details import ShipmentStatusEnum
from .shipments import shown_again
from .tracking import Shipment


def staff_and_shipment(info: Any, global_id: str) -> tuple[Requester, ShipmentRow]:
    """
    Staff and the parcel they work on.

    Raises:
        PermissionRefused: no MANAGE_ORDERS, said before anything is looked up.
        NotFound: no such parcel, or one of a channel they don't work in.
        PluginInactive: the plugin is switched off in its channel.
    """
    requester = callers.staff_for(info)
    key = callers.wanted_key(global_id, "Shipment")
    return requester, _managed(requester, ShipmentRow.objects.filter(pk=key), "id")


def _managed(requester: Requester, rows: Any, field: str) -> ShipmentRow:
    row = rows.select_related("order").first()
    if row is None or not requester.may_manage(row.order.channel):
        what = "event" if field == "event_id" else "shipment"
        raise NotFound(f"There is no such {what}.", field=field)
    callers.active_settings(row.order.channel)
    return row


def managed_order_of(fulfillment_ref: str, requester: Requester) -> Optional[str]:
    """Ref of a fulfillment's order; None: there is none in a channel where staff work."""
    order_ref = orders.order_of_fulfillment(fulfillment_ref)
    place = orders.owner_and_channel(order_ref or "")
    return order_ref if place is not None and requester.may_manage(place[1]) else None


class ShipmentLineInput(graphene.InputObjectType):
    """Pieces of an order line in a parcel."""

    order_line_id = graphene.ID(required=True)
    quantity = graphene.Int(required=True)


def _wish(data: Dict[str, Any]) -> parcels.WishedParcel:
    pieces: Optional[Dict[str, int]] = None
    if data.get("lines") is not None:
        pieces = {}
        for line in data["lines"]:
            line_ref = callers.ref_of(line["order_line_id"], "OrderLine", "lines")
            if line_ref in pieces:
                raise parcels.InvalidParcel(
                    "A line may be named once.", field="lines", code="DUPLICATED"
                )
            pieces[line_ref] = line["quantity"]
    return parcels.WishedParcel(data.get("tracking_number"), data.get("carrier"), pieces)


_CARRIER = (
    "Carrier code, as `inpost`: wins over recognition and news. Empty: whoever is recognised."
)


class ShipmentCreate(AftersaleMutation):
    """Adds a parcel to a fulfillment."""

    shipment = graphene.Field(Shipment)

    class Arguments:
        fulfillment_id = graphene.ID(required=True)
        tracking_number = graphene.String(required=True, description="A number or a link.")
        carrier = graphene.String(description=_CARRIER)
        lines = graphene.List(
            graphene.NonNull(ShipmentLineInput),
            description="What is in it; the fulfillment's first parcel holds the rest.",
        )

    class Meta:
        description = (
            "Adds a further parcel to a fulfillment; the first one is Saleor's own tracking "
            "number. Requires MANAGE_ORDERS."
        )

    @classmethod
    def perform(cls, info: Any, **data: Any) -> ShipmentCreate:
        requester = callers.staff_for(info)
        fulfillment_ref = callers.wanted_ref(data["fulfillment_id"], "Fulfillment")
        order_ref = managed_order_of(fulfillment_ref, requester)
        record = actions.sync_order(order_ref) if order_ref else None
        if record is None:
            raise NotFound("There is no such fulfillment.", field="fulfillment_id")
        callers.active_settings(record.channel)
        row = parcels.add_parcel(fulfillment_ref, _wish(data), timezone.now())
        return cls(shipment=shown_again(info, row.pk), errors=[])


class ShipmentUpdate(AftersaleMutation):
    """Changes a parcel."""

    shipment = graphene.Field(Shipment)

    class Arguments:
        id = graphene.ID(required=True)
        tracking_number = graphene.String(
            description="A number or a link. A fulfillment's first parcel refuses one: it has "
            "Saleor's own, see `orderFulfillmentUpdateTracking`."
        )
        carrier = graphene.String(description=_CARRIER)
        lines = graphene.List(
            graphene.NonNull(ShipmentLineInput),
            description="Everything that is in it; the fulfillment's first parcel holds the rest.",
        )

    class Meta:
        description = "Changes a parcel; what is left out stays. Requires MANAGE_ORDERS."

    @classmethod
    def perform(cls, info: Any, **data: Any) -> ShipmentUpdate:
        _requester, row = staff_and_shipment(info, data["id"])
        parcels.change_parcel(row.pk, _wish(data))
        return cls(shipment=shown_again(info, row.pk), errors=[])


class ShipmentDelete(AftersaleMutation):
    """Takes a further parcel back."""

    class Arguments:
        id = graphene.ID(required=True)

    class Meta:
        description = (
            "Deletes a further parcel nothing has been told of yet; its pieces go back to the "
            "fulfillment's first parcel. Requires MANAGE_ORDERS."
        )

    @classmethod
    def perform(cls, info: Any, **data: Any) -> ShipmentDelete:
        _requester, row = staff_and_shipment(info, data["id"])
        parcels.remove_parcel(row.pk, timezone.now())
        return cls(errors=[])


def _correction(data: Dict[str, Any]) -> corrections.Correction:
    status = ShipmentStatus(data["status"])
    return corrections.Correction(status, data.get("occurred_at"), data["reason"])


class ShipmentEventCorrect(AftersaleMutation):
    """Puts a correction in an event's place."""

    shipment = graphene.Field(Shipment)

    class Arguments:
        event_id = graphene.ID(required=True, description="From `Shipment.allEvents`.")
        status = graphene.Argument(
            ShipmentStatusEnum, required=True, description="`UNKNOWN` takes the event out."
        )
        occurred_at = graphene.Argument(host.DateTime, description="Left out: as the event.")
        reason = graphene.String(required=True, description="For staff only.")

    class Meta:
        description = (
            "Corrects an event; it stays for staff to see. Once more the same changes nothing. "
            "Requires MANAGE_ORDERS."
        )

    @classmethod
    def perform(cls, info: Any, **data: Any) -> ShipmentEventCorrect:
        requester = callers.staff_for(info)
        key = callers.wanted_key(data["event_id"], "ShipmentRecordedEvent")
        meant = TrackingEvent.objects.filter(pk=key).values("shipment_id")
        row = _managed(requester, ShipmentRow.objects.filter(pk__in=meant), "event_id")
        corrections.correct_event(key, _correction(data), requester, timezone.now())
        return cls(shipment=shown_again(info, row.pk), errors=[])


class ShipmentStatusCorrect(AftersaleMutation):
    """Says where a parcel is."""

    shipment = graphene.Field(Shipment)

    class Arguments:
        id = graphene.ID(required=True)
        status = graphene.Argument(ShipmentStatusEnum, required=True)
        occurred_at = graphene.Argument(host.DateTime, description="Left out: now.")
        reason = graphene.String(required=True, description="For staff only.")

    class Meta:
        description = (
            "Says where a parcel is, whatever its carrier told so far; events that say otherwise "
            "stay for staff to see. Once more the same changes nothing. Requires MANAGE_ORDERS."
        )

    @classmethod
    def perform(cls, info: Any, **data: Any) -> ShipmentStatusCorrect:
        requester, row = staff_and_shipment(info, data["id"])
        corrections.correct_status(row.pk, _correction(data), requester, timezone.now())
        return cls(shipment=shown_again(info, row.pk), errors=[])
