"""Draft orders with goods in place of others, as each host makes them."""

from decimal import Decimal

import pytest
from saleor.order.models import Order

from saleor_aftersale.host import orders, replacements
from saleor_aftersale.values import AftersaleError, Money, NotFound, ReplacedLine
from tests import factories
from tests.factories import IS_3, STAFF
from tests.saleor.returns.resolving import for_sale, sibling

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

only_on_3 = pytest.mark.skipif(not IS_3, reason="2.10.1 keeps no such books")


@pytest.fixture
def order():
    """Three kettles for 10 euros each, two of them sent."""
    factories.activate()
    made = factories.make_order(lines={"Kettle": 3})
    factories.fulfill(made, {"Kettle": 2})
    return made


def line_of(order, quantity=1, **more):
    return ReplacedLine(str(order.lines.get().pk), quantity, **more)


def create(order, *lines, replaces=True, credit=None):
    amount = None if credit is None else Money(Decimal(credit), "EUR")
    return replacements.create_draft(
        str(order.pk), lines, STAFF, replaces=replaces, credit=amount, reason="R-2026-000001"
    )


def made(replacement):
    """Status, what its lines are, and what is left to pay for them."""
    draft = Order.objects.get(pk=replacement.order_ref)
    rows = draft.lines.order_by("pk")
    lines = [(row.product_name, row.quantity, row.unit_price_gross_amount) for row in rows]
    goods = sum((row.unit_price_gross_amount * row.quantity for row in rows), Decimal(0))
    taken_off = (
        sum((discount.amount_value for discount in draft.discounts.all()), Decimal(0))
        if IS_3
        else draft.discount_amount
    )
    return draft.status, lines, goods - taken_off


def drafts():
    return Order.objects.filter(status="draft").count()


def test_same_goods_again_cost_nothing(order):
    replacement = create(order, line_of(order, 2))

    assert replacement.price == Money(Decimal("20.000"), "EUR")
    assert made(replacement) == ("draft", [("Kettle", 2, Decimal("10.000"))], Decimal(0))


def test_draft_is_for_the_same_customer_and_address(order):
    draft = Order.objects.get(pk=create(order, line_of(order)).order_ref)

    assert draft.user_email == order.user_email
    assert draft.shipping_address.country == order.shipping_address.country
    assert draft.shipping_address.pk != order.shipping_address.pk or IS_3


def test_draft_is_no_order_of_ours_until_it_is_placed(order):
    replacement = create(order, line_of(order))

    assert orders.load_orders([replacement.order_ref], using="default") == {}


@pytest.mark.parametrize(
    ("credit", "left"), [("4.00", "6.00"), ("10.00", "0"), ("25.00", "0"), ("0", "10.00")]
)
def test_credit_pays_for_the_goods_up_to_their_price(order, credit, left):
    replacement = create(order, line_of(order), credit=credit)

    assert made(replacement)[2] == Decimal(left)
    assert replacement.price.amount == Decimal(10)


def test_other_goods_cost_what_the_shop_asks_today(order):
    teapot = for_sale("12.50")
    line = line_of(order, variant_ref=str(teapot.pk), has_own_price=True)

    replacement = create(order, line, credit="10.00")

    lines = [("Teapot", 1, Decimal("12.500"))]
    assert made(replacement) == ("draft", lines, Decimal("2.50"))


def test_variant_of_the_same_product_keeps_the_price_that_was_paid(order):
    line = line_of(order, variant_ref=str(sibling(order).pk))

    replacement = create(order, line)

    assert made(replacement) == ("draft", [("Kettle", 1, Decimal("10.000"))], Decimal(0))


def test_variant_of_another_product_is_refused_at_the_price_that_was_paid(order):
    line = line_of(order, variant_ref=str(for_sale("7.50").pk))

    with pytest.raises(AftersaleError) as caught:
        create(order, line)

    assert (caught.value.field, caught.value.code) == ("variant_id", "OTHER_PRODUCT")


@pytest.mark.parametrize("variant_ref", ["999999", "0", "abc", "-1"])
def test_missing_variant_is_refused(order, variant_ref):
    with pytest.raises(NotFound) as caught:
        create(order, line_of(order, variant_ref=variant_ref, has_own_price=True))

    assert caught.value.field == "variant_id"
    assert caught.value.message == "There is no such variant."


@only_on_3
@pytest.mark.parametrize("has_own_price", [True, False])
def test_variant_that_is_not_sold_in_the_channel_is_refused(order, has_own_price):
    product = order.lines.get().variant.product
    hidden = product.variants.create(sku="HIDDEN", name="Hidden")
    line = line_of(order, variant_ref=str(hidden.pk), has_own_price=has_own_price)

    with pytest.raises(NotFound) as caught:
        create(order, line)

    assert (caught.value.field, caught.value.message) == (
        "variant_id",
        "The variant isn't sold in this channel.",
    )


@only_on_3
def test_more_pieces_than_were_sent_are_refused(order):
    with pytest.raises(NotFound) as caught:
        create(order, line_of(order, 3))

    assert (caught.value.field, drafts()) == ("lines", 0)


def test_line_of_another_order_is_refused(order):
    other = factories.make_order()
    factories.fulfill(other)

    with pytest.raises(NotFound) as caught:
        create(order, line_of(other))

    assert caught.value.field == "lines"


@only_on_3
def test_pieces_are_booked_as_replaced(order):
    create(order, line_of(order, 1))

    statuses = sorted((row.status, row.lines.get().quantity) for row in order.fulfillments.all())
    assert statuses == [("fulfilled", 1), ("replaced", 1)]


def test_nothing_is_booked_when_the_goods_stay(order):
    create(order, line_of(order, 1), replaces=False)

    (fulfillment,) = order.fulfillments.all()
    assert (fulfillment.status, fulfillment.lines.get().quantity) == ("fulfilled", 2)
