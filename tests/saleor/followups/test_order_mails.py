"""Mails about orders nothing was sent of, questions, replacements and repairs."""

from datetime import timedelta

import pytest
from django.core.cache import cache

from saleor_aftersale import setting_checks
from saleor_aftersale.followups import reminders, unsent_orders
from saleor_aftersale.followups.models import OutboxMail
from saleor_aftersale.returns import exchanges, messages, resolution
from saleor_aftersale.returns.models import ReturnRequest
from saleor_aftersale.tracking.models import OrderRecord, Shipment
from tests import factories
from tests.factories import CUSTOMER, NOON, STAFF
from tests.saleor.followups.asked import send_due

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

DAY = timedelta(days=1)
LATER = NOON + timedelta(days=1)


@pytest.fixture(autouse=True)
def active(clock):
    activate()


def activate(**values):
    factories.activate(enabled_mails="\n".join(setting_checks.MAIL_KEYS), **values)


def place(**order):
    """An order placed at noon of that Monday, and kept."""
    made = factories.make_order(placed_at=NOON, **order)
    factories.keep(made)
    OutboxMail.objects.all().delete()
    return made


def look(clock, days):
    """What customers are told so many days after the order."""
    clock.now = NOON + days * DAY
    cache.clear()
    unsent_orders.tell_of_unsent(clock.now)
    return list(OutboxMail.objects.order_by("pk").values_list("key", flat=True))


# Orders


def test_order_is_confirmed_once_when_it_is_placed(clock, mailbox):
    order = factories.make_order(lines={"Kettle": 2}, placed_at=NOON)
    for _ in range(2):
        factories.keep(order)

    send_due(clock)

    (message,) = mailbox
    assert message.subject == f"We have your order {factories.keep(order).number}"
    assert "- 2 × Kettle" in message.body and "Total: €25.00" in message.body


@pytest.mark.parametrize(("age", "status"), [(2 * DAY, "unfulfilled"), (timedelta(0), "canceled")])
def test_order_is_not_confirmed_when_it_is_old_or_over(clock, age, status):
    order = factories.make_order(placed_at=NOON - age)
    order.status = status
    order.save()

    factories.keep(order)

    assert OutboxMail.objects.count() == 0


def test_confirmation_is_off_at_first():
    assert "order.received" not in setting_checks.DEFAULT_MAILS


@pytest.mark.parametrize(("days", "keys"), [(1, []), (2, ["order.preparing"])])
def test_customer_hears_after_two_working_days_without_a_parcel(clock, days, keys):
    place()

    assert look(clock, days) == keys


def test_weekend_days_are_no_working_days(clock):
    order = factories.make_order(placed_at=NOON + 4 * DAY)
    factories.keep(order)
    OutboxMail.objects.all().delete()

    sunday, monday, tuesday = (look(clock, days) for days in (6, 7, 8))

    assert (sunday, monday, tuesday) == ([], [], ["order.preparing"])


def test_customer_hears_of_it_once(clock, mailbox):
    place()
    look(clock, 3)

    keys = look(clock, 9)
    send_due(clock)

    assert keys == ["order.preparing"]
    assert "hasn't left us yet" in mailbox[0].body


@pytest.mark.parametrize("status", ["fulfilled", "partially fulfilled", "canceled", "unconfirmed"])
def test_nobody_hears_when_the_order_does_not_wait(clock, status):
    order = place()
    order.status = status
    order.save()

    assert look(clock, 5) == []


def test_nobody_hears_when_there_is_a_parcel(clock):
    order = place()
    factories.fulfill(order)
    factories.keep(order)

    assert Shipment.objects.count() == 1
    assert look(clock, 5) == []


def test_nobody_hears_when_the_order_is_very_old(clock):
    place()

    assert look(clock, 46) == []


def test_nobody_hears_when_the_plugin_is_off(clock):
    place()
    factories.activate(active=False)

    assert look(clock, 5) == []


def test_broken_promise_is_told_after_the_promised_day(clock, mailbox):
    activate(dispatch_days="3")
    place()

    told = [look(clock, days) for days in (2, 4, 9)]
    send_due(clock)

    preparing, late = "order.preparing", "order.delayed_before_shipping"
    # Thursday may be a public holiday: then the promise ends on Friday.
    assert told[0] == [preparing]
    assert told[2] == [preparing, late]
    context = OutboxMail.objects.get(key=late).context
    assert context["promised_until"] in ("2026-06-04", "2026-06-05")
    assert "We promised to send it by" in mailbox[-1].body


def test_only_the_broken_promise_is_told_when_it_comes_first(clock):
    activate(dispatch_days="1")
    place()

    assert look(clock, 2) == ["order.delayed_before_shipping"]


def test_promise_of_an_unpaid_order_cannot_be_broken(clock):
    activate(dispatch_days="1")
    place(paid=False)

    assert look(clock, 9) == ["order.preparing"]


