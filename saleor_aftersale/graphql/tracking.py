"""Types and queries of tracking, and the mutations that feed it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Iterable, List, Optional

import graphene
from django.utils import timezone

from .. import access, timelines
from ..events import LinkWished, publish
from ..host import graphql as host
from ..host import orders
from ..returns import policy
from ..returns import queries as return_queries
from ..timelines import OrderFile, TimelineView
from ..tracking import actions, news
from ..tracking import queries as tracking_queries
from ..tracking.carriers.base import BadPayload, CarrierUpdate, normalise_number
from ..tracking.carriers.generic import MAX_EVENTS
from ..tracking.models import Shipment as ShipmentRow
from ..tracking.statuses import ShipmentStatus
from ..tracking.timeline import EstimateSource, MilestoneCode, MilestoneState
from ..values import NotFound, is_storable
from . import callers
from .errors import AftersaleMutation

ShipmentStatusEnum = graphene.Enum(
    "ShipmentStatusEnum", [(status.name, status.value) for status in ShipmentStatus]
)
MilestoneCodeEnum = graphene.Enum(
    "OrderMilestoneCode", [(code.name, code.value) for code in MilestoneCode]
)
MilestoneStateEnum = graphene.Enum(
    "OrderMilestoneState", [(state.name, state.value) for state in MilestoneState]
)
EstimateSourceEnum = graphene.Enum(
    "ShipmentEstimateSource", [(source.name, source.value) for source in EstimateSource]
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

    @staticmethod
    def resolve_source(root: Any, _info: Any) -> str:
        return root.source.value


class ShipmentEvent(graphene.ObjectType):
    """One scan or message of the carrier."""

    occurred_at = graphene.Field(host.DateTime, required=True, description="Carrier time.")
    status = graphene.Field(ShipmentStatusEnum, required=True)
    text = graphene.String(required=True, description="The status in the timeline's language.")
    code = graphene.String(required=True, description="As sent by the carrier.")
    description = graphene.String(required=True, description="As sent by the carrier.")
    location = graphene.String(required=True, description="As sent by the carrier.")


class ShipmentLine(graphene.ObjectType):
    """Pieces of one order line in a parcel."""

    order_line_id = graphene.ID(required=True)
    product_name = graphene.String(required=True, description="As it was when sent.")
    quantity = graphene.Int(required=True)

    @staticmethod
    def resolve_order_line_id(root: Any, _info: Any) -> str:
        return graphene.Node.to_global_id("OrderLine", root.line_ref)


class Shipment(graphene.ObjectType):
    """One parcel."""

    fulfillment_id = graphene.ID(required=True)
    carrier = graphene.String(required=True, description="Carrier code, empty while unknown.")
    carrier_name = graphene.String(required=True, description="The carrier as people know it.")
    tracking_number = graphene.String(required=True)
    tracking_url = graphene.String(required=True)
    status = graphene.Field(ShipmentStatusEnum, required=True)
    text = graphene.String(required=True, description="The bar in words.")
    progress = graphene.Int(required=True, description="0-100.")
    is_returning = graphene.Boolean(
        required=True, description="The bar is the reversed one: the parcel goes back."
    )
    estimate = graphene.Field(ShipmentEstimate)
    events = graphene.Field(list_of(ShipmentEvent), description="Newest first.")
    lines = graphene.Field(list_of(ShipmentLine))

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


class ReturnBasisOption(graphene.ObjectType):
    """One ground for giving a line back: open until a day, or refused with reasons."""

    basis = graphene.String(required=True)
    is_open = graphene.Boolean(required=True)
    until = graphene.Field(host.Date, description="Last day; null while the delivery isn't known.")
    refusals = graphene.Field(list_of(graphene.String), description="Every reason, as codes.")

    @staticmethod
    def resolve_basis(root: policy.Option, _info: Any) -> str:
        return root.basis.value

    @staticmethod
    def resolve_refusals(root: policy.Option, _info: Any) -> List[str]:
        return [refusal.value for refusal in root.refusals]


class ReturnOption(graphene.ObjectType):
    """What can be done with one order line today."""

    order_line_id = graphene.ID(required=True)
    quantity = graphene.Int(required=True, description="Pieces that can still be asked for.")
    proposed_basis = graphene.String(description="The most favourable open basis.")
    bases = graphene.Field(list_of(ReturnBasisOption))

    @staticmethod
    def resolve_order_line_id(root: policy.Decision, _info: Any) -> str:
        return graphene.Node.to_global_id("OrderLine", root.line_ref)

    @staticmethod
    def resolve_proposed_basis(root: policy.Decision, _info: Any) -> Optional[str]:
        return root.proposed.value if root.proposed else None

    @staticmethod
    def resolve_bases(root: policy.Decision, _info: Any) -> tuple[policy.Option, ...]:
        return root.options


class OrderFileByRefLoader(host.DataLoader):
    """Order files: one batch for a whole page of orders."""

    context_key = "aftersale_order_file_by_ref"

    def batch_load(self, keys: Iterable[str]) -> List[Optional[OrderFile]]:
        using = getattr(self, "database_connection_name", "default")
        files = timelines.load(keys, using=using)
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
    return timelines.view(file, timezone.now(), chosen)


def resolve_return_options(root: Any, info: Any) -> Any:
    """``Order.returnOptions``: null for strangers."""

    def decided(file: Optional[OrderFile]) -> Any:
        visible = visible_file(info, file)
        return _options(info, visible) if visible else None

    return OrderFileByRefLoader(info.context).load(host.order_ref(root)).then(decided)


def _options(info: Any, file: OrderFile) -> List[policy.Decision]:
    settings = callers.settings_by_channel(info)[file.order.channel]
    decisions = return_queries.decisions(
        file.order, file.parcels, file.requests, settings, timezone.now()
    )
    return list(decisions.values())


def resolve_timeline_by_token(
    _root: Any, info: Any, access_token: str, language: Optional[str] = None
) -> Optional[TimelineView]:
    """``orderTimeline``: for a guest's signed link; a link that doesn't hold is an error."""
    with host.reading(info):
        using = host.database(info)
        record = tracking_queries.record_of_link(access_token, timezone.now(), using=using)
        file = timelines.load([record.order_ref], using=using).get(record.order_ref)
        if file is None or not callers.settings_by_channel(info)[record.channel].is_active:
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


class ShipmentEventInput(graphene.InputObjectType):
    """One piece of news."""

    occurred_at = graphene.Argument(
        host.DateTime, required=True, description="Carrier time with its offset."
    )
    status = graphene.Argument(ShipmentStatusEnum, required=True)
    code = graphene.String(description="The carrier's own code.")
    description = graphene.String()
    location = graphene.String()


class EstimatedDeliveryInput(graphene.InputObjectType):
    """The carrier's promise."""

    earliest = graphene.Argument(host.DateTime)
    latest = graphene.Argument(host.DateTime, required=True)


