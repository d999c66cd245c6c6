"""Builds ``values.Order`` from plain rows: the part of reading orders both hosts share."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any, Callable, Dict, Iterable, List, Mapping

from babel.numbers import get_currency_precision

from ..values import (
    Fulfillment,
    FulfillmentLine,
    FulfillmentStatus,
    Money,
    Order,
    OrderLine,
    OrderStatus,
)

Row = Mapping[str, Any]

#: Saleor's event types that tell when an order was paid or confirmed.
PAID_EVENTS = ("order_marked_as_paid", "order_fully_paid")
CONFIRMED_EVENTS = ("confirmed",)

_FULFILLMENT_STATUS = {status.value: status for status in FulfillmentStatus}
_FULFILLMENT_STATUS["refunded_and_returned"] = FulfillmentStatus.RETURNED


def build_orders(
    orders: Iterable[Row],
    *,
    lines: Iterable[Row],
    fulfillments: Iterable[Row],
    pieces: Iterable[Row],
    events: Iterable[Row],
    captured: Mapping[str, Decimal],
    refunded: Mapping[str, Decimal],
) -> Dict[str, Order]:
    """
    Orders by ref, from rows with the same keys on every host.

    Args:
        lines: with ``order_ref``.
        fulfillments: with ``order_ref``, in their order.
        pieces: fulfillment lines with ``fulfillment_ref``.
        events: ``order_ref``, ``type``, ``date``, oldest first.
        captured: money taken by order ref; ``refunded`` likewise.
    """
    by_order = _grouped(lines, "order_ref")
    parcels = _grouped(fulfillments, "order_ref")
    contents = _grouped(pieces, "fulfillment_ref")
    happened = _grouped(events, "order_ref")
    result = {}
    for row in orders:
        ref, currency = str(row["ref"]), row["currency"]

        def money(amount: Decimal, currency: str = currency) -> Money:
            return Money(amount, currency)

        moments = {event["type"]: event["date"] for event in reversed(happened[ref])}
        status = OrderStatus(row["status"])
        confirmed_at = _first(moments, CONFIRMED_EVENTS) or row["placed_at"]
        result[ref] = Order(
            ref=ref,
            number=str(row["number"]),
            channel=row["channel"],
            status=status,
            currency=currency,
            minor_units=get_currency_precision(currency),
            email=row["email"].strip().lower(),
            customer_name=_name(row),
            user_ref=str(row["user_ref"] or ""),
            language=row["language"],
            country=str(row["country"] or ""),
            placed_at=row["placed_at"],
            total=money(row["total_amount"]),
            shipping=money(row["shipping_amount"]),
            captured=money(captured.get(ref, Decimal(0))),
            refunded=money(refunded.get(ref, Decimal(0))),
            shipping_method=row["shipping_method_name"] or "",
            company_name=(row["company_name"] or "").strip(),
            confirmed_at=None if status is OrderStatus.UNCONFIRMED else confirmed_at,
            paid_at=_first(moments, PAID_EVENTS),
            lines=tuple(_line(line, money) for line in by_order[ref]),
            fulfillments=tuple(_fulfillment(item, contents) for item in parcels[ref]),
        )
    return result


def _name(row: Row) -> str:
    return f"{row['first_name'] or ''} {row['last_name'] or ''}".strip()


def _grouped(rows: Iterable[Row], key: str) -> Dict[str, List[Row]]:
    groups: Dict[str, List[Row]] = defaultdict(list)
    for row in rows:
        groups[str(row[key])].append(row)
    return groups


def _first(moments: Mapping[str, Any], types: Iterable[str]) -> Any:
    return next((moments[name] for name in types if name in moments), None)


def _line(row: Row, money: Callable[[Decimal], Money]) -> OrderLine:
    return OrderLine(
        ref=str(row["ref"]),
        product_name=row["product_name"],
        # Saleor writes the SKU where a variant has no name of its own: nothing for customers.
        variant_name="" if row["variant_name"] == row["sku"] else row["variant_name"],
        sku=row["sku"] or "",
        quantity=row["quantity"],
        quantity_fulfilled=row["quantity_fulfilled"],
        total=money(row["total_amount"]),
    )


def _fulfillment(row: Row, contents: Mapping[str, List[Row]]) -> Fulfillment:
    pieces = contents[str(row["ref"])]
    origins = (str(piece["origin_country"] or "") for piece in pieces)
    return Fulfillment(
        ref=str(row["ref"]),
        position=row["position"],
        status=_FULFILLMENT_STATUS[row["status"]],
        tracking_number=row["tracking_number"],
        created_at=row["created_at"],
        lines=tuple(
            FulfillmentLine(str(piece["ref"]), str(piece["line_ref"]), piece["quantity"])
            for piece in pieces
        ),
        origin_country=next(filter(None, origins), ""),
    )
