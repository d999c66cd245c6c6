"""Orders of Saleor 2.10.1."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Dict, Iterable, List, Optional, Sequence
from uuid import UUID

from django.db.models import F, Sum
from saleor.order.models import Fulfillment, FulfillmentLine, Order, OrderEvent, OrderLine
from saleor.payment import TransactionKind
from saleor.payment.models import Payment, Transaction
from saleor.warehouse.management import increase_stock
from saleor.warehouse.models import Warehouse

from ... import values
from ..build import CONFIRMED_EVENTS, PAID_EVENTS, build_orders

__all__ = [
    "complete_return",
    "find_order",
    "has_warehouse",
    "load_orders",
    "order_of_fulfillment",
    "orders_since",
    "restock",
]

#: This Saleor has no channels: all orders are in this one.
CHANNEL = "default"


def load_orders(order_refs: Iterable[str], *, using: str) -> Dict[str, values.Order]:
    """See ``ports.Orders.load_orders``."""
    keys = [int(ref) for ref in order_refs if ref.isdigit()]
    orders = list(
        Order.objects.using(using)
        .filter(pk__in=keys)
        .exclude(status="draft")
        .order_by()
        .values(
            "status",
            "shipping_method_name",
            "currency",
            ref=F("pk"),
            guest_email=F("user_email"),
            account_email=F("user__email"),
            user_ref=F("user_id"),
            first_name=F("shipping_address__first_name"),
            last_name=F("shipping_address__last_name"),
            language=F("language_code"),
            country=F("shipping_address__country"),
            company_name=F("billing_address__company_name"),
            placed_at=F("created"),
            total_amount=F("total_gross_amount"),
            shipping_amount=F("shipping_price_gross_amount"),
        )
    )
    for row in orders:
        row["number"], row["channel"] = row["ref"], CHANNEL
        row["email"] = row["account_email"] or row["guest_email"]
    keys = [row["ref"] for row in orders]
    captured, refunded = _money_of(keys, using)
    return build_orders(
        orders,
        lines=_lines(keys, using),
        fulfillments=_fulfillments(keys, using),
        pieces=_pieces(keys, using),
        events=_events(keys, using),
        captured=captured,
        refunded=refunded,
    )


def _lines(keys: List[int], using: str) -> List[dict]:
    rows = (
        OrderLine.objects.using(using)
        .filter(order_id__in=keys)
        .order_by("pk")
        .values(
            "product_name",
            "variant_name",
            "quantity",
            "quantity_fulfilled",
            ref=F("pk"),
            order_ref=F("order_id"),
            sku=F("product_sku"),
            unit=F("unit_price_gross_amount"),
        )
    )
    return [dict(row, total_amount=row["unit"] * row["quantity"]) for row in rows]


def _fulfillments(keys: List[int], using: str) -> Iterable[dict]:
    return (
        Fulfillment.objects.using(using)
        .filter(order_id__in=keys)
        .order_by("fulfillment_order")
        .values(
            "status",
            "tracking_number",
            ref=F("pk"),
            order_ref=F("order_id"),
            position=F("fulfillment_order"),
            created_at=F("created"),
        )
    )


def _pieces(keys: List[int], using: str) -> Iterable[dict]:
    return (
        FulfillmentLine.objects.using(using)
        .filter(fulfillment__order_id__in=keys)
        .order_by("pk")
        .values(
            "quantity",
            ref=F("pk"),
            fulfillment_ref=F("fulfillment_id"),
            line_ref=F("order_line_id"),
            origin_country=F("stock__warehouse__address__country"),
        )
    )


def _events(keys: List[int], using: str) -> Iterable[dict]:
    return (
        OrderEvent.objects.using(using)
        .filter(order_id__in=keys, type__in=PAID_EVENTS + CONFIRMED_EVENTS)
        .order_by("date")
        .values("type", "date", order_ref=F("order_id"))
    )


def _money_of(keys: List[int], using: str) -> tuple[Dict[str, Decimal], Dict[str, Decimal]]:
    held = (
        Payment.objects.using(using)
        .filter(order_id__in=keys)
        .order_by()
        .values_list("order_id")
        .annotate(Sum("captured_amount"))
    )
    given_back = (
        Transaction.objects.using(using)
        .filter(payment__order_id__in=keys, kind=TransactionKind.REFUND, is_success=True)
        .order_by()
        .values_list("payment__order_id")
        .annotate(Sum("amount"))
    )
    refunded = {str(key): amount for key, amount in given_back}
    # Saleor lowers the captured amount of a payment by what was refunded.
    captured = {str(key): amount + refunded.get(str(key), Decimal(0)) for key, amount in held}
    return captured, refunded


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
    key = int(fulfillment_ref) if fulfillment_ref.isdigit() else 0
    order_key = Fulfillment.objects.filter(pk=key).values_list("order_id", flat=True).first()
    return str(order_key) if order_key else None


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
