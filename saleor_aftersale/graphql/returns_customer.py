"""Mutations of return requests that customers call: owners, and guests by signed link."""

from __future__ import annotations

from typing import Any, List

import graphene
from django.utils import timezone

from ..returns import actions, policy, queries
from ..tracking.actions import keep_order
from ..values import NotFound
from . import callers
from .errors import AftersaleMutation
from .returns import ReturnBasisEnum, ReturnReasonEnum, ReturnRequest, SeenRequest
from .tracking import list_of


class ReturnRequestLineInput(graphene.InputObjectType):
    """Pieces of one order line to give back."""

    order_line_id = graphene.ID(required=True)
    quantity = graphene.Int(required=True)
    basis = graphene.Field(
        ReturnBasisEnum, description="Left out: the most favourable one that is open."
    )
    reason = graphene.Field(ReturnReasonEnum, description="Never needed for a withdrawal.")


class ReturnRequestCreateInput(graphene.InputObjectType):
    """A return request: the order by id for its owner, by access token for a guest."""

    order_id = graphene.ID()
    access_token = graphene.String()
    lines = graphene.Field(list_of(ReturnRequestLineInput))
    note = graphene.String()
    idempotency_key = graphene.String(description="The same key gives the same request.")


class ReturnRequestCreate(AftersaleMutation):
    """Asks to give lines of an order back."""

    return_request = graphene.Field(ReturnRequest)

    class Arguments:
        input = ReturnRequestCreateInput(required=True)

    class Meta:
        description = (
            "Starts a return request. For the order's owner, a guest with a signed link, "
            "and staff with MANAGE_ORDERS."
        )

    @classmethod
    def perform(cls, info: Any, **data: Any) -> ReturnRequestCreate:
        wish = data["input"]
        caller = callers.caller_for_order(
            info, order_id=wish.get("order_id"), access_token=wish.get("access_token")
        )
        record = keep_order(caller.order)
        request = actions.submit_return(
            record,
            _wished_lines(wish["lines"]),
            caller.requester,
            caller.settings,
            note=wish.get("note") or "",
            idempotency_key=wish.get("idempotency_key"),
            now=timezone.now(),
        )
        row = queries.get_request(str(request.pk))
        return cls(return_request=SeenRequest(row, caller.requester), errors=[])


def _wished_lines(lines: List[Any]) -> List[actions.WishedLine]:
    return [
        actions.WishedLine(
            line_ref=_line_ref(line["order_line_id"]),
            quantity=line["quantity"],
            basis=policy.Basis(line["basis"]) if line.get("basis") else None,
            reason=line.get("reason") or "",
        )
        for line in lines
    ]


def _line_ref(global_id: str) -> str:
    return callers.ref_of(global_id, "OrderLine", "order_line_id")


class ReturnRequestCancel(AftersaleMutation):
    """Takes a return request back."""

    return_request = graphene.Field(ReturnRequest)

    class Arguments:
        id = graphene.ID(required=True)
        access_token = graphene.String()

    class Meta:
        description = "Cancels a return request before goods have arrived."

    @classmethod
    def perform(cls, info: Any, **data: Any) -> ReturnRequestCancel:
        key = str(callers.own_key(data["id"], "ReturnRequest", "id"))
        callers.check_link(info, data.get("access_token"))
        row = queries.get_request(key)
        requester = callers.requester_of_request(info, row, data.get("access_token"))
        if requester is None:
            raise NotFound("There is no such return request.", field="id")
        callers.active_settings(row.order.channel)
        actions.cancel_return(key, requester, now=timezone.now())
        return cls(return_request=SeenRequest(queries.get_request(key), requester), errors=[])
