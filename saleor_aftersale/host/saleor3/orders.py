"""Orders of Saleor 3.x."""

from __future__ import annotations

import inspect
from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence
from uuid import UUID

from django.contrib.sites.models import Site
from django.db.models import F, Sum
from saleor.account.models import User
from saleor.app.models import App
from saleor.order import FulfillmentLineData, FulfillmentStatus
from saleor.order.actions import create_fulfillments_for_returned_products
from saleor.order.models import Fulfillment, FulfillmentLine, Order, OrderEvent, OrderLine
from saleor.payment import TransactionKind
from saleor.payment.models import Payment, Transaction, TransactionItem
from saleor.plugins.manager import get_plugins_manager
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


def load_orders(order_refs: Iterable[str], *, using: str) -> Dict[str, values.Order]:
    """See ``ports.Orders.load_orders``."""
    orders = list(
        Order.objects.using(using)
        .filter(pk__in=_uuids(order_refs))
        .exclude(status="draft")
        .order_by()
        .values(
            "status",
            "shipping_method_name",
            "number",
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
            placed_at=F("created_at"),
            total_amount=F("total_gross_amount"),
            shipping_amount=F("shipping_price_gross_amount"),
        )
        .annotate(channel_slug=F("channel__slug"))
    )
    for row in orders:
        row["channel"] = row["channel_slug"]
        row["email"] = row["guest_email"] or row["account_email"] or ""
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


def _lines(keys: List[UUID], using: str) -> Iterable[dict]:
    return (
        OrderLine.objects.using(using)
        .filter(order_id__in=keys)
        .order_by("created_at", "pk")
        .values(
            "product_name",
            "variant_name",
            "quantity",
            "quantity_fulfilled",
            ref=F("pk"),
            order_ref=F("order_id"),
            sku=F("product_sku"),
            total_amount=F("total_price_gross_amount"),
        )
    )


def _fulfillments(keys: List[UUID], using: str) -> Iterable[dict]:
    return (
        Fulfillment.objects.using(using)
        .filter(order_id__in=keys)
        .order_by("fulfillment_order")
        .values(
            "status",
            "tracking_number",
            "created_at",
            ref=F("pk"),
            order_ref=F("order_id"),
            position=F("fulfillment_order"),
        )
    )


def _pieces(keys: List[UUID], using: str) -> Iterable[dict]:
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


def _events(keys: List[UUID], using: str) -> Iterable[dict]:
    return (
        OrderEvent.objects.using(using)
        .filter(order_id__in=keys, type__in=PAID_EVENTS + CONFIRMED_EVENTS)
        .order_by("date")
        .values("type", "date", order_ref=F("order_id"))
    )


def _money_of(keys: List[UUID], using: str) -> tuple[Dict[str, Decimal], Dict[str, Decimal]]:
    """
    Money taken and given back, over old payments and transactions alike.

    Both lower what they hold by what was refunded, so that is added to what was taken.
    A refund still pending counts as neither: it is not there to be refunded again.
    """
    captured: Dict[str, Decimal] = defaultdict(Decimal)
    refunded: Dict[str, Decimal] = defaultdict(Decimal)
    payments = Payment.objects.using(using).filter(order_id__in=keys).order_by()
    for key, amount in payments.values_list("order_id").annotate(Sum("captured_amount")):
        captured[str(key)] += amount
    given_back = (
        Transaction.objects.using(using)
        .filter(payment__order_id__in=keys, kind=TransactionKind.REFUND, is_success=True)
        .order_by()
        .values_list("payment__order_id")
        .annotate(Sum("amount"))
    )
    items = (
        TransactionItem.objects.using(using)
        .filter(order_id__in=keys)
        .order_by()
        .values_list("order_id")
        .annotate(Sum("charged_value"), Sum("refunded_value"))
    )
    for key, charged, amount in items:
        captured[str(key)] += charged + amount
        refunded[str(key)] += amount
    for key, amount in given_back:
        captured[str(key)] += amount
        refunded[str(key)] += amount
    return captured, refunded


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
    key = int(fulfillment_ref) if fulfillment_ref.isdigit() else 0
    order_key = Fulfillment.objects.filter(pk=key).values_list("order_id", flat=True).first()
    return str(order_key) if order_key else None


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
        "order_lines": [],
        "fulfillment_lines": [
            row for line in lines for row in rows_for(order, line.line_ref, line.quantity)
        ],
        "manager": get_plugins_manager(allow_replica=False),
    }
    create_fulfillments_for_returned_products(
        **arguments, **site_settings(create_fulfillments_for_returned_products)
    )


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
