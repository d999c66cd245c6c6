"""One mail on its way: what it says, and how a real mail server receives it."""

import email
import email.policy
import re
from datetime import timedelta

import pytest
from django.core import mail as django_mail
from django.core.mail.backends.smtp import EmailBackend
from django.utils import timezone

from saleor_aftersale.config import settings_of
from saleor_aftersale.followups import (
    actions,
    claiming,
    delivery,
    outbox,
    sender,
)
from saleor_aftersale.followups.models import OutboxMail
from saleor_aftersale.host import mail
from saleor_aftersale.returns import actions as returns
from saleor_aftersale.returns import inspection, resolution
from saleor_aftersale.tracking.queries import record_of_link
from saleor_aftersale.tracking.statuses import ShipmentStatus
from tests import factories
from tests.factories import CHANNEL, NOON, STAFF
from tests.smtp_server import smtp_server

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(monkeypatch):
    """A real mail server, and the shop set up to use it."""
    with smtp_server() as listening:
        account = (
            "Sklep Łódź",
            "shop@example.com",
            lambda: EmailBackend(
                host="127.0.0.1",
                port=listening.port,
                username="",
                password="",
                use_tls=False,
                use_ssl=False,
                timeout=5,
            ),
        )
        monkeypatch.setattr(mail, "account", lambda channel: account)
        yield listening


def received(server):
    """The mails the server took, parsed."""
    return [
        email.message_from_bytes(message, policy=email.policy.default)
        for message in server.messages
    ]


def shipped(**order):
    """The outbox row of an order that was handed to the carrier."""
    made = factories.make_order(**order)
    factories.scan(factories.fulfill(made, tracking_number="1Z999"), ShipmentStatus.PICKED_UP)
    return OutboxMail.objects.get(order__order_ref=str(made.pk))


def test_server_receives_mail_with_everything(server):
    factories.activate()
    row = shipped(lines={"Kettle <b>": 2})

    factories.commit()

    (message,) = received(server)
    text, html = message.get_payload()
    assert message["To"] == "boris@example.com"
    assert message["From"] == "Sklep Łódź <shop@example.com>"
    assert message["Message-ID"] == row.message_id
    assert message["Auto-Submitted"] == "auto-generated"
    assert row.order.number in message["Subject"]
    assert [part.get_content_type() for part in (text, html)] == ["text/plain", "text/html"]
    assert "1Z999" in text.get_content()
    assert "Kettle <b>" in text.get_content()
    assert "Kettle &lt;b&gt;" in html.get_content()


def test_mail_is_sent_again_once_when_server_said_later(server):
    factories.activate()
    server.answers = ["451 later", "250 taken"]
    row = shipped()

    factories.commit()
    first = OutboxMail.objects.get().state
    delivery.deliver_mail(row.pk, timezone.now() + timedelta(minutes=2))

    assert (first, OutboxMail.objects.get().state) == ("QUEUED", "SENT")
    assert [message["Message-ID"] for message in received(server)] == [row.message_id]


def test_mail_is_dead_when_server_refuses_for_good(server):
    factories.activate()
    server.answers = ["554 spam"]
    shipped()

    factories.commit()

    row = OutboxMail.objects.get()
    assert (row.state, "554" in row.detail) == ("DEAD", True)


def test_mail_is_unconfirmed_when_server_hangs_up_after_the_message(server):
    factories.activate()
    server.answers = [""]
    row = shipped()

    factories.commit()
    claiming.free_expired_leases(timezone.now() + timedelta(days=1))

    assert OutboxMail.objects.get().state == "UNCONFIRMED"
    assert [message["Message-ID"] for message in received(server)] == [row.message_id]


def test_sender_name_is_the_merchants_own_when_set(server):
    factories.activate(sender_name="Чайници")
    shipped()

    factories.commit()

    assert received(server)[0]["From"] == "Чайници <shop@example.com>"


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "on its way"), ("pl", "w drodze"), ("bg", "на път"), ("ru", "в пути")],
)
def test_mail_is_in_language_of_order(mailbox, language, words):
    factories.activate()
    row = shipped(language=language)

    factories.commit()

    (message,) = mailbox
    html = message.alternatives[0][0]
    assert row.language == language
    assert words in (message.subject + message.body).lower()
    assert f'lang="{language}"' in html


DAY = timedelta(days=1)

LOOP = (
    "shipment.sent",
    "shipment.delivered",
    "return.received_request",
    "return.approved",
    "return.arrived",
    "return.inspected",
    "order.link",
    "refund.issued",
)


