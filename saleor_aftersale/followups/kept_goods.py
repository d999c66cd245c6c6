"""What customers kept of an order, and what else the shop has for them: read for mails."""

from __future__ import annotations

from decimal import Decimal
from typing import Dict, List, NamedTuple, Optional, Sequence
from urllib.parse import quote

from babel.numbers import format_currency

from ..config import Settings
from ..host import orders, products
from ..returns import legal, shop_rules
from ..returns import queries as return_queries
from ..tracking import queries as tracking_queries
from ..tracking.models import OrderRecord
from ..values import Product, ShopProduct, Wish
from .kinds import Context

#: Goods suggested in one mail.
MOST_SUGGESTIONS = 4

#: Older orders of the same customer aren't looked through.
MOST_ORDERS = 200


class KeptLine(NamedTuple):
    """Pieces of one order line that the customer kept."""

    line_ref: str
    name: str
    quantity: int
    #: Paid for one piece.
    price: Decimal
    #: None once the shop has deleted it.
    product: Optional[Product]

    def words(self) -> Context:
        """As lists of goods in mails show it."""
        return {"product_name": self.name, "quantity": self.quantity}


def kept_lines(record: OrderRecord) -> List[KeptLine]:
    """
    What was delivered of an order and isn't, nor may be, on its way back.

    A fixed number of queries; empty when the shop has no such order any more.
    """
    order = orders.load_orders([record.order_ref], using="default").get(record.order_ref)
    if order is None:
        return []
    parcels = tracking_queries.parcels_by_order([order])[order.ref]
    requests = return_queries.requests_by_order([order.ref])[order.ref]
    kept = return_queries.kept_pieces(order, parcels, requests)
    lines = [line for line in order.lines if kept[line.ref]]
    known = products.load_products([line.ref for line in lines], using="default")
    return [
        KeptLine(
            line.ref,
            tracking_queries.product_name_of(line.product_name, line.variant_name),
            kept[line.ref],
            line.total.amount / line.quantity,
            known.get(line.ref),
        )
        for line in lines
    ]


def guarantee_months(line: KeptLine, record: OrderRecord, settings: Settings) -> int:
    """How long the shop answers for those goods, by its own word and the law's floor."""
    where = shop_rules.Where(line.product, record.country, line.price)
    wished = shop_rules.terms_of(where, settings.return_rules).guarantee_months
    return legal.applied("guarantee.period_months", record.country, wished, settings.legal_profiles)


def product_url(slug: str, settings: Settings) -> str:
    """The product's page in the shop; empty where the merchant hasn't said where they are."""
    return settings.product_page_url.replace("{slug}", quote(slug)) if slug else ""


def suggestions(
    record: OrderRecord, kept: Sequence[KeptLine], settings: Settings, language: str
) -> List[Context]:
    """What else the shop has that goes with the goods and that this customer hasn't bought."""
    if not kept or not settings.product_page_url:
        return []
    wish = Wish(
        channel=record.channel,
        country=record.country,
        language=language,
        bought_in=tuple(_orders_of(record)),
        limit=MOST_SUGGESTIONS,
        using="default",
    )
    found = products.related_products([line.line_ref for line in kept], wish)
    return [_suggestion(product, settings, language) for product in found]


def _orders_of(record: OrderRecord) -> Dict[str, None]:
    """Refs of the customer's orders, this one among them."""
    rows = OrderRecord.objects.filter(customer_email=record.customer_email)
    if not record.customer_email:
        rows = rows.none()
    newest = rows.order_by("-placed_at").values_list("order_ref", flat=True)[:MOST_ORDERS]
    return dict.fromkeys([record.order_ref, *newest])


def _suggestion(product: ShopProduct, settings: Settings, language: str) -> Context:
    price = product.price
    return {
        "name": product.name,
        "url": product_url(product.slug, settings),
        "price_text": format_currency(price.amount, price.currency, locale=language)
        if price
        else "",
    }
