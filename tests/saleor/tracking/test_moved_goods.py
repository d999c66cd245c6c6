"""Parcels after the shop moved what was in them: returned, refunded, replaced."""

import pytest

from saleor_aftersale import timelines
from saleor_aftersale.tracking.models import OrderRecord, Shipment
from tests import factories
from tests.factories import IS_3, Api, global_id

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("mailbox"),
    pytest.mark.skipif(not IS_3, reason="Saleor 2.10.1 moves nothing"),
]

RETURN = """mutation ($order: ID!, $input: OrderReturnProductsInput!) {
  orderFulfillmentReturnProducts(order: $order, input: $input) { errors { field message code } }
}"""
REFUND = """mutation ($order: ID!, $input: OrderRefundProductsInput!) {
  orderFulfillmentRefundProducts(order: $order, input: $input) { errors { field message code } }
}"""


@pytest.fixture(params=["", "1Z"])
def fulfillment(request):
    """Two kettles, sent without a number or with one nobody scanned."""
    factories.activate()
    order = factories.make_order(lines={"Kettle": 2})
    made = factories.fulfill(order, tracking_number=request.param)
    factories.keep(order)
    return made


def move(fulfillment, mutation, quantity=2, *, keep=True, **more):
    """The clerk books pieces as come back or refunded."""
    pieces = [
        {"fulfillmentLineId": global_id("FulfillmentLine", line.pk), "quantity": quantity, **more}
        for line in fulfillment.lines.all()
    ]
    order = fulfillment.order
    answer = Api(factories.make_staff()).post(
        mutation, order=global_id("Order", order.pk), input={"fulfillmentLines": pieces}
    )
    (payload,) = answer.values()
    assert payload["errors"] == []
    if keep:
        factories.keep(order)
    return order


def shown(order):
    """Each parcel that is shown, with its words and pieces."""
    file = timelines.load([str(order.pk)])[str(order.pk)]
    view = timelines.view(file, factories.NOON, "en")
    return [(parcel.text, [line.quantity for line in parcel.lines]) for parcel in view.shipments]


def row():
    """The one parcel we keep: its status, and whether it counts as taken back."""
    parcel = Shipment.objects.get()
    return parcel.status, parcel.is_cancelled


SENT = {"": "Sent without a tracking number", "1Z": "Registered, waiting for the carrier"}


@pytest.mark.parametrize("quantity", [1, 2])
def test_parcel_stays_sent_when_what_was_in_it_came_back(fulfillment, quantity):
    order = move(fulfillment, RETURN, quantity)

    assert order.fulfillments.filter(pk=fulfillment.pk).exists() == (quantity == 1)
    assert shown(order) == [(SENT[fulfillment.tracking_number], [2])]
    assert row() == ("PENDING", False)


def test_parcel_stays_sent_when_what_was_in_it_is_replaced(fulfillment):
    order = move(fulfillment, RETURN, replace=True)

    assert shown(order) == [(SENT[fulfillment.tracking_number], [2])]
    assert row() == ("PENDING", False)


@pytest.mark.parametrize("quantity", [1, 2])
def test_parcel_is_shown_once_when_it_was_refunded(fulfillment, quantity):
    factories.pay(fulfillment.order)
    order = move(fulfillment, REFUND, quantity)

    assert [item.status for item in order.fulfillments.order_by("pk")][-1] == "refunded"
    assert shown(order) == [(SENT[fulfillment.tracking_number], [2])]
    assert row() == ("PENDING", False)


def test_parcel_is_kept_when_it_was_refunded_before_we_knew_of_it(fulfillment):
    factories.pay(fulfillment.order)
    OrderRecord.objects.all().delete()

    order = move(fulfillment, REFUND, keep=False)
    before = shown(order)
    factories.keep(order)

    assert before == shown(order) == [("Sent without a tracking number", [2])]


def test_parcel_marked_wrongly_by_an_older_release_is_set_right(fulfillment):
    order = move(fulfillment, RETURN)
    Shipment.objects.update(is_cancelled=True, status="CANCELLED")

    factories.keep(order)

    assert row() == ("PENDING", False)


def test_parcel_is_cancelled_when_its_fulfillment_is_gone_without_trace(fulfillment):
    order = fulfillment.order
    fulfillment.delete()

    factories.keep(order)

    assert row() == ("CANCELLED", True)


def refund_unsent(order, name):
    """The clerk refunds pieces that are still in the shop."""
    line = order.lines.get(product_name=name)
    pieces = [{"orderLineId": global_id("OrderLine", line.pk), "quantity": line.quantity}]
    answer = Api(factories.make_staff()).post(
        REFUND, order=global_id("Order", order.pk), input={"orderLines": pieces}
    )
    assert answer["orderFulfillmentRefundProducts"]["errors"] == []


@pytest.mark.parametrize("is_kept", [True, False])
def test_pieces_refunded_before_they_were_sent_are_no_parcel(is_kept):
    factories.activate()
    order = factories.make_order(lines={"Kettle": 2, "Cup": 1})
    factories.pay(order)
    factories.fulfill(order, {"Kettle": 2}, tracking_number="1Z")

    refund_unsent(order, "Cup")
    if not is_kept:
        OrderRecord.objects.all().delete()

    assert order.fulfillments.filter(status="refunded", lines__quantity=1).exists()
    assert shown(order) == [(SENT["1Z"], [2])]
    assert Shipment.objects.count() == int(is_kept)
