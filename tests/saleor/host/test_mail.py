"""Which mail server and sender a channel's mails have."""

import pytest
from django.contrib.sites.models import Site
from django.core import mail as django_mail
from saleor.plugins.models import PluginConfiguration

from saleor_aftersale.followups.models import OutboxMail
from saleor_aftersale.host import mail
from saleor_aftersale.tracking.statuses import ShipmentStatus
from tests import factories
from tests.factories import CHANNEL, IS_3
from tests.smtp_server import smtp_server

pytestmark = pytest.mark.django_db

only_on_3 = pytest.mark.skipif(not IS_3, reason="2.10.1 has no channels")
only_on_2 = pytest.mark.skipif(IS_3, reason="3.x asks a plugin")


@pytest.fixture
def server():
    with smtp_server() as listening:
        yield listening


def set_up_user_email(server, *, channel=CHANNEL, active=True, **more):
    """The shop's own plugin 'User emails', as a merchant would fill it in."""
    values = {
        "host": "127.0.0.1",
        "port": str(server.port),
        "username": "",
        "password": "",
        "sender_name": "Sklep Łódź",
        "sender_address": "sklep@example.com",
        "use_tls": False,
        "use_ssl": False,
        **more,
    }
    PluginConfiguration.objects.create(
        identifier="mirumee.notifications.user_email",
        name="User emails",
        channel=factories.make_channel(channel),
        active=active,
        configuration=[{"name": name, "value": value} for name, value in values.items()],
    )


def ship():
    """A mail of ours, delivered as the shop is set up; gives its outbox row."""
    factories.activate()
    factories.scan(factories.fulfill(factories.make_order()), ShipmentStatus.PICKED_UP)
    factories.commit()
    return OutboxMail.objects.get()


@only_on_3
def test_mail_goes_through_the_channels_own_server(server):
    set_up_user_email(server)

    row = ship()

    (message,) = server.messages
    assert row.state == "SENT"
    assert b"<sklep@example.com>" in message
    assert mail.account(CHANNEL)[:2] == ("Sklep Łódź", "sklep@example.com")


@only_on_3
def test_mail_waits_when_nothing_is_set_up(server, settings):
    settings.USER_EMAIL_HOST = settings.EMAIL_URL = None

    row = ship()

    message = f"Channel {CHANNEL}: switch on the plugin 'User emails' or set USER_EMAIL_URL."
    assert (row.state, row.detail) == ("QUEUED", message)


@only_on_3
@pytest.mark.parametrize("other", [{"active": False}, {"channel": "other"}])
def test_mail_does_not_go_through_a_server_that_is_not_meant(server, settings, other):
    settings.USER_EMAIL_HOST = settings.EMAIL_URL = None
    set_up_user_email(server, **other)

    row = ship()

    assert row.state == "QUEUED"
    assert server.messages == []


@only_on_3
def test_mail_goes_through_the_deployments_server_without_the_plugin(server, settings):
    settings.USER_EMAIL_HOST = "127.0.0.1"
    settings.USER_EMAIL_PORT = str(server.port)
    settings.DEFAULT_FROM_EMAIL = "Example <noreply@example.com>"

    row = ship()

    assert row.state == "SENT"
    assert b"Example <noreply@example.com>" in server.messages[0]


@only_on_3
def test_mail_goes_through_djangos_server_when_only_that_is_set_up(settings):
    settings.USER_EMAIL_HOST, settings.EMAIL_URL = None, "smtp://mail.example.com"

    row = ship()

    assert row.state == "SENT"
    assert len(django_mail.outbox) == 1


@only_on_3
def test_sender_is_the_sites_when_plugin_names_none(server):
    set_up_user_email(server, sender_name="", sender_address="")
    site = Site.objects.get_current().settings
    site.default_mail_sender_name = "Shop of the site"
    site.default_mail_sender_address = "site@example.com"
    site.save()

    assert mail.account(CHANNEL)[:2] == ("Shop of the site", "site@example.com")


@only_on_2
def test_mail_goes_through_djangos_server(settings):
    settings.DEFAULT_FROM_EMAIL = "Example <noreply@example.com>"

    row = ship()

    (message,) = django_mail.outbox
    assert (row.state, message.from_email) == ("SENT", "Example <noreply@example.com>")


@only_on_2
def test_mail_waits_when_shop_has_no_sender(settings):
    settings.DEFAULT_FROM_EMAIL = ""

    row = ship()

    assert (row.state, row.detail) == ("QUEUED", "No sender email address has been set-up")


@only_on_2
def test_sender_is_the_sites_when_it_names_one():
    site = Site.objects.get_current().settings
    site.default_mail_sender_name = "Shop of the site"
    site.default_mail_sender_address = "site@example.com"
    site.save()

    assert mail.account(CHANNEL)[:2] == ("Shop of the site", "site@example.com")
