"""Products in order lines of Saleor 2.10.1."""

from __future__ import annotations

from typing import Dict, Iterable, List

from django.db.models import F
from saleor.order.models import Order, OrderLine
from saleor.product.models import Category, Collection

from ... import values
from ..build_products import LINE_COLUMNS, build_products
from .orders import CHANNEL

__all__ = ["load_products", "newest_orders"]


def load_products(line_refs: Iterable[str], *, using: str) -> Dict[str, values.Product]:
    """See ``ports.Products.load_products``."""
    columns = {name: F(path) for name, path in LINE_COLUMNS.items()}
    lines = list(
        OrderLine.objects.using(using)
        .filter(pk__in=[int(ref) for ref in line_refs], variant__isnull=False)
        .order_by()
        .values(ref=F("pk"), **columns)
    )
    trees = {row["tree_ref"] for row in lines} - {None}
    keys = {row["product_ref"] for row in lines}
    return build_products(
        lines,
        categories=Category.objects.using(using)
        .filter(tree_id__in=trees)
        .order_by()
        .values("pk", "parent_id", "name", "slug"),
        collections=Collection.objects.using(using)
        .filter(products__in=keys)
        .order_by()
        .values("name", "slug", product_ref=F("products")),
    )


def newest_orders(channel: str, *, limit: int, using: str) -> List[str]:
    """See ``ports.Products.newest_orders``."""
    if channel != CHANNEL:
        return []
    rows = Order.objects.using(using).exclude(status="draft").order_by("-created", "-pk")
    return [str(key) for key in rows.values_list("pk", flat=True)[:limit]]
