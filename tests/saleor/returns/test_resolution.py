"""Money and stock at the end of a request: once, whatever dies in between."""

from datetime import timedelta
from decimal import Decimal

import pytest
from saleor.payment import TransactionKind
from saleor.payment.models import Transaction

from saleor_aftersale import tasks
from saleor_aftersale.followups.models import OutboxMail
from saleor_aftersale.returns import actions, payouts, resolution
from saleor_aftersale.returns.models import Refund, ReturnRequest
from saleor_aftersale.returns.policy import Basis
from saleor_aftersale.returns.refunds import NothingCaptured
from tests import factories, gateway
from tests.factories import NOON, STAFF, nothing_changed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

NOW = NOON + timedelta(days=3)


class Killed(BaseException):
    """What a worker that is killed looks like from inside."""


@pytest.fixture
def order():
    """Two kettles for 10 euros each and delivery for 5, paid and delivered."""
    factories.activate()
    return factories.delivered_order(lines={"Kettle": 2})


def shelf(order):
    return order.lines.first().variant.stocks.get()


def ready(order, quantity=2, **finding):
    """An inspected request; accepted pieces go back on the shelf."""
    place = {"disposition": "RESTOCK", "warehouse_ref": str(shelf(order).warehouse_id)}
    request = factories.inspected(factories.ask(order, quantity), **{**place, **finding})
    factories.commit()
    return request


def resolve(request, kind="REFUND_ORIGINAL"):
    """The refund row of a request just resolved, no worker having seen it."""
    resolution.resolve_return(str(request.pk), STAFF, resolution=kind, now=NOW)
    factories.connection.run_on_commit = []
    return Refund.objects.filter(request=request).first()


def state_of(request):
    """States of request and refund now."""
    return ReturnRequest.objects.get(pk=request.pk).state, Refund.objects.get(request=request).state


def book_refund(order, amount):
    """What the host's books say once the money has moved."""
    payment = order.payments.get()
    payment.captured_amount -= amount
    payment.save()
    Transaction.objects.create(
        payment=payment,
        amount=amount,
        currency="EUR",
        kind=TransactionKind.REFUND,
        is_success=True,
        gateway_response={},
        token="by hand",
    )


def start_and_die(refund):
    """A worker takes the refund and is killed while the provider is called."""
    gateway.answers.append(Killed())
    with pytest.raises(Killed):
        payouts.perform_refund(refund.pk, NOW)


# Once


def test_refund_calls_the_provider_once_when_task_runs_twice(order):
    request = ready(order)
    refund = resolve(request)

    payouts.perform_refund(refund.pk, NOW)
    payouts.perform_refund(refund.pk, NOW)

    assert [Decimal("25.00")] == gateway.refunds
    assert state_of(request) == ("COMPLETED", "SETTLED")


def test_refund_row_tells_key_amount_and_reference(order):
    refund = resolve(ready(order))

    payouts.perform_refund(refund.pk, NOW)

    refund.refresh_from_db()
    assert refund.key == f"{refund.request.number}/1"
    assert (refund.amount, refund.currency) == (Decimal("25.000"), "EUR")
    assert (refund.reference, refund.settled_at, refund.error) == ("refund-1", NOW, "")


def test_stock_rises_once_when_refund_is_tried_again(order):
    before = shelf(order).quantity
    request = ready(order)
    gateway.answers.append("Card expired")
    payouts.perform_refund(resolve(request).pk, NOW)
    failed = state_of(request)

    payouts.perform_refund(resolve(request).pk, NOW)

    assert failed == ("RESOLUTION_FAILED", "FAILED")
    assert state_of(request) == ("COMPLETED", "SETTLED")
    assert [Decimal("25.00")] * 2 == gateway.refunds
    assert shelf(order).quantity == before + 2
    assert Refund.objects.count() == 1


def test_refusal_is_kept_for_staff(order):
    request = ready(order)
    gateway.answers.append("Card expired")

    payouts.perform_refund(resolve(request).pk, NOW)

    assert Refund.objects.get().error == "Card expired"
    assert request.transitions.order_by("position").last().reason == "Card expired"
    assert not OutboxMail.objects.filter(key="refund.issued").exists()


def test_failed_refund_can_end_without_money(order):
    request = ready(order)
    gateway.answers.append("Card expired")
    payouts.perform_refund(resolve(request).pk, NOW)

    resolve(request, "NO_ACTION")

    assert state_of(request) == ("COMPLETED", "FAILED")
    assert len(gateway.refunds) == 1


# Dead workers


def test_refund_is_settled_when_the_books_show_it_after_a_crash(order):
    request = ready(order)
    refund = resolve(request)
    start_and_die(refund)
    book_refund(order, Decimal("25.00"))

    payouts.reconcile_refunds(NOW + timedelta(seconds=1))
    factories.commit()

    assert state_of(request) == ("COMPLETED", "SETTLED")
    assert len(gateway.refunds) == 1
    assert OutboxMail.objects.get(key="refund.issued").state == "SENT"


