"""Types and queries of tracking, and the request for a link."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Iterable, List, Optional

import graphene
from django.utils import timezone
from graphene.types.resolver import attr_resolver

from .. import access, timelines
from ..events import LinkWished, publish
from ..host import graphql as host
from ..host.rows import Trip
from ..timelines import OrderFile, TimelineView
from ..tracking import queries as tracking_queries
from ..tracking.carriers.base import BadPayload
from ..tracking.incidents import Actor, Reason
from ..tracking.timeline import EstimateSource, MilestoneCode, MilestoneState
from ..values import is_storable
from . import callers
from .errors import AftersaleMutation
from .shipment_details import ShipmentDetails, ShipmentStatusEnum

MilestoneCodeEnum = graphene.Enum(
    "OrderMilestoneCode", [(code.name, code.value) for code in MilestoneCode]
)
MilestoneStateEnum = graphene.Enum(
    "OrderMilestoneState", [(state.name, state.value) for state in MilestoneState]
)
EstimateSourceEnum = graphene.Enum(
    "ShipmentEstimateSource", [(source.name, source.value) for source in EstimateSource]
)

ShipmentReasonEnum = graphene.Enum(
    "ShipmentReasonEnum", [(reason.name, reason.value) for reason in Reason]
)
ShipmentActorEnum = graphene.Enum(
    "ShipmentActorEnum", [(actor.name, actor.value) for actor in Actor]
)


def list_of(kind: Any) -> graphene.NonNull:
    """A list that is never null and holds no null."""
    return graphene.NonNull(graphene.List(graphene.NonNull(kind)))


class OrderTimelineMilestone(graphene.ObjectType):
    """A step of the order the shop knows of."""

    code = graphene.Field(MilestoneCodeEnum, required=True)
    label = graphene.String(required=True, description="In the timeline's language.")
    reached_at = graphene.Field(
        host.DateTime, description="Null also for a step done at a moment nobody recorded."
    )
    state = graphene.Field(MilestoneStateEnum, required=True)


class ShipmentEstimate(graphene.ObjectType):
    """When a parcel should arrive."""

    source = graphene.Field(EstimateSourceEnum, required=True)
    earliest = graphene.Field(host.DateTime, required=True)
    latest = graphene.Field(host.DateTime, required=True)
    late_since = graphene.Field(host.DateTime, description="Set once `latest` is past.")
    computed_at = graphene.Field(
        host.DateTime, description="When it was made, or the carrier's promise heard."
    )
    sample = graphene.Int(description="Delivered parcels a `HISTORY` estimate is made of.")

    @staticmethod
    def resolve_source(root: Any, _info: Any) -> str:
        return root.source.value


class ShipmentEvent(graphene.ObjectType):
    """One scan or message of the carrier."""

    class Meta:
        # The longest list there is: it is never of dictionaries.
        default_resolver = attr_resolver

    occurred_at = graphene.Field(host.DateTime, required=True, description="Carrier time.")
    status = graphene.Field(ShipmentStatusEnum, required=True)
    text = graphene.String(required=True, description="The status in the timeline's language.")
    code = graphene.String(required=True, description="As sent by the carrier.")
    description = graphene.String(required=True, description="As sent by the carrier.")
    location = graphene.String(required=True, description="As sent by the carrier.")
    reason = graphene.Field(ShipmentReasonEnum, description="Why, when it is trouble.")
    is_correction = graphene.Boolean(
        required=True, description="The shop set right what the carrier told."
    )

    @staticmethod
    def resolve_reason(root: Any, _info: Any) -> Optional[str]:
        return root.reason or None


class ShipmentLine(graphene.ObjectType):
    """Pieces of one order line in a parcel."""

    order_line_id = graphene.ID(required=True)
    product_name = graphene.String(required=True, description="As it was when sent.")
    quantity = graphene.Int(required=True)

    @staticmethod
    def resolve_order_line_id(root: Any, _info: Any) -> str:
        return graphene.Node.to_global_id("OrderLine", root.line_ref)


class Shipment(ShipmentDetails, graphene.ObjectType):
    """One parcel."""

    id = graphene.ID(description="Null while only the shop's own fulfillment is known.")
    fulfillment_id = graphene.ID(required=True)
    carrier = graphene.String(required=True, description="Carrier code, empty while unknown.")
    carrier_name = graphene.String(required=True, description="The carrier as people know it.")
    tracking_number = graphene.String(required=True)
    tracking_url = graphene.String(required=True)
    status = graphene.Field(ShipmentStatusEnum, required=True)
    text = graphene.String(required=True, description="The bar and its warnings in words.")
    progress = graphene.Int(required=True, description="0-100.")
    is_returning = graphene.Boolean(
        required=True, description="The bar is the reversed one: the parcel goes back."
    )
    estimate = graphene.Field(ShipmentEstimate)
    events = graphene.Field(list_of(ShipmentEvent), description="Newest first.")
    lines = graphene.Field(list_of(ShipmentLine))
    reason = graphene.Field(ShipmentReasonEnum, description="Why it is in trouble, when told.")
    reason_text = graphene.String(
        required=True, description="The reason in the timeline's language; empty without one."
    )
    acts = graphene.Field(
        ShipmentActorEnum, required=True, description="Who has to do something now."
    )
    act_text = graphene.String(
        required=True, description="What to do about trouble; empty while all is well."
    )
    collect_by = graphene.Field(
        host.DateTime, description="Until when it waits to be collected, when told."
    )
    heard_at = graphene.Field(
        host.DateTime, description="When the carrier last told anything, be it nothing new."
    )
    is_stalled = graphene.Boolean(
        required=True, description="Nothing was heard for longer than usual."
    )
    contradicted_at = graphene.Field(
        host.DateTime,
        description="Carrier time of the first scan that contradicts an end told before.",
    )

    @staticmethod
    def resolve_id(root: Any, _info: Any) -> Optional[str]:
        return graphene.Node.to_global_id("Shipment", root.id) if root.id else None

    @staticmethod
    def resolve_reason(root: Any, _info: Any) -> Optional[str]:
        return root.reason or None

    @staticmethod
    def resolve_fulfillment_id(root: Any, _info: Any) -> str:
        return graphene.Node.to_global_id("Fulfillment", root.ref)


class OrderTimelineEntry(graphene.ObjectType):
    """One line of the order's history."""

    at = graphene.Field(host.DateTime, required=True)
    kind = graphene.String(required=True, description="ORDER, SHIPMENT, RETURN, REFUND or MAIL.")
    code = graphene.String(required=True)
    title = graphene.String(required=True, description="In the timeline's language.")
    detail = graphene.String(required=True)


