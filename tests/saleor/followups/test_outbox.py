"""Many mails at once: batches, connections, and what one mail's trouble does to the others."""

import email
import email.policy
from datetime import timedelta

import pytest
from django.core.mail.backends.smtp import EmailBackend
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from saleor_aftersale import tasks
from saleor_aftersale.config import settings_of
from saleor_aftersale.followups import actions, claiming, delivery, outbox, schedule, sender
from saleor_aftersale.followups.catalogue import Draft
from saleor_aftersale.followups.models import OutboxMail
from saleor_aftersale.host import mail
from tests import factories
from tests.smtp_server import smtp_server

pytestmark = pytest.mark.django_db

CONTEXT = {"carrier": "UPS", "tracking_number": "1Z", "tracking_url": "", "lines": []}


@pytest.fixture
def server(monkeypatch):
    """A real mail server, and the shop set up to use it."""
    with smtp_server() as listening:
        account = ("Example", "shop@example.com", lambda: backend(listening.port))
        monkeypatch.setattr(mail, "account", lambda channel: account)
        yield listening


def backend(port):
    return EmailBackend(
        host="127.0.0.1",
        port=port,
        username="",
        password="",
        use_tls=False,
        use_ssl=False,
        timeout=5,
    )


@pytest.fixture
def record():
    factories.activate()
    return factories.keep(factories.make_order())


def queue(record, count, first=1):
    """Mails whose tasks never reached a worker."""
    with transaction.atomic():
        rows = [
            actions.queue_mail(
                "shipment.sent", Draft(f"shipment:{number}", record.order_ref, CONTEXT)
            )
            for number in range(first, first + count)
        ]
    factories.connection.run_on_commit = []
    return rows


def states():
    return list(OutboxMail.objects.order_by("pk").values_list("state", flat=True))


def received_ids(server):
    messages = [email.message_from_bytes(message) for message in server.messages]
    return [message["Message-ID"] for message in messages]


def test_one_task_sends_what_waits_beside_its_mail_on_one_connection(server, record):
    rows = queue(record, 5)

    delivery.deliver_mail(rows[3].pk, timezone.now())

    assert states() == ["SENT"] * 5
    assert received_ids(server) == [row.message_id for row in rows]
    assert server.connections == 1


def test_task_does_nothing_when_its_mail_was_sent_beside_another(server, record):
    first, second = queue(record, 2)
    delivery.deliver_mail(first.pk, timezone.now())
    queue(record, 1, first=9)

    delivery.deliver_mail(second.pk, timezone.now())

    assert states() == ["SENT", "SENT", "QUEUED"]
    assert len(server.messages) == 2


def test_mail_costs_one_round_trip_to_the_database_when_it_is_one_of_many(server, record):
    counts = []
    for first, count in ((1, 1), (10, 5), (20, 25)):
        rows = queue(record, count, first=first)
        with CaptureQueriesContext(connection) as queries:
            delivery.deliver_mail(rows[0].pk, timezone.now())
        counts.append(len(queries))

    assert counts[2] - counts[1] == 25 - 5


def test_batch_is_no_larger_than_its_bound(server, record, monkeypatch):
    monkeypatch.setattr(claiming, "BATCH_SIZE", 3)
    rows = queue(record, 5)

    delivery.deliver_mail(rows[4].pk, timezone.now())

    assert states() == ["SENT", "SENT", "QUEUED", "QUEUED", "SENT"]


def test_sweep_asks_for_one_task_a_batch_and_all_goes_out(server, record, monkeypatch):
    monkeypatch.setattr(claiming, "BATCH_SIZE", 2)
    queue(record, 5)

    wanted = claiming.tasks_due(timezone.now())
    tasks.sweep()
    factories.commit()

    assert len(wanted) == 3
    assert states() == ["SENT"] * 5


def test_others_are_sent_when_server_refuses_one_for_good(server, record):
    server.answers = ["250 taken", "554 spam", "250 taken"]
    rows = queue(record, 3)

    delivery.deliver_mail(rows[0].pk, timezone.now())

    assert states() == ["SENT", "DEAD", "SENT"]
    assert received_ids(server) == [rows[0].message_id, rows[2].message_id]


def test_others_are_sent_on_a_new_connection_when_one_kills_it(server, record):
    server.answers = ["250 taken", "", "250 taken"]
    rows = queue(record, 3)

    delivery.deliver_mail(rows[0].pk, timezone.now())

    assert states() == ["SENT", "UNCONFIRMED", "SENT"]
    assert server.connections == 2


