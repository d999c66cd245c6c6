"""What we read of the products in order lines."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from saleor.product.models import Category, Collection

from saleor_aftersale.host import products
from saleor_aftersale.values import Product
from tests import factories
from tests.factories import CHANNEL, IS_3

pytestmark = pytest.mark.django_db


def load(*orders):
    refs = [str(line.pk) for order in orders for line in order.lines.all()]
    return products.load_products(refs, using="default")


def test_product_is_read_with_its_type_categories_collections_and_metadata():
    order = factories.make_order(lines={"Lace  Body": 1})
    line = order.lines.get()
    product = line.variant.product
    women = Category.objects.create(name="Women", slug="women-1")
    shelf = Category.objects.create(name="Lingerie", slug="lingerie-1", parent=women)
    Category.objects.create(name="Shoes", slug="shoes-1", parent=women)
    Collection.objects.create(name="Sale", slug="sale-1").products.add(product)
    Collection.objects.create(name="Winter", slug="winter-1")
    kind = product.product_type
    kind.metadata = {"aftersale.exception": "B", "aftersale.warranty_months": "12", "colour": "red"}
    kind.save()
    product.category = shelf
    product.metadata = {"aftersale.exception": "E", "secret": "x"}
    product.save()

    found = load(order)

    assert found == {
        str(line.pk): Product(
            ref=str(product.pk),
            names=frozenset({"lace body", product.slug}),
            types=frozenset({"kind", kind.slug}),
            categories=frozenset({"lingerie", "lingerie-1", "women", "women-1"}),
            collections=frozenset({"sale", "sale-1"}),
            metadata={"aftersale.exception": "E", "aftersale.warranty_months": "12"},
            slug=product.slug,
        )
    }


def test_product_without_category_is_in_none():
    order = factories.make_order()
    product = order.lines.get().variant.product
    product.category = None
    product.save()

    (found,) = load(order).values()

    assert (found.categories, found.collections, found.metadata) == (frozenset(), frozenset(), {})


def test_line_whose_product_is_gone_is_missing():
    order = factories.make_order(lines={"Kettle": 1, "Cup": 1})
    kept, gone = order.lines.order_by("pk")
    gone.variant.product.delete()

    assert list(load(order)) == [str(kept.pk)]


def test_number_of_queries_is_the_same_when_there_are_more_lines():
    def queries_for(orders):
        with CaptureQueriesContext(connection) as captured:
            found = load(*orders)
        return len(found), len(captured)

    orders = [factories.make_order(lines={"Kettle": 1, "Cup": 1}) for _ in range(3)]
    for order in orders:
        list(order.lines.all())
    few, many = queries_for(orders[:1]), queries_for(orders)

    # Two more orders are asked for their lines by the test itself.
    assert (few[0], many[0]) == (2, 6)
    assert few[1] - 1 == many[1] - 3 == 3


def test_newest_orders_come_first_and_no_drafts():
    first, draft, last = (factories.make_order() for _ in range(3))
    draft.status = "draft"
    draft.save()

    found = products.newest_orders(CHANNEL, limit=5, using="default")

    assert found == [str(last.pk), str(first.pk)]
    assert products.newest_orders(CHANNEL, limit=1, using="default") == [str(last.pk)]


def test_no_order_of_another_channel_is_listed():
    factories.make_order()
    if IS_3:
        factories.make_order(channel="other")

    assert len(products.newest_orders(CHANNEL, limit=5, using="default")) == 1
    assert products.newest_orders("nowhere", limit=5, using="default") == []
