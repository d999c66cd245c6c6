"""What was decided for a return request, and what the shop did by hand: fields of its type."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, List, NamedTuple, Optional

import graphene

from .. import texts
from ..host import graphql as host
from ..returns.models import Remedy, ReturnNotice
from ..values import Money
from .returns_parts import NoticesByRequestLoader, RemediesByRequestLoader
from .tracking import list_of

#: Read again after a mutation.
DECIDED_LOADERS = (RemediesByRequestLoader, NoticesByRequestLoader)


class ReturnRequestRemedy(graphene.ObjectType):
    """One decision about a request."""

    resolution = graphene.String(required=True)
    decided_at = graphene.Field(host.DateTime, required=True)
    decided_by = graphene.String(description="For staff only.")
    amount = graphene.Field(host.Money, description="As staff named it.")
    agreed_at = graphene.Field(
        host.DateTime, description="When the customer's agreement was recorded."
    )
    agreed_by = graphene.String(description="Who recorded it; for staff only.")
    replacement_order_id = graphene.ID(description="A draft first; for staff only.")
    price = graphene.Field(host.Money, description="What the goods in it cost.")
    difference = graphene.Field(
        host.Money, description="Left to pay for them; below 0: goes back to the customer."
    )
    is_awaited = graphene.Boolean(
        required=True, description="Something is left to do by hand: to send or to transfer."
    )
    done_at = graphene.Field(host.DateTime)
    reference = graphene.String(description="Of the parcel or transfer; for staff only.")


class SeenRemedy(NamedTuple):
    """A decision as that person may see it."""

    resolution: str
    decided_at: Any
    decided_by: Optional[str]
    amount: Optional[Money]
    agreed_at: Any
    agreed_by: Optional[str]
    replacement_order_id: Optional[str]
    price: Optional[Money]
    difference: Optional[Money]
    is_awaited: bool
    done_at: Any
    reference: Optional[str]


class ReturnRequestNotice(graphene.ObjectType):
    """Something done to the order by hand while the request was open."""

    code = graphene.String(required=True)
    text = graphene.String(required=True, description="In the order's language.")
    noticed_at = graphene.Field(host.DateTime, required=True)


class SeenNotice(NamedTuple):
    """A notice in words."""

    code: str
    text: str
    noticed_at: Any


def _seen_remedy(row: Remedy, currency: str, *, is_staff: bool) -> SeenRemedy:
    def money(amount: Optional[Decimal]) -> Optional[Money]:
        return None if amount is None else Money(amount, currency)

    replacement = row.replacement_ref
    return SeenRemedy(
        resolution=row.resolution,
        decided_at=row.decided_at,
        decided_by=row.decided_by if is_staff else None,
        amount=money(row.amount),
        agreed_at=row.agreed_at,
        agreed_by=row.agreed_by if is_staff else None,
        replacement_order_id=(
            host.order_global_id(replacement) if is_staff and replacement else None
        ),
        price=money(row.price),
        difference=money(row.difference),
        is_awaited=row.is_awaited and row.done_at is None,
        done_at=row.done_at,
        reference=row.reference if is_staff else None,
    )


def _seen_notice(row: ReturnNotice, language: str) -> SeenNotice:
    with texts.in_language(texts.language_for(language)):
        text = texts.text("notice." + row.code, detail=row.detail)
    return SeenNotice(row.code, text, row.noticed_at)


class DecidedFields:
    """Fields of ``ReturnRequest``; its root has ``row`` and ``requester``."""

    remedies = graphene.Field(
        list_of(ReturnRequestRemedy), description="What was decided, the last one holds."
    )
    notices = graphene.Field(
        list_of(ReturnRequestNotice),
        description="What the shop did by hand meanwhile; empty for customers.",
    )

    @staticmethod
    def resolve_remedies(root: Any, info: Any) -> Any:
        is_staff = root.requester.may_manage_orders
        currency = root.row.order.currency

        def seen(rows: List[Remedy]) -> List[SeenRemedy]:
            return [_seen_remedy(row, currency, is_staff=is_staff) for row in rows]

        return RemediesByRequestLoader(info.context).load(root.row.pk).then(seen)

    @staticmethod
    def resolve_notices(root: Any, info: Any) -> Any:
        if not root.requester.may_manage(root.row.order.channel):
            return []
        language = root.row.order.language

        def seen(rows: List[ReturnNotice]) -> List[SeenNotice]:
            return [_seen_notice(row, language) for row in rows]

        return NoticesByRequestLoader(info.context).load(root.row.pk).then(seen)