def test_the_rest_waits_when_server_keeps_hanging_up(server, record):
    server.answers = ["", ""]
    rows = queue(record, 4)
    now = timezone.now()

    delivery.deliver_mail(rows[0].pk, now)

    assert states() == ["UNCONFIRMED", "UNCONFIRMED", "QUEUED", "QUEUED"]
    waiting = OutboxMail.objects.get(pk=rows[3].pk)
    assert (waiting.attempts, waiting.due_at > now) == (0, True)


@pytest.mark.parametrize(
    ("command", "answer", "state"),
    [
        ("RCPT", "450 later", "QUEUED"),
        ("RCPT", "550 who?", "DEAD"),
        ("MAIL", "451 busy", "QUEUED"),
        ("MAIL", "", "QUEUED"),
        ("RCPT", "", "QUEUED"),
        ("DATA", "451 no", "QUEUED"),
    ],
)
def test_nothing_is_in_doubt_when_it_fails_before_the_message(
    server, record, command, answer, state
):
    server.refusals = {command: [answer, answer]}
    (row,) = queue(record, 1)

    delivery.deliver_mail(row.pk, timezone.now())

    assert states() == [state]
    assert server.messages == []


@pytest.mark.parametrize("answer", ["", "421 enough"])
def test_mail_goes_out_at_once_when_the_connection_had_grown_old(server, record, answer):
    server.refusals = {"MAIL": [None, answer]}
    rows = queue(record, 2)

    delivery.deliver_mail(rows[0].pk, timezone.now())

    assert states() == ["SENT", "SENT"]
    assert server.connections == 2


def test_whole_batch_waits_when_server_is_down(record, monkeypatch):
    tries = []

    def connect():
        tries.append(1)
        return backend(9)

    monkeypatch.setattr(mail, "account", lambda channel: ("Example", "a@example.com", connect))
    rows = queue(record, 4)

    delivery.deliver_mail(rows[0].pk, timezone.now())

    assert states() == ["QUEUED"] * 4
    assert len(tries) == 1
    assert "can't be reached" in OutboxMail.objects.last().detail


def test_mail_is_not_handed_over_when_its_lease_was_lost(server, record, monkeypatch):
    (row,) = queue(record, 1)
    compose = sender.compose

    def slow(*arguments):
        claiming.free_expired_leases(timezone.now() + schedule.LEASE * 2)
        return compose(*arguments)

    monkeypatch.setattr(sender, "compose", slow)
    delivery.deliver_mail(row.pk, timezone.now())

    assert states() == ["QUEUED"]
    assert server.messages == []


def test_rest_of_a_batch_is_given_back_when_server_is_slow(server, record, monkeypatch):
    rows = queue(record, 3)
    clock = iter([0, 1, 299, 301, 302])
    monkeypatch.setattr(delivery.time, "monotonic", lambda: next(clock))

    delivery.deliver_mail(rows[0].pk, timezone.now())

    assert states() == ["SENT", "SENT", "QUEUED"]
    assert OutboxMail.objects.get(pk=rows[2].pk).attempts == 0


def test_mail_that_was_taken_is_sent_even_when_noted_after_the_lease(record):
    queue(record, 1)
    now = timezone.now()
    claim = claiming.claim_mails(now)
    claiming.note_progress(claim, next_id=claim.mails[0].pk)
    claiming.free_expired_leases(now + schedule.LEASE)
    between = states()

    claiming.note_progress(claim, taken=claiming.TakenMail(claim.mails[0].pk, now))

    assert (between, states()) == (["UNCONFIRMED"], ["SENT"])


def test_mail_of_a_lost_lease_is_left_alone(record):
    queue(record, 1)
    now = timezone.now()
    claim = claiming.claim_mails(now)
    claiming.free_expired_leases(now + schedule.LEASE)
    mail_id = claim.mails[0].pk

    claiming.end_mail(claim, mail_id, schedule.MailState.DEAD, "")
    claiming.put_back(claim, {mail_id: now + timedelta(days=1)}, "")

    assert claiming.note_progress(claim, next_id=mail_id) is False
    assert OutboxMail.objects.filter(state="QUEUED", due_at__lt=now + timedelta(hours=1)).exists()


def test_channels_go_out_by_their_own_accounts(server, record, monkeypatch):
    settings = settings_of(record.channel)
    monkeypatch.setattr(delivery, "settings_of", lambda channel: settings)
    other = factories.keep(factories.make_order())
    type(other).objects.filter(pk=other.pk).update(channel="second-shop")
    accounts = {
        channel: (channel, f"{channel}@example.com", lambda: backend(server.port))
        for channel in (record.channel, "second-shop")
    }
    monkeypatch.setattr(mail, "account", accounts.get)
    rows = queue(record, 2) + queue(other, 2, first=8)

    delivery.deliver_mail(rows[0].pk, timezone.now())

    senders = sorted(email.message_from_bytes(each)["From"] for each in server.messages)
    assert senders == sorted(
        2 * [f"{record.channel} <{record.channel}@example.com>"]
        + 2 * ["second-shop <second-shop@example.com>"]
    )
    assert server.connections == 2


