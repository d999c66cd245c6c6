"""Types and queries of return requests."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, List, NamedTuple, Optional

import graphene
from django.db.models import Q, QuerySet
from django.utils import timezone

from .. import texts
from ..host import graphql as host
from ..returns import policy, queries, states
from ..returns.models import ReturnLine, ReturnTransition
from ..returns.models import ReturnRequest as RequestRow
from ..returns.states import LineState, RefundState, ReturnState
from ..tracking import queries as tracking_queries
from ..values import Money, NotFound, Requester, is_storable
from . import callers, connection
from .tracking import OrderFileByRefLoader, list_of, visible_file

ReturnStateEnum = graphene.Enum(
    "ReturnRequestState", [(state.name, state.value) for state in ReturnState]
)
ReturnLineStateEnum = graphene.Enum(
    "ReturnRequestLineState", [(state.name, state.value) for state in LineState]
)
ReturnActionEnum = graphene.Enum(
    "ReturnRequestAction", [(action.name, action.value) for action in states.Action]
)
RefundStateEnum = graphene.Enum(
    "ReturnRefundState", [(state.name, state.value) for state in RefundState]
)
ReturnBasisEnum = graphene.Enum(
    "ReturnBasis", [(basis.name, basis.value) for basis in policy.Basis]
)
ReturnReasonEnum = graphene.Enum("ReturnReasonCode", [(code, code) for code in policy.REASONS])


class SeenRequest(NamedTuple):
    """A return request and the person who looks at it."""

    row: RequestRow
    requester: Requester


class ReturnRequestLine(graphene.ObjectType):
    """Pieces of one order line in a request; names and prices as they were."""

    id = graphene.ID(required=True)
    order_line_id = graphene.ID(required=True)
    product_name = graphene.String(required=True)
    sku = graphene.String(required=True)
    basis = graphene.Field(ReturnBasisEnum, required=True)
    reason = graphene.String(required=True, description="A reason code, or empty.")
    state = graphene.Field(ReturnLineStateEnum, required=True)
    quantity = graphene.Int(required=True, description="Pieces asked for.")
    approved_quantity = graphene.Int(required=True)
    received_quantity = graphene.Int(required=True)
    accepted_quantity = graphene.Int(required=True)
    unit_price = graphene.Field(host.Money, required=True, description="Paid, tax included.")
    grade = graphene.String(required=True)
    disposition = graphene.String(required=True)
    lost_value = graphene.Float(required=True, description="Share of the price, 0 to 1.")
    inspection_note = graphene.String(required=True)

    @staticmethod
    def resolve_id(root: ReturnLine, _info: Any) -> str:
        return graphene.Node.to_global_id("ReturnRequestLine", root.pk)

    @staticmethod
    def resolve_order_line_id(root: ReturnLine, _info: Any) -> str:
        return graphene.Node.to_global_id("OrderLine", root.line_ref)

    @staticmethod
    def resolve_unit_price(root: ReturnLine, _info: Any) -> Money:
        return Money(root.unit_price.quantize(Decimal("0.01")), root.currency)


class ReturnRequestTransition(graphene.ObjectType):
    """One step of a request."""

    at = graphene.Field(host.DateTime, required=True)
    action = graphene.String(required=True)
    before = graphene.String(required=True)
    after = graphene.Field(ReturnStateEnum, required=True)
    text = graphene.String(required=True)
    role = graphene.String(required=True, description="In which capacity somebody did it.")
    requester = graphene.String(description="Who did it; for staff only.")
    reason = graphene.String(description="For staff only.")


class SeenTransition(NamedTuple):
    """A step as that person may see it."""

    at: Any
    action: str
    before: str
    after: str
    text: str
    role: str
    requester: Optional[str]
    reason: Optional[str]


class ReturnRefund(graphene.ObjectType):
    """Money that goes back."""

    amount = graphene.Field(host.Money, required=True)
    state = graphene.Field(RefundStateEnum, required=True)
    settled_at = graphene.Field(host.DateTime)
    error = graphene.String(description="What the provider said; for staff only.")


class SeenRefund(NamedTuple):
    """A refund as that person may see it."""

    amount: Money
    state: str
    settled_at: Any
    error: Optional[str]


class ReturnRequest(graphene.ObjectType):
    """A customer's request to give something back."""

    id = graphene.ID(required=True)
    number = graphene.String(required=True, description="For people, as R-2026-000123.")
    state = graphene.Field(ReturnStateEnum, required=True)
    text = graphene.String(required=True, description="The state in the order's language.")
    order_id = graphene.ID(required=True)
    order_number = graphene.String(required=True)
    channel = graphene.String(required=True)
    resolution = graphene.String(required=True)
    customer_note = graphene.String(required=True)
    decline_code = graphene.String(required=True)
    decline_note = graphene.String(required=True)
    submitted_at = graphene.Field(host.DateTime, required=True)
    updated_at = graphene.Field(host.DateTime, required=True)
    lines = graphene.Field(list_of(ReturnRequestLine))
    transitions = graphene.Field(list_of(ReturnRequestTransition))
    refunds = graphene.Field(list_of(ReturnRefund))
    available_actions = graphene.Field(
        list_of(ReturnActionEnum), description="What the person asking can do now."
    )

    @staticmethod
    def resolve_id(root: SeenRequest, _info: Any) -> str:
        return graphene.Node.to_global_id("ReturnRequest", root.row.pk)

    @staticmethod
    def resolve_number(root: SeenRequest, _info: Any) -> str:
        return root.row.number

    @staticmethod
    def resolve_state(root: SeenRequest, _info: Any) -> str:
        return root.row.state

    @staticmethod
    def resolve_text(root: SeenRequest, _info: Any) -> str:
        return _text(root, root.row.state)

    @staticmethod
    def resolve_order_id(root: SeenRequest, _info: Any) -> str:
        return host.order_global_id(root.row.order.order_ref)

    @staticmethod
    def resolve_order_number(root: SeenRequest, _info: Any) -> str:
        return root.row.order.number

    @staticmethod
    def resolve_channel(root: SeenRequest, _info: Any) -> str:
        return root.row.order.channel

    @staticmethod
    def resolve_resolution(root: SeenRequest, _info: Any) -> str:
        return root.row.resolution

    @staticmethod
    def resolve_customer_note(root: SeenRequest, _info: Any) -> str:
        return root.row.customer_note

    @staticmethod
    def resolve_decline_code(root: SeenRequest, _info: Any) -> str:
        return root.row.decline_code

    @staticmethod
    def resolve_decline_note(root: SeenRequest, _info: Any) -> str:
        return root.row.decline_note

    @staticmethod
    def resolve_submitted_at(root: SeenRequest, _info: Any) -> Any:
        return root.row.submitted_at

    @staticmethod
    def resolve_updated_at(root: SeenRequest, _info: Any) -> Any:
        return root.row.updated_at

    @staticmethod
    def resolve_lines(root: SeenRequest, _info: Any) -> List[ReturnLine]:
        return list(root.row.lines.all())

    @staticmethod
    def resolve_transitions(root: SeenRequest, _info: Any) -> List[SeenTransition]:
        is_staff = root.requester.may_manage_orders
        return [_seen_step(root, step, is_staff) for step in root.row.transitions.all()]

    @staticmethod
    def resolve_refunds(root: SeenRequest, _info: Any) -> List[SeenRefund]:
        is_staff = root.requester.may_manage_orders
        return [
            SeenRefund(
                Money(refund.amount, refund.currency),
                refund.state,
                refund.settled_at,
                refund.error if is_staff else None,
            )
            for refund in root.row.refunds.all()
        ]

    @staticmethod
    def resolve_available_actions(root: SeenRequest, _info: Any) -> List[str]:
        possible = states.actions_for(ReturnState(root.row.state), _role_for(root))
        return [action.value for action in possible]