def test_orders_are_looked_at_seldom_and_with_few_queries(clock, django_assert_max_num_queries):
    for _ in range(3):
        place()
    clock.now = NOON + 3 * DAY
    assert unsent_orders.tell_of_unsent(clock.now) == 3

    with django_assert_max_num_queries(0):
        again = unsent_orders.tell_of_unsent(clock.now)
    cache.clear()
    with django_assert_max_num_queries(5):
        nothing = unsent_orders.tell_of_unsent(clock.now)

    assert (again, nothing) == (0, 0)


def test_all_orders_are_looked_at_when_there_are_more_than_a_group(clock, monkeypatch):
    monkeypatch.setattr(unsent_orders, "TOGETHER", 2)
    for _ in range(5):
        place()

    look(clock, 3)

    assert OutboxMail.objects.filter(key="order.preparing").count() == 5
    assert OrderRecord.objects.count() == 5


# Questions


@pytest.fixture
def asked():
    """A request with a question of Tuesday noon."""
    request = factories.ask(factories.delivered_order(), now=NOON)
    messages.ask_for_info(str(request.pk), STAFF, question="Which colour?", now=LATER)
    OutboxMail.objects.exclude(key="return.needs_info").delete()
    return request


def reminded():
    rows = OutboxMail.objects.filter(key="return.needs_info").order_by("pk")
    return [row.context["is_reminder"] for row in rows]


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (timedelta(days=3, seconds=-1), [False]),
        (timedelta(days=3), [False, True]),
        (timedelta(days=15), [False]),
    ],
)
def test_customer_is_reminded_of_a_question_after_three_days(asked, after, told):
    for _ in range(2):
        reminders.remind_asked(LATER + after)

    assert reminded() == told


def test_reminder_says_that_it_is_one(asked, clock, mailbox):
    reminders.remind_asked(LATER + 3 * DAY)
    clock.now = LATER + 3 * DAY

    send_due(clock)

    message = mailbox[-1]
    assert "we still have a question" in message.subject
    assert "We haven't heard from you yet." in message.body
    assert "Which colour?" in message.body


def test_nobody_is_reminded_who_has_answered(asked):
    messages.provide_info(str(asked.pk), CUSTOMER, answer="Red.", now=LATER + DAY)

    reminders.remind_asked(LATER + 4 * DAY)

    assert reminded() == [False]


def test_nobody_is_reminded_of_an_old_question_when_there_is_a_new_one(asked):
    messages.provide_info(str(asked.pk), CUSTOMER, answer="Red.", now=LATER + DAY)
    messages.ask_for_info(str(asked.pk), STAFF, question="Which red?", now=LATER + 2 * DAY)

    reminders.remind_asked(LATER + 4 * DAY)

    assert reminded() == [False, False]


# Replacements and repairs


def decided(word, *, clock):
    """A request whose goods came back and that is put right that way."""
    request = factories.inspected(factories.ask(factories.delivered_order()))
    OutboxMail.objects.all().delete()
    clock.now = NOON + 2 * DAY
    resolution.resolve_return(str(request.pk), STAFF, resolution=word, now=clock.now)
    return ReturnRequest.objects.get(pk=request.pk)


def keys():
    return list(OutboxMail.objects.order_by("pk").values_list("key", flat=True))


def test_repair_is_told_when_it_begins_and_when_it_is_sent(clock, mailbox):
    request = decided("REPAIR", clock=clock)
    begun = keys()

    exchanges.finish_by_hand(str(request.pk), STAFF, reference="1ZREPAIRED", now=clock.now)
    send_due(clock)

    assert begun == ["repair.started"]
    # The end of the request is not told once more.
    assert [key for key in keys() if "winback" not in key] == ["repair.started", "repair.sent"]
    assert "1ZREPAIRED" in mailbox[-1].body
    assert all(request.number in message.body for message in mailbox)


def test_replacement_is_told_when_it_is_sent(clock, mailbox):
    request = decided("REPLACEMENT", clock=clock)
    before = keys()

    exchanges.finish_by_hand(str(request.pk), STAFF, reference="", now=clock.now)
    send_due(clock)

    assert before == []
    assert [key for key in keys() if "winback" not in key] == ["exchange.sent"]
    assert "takes the place" in mailbox[0].body and "- 1 × Kettle" in mailbox[0].body


def test_end_is_told_when_the_mail_about_the_replacement_is_off(clock):
    wanted = [key for key in setting_checks.MAIL_KEYS if key != "exchange.sent"]
    request = decided("REPLACEMENT", clock=clock)
    factories.activate(enabled_mails="\n".join(wanted))

    exchanges.finish_by_hand(str(request.pk), STAFF, reference="", now=clock.now)

    rows = OutboxMail.objects.exclude(state="SKIPPED").exclude(key="winback.goodwill")
    assert [row.key for row in rows] == ["return.closed"]


def test_refund_is_told_by_no_other_mail(clock):
    request = decided("REFUND_ORIGINAL", clock=clock)

    assert request.state in ("RESOLVING", "COMPLETED")
    assert set(keys()) & {"repair.started", "repair.sent", "exchange.sent"} == set()
