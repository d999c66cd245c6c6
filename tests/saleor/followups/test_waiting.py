"""Mails that are due and have no task of their own any more: none waits for the sweep."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.mail.backends.smtp import EmailBackend
from django.db import transaction
from django.utils import timezone

from saleor_aftersale.followups import actions, claiming, delivery
from saleor_aftersale.followups.catalogue import Draft
from saleor_aftersale.followups.models import OutboxMail
from saleor_aftersale.host import mail
from saleor_aftersale.tracking.models import OrderRecord
from tests import factories
from tests.smtp_server import smtp_server

pytestmark = pytest.mark.django_db

CONTEXT = {"carrier": "UPS", "tracking_number": "1Z", "tracking_url": "", "lines": []}


@pytest.fixture
def server(monkeypatch):
    """A real mail server, and the shop set up to use it."""
    with smtp_server() as listening:
        options = {"username": "", "password": "", "use_tls": False, "use_ssl": False}
        account = (
            "Example",
            "shop@example.com",
            lambda: EmailBackend("127.0.0.1", listening.port, timeout=5, **options),
        )
        monkeypatch.setattr(mail, "account", lambda channel: account)
        yield listening


@pytest.fixture
def record():
    factories.activate()
    return factories.keep(factories.make_order())


def queue(record, count, first=1):
    """Mails whose tasks are over."""
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


def test_mails_go_out_when_a_slow_server_used_up_the_time_of_their_batch(
    server, record, monkeypatch
):
    rows = queue(record, 12)
    clock = SimpleNamespace(monotonic=lambda: len(server.messages) * 400)
    monkeypatch.setattr(delivery, "time", clock)

    delivery.deliver_mail(rows[0].pk, timezone.now())
    sent = states().count("SENT")
    factories.commit()

    assert 1 <= sent < 12
    assert states() == ["SENT"] * 12
    assert len(server.messages) == 12


def test_mails_go_out_when_there_are_more_than_one_batch_takes(server, record, monkeypatch):
    monkeypatch.setattr(claiming, "BATCH_SIZE", 2)
    rows = queue(record, 5)

    delivery.deliver_mail(rows[3].pk, timezone.now())
    factories.commit()

    assert states() == ["SENT"] * 5


@pytest.mark.parametrize(
    ("ahead", "state"), [(timedelta(seconds=2), "SENT"), (timedelta(minutes=1), "QUEUED")]
)
def test_mail_goes_out_when_the_clock_it_was_queued_by_is_a_little_ahead(
    server, record, ahead, state
):
    (row,) = queue(record, 1)

    delivery.deliver_mail(row.pk, row.due_at - ahead)

    assert states() == [state]


def test_mail_beside_another_goes_out_at_its_own_time(server, record):
    first, second = queue(record, 2)
    OutboxMail.objects.filter(pk=second.pk).update(due_at=first.due_at + timedelta(seconds=2))

    delivery.deliver_mail(first.pk, first.due_at)

    assert states() == ["SENT", "QUEUED"]


def test_mails_of_other_channels_go_out_when_one_channel_is_broken(server, record, monkeypatch):
    broken = factories.keep(factories.make_order())
    OrderRecord.objects.filter(pk=broken.pk).update(channel="a-broken-one")
    settings_of = delivery.settings_of

    def settings(channel):
        if channel == "a-broken-one":
            raise KeyError("brand_colour")
        return settings_of(channel)

    monkeypatch.setattr(delivery, "settings_of", settings)
    rows = queue(record, 1) + queue(broken, 1, first=2)

    delivery.deliver_mail(rows[0].pk, timezone.now())

    assert states() == ["SENT", "SENDING"]
