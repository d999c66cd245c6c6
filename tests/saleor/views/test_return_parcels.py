"""The return page's cards of parcels in which goods come back: what carriers tell of them."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from saleor_aftersale.config import PLUGIN_ID
from saleor_aftersale.host import hooks
from saleor_aftersale.returns import sending
from saleor_aftersale.tracking.actions import revoke_links
from saleor_aftersale.tracking.carriers.base import CarrierUpdate
from saleor_aftersale.tracking.models import Shipment
from saleor_aftersale.tracking.news import record_updates
from saleor_aftersale.tracking.statuses import ShipmentStatus
from tests import factories
from tests.factories import CHANNEL, CUSTOMER
from tests.saleor.followups.test_templates import NASTY, Page, english_left_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

S = ShipmentStatus
NOW = timezone.now().replace(microsecond=0)
NUMBER, OTHER = "1Z999AA10123456784", "1Z999AA10123456793"


@pytest.fixture
def order():
    """Two kettles of Boris Ivanov's, delivered the day before yesterday."""
    factories.activate()
    return factories.delivered_order(NOW - timedelta(days=2), lines={"Kettle": 2})


@pytest.fixture
def request_(order):
    """A request for one of them."""
    return factories.ask(order, now=NOW - timedelta(days=1))


def send(request, number=NUMBER, carrier=""):
    sending.provide_shipping(
        str(request.pk), CUSTOMER, tracking_number=number, carrier=carrier, now=NOW
    )
    factories.commit()


def scan(status, hours, number=NUMBER, **more):
    """What the carrier told that many hours ago."""
    shipment = Shipment.every.get(is_return=True, tracking_number=number)
    at = NOW - timedelta(hours=hours)
    update = CarrierUpdate(status, at, tracking_number=number, raw_code=status.value, **more)
    record_updates(shipment.pk, [update], provider="api", now=at)
    factories.commit()


def path_of(request, token):
    rest = f"return/{token}/{request.number}/"
    return hooks.page_path(PLUGIN_ID, CHANNEL, rest)


def page_of(client, order, request, language="en"):
    path = path_of(request, factories.token_of(order))
    return client.get(path, {"language": language}).content.decode().replace("&#39;", "&#x27;")


def cards(page):
    """Words of each parcel's card, by its heading."""
    found = re.findall(r'<section class="card parcel".*?</section>', page, re.S)
    read = [Page(card.replace("><", "> <")).text for card in found]
    return [re.sub(r"\s+", " ", words).strip() for words in read]


def test_parcel_is_shown_with_status_bar_and_news(client, order, request_):
    send(request_)
    scan(S.PICKED_UP, 5, location="Łódź")
    scan(S.IN_TRANSIT, 3, description="Sorted for Boris, boris@example.com")

    page = page_of(client, order, request_)

    (card,) = cards(page)
    assert card.startswith("Your return parcel On the way 60 % 60 % Carrier UPS")
    assert f"Tracking number {NUMBER} Last heard from the carrier 3 hours ago" in card
    assert re.search(r"Track it at the carrier The way so far \d+ \w+ \d{4} UTC\+00:00 ", card)
    assert "On the way Sorted for B., …" in card
    assert "Handed to the carrier Łódź" in card
    assert f'<a class="link" href="https://www.ups.com/track?tracknum={NUMBER}' in page


def test_bar_has_the_words_as_its_name(client, order, request_):
    send(request_)
    send(request_, OTHER)
    scan(S.IN_TRANSIT, 3)

    page = Page(page_of(client, order, request_))

    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    bars = page.named("progress")
    assert [(bar["value"], bar["max"]) for bar in bars] == [("60", "100"), ("30", "100")]
    assert {bar["aria-labelledby"] for bar in bars} <= set(ids)
    assert len(ids) == len(set(ids))


def test_each_of_several_parcels_has_its_own_status(client, order, request_):
    send(request_)
    send(request_, OTHER)
    scan(S.DELIVERED, 2, OTHER)

    first, second = cards(page_of(client, order, request_))

    assert first.startswith("Return parcel 1 of 2 Registered, waiting for the carrier 30 % 30 %")
    assert "Nothing yet. The first news appears when the carrier has scanned" in first
    assert second.startswith("Return parcel 2 of 2 Delivered 100 % 100 % Carrier UPS")
    assert OTHER in second
    assert OTHER not in first


