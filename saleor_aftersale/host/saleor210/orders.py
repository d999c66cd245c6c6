"""Orders of Saleor 2.10.1."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Tuple
from uuid import UUID

from saleor.order.models import Fulfillment, FulfillmentLine, Order, OrderEvent, OrderLine
from saleor.payment import TransactionKind
from saleor.payment.models import Payment, Transaction
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

#: This Saleor has no channels: all orders are in this one.
CHANNEL = "default"

_TABLES = Tables(
    orders=Order.objects.all(),
    lines=OrderLine.objects.order_by("pk"),
    fulfillments=Fulfillment.objects.all(),
    payments=Payment.objects.all(),
    refunds=Transaction.objects.filter(kind=TransactionKind.REFUND, is_success=True),
    events=OrderEvent.objects.all(),
)
_reading = OrderReading(
    _TABLES,
    keys=int,
    order={"placed_at": "created"},
    line={"unit_amount": "unit_price_gross_amount"},
    created="created",
)
_read_owners = Reading(
    lambda keys: Order.objects.filter(pk__in=keys).exclude(status="draft").order_by(),
    {"user_ref": "user_id"},
    keys=int,
)


def load_orders(order_refs: Iterable[str], *, using: str) -> Dict[str, values.Order]:
    """See ``ports.Orders.load_orders``."""
    return ask_orders(order_refs, Trip(using))()


def ask_orders(order_refs: Iterable[str], trip: Trip) -> Callable[[], Dict[str, values.Order]]:
    """See ``ports.Orders.ask_orders``."""
    return _reading.ask([int(ref) for ref in order_refs if ref.isdigit()], trip, _complete)


def _complete(row: Dict[str, Any]) -> None:
    row["number"], row["channel"] = row["ref"], CHANNEL
    row["email"] = row["account_email"] or row["guest_email"]


def owner_and_channel(order_ref: str) -> Optional[Tuple[str, str]]:
    """See ``ports.Orders.owner_and_channel``."""
    keys = [int(order_ref)] if order_ref.isdigit() else []
    for row in _read_owners.ask(keys, Trip("default"))():
        return str(row["user_ref"] or ""), CHANNEL
    return None


def find_order(number: str, email: str) -> Optional[str]:
    """See ``ports.Orders.find_order``."""
    key = int(number) if number.isdecimal() and len(number) < 10 else 0
    row = (
        Order.objects.filter(pk=key)
        .exclude(status="draft")
        .values_list("user__email", "user_email")
        .first()
    )
    owner = (row[0] or row[1]) if row else ""
    return str(key) if owner and owner.strip().lower() == email.strip().lower() else None


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
    rows = Order.objects.filter(created__gte=moment).exclude(status="draft")
    return [str(key) for key in rows.order_by("created").values_list("pk", flat=True)]


def has_warehouse(warehouse_ref: str) -> bool:
    """See ``ports.Orders.has_warehouse``."""
    return _warehouse(warehouse_ref) is not None


def _warehouse(warehouse_ref: str) -> Optional[Warehouse]:
    try:
        return Warehouse.objects.filter(pk=UUID(warehouse_ref)).first()
    except ValueError:
        return None


def restock(line_ref: str, quantity: int, warehouse_ref: str) -> None:
    """See ``ports.Orders.restock``."""
    line = OrderLine.objects.filter(pk=int(line_ref)).select_related("variant").first()
    warehouse = _warehouse(warehouse_ref)
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
    raise values.Unsupported("Saleor 2.10.1 has no returned orders.")
