"""Parts of a return request as the API shows them: lines, steps, refunds, messages, parcels."""

from __future__ import annotations

from dataclasses import astuple
from decimal import Decimal
from typing import Any, Dict, Iterable, List, NamedTuple, Optional

import graphene
from babel.numbers import get_currency_precision

from ..host import graphql as host
from ..returns import amounts, line_states, policy, queries, states, threads
from ..returns.line_states import LineState
from ..returns.models import (
    Refund,
    Remedy,
    ReturnLine,
    ReturnMessage,
    ReturnNotice,
    ReturnRequest,
)
from ..returns.remedies import Means
from ..returns.states import RefundState, ReturnState
from ..values import Money

ReturnStateEnum = graphene.Enum(
    "ReturnRequestState", [(state.name, state.value) for state in ReturnState]
)
ReturnLineStateEnum = graphene.Enum(
    "ReturnRequestLineState", [(state.name, state.value) for state in LineState]
)
ReturnActionEnum = graphene.Enum(
    "ReturnRequestAction", [(action.name, action.value) for action in states.Action]
)
RefundMeansEnum = graphene.Enum("ReturnRefundMeans", [(means.name, means.value) for means in Means])
RefundStateEnum = graphene.Enum(
    "ReturnRefundState", [(state.name, state.value) for state in RefundState]
)
ReturnBasisEnum = graphene.Enum(
    "ReturnBasis", [(basis.name, basis.value) for basis in policy.Basis]
)
ReturnReasonEnum = graphene.Enum("ReturnReasonCode", [(code, code) for code in policy.REASONS])
ReturnReceptionEnum = graphene.Enum(
    "ReturnReception", [(item.name, item.value) for item in line_states.Reception]
)
ReturnAcceptanceEnum = graphene.Enum(
    "ReturnAcceptance", [(item.name, item.value) for item in line_states.Acceptance]
)
ReturnMessageKindEnum = graphene.Enum(
    "ReturnMessageKind", [(kind.name, kind.value) for kind in threads.Kind]
)
ReturnSideEnum = graphene.Enum(
    "ReturnRequestSide", [(side.name, side.value) for side in threads.Side]
)


class ReturnRequestLine(graphene.ObjectType):
    """Pieces of one order line in a request; names and prices as they were."""

    id = graphene.ID(required=True)
    order_line_id = graphene.ID(required=True)
    product_name = graphene.String(required=True)
    sku = graphene.String(required=True)
    basis = graphene.Field(ReturnBasisEnum, required=True)
    reason = graphene.String(required=True, description="A reason code, or empty.")
    state = graphene.Field(ReturnLineStateEnum, required=True)
    reception = graphene.Field(
        ReturnReceptionEnum, required=True, description="Whether the goods are there."
    )
    acceptance = graphene.Field(
        ReturnAcceptanceEnum, required=True, description="What was decided about them."
    )
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
    def resolve_reception(root: ReturnLine, _info: Any) -> str:
        state = LineState(root.state)
        found = line_states.reception_of(state, root.approved_quantity, root.received_quantity)
        return found.value

    @staticmethod
    def resolve_acceptance(root: ReturnLine, _info: Any) -> str:
        state, is_reduced = LineState(root.state), bool(root.lost_value)
        found = line_states.acceptance_of(state, root.accepted_quantity, is_reduced=is_reduced)
        return found.value

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


class ReturnRefundBreakdown(graphene.ObjectType):
    """How an amount comes about."""

    goods = graphene.Field(host.Money, required=True, description="Paid for them.")
    lost_value = graphene.Field(host.Money, required=True, description="Taken off for use.")
    fee = graphene.Field(
        host.Money, required=True, description="Kept of a goodwill return; no right costs a fee."
    )
    delivery = graphene.Field(host.Money, required=True, description="Of the way to the customer.")
    other = graphene.Field(
        host.Money, required=True, description="Given back before, or never paid: below 0."
    )