class OrderTimeline(graphene.ObjectType):
    """Everything that happened to an order, and where it stands."""

    number = graphene.String(required=True, description="The order's number.")
    language = graphene.String(required=True, description="Language of all texts here.")
    status = graphene.String(
        required=True,
        description="A milestone before shipping, then the status of the least advanced parcel.",
    )
    progress = graphene.Int(required=True, description="0-100; never goes back.")
    text = graphene.String(required=True, description="The bar in words.")
    milestones = graphene.Field(list_of(OrderTimelineMilestone))
    shipments = graphene.Field(list_of(Shipment))
    entries = graphene.Field(list_of(OrderTimelineEntry), description="Newest first.")
    updated_at = graphene.Field(host.DateTime, required=True)
    heard_at = graphene.Field(
        host.DateTime, description="When a carrier last told anything; null: never."
    )
    version = graphene.String(
        required=True, description="Another one whenever anything shown is another one."
    )


class OrderFileByRefLoader(host.DataLoader):
    """Order files: one batch for a whole page of orders."""

    context_key = "aftersale_order_file_by_ref"

    def batch_load(self, keys: Iterable[str]) -> List[Optional[OrderFile]]:
        using = getattr(self, "database_connection_name", "default")
        trip, settings = Trip(using), callers.settings_in(self.context, using)
        host.ask_requester(self.context, trip)
        files = timelines.load(keys, using=using, settings=settings, trip=trip)
        return [files.get(key) for key in keys]


def visible_file(info: Any, file: Optional[OrderFile]) -> Optional[OrderFile]:
    """The file if the caller may see it and the plugin is on in its channel."""
    if file is None:
        return None
    order = file.order
    if not access.may_see_order(host.requester(info), order.user_ref, order.channel):
        return None
    return file if callers.settings_by_channel(info)[order.channel].is_active else None


def resolve_order_timeline(root: Any, info: Any, language: Optional[str] = None) -> Any:
    """``Order.timeline``: null for strangers, even if they know the order's id."""

    def shown(file: Optional[OrderFile]) -> Optional[TimelineView]:
        visible = visible_file(info, file)
        return _view(info, visible, language) if visible else None

    return OrderFileByRefLoader(info.context).load(host.order_ref(root)).then(shown)


def _view(info: Any, file: OrderFile, language: Optional[str]) -> TimelineView:
    settings = callers.settings_by_channel(info)[file.order.channel]
    chosen = timelines.language_of(file.order, settings, language)
    for_staff = host.requester(info).may_manage(file.order.channel)
    return timelines.view(
        file, timezone.now(), chosen, importer=settings.importer, for_staff=for_staff
    )


def resolve_timeline_by_token(
    _root: Any, info: Any, access_token: str, language: Optional[str] = None
) -> Optional[TimelineView]:
    """``orderTimeline``: for a guest's signed link; a link that doesn't hold is an error."""
    with host.reading(info):
        using = host.database(info)
        record = tracking_queries.record_of_link(access_token, timezone.now(), using=using)
        settings = callers.settings_by_channel(info)
        files = timelines.load([record.order_ref], using=using, settings=settings)
        file = files.get(record.order_ref)
        if file is None or not settings[record.channel].is_active:
            return None
        return _view(info, file, language)


class OrderAccessRequest(AftersaleMutation):
    """Mails a signed link to an order to the mailbox the order belongs to."""

    accepted = graphene.Boolean(
        description="True for every well-formed request, whether the order exists or not."
    )

    class Arguments:
        number = graphene.String(required=True, description="The order's number.")
        email = graphene.String(required=True, description="The mailbox the order was made with.")

    class Meta:
        description = (
            "Asks for a link to an order. The answer is the same for every number and mailbox."
        )

    @classmethod
    def perform(cls, info: Any, **data: Any) -> OrderAccessRequest:
        number, email = data["number"].strip(), data["email"].strip()
        if not 1 <= len(number) <= 36 or not is_storable(number):
            raise BadPayload("Write the order's number.", field="number")
        if not 3 <= len(email) <= 254 or "@" not in email or not is_storable(email):
            raise BadPayload("Write a mail address.", field="email")
        hour = timedelta(hours=1)
        access.limit_rate("link-address", host.client_address(info), tries=30, period=hour)
        access.limit_rate("link-mailbox", email.lower(), tries=5, period=hour)
        publish(LinkWished(number, email))
        return cls(accepted=True)
