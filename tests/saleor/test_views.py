"""Our own pages and the address carriers push to."""

import json
import re
import time

import pytest

from saleor_aftersale.config import PLUGIN_ID
from saleor_aftersale.host import hooks
from saleor_aftersale.tracking.actions import revoke_links
from saleor_aftersale.tracking.carriers import generic
from saleor_aftersale.tracking.models import CarrierPush, TrackingEvent
from saleor_aftersale.tracking.statuses import ShipmentStatus
from saleor_aftersale.views.carriers import MAX_BODY_BYTES
from tests import factories
from tests.factories import CHANNEL, IS_3, NOON, nothing_changed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

SECRET = "0123456789abcdef"


@pytest.fixture
def order():
    """Two kettles on their way, the number is 1Z999."""
    factories.activate(carrier_secrets=f"generic={SECRET}")
    made = factories.make_order(lines={"Kettle <b>": 2})
    fulfillment = factories.fulfill(made, tracking_number="1Z999")
    factories.scan(fulfillment, ShipmentStatus.IN_TRANSIT, NOON, location="Łódź")
    factories.commit()
    return made


def path_of(path, channel=CHANNEL):
    return hooks.page_path(PLUGIN_ID, channel, path)


def track(token):
    return path_of(f"track/{token}/")


# The tracking page


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "On the way"), ("pl", "W drodze"), ("bg", "На път"), ("ru", "В пути")],
)
def test_page_shows_the_order_in_each_language(client, order, language, words):
    response = client.get(track(factories.token_of(order)), {"language": language})

    page = response.content.decode()
    assert response.status_code == 200
    assert f'<html lang="{language}"' in page
    assert words in page
    assert "1Z999" in page
    assert factories.host_order(order).number in page
    assert "Kettle &lt;b&gt;" in page
    assert "Kettle <b>" not in page


def test_page_is_in_language_of_the_order_when_none_is_wished(client, order):
    order.language_code = "bg"
    order.save()

    response = client.get(track(factories.token_of(order)))

    assert '<html lang="bg"' in response.content.decode()


def test_page_keeps_the_token_to_itself(client, order):
    token = factories.token_of(order)

    response = client.get(track(token))

    assert response["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Cache-Control"] == "private, no-store"
    assert response["X-Robots-Tag"] == "noindex"
    assert token not in response.content.decode()


def test_style_is_served_from_where_the_page_says(client, order):
    page = client.get(track(factories.token_of(order))).content.decode()
    (address,) = re.findall(r'href="([^"]+\.css)"', page)

    response = client.get(address)

    assert (response.status_code, response["Content-Type"]) == (200, "text/css; charset=utf-8")
    assert "immutable" in response["Cache-Control"]
    assert client.get(path_of("assets/style-0.css")).status_code == 404


def test_page_answers_a_head_request(client, order):
    response = client.head(track(factories.token_of(order)))

    assert (response.status_code, response.content) == (200, b"")


def _changed(order):
    token = factories.token_of(order)
    return ("A" if token[0] != "A" else "B") + token[1:]


def _revoked(order):
    token = factories.token_of(order)
    revoke_links(str(order.pk))
    return token


@pytest.mark.parametrize(
    ("make_token", "status", "title"),
    [
        (_changed, 404, "This link doesn&#x27;t work"),
        (_revoked, 404, "This link doesn&#x27;t work"),
        (lambda order: "nonsense", 404, "This link doesn&#x27;t work"),
        (factories.expired_token, 410, "This link has expired"),
    ],
)
def test_page_says_why_a_link_does_not_hold(client, order, make_token, status, title):
    response = client.get(track(make_token(order)))

    page = response.content.decode().replace("&#39;", "&#x27;")
    assert response.status_code == status
    assert title in page
    assert "1Z999" not in page


def test_page_is_not_there_when_plugin_is_inactive(client, order):
    token = factories.token_of(order)
    factories.activate(active=False)

    response = client.get(track(token))

    assert response.status_code == 404
    assert b"1Z999" not in response.content


@pytest.mark.skipif(not IS_3, reason="2.10.1 has no channels")
def test_page_is_not_there_in_another_channel(client, order):
    factories.activate(channel="other")

    response = client.get(path_of(f"track/{factories.token_of(order)}/", "other"))

    assert response.status_code == 404
    assert b"1Z999" not in response.content


@pytest.mark.parametrize(
    "path", ["", "nothing", "track/", "assets/", "assets/../views.py", "carriers/x"]
)
def test_unknown_path_is_not_found(client, order, path):
    response = client.get(path_of(path))

    assert response.status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_page_answers_no_other_method(client, order, method):
    response = getattr(client, method)(track(factories.token_of(order)))

    assert response.status_code == 404


def test_page_writes_nothing(client, order):
    token = factories.token_of(order)

    with nothing_changed():
        client.get(track(token))


# Carrier pushes

BODY = {
    "trackingNumber": "1z 999",
    "events": [{"occurredAt": "2026-06-02T09:00:00+02:00", "status": "DELIVERED", "code": "D"}],
}


def push(client, body=BODY, *, secret=SECRET, timestamp=None, **more):
    """The answer to a signed push."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    moment = int(time.time()) if timestamp is None else timestamp
    return client.post(
        path_of("carriers/generic/"),
        raw,
        content_type="application/json",
        HTTP_X_AFTERSALE_TIMESTAMP=str(moment),
        HTTP_X_AFTERSALE_SIGNATURE=generic.sign(raw, moment, secret),
        **more,
    )


def refusal_of(response):
    (error,) = response.json()["errors"]
    return response.status_code, error["code"], error["field"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"secret": "another secret!!"}, (401, "INVALID_SIGNATURE", None)),
        ({"timestamp": 1}, (401, "INVALID_SIGNATURE", None)),
        ({"body": b" " * (MAX_BODY_BYTES + 1)}, (413, "TOO_LONG", None)),
    ],
)
def test_push_is_refused_and_changes_nothing(client, order, change, expected):
    with nothing_changed():
        response = push(client, **change)
        factories.commit()

    assert refusal_of(response) == expected


def test_push_is_refused_without_a_signature(client, order):
    with nothing_changed():
        response = client.post(path_of("carriers/generic/"), BODY, content_type="application/json")

    assert refusal_of(response) == (401, "INVALID_SIGNATURE", None)


def test_push_is_refused_when_merchant_set_no_secret(client, order):
    factories.activate()

    with nothing_changed():
        response = push(client, secret="")

    assert refusal_of(response) == (401, "INVALID_SIGNATURE", None)


def test_push_is_refused_when_plugin_is_inactive(client, order):
    factories.activate(active=False, carrier_secrets=f"generic={SECRET}")

    with nothing_changed():
        response = push(client)

    assert response.status_code == 404


@pytest.mark.skipif(not IS_3, reason="2.10.1 has no channels")
def test_push_finds_no_parcel_of_another_channel(client, order):
    factories.activate(channel="other", carrier_secrets=f"generic={SECRET}")
    raw, moment = json.dumps(BODY).encode(), int(time.time())

    client.post(
        path_of("carriers/generic/", "other"),
        raw,
        content_type="application/json",
        HTTP_X_AFTERSALE_TIMESTAMP=str(moment),
        HTTP_X_AFTERSALE_SIGNATURE=generic.sign(raw, moment, SECRET),
    )
    factories.commit()

    assert CarrierPush.objects.get().state == "UNMATCHED"
    assert not TrackingEvent.objects.filter(provider="generic").exists()