def test_trouble_of_a_parcel_is_told_with_its_reason(client, order, request_):
    send(request_)
    scan(S.IN_TRANSIT, 9)
    scan(S.LOST, 2, reason="LOST")

    page = page_of(client, order, request_)

    assert '<div class="bar warning">' in page
    assert "Lost by the carrier" in cards(page)[0]
    assert "The carrier can't find it." in cards(page)[0]


def test_older_news_waits_folded(client, order, request_):
    send(request_)
    for hours in range(6, 0, -1):
        scan(S.IN_TRANSIT, hours, location=f"Place {hours}")

    page = page_of(client, order, request_)

    shown, _fold, folded = cards(page)[0].partition("Earlier news (2)")
    assert re.findall(r"Place \d", shown) == ["Place 1", "Place 2", "Place 3", "Place 4"]
    assert re.findall(r"Place \d", folded) == ["Place 5", "Place 6"]


def test_parcel_that_nobody_follows_is_shown_as_it_was_told(client, order, request_):
    send(request_, "ABC12345", "cargus")
    Shipment.every.filter(is_return=True).delete()

    page = page_of(client, order, request_)

    assert cards(page) == ["Your return parcel Carrier Cargus Tracking number ABC12345"]
    assert "<progress" not in page


def test_request_without_a_parcel_has_no_card(client, order, request_):
    other = factories.delivered_order(NOW - timedelta(days=2))
    send(factories.ask(other, now=NOW))
    scan(S.IN_TRANSIT, 3)

    page = page_of(client, order, request_)

    assert cards(page) == []
    assert NUMBER not in page
    assert "Tracking number of the parcel you sent" in page


def test_hostile_news_is_text(client, order, request_):
    send(request_)
    scan(S.IN_TRANSIT, 3, location=NASTY[:200], description=NASTY[:200])

    page = Page(page_of(client, order, request_))

    assert [tag for tag, _ in page.tags if tag in ("script", "style", "iframe")] == []
    attributes = {name for _, attrs in page.tags for name in attrs}
    assert [name for name in attributes if name.startswith("on") or name == "style"] == []
    assert "<script>alert(1)</script>" in page.text


@pytest.mark.parametrize("language", ["pl", "bg", "ru"])
def test_card_has_no_english_left_when_translated(client, order, request_, language):
    send(request_)
    send(request_, OTHER)
    scan(S.PICKED_UP, 5)
    scan(S.DAMAGED, 3, reason="DAMAGED")

    page = page_of(client, order, request_, language)

    assert english_left_in(" ".join(cards(page))) == []


def test_owner_sees_the_same_as_a_guest(client):
    factories.activate()
    annas = factories.delivered_order(NOW - timedelta(days=2), user=factories.make_customer())
    request = factories.ask(annas, now=NOW - timedelta(days=1))
    send(request)
    scan(S.IN_TRANSIT, 3)

    (card,) = cards(page_of(client, annas, request))

    assert card.startswith("Your return parcel On the way 60 % 60 %")


def test_stranger_reads_nothing_of_a_parcel(client, order, request_):
    send(request_)
    scan(S.IN_TRANSIT, 3)
    strangers = factories.delivered_order(NOW, email="eve@example.com")
    revoked = factories.token_of(order)
    revoke_links(str(order.pk))

    tokens = (factories.token_of(strangers), revoked, "x", request_.number)
    answers = [client.get(path_of(request_, token)) for token in tokens]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert [NUMBER in answer.content.decode() for answer in answers] == [False] * 4


def test_number_of_queries_is_the_same_for_more_parcels(client, order, request_):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            page = page_of(client, order, request_)
        return len(cards(page)), len(captured)

    send(request_)
    scan(S.IN_TRANSIT, 3)
    queries()
    one = queries()
    for position in range(3):
        send(request_, f"ABC1234{position}")
        scan(S.IN_TRANSIT, 3, f"ABC1234{position}")
    four = queries()

    assert (one[0], four[0]) == (1, 4)
    assert one[1] == four[1]
