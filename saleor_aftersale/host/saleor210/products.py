"""Products in order lines of Saleor 2.10.1, and what else the shop sells."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List

from django.contrib.sites.models import Site
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from saleor.order.models import Order, OrderLine
from saleor.product.models import (
    Category,
    Collection,
    CollectionProduct,
    Product,
    ProductTranslation,
    ProductVariant,
)
from saleor.warehouse.models import Stock, Warehouse

from ... import values
from ..build_products import LINE_COLUMNS, SHOWN_COLUMNS, build_products, shop_products
from .orders import CHANNEL

__all__ = ["load_products", "newest_orders", "related_products"]


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


def related_products(line_refs: Iterable[str], wish: values.Wish) -> List[values.ShopProduct]:
    """See ``ports.Products.related_products``."""
    if wish.channel != CHANNEL:
        return []
    lines = OrderLine.objects.using(wish.using).filter(pk__in=[int(ref) for ref in line_refs])
    sources = list(lines.values_list("variant__product_id", "variant__product__category_id"))
    names = ProductTranslation.objects.using(wish.using).filter(
        product_id=OuterRef("pk"), language_code=wish.language
    )
    found = (
        _like(sources, wish.using)
        .annotate(is_sold=Exists(_sold(wish)))
        .filter(is_sold=True)
        .annotate(
            translated_name=Subquery(names.values("name")[:1]),
            amount=F("minimal_variant_price_amount"),
        )
        .order_by("-is_same_category", "-pk")
        .values(*SHOWN_COLUMNS)[: wish.limit]
    )
    return shop_products(
        found, has_prices=Site.objects.get_current().settings.include_taxes_in_prices
    )


def _like(sources: List[Any], using: str) -> QuerySet[Product]:
    """Published products in a category or collection of others; says which share the category."""
    keys = {key for key, _category in sources} - {None}
    # No category has the key 0: a condition that can't hold is left out of the statement, and
    # what it is sorted by with it.
    categories = {category for _key, category in sources} - {None} or {0}
    shared = CollectionProduct.objects.using(using).filter(product_id__in=keys)
    beside = CollectionProduct.objects.using(using).filter(
        product_id=OuterRef("pk"), collection_id__in=shared.values("collection_id")
    )
    same_category = Category.objects.using(using).filter(
        pk=OuterRef("category_id"), pk__in=categories
    )
    return (
        Product.objects.using(using)
        .published()
        .exclude(pk__in=keys)
        .annotate(is_same_category=Exists(same_category), is_beside=Exists(beside))
        .filter(Q(is_same_category=True) | Q(is_beside=True))
    )


def _sold(wish: values.Wish) -> QuerySet[ProductVariant]:
    """Variants of a product that are in stock, of a product not known yet."""
    warehouses = Warehouse.objects.using(wish.using).filter(
        shipping_zones__countries__contains=wish.country
    )
    shelves = (
        Stock.objects.using(wish.using)
        .filter(product_variant_id=OuterRef("pk"), warehouse_id__in=warehouses.values("pk"))
        .annotate(allocated=Coalesce(Sum("allocations__quantity_allocated"), 0))
        .filter(quantity__gt=F("allocated"))
    )
    bought = OrderLine.objects.using(wish.using).filter(
        order_id__in=[int(ref) for ref in wish.bought_in],
        variant__product_id=OuterRef("product_id"),
    )
    return (
        ProductVariant.objects.using(wish.using)
        .filter(product_id=OuterRef("pk"))
        .annotate(is_there=Exists(shelves), is_known=Exists(bought))
        .filter(Q(track_inventory=False) | Q(is_there=True), is_known=False)
    )
