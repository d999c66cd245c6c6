"""What the API tells of a parcel besides what is on the timeline, most of it to staff only."""

from __future__ import annotations

from typing import Any, Iterable, List, Optional

import graphene
from django.db.models import Prefetch

from ..host import graphql as host
from ..tracking import labels, statements
from ..tracking.carriers import recognise
from ..tracking.models import ParcelStatement, TrackingEvent
from ..tracking.models import Shipment as ShipmentRow
from ..tracking.statuses import ShipmentStatus

ShipmentStatusEnum = graphene.Enum(
    "ShipmentStatusEnum", [(status.name, status.value) for status in ShipmentStatus]
)

_STAFF = "Null without MANAGE_ORDERS in its channel. "


class ShipmentRecordedEvent(graphene.ObjectType):
    """An event as it was recorded, corrected or not."""

    id = graphene.ID(required=True, description="For `shipmentEventCorrect`.")
    occurred_at = graphene.Field(host.DateTime, required=True, description="Carrier time.")
    received_at = graphene.Field(host.DateTime, required=True)
    status = graphene.Field(ShipmentStatusEnum, required=True)
    provider = graphene.String(
        required=True, description="Who told it: a carrier or aggregator, `api` or `staff`."
    )
    tracking_number = graphene.String(required=True, description="The number it was told of.")
    code = graphene.String(required=True, description="As sent by the carrier.")
    description = graphene.String(required=True, description="As sent by the carrier.")
    location = graphene.String(required=True, description="As sent by the carrier.")
    author = graphene.String(required=True, description="Who of the staff made a correction.")
    note = graphene.String(required=True, description="Why; empty for a carrier's event.")
    corrected_by = graphene.ID(description="The event that takes its place, if one does.")

    @staticmethod
    def resolve_id(root: TrackingEvent, _info: Any) -> str:
        return event_global_id(root.pk)

    @staticmethod
    def resolve_code(root: TrackingEvent, _info: Any) -> str:
        return root.raw_code

    @staticmethod
    def resolve_corrected_by(root: TrackingEvent, _info: Any) -> Optional[str]:
        return event_global_id(root.corrected_by_id) if root.corrected_by_id else None


def event_global_id(key: int) -> str:
    """The id by which the API names a recorded event."""
    return graphene.Node.to_global_id("ShipmentRecordedEvent", key)


class ShipmentCarrierCandidate(graphene.ObjectType):
    """A carrier a number may be of."""

    carrier = graphene.String(required=True, description="Carrier code.")
    carrier_name = graphene.String(required=True)
    is_verified = graphene.Boolean(required=True, description="The check digit fits.")

    @staticmethod
    def resolve_carrier_name(root: recognise.Candidate, _info: Any) -> str:
        return recognise.name_of(root.carrier)


class ShipmentStatement(graphene.ObjectType):
    """What was stated about a parcel."""

    stated_at = graphene.Field(host.DateTime, required=True)
    comment = graphene.String(required=True)
    stated_by = graphene.String(description="Who said so; for staff only.")

    @staticmethod
    def resolve_stated_by(root: ParcelStatement, info: Any) -> Optional[str]:
        return root.stated_by if _is_staff_of(info, root.shipment) else None


class ShipmentRowLoader(host.DataLoader):
    """Parcels with orders, events and statements: one batch for a whole page of them."""

    context_key = "aftersale_shipment_row"

    def batch_load(self, keys: Iterable[int]) -> List[Optional[ShipmentRow]]:
        using = getattr(self, "database_connection_name", "default")
        events = TrackingEvent.objects.using(using).defer("payload").order_by("-occurred_at", "-pk")
        stated = ParcelStatement.objects.using(using).order_by("pk")
        rows = ShipmentRow.objects.using(using).filter(pk__in=list(keys)).select_related("order")
        found = rows.prefetch_related(
            Prefetch("events", queryset=events), Prefetch("statements", queryset=stated)
        )
        by_key = {row.pk: row for row in found}
        return [by_key.get(key) for key in keys]


def _is_staff_of(info: Any, row: ShipmentRow) -> bool:
    return host.requester(info).may_manage(row.order.channel)


def _for_staff(root: Any, info: Any, tell: Any) -> Any:
    """What ``tell`` says of the parcel's row, to staff of its channel; else nothing."""

    def told(row: Optional[ShipmentRow]) -> Any:
        return tell(row) if row and _is_staff_of(info, row) else None

    # The permission first: nothing is read for somebody who may see none of it.
    if root.id is None or not host.requester(info).may_manage_orders:
        return None
    return ShipmentRowLoader(info.context).load(root.id).then(told)


class ShipmentDetails:
    """Fields of ``Shipment`` that need its row; a part of that type, not one of its own."""

    not_received = graphene.Field(
        ShipmentStatement, description="That it never came, as its customer stated."
    )
    order_id = graphene.ID(description=_STAFF + "The order's id.")
    order_number = graphene.String(description=_STAFF + "The order's number.")
    channel = graphene.String(description=_STAFF + "The channel's slug.")
    is_carrier_set = graphene.Boolean(
        description=_STAFF + "Staff or an app named the carrier: nothing else changes it."
    )
    carrier_candidates = graphene.List(
        graphene.NonNull(ShipmentCarrierCandidate),
        description=_STAFF + "Carriers its number may be of, as long as none is certain or named.",
    )
    all_events = graphene.List(
        graphene.NonNull(ShipmentRecordedEvent),
        description=_STAFF + "Events as recorded, newest first, with corrected ones.",
    )

    @staticmethod
    def resolve_not_received(root: Any, info: Any) -> Any:
        def told(row: Optional[ShipmentRow]) -> Optional[ParcelStatement]:
            stated = row.statements.all() if row else ()
            return next((item for item in stated if item.kind == statements.NOT_RECEIVED), None)

        return ShipmentRowLoader(info.context).load(root.id).then(told) if root.id else None

    @staticmethod
    def resolve_order_id(root: Any, info: Any) -> Any:
        return _for_staff(root, info, lambda row: host.order_global_id(row.order.order_ref))

    @staticmethod
    def resolve_order_number(root: Any, info: Any) -> Any:
        return _for_staff(root, info, lambda row: row.order.number)

    @staticmethod
    def resolve_channel(root: Any, info: Any) -> Any:
        return _for_staff(root, info, lambda row: row.order.channel)

    @staticmethod
    def resolve_is_carrier_set(root: Any, info: Any) -> Any:
        return _for_staff(root, info, lambda row: row.is_carrier_set)

    @staticmethod
    def resolve_carrier_candidates(root: Any, info: Any) -> Any:
        return _for_staff(root, info, labels.carrier_candidates)

    @staticmethod
    def resolve_all_events(root: Any, info: Any) -> Any:
        return _for_staff(root, info, lambda row: list(row.events.all()))
