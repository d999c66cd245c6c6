"""Withdrawals from goods that were never sent: nothing comes back, the money is due."""

from datetime import timedelta
from decimal import Decimal

import pytest
from graphene import Node
from saleor.warehouse.models import Stock

from saleor_aftersale.returns import actions, inspection
from saleor_aftersale.returns.actions import InvalidInput, LineRefused
from saleor_aftersale.returns.models import ReturnNotice, ReturnRequest, WithdrawalStatement
from saleor_aftersale.returns.policy import Basis
from saleor_aftersale.tracking.statuses import ShipmentStatus
from tests import factories, gateway
from tests.factories import IS_3, NOON, STAFF, nothing_changed
from tests.saleor.returns.resolving import NOW, decide, state_of

pytestmark = pytest.mark.django_db

#: Told on 2 June, fourteen days, the end of the day in Warsaw.
DUE_AT = "2026-06-16T22:00:00+00:00"


@pytest.fixture
def order(mailbox):
    """Two kettles for 10 euros each and delivery for 5, paid and not sent."""
    factories.activate()
    return factories.make_order(lines={"Kettle": 2}, user=factories.make_customer())


def approve(request):
    actions.approve_return(str(request.pk), STAFF, now=NOW)
    factories.commit()


def allocate(order):
    """Stock reserved for what is to be sent, as a checkout leaves it."""
    line = order.lines.get()
    stock = line.variant.stocks.get()
    from saleor.warehouse.models import Allocation  # noqa: PLC0415 -- needs the app registry

    Allocation.objects.create(order_line=line, stock=stock, quantity_allocated=line.quantity)
    if IS_3:
        Stock.objects.filter(pk=stock.pk).update(quantity_allocated=line.quantity)
    return stock


def test_request_awaits_no_goods_and_the_money_is_due_at_once(order):
    request = factories.ask(order, 2)

    row = ReturnRequest.objects.get()
    assert row.lines.get().basis == "WITHDRAWAL"
    assert row.refund_due_at.isoformat() == DUE_AT
    assert (row.send_back_by, row.expires_at) == (None, None)
    notice = ReturnNotice.objects.get(request=request)
    assert (notice.code, notice.detail) == ("NOT_TO_BE_SENT", "2 × Kettle")


def test_approval_says_that_nothing_has_to_be_sent(order, mailbox):
    approve(factories.ask(order, 2))

    assert "nothing has to be sent" in mailbox[-1].body.lower()
    assert "send the items back" not in mailbox[-1].body.lower()


def test_all_of_it_is_paid_back_with_the_delivery_and_without_goods(order):
    request = factories.ask(order, 2)
    approve(request)

    decide(request)
    factories.commit()

    assert state_of(request) == "COMPLETED"
    assert gateway.refunds == [Decimal("25.00")]
    assert request.lines.get().accepted_quantity == 2
    with nothing_changed(), pytest.raises(LineRefused) as caught:
        factories.ask(order)
    assert caught.value.code == "ALREADY_RETURNED"


@pytest.mark.skipif(not IS_3, reason="2.10.1 knows no returns: staff cancel the order")
def test_shop_no_longer_sends_what_was_withdrawn_and_its_stock_is_free(order):
    stock = allocate(order)
    request = factories.ask(order, 2)
    approve(request)

    decide(request)
    factories.commit()

    order.refresh_from_db()
    stock.refresh_from_db()
    line = order.lines.get()
    assert (order.status, line.quantity_unfulfilled) == ("returned", 0)
    assert (stock.quantity, stock.quantity_allocated) == (10, 0)


@pytest.mark.skipif(IS_3, reason="3.x returns unfulfilled pieces by itself")
def test_plugin_keeps_the_books_where_the_host_knows_no_returns(order):
    request = factories.ask(order, 2)
    approve(request)

    decide(request)

    order.refresh_from_db()
    assert (order.status, order.lines.get().quantity_unfulfilled) == ("unfulfilled", 2)


def test_sent_pieces_are_awaited_and_the_others_are_not(order):
    factories.scan(factories.fulfill(order, {"Kettle": 1}), ShipmentStatus.DELIVERED)
    request = factories.ask(order, 2)
    approve(request)
    key, line = str(request.pk), request.lines.get()
    waiting = ReturnRequest.objects.get().refund_due_at
    with nothing_changed(), pytest.raises(InvalidInput, match="haven't arrived"):
        decide(request)

    actions.receive_return(key, STAFF, quantities={line.pk: 1}, now=NOW)
    received = state_of(request)
    finding = inspection.InspectedLine(line.pk, 1, lost_value=Decimal("0.5"), note="worn")
    inspection.inspect_return(key, STAFF, findings=[finding], now=NOW)
    decide(request)
    factories.commit()

    # Half of the worn one, all of the other, and the delivery.
    assert (waiting, received) == (None, "RECEIVED")
    assert gateway.refunds == [Decimal("20.00")]
    assert request.lines.get().accepted_quantity == 2