def _every_mail():
    """Play the loop to its end and ask for a link; each mail leaves before the next is due."""
    order = factories.make_order(lines={"Kettle": 2})
    parcel = factories.fulfill(order)
    for status, at in ((ShipmentStatus.PICKED_UP, NOON - DAY), (ShipmentStatus.DELIVERED, NOON)):
        factories.scan(parcel, status, at)
        factories.commit()
    request = factories.ask(order, 2)
    key, line = str(request.pk), request.lines.get()
    now = NOON + 2 * DAY
    returns.approve_return(key, STAFF, now=now)
    factories.commit()
    returns.receive_return(key, STAFF, now=now)
    factories.commit()
    found = inspection.InspectedLine(line.pk, line.quantity)
    inspection.inspect_return(key, STAFF, findings=[found], now=now)
    resolution.resolve_return(key, STAFF, resolution="REFUND_ORIGINAL", now=now)
    number = factories.host_order(order).number
    actions.queue_order_link(number, "boris@example.com", timezone.now())
    factories.commit()


@pytest.mark.parametrize("language", ["en", "pl", "bg", "ru"])
def test_every_mail_of_the_loop_can_be_read(mailbox, language, monkeypatch):
    factories.activate(languages=language, return_instructions="Write R on the parcel.")

    _every_mail()

    due = OutboxMail.objects.filter(due_at__lte=timezone.now() + DAY)
    rows = due.order_by("pk").values_list("key", "state")
    assert list(rows) == [(key, "SENT") for key in LOOP]
    for message in mailbox:
        html = message.alternatives[0][0]
        assert message.subject == " ".join(message.subject.split())
        assert message.subject
        assert "http" in message.body
        assert "http" in html
        assert "{{" not in message.body + html
        assert "None" not in message.body + html


def test_subject_is_one_line_when_a_name_is_not():
    context = {"order_number": "1\r\nBcc: eve@example.com", "shop_name": "x", "valid_days": 1}

    subject = sender.render("order.link", context, "en").subject

    assert "\n" not in subject
    assert "\r" not in subject


def _links(message):
    return set(re.findall(r"https?://[^\s\"<>]+", message.body))


def test_link_opens_the_order_when_storefront_has_a_page(mailbox):
    factories.activate(tracking_page_url="https://shop.example/track/{token}")
    row = shipped()

    factories.commit()

    (link,) = [link for link in _links(mailbox[0]) if link.startswith("https://shop.example/")]
    token = link[len("https://shop.example/track/") :]
    assert record_of_link(token, timezone.now()) == row.order


def test_link_leads_to_our_page_when_storefront_has_none(mailbox, client):
    factories.activate()
    shipped()

    factories.commit()

    (link,) = [link for link in _links(mailbox[0]) if "/track/" in link]
    path = "/" + link.split("/", 3)[3]
    assert client.get(path).status_code == 200


def test_context_says_how_long_the_link_is_valid():
    factories.activate(link_valid_days="30")
    row = shipped()

    context = sender.full_context(row, sender.shop_of(CHANNEL, settings_of(CHANNEL), "Example"))

    assert context["valid_days"] == 30
    assert context["shop_name"] == "Example"
    assert context["order_number"] == row.order.number


def test_message_id_is_the_same_in_every_try(mailbox):
    factories.activate()
    row = shipped()
    factories.commit()
    OutboxMail.objects.update(state="UNCONFIRMED")

    outbox.resend_unconfirmed(row.pk, timezone.now())
    factories.commit()

    ids = [message.extra_headers["Message-ID"] for message in django_mail.outbox]
    assert ids == [row.message_id, row.message_id]


# How the shop looks


def _mail_of(shop_settings, mailbox):
    factories.activate(**shop_settings)
    shipped()
    factories.commit()
    return mailbox[0]


def test_mail_shows_logo_colour_and_support_of_the_shop(mailbox):
    message = _mail_of(
        {
            "logo": "/media/logo.png",
            "brand_colour": "#7a1020",
            "support_contact": "help@shop.example",
        },
        mailbox,
    )

    html = message.alternatives[0][0]
    pictures = re.findall(r'<img src="([^"]+)" alt="([^"]+)"', html)
    assert len(pictures) == 1
    assert re.fullmatch(r"https?://[^/]+/media/logo\.png", pictures[0][0])
    assert "#7a1020" in html
    assert "#0b6350" not in html
    assert 'href="mailto:help@shop.example"' in html
    assert "help@shop.example" in message.body


def test_mail_shows_the_shops_name_when_its_logo_is_data(mailbox):
    message = _mail_of({"logo": "data:image/png;base64,AAAA", "sender_name": "Kettles"}, mailbox)

    html = message.alternatives[0][0]
    assert "<img" not in html
    assert "AAAA" not in html
    assert "Kettles" in html
