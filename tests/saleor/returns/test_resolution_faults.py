"""Whatever dies in between, and whoever comes at once: money and stock move exactly once."""

import threading
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone
from saleor.order.models import Order

from saleor_aftersale import tasks
from saleor_aftersale.config import settings_of
from saleor_aftersale.host import orders, payments, replacements
from saleor_aftersale.returns import actions, exchanges, inspection, payouts, resolution
from saleor_aftersale.returns.models import Refund, Remedy, ReturnLine, ReturnRequest
from saleor_aftersale.returns.states import TransitionNotAllowed
from saleor_aftersale.values import AftersaleError, Unsupported
from tests import factories, gateway
from tests.factories import CUSTOMER, IS_3, STAFF, nothing_changed
from tests.saleor.returns.resolving import (
    NOW,
    decide,
    for_sale,
    ready,
    refunds_of,
    shelf,
    state_of,
)

pytestmark = pytest.mark.usefixtures("mailbox")


class Killed(BaseException):
    """What a worker that is killed looks like from inside."""


def paid_order(lines=None):
    """Two kettles for 10 euros each and delivery for 5, paid and delivered."""
    factories.activate()
    return factories.delivered_order(lines=lines or {"Kettle": 2})


def dying(monkeypatch, owner, name, *, after):
    """The next call of a function kills, before or after it has done its work; then it is well."""
    real, calls = getattr(owner, name), []

    def killing(*args, **kwargs):
        calls.append(name)
        if len(calls) > 1:
            return real(*args, **kwargs)
        if after:
            with suppress(Unsupported):
                real(*args, **kwargs)
        raise Killed

    monkeypatch.setattr(owner, name, killing)
    return calls


#: Where a worker or a request can die while a request is resolved: all in one transaction.
STEPS = [
    (resolution, "locked_request"),
    (resolution, "move"),
    (resolution, "_lines_for"),
    (payouts, "reconcile_refunds_of"),
    (payouts, "order_of"),
    (orders, "load_orders"),
    (orders, "restock"),
    (orders, "complete_return"),
    (Remedy.objects.__class__, "create"),
    (ReturnLine.objects.__class__, "bulk_update"),
    (ReturnRequest, "save"),
    (payouts, "make_due"),
    (payouts, "publish"),
    (resolution, "complete_if_done"),
]


@pytest.mark.django_db
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(("owner", "name"), STEPS)
def test_nothing_has_happened_when_resolving_died_and_it_works_once_again(
    monkeypatch, owner, name, after
):
    order = paid_order()
    before = shelf(order).quantity
    request = ready(order)
    with monkeypatch.context() as patch:
        calls = dying(patch, owner, name, after=after)
        with nothing_changed(), pytest.raises(Killed):
            decide(request)

    decide(request)
    factories.commit()

    assert calls == [name]
    assert gateway.refunds == [Decimal("25.00")]
    assert shelf(order).quantity == before + 2
    assert state_of(request) == "COMPLETED"
    assert refunds_of(request) == [("ORIGINAL", Decimal("25.000"), "SETTLED")]


@pytest.mark.django_db
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (replacements, "create_draft"),
        (exchanges, "order_replacement"),
        (exchanges, "share_out"),
        (exchanges, "make_due"),
        (exchanges, "publish"),
        (Remedy, "save"),
    ],
)
def test_one_order_is_made_when_exchanging_died(monkeypatch, owner, name, after):
    order = paid_order()
    before = shelf(order).quantity
    request = ready(order)
    choices = {request.lines.get().pk: str(for_sale("7.50").pk)}
    with monkeypatch.context() as patch:
        calls = dying(patch, owner, name, after=after)
        with nothing_changed(), pytest.raises(Killed):
            decide(request, "EXCHANGE_OTHER", choices=choices)

    decide(request, "EXCHANGE_OTHER", choices=choices)
    factories.commit()

    assert calls == [name]
    assert Order.objects.filter(status="draft").count() == 1
    assert shelf(order).quantity == before + 2
    # Two teapots for 7.50 each out of 25.
    assert gateway.refunds == [Decimal("10.00")]