def _role_for(seen: SeenRequest) -> Any:
    """A staff member without the permission is the customer of an own order."""
    requester, role = seen.requester, seen.requester.role
    if role in states.STAFF and not requester.may_manage(seen.row.order.channel):
        return next(iter(states.CUSTOMER))
    return role


def _text(seen: SeenRequest, state: str) -> str:
    with texts.in_language(texts.language_for(seen.row.order.language)):
        return texts.text("return." + state)


def _seen_step(seen: SeenRequest, step: ReturnTransition, is_staff: bool) -> SeenTransition:
    return SeenTransition(
        at=step.occurred_at,
        action=step.action,
        before=step.before,
        after=step.after,
        text=_text(seen, step.after),
        role=step.role,
        requester=step.requester_label if is_staff else None,
        reason=step.reason if is_staff else None,
    )


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

    states = graphene.List(graphene.NonNull(ReturnStateEnum))
    channels = graphene.List(graphene.NonNull(graphene.String), description="Channel slugs.")
    basis = graphene.Field(ReturnBasisEnum)
    submitted_after = graphene.Field(host.DateTime)
    submitted_before = graphene.Field(host.DateTime)
    search = graphene.String(description="Number of the request or the order, or a mailbox.")


class ReturnRequestSortField(graphene.Enum):
    """Columns a list of return requests can be sorted by."""

    SUBMITTED_AT = "submitted_at"
    UPDATED_AT = "updated_at"


