"""The outbox: what is queued, what is sent, and what becomes of a mail that meets trouble."""

import smtplib
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from saleor_aftersale import tasks
from saleor_aftersale.followups import actions, claiming, delivery, outbox, schedule
from saleor_aftersale.followups.catalogue import Draft
from saleor_aftersale.followups.models import OutboxMail
from saleor_aftersale.host import mail
from saleor_aftersale.tracking.models import OrderRecord
from tests import factories
from tests.factories import nothing_changed

pytestmark = pytest.mark.django_db


class Transport:
    """A mail connection that does as it is told and keeps what it is handed."""

    def __init__(self):
        self.faults = []
        self.refuses_connections = False
        self.sent = []

    def open(self):
        if self.refuses_connections:
            raise ConnectionRefusedError(111, "Connection refused")

    def send_messages(self, messages):
        if self.faults:
            raise self.faults.pop(0)
        self.sent += messages

    def close(self):
        pass


class Killed(BaseException):
    """What a worker that is killed looks like from inside."""


@pytest.fixture(autouse=True)
def no_jitter(monkeypatch):
    """Pauses between tries are what the rule says, to the second."""
    monkeypatch.setattr(delivery.random, "random", lambda: 0)


@pytest.fixture
def transport(monkeypatch):
    made = Transport()
    account = ("Example", "shop@example.com", lambda: made)
    monkeypatch.setattr(mail, "account", lambda channel: account)
    return made


@pytest.fixture
def record():
    factories.activate()
    return factories.keep(factories.make_order())


def draft(record, subject="shipment:1"):
    context = {"carrier": "UPS", "tracking_number": "1Z", "tracking_url": "", "lines": []}
    return Draft(subject, record.order_ref, context)


@pytest.fixture
def queued(record):
    """A mail whose task never reached a worker."""
    with transaction.atomic():
        row = actions.queue_mail("shipment.sent", draft(record))
    factories.connection.run_on_commit = []
    return row


def deliver(row, now=None):
    """The row after one try."""
    delivery.deliver_mail(row.pk, now or timezone.now())
    return OutboxMail.objects.get(pk=row.pk)


def swept(row, now):
    """The row after a sweep at that moment and the tries it led to."""
    claiming.free_expired_leases(now)
    for mail_id in claiming.due_mails(now):
        delivery.deliver_mail(mail_id, now)
    return OutboxMail.objects.get(pk=row.pk)


# Queued once


def test_mail_is_queued_once_when_asked_twice(record, transport):
    first = actions.queue_mail("shipment.sent", draft(record))
    factories.commit()

    with nothing_changed():
        second = actions.queue_mail("shipment.sent", draft(record))
        factories.commit()

    assert (first.state, second) == ("QUEUED", None)
    assert len(transport.sent) == 1


@pytest.mark.parametrize(
    ("key", "subject", "language"),
    [
        ("shipment.delivered", "shipment:1", "en"),
        ("shipment.sent", "shipment:2", "en"),
        ("shipment.sent", "shipment:1", "pl"),
    ],
)
def test_mail_is_another_one_when_key_subject_or_language_is(record, key, subject, language):
    actions.queue_mail("shipment.sent", draft(record))
    OrderRecord.objects.update(language=language)

    row = actions.queue_mail(key, draft(record, subject))

    assert (row.key, row.subject_ref, row.language) == (key, subject, language)


def test_mail_goes_out_only_after_commit(record, transport):
    with transaction.atomic():
        actions.queue_mail("shipment.sent", draft(record))
        before = list(transport.sent)

    factories.commit()

    assert (len(before), len(transport.sent)) == (0, 1)


def test_mail_is_forgotten_when_transaction_fails(record, transport):
    with nothing_changed():
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            actions.queue_mail("shipment.sent", draft(record))
            raise ZeroDivisionError
        factories.commit()

    assert transport.sent == []


# Skipped


def test_mail_is_skipped_when_merchant_switched_it_off(record, transport):
    factories.activate(enabled_mails="refund.issued")

    row = actions.queue_mail("shipment.sent", draft(record))
    factories.commit()

    assert (row.state, row.detail) == ("SKIPPED", "MAIL_DISABLED")
    assert transport.sent == []


def test_mail_is_skipped_when_it_is_switched_off_while_it_waits(queued, transport):
    factories.activate(enabled_mails="")

    row = deliver(queued)

    assert (row.state, row.detail) == ("SKIPPED", "MAIL_DISABLED")
    assert transport.sent == []


def test_mail_is_skipped_when_order_has_no_mailbox(transport):
    factories.activate()
    record = factories.keep(factories.make_order(email=""))

    row = actions.queue_mail("shipment.sent", draft(record))
    factories.commit()

    assert (row.state, row.detail) == ("SKIPPED", "NO_ADDRESS")
    assert transport.sent == []


def test_link_goes_out_when_all_mails_are_switched_off(record, transport):
    factories.activate(enabled_mails="")

    actions.queue_order_link(record.number, "boris@example.com", timezone.now())
    factories.commit()

    assert [message.to for message in transport.sent] == [["boris@example.com"]]


