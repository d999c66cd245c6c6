"""Reads orders by their keys from a host's tables: what all hosts share of it."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional

from django.db.models import QuerySet

from ..values import Order
from .build import MOMENTS, build_orders
from .rows import Reading, Trip

#: Columns that every host has, our name -> Saleor's: of an order, of its lines, of a
#: fulfillment with its lines.
_ORDER = {
    "ref": "pk",
    "status": "status",
    "currency": "currency",
    "guest_email": "user_email",
    "account_email": "user__email",
    "user_ref": "user_id",
    "first_name": "shipping_address__first_name",
    "last_name": "shipping_address__last_name",
    "language": "language_code",
    "country": "shipping_address__country",
    "company_name": "billing_address__company_name",
    "total_amount": "total_gross_amount",
    "shipping_amount": "shipping_price_gross_amount",
    "shipping_method_name": "shipping_method_name",
}
_LINE = {
    "ref": "pk",
    "product_name": "product_name",
    "variant_name": "variant_name",
    "sku": "product_sku",
    "quantity": "quantity",
    "quantity_fulfilled": "quantity_fulfilled",
}
_PIECES = {
    "ref": "pk",
    "position": "fulfillment_order",
    "status": "status",
    "tracking_number": "tracking_number",
    "piece_ref": "lines__pk",
    "line_ref": "lines__order_line_id",
    "quantity": "lines__quantity",
    "stock_ref": "lines__stock_id",
}


class Tables(NamedTuple):
    """A host's rows of orders and of what belongs to them."""

    orders: QuerySet
    #: As they stand in the order.
    lines: QuerySet
    fulfillments: QuerySet
    payments: QuerySet
    #: Refunds made; one still pending is no money to be refunded again, and not yet given.
    refunds: QuerySet
    events: QuerySet
    #: Saleor 3.x keeps money in these too.
    transactions: Optional[QuerySet] = None


class OrderReading:
    """
    The statements that tell orders.

    Money taken and given back: Saleor lowers the first by the second.
    """

    def __init__(
        self,
        tables: Tables,
        *,
        keys: type,
        order: Mapping[str, str],
        line: Mapping[str, str],
        created: str,
    ) -> None:
        """
        Args:
            keys: type of an order's key.
            order: the host's own columns of an order; ``line`` likewise of its lines.
            created: column of when a fulfillment was made.
        """

        def owned(
            rows: QuerySet, columns: Mapping[str, str], *, order_ref: str = "order_id"
        ) -> Reading:
            return Reading(
                lambda wanted: rows.filter(**{f"{order_ref}__in": wanted}),
                {"order_ref": order_ref, **columns},
                keys=keys,
            )

        placed = tables.orders.exclude(status="draft").order_by()
        self._orders = Reading(
            lambda wanted: placed.filter(pk__in=wanted), {**_ORDER, **order}, keys=keys
        )
        self._lines = owned(tables.lines, {**_LINE, **line})
        self._pieces = owned(
            tables.fulfillments.order_by("fulfillment_order", "lines__pk"),
            {**_PIECES, "created_at": created},
        )
        refunds = tables.refunds.order_by()
        self._money = [
            owned(tables.payments.order_by(), {"held": "captured_amount"}),
            owned(refunds, {"given_back": "amount"}, order_ref="payment__order_id"),
        ]
        if tables.transactions is not None:
            columns = {"held": "charged_value", "given_back": "refunded_value"}
            self._money.append(owned(tables.transactions.order_by(), columns))
        moments = tables.events.filter(type__in=MOMENTS).order_by("date")
        self._moments = owned(moments, {"type": "type", "date": "date"})

    def ask(
        self, keys: List[Any], trip: Trip, complete: Callable[[Dict[str, Any]], None]
    ) -> Callable[[], Dict[str, Order]]:
        """
        What gives the orders by ref.

        Args:
            complete: puts into an order's row what ``build_orders`` wants besides its columns.
        """
        orders = self._orders.ask(keys, trip)
        lines, pieces = self._lines.ask(keys, trip), self._pieces.ask(keys, trip)
        money = [reading.ask(keys, trip) for reading in self._money]
        moments = self._moments.ask(keys, trip)

        def told() -> Dict[str, Order]:
            found = orders()
            for row in found:
                complete(row)
            return build_orders(
                found,
                lines=lines(),
                pieces=pieces(),
                money=[row for rows in money for row in rows()],
                moments=moments(),
            )

        return told