@pytest.mark.skipif(not IS_3, reason="2.10.1 has no store credit")
@pytest.mark.django_db
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("name", ["issue", "save", "complete_if_done"])
def test_one_gift_card_is_made_when_giving_credit_died(monkeypatch, name, after):
    from saleor.giftcard.models import GiftCard  # noqa: PLC0415 -- only on 3.x

    from saleor_aftersale.host import giftcards  # noqa: PLC0415 -- needs the app registry

    owner = {"issue": giftcards, "save": Refund, "complete_if_done": resolution}[name]
    request = ready(paid_order())
    with monkeypatch.context() as patch:
        dying(patch, owner, name, after=after)
        with nothing_changed(), pytest.raises(Killed):
            decide(request, "STORE_CREDIT", customer_agreed=True)
    assert GiftCard.objects.count() == 0

    decide(request, "STORE_CREDIT", customer_agreed=True)
    factories.commit()

    assert GiftCard.objects.get().current_balance_amount == Decimal("25.000")
    assert state_of(request) == "COMPLETED"


# While the money moves


def later(minutes):
    return NOW + timedelta(minutes=minutes)


def sweep_until(request, state, *, tries=3):
    """What the sweep does minute by minute; a clerk tries again what failed visibly."""
    for number in range(1, tries + 1):
        payouts.reconcile_refunds(later(20 * number))
        factories.commit()
        if state_of(request) == "RESOLUTION_FAILED":
            decide(request)
            factories.commit()
    return state_of(request) == state


def books_agree(order):
    """What the shop's own books say went back."""
    return factories.host_order(order).refunded.amount


@pytest.mark.django_db
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (payouts, "_take"),
        (payouts, "_locked_refund"),
        (payouts, "order_of"),
        (payments, "refund"),
        (payouts, "settle_refund"),
        (payouts, "_settle"),
        (payouts, "complete_if_done"),
        (Refund, "save"),
    ],
)
def test_money_moves_once_when_a_worker_died(monkeypatch, owner, name, after):
    order = paid_order()
    before = shelf(order).quantity
    request = ready(order)
    decide(request)
    factories.connection.run_on_commit = []
    refund = Refund.objects.get()
    with monkeypatch.context() as patch:
        dying(patch, owner, name, after=after)
        with pytest.raises(Killed):
            payouts.perform_refund(refund.pk, NOW)

    assert sweep_until(request, "COMPLETED")
    assert books_agree(order) == Decimal("25.000")
    assert gateway.refunds == [Decimal("25.00")]
    assert refunds_of(request) == [("ORIGINAL", Decimal("25.000"), "SETTLED")]
    assert shelf(order).quantity == before + 2


@pytest.mark.django_db
@pytest.mark.parametrize("fault", [TimeoutError("no answer"), ConnectionError("reset"), "Declined"])
def test_gateways_fault_fails_visibly_and_is_tried_again_by_a_person(fault):
    order = paid_order()
    request = ready(order)
    gateway.answers.append(fault)
    decide(request)
    factories.commit()
    payouts.reconcile_refunds(timezone.now() + timedelta(minutes=16))
    factories.commit()
    failed = state_of(request)

    decide(request)
    factories.commit()

    assert failed == "RESOLUTION_FAILED"
    assert state_of(request) == "COMPLETED"
    assert books_agree(order) == Decimal("25.000")


@pytest.mark.skipif(not IS_3, reason="2.10.1 has no transactions")
@pytest.mark.django_db
def test_refund_that_an_app_reports_as_failed_later_is_tried_again():
    factories.activate()
    order = factories.delivered_order(lines={"Kettle": 2}, paid=False)
    item = order.payment_transactions.create(currency="EUR", charged_value=25, name="App")
    request = ready(order)
    decide(request)
    factories.commit()
    _report(item, "refund_failure", "psp-1")
    tasks.sync_order(str(order.pk))
    failed = state_of(request)

    decide(request)
    factories.commit()
    _report(item, "refund_success", "psp-2", charged_value=0, refunded_value=25)
    tasks.sync_order(str(order.pk))

    assert (failed, state_of(request)) == ("RESOLUTION_FAILED", "COMPLETED")
    assert refunds_of(request) == [("ORIGINAL", Decimal("25.000"), "SETTLED")]