# Language


@pytest.mark.parametrize(
    ("ordered_in", "languages", "language"),
    [
        ("bg", "en, pl, bg, ru", "bg"),
        ("pl-PL", "en, pl", "pl"),
        ("pt_BR", "en, pl", "en"),
        ("de", "pl, en", "pl"),
        ("ru", "bg", "bg"),
        ("", "ru, en", "ru"),
    ],
)
def test_mail_is_in_language_of_order_or_else_the_first_one(ordered_in, languages, language):
    factories.activate(languages=languages)
    record = factories.keep(factories.make_order(language=ordered_in))

    row = actions.queue_mail("shipment.sent", draft(record))

    assert row.language == language


# Trouble


def test_mail_is_sent_later_once_when_server_is_down(queued, transport):
    now = timezone.now()
    transport.refuses_connections = True

    waiting = deliver(queued, now)
    transport.refuses_connections = False
    too_early = swept(queued, now + timedelta(seconds=59))
    sent = swept(queued, now + timedelta(seconds=61))
    again = swept(queued, now + timedelta(days=1))

    assert (waiting.state, waiting.due_at) == ("QUEUED", now + timedelta(minutes=1))
    assert "Connection refused" in waiting.detail
    assert too_early.state == "QUEUED"
    assert (sent.state, sent.attempts, sent.detail) == ("SENT", 2, "")
    assert again.state == "SENT"
    assert len(transport.sent) == 1


def test_mail_is_sent_once_when_task_runs_twice(queued, transport):
    deliver(queued)

    row = deliver(queued)

    assert (row.state, row.attempts) == ("SENT", 1)
    assert len(transport.sent) == 1


def _refusal(code):
    return smtplib.SMTPRecipientsRefused({"boris@example.com": (code, b"no")})


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (smtplib.SMTPDataError(451, b"try later"), "QUEUED"),
        (smtplib.SMTPDataError(554, b"spam"), "DEAD"),
        (smtplib.SMTPSenderRefused(450, b"busy", "shop@example.com"), "QUEUED"),
        (smtplib.SMTPSenderRefused(550, b"who?", "shop@example.com"), "DEAD"),
        (_refusal(450), "QUEUED"),
        (_refusal(550), "DEAD"),
        (smtplib.SMTPServerDisconnected("gone"), "UNCONFIRMED"),
        (TimeoutError("slow"), "UNCONFIRMED"),
        (ConnectionResetError("reset"), "UNCONFIRMED"),
    ],
)
def test_mail_ends_as_the_servers_answer_says(queued, transport, fault, state):
    transport.faults.append(fault)

    row = deliver(queued)

    assert (row.state, row.sent_at) == (state, None)
    assert row.detail != ""


@pytest.mark.parametrize("code", [421, 454])
def test_mail_waits_when_login_or_greeting_fails(queued, transport, code):
    def refuse():
        raise smtplib.SMTPResponseException(code, b"not now")

    transport.open = refuse

    row = deliver(queued)

    assert (row.state, row.attempts) == ("QUEUED", 1)


def test_mail_is_given_up_when_faults_never_end(queued, transport):
    transport.refuses_connections = True
    OutboxMail.objects.update(attempts=schedule.MAX_ATTEMPTS - 1)

    row = deliver(queued)

    assert (row.state, row.attempts) == ("DEAD", schedule.MAX_ATTEMPTS)


def test_mail_waits_when_it_cannot_be_made(queued, transport, monkeypatch):
    OutboxMail.objects.update(context={"promised_at": 5, "lines": [3]})

    row = deliver(queued)

    assert (row.state, row.attempts) == ("QUEUED", 1)
    assert transport.sent == []


def test_mail_waits_when_shop_has_no_mail_settings(queued, monkeypatch):
    def refuse(channel):
        raise mail.MailNotConfigured("Set it up.")

    monkeypatch.setattr(mail, "account", refuse)

    row = deliver(queued)

    assert (row.state, row.detail) == ("QUEUED", "Set it up.")


def test_mail_waits_uncounted_when_plugin_is_inactive(queued, transport):
    factories.activate(active=False)
    now = timezone.now()

    row = deliver(queued, now)
    factories.activate()
    sent = swept(queued, now + delivery.INACTIVE_PAUSE)

    assert (row.state, row.attempts, row.detail) == ("QUEUED", 0, "The plugin is switched off.")
    assert sent.state == "SENT"


# Dead workers


def test_mail_is_free_again_when_worker_died_before_handover(queued, transport, monkeypatch):
    now = timezone.now()

    def die():
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(transport, "open", die)
        with pytest.raises(Killed):
            deliver(queued, now)
    held = swept(queued, now + schedule.LEASE - timedelta(seconds=1))
    freed = swept(queued, now + schedule.LEASE)

    assert (held.state, held.handed_over_at) == ("SENDING", None)
    assert freed.state == "SENT"
    assert len(transport.sent) == 1


