"""What the shop does to an order by hand while a request is open."""

from datetime import timedelta
from decimal import Decimal

import pytest

from saleor_aftersale import tasks
from saleor_aftersale.returns import following, noticing
from saleor_aftersale.returns.models import ReturnNotice
from tests import factories
from tests.factories import IS_3
from tests.saleor.returns.resolving import NOW, approved, decide, ready, state_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]


@pytest.fixture
def order():
    """Two kettles for 10 euros each and delivery for 5, paid and delivered."""
    factories.activate()
    return factories.delivered_order(lines={"Kettle": 2})


def notices(request):
    return [(row.code, row.detail) for row in request.notices.order_by("pk")]


def refund_by_hand(order, amount="7.00"):
    payment = order.payments.get()
    payment.captured_amount -= Decimal(amount)
    payment.save()
    payment.transactions.create(
        amount=Decimal(amount),
        currency="EUR",
        kind="refund",
        is_success=True,
        gateway_response={},
        token="by hand",
    )


def cancel(order):
    order.status = "canceled"
    order.save()


def remove_line(order):
    order.lines.all().delete()


def lower_line(order):
    order.lines.update(quantity=1)


def return_by_hand(order):
    order.fulfillments.update(status="returned")


BY_HAND = [
    (cancel, ("ORDER_CANCELED", "")),
    (remove_line, ("LINE_REMOVED", "Kettle")),
    (lower_line, ("LINE_LOWERED", "Kettle")),
    (refund_by_hand, ("REFUNDED_BY_HAND", "7.00 EUR")),
]
if IS_3:
    BY_HAND.append((return_by_hand, ("RETURNED_BY_HAND", "Kettle")))


@pytest.mark.parametrize(("change", "notice"), BY_HAND)
def test_change_by_hand_is_noticed_once(order, change, notice, monkeypatch):
    facts = []
    monkeypatch.setattr(noticing, "publish", facts.append)
    request = approved(order)
    change(order)

    tasks.sync_order(str(order.pk))
    tasks.sync_order(str(order.pk))

    assert notices(request) == [notice]
    row = ReturnNotice.objects.get()
    (fact,) = facts
    assert (fact.notice_id, fact.return_request_id) == (row.pk, request.pk)


@pytest.mark.parametrize(("change", "_notice"), BY_HAND)
def test_request_that_has_ended_is_left_alone(order, change, _notice):
    request = ready(order, 1)
    decide(request)
    factories.commit()
    change(order)

    following.follow_order(str(order.pk), NOW)

    assert state_of(request) == "COMPLETED"
    assert notices(request) == []


def test_our_own_doings_are_no_notice(order):
    done, waiting = ready(order, 1), approved(order, 1)
    decide(done)
    factories.commit()

    following.follow_order(str(order.pk), NOW)

    assert notices(waiting) == []


def test_our_own_refund_is_not_counted_with_one_by_hand(order):
    done, waiting = ready(order, 1), approved(order, 1)
    decide(done)
    factories.commit()
    refund_by_hand(order, "3.00")

    following.follow_order(str(order.pk), NOW)

    assert notices(waiting) == [("REFUNDED_BY_HAND", "3.00 EUR")]


def test_another_refund_by_hand_is_another_notice(order):
    request = approved(order)
    refund_by_hand(order, "3.00")
    following.follow_order(str(order.pk), NOW)
    refund_by_hand(order, "2.00")

    following.follow_order(str(order.pk), NOW + timedelta(hours=1))

    assert notices(request) == [
        ("REFUNDED_BY_HAND", "3.00 EUR"),
        ("REFUNDED_BY_HAND", "5.00 EUR"),
    ]


def test_requests_of_other_orders_are_left_alone(order):
    request = approved(factories.delivered_order(lines={"Kettle": 2}))
    approved(order)
    cancel(order)

    following.follow_order(str(order.pk), NOW)

    assert notices(request) == []


@pytest.mark.parametrize("order_ref", ["999999", "nonsense"])
def test_order_that_is_gone_is_no_fault(order_ref):
    following.follow_order(order_ref, NOW)

    assert ReturnNotice.objects.count() == 0


def test_every_notice_has_a_sentence():
    from saleor_aftersale.texts import TEXTS  # noqa: PLC0415 -- needs the app registry

    assert {"notice." + code for code in noticing.CODES} <= set(TEXTS)
