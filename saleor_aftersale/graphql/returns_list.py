"""The list of return requests for staff: filter, sorting, pages."""

from __future__ import annotations

from typing import Any, List, NamedTuple

import graphene
from django.db.models import QuerySet

from ..host import graphql as host
from ..returns import lists, queries
from ..returns.models import ReturnRequest as RequestRow
from . import callers, connection
from .returns import ReturnRequest, SeenRequest
from .returns_parts import ReturnBasisEnum, ReturnReasonEnum, ReturnSideEnum, ReturnStateEnum
from .tracking import list_of


class ReturnRequestCountableEdge(graphene.ObjectType):
    """One request in a page."""

    node = graphene.Field(ReturnRequest, required=True)
    cursor = graphene.String(required=True)


class ReturnRequestCountableConnection(graphene.ObjectType):
    """A page of return requests."""

    page_info = graphene.Field(graphene.relay.PageInfo, required=True)
    edges = graphene.Field(list_of(ReturnRequestCountableEdge))
    total_count = graphene.Int(description="All that match the filter; counted when asked.")

    @staticmethod
    def resolve_total_count(root: SeenPage, info: Any) -> int:
        with host.reading(info):
            return root.rows.count()


class SeenPage(NamedTuple):
    """A page and the rows it was cut from."""

    edges: List[connection.Edge]
    page_info: Any
    rows: QuerySet[RequestRow]


class ReturnRequestFilterInput(graphene.InputObjectType):
    """Narrows a list of return requests; all conditions hold at once."""

    states = graphene.List(
        graphene.NonNull(ReturnStateEnum), description="Left out: all but drafts."
    )
    channels = graphene.List(graphene.NonNull(graphene.String), description="Channel slugs.")
    basis = graphene.Field(ReturnBasisEnum, description="Of one of the lines.")
    reason = graphene.Field(ReturnReasonEnum, description="Of one of the lines.")
    submitted_after = graphene.Field(host.DateTime)
    submitted_before = graphene.Field(host.DateTime, description="Older than that.")
    due_before = graphene.Field(
        host.DateTime, description="The shop has to answer or pay before that moment."
    )
    customer = graphene.String(description="A mail address.")
    assignee = graphene.ID(description="Id of a staff member.")
    is_assigned = graphene.Boolean()
    answer_owed_by = graphene.Field(ReturnSideEnum)
    search = graphene.String(
        description="Words of a number, the order's number, a mail address, a product or the note."
    )


class ReturnRequestSortField(graphene.Enum):
    """Columns a list of return requests can be sorted by."""

    SUBMITTED_AT = "submitted_at"
    UPDATED_AT = "updated_at"
    DUE_AT = "due_at"

    @property
    def description(self) -> str:
        if self.name == "DUE_AT":
            return "The shop's next deadline; requests without one are left out."
        return ""


class ReturnRequestSortingInput(graphene.InputObjectType):
    """Order of a list of return requests."""

    field = graphene.Field(ReturnRequestSortField, required=True)
    direction = graphene.Field(host.OrderDirection, required=True)


def resolve_return_requests(_root: Any, info: Any, **arguments: Any) -> SeenPage:
    """``returnRequests``: for staff and apps with MANAGE_ORDERS, of their channels only."""
    requester = callers.staff_for(info)
    using = host.database(info)
    wanted = _wanted(arguments.pop("filter", None) or {})
    sorting = arguments.pop("sort_by", None) or {"field": "submitted_at", "direction": "-"}
    column = sorting["field"]
    with host.reading(info):
        rows = RequestRow.objects.using(using)
        rows = lists.narrowed(rows, wanted, channels=requester.channels)
        if column == "due_at":
            rows = rows.filter(due_at__isnull=False)
        page = connection.page_of(
            queries.with_details(rows, using=using),
            column=column,
            is_descending=sorting["direction"] == "-",
            **arguments,
        )
    edges = [connection.Edge(SeenRequest(row, requester), cursor) for row, cursor in page.edges]
    return SeenPage(edges, page.page_info, rows)


def _wanted(given: Any) -> lists.Wanted:
    conditions = dict(given)
    assignee = conditions.pop("assignee", None)
    if assignee is not None:
        conditions["assignee_ref"] = callers.ref_of(assignee, "User", "assignee")
    return lists.Wanted(**conditions)
