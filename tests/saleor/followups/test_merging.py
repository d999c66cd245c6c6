"""Parcels of an order that are sent soon after each other are told of in one mail."""

from datetime import timedelta

import pytest

from saleor_aftersale import setting_checks
from saleor_aftersale.followups.merging import MERGE_WINDOW
from saleor_aftersale.followups.models import OutboxMail
from saleor_aftersale.tracking.statuses import ShipmentStatus
from tests import factories
from tests.factories import NOON
from tests.saleor.followups.asked import send_due

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

MINUTE = timedelta(minutes=1)
GOODS = ("Kettle", "Cup", "Spoon")


@pytest.fixture(autouse=True)
def active(clock):
    factories.activate(enabled_mails="shipment.sent, shipment.split, shipment.lost")


@pytest.fixture
def order():
    return factories.make_order(lines=dict.fromkeys(GOODS, 1))


def scan(order, name, clock, status=ShipmentStatus.IN_TRANSIT):
    """The first scan of a parcel with that product, now."""
    parcel = factories.fulfill(order, {name: 1}, tracking_number=f"1Z{name}".upper())
    return factories.scan(parcel, status, clock.now)


def fates():
    """Key, state and reason of each mail, first written first."""
    columns = ("key", "state", "detail")
    return list(OutboxMail.objects.order_by("pk").values_list(*columns))


def test_mail_about_a_part_waits_for_the_window(order, clock, mailbox):
    scan(order, "Kettle", clock)
    send_due(clock)
    at_once = len(mailbox)

    clock.now += MERGE_WINDOW
    send_due(clock)

    assert (at_once, len(mailbox)) == (0, 1)
    assert fates() == [("shipment.split", "SENT", "")]


def test_parcels_sent_within_the_window_are_told_of_together(order, clock, mailbox):
    scan(order, "Kettle", clock)
    clock.now += 10 * MINUTE
    scan(order, "Cup", clock)
    clock.now += 20 * MINUTE

    send_due(clock)

    (message,) = mailbox
    assert fates() == [("shipment.split", "SKIPPED", "MERGED"), ("shipment.split", "SENT", "")]
    for body in (message.body, message.alternatives[0][0]):
        assert all(f"1Z{name}".upper() in body for name in ("Kettle", "Cup"))
        assert "Spoon" in body and "1ZSPOON" not in body


def test_last_parcel_tells_of_all_at_once_and_waits_for_nothing(order, clock, mailbox):
    for name in GOODS:
        scan(order, name, clock)
        clock.now += MINUTE

    send_due(clock)

    (message,) = mailbox
    assert [fate[1:] for fate in fates()] == [("SKIPPED", "MERGED")] * 2 + [("SENT", "")]
    assert "is on its way" in message.subject
    assert [
        message.body.index(f"1Z{name}".upper()) for name in ("Spoon", "Kettle", "Cup")
    ] == sorted(message.body.index(f"1Z{name}".upper()) for name in GOODS)


def test_window_is_counted_from_the_first_parcel(order, clock, mailbox):
    scan(order, "Kettle", clock)
    clock.now += 29 * MINUTE
    scan(order, "Cup", clock)

    assert OutboxMail.objects.get(state="QUEUED").due_at == NOON + MERGE_WINDOW


def test_parcels_are_told_of_apart_when_the_window_is_over(order, clock, mailbox):
    scan(order, "Kettle", clock)
    clock.now += 31 * MINUTE
    scan(order, "Cup", clock)
    clock.now += MERGE_WINDOW

    send_due(clock)

    assert [fate[1] for fate in fates()] == ["SENT", "SENT"]
    assert len(mailbox) == 2


def test_mail_a_worker_has_is_left_to_it(order, clock):
    scan(order, "Kettle", clock)
    OutboxMail.objects.update(state="SENDING")

    scan(order, "Cup", clock)

    assert fates() == [("shipment.split", "SENDING", ""), ("shipment.split", "QUEUED", "")]
    assert "more_parcels" not in OutboxMail.objects.last().context


def test_mail_that_is_switched_off_takes_nothing_over(clock):
    order = factories.make_order(lines={"Kettle": 1, "Cup": 1})
    scan(order, "Kettle", clock)
    factories.activate(enabled_mails="shipment.split")

    scan(order, "Cup", clock)

    assert fates() == [
        ("shipment.split", "QUEUED", ""),
        ("shipment.sent", "SKIPPED", "MAIL_DISABLED"),
    ]


def test_parcel_is_told_of_once_when_a_notice_goes_beside_its_mail(order, clock):
    scan(order, "Kettle", clock)
    mail = OutboxMail.objects.get()
    mail.pk, mail.language = None, "en+sms"
    mail.save()

    scan(order, "Cup", clock)

    newest = OutboxMail.objects.order_by("pk").last()
    numbers = [parcel["tracking_number"] for parcel in newest.context["more_parcels"]]
    assert numbers == ["1ZKETTLE"]
    assert [fate[1] for fate in fates()] == ["SKIPPED", "SKIPPED", "QUEUED"]


def test_parcels_of_other_orders_are_told_of_apart(order, clock, mailbox):
    scan(order, "Kettle", clock)
    other = factories.make_order(lines=dict.fromkeys(GOODS, 1))
    scan(other, "Cup", clock)
    clock.now += MERGE_WINDOW

    send_due(clock)

    told = [
        [number for number in ("1ZCUP", "1ZKETTLE") if number in message.body]
        for message in mailbox
    ]
    assert sorted(told) == [["1ZCUP"], ["1ZKETTLE"]]


def test_newer_status_replaces_a_mail_that_waits(order, clock):
    shipment = scan(order, "Kettle", clock)
    clock.now += MINUTE

    factories.scan(
        factories.Fulfillment.objects.get(pk=shipment.fulfillment_ref),
        ShipmentStatus.LOST,
        clock.now,
    )

    assert fates() == [("shipment.split", "SKIPPED", "SUPERSEDED"), ("shipment.lost", "QUEUED", "")]


def test_only_parcel_is_told_of_at_once(clock, mailbox):
    assert "shipment.split" in setting_checks.DEFAULT_MAILS
    factories.scan(factories.fulfill(factories.make_order()), ShipmentStatus.PICKED_UP, clock.now)

    send_due(clock)

    assert fates() == [("shipment.sent", "SENT", "")]
    assert len(mailbox) == 1
