"""Events for the merchant's own systems: the list of deliveries, and trying one again."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple, Optional

import graphene
from django.db.models import QuerySet
from django.utils import timezone

from ..host import graphql as host
from ..values import NotFound, Requester, is_storable
from ..webhooks import actions
from ..webhooks.delivery_times import DeliveryState
from ..webhooks.messages import MessageType
from ..webhooks.models import EventDelivery as DeliveryRow
from . import callers, connection
from .errors import AftersaleMutation
from .tracking import list_of

# Saleor 3.x has an EventDelivery and an eventDeliveryRetry of its own, for webhooks of apps.
EventDeliveryStateEnum = graphene.Enum(
    "AftersaleEventDeliveryState", [(state.name, state.value) for state in DeliveryState]
)
EventTypeEnum = graphene.Enum(
    "AftersaleEventType", [(kind.name, kind.value) for kind in MessageType]
)


class AftersaleEventDelivery(graphene.ObjectType):
    """One event on its way to the merchant's address."""

    id = graphene.ID(required=True)
    reference = graphene.String(required=True, description="`X-Aftersale-Delivery`.")
    type = graphene.Field(EventTypeEnum, required=True)
    channel = graphene.String(required=True)
    order_id = graphene.ID(description="Null for a statement whose order isn't known.")
    sequence = graphene.Int(description="1, 2, … within the order.")
    occurred_at = graphene.Field(host.DateTime, required=True)
    created_at = graphene.Field(host.DateTime, required=True)
    state = graphene.Field(EventDeliveryStateEnum, required=True)
    attempts = graphene.Int(required=True, description="Since it was last queued.")
    next_attempt_at = graphene.Field(host.DateTime, description="Null: it isn't tried again.")
    last_status = graphene.Int(description="HTTP status of the last answer.")
    last_error = graphene.String(required=True, description="Empty when it was delivered.")
    delivered_at = graphene.Field(host.DateTime)
    body = graphene.String(required=True, description="What is posted; empty before a try.")


class SeenDelivery(NamedTuple):
    """A delivery as the API shows it."""

    id: str
    reference: str
    type: str
    channel: str
    order_id: Optional[str]
    sequence: Optional[int]
    occurred_at: datetime
    created_at: datetime
    state: str
    attempts: int
    next_attempt_at: Optional[datetime]
    last_status: Optional[int]
    last_error: str
    delivered_at: Optional[datetime]
    body: str


def _seen(row: DeliveryRow) -> SeenDelivery:
    return SeenDelivery(
        id=graphene.Node.to_global_id("AftersaleEventDelivery", row.pk),
        reference=row.reference,
        type=row.type,
        channel=row.channel,
        order_id=host.order_global_id(row.order.order_ref) if row.order else None,
        sequence=row.sequence,
        occurred_at=row.occurred_at,
        created_at=row.created_at,
        state=row.state,
        attempts=row.attempts,
        next_attempt_at=row.due_at,
        last_status=row.last_status,
        last_error=row.last_error,
        delivered_at=row.delivered_at,
        body=row.body,
    )


class AftersaleEventDeliveryCountableEdge(graphene.ObjectType):
    """One delivery in a page."""

    node = graphene.Field(AftersaleEventDelivery, required=True)
    cursor = graphene.String(required=True)


class AftersaleEventDeliveryCountableConnection(graphene.ObjectType):
    """A page of deliveries, newest first."""

    page_info = graphene.Field(graphene.relay.PageInfo, required=True)
    edges = graphene.Field(list_of(AftersaleEventDeliveryCountableEdge))
    total_count = graphene.Int(description="All that match the filter; counted when asked.")

    @staticmethod
    def resolve_total_count(root: connection.Page, info: Any) -> int:
        with host.reading(info):
            return root.rows.count()


class AftersaleEventDeliveryFilterInput(graphene.InputObjectType):
    """Narrows a list of deliveries; all conditions hold at once."""

    state = graphene.List(graphene.NonNull(EventDeliveryStateEnum))
    type = graphene.List(graphene.NonNull(EventTypeEnum))
    channels = graphene.List(graphene.NonNull(graphene.String), description="Channel slugs.")


def resolve_event_deliveries(_root: Any, info: Any, **arguments: Any) -> connection.Page:
    """``aftersaleEventDeliveries``: for staff and apps with MANAGE_ORDERS, of their channels."""
    requester = callers.staff_for(info)
    wanted = arguments.pop("filter", None) or {}
    with host.reading(info):
        rows = DeliveryRow.objects.using(host.database(info)).select_related("order")
        rows = _filtered(rows, wanted, requester)
        page = connection.page_of(rows, column="created_at", is_descending=True, **arguments)
    edges = [connection.Edge(_seen(row), cursor) for row, cursor in page.edges]
    return connection.Page(edges, page.page_info, rows)


def _filtered(
    rows: QuerySet[DeliveryRow], wanted: Any, requester: Requester
) -> QuerySet[DeliveryRow]:
    if requester.channels is not None:
        rows = rows.filter(channel__in=requester.channels)
    if wanted.get("channels") is not None:
        rows = rows.filter(channel__in=filter(is_storable, wanted["channels"]))
    if wanted.get("state") is not None:
        rows = rows.filter(state__in=wanted["state"])
    if wanted.get("type") is not None:
        rows = rows.filter(type__in=wanted["type"])
    return rows


class AftersaleEventDeliveryRetry(AftersaleMutation):
    """Has a delivery tried now."""

    event_delivery = graphene.Field(AftersaleEventDelivery)

    class Arguments:
        id = graphene.ID(required=True)

    class Meta:
        description = (
            "Has an event tried now, and again for two days if need be. Requires MANAGE_ORDERS."
        )

    @classmethod
    def perform(cls, info: Any, **data: Any) -> AftersaleEventDeliveryRetry:
        requester = callers.staff_for(info)
        key = callers.wanted_key(data["id"], "AftersaleEventDelivery")
        row = DeliveryRow.objects.filter(pk=key).first()
        if row is None or not requester.may_manage(row.channel):
            raise NotFound("There is no such delivery.", field="id")
        callers.active_settings(row.channel)
        return cls(event_delivery=_seen(actions.retry_delivery(key, timezone.now())), errors=[])
