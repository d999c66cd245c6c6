"""What we read of the shop's orders, and what we do to its stock and its books."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from saleor.order.models import Fulfillment

from saleor_aftersale.host import orders, payments
from saleor_aftersale.values import (
    FulfillmentStatus,
    Money,
    NotFound,
    OrderLine,
    OrderStatus,
    ReturnedLine,
    Unsupported,
)
from tests import factories
from tests.factories import CHANNEL, CUSTOMER, IS_3, STAFF

pytestmark = pytest.mark.django_db

NO_WAREHOUSE = "11111111-1111-4111-8111-111111111111"


def euros(amount):
    return Money(Decimal(amount), "EUR")


def test_order_is_read_as_it_stands():
    user = factories.make_customer()
    order = factories.make_order(lines={"Kettle": 2}, user=user, language="pl", country="BG")
    fulfillment = factories.fulfill(order, {"Kettle": 1}, tracking_number="1z")
    line = order.lines.get()

    seen = factories.host_order(order)

    assert (seen.ref, seen.channel) == (str(order.pk), CHANNEL)
    assert seen.number == str(order.number if IS_3 else order.pk)
    assert seen.status is OrderStatus.PARTIALLY_FULFILLED
    assert (seen.email, seen.customer_name) == ("anna@example.com", "Boris Ivanov")
    assert (seen.user_ref, seen.language, seen.country) == (str(user.pk), "pl", "BG")
    assert (seen.currency, seen.minor_units) == ("EUR", 2)
    assert (seen.total, seen.shipping) == (euros("25.00"), euros("5.00"))
    assert (seen.captured, seen.refunded) == (euros("25.00"), euros(0))
    assert seen.is_paid
    assert seen.lines == (
        OrderLine(str(line.pk), "Kettle", "", line.product_sku, 2, 1, euros("20.00")),
    )
    (parcel,) = seen.fulfillments
    assert (parcel.ref, parcel.position) == (str(fulfillment.pk), 1)
    assert (parcel.status, parcel.tracking_number) == (FulfillmentStatus.FULFILLED, "1z")
    assert [(piece.line_ref, piece.quantity) for piece in parcel.lines] == [(str(line.pk), 1)]


def test_guest_order_has_no_owner():
    seen = factories.host_order(factories.make_order(email="Boris@Example.com"))

    assert (seen.user_ref, seen.email) == ("", "boris@example.com")


def test_orders_are_missing_when_unknown_or_drafts():
    draft = factories.make_order()
    draft.status = "draft"
    draft.save()
    refs = [str(draft.pk), "999999", "nonsense", "", NO_WAREHOUSE]

    assert orders.load_orders(refs, using="default") == {}


def test_orders_need_the_same_queries_however_many():
    refs = [str(factories.delivered_order(lines={"A": 1, "B": 2}).pk) for _ in range(4)]

    counts = []
    for wanted in (refs[:1], refs):
        with CaptureQueriesContext(connection) as captured:
            orders.load_orders(wanted, using="default")
        counts.append(len(captured))

    assert counts[0] == counts[1]


def test_money_is_what_was_taken_and_given_back():
    order = factories.make_order(lines={"Kettle": 2})
    ref = str(order.pk)
    figures = []
    for amount in ("10.00", "15.00"):
        payments.refund(ref, euros(amount), key="k")
        seen = factories.host_order(order)
        figures.append((seen.captured, seen.refunded))

    assert figures == [
        (euros("25.00"), euros("10.00")),
        (euros("25.00"), euros("25.00")),
    ]


def test_order_is_unpaid_without_a_payment():
    seen = factories.host_order(factories.make_order(paid=False))

    assert (seen.captured, seen.is_paid) == (euros(0), False)


@pytest.mark.skipif(not IS_3, reason="2.10.1 has no transactions")
@pytest.mark.parametrize(
    ("values", "captured", "refunded"),
    [
        ({"charged_value": 25}, 25, 0),
        ({"charged_value": 15, "refunded_value": 10}, 25, 10),
        ({"charged_value": 15, "refund_pending_value": 10}, 15, 0),
        ({"authorized_value": 25}, 0, 0),
    ],
)
def test_money_of_transactions_is_what_they_hold(values, captured, refunded):
    order = factories.make_order(paid=False)
    order.payment_transactions.create(currency="EUR", **values)

    seen = factories.host_order(order)

    assert (seen.captured.amount, seen.refunded.amount) == (captured, refunded)


@pytest.mark.parametrize("email", ["boris@example.com", " BORIS@example.com "])
def test_order_is_found_by_number_and_mailbox(email):
    order = factories.make_order()

    assert orders.find_order(factories.host_order(order).number, email) == str(order.pk)


def test_order_is_not_found_by_another_mailbox_or_number():
    number = factories.host_order(factories.make_order()).number
    nobodys = factories.host_order(factories.make_order(email="")).number

    assert orders.find_order(number, "eve@example.com") is None
    assert orders.find_order(nobodys, "") is None
    for wrong in ("", "²", "-1", "1.0", "9" * 36):
        assert orders.find_order(wrong, "boris@example.com") is None


def test_order_of_fulfillment_is_known():
    fulfillment = factories.fulfill(factories.make_order())

    assert orders.order_of_fulfillment(str(fulfillment.pk)) == str(fulfillment.order_id)
    for wrong in ("999999", "", "nonsense"):
        assert orders.order_of_fulfillment(wrong) is None


def test_owner_and_channel_are_told_by_one_query_whatever_is_asked(django_assert_num_queries):
    anna = factories.make_customer()
    owned, guests = factories.make_order(user=anna), factories.make_order()
    draft = factories.make_order(user=anna)
    type(draft).objects.filter(pk=draft.pk).update(status="draft")
    wanted = [str(owned.pk), str(guests.pk), str(draft.pk), "999999", "9" * 36, "nonsense", ""]

    found = []
    for ref in wanted:
        with django_assert_num_queries(1):
            found.append(orders.owner_and_channel(ref))

    channel = factories.CHANNEL
    assert found == [(str(anna.pk), channel), ("", channel), None, None, None, None, None]


def test_country_of_origin_is_that_of_the_warehouse():
    order = factories.make_order(lines={"Kettle": 1, "Cup": 1})
    sent = factories.fulfill(order, {"Kettle": 1})
    unknown = factories.fulfill(order, {"Cup": 1})
    unknown.lines.update(stock=None)

    assert orders.origin_country(str(sent.pk)) == "PL"
    assert orders.origin_country(str(unknown.pk)) == ""


def test_orders_since_are_oldest_first():
    now = datetime.now(timezone.utc)
    first, second = factories.make_order(placed_at=now), factories.make_order(placed_at=now)

    assert orders.orders_since(now - timedelta(days=1)) == [str(first.pk), str(second.pk)]
    assert orders.orders_since(now + timedelta(days=1)) == []


# Stock


@pytest.fixture
def order():
    made = factories.make_order(lines={"Kettle": 2})
    factories.fulfill(made)
    return made


def test_restock_raises_the_stock_of_that_warehouse(order):
    line = order.lines.get()
    shelf = line.variant.stocks.get()

    orders.restock(str(line.pk), 2, str(shelf.warehouse_id))

    before, shelf.quantity = shelf.quantity, None
    shelf.refresh_from_db()
    assert shelf.quantity == before + 2


def test_restock_makes_a_stock_where_there_was_none(order):
    line, warehouse = order.lines.get(), factories.make_warehouse()

    orders.restock(str(line.pk), 2, str(warehouse.pk))

    assert line.variant.stocks.get(warehouse=warehouse).quantity == 2


def test_restock_leaves_a_variant_without_inventory_alone(order):
    line = order.lines.get()
    line.variant.track_inventory = False
    line.variant.save()
    shelf = line.variant.stocks.get()

    orders.restock(str(line.pk), 2, str(shelf.warehouse_id))

    assert line.variant.stocks.get().quantity == shelf.quantity


def test_restock_is_refused_when_product_or_warehouse_is_gone(order):
    line = order.lines.get()
    warehouse = str(line.variant.stocks.get().warehouse_id)

    with pytest.raises(NotFound, match="^There is no such warehouse.$"):
        orders.restock(str(line.pk), 1, NO_WAREHOUSE)
    line.variant.delete()
    with pytest.raises(NotFound, match="^The product is gone"):
        orders.restock(str(line.pk), 1, warehouse)


def test_warehouse_is_there_or_not():
    warehouse = factories.make_warehouse()

    assert orders.has_warehouse(str(warehouse.pk)) is True
    for wrong in (NO_WAREHOUSE, "nonsense", ""):
        assert orders.has_warehouse(wrong) is False


# The host's books of a return


def _returned(order, quantity):
    return [ReturnedLine(str(order.lines.get().pk), quantity)]


@pytest.mark.skipif(IS_3, reason="3.x knows returned orders")
def test_return_is_unsupported_where_orders_cannot_be_returned(order):
    with pytest.raises(Unsupported, match="^Saleor 2.10.1 has no returned orders.$"):
        orders.complete_return(str(order.pk), _returned(order, 1), STAFF)


@pytest.mark.skipif(not IS_3, reason="2.10.1 knows no returned orders")
@pytest.mark.parametrize("requester", [STAFF, CUSTOMER])
def test_return_moves_pieces_to_a_returned_fulfillment(order, requester):
    orders.complete_return(str(order.pk), _returned(order, 1), requester)
    factories.commit()

    pieces = {
        fulfillment.status: [line.quantity for line in fulfillment.lines.all()]
        for fulfillment in Fulfillment.objects.filter(order=order)
    }
    order.refresh_from_db()
    assert pieces == {"fulfilled": [1], "returned": [1]}
    assert order.status == "partially_returned"


@pytest.mark.skipif(not IS_3, reason="2.10.1 knows no returned orders")
def test_return_takes_pieces_of_several_parcels():
    order = factories.make_order(lines={"Kettle": 3})
    factories.fulfill(order, {"Kettle": 2})
    factories.fulfill(order, {"Kettle": 1})

    orders.complete_return(str(order.pk), _returned(order, 3), STAFF)
    factories.commit()

    order.refresh_from_db()
    assert order.status == "returned"


@pytest.mark.skipif(not IS_3, reason="2.10.1 knows no returned orders")
def test_return_is_refused_when_shop_holds_fewer_pieces(order):
    with pytest.raises(NotFound, match="^The shop holds fewer such pieces as fulfilled"):
        orders.complete_return(str(order.pk), _returned(order, 3), STAFF)
