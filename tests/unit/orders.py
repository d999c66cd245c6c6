"""Builds ``values.Order`` with no surprise, for tests of rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from saleor_aftersale.values import Money, Order, OrderLine, OrderStatus

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=timezone.utc)


def hours(number: float) -> datetime:
    """That many hours after the order was placed."""
    return NOON + timedelta(hours=number)


def euros(amount: str) -> Money:
    """An amount in euros."""
    return Money(Decimal(amount), "EUR")


def make_line(ref: str = "1", *, quantity: int = 1, sent: int = 0, total: str = "10") -> OrderLine:
    """An order line; ``total`` is the price paid for all its pieces."""
    return OrderLine(
        ref=ref,
        product_name="Kettle",
        variant_name="",
        sku="",
        quantity=quantity,
        quantity_fulfilled=sent,
        total=euros(total),
    )


def make_order(**more: Any) -> Order:
    """One kettle for 10 euros and 5 euros of delivery: paid and confirmed, nothing sent."""
    order = Order(
        ref="7",
        number="1007",
        channel="default",
        status=OrderStatus.UNFULFILLED,
        currency="EUR",
        minor_units=2,
        email="anna@example.com",
        customer_name="Anna Nowak",
        user_ref="",
        language="pl",
        country="PL",
        placed_at=NOON,
        total=euros("15"),
        shipping=euros("5"),
        captured=euros("15"),
        refunded=euros("0"),
        confirmed_at=hours(2),
        paid_at=hours(1),
        lines=(make_line(),),
    )
    return replace(order, **more)
