"""Products in order lines of Saleor 3.x, and what else the shop sells."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from saleor.channel.models import Channel
from saleor.order.models import Order, OrderLine
from saleor.product.models import (
    Category,
    Collection,
    CollectionProduct,
    Product,
    ProductChannelListing,
    ProductTranslation,
    ProductVariant,
    ProductVariantChannelListing,
)
from saleor.warehouse.models import Stock

from ... import values
from ..build_products import LINE_COLUMNS, SHOWN_COLUMNS, build_products, shop_products

__all__ = ["load_products", "newest_orders", "related_products"]


def load_products(line_refs: Iterable[str], *, using: str) -> Dict[str, values.Product]:
    """See ``ports.Products.load_products``."""
    columns = {name: F(path) for name, path in LINE_COLUMNS.items()}
    lines = list(
        OrderLine.objects.using(using)
        .filter(pk__in=[UUID(ref) for ref in line_refs], variant__isnull=False)
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
    rows = Order.objects.using(using).filter(channel__slug=channel).exclude(status="draft")
    return [
        str(key)
        for key in rows.order_by("-created_at", "-number").values_list("pk", flat=True)[:limit]
    ]


def related_products(line_refs: Iterable[str], wish: values.Wish) -> List[values.ShopProduct]:
    """See ``ports.Products.related_products``."""
    channels = Channel.objects.using(wish.using).select_related("tax_configuration")
    channel = channels.filter(slug=wish.channel, is_active=True).first()
    if channel is None:
        return []
    lines = OrderLine.objects.using(wish.using).filter(pk__in=[UUID(ref) for ref in line_refs])
    sources = list(lines.values_list("variant__product_id", "variant__product__category_id"))
    listing = _listings(channel, wish.using).filter(product_id=OuterRef("pk"))
    names = ProductTranslation.objects.using(wish.using).filter(
        product_id=OuterRef("pk"), language_code=wish.language
    )
    found = (
        _like(sources, wish.using)
        .filter(Exists(listing), Exists(_sold(channel, wish)))
        .annotate(
            translated_name=Subquery(names.values("name")[:1]),
            amount=Subquery(listing.values("discounted_price_amount")[:1]),
            currency=Subquery(listing.values("currency")[:1]),
        )
        .order_by("-is_same_category", "-pk")
        .values(*SHOWN_COLUMNS)[: wish.limit]
    )
    taxes = getattr(channel, "tax_configuration", None)
    return shop_products(found, has_prices=bool(taxes and taxes.prices_entered_with_tax))


def _like(sources: List[Any], using: str) -> QuerySet[Product]:
    """Products in a category or collection of others; says which share the category."""
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
    products = Product.objects.using(using).exclude(pk__in=keys)
    return products.annotate(is_same_category=Exists(same_category)).filter(
        Q(is_same_category=True) | Q(Exists(beside))
    )


def _listings(channel: Channel, using: str) -> QuerySet[ProductChannelListing]:
    """Where a product is shown and can be bought in the channel."""
    now = timezone.now()
    return ProductChannelListing.objects.using(using).filter(
        Q(published_at__lte=now) | Q(published_at=None),
        channel_id=channel.pk,
        is_published=True,
        visible_in_listings=True,
        available_for_purchase_at__lte=now,
    )


def _sold(channel: Channel, wish: values.Wish) -> QuerySet[ProductVariant]:
    """Variants of a product that have a price and are in stock, of a product not known yet."""
    priced = ProductVariantChannelListing.objects.using(wish.using).filter(
        variant_id=OuterRef("pk"), channel_id=channel.pk, price_amount__isnull=False
    )
    shelves = Stock.objects.using(wish.using).filter(
        product_variant_id=OuterRef("pk"),
        quantity__gt=F("quantity_allocated"),
        warehouse__channels=channel.pk,
        warehouse__shipping_zones__channels=channel.pk,
        warehouse__shipping_zones__countries__contains=wish.country,
    )
    bought = OrderLine.objects.using(wish.using).filter(
        order_id__in=[UUID(ref) for ref in wish.bought_in],
        variant__product_id=OuterRef("product_id"),
    )
    return ProductVariant.objects.using(wish.using).filter(
        Exists(priced),
        Q(track_inventory=False) | Q(Exists(shelves)),
        ~Exists(bought),
        product_id=OuterRef("pk"),
    )