class ReturnRefund(graphene.ObjectType):
    """Money that goes back."""

    amount = graphene.Field(host.Money, required=True)
    breakdown = graphene.Field(
        ReturnRefundBreakdown, description="Null where the shop named the amount."
    )
    state = graphene.Field(RefundStateEnum, required=True)
    means = graphene.Field(RefundMeansEnum, required=True, description="How it goes back.")
    settled_at = graphene.Field(host.DateTime)
    error = graphene.String(description="What the provider said; for staff only.")


class SeenBreakdown(NamedTuple):
    """The parts of an amount."""

    goods: Money
    lost_value: Money
    fee: Money
    delivery: Money
    other: Money


def seen_refund(request: ReturnRequest, refund: Refund, *, is_staff: bool) -> SeenRefund:
    """
    A refund as its customer or staff may see it.

    Args:
        request: with its lines and transitions.
    """
    return SeenRefund(
        Money(refund.amount, refund.currency),
        _seen_breakdown(request, refund),
        refund.state,
        refund.means,
        refund.settled_at,
        refund.error if is_staff else None,
    )


def _seen_breakdown(request: ReturnRequest, refund: Refund) -> Optional[SeenBreakdown]:
    minor_units = get_currency_precision(refund.currency)
    parts = amounts.breakdown_of(request, refund, minor_units=minor_units)
    if parts is None:
        return None
    return SeenBreakdown(*(Money(part, refund.currency) for part in astuple(parts)))


class SeenRefund(NamedTuple):
    """A refund as that person may see it."""

    amount: Money
    breakdown: Optional[SeenBreakdown]
    state: str
    means: str
    settled_at: Any
    error: Optional[str]


class ReturnRequestMessage(graphene.ObjectType):
    """Something written about a request."""

    id = graphene.ID(required=True)
    at = graphene.Field(host.DateTime, required=True)
    kind = graphene.Field(ReturnMessageKindEnum, required=True)
    text = graphene.String(required=True, description="As written: escape it.")
    is_from_customer = graphene.Boolean(required=True)
    author = graphene.String(description="Who wrote it; for staff only.")


class SeenMessage(NamedTuple):
    """A message as that person may see it."""

    id: str
    at: Any
    kind: str
    text: str
    is_from_customer: bool
    author: Optional[str]


def seen_messages(rows: Iterable[ReturnMessage], *, is_staff: bool) -> List[SeenMessage]:
    """The thread, oldest first; notes and names are for staff."""
    customers = {role.value for role in states.CUSTOMER}
    return [
        SeenMessage(
            id=graphene.Node.to_global_id("ReturnRequestMessage", row.pk),
            at=row.written_at,
            kind=row.kind,
            text=row.text,
            is_from_customer=row.role in customers,
            author=row.requester_label if is_staff else None,
        )
        for row in rows
        if is_staff or row.kind != threads.Kind.NOTE.value
    ]


class RowsByRequestLoader(host.DataLoader):
    """Rows of one table by request key: one query for a whole page of requests."""

    model: Any = None

    def batch_load(self, keys: Iterable[int]) -> List[List[Any]]:
        using = getattr(self, "database_connection_name", "default")
        found: Dict[int, List[Any]] = {key: [] for key in keys}
        for row in self.model.objects.using(using).filter(request__in=list(found)).order_by("pk"):
            found[row.request_id].append(row)
        return list(found.values())


class RequestsByOrderLoader(host.DataLoader):
    """Return requests of orders with their details: one batch for a whole page of orders."""

    context_key = "aftersale_requests_by_order"

    def batch_load(self, keys: Iterable[str]) -> List[List[ReturnRequest]]:
        using = getattr(self, "database_connection_name", "default")
        found = queries.requests_by_order(keys, using=using, with_drafts=True)
        return [found[key] for key in keys]


class MessagesByRequestLoader(RowsByRequestLoader):
    """Threads and notes."""

    context_key = "aftersale_return_messages"
    model = ReturnMessage


class RemediesByRequestLoader(RowsByRequestLoader):
    """What was decided."""

    context_key = "aftersale_remedies"
    model = Remedy


class NoticesByRequestLoader(RowsByRequestLoader):
    """What the shop did by hand meanwhile."""

    context_key = "aftersale_return_notices"
    model = ReturnNotice
