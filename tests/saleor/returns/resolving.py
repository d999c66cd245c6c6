"""Requests brought up to their resolution, and what is for sale instead."""

from datetime import timedelta
from decimal import Decimal

from saleor.product.models import ProductVariant

from saleor_aftersale.returns import actions, resolution
from saleor_aftersale.returns.models import Refund, ReturnRequest
from saleor_aftersale.returns.resolution import Terms
from tests import factories
from tests.factories import IS_3, NOON, STAFF

NOW = NOON + timedelta(days=3)


def shelf(order):
    """Stock of the order's first line."""
    return order.lines.first().variant.stocks.get()


def ready(order, quantity=2, **finding):
    """An inspected request; accepted pieces go back on the shelf."""
    asked = {"basis": finding.pop("basis")} if "basis" in finding else {}
    place = {"disposition": "RESTOCK", "warehouse_ref": str(shelf(order).warehouse_id)}
    request = factories.inspected(factories.ask(order, quantity, **asked), **{**place, **finding})
    factories.commit()
    return request


def approved(order, quantity=2, **asked):
    """An approved request whose goods haven't come."""
    request = factories.ask(order, quantity, **asked)
    actions.approve_return(str(request.pk), STAFF, now=NOW)
    factories.commit()
    return request


def decide(request, kind="REFUND_ORIGINAL", *, without_goods=False, requester=STAFF, **terms):
    """Resolve, as staff do; no worker has seen what follows."""
    return resolution.resolve_return(
        str(request.pk),
        requester,
        resolution=kind,
        without_goods=without_goods,
        terms=Terms(**terms),
        now=NOW,
    )


def state_of(request):
    return ReturnRequest.objects.get(pk=request.pk).state


def refunds_of(request):
    """(means, amount, state) of each refund row."""
    rows = Refund.objects.filter(request=request).order_by("pk")
    return [(row.means, row.amount, row.state) for row in rows]


def sibling(order, price="99.00", name="Red"):
    """Another variant of the product in the order's first line."""
    product = order.lines.first().variant.product
    variant = ProductVariant.objects.create(product=product, sku=f"SKU-{name}", name=name)
    return _listed(variant, price, factories.CHANNEL)


def for_sale(price, name="Teapot", *, channel=factories.CHANNEL):
    """A variant the shop sells for that price, as the API names it by its key."""
    variant, _stock = factories.make_variant(name)
    return _listed(variant, price, channel)


def _listed(variant, price, channel):
    if not IS_3:
        variant.product.price_amount = Decimal(price)
        variant.product.save()
        return variant
    variant.channel_listings.create(
        channel=factories.make_channel(channel),
        price_amount=Decimal(price),
        discounted_price_amount=Decimal(price),
        currency="EUR",
    )
    return variant