class ShipmentEventsRecordInput(graphene.InputObjectType):
    """News about one parcel, named by its fulfillment or its tracking number."""

    fulfillment_id = graphene.ID()
    tracking_number = graphene.String()
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
        row = _shipment_of(told, requester.channels)
        callers.active_settings(row.order.channel)
        updates = _updates(told, row.tracking_number)
        done = news.record_updates(row.pk, updates, provider="api", now=timezone.now())
        return cls(
            shipment=_shipment_view(row), recorded=done.new, repeated=done.repeated, errors=[]
        )


def _shipment_of(news: Any, channels: Optional[Iterable[str]]) -> ShipmentRow:
    """The parcel meant; one the shop has made a moment ago is fetched first."""
    fulfillment_ref = ""
    if news.get("fulfillment_id"):
        fulfillment_ref = callers.ref_of(news["fulfillment_id"], "Fulfillment", "fulfillment_id")
        order_ref = orders.order_of_fulfillment(fulfillment_ref)
        if order_ref and not ShipmentRow.objects.filter(fulfillment_ref=fulfillment_ref).exists():
            actions.sync_order(order_ref)
    number = news.get("tracking_number") or ""
    if len(number) > 255 or not is_storable(number):
        raise BadPayload("Use up to 255 characters.", field="tracking_number")
    return tracking_queries.find_shipment(
        fulfillment_ref=fulfillment_ref, tracking_number=number, channels=channels
    )


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
            )
        )
    return updates


def _check_moment(moment: Any, field: str) -> Any:
    if moment is not None and (moment.tzinfo is None or not 2000 <= moment.year < 2100):
        raise BadPayload("Write a time of this century with its offset.", field=field)
    return moment


def _shipment_view(row: ShipmentRow) -> Any:
    files = timelines.load([row.order.order_ref])
    file = files.get(row.order.order_ref)
    if file is None:
        raise NotFound("The shop no longer has this order.", field="fulfillment_id")
    shown = timelines.view(file, timezone.now(), "en")
    return next(item for item in shown.shipments if item.ref == row.fulfillment_ref)