def test_mail_is_unconfirmed_when_worker_died_after_handover(queued, transport):
    now = timezone.now()
    transport.faults.append(Killed())

    with pytest.raises(Killed):
        deliver(queued, now)
    doubtful = swept(queued, now + schedule.LEASE)
    later = swept(queued, now + timedelta(days=3))

    assert (doubtful.state, later.state) == ("UNCONFIRMED", "UNCONFIRMED")
    assert doubtful.detail == "The worker stopped after handing the message over."
    assert transport.sent == []


@pytest.mark.parametrize("state", ["UNCONFIRMED", "DEAD"])
def test_resend_sends_when_a_person_decides(queued, transport, state):
    OutboxMail.objects.update(state=state, attempts=16, handed_over_at=timezone.now())

    done = outbox.resend_unconfirmed(queued.pk, timezone.now())
    factories.commit()

    row = OutboxMail.objects.get()
    assert (done, row.state, row.attempts) == (True, "SENT", 1)
    assert len(transport.sent) == 1
    assert transport.sent[0].extra_headers["Message-ID"] == queued.message_id


@pytest.mark.parametrize("state", ["QUEUED", "SENDING", "SENT", "SKIPPED"])
def test_resend_does_nothing_when_nobody_doubts(queued, transport, state):
    OutboxMail.objects.update(state=state)

    with nothing_changed():
        done = outbox.resend_unconfirmed(queued.pk, timezone.now())
        factories.commit()

    assert done is False


def test_sweep_sends_what_a_lost_message_left(queued, transport):
    tasks.sweep()
    factories.commit()

    assert OutboxMail.objects.get().state == "SENT"


def test_mail_waits_for_the_sweep_when_broker_is_down(record, transport, monkeypatch, caplog):
    def refuse(*arguments):
        raise ConnectionError("no broker")

    with monkeypatch.context() as patch:
        patch.setattr(tasks.send_mail, "delay", refuse)
        row = actions.queue_mail("shipment.sent", draft(record))
        factories.commit()
    waiting = OutboxMail.objects.get(pk=row.pk).state
    tasks.sweep()
    factories.commit()

    assert waiting == "QUEUED"
    assert "was not enqueued; the sweep will find it" in caplog.text
    assert OutboxMail.objects.get(pk=row.pk).state == "SENT"


def test_due_mails_come_longest_waiting_first(record):
    now = timezone.now()
    rows = [actions.queue_mail("shipment.sent", draft(record, f"shipment:{n}")) for n in (1, 2, 3)]
    for row, minutes in zip(rows, (5, 9, -1)):
        OutboxMail.objects.filter(pk=row.pk).update(due_at=now - timedelta(minutes=minutes))

    assert claiming.due_mails(now) == [rows[1].pk, rows[0].pk]
    assert claiming.due_mails(now, limit=1) == [rows[1].pk]


# A link for a guest


@pytest.mark.parametrize("email", ["boris@example.com", " Boris@Example.COM"])
def test_link_is_mailed_when_number_and_mailbox_fit(record, transport, email):
    actions.queue_order_link(record.number, email, timezone.now())
    factories.commit()

    (message,) = transport.sent
    assert message.to == ["boris@example.com"]
    assert record.number in message.subject


@pytest.mark.parametrize(
    ("number", "email"),
    [
        (None, "eve@example.com"),
        (None, ""),
        ("999999", "boris@example.com"),
        ("²", "boris@example.com"),
        ("no number", "boris@example.com"),
        ("9" * 36, "boris@example.com"),
    ],
)
def test_link_is_not_mailed_when_it_does_not_fit(record, transport, number, email):
    with nothing_changed():
        actions.queue_order_link(number or record.number, email, timezone.now())
        factories.commit()

    assert transport.sent == []


def test_link_is_not_mailed_when_order_has_no_mailbox(transport):
    factories.activate()
    record = factories.keep(factories.make_order(email=""))

    with nothing_changed():
        actions.queue_order_link(record.number, "", timezone.now())
        factories.commit()

    assert transport.sent == []


def test_link_is_not_mailed_when_plugin_is_inactive(record, transport):
    factories.activate(active=False)

    with nothing_changed():
        actions.queue_order_link(record.number, "boris@example.com", timezone.now())
        factories.commit()

    assert transport.sent == []


def test_link_is_mailed_once_within_the_pause(record, transport):
    now = timezone.now().replace(minute=0, second=0)
    for moment in (now, now + timedelta(minutes=9), now + actions.LINK_PAUSE):
        actions.queue_order_link(record.number, "boris@example.com", moment)
    factories.commit()

    assert len(transport.sent) == 2


def test_link_is_mailed_when_order_is_older_than_the_plugin(transport):
    factories.activate()
    order = factories.make_order()
    number = factories.host_order(order).number

    actions.queue_order_link(number, "boris@example.com", timezone.now())
    factories.commit()

    assert len(transport.sent) == 1