def test_rejected_goods_do_not_hold_up_the_money_of_those_never_sent(order):
    factories.scan(factories.fulfill(order, {"Kettle": 1}), ShipmentStatus.DELIVERED)
    request = factories.ask(order, 2)
    approve(request)
    key, line = str(request.pk), request.lines.get()
    actions.receive_return(key, STAFF, quantities={line.pk: 1}, now=NOW)
    finding = inspection.InspectedLine(line.pk, 0, grade="WRONG_ITEM")
    inspection.inspect_return(key, STAFF, findings=[finding], now=NOW)

    decide(request)
    factories.commit()

    assert gateway.refunds == [Decimal("10.00")]
    assert request.lines.get().state == "RESOLVED"


def test_piece_that_was_sent_keeps_its_guarantee_when_its_neighbour_was_called_off(order):
    factories.scan(factories.fulfill(order, {"Kettle": 1}), ShipmentStatus.DELIVERED)
    withdrawn = factories.ask(order, 1)
    open_one = factories.ask(order, 1, basis=Basis.NON_CONFORMITY)
    actions.cancel_return(str(open_one.pk), factories.CUSTOMER, now=NOW)
    approve(withdrawn)
    decide(withdrawn)
    factories.commit()

    settled_one = factories.ask(order, 1, basis=Basis.NON_CONFORMITY)
    with pytest.raises(LineRefused) as caught:
        factories.ask(order, 1, basis=Basis.NON_CONFORMITY)

    assert state_of(withdrawn) == "COMPLETED"
    assert settled_one.state == "SUBMITTED"
    assert caught.value.code == "ALREADY_RETURNED"


def test_two_requests_do_not_both_call_off_the_same_piece(order):
    factories.scan(factories.fulfill(order, {"Kettle": 1}), ShipmentStatus.DELIVERED)
    first, second = factories.ask(order, 1), factories.ask(order, 1)
    for request in (first, second):
        approve(request)

    decide(first)
    with pytest.raises(InvalidInput, match="haven't arrived"):
        decide(second)

    assert state_of(first) in ("RESOLVING", "COMPLETED")
    assert [notice.request_id for notice in ReturnNotice.objects.all()] == [first.pk]


def test_goods_the_shop_sends_meanwhile_are_awaited(order):
    request = factories.ask(order, 2)
    factories.fulfill(order)
    approve(request)

    with nothing_changed(), pytest.raises(InvalidInput, match="haven't arrived"):
        decide(request)

    assert ReturnRequest.objects.get().refund_due_at is None


def test_goods_not_sent_cannot_be_given_back_on_another_ground(order):
    factories.keep(order)

    with nothing_changed(), pytest.raises(LineRefused) as caught:
        factories.ask(order, basis=Basis.NON_CONFORMITY)

    assert caught.value.code == "NOT_DELIVERED_YET"


def test_nothing_of_a_cancelled_order_is_left_to_withdraw_from(order):
    order.status = "canceled"
    order.save(update_fields=["status"])
    factories.keep(order)

    with nothing_changed(), pytest.raises(LineRefused) as caught:
        factories.ask(order)

    assert caught.value.code == "ALREADY_RETURNED"


DECLARE = """
mutation($order: ID!) { withdrawalDeclare(input: {
    orderId: $order, name: "Anna Nowak", email: "anna@example.com", language: "en"}) {
        withdrawalStatement { reference } errors { field code } } }
"""


def test_declared_withdrawal_of_an_unsent_order_becomes_a_request(order):
    answer = factories.Api(order.user).post(DECLARE, order=Node.to_global_id("Order", order.pk))

    assert answer["withdrawalDeclare"]["errors"] == []
    statement = WithdrawalStatement.objects.get()
    assert (statement.state, statement.reason_code) == ("MATCHED", "")
    line = statement.return_request.lines.get()
    assert (line.basis, line.quantity) == ("WITHDRAWAL", 2)
    assert statement.return_request.refund_due_at - timedelta(days=13) > NOON
