"""Mutations of return requests that customers call: owners, and guests by signed link."""

from __future__ import annotations

from typing import Any, Dict, List

import graphene
from django.utils import timezone

from ..config import settings_of
from ..returns import actions, changes, drafts, policy, sending
from ..returns.models import ReturnRequest as RequestRow
from ..tracking.actions import keep_order
from ..values import Requester
from . import callers
from .errors import AftersaleMutation
from .returns import ReturnRequest, seen_again
from .returns_parts import ReturnBasisEnum, ReturnReasonEnum
from .returns_resolution import ReturnResolutionEnum
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
    resolution = graphene.Field(
        ReturnResolutionEnum,
        description="What the customer wishes, offered on every line's basis. "
        "Left out: the first they all offer.",
    )
    idempotency_key = graphene.String(description="The same key gives the same request.")
    is_draft = graphene.Boolean(
        description="Only save it: it holds no piece and nobody is told. Then each line names "
        "its basis, and none is a withdrawal."
    )


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
            resolution=wish.get("resolution") or "",
            idempotency_key=wish.get("idempotency_key"),
            is_draft=bool(wish.get("is_draft")),
            now=timezone.now(),
        )
        seen = seen_again(info, str(request.pk), caller.requester)
        return cls(return_request=seen, errors=[])


def _wished_lines(lines: List[Any]) -> List[actions.WishedLine]:
    return [
        actions.WishedLine(
            line_ref=callers.wanted_ref(line["order_line_id"], "OrderLine"),
            quantity=line["quantity"],
            basis=policy.Basis(line["basis"]) if line.get("basis") else None,
            reason=line.get("reason") or "",
        )
        for line in lines
    ]


class CustomerMutation(AftersaleMutation):
    """Base: finds the request for its customer, a guest or staff, does one action."""

    class Meta:
        abstract = True

    @classmethod
    def act(cls, request: RequestRow, requester: Requester, data: Dict[str, Any]) -> None:
        """The one action."""
        raise NotImplementedError

    @classmethod
    def perform(cls, info: Any, **data: Any) -> Any:
        requester, row = callers.customer_and_request(info, data["id"], data.get("access_token"))
        cls.act(row, requester, data)
        return cls(return_request=seen_again(info, str(row.pk), requester), errors=[])


class ReturnRequestSubmit(CustomerMutation):
    """Sends a draft."""

    return_request = graphene.Field(ReturnRequest)

    class Arguments:
        id = graphene.ID(required=True)
        access_token = graphene.String()

    class Meta:
        description = "Sends a draft of a return request; its lines are decided as of now."

    @classmethod
    def act(cls, request: RequestRow, requester: Requester, data: Dict[str, Any]) -> None:
        settings = settings_of(request.channel)
        drafts.submit_draft(str(request.pk), requester, settings, now=timezone.now())


class ReturnRequestDiscard(AftersaleMutation):
    """Deletes a draft."""

    class Arguments:
        id = graphene.ID(required=True)
        access_token = graphene.String()

    class Meta:
        description = "Deletes a draft of a return request with all that belongs to it."

    @classmethod
    def perform(cls, info: Any, **data: Any) -> ReturnRequestDiscard:
        requester, row = callers.customer_and_request(info, data["id"], data.get("access_token"))
        drafts.discard_draft(str(row.pk), requester)
        return cls(errors=[])


class ReturnRequestCancel(CustomerMutation):
    """Takes a return request back."""

    return_request = graphene.Field(ReturnRequest)

    class Arguments:
        id = graphene.ID(required=True)
        access_token = graphene.String()

    class Meta:
        description = (
            "Cancels a return request before goods are sent. A withdrawal is taken back by its "
            "customer only."
        )

    @classmethod
    def act(cls, request: RequestRow, requester: Requester, data: Dict[str, Any]) -> None:
        actions.cancel_return(str(request.pk), requester, now=timezone.now())


class ReturnRequestUpdateInput(graphene.InputObjectType):
    """What is to change; what is left out stays."""

    lines = graphene.List(
        graphene.NonNull(ReturnRequestLineInput), description="All lines as they are to be."
    )
    note = graphene.String()
    resolution = graphene.Field(
        ReturnResolutionEnum, description="What the customer wishes now, as offered."
    )


class ReturnRequestUpdate(CustomerMutation):
    """Changes what is asked for."""

    return_request = graphene.Field(ReturnRequest)

    class Arguments:
        id = graphene.ID(required=True)
        input = ReturnRequestUpdateInput(required=True)
        access_token = graphene.String()

    class Meta:
        description = "Changes lines or note of a return request before the shop has decided."

    @classmethod
    def act(cls, request: RequestRow, requester: Requester, data: Dict[str, Any]) -> None:
        lines = data["input"].get("lines")
        changes.update_return(
            str(request.pk),
            requester,
            settings_of(request.channel),
            wishes=None if lines is None else _wished_lines(lines),
            note=data["input"].get("note"),
            resolution=data["input"].get("resolution"),
            now=timezone.now(),
        )


class ReturnRequestProvideShipping(CustomerMutation):
    """Tells by which parcel goods come back."""

    return_request = graphene.Field(ReturnRequest)

    class Arguments:
        id = graphene.ID(required=True)
        tracking_number = graphene.String(required=True)
        carrier = graphene.String(description="Carrier code; left out: told by the number.")
        access_token = graphene.String()

    class Meta:
        description = (
            "Tells by which parcel goods come back: the proof that they were sent. For customer "
            "and staff; of a withdrawal also before the shop has acknowledged it."
        )

    @classmethod
    def act(cls, request: RequestRow, requester: Requester, data: Dict[str, Any]) -> None:
        sending.provide_shipping(
            str(request.pk),
            requester,
            tracking_number=data["tracking_number"],
            carrier=data.get("carrier") or "",
            now=timezone.now(),
        )


class ReturnRequestReopen(CustomerMutation):
    """Takes an ended request up again."""

    return_request = graphene.Field(ReturnRequest)

    class Arguments:
        id = graphene.ID(required=True)
        note = graphene.String(required=True, description="Why; becomes part of the thread.")
        access_token = graphene.String()

    class Meta:
        description = "Takes a completed or declined return request up again: it is decided anew."

    @classmethod
    def act(cls, request: RequestRow, requester: Requester, data: Dict[str, Any]) -> None:
        settings = settings_of(request.channel)
        changes.reopen_return(
            str(request.pk), requester, settings, note=data["note"], now=timezone.now()
        )
