"""Which mail follows from what: from news of parcels and steps of returns, once, if it is news."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from saleor_aftersale import setting_checks, texts
from saleor_aftersale.events import (
    ParcelReportedMissing,
    PickupDue,
    ShipmentLate,
    StoreCreditIssued,
    publish,
)
from saleor_aftersale.followups import reminders
from saleor_aftersale.followups.catalogue import (
    CATALOGUE,
    context_in_words,
    kinds_on,
    marketing_keys,
)
from saleor_aftersale.followups.models import OutboxMail
from saleor_aftersale.host import giftcards
from saleor_aftersale.returns import actions as returns
from saleor_aftersale.returns import inspection, messages, sending
from saleor_aftersale.returns.bases import Basis
from saleor_aftersale.returns.models import Refund, ReturnRequest
from saleor_aftersale.tracking import watching
from saleor_aftersale.tracking.models import Shipment
from saleor_aftersale.tracking.statuses import ShipmentStatus
from saleor_aftersale.values import Money
from tests import factories
from tests.factories import CUSTOMER, NOON, STAFF

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

S = ShipmentStatus
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture(autouse=True)
def active():
    factories.activate(enabled_mails="\n".join(setting_checks.MAIL_KEYS))


@pytest.fixture
def parcel():
    """The only parcel of an order, on its way for days; its first mail is forgotten."""
    fulfillment = factories.fulfill(factories.make_order())
    factories.scan(fulfillment, S.IN_TRANSIT, timezone.now() - 4 * DAY)
    OutboxMail.objects.all().delete()
    return fulfillment


def scan(fulfillment, status, ago=HOUR, **more):
    return factories.scan(fulfillment, status, timezone.now() - ago, **more)


def queued():
    """Keys of mails about the contract in the outbox, first written first."""
    rows = OutboxMail.objects.exclude(key__in=marketing_keys()).order_by("pk")
    return list(rows.values_list("key", flat=True))


def context():
    """What the newest mail holds."""
    rows = OutboxMail.objects.exclude(key__in=marketing_keys())
    return rows.order_by("pk").last().context


def holds(**expected):
    found = context()
    return {name: found[name] for name in expected} == expected


# The catalogue as such


def test_settings_can_switch_each_mail_off_that_nothing_else_needs():
    optional = {key for key, kind in CATALOGUE.items() if not kind.is_required}

    assert optional == set(setting_checks.MAIL_KEYS)


def test_mails_that_cannot_be_switched_off_are_the_lawful_ones_and_the_link():
    required = {key for key, kind in CATALOGUE.items() if kind.is_required}

    assert required == {
        "order.link",
        "withdrawal.acknowledged",
        "complaint.answered",
        "staff.refund_failed",
    }
    assert required == set(setting_checks.REQUIRED_MAILS)


def test_quiet_mails_are_known_when_they_are_off_at_first():
    off = set(setting_checks.MAIL_KEYS) - set(setting_checks.DEFAULT_MAILS)

    assert off == {"order.received", "shipment.out_for_delivery", "return.on_the_way"}


def test_every_mail_has_an_entry_in_words():
    # The acknowledgement isn't in the outbox, so no timeline tells it.
    told = {"mail." + key for key in CATALOGUE if key != "withdrawal.acknowledged"}

    assert told - set(texts.codes()) == set()


def test_event_triggers_nothing_when_no_mail_is_about_it():
    assert kinds_on(ParcelReportedMissing(1, "1")) == []


# Parcels


@pytest.mark.parametrize(
    ("status", "key"),
    [
        (S.OUT_FOR_DELIVERY, "shipment.out_for_delivery"),
        (S.READY_FOR_PICKUP, "shipment.ready_for_pickup"),
        (S.ATTEMPT_FAILED, "shipment.attempt_failed"),
        (S.DELAYED, "shipment.delayed"),
        (S.RETURNING, "shipment.returning"),
        (S.RETURNED_TO_SENDER, "shipment.returning"),
        (S.LOST, "shipment.lost"),
        (S.DAMAGED, "shipment.lost"),
        (S.DELIVERED, "shipment.delivered"),
    ],
)
def test_status_has_its_one_mail_when_it_is_news(parcel, status, key):
    scan(parcel, status)

    assert queued() == [key]


@pytest.mark.parametrize(
    "status", [S.OUT_FOR_DELIVERY, S.READY_FOR_PICKUP, S.ATTEMPT_FAILED, S.DELAYED, S.LOST]
)
def test_status_has_no_mail_when_the_shop_hears_of_it_weeks_later(parcel, status):
    Shipment.objects.get().events.all().delete()

    scan(parcel, status, 20 * DAY)

    assert Shipment.objects.get().status == status.value
    assert queued() == []


def test_mail_has_words_for_reason_and_act_when_delivery_failed(parcel):
    scan(parcel, S.ATTEMPT_FAILED, reason="NOT_HOME")

    words = context_in_words(context())

    assert words["incident_text"] == "Nobody was there to receive it."
    assert words["act_text"].startswith("Look at the carrier's notice or page: choose")


def test_failed_attempts_of_two_days_have_two_mails(parcel):
    scan(parcel, S.ATTEMPT_FAILED, 2 * DAY)
    scan(parcel, S.OUT_FOR_DELIVERY, 2 * HOUR)
    scan(parcel, S.ATTEMPT_FAILED, HOUR)

    assert queued().count("shipment.attempt_failed") == 2


@pytest.mark.parametrize(
    ("reason", "keys"),
    [
        ("WRONG_ADDRESS", ["shipment.action_required"]),
        ("CUSTOMS_DUTIES", ["shipment.action_required"]),
        ("PACKAGING", []),
        ("", []),
    ],
)
def test_parcel_on_hold_has_a_mail_when_the_customer_can_act(parcel, reason, keys):
    scan(parcel, S.ON_HOLD, reason=reason)

    assert queued() == keys


def test_pickup_mail_says_where_and_until_when(parcel):
    until = timezone.now() + 2 * DAY

    scan(parcel, S.READY_FOR_PICKUP, location="Paczkomat WAW04N", collect_by=until)

    assert holds(place="Paczkomat WAW04N", collect_by_at=until.isoformat())


def test_first_parcel_of_two_is_told_as_a_part_when_it_leaves():
    order = factories.make_order(lines={"Kettle": 3, "Mug": 1})
    fulfillment = factories.fulfill(order, {"Kettle": 1}, tracking_number="1Z1")

    scan(fulfillment, S.PICKED_UP)

    assert queued() == ["shipment.split"]
    rest = [{"product_name": "Kettle", "quantity": 2}, {"product_name": "Mug", "quantity": 1}]
    assert holds(lines=[{"product_name": "Kettle", "quantity": 1}], rest=rest)


def test_last_parcel_of_two_is_told_as_sent_when_it_leaves():
    order = factories.make_order(lines={"Kettle": 1, "Mug": 1})
    for name in ("Kettle", "Mug"):
        scan(factories.fulfill(order, {name: 1}, tracking_number="1Z" + name), S.PICKED_UP)

    assert queued() == ["shipment.split", "shipment.sent"]


def test_part_is_told_as_sent_when_split_mails_are_switched_off():
    factories.activate(enabled_mails="shipment.sent")
    order = factories.make_order(lines={"Kettle": 3})

    scan(factories.fulfill(order, {"Kettle": 1}), S.PICKED_UP)

    rows = OutboxMail.objects.order_by("key").values_list("key", "state")
    assert list(rows) == [("shipment.sent", "QUEUED"), ("shipment.split", "SKIPPED")]


def test_parcel_is_not_told_as_sent_when_it_goes_back_at_once():
    scan(factories.fulfill(factories.make_order()), S.RETURNING)

    assert queued() == ["shipment.returning"]


# A promise that was broken


def late(parcel, since):
    shipment = Shipment.objects.get()
    publish(ShipmentLate(shipment.pk, str(parcel.order.pk), since))


def test_late_parcel_has_one_mail_for_each_promise(parcel):
    first, second = timezone.now() - DAY, timezone.now() - HOUR

    for since in (first, first, second):
        late(parcel, since)

    assert queued() == ["shipment.delayed"] * 2


def test_carrier_and_sweep_tell_one_broken_promise_once(parcel):
    promise = timezone.now() + DAY
    scan(parcel, S.DELAYED, promised_until=promise)

    late(parcel, promise)

    assert queued() == ["shipment.delayed"]


def test_late_parcel_has_no_mail_when_the_promise_is_long_past(parcel):
    late(parcel, timezone.now() - 8 * DAY)

    assert queued() == []


# Still to be collected


def waiting(parcel, collect_by, ago=3 * DAY):
    scan(parcel, S.READY_FOR_PICKUP, ago, collect_by=collect_by)
    OutboxMail.objects.all().delete()


def test_reminders_come_on_both_mornings_when_the_parcel_still_waits(parcel):
    collect_by = timezone.now().replace(hour=20, minute=0) + 3 * DAY
    waiting(parcel, collect_by, HOUR)
    morning = collect_by.replace(hour=7, minute=1)

    for moment in (morning - 2 * DAY, morning - DAY, morning - DAY + HOUR, morning):
        Shipment.objects.update(watch_at=moment)
        watching.look_after(moment)

    assert queued() == ["shipment.pickup_reminder"] * 2
    told = OutboxMail.objects.order_by("pk").values_list("context", flat=True)
    assert [item["is_last_day"] for item in told] == [False, True]


def test_reminder_is_left_out_when_the_parcel_came_that_day(parcel):
    collect_by = timezone.now() + 2 * HOUR
    waiting(parcel, collect_by, timedelta(minutes=1))

    watching.look_after(timezone.now() + timedelta(minutes=2))

    assert queued() == []


@pytest.mark.parametrize("status", [S.DELIVERED, S.RETURNING])
def test_reminder_is_left_out_when_the_parcel_waits_no_more(parcel, status):
    collect_by = timezone.now() + DAY
    waiting(parcel, collect_by)
    scan(parcel, status)
    OutboxMail.objects.all().delete()

    watching.look_after(timezone.now())

    assert queued() == []


def test_reminder_of_one_morning_is_one_mail_when_published_again(parcel):
    shipment = Shipment.objects.get()
    due = PickupDue(shipment.pk, str(parcel.order.pk), timezone.now(), is_last_day=True)

    for _ in range(2):
        publish(due)

    assert queued() == ["shipment.pickup_reminder"]


# Returns


@pytest.fixture
def request_(active):
    """A withdrawal from both pieces of an order; its first mails are forgotten."""
    request = factories.ask(factories.delivered_order(lines={"Kettle": 2}), 2)
    OutboxMail.objects.all().delete()
    return request


def approved(request):
    returns.approve_return(str(request.pk), STAFF, now=NOON + 2 * DAY)
    OutboxMail.objects.all().delete()
    return str(request.pk)


def test_question_has_its_own_mail_each_time(request_):
    key = str(request_.pk)
    for number in (1, 2):
        messages.ask_for_info(key, STAFF, question=f"Which one, {number}?", now=NOON + 2 * DAY)
        messages.provide_info(key, CUSTOMER, answer=f"The red one, {number}.", now=NOON + 2 * DAY)

    asked = OutboxMail.objects.filter(key="return.needs_info").order_by("pk")

    assert [row.context["question"] for row in asked] == ["Which one, 1?", "Which one, 2?"]
    assert set(queued()) <= {"return.needs_info", "return.received_request"}


def test_message_of_the_shop_has_a_mail_but_neither_the_customers_nor_a_note(request_):
    key = str(request_.pk)

    messages.add_message(key, CUSTOMER, text="Hello?", now=NOON + 2 * DAY)
    messages.add_note(key, STAFF, text="A known customer.", now=NOON + 2 * DAY)
    messages.add_message(key, STAFF, text="Hello!", now=NOON + 2 * DAY)

    assert queued() == ["return.reply"]
    assert holds(message="Hello!", return_number=request_.number)


def test_goods_on_their_way_and_arrived_have_a_mail_each(request_):
    key = approved(request_)

    sending.provide_shipping(key, CUSTOMER, tracking_number="1ZBACK", now=NOON + 3 * DAY)
    line = request_.lines.get()
    for count in (1, 1):
        returns.receive_return(key, STAFF, quantities={line.pk: count}, now=NOON + 4 * DAY)

    assert queued() == ["return.on_the_way", "return.arrived", "return.arrived"]


def test_mails_name_the_pieces_that_were_approved_and_came(request_):
    key, line = str(request_.pk), request_.lines.get()
    pieces = [{"product_name": "Kettle", "quantity": 2, "reason": ""}]

    returns.approve_return(key, STAFF, now=NOON + 2 * DAY)
    approved_lines = context()["lines"]
    returns.receive_return(key, STAFF, quantities={line.pk: 1}, now=NOON + 3 * DAY)

    assert approved_lines == pieces
    assert context()["lines"] == [dict(pieces[0], quantity=1)]


def test_inspection_mail_says_what_was_deducted_and_why(request_):
    key = approved(request_)
    returns.receive_return(key, STAFF, now=NOON + 3 * DAY)
    line = request_.lines.get()
    found = inspection.InspectedLine(line.pk, 2, lost_value=Decimal("0.125"), note="Scratches.")

    inspection.inspect_return(key, STAFF, findings=[found], now=NOON + 4 * DAY)

    (said,) = context_in_words(context())["lines"]
    assert queued()[-1] == "return.inspected"
    assert (said["outcome_text"], said["deduction"], said["note"]) == (
        "Accepted with a deduction",
        "12.5",
        "Scratches.",
    )


def test_cancelled_request_is_told_as_closed(request_):
    returns.cancel_return(str(request_.pk), CUSTOMER, now=NOON + 2 * DAY)

    assert queued() == ["return.closed"]
    assert holds(ending="CANCELLED")


def complaint(basis):
    made = factories.ask(factories.delivered_order(), basis=basis)
    OutboxMail.objects.all().delete()
    return made


@pytest.mark.parametrize(
    ("basis", "key"),
    [
        (Basis.NON_CONFORMITY, "complaint.answered"),
        (Basis.GOODWILL_RETURN, "return.declined"),
    ],
)
def test_declined_request_has_one_mail_with_the_reason(basis, key):
    request = complaint(basis)

    returns.decline_return(
        str(request.pk), STAFF, code="DAMAGE_BY_USE", note="Burnt.", now=NOON + 2 * DAY
    )

    assert queued() == [key]
    assert holds(refusal="DAMAGE_BY_USE", decline_note="Burnt.")


def test_complaint_is_answered_though_every_mail_is_switched_off():
    factories.activate(enabled_mails="")
    request = complaint(Basis.NON_CONFORMITY)

    returns.approve_return(str(request.pk), STAFF, now=NOON + 2 * DAY)

    rows = OutboxMail.objects.order_by("key").values_list("key", "state")
    assert list(rows) == [("complaint.answered", "QUEUED"), ("return.approved", "SKIPPED")]


# The last day to send goods back


def test_approval_and_reminder_name_the_same_last_day(request_):
    returns.approve_return(str(request_.pk), STAFF, now=NOON + 2 * DAY)
    told = OutboxMail.objects.get(key="return.approved").context["send_back_until"]

    reminders.remind_senders(ReturnRequest.objects.get().send_back_by - 3 * DAY)

    assert told == context()["send_back_until"] == "2026-06-17"


def test_sender_is_reminded_once_when_few_days_are_left(request_):
    approved(request_)
    last = ReturnRequest.objects.get().send_back_by

    counts = [
        reminders.remind_senders(moment)
        for moment in (last - 5 * DAY, last - 3 * DAY, last - 2 * DAY, last + DAY)
    ]

    assert counts == [0, 1, 0, 0]
    assert queued() == ["return.send_reminder"]
    assert holds(send_back_until=(last - HOUR * 12).date().isoformat())


def test_sender_is_not_reminded_when_the_goods_are_on_their_way(request_):
    key = approved(request_)
    last = ReturnRequest.objects.get().send_back_by
    sending.provide_shipping(key, CUSTOMER, tracking_number="1ZBACK", now=NOON + 3 * DAY)

    assert reminders.remind_senders(last - 3 * DAY) == 0


def test_sender_is_not_reminded_while_the_plugin_is_switched_off(request_):
    approved(request_)
    last = ReturnRequest.objects.get().send_back_by
    factories.activate(active=False)

    assert reminders.remind_senders(last - 3 * DAY) == 0


# Store credit


def test_mail_has_the_code_of_store_credit_which_the_outbox_does_not_keep(request_, monkeypatch):
    monkeypatch.setattr(giftcards, "code_of", {"7": "ABCD-1234"}.__getitem__)
    refund = Refund.objects.create(
        request=request_,
        key=request_.number + "/1",
        amount=20,
        currency="EUR",
        state="SETTLED",
        created_at=NOON,
    )
    order_ref = request_.order.order_ref

    publish(StoreCreditIssued(refund.pk, request_.pk, order_ref, "7", Money(Decimal(20), "EUR")))

    assert queued() == ["refund.issued"]
    assert "ABCD-1234" not in str(context())
    assert context_in_words(context())["card_code"] == "ABCD-1234"
