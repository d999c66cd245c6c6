"""Mutations by which staff and apps decide what becomes of a request, and finish it."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, Dict, List, Optional

import graphene
from django.utils import timezone

from ..returns import exchanges, payouts, resolution, unanswered
from ..returns.checks import InvalidInput
from ..values import Requester
from . import callers
from .returns import ReturnRequest
from .returns_staff import StaffMutation

ReturnResolutionEnum = graphene.Enum(
    "ReturnResolution", [(word, word) for word in resolution.RESOLUTIONS]
)


class ReturnRequestExchangeLineInput(graphene.InputObjectType):
    """What is sent in place of one line."""

    line_id = graphene.ID(required=True, description="Id of a ReturnRequestLine.")
    variant_id = graphene.ID(required=True, description="Id of a ProductVariant.")


class ReturnRequestResolve(StaffMutation):
    """Settles a request."""

    return_request = graphene.Field(ReturnRequest)

    class Arguments:
        id = graphene.ID(required=True)
        resolution = graphene.Argument(
            ReturnResolutionEnum, required=True, description="What becomes of it."
        )
        without_goods = graphene.Boolean(
            description="True: the approved goods aren't wanted back, or were lost on their way. "
            "Needed while nothing has arrived."
        )
        amount = graphene.String(
            description="As 4.50, tax included: needed for PRICE_REDUCTION and GOODWILL, "
            "counted for all others."
        )
        is_unpaid = graphene.Boolean(
            description="True: the provider was looked at, and a refund that was given up has "
            "not been paid. Needed to try it again: else it might be paid twice."
        )
        customer_agreed = graphene.Boolean(
            description="The customer agreed: needed for STORE_CREDIT and REFUND_BANK."
        )
        lines = graphene.List(
            graphene.NonNull(ReturnRequestExchangeLineInput),
            description="For EXCHANGE_VARIANT and EXCHANGE_OTHER; lines left out get the same.",
        )

    class Meta:
        description = (
            "Settles a return request: stock back on the shelf, then money, a gift card or a "
            "draft order with other goods. Also tries again what failed."
        )

    @classmethod
    def act(cls, key: str, requester: Requester, data: Dict[str, Any]) -> None:
        terms = resolution.Terms(
            amount=_amount(data.get("amount")),
            customer_agreed=bool(data.get("customer_agreed")),
            is_unpaid=bool(data.get("is_unpaid")),
            choices=_choices(data.get("lines") or []),
        )
        resolution.resolve_return(
            key,
            requester,
            resolution=data["resolution"],
            without_goods=bool(data.get("without_goods")),
            terms=terms,
            now=timezone.now(),
        )


def _amount(value: Optional[str]) -> Optional[Decimal]:
    """Text, not a float: an amount is exact."""
    if value is None:
        return None
    try:
        return Decimal(value)
    except InvalidOperation:
        raise InvalidInput("Write an amount as 4.50.", field="amount") from None


def _choices(lines: List[Any]) -> Dict[int, str]:
    found: Dict[int, str] = {}
    for line in lines:
        key = callers.own_key(line["line_id"], "ReturnRequestLine", "lines")
        if key in found:
            raise InvalidInput("A line may be named once.", field="lines", code="DUPLICATED")
        found[key] = callers.ref_of(line["variant_id"], "ProductVariant", "variant_id")
    return found


class ReturnRequestRefundSettle(StaffMutation):
    """Notes a transfer made by hand."""

    return_request = graphene.Field(ReturnRequest)

    class Arguments:
        id = graphene.ID(required=True)
        reference = graphene.String(
            required=True, description="By which the transfer can be found again."
        )

    class Meta:
        description = "Notes that the transfer agreed as REFUND_BANK was made."

    @classmethod
    def act(cls, key: str, requester: Requester, data: Dict[str, Any]) -> None:
        payouts.settle_by_hand(key, requester, reference=data["reference"], now=timezone.now())


class ReturnRequestRefundGiveUp(StaffMutation):
    """Stops waiting for a refund."""

    return_request = graphene.Field(ReturnRequest)

    class Arguments:
        id = graphene.ID(required=True)
        reason = graphene.String(required=True, description="What the provider said, or why.")

    class Meta:
        description = (
            "Stops waiting for a refund the provider never answered: the request is "
            "RESOLUTION_FAILED, and the order's next refund may go out. Not for apps. A late yes "
            "of the provider still settles it."
        )

    @classmethod
    def act(cls, key: str, requester: Requester, data: Dict[str, Any]) -> None:
        unanswered.give_up_refund(key, requester, reason=data["reason"], now=timezone.now())


class ReturnRequestRemedySent(StaffMutation):
    """Notes that repaired or other goods were sent."""

    return_request = graphene.Field(ReturnRequest)

    class Arguments:
        id = graphene.ID(required=True)
        reference = graphene.String(description="As a tracking number.")

    class Meta:
        description = (
            "Notes that repaired goods, or goods in place of others, were sent. A replacement "
            "order that the shop fulfils is noted by itself."
        )

    @classmethod
    def act(cls, key: str, requester: Requester, data: Dict[str, Any]) -> None:
        reference = data.get("reference") or ""
        exchanges.finish_by_hand(key, requester, reference=reference, now=timezone.now())
