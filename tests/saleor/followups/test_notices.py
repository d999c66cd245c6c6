"""Other ways than mail: a shop's own sender gets what it asked for, once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from saleor_aftersale import config
from saleor_aftersale.followups import claiming, delivery, schedule
from saleor_aftersale.followups.channels import NotSent, Sender, parse
from saleor_aftersale.followups.models import OutboxMail
from saleor_aftersale.tracking.statuses import ShipmentStatus
from tests import factories

pytestmark = pytest.mark.django_db

PATH = f"{__name__}.Text"
SETTING = f"sms = {PATH}: shipment.sent, shipment.delivered"


class Text(Sender):
    """Keeps what it is given; ``fault`` is raised first, once."""

    kept = []
    fault = None

    def send(self, notice):
        fault, Text.fault = Text.fault, None
        if fault is not None:
            raise fault
        Text.kept.append(notice)


class NoSender:
    pass


@pytest.fixture(autouse=True)
def _forget():
    Text.kept, Text.fault = [], None


def shipped(**settings):
    factories.activate(**{"mail_senders": SETTING, **settings})
    order = factories.make_order(lines={"Kettle": 1}, language="pl")
    factories.scan(factories.fulfill(order, tracking_number="1Z999"), ShipmentStatus.PICKED_UP)
    return order


def states():
    return dict(OutboxMail.objects.values_list("language", "state"))


def test_notice_goes_out_beside_its_mail(mailbox):
    order = shipped()

    factories.commit()

    (notice,) = Text.kept
    row = OutboxMail.objects.get(language="pl+sms")
    (message,) = mailbox
    assert states() == {"pl": "SENT", "pl+sms": "SENT"}
    assert notice.notice_id == row.message_id
    assert (notice.key, notice.language) == ("shipment.sent", "pl")
    assert (notice.subject, notice.order_ref) == (message.subject, str(order.pk))
    assert "1Z999" in notice.text
    assert notice.customer_email == "boris@example.com"


def test_nothing_is_queued_beside_a_mail_nobody_asked_for():
    shipped(mail_senders=f"sms = {PATH}: shipment.delivered")

    assert states() == {"pl": "QUEUED"}


def test_notice_is_given_once_when_its_task_runs_twice(mailbox):
    shipped()
    pk = OutboxMail.objects.get(language="pl+sms").pk

    delivery.deliver_mail(pk, timezone.now())
    delivery.deliver_mail(pk, timezone.now())
    factories.commit()

    assert len(Text.kept) == len(mailbox) == 1


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (NotSent("no such number", is_permanent=True), "DEAD"),
        (NotSent("busy", is_permanent=False), "QUEUED"),
        (RuntimeError("bug"), "QUEUED"),
    ],
)
def test_mail_goes_out_when_its_notice_does_not(mailbox, fault, state):
    Text.fault = fault
    shipped()

    factories.commit()

    row = OutboxMail.objects.get(language="pl+sms")
    assert states() == {"pl": "SENT", "pl+sms": state}
    assert str(fault) in row.detail
    assert (len(mailbox), Text.kept) == (1, [])


def test_notice_is_given_again_when_the_fault_passed(mailbox):
    Text.fault = NotSent("busy", is_permanent=False)
    shipped()
    factories.commit()

    pk = OutboxMail.objects.get(language="pl+sms").pk
    delivery.deliver_mail(pk, timezone.now() + timedelta(minutes=3))

    assert len(Text.kept) == 1
    assert states() == {"pl": "SENT", "pl+sms": "SENT"}


def test_notice_is_in_doubt_when_its_worker_died():
    class Killed(BaseException):
        pass

    Text.fault = Killed()
    shipped()
    pk = OutboxMail.objects.get(language="pl+sms").pk

    with pytest.raises(Killed):
        delivery.deliver_mail(pk, timezone.now())
    claiming.free_expired_leases(timezone.now() + schedule.LEASE * 2)

    assert states()["pl+sms"] == "UNCONFIRMED"


def test_notice_is_left_out_when_the_setting_no_longer_names_its_sender(mailbox):
    shipped()
    factories.activate(mail_senders="")

    factories.commit()

    assert states() == {"pl": "SENT", "pl+sms": "SKIPPED"}
    assert Text.kept == []


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("sms", "write name = class: mails"),
        (f"SMS = {PATH}: order.link", "write name = class: mails"),
        (f"sms = {PATH}: shipment.gone", "Unknown mail: shipment.gone"),
        (f"sms = {PATH}: voucher.thanks", "Goes out by mail only: voucher.thanks"),
        (f"sms = {PATH}: withdrawal.acknowledged", "Goes out by mail only"),
        ("sms = no.such.Sender: order.link", "There is no no.such.Sender"),
        (f"sms = {__name__}.Gone: order.link", "There is no"),
        (f"sms = {__name__}.NoSender: order.link", "is no class made from"),
        ("sms = os.system: order.link", "is no class made from"),
        (f"{SETTING}\n{SETTING}", "sms stands here twice"),
        ("\n".join([SETTING] * 6), "up to 5 lines"),
    ],
)
def test_setting_is_refused_when_it_names_no_sender(value, words):
    faults = config.check({"mail_senders": value})

    assert list(faults) == ["mail_senders"]
    assert words in faults["mail_senders"]


def test_setting_is_read():
    (channel,) = parse(f"\n{SETTING}\n")

    assert (channel.name, channel.path) == ("sms", PATH)
    assert channel.keys == ("shipment.sent", "shipment.delivered")
    assert isinstance(channel.sender(), Text)
