"""Many mails at once: batches, connections, and what one mail's trouble does to the others."""

import email
import email.policy
from contextlib import suppress
from datetime import timedelta

import pytest
from django.core.mail.backends.smtp import EmailBackend
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from saleor_aftersale import tasks
from saleor_aftersale.config import settings_of
from saleor_aftersale.followups import (
    actions,
    claiming,
    connections,
    delivery,
    outbox,
    pace,
    schedule,
    sender,
)
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


class smtp:
    """How the shop reaches its server."""

    TIMEOUT = 5.0


def backend(port):
    return EmailBackend(
        host="127.0.0.1",
        port=port,
        username="",
        password="",
        use_tls=False,
        use_ssl=False,
        timeout=smtp.TIMEOUT,
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


@pytest.mark.parametrize(("longest", "notes"), [(0.0, 20), (60.0, 2)])
def test_mails_are_noted_together_when_the_server_is_fast(
    server, record, monkeypatch, longest, notes
):
    monkeypatch.setattr(pace, "LONGEST", longest)
    counts = []
    for first, count in ((1, 1), (10, 5), (20, 25)):
        rows = queue(record, count, first=first)
        with CaptureQueriesContext(connection) as queries:
            delivery.deliver_mail(rows[0].pk, timezone.now())
        counts.append(len(queries))

    # One statement for each group, of 1, 2, 4, 8 and 10 mails at most.
    assert counts[2] - counts[1] == notes
    assert states() == ["SENT"] * 31


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


# Groups


@pytest.fixture
def grouped(server, record, monkeypatch):
    """Mails that are noted and announced together: the first alone, the others as one group."""
    monkeypatch.setattr(pace, "LONGEST", 60.0)
    monkeypatch.setattr(pace.Pace, "learn", lambda self, *_: setattr(self, "together", 10))
    return lambda count: queue(record, count)


@pytest.mark.parametrize("extensions", [[], ["PIPELINING"]])
@pytest.mark.parametrize("is_lenient", [False, True])
@pytest.mark.parametrize(
    ("command", "answer", "state"),
    [
        ("RCPT", "550 who?", "DEAD"),
        ("RCPT", "450 later", "QUEUED"),
        ("MAIL", "553 not you", "DEAD"),
        ("DATA", "451 no", "QUEUED"),
    ],
)
def test_others_of_a_group_are_sent_when_one_is_refused(
    server, grouped, extensions, is_lenient, command, answer, state
):
    server.extensions, server.is_lenient = extensions, is_lenient
    server.refusals = {command: [None, None, answer]}
    rows = grouped(5)

    delivery.deliver_mail(rows[0].pk, timezone.now())

    assert states() == ["SENT", "SENT", state, "SENT", "SENT"]
    assert received_ids(server) == [row.message_id for row in (*rows[:2], *rows[3:])]
    assert server.connections == 1


@pytest.mark.parametrize("answers", [["250", "250", "451 later"], ["250", "250", "554 spam"]])
def test_others_of_a_group_are_sent_when_a_message_is_refused(server, grouped, answers):
    server.answers = list(answers)
    rows = grouped(4)

    delivery.deliver_mail(rows[0].pk, timezone.now())

    state = "QUEUED" if "later" in answers[2] else "DEAD"
    assert states() == ["SENT", "SENT", state, "SENT"]
    assert received_ids(server) == [rows[0].message_id, rows[1].message_id, rows[3].message_id]


def test_only_one_of_a_group_is_in_doubt_when_the_server_hangs_up(server, grouped):
    server.answers = ["250", "250", ""]
    rows = grouped(5)

    delivery.deliver_mail(rows[0].pk, timezone.now())

    assert states() == ["SENT", "SENT", "UNCONFIRMED", "SENT", "SENT"]
    assert received_ids(server) == [row.message_id for row in rows]
    assert server.connections == 2


def test_group_is_in_doubt_when_its_worker_dies(server, grouped, monkeypatch):
    class Killed(BaseException):
        pass

    def die(*_, **__):
        raise Killed

    rows = grouped(5)
    transmit = connections.Line._transmit

    def transmit_two(line, message, data, following):
        if len(server.messages) == 2:
            # Nothing the worker would still do happens.
            monkeypatch.setattr(claiming, "note_progress", die)
            monkeypatch.setattr(claiming, "put_back_untried", die)
            die()
        transmit(line, message, data, following)

    monkeypatch.setattr(connections.Line, "_transmit", transmit_two)
    with pytest.raises(Killed):
        delivery.deliver_mail(rows[0].pk, timezone.now())
    claiming.free_expired_leases(timezone.now() + schedule.LEASE * 2)

    assert states() == ["SENT"] + ["UNCONFIRMED"] * 4
    assert len(server.messages) == 2


def test_rest_of_a_group_is_free_when_its_worker_is_stopped(server, grouped, monkeypatch):
    rows = grouped(5)
    transmit = connections.Line._transmit

    def transmit_two(line, message, data, following):
        if len(server.messages) == 2:
            raise KeyboardInterrupt
        transmit(line, message, data, following)

    monkeypatch.setattr(connections.Line, "_transmit", transmit_two)
    with pytest.raises(KeyboardInterrupt):
        delivery.deliver_mail(rows[0].pk, timezone.now())
    claiming.free_expired_leases(timezone.now() + schedule.LEASE * 2)

    assert states() == ["SENT", "SENT", "UNCONFIRMED", "QUEUED", "QUEUED"]


def test_mails_of_a_group_are_left_alone_when_they_were_freed_meanwhile(
    server, grouped, monkeypatch
):
    rows = grouped(4)
    note = claiming.note_progress

    def freed(claim, *, taken=(), coming=()):
        OutboxMail.objects.filter(pk=rows[2].pk, pk__in=coming).update(state="QUEUED")
        return note(claim, taken=taken, coming=coming)

    monkeypatch.setattr(claiming, "note_progress", freed)
    delivery.deliver_mail(rows[0].pk, timezone.now())

    assert states() == ["SENT", "SENT", "QUEUED", "SENT"]
    assert received_ids(server) == [rows[0].message_id, rows[1].message_id, rows[3].message_id]


# Faults of the server


def test_batch_waits_when_server_is_too_slow_to_name_a_recipient(server, record, monkeypatch):
    monkeypatch.setattr(smtp, "TIMEOUT", 0.2)
    server.silences = {"RCPT": 0.6}
    rows = queue(record, 3)

    delivery.deliver_mail(rows[0].pk, timezone.now())

    assert states() == ["QUEUED"] * 3
    assert server.messages == []
    assert server.connections == 1


def test_mail_is_in_doubt_when_server_is_too_slow_to_say_yes(server, record, monkeypatch):
    monkeypatch.setattr(smtp, "TIMEOUT", 0.2)
    server.delay = 0.4
    (row,) = queue(record, 1)

    delivery.deliver_mail(row.pk, timezone.now())

    assert states() == ["UNCONFIRMED"]


def test_mail_is_sent_later_once_when_server_hangs_up_mid_message(server, record):
    """What a server takes without its end it doesn't have; nobody can tell from here."""
    server.hangs_up_after = 5
    (row,) = queue(record, 1)

    delivery.deliver_mail(row.pk, timezone.now())

    assert states() == ["UNCONFIRMED"]
    assert server.messages == []


def test_line_that_begins_with_a_dot_arrives_as_it_is(server, record):
    record.customer_name = "x"
    record.save(update_fields=["customer_name"])
    (row,) = queue(record, 1)
    OutboxMail.objects.update(
        context={**CONTEXT, "lines": [{"product_name": "A\n.\r\n..B", "quantity": 1}]}
    )

    delivery.deliver_mail(row.pk, timezone.now())

    (message,) = [
        email.message_from_bytes(each, policy=email.policy.default) for each in server.messages
    ]
    assert "A . ..B" in message.get_body(("plain",)).get_content()


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
    clock = iter([0, 1, 1, 2, 299, 299, 300, 301])
    monkeypatch.setattr(delivery.time, "monotonic", lambda: next(clock))

    delivery.deliver_mail(rows[0].pk, timezone.now())

    assert states() == ["SENT", "SENT", "QUEUED"]
    assert OutboxMail.objects.get(pk=rows[2].pk).attempts == 0


def test_mail_that_was_taken_is_sent_even_when_noted_after_the_lease(record):
    queue(record, 1)
    now = timezone.now()
    claim = claiming.claim_mails(now)
    claiming.note_progress(claim, coming=[claim.mails[0].pk])
    claiming.free_expired_leases(now + schedule.LEASE)
    between = states()

    claiming.note_progress(claim, taken=[claim.mails[0].pk])

    assert (between, states()) == (["UNCONFIRMED"], ["SENT"])


def test_mail_of_a_lost_lease_is_left_alone(record):
    queue(record, 1)
    now = timezone.now()
    claim = claiming.claim_mails(now)
    claiming.free_expired_leases(now + schedule.LEASE)
    mail_id = claim.mails[0].pk

    claiming.end_mail(claim, mail_id, schedule.MailState.DEAD, "")
    claiming.put_back(claim, {mail_id: now + timedelta(days=1)}, "")

    assert claiming.note_progress(claim, coming=[mail_id]) == frozenset()
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


# Faults around us


@pytest.mark.parametrize(("call", "state"), [(1, "QUEUED"), (2, "UNCONFIRMED")])
def test_each_mail_reaches_the_server_once_when_the_database_is_restarted(
    server, record, monkeypatch, call, state
):
    """The notes of a batch fail from one on: before the first mail, or after it was taken."""
    monkeypatch.setattr(pace, "LONGEST", 0.0)
    rows = queue(record, 3)
    note, calls = claiming.note_progress, []

    def restarted(claim, **progress):
        calls.append(progress)
        if len(calls) >= call:
            raise OperationalError("the connection is closed")
        return note(claim, **progress)

    monkeypatch.setattr(claiming, "note_progress", restarted)
    with suppress(OperationalError):
        delivery.deliver_mail(rows[0].pk, timezone.now())
    monkeypatch.setattr(claiming, "note_progress", note)
    later = timezone.now() + schedule.LEASE * 2
    claiming.free_expired_leases(later)
    first = OutboxMail.objects.get(pk=rows[0].pk).state
    for mail_id in claiming.tasks_due(later):
        delivery.deliver_mail(mail_id, later)

    assert first == state
    assert sorted(received_ids(server)) == sorted(row.message_id for row in rows)
