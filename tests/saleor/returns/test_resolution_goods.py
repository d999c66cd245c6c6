"""Other goods in place of those a request is about, repairs, and where the pieces end up."""

from decimal import Decimal

import pytest
from saleor.order.models import Order

from saleor_aftersale import tasks
from saleor_aftersale.returns import exchanges
from saleor_aftersale.returns.checks import InvalidInput
from saleor_aftersale.returns.models import Remedy
from saleor_aftersale.returns.policy import Basis
from saleor_aftersale.returns.states import TransitionNotAllowed
from saleor_aftersale.values import AftersaleError, NotFound
from tests import factories, gateway
from tests.factories import IS_3, STAFF, nothing_changed
from tests.saleor.returns.resolving import (
    NOW,
    approved,
    decide,
    for_sale,
    ready,
    refunds_of,
    shelf,
    sibling,
    state_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

only_on_3 = pytest.mark.skipif(not IS_3, reason="2.10.1 has no books of returns")


@pytest.fixture
def order():
    """Two kettles for 10 euros each and delivery for 5, paid and delivered."""
    factories.activate()
    return factories.delivered_order(lines={"Kettle": 2})


def draft_of(request):
    decision = request.remedies.get()
    return Order.objects.get(pk=decision.replacement_ref)


def off(draft):
    """What was set off in a draft."""
    if not IS_3:
        return draft.discount_amount
    return sum(discount.amount_value for discount in draft.discounts.all())


def pieces(draft):
    return [(line.product_name, line.quantity) for line in draft.lines.all()]


def statuses(order):
    """Pieces by status of their fulfillment."""
    return {
        (parcel.status, line.quantity)
        for parcel in order.fulfillments.all()
        for line in parcel.lines.all()
    }


def chosen(request, variant):
    return {request.lines.get().pk: str(variant.pk)}


# The same again


@pytest.mark.parametrize("kind", ["EXCHANGE_SAME", "REPLACEMENT"])
def test_exchange_for_the_same_is_a_draft_order_that_costs_nothing(order, kind):
    before = shelf(order).quantity
    request = ready(order)

    decide(request, kind)
    factories.commit()

    draft = draft_of(request)
    assert (draft.status, draft.user_email) == ("draft", "boris@example.com")
    assert pieces(draft) == [("Kettle", 2)]
    assert off(draft) == Decimal("20.00")
    assert draft.shipping_address_id not in (None, order.shipping_address_id)
    assert shelf(order).quantity == before + 2
    assert gateway.refunds == []
    assert state_of(request) == "RESOLVING"
    decision = Remedy.objects.get()
    assert (decision.price, decision.difference) == (Decimal("20.000"), Decimal("0.000"))


@only_on_3
def test_exchanged_pieces_are_booked_as_replaced(order):
    decide(ready(order, 1), "EXCHANGE_SAME")
    factories.commit()

    assert statuses(order) == {("fulfilled", 1), ("replaced", 1)}
    assert sorted(order.fulfillments.values_list("status", flat=True)) == ["fulfilled", "replaced"]
    types = order.events.values_list("type", flat=True)
    assert {"fulfillment_replaced", "order_replacement_created"} <= set(types)


@only_on_3
def test_draft_has_the_delivery_of_the_original_free_of_charge(order):
    from saleor.shipping.models import ShippingZone  # noqa: PLC0415 -- 3.x only

    zone = ShippingZone.objects.create(name="Europe", countries="PL")
    order.shipping_method = zone.shipping_methods.create(name="Courier", type="price")
    order.shipping_method_name = "Courier"
    order.base_shipping_price_amount = Decimal("5.00")
    order.save()

    decide(ready(order), "EXCHANGE_SAME")

    draft = Order.objects.get(status="draft")
    assert (draft.shipping_method, draft.shipping_method_name) == (order.shipping_method, "Courier")
    assert draft.base_shipping_price_amount == 0


@only_on_3
def test_no_empty_parcel_is_left_when_all_pieces_are_exchanged(order):
    decide(ready(order), "EXCHANGE_SAME")
    factories.commit()

    assert list(order.fulfillments.values_list("status", flat=True)) == ["replaced"]


@pytest.mark.skipif(IS_3, reason="3.x has a column for it")
def test_draft_names_the_order_it_was_made_for(order):
    request = ready(order)

    decide(request, "REPLACEMENT")

    assert draft_of(request).private_metadata == {"aftersale.replaces": str(order.pk)}


# Another variant


def test_exchange_for_a_variant_is_an_even_swap(order):
    request = ready(order, 1)
    red = sibling(order)

    decide(request, "EXCHANGE_VARIANT", choices=chosen(request, red))

    draft = draft_of(request)
    line = draft.lines.get()
    assert (line.variant_id, line.product_name, line.product_sku) == (red.pk, "Kettle", red.sku)
    assert (line.quantity, line.unit_price_gross_amount) == (1, Decimal("10.000"))
    assert off(draft) == Decimal("10.00")
    assert request.remedies.get().difference == 0


def test_dearer_goods_leave_the_difference_to_pay(order):
    request = ready(order, 1)

    decide(request, "EXCHANGE_OTHER", choices=chosen(request, for_sale("14.00")))
    factories.commit()

    draft = draft_of(request)
    assert draft.lines.get().unit_price_gross_amount == Decimal("14.000")
    assert off(draft) == Decimal("10.00")
    decision = request.remedies.get()
    assert (decision.price, decision.difference) == (Decimal("14.000"), Decimal("4.000"))
    assert refunds_of(request) == [("SET_OFF", Decimal("10.000"), "SETTLED")]
    assert gateway.refunds == []


def test_cheaper_goods_bring_the_difference_back(order):
    request = ready(order, 1)

    decide(request, "EXCHANGE_OTHER", choices=chosen(request, for_sale("7.50")))
    factories.commit()

    assert off(draft_of(request)) == Decimal("7.50")
    assert request.remedies.get().difference == Decimal("-2.500")
    assert gateway.refunds == [Decimal("2.50")]
    assert refunds_of(request) == [
        ("SET_OFF", Decimal("7.500"), "SETTLED"),
        ("ORIGINAL", Decimal("2.500"), "SETTLED"),
    ]
    assert state_of(request) == "RESOLVING"


def test_money_set_off_is_not_refunded_again(order):
    request = ready(order, 1)
    decide(request, "EXCHANGE_OTHER", choices=chosen(request, for_sale("14.00")))
    factories.commit()

    decide(ready(order, 1))
    factories.commit()

    # The last piece brings the delivery back too.
    assert gateway.refunds == [Decimal("15.00")]


def test_failed_difference_is_tried_again_without_another_order(order):
    request = ready(order, 1)
    choices = chosen(request, for_sale("7.50"))
    gateway.answers.append("Card expired")
    decide(request, "EXCHANGE_OTHER", choices=choices)
    factories.commit()
    failed, orders = state_of(request), Order.objects.count()

    decide(request, "EXCHANGE_OTHER", choices=choices)
    factories.commit()

    assert failed == "RESOLUTION_FAILED"
    assert Order.objects.count() == orders
    assert gateway.refunds == [Decimal("2.50"), Decimal("2.50")]
    assert refunds_of(request)[1] == ("ORIGINAL", Decimal("2.500"), "SETTLED")


def test_goods_that_were_ordered_cannot_be_refunded_as_well(order):
    request = ready(order, 1)
    gateway.answers.append("Card expired")
    decide(request, "EXCHANGE_OTHER", choices=chosen(request, for_sale("7.50")))
    factories.commit()

    with nothing_changed(), pytest.raises(InvalidInput, match="made already"):
        decide(request, "REFUND_ORIGINAL")


@pytest.mark.parametrize("key", ["999999", "0"])
def test_nothing_changes_when_the_variant_does_not_exist(order, key):
    request = ready(order)
    lines = {request.lines.get().pk: key}

    with nothing_changed(), pytest.raises(NotFound) as caught:
        decide(request, "EXCHANGE_OTHER", choices=lines)

    assert caught.value.field == "variant_id"
    assert Order.objects.filter(status="draft").count() == 0


def test_nothing_changes_when_the_variant_is_of_another_product(order):
    request = ready(order, 1)
    choices = chosen(request, for_sale("7.50"))

    with nothing_changed(), pytest.raises(AftersaleError, match="another product") as caught:
        decide(request, "EXCHANGE_VARIANT", choices=choices)

    assert (caught.value.field, caught.value.code) == ("variant_id", "OTHER_PRODUCT")


@only_on_3
def test_nothing_changes_when_the_variant_is_sold_in_another_channel(order):
    request = ready(order)
    elsewhere = for_sale("7.50", channel="other-channel")

    with nothing_changed(), pytest.raises(NotFound, match="isn't sold in this channel"):
        decide(request, "EXCHANGE_OTHER", choices=chosen(request, elsewhere))


def test_nothing_changes_when_the_line_is_of_another_request(order):
    request, other = ready(order, 1), ready(order, 1)
    choices = chosen(other, for_sale("7.50"))

    with nothing_changed(), pytest.raises(InvalidInput) as caught:
        decide(request, "EXCHANGE_OTHER", choices=choices)

    assert caught.value.field == "lines"


# Goods that were lost, or stay


def test_lost_goods_are_sent_again(order):
    before = shelf(order).quantity
    request = approved(order, basis=Basis.DELIVERY_PROBLEM)

    decide(request, "RESHIP")
    factories.commit()

    assert pieces(draft_of(request)) == [("Kettle", 2)]
    assert shelf(order).quantity == before
    assert request.lines.get().accepted_quantity == 2


def test_missing_part_is_sent_and_the_goods_stay_where_they_are(order):
    request = approved(order, 1, basis=Basis.DELIVERY_PROBLEM)

    decide(request, "MISSING_PART")
    factories.commit()

    assert pieces(draft_of(request)) == [("Kettle", 1)]
    assert request.lines.get().accepted_quantity == 0
    if IS_3:
        assert statuses(order) == {("fulfilled", 2)}


def test_nothing_can_be_replaced_when_nothing_was_accepted(order):
    request = ready(order)
    request.lines.update(accepted_quantity=0, state="REJECTED")

    with nothing_changed(), pytest.raises(InvalidInput, match="Nothing was accepted"):
        decide(request, "REPLACEMENT")


# Until they are sent


def test_request_ends_when_the_shop_has_sent_the_replacement(order):
    request = ready(order)
    decide(request, "REPLACEMENT")
    factories.commit()
    draft = draft_of(request)
    Order.objects.filter(pk=draft.pk).update(status="unfulfilled")
    tasks.sync_order(str(draft.pk))
    waiting = state_of(request)

    factories.fulfill(draft)
    tasks.sync_order(str(draft.pk))

    assert (waiting, state_of(request)) == ("RESOLVING", "COMPLETED")
    assert request.lines.get().state == "RESOLVED"
    assert request.remedies.get().done_by == "aftersale"


def test_request_ends_when_staff_say_the_replacement_was_sent(order):
    request = ready(order)
    decide(request, "REPLACEMENT")

    exchanges.finish_by_hand(str(request.pk), STAFF, reference=" 1ZBACK ", now=NOW)

    decision = request.remedies.get()
    assert state_of(request) == "COMPLETED"
    assert (decision.done_by, decision.done_at, decision.reference) == (
        "clerk@example.com",
        NOW,
        "1ZBACK",
    )


def test_replacement_that_was_sent_still_waits_for_the_difference(order):
    request = ready(order, 1)
    gateway.answers.append("Card expired")
    decide(request, "EXCHANGE_OTHER", choices=chosen(request, for_sale("7.50")))
    factories.commit()

    exchanges.finish_by_hand(str(request.pk), STAFF, reference="", now=NOW)
    sent = state_of(request)
    decide(request, "EXCHANGE_OTHER", choices={request.lines.get().pk: "1"})
    factories.commit()

    assert (sent, state_of(request)) == ("RESOLUTION_FAILED", "COMPLETED")


def test_repaired_goods_go_back_and_can_be_asked_for_again(order):
    before = shelf(order).quantity
    request = ready(order, basis=Basis.NON_CONFORMITY)

    decide(request, "REPAIR")
    factories.commit()
    during = state_of(request)
    exchanges.finish_by_hand(str(request.pk), STAFF, reference="", now=NOW)

    assert (during, state_of(request)) == ("RESOLVING", "COMPLETED")
    assert shelf(order).quantity == before
    order.refresh_from_db()
    assert order.status == "fulfilled"
    assert factories.ask(order, 2, basis=Basis.NON_CONFORMITY).state == "SUBMITTED"


@pytest.mark.parametrize("kind", ["REFUND_ORIGINAL", "NO_ACTION"])
def test_nothing_is_to_be_sent_after_other_resolutions(order, kind):
    request = ready(order)
    decide(request, kind)
    factories.connection.run_on_commit = []

    with nothing_changed(), pytest.raises(TransitionNotAllowed, match="awaits nothing"):
        exchanges.finish_by_hand(str(request.pk), STAFF, reference="", now=NOW)


# The shop's books on 3.x


@only_on_3
def test_return_is_booked_over_several_fulfillments(order):
    factories.activate()
    order = factories.make_order(lines={"Kettle": 3})
    for quantity in (1, 2):
        _deliver(order, quantity)
    before = shelf(order).quantity

    decide(ready(order, 3))
    factories.commit()

    order.refresh_from_db()
    assert order.status == "returned"
    assert order.fulfillments.get().status == "returned"
    assert sum(line.quantity for line in order.fulfillments.get().lines.all()) == 3
    assert shelf(order).quantity == before + 3


def _deliver(order, quantity):
    parcel = factories.fulfill(order, {"Kettle": quantity}, tracking_number=f"1ZTEST{quantity}")
    factories.scan(parcel, factories.ShipmentStatus.DELIVERED)


@only_on_3
def test_unsent_pieces_stay_unsent_when_the_sent_ones_come_back():
    factories.activate()
    order = factories.make_order(lines={"Kettle": 3})
    _deliver(order, 1)

    decide(ready(order, 1))
    factories.commit()

    order.refresh_from_db()
    assert order.lines.get().quantity_unfulfilled == 2
    assert order.status == "partially_returned"
    assert gateway.refunds == [Decimal("10.00")]


@only_on_3
def test_nothing_changes_when_a_gift_card_is_to_come_back(order):
    request = ready(order)
    order.lines.update(is_gift_card=True)

    with nothing_changed(), pytest.raises(Exception, match="takes no gift card back") as caught:
        decide(request)

    assert caught.value.code == "GIFT_CARD_LINE"


def test_line_without_a_variant_is_refunded_when_nothing_goes_to_the_shelf(order):
    request = ready(order, disposition="DESTROY", warehouse_ref="")
    order.lines.first().variant.delete()

    decide(request)
    factories.commit()

    assert gateway.refunds == [Decimal("25.00")]
    assert state_of(request) == "COMPLETED"


@pytest.mark.parametrize(
    "disposition",
    ["RESTOCK_AS_USED", "REFURBISH", "RETURN_TO_SUPPLIER", "DESTROY", "QUARANTINE"],
)
def test_shelf_stays_as_it_is_with_any_other_disposition(order, disposition):
    before = shelf(order).quantity

    decide(ready(order, disposition=disposition))
    factories.commit()

    assert shelf(order).quantity == before


def test_stock_rises_in_the_chosen_warehouse(order):
    before, elsewhere = shelf(order).quantity, factories.make_warehouse()

    decide(ready(order, warehouse_ref=str(elsewhere.pk)))
    factories.commit()

    variant = order.lines.first().variant
    stocks = {stock.warehouse_id: stock.quantity for stock in variant.stocks.all()}
    assert stocks == {shelf_warehouse(variant, elsewhere): before, elsewhere.pk: 2}


def shelf_warehouse(variant, other):
    return variant.stocks.exclude(warehouse=other).get().warehouse_id
