"""Builds ``values.Order`` from plain rows: the part of reading orders both hosts share."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from typing import Any, Callable, Dict, Iterable, List, Mapping, Tuple

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
_PAID = ("order_marked_as_paid", "order_fully_paid")
_CONFIRMED = "confirmed"
MOMENTS = (*_PAID, _CONFIRMED)

_FULFILLMENT_STATUS = {status.value: status for status in FulfillmentStatus}
_FULFILLMENT_STATUS["refunded_and_returned"] = FulfillmentStatus.RETURNED


def build_orders(
    orders: Iterable[Row],
    *,
    lines: Iterable[Row],
    pieces: Iterable[Row],
    money: Iterable[Row],
    moments: Iterable[Row],
) -> Dict[str, Order]:
    """
    Orders by ref, from rows with the same keys on every host.

    Args:
        lines: with ``order_ref``.
        pieces: a row for every line of a fulfillment, in the order of the fulfillments; an
            empty one has a single row whose piece is null.
        money: with ``order_ref``, and what is ``held`` or was ``given_back`` or both; the host
            lowers the one by the other.
        moments: ``order_ref``, ``type`` of ``MOMENTS`` and ``date`` of events, oldest first.
    """
    held, given_back = _summed(money, "held"), _summed(money, "given_back")
    first = _first_moments(moments)
    by_order = _grouped(lines, "order_ref")
    contents = _grouped(pieces, "order_ref")
    result = {}
    for row in orders:
        ref, currency = str(row["ref"]), row["currency"]

        def priced(amount: Decimal, currency: str = currency) -> Money:
            return Money(amount, currency)

        status = OrderStatus(row["status"])
        confirmed_at = first.get((ref, _CONFIRMED), row["placed_at"])
        paid = [first[ref, kind] for kind in _PAID if (ref, kind) in first]
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
            total=priced(row["total_amount"]),
            shipping=priced(row["shipping_amount"]),
            captured=priced(held[ref] + given_back[ref]),
            refunded=priced(given_back[ref]),
            shipping_method=row["shipping_method_name"] or "",
            company_name=(row["company_name"] or "").strip(),
            confirmed_at=None if status is OrderStatus.UNCONFIRMED else confirmed_at,
            paid_at=next(iter(paid), None),
            lines=tuple(_line(line, priced) for line in by_order[ref]),
            fulfillments=tuple(
                _fulfillment(parcel) for parcel in _grouped(contents[ref], "ref").values()
            ),
        )
    return result


def _first_moments(events: Iterable[Row]) -> Dict[Tuple[str, str], datetime]:
    """When each order had its first event of each type."""
    first: Dict[Tuple[str, str], datetime] = {}
    for event in events:
        first.setdefault((str(event["order_ref"]), event["type"]), event["date"])
    return first


def _summed(money: Iterable[Row], name: str) -> Dict[str, Decimal]:
    sums: Dict[str, Decimal] = defaultdict(Decimal)
    for row in money:
        sums[str(row["order_ref"])] += row.get(name) or 0
    return sums


def _name(row: Row) -> str:
    return f"{row['first_name'] or ''} {row['last_name'] or ''}".strip()


def _grouped(rows: Iterable[Row], key: str) -> Dict[str, List[Row]]:
    groups: Dict[str, List[Row]] = defaultdict(list)
    for row in rows:
        groups[str(row[key])].append(row)
    return groups


def _line_total(row: Row) -> Decimal:
    """What was paid for the line, where the host doesn't keep it: its price times its pieces."""
    if "total_amount" in row:
        return row["total_amount"]
    return row["unit_amount"] * row["quantity"]


def _line(row: Row, priced: Callable[[Decimal], Money]) -> OrderLine:
    return OrderLine(
        ref=str(row["ref"]),
        product_name=row["product_name"],
        # Saleor writes the SKU where a variant has no name of its own: nothing for customers.
        variant_name="" if row["variant_name"] == row["sku"] else row["variant_name"],
        sku=row["sku"] or "",
        quantity=row["quantity"],
        quantity_fulfilled=row["quantity_fulfilled"],
        total=priced(_line_total(row)),
    )


def _fulfillment(rows: List[Row]) -> Fulfillment:
    first = rows[0]
    status = _FULFILLMENT_STATUS[first["status"]]
    pieces = [row for row in rows if row["piece_ref"] is not None and not _was_unsent(row, status)]
    return Fulfillment(
        ref=str(first["ref"]),
        position=first["position"],
        status=status,
        tracking_number=first["tracking_number"],
        created_at=first["created_at"],
        lines=tuple(
            FulfillmentLine(str(piece["piece_ref"]), str(piece["line_ref"]), piece["quantity"])
            for piece in pieces
        ),
    )


def _was_unsent(piece: Row, status: FulfillmentStatus) -> bool:
    """
    Whether Saleor 3.x wrote a piece down as fulfilled because it was refunded before it was sent:
    it left no stock. What was sent takes its stock along.
    """
    return status is FulfillmentStatus.REFUNDED and piece["stock_ref"] is None
