"""Reports of mails that came back or were complained about: signed, kept, told to staff."""

import json
import time

import pytest

from saleor_aftersale.config import PLUGIN_ID, settings_of
from saleor_aftersale.consents import queries
from saleor_aftersale.consents.basis import Consent
from saleor_aftersale.consents.models import ConsentDecision, Suppression
from saleor_aftersale.followups.models import OutboxMail
from saleor_aftersale.host import hooks
from saleor_aftersale.tracking.carriers import generic
from saleor_aftersale.tracking.statuses import ShipmentStatus
from saleor_aftersale.views.mail_reports import MAX_BODY_BYTES
from tests import factories
from tests.factories import CHANNEL, nothing_changed
from tests.unit.consents.test_mail_reports import BOUNCE, COMPLAINT

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

SECRET = "0123456789abcdef"
ANNA = "anna@example.com"


@pytest.fixture(autouse=True)
def active():
    factories.activate(bounce_secrets=f"{SECRET}\nanother-secret-of-16")


def push(client, body, *, secret=SECRET, at=None, query="", **headers):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    at = int(time.time()) if at is None else at
    signed = {
        "HTTP_X_AFTERSALE_TIMESTAMP": str(at),
        "HTTP_X_AFTERSALE_SIGNATURE": generic.sign(raw, at, secret),
    }
    path = hooks.page_path(PLUGIN_ID, CHANNEL, "mail-reports/") + query
    return client.post(
        path, raw, content_type="application/json", **(headers or signed if secret else headers)
    )


def bounce(**changes):
    return {"type": "bounce", "permanence": "permanent", "email": "Anna@example.com", **changes}


def suppressed():
    return list(Suppression.objects.order_by("pk").values_list("email", "cause", "times"))


def test_permanent_bounce_puts_the_mailbox_on_the_list(client):
    response = push(client, bounce(detail="550 no such user"))

    assert (response.status_code, response.json()) == (200, {"accepted": 1})
    assert suppressed() == [(ANNA, "BOUNCE", 1)]
    assert Suppression.objects.get().detail == "550 no such user"
    assert queries.is_suppressed(ANNA)
    assert not queries.is_suppressed("boris@example.com")
    standing = queries.standing_of(ANNA, "OFFERS", settings=settings_of(CHANNEL))
    assert standing is Consent.BOUNCED


def test_complaint_is_also_an_objection(client):
    push(client, {"type": "complaint", "email": ANNA, "message_id": "1@saleor-aftersale"})

    assert suppressed() == [(ANNA, "COMPLAINT", 1)]
    row = ConsentDecision.objects.get()
    assert (row.topic, row.decision, row.source, row.evidence) == (
        "",
        "OBJECTED",
        "COMPLAINT",
        {"message_id": "<1@saleor-aftersale>"},
    )
    assert queries.bounced_since(ANNA) is None


@pytest.mark.parametrize("body, causes", [(BOUNCE, ["BOUNCE"]), (COMPLAINT, ["COMPLAINT"])])
def test_reports_that_mail_servers_write_are_read(client, body, causes):
    push(client, body.format(part="message/rfc822", kind="abuse").encode())

    found = Suppression.objects.exclude(cause="DEFERRAL").values_list("email", "cause")
    assert list(found) == [(ANNA, cause) for cause in causes]


@pytest.mark.parametrize("number, is_on_list", [(4, False), (5, True)])
def test_mailbox_is_suppressed_when_five_mails_came_back_for_now(client, number, is_on_list):
    for mail in range(number):
        push(client, bounce(permanence="temporary", message_id=f"{mail}@x"))

    assert queries.is_suppressed(ANNA) is is_on_list


def test_mail_that_comes_back_for_now_again_and_again_counts_once(client):
    for number in range(9):
        push(client, bounce(permanence="temporary", message_id=f"{number % 2}@x"))

    assert suppressed() == [(ANNA, "DEFERRAL", 2)]
    assert not queries.is_suppressed(ANNA)