class ReturnRequestSortingInput(graphene.InputObjectType):
    """Order of a list of return requests."""

    field = graphene.Field(ReturnRequestSortField, required=True)
    direction = graphene.Field(host.OrderDirection, required=True)


def resolve_order_return_requests(root: Any, info: Any) -> Any:
    """``Order.returnRequests``: null for strangers, oldest first."""

    def seen(file: Any) -> Optional[List[SeenRequest]]:
        visible = visible_file(info, file)
        if visible is None:
            return None
        return [SeenRequest(row, host.requester(info)) for row in visible.requests]

    return OrderFileByRefLoader(info.context).load(host.order_ref(root)).then(seen)


def resolve_return_request(
    _root: Any, info: Any, id: Optional[str] = None, access_token: Optional[str] = None
) -> Optional[SeenRequest]:
    """
    ``returnRequest``: null for who may not see it, the same as for what doesn't exist.

    A link alone gives the newest request of its order.
    """
    try:
        with host.reading(info):
            callers.check_link(info, access_token)
            row = _wanted_request(info, id, access_token)
            requester = callers.requester_of_request(info, row, access_token)
            is_active = callers.settings_by_channel(info)[row.order.channel].is_active
    except NotFound:
        return None
    return SeenRequest(row, requester) if requester and is_active else None


def _wanted_request(info: Any, id: Optional[str], access_token: Optional[str]) -> RequestRow:
    using = host.database(info)
    if id is None and access_token:
        record = tracking_queries.record_of_link(access_token, timezone.now(), using=using)
        return queries.newest_request(record.order_ref, using=using)
    key = callers.own_key(id or "", "ReturnRequest", "id")
    return queries.get_request(str(key), using=using)


def resolve_return_requests(_root: Any, info: Any, **arguments: Any) -> SeenPage:
    """``returnRequests``: for staff and apps with MANAGE_ORDERS, of their channels only."""
    requester = callers.staff_for(info)
    using = host.database(info)
    wanted = arguments.pop("filter", None) or {}
    sorting = arguments.pop("sort_by", None) or {"field": "submitted_at", "direction": "-"}
    with host.reading(info):
        rows = _filtered(RequestRow.objects.using(using), wanted, requester)
        page = connection.page_of(
            queries.with_details(rows, using=using),
            column=sorting["field"],
            is_descending=sorting["direction"] == "-",
            **arguments,
        )
    edges = [connection.Edge(SeenRequest(row, requester), cursor) for row, cursor in page.edges]
    return SeenPage(edges, page.page_info, rows)


def _filtered(
    rows: QuerySet[RequestRow], wanted: Any, requester: Requester
) -> QuerySet[RequestRow]:
    if requester.channels is not None:
        rows = rows.filter(order__channel__in=requester.channels)
    if wanted.get("channels") is not None:
        rows = rows.filter(order__channel__in=filter(is_storable, wanted["channels"]))
    if wanted.get("states") is not None:
        rows = rows.filter(state__in=wanted["states"])
    if wanted.get("basis") is not None:
        has_basis = ReturnLine.objects.using(rows.db).filter(basis=wanted["basis"])
        rows = rows.filter(pk__in=has_basis.values("request_id"))
    if wanted.get("submitted_after") is not None:
        rows = rows.filter(submitted_at__gte=wanted["submitted_after"])
    if wanted.get("submitted_before") is not None:
        rows = rows.filter(submitted_at__lt=wanted["submitted_before"])
    words = (wanted.get("search") or "").strip()[:254]
    if not is_storable(words):
        return rows.none()
    if words:
        mailbox = words.lower()
        rows = rows.filter(
            Q(number=words.upper()) | Q(order__number=words) | Q(order__customer_email=mailbox)
        )
    return rows
