"""Orders of Saleor 3.x."""

from __future__ import annotations

import inspect
from datetime import datetime
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Tuple
from uuid import UUID

from django.contrib.sites.models import Site
from saleor.account.models import User
from saleor.app.models import App
from saleor.order import FulfillmentLineData, FulfillmentStatus
from saleor.order.actions import create_fulfillments_for_returned_products
from saleor.order.fetch import OrderLineInfo
from saleor.order.models import Fulfillment, FulfillmentLine, Order, OrderEvent, OrderLine
from saleor.payment import TransactionKind
from saleor.payment.models import Payment, Transaction, TransactionItem
from saleor.plugins.manager import get_plugins_manager
from saleor.warehouse.management import increase_stock
from saleor.warehouse.models import Warehouse

from ... import values
from ..order_reading import OrderReading, Tables
from ..rows import Reading, Trip

__all__ = [
    "ask_orders",
    "complete_return",
    "find_order",
    "has_warehouse",
    "load_orders",
    "order_of_fulfillment",
    "orders_since",
    "origin_country",
    "owner_and_channel",
    "restock",
]

#: Pieces in such a fulfillment are with the customer.
WITH_CUSTOMER = (FulfillmentStatus.FULFILLED, FulfillmentStatus.REFUNDED)


def _uuids(refs: Iterable[str]) -> List[UUID]:
    keys = []
    for ref in refs:
        try:
            keys.append(UUID(ref))
        except ValueError:
            continue
    return keys


_TABLES = Tables(
    orders=Order.objects.all(),
    lines=OrderLine.objects.order_by("created_at", "pk"),
    fulfillments=Fulfillment.objects.all(),
    payments=Payment.objects.all(),
    refunds=Transaction.objects.filter(kind=TransactionKind.REFUND, is_success=True),
    events=OrderEvent.objects.all(),
    transactions=TransactionItem.objects.all(),
)
_reading = OrderReading(
    _TABLES,
    keys=UUID,
    order={"number": "number", "channel": "channel__slug", "placed_at": "created_at"},
    line={"total_amount": "total_price_gross_amount"},
    created="created_at",
)
_read_owners = Reading(
    lambda keys: Order.objects.filter(pk__in=keys).exclude(status="draft").order_by(),
    {"user_ref": "user_id", "channel": "channel__slug"},
    keys=UUID,
)


def load_orders(order_refs: Iterable[str], *, using: str) -> Dict[str, values.Order]:
    """See ``ports.Orders.load_orders``."""
    return ask_orders(order_refs, Trip(using))()


def ask_orders(order_refs: Iterable[str], trip: Trip) -> Callable[[], Dict[str, values.Order]]:
    """See ``ports.Orders.ask_orders``."""
    return _reading.ask(_uuids(order_refs), trip, _complete)


def _complete(row: Dict[str, Any]) -> None:
    row["email"] = row["guest_email"] or row["account_email"] or ""


def owner_and_channel(order_ref: str) -> Optional[Tuple[str, str]]:
    """See ``ports.Orders.owner_and_channel``."""
    keys = _uuids([order_ref])
    for row in _read_owners.ask(keys, Trip("default"))():
        return str(row["user_ref"] or ""), row["channel"]
    return None


def find_order(number: str, email: str) -> Optional[str]:
    """See ``ports.Orders.find_order``."""
    row = (
        Order.objects.filter(number=int(number) if number.isdecimal() and len(number) < 10 else 0)
        .exclude(status="draft")
        .values_list("pk", "user_email", "user__email")
        .first()
    )
    owner = (row[1] or row[2]) if row else ""
    return str(row[0]) if owner and owner.strip().lower() == email.strip().lower() else None


def order_of_fulfillment(fulfillment_ref: str) -> Optional[str]:
    """See ``ports.Orders.order_of_fulfillment``."""
    key = int(fulfillment_ref) if fulfillment_ref.isdigit() and len(fulfillment_ref) < 10 else 0
    order_key = Fulfillment.objects.filter(pk=key).values_list("order_id", flat=True).first()
    return str(order_key) if order_key else None


def origin_country(fulfillment_ref: str) -> str:
    """See ``ports.Orders.origin_country``."""
    lines = FulfillmentLine.objects.filter(fulfillment_id=int(fulfillment_ref))
    countries = lines.order_by("pk").values_list("stock__warehouse__address__country", flat=True)
    return next(filter(None, map(str, filter(None, countries))), "")


