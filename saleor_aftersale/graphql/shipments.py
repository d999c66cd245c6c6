"""Parcels through the API: the list of them for staff, and those of a fulfillment."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

import graphene
from django.utils import timezone

from .. import texts, timelines
from ..host import graphql as host
from ..timelines import OrderFile, ShipmentView
from ..tracking import queries as tracking_queries
from ..tracking import shipment_lists
from ..tracking.models import Shipment as ShipmentRow
from . import callers, connection
from .shipment_details import ShipmentRowLoader, ShipmentStatusEnum
from .tracking import OrderFileByRefLoader, Shipment, list_of, visible_file


class ShipmentCountableEdge(graphene.ObjectType):
    """One parcel in a page."""

    node = graphene.Field(Shipment, required=True)
    cursor = graphene.String(required=True)


class ShipmentCountableConnection(graphene.ObjectType):
    """A page of parcels."""

    page_info = graphene.Field(graphene.relay.PageInfo, required=True)
    edges = graphene.Field(list_of(ShipmentCountableEdge))
    total_count = graphene.Int(description="All that match the filter; counted when asked.")

    @staticmethod
    def resolve_total_count(root: connection.Page, info: Any) -> int:
        with host.reading(info):
            return root.rows.count()


class ShipmentFilterInput(graphene.InputObjectType):
    """Narrows a list of parcels; all conditions hold at once."""

    status = graphene.List(graphene.NonNull(ShipmentStatusEnum))
    stalled = graphene.Boolean(description="Nothing was heard for longer than usual.")
    late = graphene.Boolean(description="It wasn't there by the end of its estimate.")
    carrier = graphene.String(description="Carrier code; empty: unknown.")
    channels = graphene.List(graphene.NonNull(graphene.String), description="Channel slugs.")
    delivered_at = graphene.Field(host.DateTimeRangeInput)
    search = graphene.String(description="A tracking number or an order's number.")
    reported_missing = graphene.Boolean(description="Its customer stated that it never came.")


class ShipmentSortField(graphene.Enum):
    """Columns a list of parcels can be sorted by."""

    CREATED_AT = shipment_lists.CREATED_AT
    DELIVERED_AT = shipment_lists.DELIVERED_AT
    LAST_EVENT_AT = shipment_lists.LAST_EVENT_AT

    @property
    def description(self) -> str:
        """What the order means for parcels that have no such moment."""
        return {
            shipment_lists.CREATED_AT: "When the shop made it.",
            shipment_lists.DELIVERED_AT: "When it was delivered; all others are left out.",
            shipment_lists.LAST_EVENT_AT: "Time of the newest event; without one, when made.",
        }[self.value]


class ShipmentSortingInput(graphene.InputObjectType):
    """Order of a list of parcels."""

    field = graphene.Field(ShipmentSortField, required=True)
    direction = graphene.Field(host.OrderDirection, required=True)


def resolve_shipments(_root: Any, info: Any, **arguments: Any) -> connection.Page:
    """``shipments``: for staff and apps with MANAGE_ORDERS, of their channels only."""
    requester = callers.staff_for(info)
    using = host.database(info)
    wanted = _filter(arguments.pop("filter", None) or {})
    sorting = arguments.pop("sort_by", None)
    sorting = sorting or {"field": shipment_lists.CREATED_AT, "direction": "-"}
    with host.reading(info):
        rows = shipment_lists.shipments_where(
            wanted, column=sorting["field"], only_channels=requester.channels, using=using
        )
        page = connection.page_of(
            rows,
            column=sorting["field"],
            is_descending=sorting["direction"] == "-",
            **arguments,
        )
        views = _views(info, [row for row, _cursor in page.edges], using)
    return page._replace(edges=[connection.Edge(views[row.pk], at) for row, at in page.edges])


def _filter(given: Any) -> shipment_lists.ShipmentFilter:
    delivered = given.get("delivered_at") or {}
    return shipment_lists.ShipmentFilter(
        statuses=given.get("status"),
        is_stalled=given.get("stalled"),
        is_late=given.get("late"),
        carrier=given.get("carrier"),
        channels=given.get("channels"),
        delivered_from=delivered.get("gte"),
        delivered_until=delivered.get("lte"),
        search=given.get("search") or "",
        is_reported_missing=given.get("reported_missing"),
    )


def _views(info: Any, rows: List[ShipmentRow], using: str) -> Dict[int, ShipmentView]:
    """Parcels in words of their orders' languages, by key."""
    now = timezone.now()
    found = tracking_queries.parcels_by_id([row.pk for row in rows], using=using)
    settings = callers.settings_by_channel(info)
    return {
        row.pk: timelines.shipment_view(
            found[row.pk],
            now,
            texts.language_for(row.order.language),
            settings[row.order.channel].importer,
        )
        for row in rows
    }


def resolve_fulfillment_shipments(root: Any, info: Any, language: Optional[str] = None) -> Any:
    """``Fulfillment.shipments``: null for strangers, even if they know the order's id."""
    order_ref, fulfillment_ref = host.fulfillment_refs(root)

    def shown(file: Optional[OrderFile]) -> Optional[List[ShipmentView]]:
        visible = visible_file(info, file)
        if visible is None:
            return None
        settings = callers.settings_by_channel(info)[visible.order.channel]
        chosen = timelines.language_of(visible.order, settings, language)
        now = timezone.now()
        return [
            timelines.shipment_view(parcel, now, chosen, settings.importer)
            for parcel in visible.parcels
            if parcel.ref == fulfillment_ref
        ]

    return OrderFileByRefLoader(info.context).load(order_ref).then(shown)


def shown_again(info: Any, shipment_id: int) -> ShipmentView:
    """A parcel as it is after a mutation."""
    ShipmentRowLoader(info.context).clear(shipment_id)
    row = ShipmentRow.objects.select_related("order").get(pk=shipment_id)
    return _views(info, [row], "default")[shipment_id]
