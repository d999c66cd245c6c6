"""The tracking page: what a customer reads there, and what can be stated on it."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from saleor_aftersale.config import PLUGIN_ID
from saleor_aftersale.host import hooks
from saleor_aftersale.tracking.models import ParcelStatement, Shipment
from saleor_aftersale.tracking.statuses import ShipmentStatus
from tests import factories
from tests.factories import CHANNEL, IS_3, nothing_changed
from tests.saleor.followups.test_templates import NASTY, Page, english_left_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

NOW = timezone.now().replace(microsecond=0)


def path_of(order, action="", channel=CHANNEL):
    return hooks.page_path(PLUGIN_ID, channel, f"track/{factories.token_of(order)}/{action}")


def parcel_of(order):
    return Shipment.objects.get(order__order_ref=str(order.pk))


def page_of(client, order, **query):
    return client.get(path_of(order), query).content.decode().replace("&#39;", "&#x27;")


def an_order(*statuses, settings=None, **last):
    """An order in one parcel that was scanned so, an hour between scans, the last one now."""
    factories.activate(**(settings or {}))
    order = factories.make_order(lines={"Kettle": 1}, placed_at=NOW - timedelta(days=9))
    parcel = factories.fulfill(order, tracking_number="1Z999")
    for position, status in enumerate(statuses, 1):
        more = last if position == len(statuses) else {}
        at = NOW - timedelta(hours=len(statuses) - position)
        factories.scan(parcel, status, at, **more)
    factories.commit()
    return order


# What it shows


def test_page_says_how_old_the_news_is(client):
    order = an_order(ShipmentStatus.IN_TRANSIT)
    Shipment.objects.update(heard_at=NOW - timedelta(hours=3))

    page = page_of(client, order)

    assert "Last heard from the carrier: 3 hours ago · <time" in page


@pytest.mark.parametrize("language", ["pl", "bg", "ru"])
@pytest.mark.parametrize(
    "status",
    [
        ShipmentStatus.OUT_FOR_DELIVERY,
        ShipmentStatus.READY_FOR_PICKUP,
        ShipmentStatus.ON_HOLD,
        ShipmentStatus.RETURNING,
        ShipmentStatus.DELIVERED,
    ],
)
def test_page_has_no_english_left_when_translated(client, language, status):
    order = an_order(ShipmentStatus.IN_TRANSIT, status)

    page = Page(page_of(client, order, language=language))
    labels = [attrs["aria-label"] for _, attrs in page.tags if "aria-label" in attrs]

    assert page.named("html") == [{"lang": language}]
    assert english_left_in(" ".join([page.text] + labels)) == []


def test_page_shows_hostile_names_as_text(client):
    factories.activate()
    order = factories.make_order(lines={NASTY[:200]: 1})
    factories.scan(factories.fulfill(order), ShipmentStatus.IN_TRANSIT, location=NASTY[:200])
    factories.commit()

    page = Page(page_of(client, order))

    assert [tag for tag, _ in page.tags if tag in ("script", "style", "iframe")] == []
    attributes = {name for _, attrs in page.tags for name in attrs}
    assert [name for name in attributes if name.startswith("on") or name == "style"] == []
    assert "<script>alert(1)</script>" in page.text


def test_every_bar_is_named_by_its_words(client):
    order = an_order(ShipmentStatus.IN_TRANSIT)

    page = Page(page_of(client, order))

    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    bars = page.named("progress")
    assert [(bar["value"], bar["max"]) for bar in bars] == [("60", "100")]
    assert {bar["aria-labelledby"] for bar in bars} <= set(ids)
    assert len(ids) == len(set(ids))


def test_page_says_since_when_a_parcel_is_late(client):
    order = an_order(ShipmentStatus.IN_TRANSIT, promised_until=NOW - timedelta(days=1))

    page = page_of(client, order)

    assert "On the way, late since" in page
    assert "Why is it late?" in page
    assert "I haven't received this parcel" in page


def test_page_says_where_and_until_when_to_collect(client):
    order = an_order(
        ShipmentStatus.READY_FOR_PICKUP,
        location="Locker WAW22A",
        collect_by=NOW + timedelta(days=2),
    )

    page = page_of(client, order)

    assert "Collect by <time" in page
    assert "It waits here: <strong>Locker WAW22A</strong>" in page


def test_page_hides_who_the_customer_is(client):
    order = an_order(
        ShipmentStatus.DELIVERED,
        description="Signed by IVANOV, boris@example.com",
        location="Sofia",
    )

    page = page_of(client, order)

    assert "Signed by I., …" in page
    assert "Sofia" in page
    assert not re.search("boris|ivanov", page, re.I)


def test_long_way_is_folded_and_page_stays_light(client):
    """30 kB with its style sheet, in the script that takes most bytes."""
    factories.activate()
    order = factories.make_order(
        lines={"Cup": 1, "Pot": 1, "Tin": 1}, placed_at=NOW - timedelta(days=30)
    )
    for name in ("Cup", "Pot", "Tin"):
        parcel = factories.fulfill(order, {name: 1}, tracking_number=f"1Z{name}")
        for hour in range(20):
            at = NOW - timedelta(hours=7 * hour)
            factories.scan(parcel, ShipmentStatus.IN_TRANSIT, at, location="Сортировка Варшава")
    factories.commit()

    page = client.get(path_of(order), {"language": "bg"}).content
    (style_url,) = re.findall(r'href="([^"]+\.css)"', page.decode())
    style = client.get(style_url).content

    assert page.decode().count("<time>") == 60
    assert page.decode().count("(16)</summary>") == 3
    assert len(page) + len(style) < 30_000


def test_page_has_nothing_inline_and_nothing_from_elsewhere(client):
    order = an_order(ShipmentStatus.DELIVERED)

    response = client.get(path_of(order))

    page = response.content.decode()
    assert response["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", page)
    assert not re.search(r"(src|action)=\"(https?:)?//", page)


def test_page_has_landmarks_and_a_way_past_the_top(client):
    page = page_of(client, an_order(ShipmentStatus.DELIVERED))

    assert '<a class="skip" href="#main">' in page
    assert [page.count(tag) for tag in ("<header ", "<nav ", "<main ", "<h1>")] == [1, 1, 1, 1]


# The merchant's part


def test_page_shows_what_the_merchant_set(client):
    order = an_order(
        ShipmentStatus.DELIVERED,
        settings={
            "sender_name": "Kettle & Cup",
            "logo": "/media/logo.svg",
            "support_contact": "help@example.com",
            "care_tips": "Rinse it <well>.\nMore: https://shop.example/care?a=1&b=2.",
            "return_page_url": "https://shop.example/returns/{token}",
        },
    )

    page = page_of(client, order)

    assert '<img src="/media/logo.svg" alt="Kettle &amp; Cup" height="40">' in page
    assert 'href="mailto:help@example.com"' in page
    assert "<p>Rinse it &lt;well&gt;.</p>" in page
    assert (
        '<a href="https://shop.example/care?a=1&amp;b=2" rel="noreferrer noopener">'
        "https://shop.example/care?a=1&amp;b=2</a>." in page
    )
    assert re.search(r'href="https://shop\.example/returns/[\w:-]+"', page)


def test_merchants_questions_replace_the_built_in_ones_of_their_topic(client):
    order = an_order(
        ShipmentStatus.DELIVERED,
        settings={"faq": "DELIVERED: All of it? = Yes.\nDELIVERED[pl]: Wszystko? = Tak."},
    )

    pages = [page_of(client, order, language=language) for language in ("en", "pl")]

    assert ["All of it?" in page for page in pages] == [True, False]
    assert ["Wszystko?" in page for page in pages] == [False, True]
    assert ["It says delivered" in page for page in pages] == [False, False]


def test_style_has_the_colour_of_its_channel_and_a_name_of_its_own(client):
    order = an_order(ShipmentStatus.DELIVERED)
    (plain,) = re.findall(r'href="([^"]+\.css)"', page_of(client, order))
    factories.activate(brand_colour="#7a1f5c")
    (own,) = re.findall(r'href="([^"]+\.css)"', page_of(client, order))

    style = client.get(own).content.decode()

    assert own != plain
    assert style.startswith(":root{--accent:#7a1f5c;--accent-ink:#ffffff;")
    assert client.get(plain).status_code == 404


# The drop-in bar


def test_bar_is_served_to_other_hosts_under_both_names(client):
    factories.activate()
    from saleor_aftersale.views import assets  # noqa: PLC0415 -- templates ready

    urls = [
        hooks.page_path(PLUGIN_ID, CHANNEL, "assets/" + name)
        for name in (assets.bar_name(), assets.BAR_NAME)
    ]
    hashed, stable = (client.get(url) for url in urls)

    assert hashed.content == stable.content
    assert len(hashed.content) < 4096
    assert hashed["Content-Type"] == "text/javascript; charset=utf-8"
    assert hashed["Access-Control-Allow-Origin"] == "*"
    assert hashed["Cache-Control"] == "public, max-age=31536000, immutable"
    assert stable["Cache-Control"] == "public, max-age=300"


def test_bar_needs_neither_eval_nor_anything_else(client):
    from saleor_aftersale.views import assets  # noqa: PLC0415 -- templates ready

    source = assets._source("embed/" + assets.BAR_NAME)

    assert not re.search(r"eval|Function\(|innerHTML|import |fetch|https?:", source)


# Not received


def state(client, order, *, page="", **form):
    form.setdefault("parcel", str(parcel_of(order).pk))
    response = client.post((page or path_of(order)) + "not-received", form)
    factories.commit()
    return response


def test_customer_states_once_that_a_parcel_never_came(client):
    order = an_order(ShipmentStatus.DELIVERED)
    page = path_of(order)

    first = state(client, order, page=page, comment="Nobody rang.\r\nI was there.")
    again = state(client, order, comment="Still nothing.")

    stated = ParcelStatement.objects.get()
    assert [first.status_code, again.status_code] == [303, 303]
    assert first["Location"] == f"{page}#parcel-{parcel_of(order).pk}"
    assert (stated.shipment_id, stated.kind, stated.comment, stated.stated_by) == (
        parcel_of(order).pk,
        "NOT_RECEIVED",
        "Nobody rang.\nI was there.",
        "boris@example.com",
    )


def test_page_shows_the_statement_in_place_of_the_form(client):
    order = an_order(ShipmentStatus.DELIVERED)
    before = page_of(client, order)

    state(client, order)

    after = page_of(client, order)
    assert ("<form " in before, "You told us:" in before) == (True, False)
    assert ("<form " in after, "You told us: <time" in after) == (False, True)


def test_language_is_kept_when_something_was_stated(client):
    order = an_order(ShipmentStatus.DELIVERED)
    page = path_of(order)

    response = client.post(page + "not-received?language=pl", {"parcel": parcel_of(order).pk})

    assert response["Location"] == f"{page}?language=pl#parcel-{parcel_of(order).pk}"


def test_form_is_not_offered_while_a_parcel_is_on_time(client):
    page = page_of(client, an_order(ShipmentStatus.IN_TRANSIT))

    assert "<form " not in page


def test_too_long_comment_is_kept_on_the_page_with_what_is_wrong(client):
    order = an_order(ShipmentStatus.DELIVERED)
    comment = "<b>" + "x" * 1998

    with nothing_changed():
        response = state(client, order, comment=comment)

    page = response.content.decode()
    assert response.status_code == 400
    assert "This is too long. Please use up to 2000 characters." in page
    assert "&lt;b&gt;" + "x" * 1998 + "</textarea>" in page
    assert 'aria-invalid="true"' in page


@pytest.mark.parametrize("wish", ["", "0", "x", "²", "-1", "1; DROP", "9" * 30])
def test_statement_about_no_parcel_is_not_found(client, wish):
    order = an_order(ShipmentStatus.DELIVERED)

    with nothing_changed():
        response = state(client, order, parcel=wish)

    assert response.status_code == 404


def test_statement_about_somebody_elses_parcel_is_not_found(client):
    order, other = an_order(ShipmentStatus.DELIVERED), an_order(ShipmentStatus.DELIVERED)

    with nothing_changed():
        response = state(client, order, parcel=str(parcel_of(other).pk))

    assert response.status_code == 404
    assert b"1Z999" not in response.content


@pytest.mark.parametrize("status", [ShipmentStatus.INFO_RECEIVED])
def test_statement_about_a_parcel_never_sent_is_not_found(client, status):
    order = an_order(status)

    with nothing_changed():
        response = state(client, order)

    assert response.status_code == 404


@pytest.mark.parametrize(
    ("make_token", "status"),
    [(lambda order: "nonsense", 404), (factories.expired_token, 410)],
)
def test_statement_needs_a_link_that_holds(client, make_token, status):
    order = an_order(ShipmentStatus.DELIVERED)
    path = hooks.page_path(PLUGIN_ID, CHANNEL, f"track/{make_token(order)}/not-received")

    with nothing_changed():
        response = client.post(path, {"parcel": parcel_of(order).pk})

    assert response.status_code == status


@pytest.mark.skipif(not IS_3, reason="2.10.1 has no channels")
def test_statement_is_not_found_in_another_channel(client):
    order = an_order(ShipmentStatus.DELIVERED)
    factories.activate(channel="other")

    with nothing_changed():
        response = client.post(
            path_of(order, "not-received", "other"), {"parcel": parcel_of(order).pk}
        )

    assert response.status_code == 404


@pytest.mark.parametrize("path", ["not-received", "not-received/"])
def test_reading_the_forms_address_leads_to_the_page_and_states_nothing(client, path):
    order = an_order(ShipmentStatus.DELIVERED)
    page = path_of(order)

    with nothing_changed():
        response = client.get(f"{page}{path}?parcel={parcel_of(order).pk}&language=bg")

    assert (response.status_code, response["Location"]) == (302, page + "?language=bg")


def test_address_without_its_slash_leads_to_the_page(client):
    order = an_order(ShipmentStatus.DELIVERED)
    page = path_of(order)

    response = client.get(page.rstrip("/"), {"language": "javascript:"})

    assert (response.status_code, response["Location"]) == (302, page)
