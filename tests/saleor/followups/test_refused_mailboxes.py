"""Mailboxes a mail server doesn't know when a mail is to be sent: no more marketing goes there."""

import pytest
from django.core.mail.backends.smtp import EmailBackend
from django.db import transaction
from django.utils import timezone

from saleor_aftersale.consents import queries, suppressing
from saleor_aftersale.consents.models import Suppression
from saleor_aftersale.followups import actions, delivery, outbox, pace
from saleor_aftersale.followups.kinds import Draft
from saleor_aftersale.followups.models import OutboxMail
from saleor_aftersale.host import mail
from tests import factories
from tests.factories import NOON, STAFF
from tests.saleor.followups.asked import BORIS, agree, fate_of, send_at_its_time, send_due
from tests.smtp_server import smtp_server

pytestmark = pytest.mark.django_db

ANNA = "anna@example.com"
GONE = "550 5.1.1 <boris@example.com>: no such user"
CONTEXT = {"carrier": "UPS", "tracking_number": "1Z", "tracking_url": "", "lines": []}


@pytest.fixture(params=[[], ["PIPELINING"]], ids=["plain", "pipelining"])
def server(request, monkeypatch):
    """A real mail server, and the shop set up to use it; mails after the first go as one group."""
    monkeypatch.setattr(pace, "LONGEST", 60.0)
    monkeypatch.setattr(pace.Pace, "learn", lambda self, *_: setattr(self, "together", 10))
    with smtp_server() as listening:
        listening.extensions = request.param
        account = ("Example", "shop@example.com", lambda: _backend(listening.port))
        monkeypatch.setattr(mail, "account", lambda channel: account)
        yield listening


def _backend(port):
    return EmailBackend(
        host="127.0.0.1",
        port=port,
        username="",
        password="",
        use_tls=False,
        use_ssl=False,
        timeout=5,
    )


@pytest.fixture(autouse=True)
def active():
    factories.activate()


def queue(*emails, first=1):
    """A mail about a parcel to each of these mailboxes, whose tasks never reached a worker."""
    rows = []
    for number, email in enumerate(emails, first):
        ref = factories.keep(factories.make_order(email=email)).order_ref
        with transaction.atomic():
            rows.append(
                actions.queue_mail("shipment.sent", Draft(f"shipment:{number}", ref, CONTEXT))
            )
    factories.connection.run_on_commit = []
    return rows


def send(rows):
    delivery.deliver_mail(rows[0].pk, timezone.now())
    return list(OutboxMail.objects.order_by("pk").values_list("state", flat=True))


def on_the_list():
    return list(Suppression.objects.order_by("pk").values_list("email", "cause", "times"))


def test_mailbox_is_put_on_the_list_when_the_server_does_not_know_it(server):
    server.refusals = {"RCPT": [GONE]}
    rows = queue(BORIS)

    assert send(rows) == ["DEAD"]
    assert on_the_list() == [(BORIS, "BOUNCE", 1)]
    assert Suppression.objects.get().detail == OutboxMail.objects.get().detail == GONE
    assert queries.bounced_since(BORIS) is not None


def test_words_of_a_server_are_kept_as_one_line_of_text(server):
    server.refusals = {"RCPT": ["550-5.1.1 no \0 such\r\n550 5.1.1 user  \u017c"]}

    assert send(queue(BORIS)) == ["DEAD"]
    assert Suppression.objects.get().detail == "550 5.1.1 no such 5.1.1 user \u017c"


def test_only_the_unknown_mailbox_of_a_group_is_put_on_the_list(server):
    server.refusals = {"RCPT": [None, None, GONE]}

    states = send(queue("first@example.com", ANNA, BORIS, "last@example.com"))

    assert states == ["SENT", "SENT", "DEAD", "SENT"]
    assert on_the_list() == [(BORIS, "BOUNCE", 1)]


@pytest.mark.parametrize(
    ("command", "answer", "state"),
    [
        ("RCPT", "550 5.7.1 your server is on a list", "DEAD"),
        ("RCPT", "552 5.2.2 mailbox full", "DEAD"),
        ("RCPT", "450 4.1.1 no such user", "QUEUED"),
        ("MAIL", "550 5.1.1 no such user", "DEAD"),
        ("DATA", "550 5.1.1 no such user", "DEAD"),
    ],
)
def test_mailbox_is_not_on_the_list_when_something_else_was_refused(server, command, answer, state):
    server.refusals = {command: [None, answer]}

    assert send(queue(ANNA, BORIS)) == ["SENT", state]
    assert on_the_list() == []


@pytest.mark.parametrize("answer", ["554 5.7.1 spam", "550 5.1.1 no such user"])
def test_mailbox_is_not_on_the_list_when_its_message_was_refused(server, answer):
    server.answers = [answer]

    assert send(queue(BORIS)) == ["DEAD"]
    assert on_the_list() == []


def test_mailbox_has_one_entry_when_it_is_refused_again(server):
    server.refusals = {"RCPT": [GONE, GONE]}
    (row,) = queue(BORIS)
    send([row])

    outbox.resend_unconfirmed(row.pk, timezone.now())
    factories.connection.run_on_commit = []
    state = send([row])

    assert state == ["DEAD"]
    assert on_the_list() == [(BORIS, "BOUNCE", 2)]


def test_mailbox_comes_back_on_the_list_when_staff_lifted_it_and_it_is_refused_again(server):
    server.refusals = {"RCPT": [GONE, GONE]}
    send(queue(BORIS))
    suppressing.lift(Suppression.objects.get().pk, STAFF, timezone.now())
    between = queries.is_suppressed(BORIS)

    send(queue(BORIS, first=2))

    assert (between, queries.is_suppressed(BORIS)) == (False, True)


def test_marketing_ends_and_mails_about_orders_go_on_when_a_mailbox_was_refused(server, clock):
    factories.activate(enabled_mails="feedback.delivery, shipment.delivered, shipment.sent")
    factories.delivered_order()
    agree()
    server.refusals = {"RCPT": [GONE]}
    send_due(clock)
    about_parcel = fate_of("shipment.delivered")[0]

    asked = send_at_its_time("feedback.delivery", clock)
    queue(BORIS, first=900)
    send_due(clock)

    assert about_parcel == "DEAD"
    assert asked == ("SKIPPED", "SUPPRESSED")
    assert fate_of("shipment.sent") == ("SENT", "")
    assert len(server.messages) == 1
    assert Suppression.objects.get().reported_at == NOON
