"""The voucher for feedback: whatever the score, whatever dies in between, one per order."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from saleor.discount.models import Voucher

from saleor_aftersale import events, handlers, tasks
from saleor_aftersale.events import VoucherCreated, VoucherDue
from saleor_aftersale.feedback import actions, vouchers
from saleor_aftersale.feedback.models import Feedback, ThanksVoucher
from saleor_aftersale.feedback.vouchers import FIRST_PAUSE, GRACE, INACTIVE_PAUSE, MAX_ATTEMPTS
from saleor_aftersale.host import vouchers as host_vouchers
from saleor_aftersale.values import NotFound
from tests import factories
from tests.factories import nothing_changed
from tests.saleor.feedback.given import NOW, give
from tests.saleor.feedback.test_actions import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]


class Killed(BaseException):
    """What a worker that is killed looks like from inside."""


@pytest.fixture
def order():
    factories.activate(voucher_value="10%")
    return factories.delivered_order()


@pytest.fixture
def told(monkeypatch):
    """Events of vouchers in the order they were published; no task follows."""
    heard = []
    table = {
        **handlers.HANDLERS,
        VoucherDue: (heard.append,),
        VoucherCreated: (heard.append,),
    }
    monkeypatch.setattr(events, "_table", lambda: table)
    return heard


@pytest.mark.parametrize("score", [1, 2, 3, 4, 5])
def test_voucher_is_made_once_when_any_score_is_given_and_changed(order, score):
    give(order, score)
    factories.commit()
    give(order, 6 - score)
    factories.commit()

    row, made = ThanksVoucher.objects.get(), Voucher.objects.get()
    assert (row.state, row.voucher_ref, row.detail) == ("CREATED", str(made.pk), "")
    assert made.code == row.code
    assert (row.is_percentage, row.value) == (True, Decimal("10.000"))
    assert row.expires_on == date(2026, 8, 31)
    assert made.end_date == datetime(2026, 8, 31, 22, 0, tzinfo=timezone.utc)


def test_voucher_is_not_promised_when_the_merchant_offers_none():
    factories.activate()

    give(factories.delivered_order(), 5)
    factories.commit()

    assert (Feedback.objects.count(), ThanksVoucher.objects.count()) == (1, 0)
    assert Voucher.objects.count() == 0


def test_voucher_keeps_its_worth_when_the_merchant_changes_the_offer(order, told):
    give(order, 5)
    factories.activate(voucher_value="1.00")

    vouchers.create_voucher(ThanksVoucher.objects.get().pk, NOW)

    row = ThanksVoucher.objects.get()
    assert (row.state, row.value, row.is_percentage) == ("CREATED", Decimal("10.000"), True)


def test_late_offer_gives_no_voucher_when_feedback_was_given_before(told):
    factories.activate()
    order = factories.delivered_order()
    give(order, 5)
    factories.activate(voucher_value="10%")

    give(order, 4)

    assert ThanksVoucher.objects.count() == 0
    assert told == []


def test_codes_are_each_another_when_many_are_made():
    codes = {vouchers.new_code() for _ in range(500)}

    assert len(codes) == 500
    assert {len(code) for code in codes} == {12}
    assert set("".join(codes)) <= set("23456789BCDFGHJKMNPQRSTVWXYZ")


def test_promise_leaves_no_trace_when_the_feedback_is_not_saved(order, monkeypatch):
    monkeypatch.setattr(actions, "publish", lambda _event: (_ for _ in ()).throw(Killed()))

    with nothing_changed(), pytest.raises(Killed):
        give(order, 5)


#: Where a worker can die while it makes a voucher: all in one transaction.
STEPS = [
    (vouchers, "_locked"),
    (host_vouchers, "create"),
    (ThanksVoucher, "save"),
    (vouchers, "publish"),
]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(("owner", "name"), STEPS)
def test_one_voucher_is_made_when_the_worker_died_and_the_sweep_comes(
    order, monkeypatch, owner, name, after
):
    key = due(order, monkeypatch)
    real = getattr(owner, name)

    def killing(*args, **kwargs):
        if after:
            real(*args, **kwargs)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, killing)
        with nothing_changed(), pytest.raises(Killed):
            vouchers.create_voucher(key, NOW)

    assert vouchers.forgotten_vouchers(NOW + GRACE) == [key]
    assert vouchers.create_voucher(key, NOW) is True
    assert vouchers.create_voucher(key, NOW) is False
    assert Voucher.objects.count() == 1


def due(order, monkeypatch):
    """Key of a voucher that was promised and that no task has made."""
    with monkeypatch.context() as patch:
        patch.setattr(events, "_table", dict)
        give(order, 5)
    return ThanksVoucher.objects.get().pk


def test_made_voucher_is_told_once_when_tasks_run_twice(order, told):
    give(order, 5)
    row = ThanksVoucher.objects.get()

    tasks.create_voucher(row.pk)
    tasks.create_voucher(row.pk)

    assert told == [VoucherDue(row.pk), VoucherCreated(row.pk, str(order.pk))]


def test_forgotten_voucher_is_made_when_the_sweep_comes(order, monkeypatch):
    due(order, monkeypatch)

    tasks.sweep()
    factories.commit()

    assert ThanksVoucher.objects.get().state == "CREATED"
    assert Voucher.objects.count() == 1


def test_failed_voucher_is_tried_later_and_at_last_given_up(order, monkeypatch, told):
    give(order, 5)
    key = ThanksVoucher.objects.get().pk

    def refuse(*_args, **_kwargs):
        raise host_vouchers.VoucherRefused("Not today.")

    with monkeypatch.context() as patch:
        patch.setattr(host_vouchers, "create", refuse)
        pauses = []
        for _ in range(MAX_ATTEMPTS):
            assert vouchers.create_voucher(key, NOW) is False
            pauses.append(ThanksVoucher.objects.get().due_at - NOW)

    row = ThanksVoucher.objects.get()
    assert pauses == [FIRST_PAUSE * factor for factor in (1, 2, 4, 8, 16, 32)]
    assert (row.state, row.attempts) == ("FAILED", MAX_ATTEMPTS)
    assert row.detail == "VoucherRefused: Not today."
    assert vouchers.forgotten_vouchers(NOW + timedelta(days=9)) == []
    assert vouchers.create_voucher(key, NOW) is False
    assert (Voucher.objects.count(), told) == (0, [VoucherDue(key)])


def test_given_up_voucher_is_made_when_staff_try_again(order, told):
    row = give(order, 5)
    ThanksVoucher.objects.update(state="FAILED", attempts=MAX_ATTEMPTS, detail="Broken")

    vouchers.retry_voucher(row.pk, NOW)
    vouchers.retry_voucher(row.pk, NOW)

    key = ThanksVoucher.objects.get().pk
    assert told == [VoucherDue(key), VoucherDue(key)]
    assert vouchers.create_voucher(key, NOW) is True
    assert ThanksVoucher.objects.get().detail == ""


def test_retry_is_refused_when_no_voucher_was_promised():
    factories.activate()
    row = give(factories.delivered_order(), 5)

    with nothing_changed(), pytest.raises(NotFound):
        vouchers.retry_voucher(row.pk, NOW)


def test_voucher_waits_when_the_plugin_is_switched_off(order, told):
    give(order, 5)
    key = ThanksVoucher.objects.get().pk
    factories.activate(active=False, voucher_value="10%")

    assert vouchers.create_voucher(key, NOW) is False

    row = ThanksVoucher.objects.get()
    assert (row.state, row.attempts, row.due_at) == ("DUE", 0, NOW + INACTIVE_PAUSE)


def test_sweep_leaves_a_voucher_to_its_task_when_it_is_fresh(order, told):
    give(order, 5)
    key = ThanksVoucher.objects.get().pk

    assert vouchers.forgotten_vouchers(NOW + GRACE - timedelta(seconds=1)) == []
    assert vouchers.forgotten_vouchers(NOW + GRACE) == [key]
    assert vouchers.forgotten_vouchers(NOW + GRACE) == []


@pytest.mark.django_db(transaction=True)
def test_one_voucher_is_made_when_two_workers_come_at_once(monkeypatch):
    factories.activate(voucher_value="10%")
    key = due(factories.delivered_order(), monkeypatch)

    made = at_once(*[lambda: vouchers.create_voucher(key, NOW)] * 2)

    assert sorted(made) == [False, True]
    assert Voucher.objects.count() == 1
    assert ThanksVoucher.objects.get().state == "CREATED"