def test_refund_waits_while_a_worker_may_still_have_it(order):
    request = ready(order)
    start_and_die(resolve(request))

    payouts.reconcile_refunds(NOW + timedelta(minutes=15))

    assert state_of(request) == ("RESOLVING", "STARTED")


def test_refund_fails_visibly_when_nobody_knows_after_a_crash(order):
    request = ready(order)
    start_and_die(resolve(request))

    payouts.reconcile_refunds(NOW + timedelta(minutes=16))
    factories.commit()
    tasks.sweep()
    factories.commit()

    assert state_of(request) == ("RESOLUTION_FAILED", "FAILED")
    assert "Look there before trying again." in Refund.objects.get().error
    assert len(gateway.refunds) == 1


def test_started_refund_is_not_taken_by_another_worker(order):
    refund = resolve(ready(order))
    start_and_die(refund)

    payouts.perform_refund(refund.pk, NOW + timedelta(days=1))

    assert len(gateway.refunds) == 1


def test_late_answer_settles_a_refund_taken_for_failed(order):
    request = ready(order)
    refund = resolve(request)
    start_and_die(refund)
    payouts.reconcile_refunds(NOW + timedelta(minutes=16))

    payouts.settle_refund(refund.pk, "late", NOW + timedelta(minutes=17))

    assert state_of(request) == ("COMPLETED", "SETTLED")


def test_late_answer_is_noted_when_request_ended_without_money(order):
    request = ready(order)
    refund = resolve(request)
    payouts.fail_refund(refund.pk, "No answer", NOW)
    resolution.resolve_return(str(request.pk), STAFF, resolution="NO_ACTION", now=NOW)

    payouts.settle_refund(refund.pk, "re_1", NOW)

    assert state_of(request) == ("COMPLETED", "SETTLED")


def test_due_refund_is_done_when_its_message_was_lost(order):
    request = ready(order)
    resolve(request)

    tasks.sweep()
    factories.commit()

    assert state_of(request) == ("COMPLETED", "SETTLED")


def test_order_news_settles_a_refund_the_books_show(order):
    request = ready(order)
    start_and_die(resolve(request))
    book_refund(order, Decimal("25.00"))

    tasks.sync_order(str(order.pk))

    assert state_of(request) == ("COMPLETED", "SETTLED")


def test_earlier_refund_is_not_taken_for_this_one(order):
    book_refund(order, Decimal("25.00") / 2)
    request = ready(order, 1)
    start_and_die(resolve(request))

    payouts.reconcile_refunds(NOW + timedelta(seconds=1))

    assert state_of(request) == ("RESOLVING", "STARTED")


# How much


def test_nothing_changes_when_order_was_never_paid():
    factories.activate()
    request = ready(factories.delivered_order(lines={"Kettle": 2}, paid=False))

    with nothing_changed(), pytest.raises(NothingCaptured) as caught:
        resolution.resolve_return(str(request.pk), STAFF, resolution="REFUND_ORIGINAL", now=NOW)

    assert caught.value.code == "NOTHING_TO_REFUND"
    assert caught.value.message == "Nothing is left to refund for this order."


def test_nothing_changes_when_resolution_is_unknown(order):
    request = ready(order)

    with nothing_changed(), pytest.raises(actions.InvalidInput) as caught:
        resolution.resolve_return(str(request.pk), STAFF, resolution="GIFT", now=NOW)

    assert (caught.value.field, caught.value.message) == (
        "resolution",
        "There is no such resolution.",
    )


def test_nothing_changes_when_product_is_gone(order):
    request = ready(order)
    order.lines.first().variant.delete()

    with nothing_changed(), pytest.raises(Exception, match="can't be put back on the shelf"):
        resolution.resolve_return(str(request.pk), STAFF, resolution="REFUND_ORIGINAL", now=NOW)


def test_delivery_is_paid_back_with_the_last_piece_of_a_withdrawn_order(order):
    first, second = ready(order, 1), ready(order, 1)

    for request in (first, second):
        payouts.perform_refund(resolve(request).pk, NOW)

    assert [Decimal("10.00"), Decimal("15.00")] == gateway.refunds


def test_delivery_is_not_paid_back_when_goods_are_defective(order):
    request = factories.inspected(factories.ask(order, 2, basis=Basis.NON_CONFORMITY))

    payouts.perform_refund(resolve(request).pk, NOW)

    assert [Decimal("20.00")] == gateway.refunds


def test_refund_is_never_more_than_is_left(order):
    request = ready(order)
    book_refund(order, Decimal("18.00"))

    payouts.perform_refund(resolve(request).pk, NOW)

    assert [Decimal("7.00")] == gateway.refunds


def test_refund_fails_when_money_is_spread_over_payments(order):
    payment = order.payments.get()
    payment.captured_amount = Decimal("5.00")
    payment.save()
    second = factories.pay(order)
    second.captured_amount = Decimal("20.00")
    second.save()
    request = ready(order)

    payouts.perform_refund(resolve(request).pk, NOW)

    assert state_of(request) == ("RESOLUTION_FAILED", "FAILED")
    assert "holds less money" in Refund.objects.get().error
    assert gateway.refunds == []
