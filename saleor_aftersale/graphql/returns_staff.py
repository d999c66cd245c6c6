"""Mutations of return requests that staff and apps with MANAGE_ORDERS call."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Dict, List, Optional

import graphene
from django.utils import timezone

from ..returns import actions, inspection, policy
from ..values import Requester
from . import callers
from .errors import AftersaleMutation
from .returns import ReturnRequest, seen_again
from .tracking import list_of

#: What the warehouse makes of a piece, and what becomes of it.
GRADES = (
    "NEW",
    "OPENED_AS_NEW",
    "LIGHT_USE",
    "WORN_OR_DAMAGED",
    "INCOMPLETE",
    "WRONG_ITEM",
    "EMPTY",
)
DISPOSITIONS = (
    "RESTOCK",
    "RESTOCK_AS_USED",
    "REFURBISH",
    "REPAIR",
    "RETURN_TO_SUPPLIER",
    "RECYCLE",
    "DESTROY",
    "DONATE",
    "QUARANTINE",
    "SEND_BACK_TO_CUSTOMER",
)

ReturnGradeEnum = graphene.Enum("ReturnGrade", [(word, word) for word in GRADES])
ReturnDispositionEnum = graphene.Enum("ReturnDisposition", [(word, word) for word in DISPOSITIONS])
ReturnDeclineCodeEnum = graphene.Enum(
    "ReturnDeclineCode", [(code, code) for code in policy.DECLINE_CODES]
)


class StaffMutation(AftersaleMutation):
    """Base: finds the request, does one action, gives the request back."""

    class Meta:
        abstract = True

    @classmethod
    def act(cls, key: str, requester: Requester, data: Dict[str, Any]) -> None:
        """The one action."""
        raise NotImplementedError

    @classmethod
    def perform(cls, info: Any, **data: Any) -> Any:
        requester, row = callers.staff_and_request(info, data["id"])
        key = str(row.pk)
        cls.act(key, requester, data)
        return cls(return_request=seen_again(info, key, requester), errors=[])


class ReturnRequestLineQuantityInput(graphene.InputObjectType):
    """Pieces of one line of a request."""

    line_id = graphene.ID(required=True, description="Id of a ReturnRequestLine.")
    quantity = graphene.Int(required=True)


def _quantities(lines: Optional[List[Any]]) -> Optional[Dict[int, int]]:
    if lines is None:
        return None
    keys = [callers.own_key(line["line_id"], "ReturnRequestLine", "lines") for line in lines]
    if len(set(keys)) < len(keys):
        raise actions.InvalidInput("A line may be named once.", field="lines", code="DUPLICATED")
    return dict(zip(keys, (line["quantity"] for line in lines)))


class ReturnRequestApprove(StaffMutation):
    """Lets goods come back."""

    return_request = graphene.Field(ReturnRequest)

    class Arguments:
        id = graphene.ID(required=True)
        lines = graphene.List(
            graphene.NonNull(ReturnRequestLineQuantityInput),
            description="Pieces to approve; lines left out are refused. Null: all as asked.",
        )

    class Meta:
        description = "Approves a return request; the customer is told how to send the goods."

    @classmethod
    def act(cls, key: str, requester: Requester, data: Dict[str, Any]) -> None:
        quantities = _quantities(data.get("lines"))
        actions.approve_return(key, requester, quantities=quantities, now=timezone.now())


class ReturnRequestDecline(StaffMutation):
    """Refuses a request with a coded reason."""

    return_request = graphene.Field(ReturnRequest)

    class Arguments:
        id = graphene.ID(required=True)
        code = graphene.Argument(ReturnDeclineCodeEnum, required=True)
        note = graphene.String(
            description="Shown to the customer; needed as evidence after an inspection."
        )

    class Meta:
        description = (
            "Declines a return request; its pieces can be asked for again. Only for a person; "
            "a withdrawal needs an exception of the law, or must be proven late."
        )

    @classmethod
    def act(cls, key: str, requester: Requester, data: Dict[str, Any]) -> None:
        note = data.get("note") or ""
        actions.decline_return(key, requester, code=data["code"], note=note, now=timezone.now())


class ReturnRequestReceive(StaffMutation):
    """Notes goods that arrived."""

    return_request = graphene.Field(ReturnRequest)

    class Arguments:
        id = graphene.ID(required=True)
        lines = graphene.List(
            graphene.NonNull(ReturnRequestLineQuantityInput),
            description="Pieces that arrived now. Null: all still awaited.",
        )

    class Meta:
        description = "Notes that goods of a return request arrived."

    @classmethod
    def act(cls, key: str, requester: Requester, data: Dict[str, Any]) -> None:
        quantities = _quantities(data.get("lines"))
        actions.receive_return(key, requester, quantities=quantities, now=timezone.now())


class ReturnRequestInspectLineInput(graphene.InputObjectType):
    """What was found in one line."""

    line_id = graphene.ID(required=True)
    accepted_quantity = graphene.Int(required=True)
    grade = graphene.Field(ReturnGradeEnum)
    disposition = graphene.Field(ReturnDispositionEnum)
    warehouse_id = graphene.ID(description="Needed for disposition RESTOCK.")
    lost_value = graphene.Float(description="Share of the price lost by use, 0 to 1.")
    note = graphene.String(description="Evidence; needed when value is taken off.")


class ReturnRequestInspect(StaffMutation):
    """Judges what arrived."""

    return_request = graphene.Field(ReturnRequest)

    class Arguments:
        id = graphene.ID(required=True)
        lines = graphene.Argument(list_of(ReturnRequestInspectLineInput))

    class Meta:
        description = "Judges goods that arrived: accepted pieces, grade, what becomes of them."

    @classmethod
    def act(cls, key: str, requester: Requester, data: Dict[str, Any]) -> None:
        findings = [_finding(line) for line in data["lines"]]
        inspection.inspect_return(key, requester, findings=findings, now=timezone.now())


def _finding(line: Any) -> inspection.InspectedLine:
    warehouse_ref = ""
    if line.get("warehouse_id"):
        warehouse_ref = callers.ref_of(line["warehouse_id"], "Warehouse", "warehouse_id")
    return inspection.InspectedLine(
        line_pk=callers.own_key(line["line_id"], "ReturnRequestLine", "lines"),
        accepted_quantity=line["accepted_quantity"],
        grade=line.get("grade") or "",
        disposition=line.get("disposition") or "",
        warehouse_ref=warehouse_ref,
        lost_value=Decimal(str(line.get("lost_value") or 0)),
        note=line.get("note") or "",
    )
