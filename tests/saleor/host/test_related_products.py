"""What else the shop has for a customer: of its own catalogue, in stock, not bought yet."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.sites.models import Site
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from saleor.product.models import Category, Collection, ProductTranslation
from saleor.shipping.models import ShippingZone
from saleor.warehouse.models import Stock

from saleor_aftersale.host import products
from saleor_aftersale.values import Money, ShopProduct, Wish
from tests import factories
from tests.factories import CHANNEL, IS_3

pytestmark = pytest.mark.django_db

PRICE = Decimal("10.00")


@pytest.fixture
def shop():
    return Shop()


class Shop:
    """A shop with one category, whose goods are sent to Poland."""

    def __init__(self):
        self.channel = factories.make_channel()
        self.category = Category.objects.create(name="Tea", slug="tea")
        self.zone = ShippingZone.objects.create(name="Poland", countries=["PL"])
        self.warehouse = factories.make_warehouse()
        self.warehouse.shipping_zones.add(self.zone)
        if IS_3:
            self.channel.is_active = True
            self.channel.save()
            self.zone.channels.add(self.channel)
            self.warehouse.channels.add(self.channel)
            self.set_taxes(True)
        self.order = factories.make_order(lines={"Kettle": 1})
        self.put(self.bought, self.category)

    @property
    def bought(self):
        return self.order.lines.get().variant.product

    def put(self, product, category):
        product.category = category
        product.save()

    def make(self, name="Cup", *, category="same", stock=1):
        """A product on sale in the shop."""
        variant, shelf = factories.make_variant(name)
        Stock.objects.filter(pk=shelf.pk).update(warehouse=self.warehouse, quantity=stock)
        product = variant.product
        self.put(product, self.category if category == "same" else category)
        if IS_3:
            self.list(variant)
        else:
            type(product).objects.update(is_published=True, minimal_variant_price_amount=PRICE)
        return product

    def list(self, variant):
        facts = {"channel": self.channel, "currency": "EUR", "discounted_price_amount": PRICE}
        variant.product.channel_listings.create(
            is_published=True,
            visible_in_listings=True,
            available_for_purchase_at=timezone.now() - timedelta(days=1),
            **facts,
        )
        variant.channel_listings.create(price_amount=PRICE, **facts)

    def set_taxes(self, included):
        if not IS_3:
            site = Site.objects.get_current()
            site.settings.include_taxes_in_prices = included
            site.settings.save()
            return
        from saleor.tax.models import TaxConfiguration  # noqa: PLC0415 -- only on 3.x

        TaxConfiguration.objects.update_or_create(
            channel=self.channel, defaults={"prices_entered_with_tax": included}
        )

    def related(self, **wish):
        facts = {
            "channel": CHANNEL,
            "country": "PL",
            "language": "en",
            "bought_in": (str(self.order.pk),),
            "limit": 10,
            "using": "default",
            **wish,
        }
        refs = [str(line.pk) for line in self.order.lines.all()]
        return products.related_products(refs, Wish(**facts))

    def names(self, **wish):
        return [product.name for product in self.related(**wish)]


def test_product_of_the_same_category_is_found_with_price_and_slug(shop):
    cup = shop.make("Cup")

    price = Money(PRICE, "EUR" if IS_3 else cup.currency)
    assert shop.related() == [ShopProduct(str(cup.pk), "Cup", cup.slug, price)]


def test_product_of_the_same_collection_comes_after_those_of_the_category(shop):
    shop.make("Cup")
    shelf = Category.objects.create(name="Other", slug="other")
    spoon, stranger = shop.make("Spoon", category=shelf), shop.make("Lamp", category=shelf)
    gifts = Collection.objects.create(name="Gifts", slug="gifts")
    gifts.products.add(shop.bought, spoon)
    Collection.objects.create(name="Light", slug="light").products.add(stranger)

    assert shop.names() == ["Cup", "Spoon"]


def test_collection_is_enough_when_the_bought_product_has_no_category(shop):
    shop.put(shop.bought, None)
    spoon = shop.make("Spoon")
    shop.make("Lamp")
    Collection.objects.create(name="Gifts", slug="gifts").products.add(shop.bought, spoon)

    assert shop.names() == ["Spoon"]


def test_newest_come_first_and_no_more_than_wished(shop):
    for name in ("One", "Two", "Three"):
        shop.make(name)

    assert shop.names(limit=2) == ["Three", "Two"]


def test_what_was_bought_is_left_out_also_of_other_orders(shop):
    cup = shop.make("Cup")
    shop.make("Spoon")
    other = factories.make_order(lines={"Old": 1})
    line = other.lines.get()
    line.variant = cup.variants.get()
    line.save()

    known = (str(shop.order.pk), str(other.pk))

    assert shop.names(bought_in=known) == ["Spoon"]
    assert sorted(shop.names()) == ["Cup", "Spoon"]


def test_what_is_out_of_stock_is_left_out(shop):
    shop.make("Cup", stock=0)
    shop.make("Spoon")

    assert shop.names() == ["Spoon"]


def test_what_is_all_allocated_is_left_out(shop):
    cup = shop.make("Cup", stock=2)
    shelf = cup.variants.get().stocks.get()
    line = shop.order.lines.get()
    shelf.allocations.create(order_line=line, quantity_allocated=2)
    if IS_3:
        Stock.objects.filter(pk=shelf.pk).update(quantity_allocated=2)

    assert shop.names() == []


def test_what_needs_no_stock_is_found_without(shop):
    shop.make("Voucher", stock=0).variants.update(track_inventory=False)

    assert shop.names() == ["Voucher"]


def test_what_cannot_be_sent_there_is_left_out(shop):
    shop.make("Cup")

    assert shop.names(country="BG") == []
    assert shop.names(country="") == ["Cup"]


def test_what_is_not_published_is_left_out(shop):
    cup = shop.make("Cup")
    if IS_3:
        cup.channel_listings.update(is_published=False)
    else:
        type(cup).objects.filter(pk=cup.pk).update(is_published=False)

    assert shop.names() == []


@pytest.mark.skipif(not IS_3, reason="2.10.1 has no such columns")
@pytest.mark.parametrize(
    "column, value",
    [
        ("visible_in_listings", False),
        ("available_for_purchase_at", None),
        ("available_for_purchase_at", timezone.now() + timedelta(days=9)),
        ("published_at", timezone.now() + timedelta(days=9)),
    ],
)
def test_what_cannot_be_bought_yet_is_left_out(shop, column, value):
    shop.make("Cup").channel_listings.update(**{column: value})

    assert shop.names() == []


@pytest.mark.skipif(not IS_3, reason="2.10.1 has one price for all")
def test_what_has_no_price_in_the_channel_is_left_out(shop):
    shop.make("Cup").variants.get().channel_listings.update(price_amount=None)

    assert shop.names() == []


def test_other_channels_sell_nothing(shop):
    shop.make("Cup")
    if IS_3:
        other = factories.make_channel("other")
        other.is_active = True
        other.save()

    assert shop.names(channel="other") == []
    assert shop.names(channel="no-such-channel") == []


def test_no_price_is_shown_when_the_shops_are_without_tax(shop):
    shop.make("Cup")
    shop.set_taxes(False)

    assert [product.price for product in shop.related()] == [None]


def test_name_is_in_the_customers_language_where_there_is_one(shop):
    cup = shop.make("Cup")
    ProductTranslation.objects.create(product=cup, language_code="pl", name="Kubek")

    assert (shop.names(language="pl"), shop.names(language="bg")) == (["Kubek"], ["Cup"])


def test_nothing_is_related_to_goods_that_are_gone(shop):
    shop.make("Cup")
    shop.bought.delete()

    assert shop.names() == []


def test_number_of_queries_is_the_same_when_there_are_more_products(shop):
    counts = []
    # The host keeps its site in memory once it has read it.
    shop.related()
    for number in (1, 5):
        for _ in range(number):
            shop.make()
        list(shop.order.lines.all())
        with CaptureQueriesContext(connection) as captured:
            found = shop.related()
        counts.append((len(found), len(captured)))

    assert [found for found, _queries in counts] == [1, 6]
    # One of them asks for the lines of the order; 3.x has its channel to find.
    assert counts[0][1] == counts[1][1] == (4 if IS_3 else 3)