def test_old_troubles_are_forgotten(client):
    for day in (1, 2, 3, 4):
        push(client, bounce(permanence="temporary", message_id=f"{day}@x",
                            occurred_at=f"2026-03-0{day}T12:00:00Z"))  # fmt: skip

    push(
        client,
        bounce(permanence="temporary", message_id="5@x", occurred_at="2026-04-01T12:00:01Z"),
    )

    assert suppressed() == [(ANNA, "DEFERRAL", 1)]


def test_report_again_is_counted_on_the_same_entry(client):
    push(client, bounce())
    push(client, bounce(email=" anna@EXAMPLE.com"))

    assert suppressed() == [(ANNA, "BOUNCE", 2)]


def test_report_without_a_moment_of_its_own_is_from_now_and_never_from_the_future(client):
    push(client, bounce(occurred_at="2999-01-01T00:00:00Z"))

    assert Suppression.objects.get().reported_at.timestamp() <= time.time()


def test_bounce_is_shown_on_the_mail_it_is_about(client, mailbox):
    order = factories.make_order(email=ANNA)
    factories.scan(factories.fulfill(order), ShipmentStatus.PICKED_UP)
    other = factories.make_order(email="boris@example.com")
    factories.scan(factories.fulfill(other, tracking_number="1Z2"), ShipmentStatus.PICKED_UP)
    factories.commit()
    row = OutboxMail.objects.get(to_email=ANNA)

    push(client, bounce(message_id=row.message_id, detail="550 no such user"))

    row.refresh_from_db()
    assert (row.state, row.detail) == ("SENT", "Came back for good: 550 no such user")
    assert OutboxMail.objects.get(to_email="boris@example.com").detail == ""


def test_bounce_in_another_name_changes_no_mail(client, mailbox):
    order = factories.make_order(email="boris@example.com")
    factories.scan(factories.fulfill(order), ShipmentStatus.PICKED_UP)
    factories.commit()

    push(client, bounce(message_id=OutboxMail.objects.get().message_id))

    assert OutboxMail.objects.get().detail == ""


def test_second_secret_is_as_good(client):
    assert push(client, bounce(), secret="another-secret-of-16").status_code == 200


def test_secret_may_stand_in_the_address_for_who_cannot_sign(client):
    response = push(client, bounce(), secret="", query=f"?token={SECRET}")

    assert response.status_code == 200


@pytest.mark.parametrize(
    "options",
    [
        {"secret": "wrong-secret-of-16"},
        {"secret": ""},
        {"secret": "", "query": "?token=wrong-secret-of-16"},
        {"secret": "", "query": "?token="},
        {"at": 1},
    ],
)
def test_report_is_refused_when_it_is_not_signed_well(client, options):
    with nothing_changed():
        response = push(client, bounce(), **options)

    assert response.status_code == 401
    assert response.json()["errors"][0]["code"] == "INVALID_SIGNATURE"


def test_report_is_refused_when_the_shop_has_no_secret(client):
    factories.activate()

    with nothing_changed():
        assert push(client, bounce()).status_code == 401


def test_carrier_secrets_sign_no_reports(client):
    factories.activate(carrier_secrets=f"generic={SECRET}")

    with nothing_changed():
        assert push(client, bounce()).status_code == 401


@pytest.mark.parametrize(
    "body, field",
    [(bounce(permanence=""), "permanence"), (bounce(email="x"), "email"), (b"hello", None)],
)
def test_report_that_says_nothing_is_refused(client, body, field):
    with nothing_changed():
        response = push(client, body)

    (error,) = response.json()["errors"]
    assert (response.status_code, error["code"], error["field"]) == (400, "INVALID", field)


def test_report_is_refused_when_it_is_too_large(client):
    with nothing_changed():
        response = push(client, b"x" * (MAX_BODY_BYTES + 1))

    assert response.status_code == 413


@pytest.mark.parametrize("method", ["get", "put"])
def test_reports_come_by_post(client, method):
    path = hooks.page_path(PLUGIN_ID, CHANNEL, "mail-reports/")

    assert getattr(client, method)(path).status_code == 405