def _report(item, kind, reference, **values):
    """What the payment app answers to the newest request."""
    asked = item.events.filter(type="refund_request").order_by("pk").last()
    item.events.filter(pk=asked.pk).update(psp_reference=reference)
    item.events.create(type=kind, psp_reference=reference, currency="EUR", amount_value=25)
    type(item).objects.filter(pk=item.pk).update(**values)


# At once


def at_once(*jobs):
    """Run jobs in threads that start together; results or errors in their order."""
    barrier, results = threading.Barrier(len(jobs)), [None] * len(jobs)

    def run(place, job):
        barrier.wait()
        try:
            results[place] = job()
        except Exception as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def one_won(results):
    """One job was done, all others were told by code."""
    errors = [result for result in results if isinstance(result, TransitionNotAllowed)]
    return len(errors) == len(results) - 1 and {error.code for error in errors} <= {
        "TRANSITION_NOT_ALLOWED"
    }


@pytest.fixture
def no_books(monkeypatch):
    """Saleor's action asks the replica, which threads of a test can't reach."""
    monkeypatch.setattr(orders, "complete_return", lambda *_arguments: None)


@pytest.mark.django_db(transaction=True)
def test_two_browsers_at_once_give_one_winner_at_every_step(no_books):
    order = paid_order()
    before = shelf(order).quantity
    request = factories.ask(order, 2)
    key, line = str(request.pk), request.lines.get()
    finding = inspection.InspectedLine(
        line.pk, 2, disposition="RESTOCK", warehouse_ref=str(shelf(order).warehouse_id)
    )
    steps = [
        lambda: actions.approve_return(key, STAFF, now=NOW),
        lambda: actions.receive_return(key, STAFF, now=NOW),
        lambda: inspection.inspect_return(key, STAFF, findings=[finding], now=NOW),
        lambda: decide(request),
    ]

    won = [at_once(step, step) for step in steps]

    assert [one_won(results) for results in won] == [True] * 4, won
    # Not every Saleor's threads have a worker here; where one had it, this does nothing.
    payouts.perform_refund(Refund.objects.get().pk, NOW)
    assert gateway.refunds == [Decimal("25.00")]
    assert shelf(order).quantity == before + 2
    assert state_of(request) == "COMPLETED"


@pytest.mark.django_db(transaction=True)
def test_different_decisions_at_once_give_one_winner(no_books):
    request = ready(paid_order())

    results = at_once(
        lambda: decide(request),
        lambda: decide(request, "REFUND_BANK", customer_agreed=True),
        lambda: decide(request, "GOODWILL", amount=Decimal("25")),
    )

    assert one_won(results)
    assert Remedy.objects.count() == 1
    assert sum(gateway.refunds) <= Decimal("25.00")


@pytest.mark.django_db(transaction=True)
def test_transfer_is_settled_once_when_two_clerks_say_so():
    request = ready(paid_order())
    decide(request, "REFUND_BANK", customer_agreed=True)

    def settle():
        return payouts.settle_by_hand(str(request.pk), STAFF, reference="TR 1", now=NOW)

    assert one_won(at_once(settle, settle))
    assert request.transitions.filter(after="COMPLETED").count() == 1


@pytest.mark.django_db(transaction=True)
def test_sixteen_requests_at_once_never_return_more_than_was_sent():
    order = paid_order({"Kettle": 5})
    record, settings = factories.keep(order), settings_of(factories.CHANNEL)
    wish = actions.WishedLine(str(order.lines.get().pk), 1)

    def submit():
        return actions.submit_return(
            record, [wish], CUSTOMER, settings, now=factories.NOON + timedelta(days=1)
        )

    results = at_once(*[submit] * 16)

    made = [result for result in results if isinstance(result, ReturnRequest)]
    codes = {result.code for result in results if isinstance(result, AftersaleError)}
    assert len(made) == 5
    assert codes <= {"ALREADY_RETURNED", "QUANTITY_EXCEEDED"}
    assert ReturnLine.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_pay_once():
    order = paid_order()
    request = ready(order)
    refund = Refund.objects.create(
        request=request,
        key="R-1/1",
        amount=Decimal("25"),
        currency="EUR",
        state="DUE",
        created_at=NOW,
    )

    at_once(*[lambda: payouts.perform_refund(refund.pk, NOW)] * 8)

    assert gateway.refunds == [Decimal("25.00")]
    assert books_agree(order) == Decimal("25.000")