def orders_since(moment: datetime) -> List[str]:
    """See ``ports.Orders.orders_since``."""
    rows = Order.objects.filter(created_at__gte=moment).exclude(status="draft")
    return [str(key) for key in rows.order_by("created_at").values_list("pk", flat=True)]


def has_warehouse(warehouse_ref: str) -> bool:
    """See ``ports.Orders.has_warehouse``."""
    return Warehouse.objects.filter(pk__in=_uuids([warehouse_ref])).exists()


def restock(line_ref: str, quantity: int, warehouse_ref: str) -> None:
    """See ``ports.Orders.restock``."""
    line = OrderLine.objects.filter(pk__in=_uuids([line_ref])).select_related("variant").first()
    warehouse = Warehouse.objects.filter(pk__in=_uuids([warehouse_ref])).first()
    if line is None or line.variant is None:
        raise values.NotFound("The product is gone: it can't be put back on the shelf.")
    if warehouse is None:
        raise values.NotFound("There is no such warehouse.", field="warehouse_id")
    if line.variant.track_inventory:
        increase_stock(line, warehouse, quantity)


def complete_return(
    order_ref: str, lines: Sequence[values.ReturnedLine], requester: values.Requester
) -> None:
    """See ``ports.Orders.complete_return``."""
    order = Order.objects.select_for_update(of=("self",)).get(pk=order_ref)
    arguments = {
        **people(requester),
        "order": order,
        "payment": None,
        "order_lines": [
            _unfulfilled(order, line.line_ref, line.unsent_quantity)
            for line in lines
            if line.unsent_quantity
        ],
        "fulfillment_lines": [
            row for line in lines for row in rows_for(order, line.line_ref, line.quantity)
        ],
        "manager": get_plugins_manager(allow_replica=False),
    }
    create_fulfillments_for_returned_products(
        **arguments, **site_settings(create_fulfillments_for_returned_products)
    )


def _unfulfilled(order: Order, line_ref: str, quantity: int) -> OrderLineInfo:
    row = OrderLine.objects.select_for_update(of=("self",)).get(pk=line_ref, order=order)
    if row.quantity_unfulfilled < quantity:
        raise values.NotFound(
            "The shop has sent pieces that were withdrawn: let them come back first.",
            field="lines",
        )
    return OrderLineInfo(line=row, quantity=quantity, variant=row.variant)


def site_settings(action: Callable[..., Any]) -> Dict[str, Any]:
    """3.23 asks for the site's settings; the versions before don't know the argument."""
    if "site_settings" in inspect.signature(action).parameters:
        return {"site_settings": Site.objects.get_current().settings}
    return {}


def people(requester: values.Requester) -> Dict[str, Any]:
    """The user or the app behind a requester, as Saleor's actions take them."""
    is_user = requester.role in (values.Role.STAFF, values.Role.CUSTOMER)
    is_app = requester.role is values.Role.APP
    return {
        "user": User.objects.filter(pk=requester.ref).first() if is_user else None,
        "app": App.objects.filter(pk=requester.ref).first() if is_app else None,
    }


def rows_for(
    order: Order, line_ref: str, quantity: int, *, statuses: Sequence[str] = WITH_CUSTOMER
) -> List[FulfillmentLineData]:
    """
    Fulfilled pieces for Saleor's actions, which trust their caller: its API checks, so do we.

    Raises:
        NotFound: fewer are in fulfillments of such ``statuses``.
        AftersaleError: it is a gift card, which nobody can hand back.
    """
    left = quantity
    rows = (
        FulfillmentLine.objects.select_for_update(of=("self",))
        .filter(
            fulfillment__order=order,
            order_line_id=line_ref,
            fulfillment__status__in=statuses,
        )
        .select_related("fulfillment", "order_line")
        .order_by("pk")
    )
    moved = []
    for row in rows:
        if row.order_line.is_gift_card:
            raise values.AftersaleError(
                "Saleor takes no gift card back: cancel the card and refund by hand.",
                field="lines",
                code="GIFT_CARD_LINE",
            )
        pieces = min(left, row.quantity)
        if pieces:
            moved.append(FulfillmentLineData(line=row, quantity=pieces, replace=False))
            left -= pieces
    if left:
        raise values.NotFound(
            "The shop holds fewer such pieces as fulfilled: the order was changed by hand.",
            field="lines",
        )
    return moved
