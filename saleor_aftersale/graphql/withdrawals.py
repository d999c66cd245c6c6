"""Withdrawals in the API: the type, the list for staff, and what staff do with them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, Iterable, List, NamedTuple, Optional

import graphene
from django.db.models import Q, QuerySet

from ..host import graphql as host
from ..returns import queries, withdrawal_matching
from ..returns import withdrawal_rules as rules
from ..returns.models import ReturnRequest as RequestRow
from ..returns.models import WithdrawalStatement as StatementRow
from ..returns.withdrawal_rules import StatementState
from ..values import NotFound, Requester, is_storable
from . import callers, connection
from .errors import AftersaleMutation
from .returns import ReturnRequest, SeenRequest
from .tracking import list_of

WithdrawalStateEnum = graphene.Enum(
    "WithdrawalStatementState", [(state.name, state.value) for state in StatementState]
)
WithdrawalCloseCodeEnum = graphene.Enum(
    "WithdrawalStatementCloseCode", [(code, code) for code in rules.CLOSE_CODES]
)

_FOR_STAFF = "For staff only; null for everybody else."


class WithdrawalStatementLine(graphene.ObjectType):
    """Pieces of one order line in a statement."""

    order_line_id = graphene.ID(required=True)
    product_name = graphene.String(required=True, description="As it was read, or empty.")
    quantity = graphene.Int(required=True)


class SeenLine(NamedTuple):
    """A line of a statement as the API shows it."""

    order_line_id: str
    product_name: str
    quantity: int


class WithdrawalStatement(graphene.ObjectType):
    """A statement of withdrawal, as it was made; it counts from then."""

    id = graphene.ID(required=True)
    reference = graphene.String(required=True, description="For people, as W-2026-7KQ3-9FHD.")
    stated_at = graphene.Field(host.DateTime, required=True)
    language = graphene.String(required=True)
    sentence = graphene.String(required=True, description="What the person confirmed.")
    name = graphene.String(required=True)
    contract = graphene.String(required=True)
    email = graphene.String(required=True)
    lines = graphene.Field(
        list_of(WithdrawalStatementLine), description="Empty: the whole contract."
    )
    channel = graphene.String(required=True)
    state = graphene.Field(WithdrawalStateEnum, description=_FOR_STAFF)
    reason_code = graphene.String(description="Why staff have to look. " + _FOR_STAFF)
    note = graphene.String(description=_FOR_STAFF)
    came_by = graphene.String(description="PAGE or API. " + _FOR_STAFF)
    proof = graphene.String(description="NONE, LINK or ACCOUNT. " + _FOR_STAFF)
    is_suspicious = graphene.Boolean(description="Perhaps a machine's. " + _FOR_STAFF)
    handled_by = graphene.String(description=_FOR_STAFF)
    acknowledged_at = graphene.Field(host.DateTime, description=_FOR_STAFF)
    acknowledgement_error = graphene.String(
        description="What the mail server said last. " + _FOR_STAFF
    )
    order_id = graphene.ID(description=_FOR_STAFF)
    return_request = graphene.Field(ReturnRequest, description=_FOR_STAFF)

    @staticmethod
    def resolve_return_request(root: SeenStatement, info: Any) -> Any:
        staff = root.staff
        if staff is None or root.return_request_key is None:
            return None
        found = RequestByKeyLoader(info.context).load(root.return_request_key)
        return found.then(lambda row: SeenRequest(row, staff) if row else None)


class RequestByKeyLoader(host.DataLoader):
    """Return requests with their details: the same queries for a whole page of statements."""

    context_key = "aftersale_return_request_by_key"

    def batch_load(self, keys: Iterable[int]) -> List[Optional[RequestRow]]:
        wanted = list(keys)
        using = getattr(self, "database_connection_name", "default")
        found = queries.requests_by_key(wanted, using=using)
        return [found.get(key) for key in wanted]


class SeenStatement(NamedTuple):
    """A statement as that person may see it: whether its order was found is for staff."""

    id: str
    reference: str
    stated_at: datetime
    language: str
    sentence: str
    name: str
    contract: str
    email: str
    lines: List[SeenLine]
    channel: str
    staff: Optional[Requester] = None
    state: Optional[str] = None
    reason_code: Optional[str] = None
    note: Optional[str] = None
    came_by: Optional[str] = None
    proof: Optional[str] = None
    is_suspicious: Optional[bool] = None
    handled_by: Optional[str] = None
    acknowledged_at: Optional[datetime] = None
    acknowledgement_error: Optional[str] = None
    order_id: Optional[str] = None
    return_request_key: Optional[int] = None


def seen(row: StatementRow, staff: Optional[Requester] = None) -> SeenStatement:
    """A statement for who made it or, with everything, for staff."""
    said = SeenStatement(
        id=graphene.Node.to_global_id("WithdrawalStatement", row.pk),
        lines=[
            SeenLine(
                graphene.Node.to_global_id("OrderLine", line["line_ref"]),
                line["product_name"],
                line["quantity"],
            )
            for line in row.lines
        ],
        **_columns(
            row, "reference", "stated_at", "language", "sentence", "name", "contract", "email"
        ),
        channel=row.channel,
    )
    if staff is None:
        return said
    return said._replace(
        staff=staff,
        acknowledgement_error=row.ack_error,
        order_id=host.order_global_id(row.order_ref) if row.order_ref else None,
        return_request_key=row.return_request_id,
        **_columns(
            row, "state", "reason_code", "note", "came_by", "proof", "is_suspicious", "handled_by"
        ),
        acknowledged_at=row.acknowledged_at,
    )


def _columns(row: StatementRow, *names: str) -> Dict[str, Any]:
    return {name: getattr(row, name) for name in names}


class WithdrawalStatementCountableEdge(graphene.ObjectType):
    """One statement in a page."""

    node = graphene.Field(WithdrawalStatement, required=True)
    cursor = graphene.String(required=True)


class WithdrawalStatementCountableConnection(graphene.ObjectType):
    """A page of statements, newest first."""

    page_info = graphene.Field(graphene.relay.PageInfo, required=True)
    edges = graphene.Field(list_of(WithdrawalStatementCountableEdge))
    total_count = graphene.Int(description="All that match the filter; counted when asked.")

    @staticmethod
    def resolve_total_count(root: connection.Page, info: Any) -> int:
        with host.reading(info):
            return root.rows.count()


class WithdrawalStatementFilterInput(graphene.InputObjectType):
    """Narrows a list of statements; all conditions hold at once."""

    state = graphene.List(graphene.NonNull(WithdrawalStateEnum))
    unacknowledged = graphene.Boolean(
        description="True: no mail server has taken the acknowledgement; false: one has."
    )
    channels = graphene.List(graphene.NonNull(graphene.String), description="Channel slugs.")
    search = graphene.String(description="Reference, mailbox, or words of the contract.")


def resolve_withdrawal_statements(_root: Any, info: Any, **arguments: Any) -> connection.Page:
    """``withdrawalStatements``: for staff and apps with MANAGE_ORDERS, of their channels."""
    requester = callers.staff_for(info)
    using = host.database(info)
    wanted = arguments.pop("filter", None) or {}
    with host.reading(info):
        rows = _filtered(StatementRow.objects.using(using), wanted, requester)
        page = connection.page_of(rows, column="stated_at", is_descending=True, **arguments)
    edges = [connection.Edge(seen(row, requester), cursor) for row, cursor in page.edges]
    return connection.Page(edges, page.page_info, rows)


def _filtered(
    rows: QuerySet[StatementRow], wanted: Any, requester: Requester
) -> QuerySet[StatementRow]:
    if requester.channels is not None:
        rows = rows.filter(channel__in=requester.channels)
    if wanted.get("channels") is not None:
        rows = rows.filter(channel__in=filter(is_storable, wanted["channels"]))
    if wanted.get("state") is not None:
        rows = rows.filter(state__in=wanted["state"])
    if wanted.get("unacknowledged") is not None:
        rows = rows.filter(acknowledged_at__isnull=wanted["unacknowledged"])
    words = (wanted.get("search") or "").strip()[:254]
    if not is_storable(words):
        return rows.none()
    if words:
        is_meant = Q(reference=words.upper()) | Q(email__iexact=words)
        rows = rows.filter(is_meant | Q(contract__icontains=words))
    return rows


class WithdrawalStatementMatch(AftersaleMutation):
    """Connects a statement with the order staff found for it."""

    withdrawal_statement = graphene.Field(WithdrawalStatement)

    class Arguments:
        id = graphene.ID(required=True)
        order_id = graphene.ID(required=True)

    class Meta:
        description = (
            "Connects a statement of withdrawal with its order; the return request is made as "
            "of the moment of the statement. Requires MANAGE_ORDERS."
        )

    @classmethod
    def perform(cls, info: Any, **data: Any) -> WithdrawalStatementMatch:
        requester, key = _staff_and_key(info, data["id"])
        order = callers.managed_order(requester, data["order_id"])
        row = withdrawal_matching.match_by_hand(key, order, requester)
        return cls(withdrawal_statement=seen(row, requester), errors=[])


class WithdrawalStatementClose(AftersaleMutation):
    """Ends staff work on a statement."""

    withdrawal_statement = graphene.Field(WithdrawalStatement)

    class Arguments:
        id = graphene.ID(required=True)
        code = graphene.Argument(WithdrawalCloseCodeEnum, required=True)
        note = graphene.String(description="For staff.")

    class Meta:
        description = (
            "Ends staff work on a statement of withdrawal with a code; it stays kept. "
            "Requires MANAGE_ORDERS."
        )

    @classmethod
    def perform(cls, info: Any, **data: Any) -> WithdrawalStatementClose:
        requester, key = _staff_and_key(info, data["id"])
        note = data.get("note") or ""
        row = withdrawal_matching.close_statement(key, requester, code=data["code"], note=note)
        return cls(withdrawal_statement=seen(row, requester), errors=[])


def _staff_and_key(info: Any, global_id: str) -> tuple[Requester, int]:
    """
    Staff and the key of a statement in one of their channels.

    Raises:
        PermissionRefused: no MANAGE_ORDERS, said before anything is looked up.
        NotFound: no such statement, or one of another channel.
    """
    requester = callers.staff_for(info)
    key = callers.wanted_key(global_id, "WithdrawalStatement")
    row = StatementRow.objects.filter(pk=key).first()
    if row is None or not requester.may_manage(row.channel):
        raise NotFound("There is no such statement.", field="id")
    return requester, key
