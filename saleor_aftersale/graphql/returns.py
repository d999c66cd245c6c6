"""A return request as the API shows it, and the queries for one."""

from __future__ import annotations

from typing import Any, List, NamedTuple, Optional

import graphene

from .. import texts
from ..host import graphql as host
from ..returns import policy, queries, states
from ..returns.models import ReturnLine, ReturnTransition
from ..returns.models import ReturnRequest as RequestRow
from ..returns.states import ReturnState
from ..values import NotFound, Requester
from . import callers
from .return_files import FilesByRequestLoader, MethodByRequestLoader, ReturnFiles
from .return_parcels import PARCEL_LOADERS, ReturnRequestParcel, seen_parcels
from .returns_decided import DECIDED_LOADERS, DecidedFields
from .returns_parts import (
    MessagesByRequestLoader,
    RequestsByOrderLoader,
    ReturnActionEnum,
    ReturnRefund,
    ReturnRequestLine,
    ReturnRequestMessage,
    ReturnRequestTransition,
    ReturnSideEnum,
    ReturnStateEnum,
    SeenRefund,
    SeenTransition,
    seen_messages,
    seen_refund,
)
from .returns_parts import ReturnBasisEnum as ReturnBasisEnum
from .returns_parts import ReturnReasonEnum as ReturnReasonEnum
from .tracking import OrderFileByRefLoader, list_of, visible_file


class SeenRequest(NamedTuple):
    """A return request and the person who looks at it."""

    row: RequestRow
    requester: Requester


def _plain(name: str, _default: Any, root: SeenRequest, _info: Any, **_arguments: Any) -> Any:
    """A field without a resolver of its own is a column."""
    return getattr(root.row, name)


class ReturnRequest(ReturnFiles, DecidedFields, graphene.ObjectType):
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
    sent_at = graphene.Field(
        host.DateTime, description="When the customer proved that goods were sent back."
    )
    received_at = graphene.Field(host.DateTime, description="When the last of them arrived.")
    reply_due_at = graphene.Field(
        host.DateTime, description="The shop has to answer before; null: no law names a day."
    )
    refund_due_at = graphene.Field(
        host.DateTime,
        description="The shop has to pay before; null: not yet, or it may wait for the goods.",
    )
    send_back_by = graphene.Field(host.DateTime, description="The customer has to send before.")
    expires_at = graphene.Field(
        host.DateTime, description="Without word of the customer the request ends then."
    )
    answer_owed_by = graphene.Field(ReturnSideEnum, description="Null: nobody waits.")
    answer_owed_since = graphene.Field(host.DateTime)
    assignee = graphene.String(description="Who looks after it; for staff only.")
    lines = graphene.Field(list_of(ReturnRequestLine))
    transitions = graphene.Field(list_of(ReturnRequestTransition))
    refunds = graphene.Field(list_of(ReturnRefund))
    messages = graphene.Field(list_of(ReturnRequestMessage), description="Oldest first.")
    parcels = graphene.Field(list_of(ReturnRequestParcel), description="Goods sent back.")
    available_actions = graphene.Field(
        list_of(ReturnActionEnum), description="What the person asking can do now."
    )

    class Meta:
        default_resolver = _plain

    @staticmethod
    def resolve_id(root: SeenRequest, _info: Any) -> str:
        return graphene.Node.to_global_id("ReturnRequest", root.row.pk)

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
    def resolve_lines(root: SeenRequest, _info: Any) -> List[ReturnLine]:
        return list(root.row.lines.all())

    @staticmethod
    def resolve_transitions(root: SeenRequest, _info: Any) -> List[SeenTransition]:
        is_staff = root.requester.may_manage_orders
        return [_seen_step(root, step, is_staff) for step in root.row.transitions.all()]

    @staticmethod
    def resolve_refunds(root: SeenRequest, _info: Any) -> List[SeenRefund]:
        is_staff = root.requester.may_manage_orders
        rows = root.row.refunds.all()
        return [seen_refund(root.row, refund, is_staff=is_staff) for refund in rows]

    @staticmethod
    def resolve_answer_owed_by(root: SeenRequest, _info: Any) -> Optional[str]:
        return root.row.answer_owed_by or None

    @staticmethod
    def resolve_assignee(root: SeenRequest, _info: Any) -> Optional[str]:
        return (root.row.assignee_label or None) if root.requester.may_manage_orders else None

    @staticmethod
    def resolve_messages(root: SeenRequest, info: Any) -> Any:
        is_staff = root.requester.may_manage_orders
        found = MessagesByRequestLoader(info.context).load(root.row.pk)
        return found.then(lambda rows: seen_messages(rows, is_staff=is_staff))

    @staticmethod
    def resolve_parcels(root: SeenRequest, info: Any) -> Any:
        return seen_parcels(info, root.row.pk, root.row.order.language)

    @staticmethod
    def resolve_available_actions(root: SeenRequest, _info: Any) -> List[str]:
        has_withdrawal = any(
            line.basis == policy.Basis.WITHDRAWAL.value for line in root.row.lines.all()
        )
        possible = states.actions_for(
            ReturnState(root.row.state), root.requester.role, has_withdrawal=has_withdrawal
        )
        return [action.value for action in possible]


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


def resolve_order_return_requests(root: Any, info: Any) -> Any:
    """``Order.returnRequests``: null for strangers, oldest first."""

    order_ref = host.order_ref(root)

    def seen(file: Any) -> Any:
        visible = visible_file(info, file)
        if visible is None:
            return None
        requester = callers.in_capacity(host.requester(info), visible.order.channel)
        loading = RequestsByOrderLoader(info.context).load(order_ref)
        return loading.then(lambda rows: [SeenRequest(row, requester) for row in rows])

    return OrderFileByRefLoader(info.context).load(order_ref).then(seen)


def resolve_return_request(
    _root: Any, info: Any, id: Optional[str] = None, access_token: Optional[str] = None
) -> Optional[SeenRequest]:
    """
    ``returnRequest``: null for who may not see it, the same as for what doesn't exist.

    A link alone gives the newest request of its order.
    """
    try:
        with host.reading(info):
            key = _wanted_key(info, id, access_token)
            requester, plain = callers.seen_request(info, key, access_token)
            if not callers.settings_by_channel(info)[plain.order.channel].is_active:
                return None
            row = queries.get_request(key, using=host.database(info))
    except NotFound:
        return None
    return SeenRequest(row, requester)


def _wanted_key(info: Any, id: Optional[str], access_token: Optional[str]) -> str:
    if id is None and access_token:
        opened = callers.check_link(info, access_token)
        assert opened is not None
        newest = queries.newest_request(opened.order_ref, using=host.database(info))
        return str(newest.pk)
    return str(callers.wanted_key(id, "ReturnRequest"))


def seen_again(info: Any, key: str, requester: Requester) -> SeenRequest:
    """A request as a mutation left it: nothing loaded earlier in this call is shown."""
    for loader in (
        *DECIDED_LOADERS,
        MessagesByRequestLoader,
        *PARCEL_LOADERS,
        FilesByRequestLoader,
        MethodByRequestLoader,
    ):
        loader(info.context).clear(int(key))
    return SeenRequest(queries.get_request(key), requester)