# Headers


@pytest.mark.parametrize("field", ["customer_name", "number"])
def test_no_header_is_added_when_a_text_holds_line_breaks(server, record, field):
    evil = "Eve\r\nBcc: eve@example.com\r\n\r\nbody"
    setattr(record, field, evil[:36] if field == "number" else evil)
    record.save(update_fields=[field])
    (row,) = queue(record, 1)

    delivery.deliver_mail(row.pk, timezone.now())

    (message,) = [email.message_from_bytes(each) for each in server.messages]
    assert message["Bcc"] is None
    assert message["To"] == "boris@example.com"


def test_no_header_is_added_when_the_shops_name_holds_line_breaks(server, record):
    factories.activate(sender_name="Shop\r\nBcc: eve@example.com")
    (row,) = queue(record, 1)

    delivery.deliver_mail(row.pk, timezone.now())

    (message,) = [email.message_from_bytes(each) for each in server.messages]
    assert message["Bcc"] is None
    assert email.utils.parseaddr(message["From"])[1] == "shop@example.com"


@pytest.mark.parametrize(
    "address", ["a@example.com,eve@example.com", "a@example.com\r\nBcc: eve@example.com", "eve"]
)
def test_mail_is_dead_when_the_address_is_not_one_mailbox(server, record, address):
    (row,) = queue(record, 1)
    OutboxMail.objects.update(to_email=address)

    delivery.deliver_mail(row.pk, timezone.now())

    row.refresh_from_db()
    assert (row.state, row.detail) == ("SKIPPED", "BAD_ADDRESS")
    assert server.messages == []


def test_mail_about_a_contract_is_refused_when_it_holds_a_promotion(server, record):
    (row,) = queue(record, 1)
    OutboxMail.objects.update(context=dict(CONTEXT, promotion={"code": "TEA10"}))

    delivery.deliver_mail(row.pk, timezone.now())

    row.refresh_from_db()
    assert (row.state, row.detail) == ("DEAD", "A mail about a contract holds no promotion.")
    assert server.messages == []


# Newer news


def queued_about(record, key, subject):
    with transaction.atomic():
        row = actions.queue_mail(key, Draft(subject, record.order_ref, CONTEXT))
    factories.connection.run_on_commit = []
    return row


def test_newer_status_replaces_an_unsent_older_one_of_the_same_parcel(record):
    older = queued_about(record, "shipment.sent", "shipment:1")
    other = queued_about(record, "shipment.sent", "shipment:11")
    refund = queued_about(record, "refund.issued", "refund:1")

    newer = queued_about(record, "shipment.delivered", "shipment:1:again")

    rows = {row.pk: (row.state, row.detail) for row in OutboxMail.objects.all()}
    assert rows == {
        older.pk: ("SKIPPED", "SUPERSEDED"),
        other.pk: ("QUEUED", ""),
        refund.pk: ("QUEUED", ""),
        newer.pk: ("QUEUED", ""),
    }


def test_sent_status_stays_sent_when_a_newer_one_follows(server, record):
    older = queued_about(record, "shipment.sent", "shipment:1")
    delivery.deliver_mail(older.pk, timezone.now())

    queued_about(record, "shipment.delivered", "shipment:1")

    assert states() == ["SENT", "QUEUED"]


def test_older_status_is_sent_when_the_newer_mail_is_switched_off(record):
    factories.activate(enabled_mails="shipment.sent")
    queued_about(record, "shipment.sent", "shipment:1")

    queued_about(record, "shipment.delivered", "shipment:1")

    assert states() == ["QUEUED", "SKIPPED"]


# Staff


def test_cancelled_mail_is_not_sent(server, record):
    (row,) = queue(record, 1)

    done = outbox.cancel_mail(row.pk)
    delivery.deliver_mail(row.pk, timezone.now())

    row.refresh_from_db()
    assert (done, row.state, row.detail) == (True, "SKIPPED", "CANCELLED")
    assert server.messages == []


@pytest.mark.parametrize("state", ["SENDING", "SENT", "SKIPPED", "DEAD", "UNCONFIRMED"])
def test_mail_is_not_called_back_when_it_does_not_wait(record, state):
    (row,) = queue(record, 1)
    OutboxMail.objects.update(state=state)

    with factories.nothing_changed():
        done = outbox.cancel_mail(row.pk)

    assert done is False
