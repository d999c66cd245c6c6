"""Builds ``values.Product`` from plain rows: the part of reading products hosts share."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Dict, FrozenSet, Iterable, List, Mapping, Set

from ..values import Money, Product, ShopProduct, folded

Row = Mapping[str, Any]

#: Columns of an order line that tell of its product; joined, so that one query does.
LINE_COLUMNS = {
    "product_ref": "variant__product_id",
    "name": "variant__product__name",
    "slug": "variant__product__slug",
    "own_metadata": "variant__product__metadata",
    "type_name": "variant__product__product_type__name",
    "type_slug": "variant__product__product_type__slug",
    "type_metadata": "variant__product__product_type__metadata",
    "category_ref": "variant__product__category_id",
    "tree_ref": "variant__product__category__tree_id",
}

_OURS = "aftersale."

#: Columns of a product that customers can buy; the price depends on the host.
SHOWN_COLUMNS = ("pk", "name", "slug", "translated_name", "amount", "currency")


def build_products(
    lines: Iterable[Row], *, categories: Iterable[Row], collections: Iterable[Row]
) -> Dict[str, Product]:
    """
    Products by order line ref.

    Args:
        lines: ``ref`` and ``LINE_COLUMNS``.
        categories: ``pk``, ``parent_id``, ``name``, ``slug`` of whole trees.
        collections: ``product_ref``, ``name``, ``slug``.
    """
    tree = {row["pk"]: row for row in categories}
    groups: Dict[Any, Set[str]] = defaultdict(set)
    for row in collections:
        groups[row["product_ref"]] |= _names(row["name"], row["slug"])
    products: Dict[Any, Product] = {}
    found = {}
    for row in lines:
        key = row["product_ref"]
        if key not in products:
            products[key] = _product(row, tree, groups[key])
        found[str(row["ref"])] = products[key]
    return found


def _product(row: Row, tree: Mapping[Any, Row], groups: Iterable[str]) -> Product:
    return Product(
        ref=str(row["product_ref"]),
        names=_names(row["name"], row["slug"]),
        types=_names(row["type_name"], row["type_slug"]),
        categories=_with_those_above(row["category_ref"], tree),
        collections=frozenset(groups),
        metadata={**_ours(row["type_metadata"]), **_ours(row["own_metadata"])},
        slug=row["slug"],
    )


def shop_products(rows: Iterable[Row], *, has_prices: bool) -> List[ShopProduct]:
    """
    Products customers can buy, from rows of ``SHOWN_COLUMNS``.

    Args:
        has_prices: the shop's prices include tax; no others are shown to consumers.
    """
    return [
        ShopProduct(
            ref=str(row["pk"]),
            name=row["translated_name"] or row["name"],
            slug=row["slug"],
            price=Money(row["amount"], row["currency"])
            if has_prices and row["amount"] is not None
            else None,
        )
        for row in rows
    ]


def _names(*names: str) -> FrozenSet[str]:
    return frozenset(folded(name) for name in names)


def _with_those_above(key: Any, tree: Mapping[Any, Row]) -> FrozenSet[str]:
    names: FrozenSet[str] = frozenset()
    while key in tree:
        names |= _names(tree[key]["name"], tree[key]["slug"])
        key = tree[key]["parent_id"]
    return names


def _ours(metadata: Any) -> Dict[str, str]:
    return {key: str(value) for key, value in (metadata or {}).items() if key.startswith(_OURS)}
