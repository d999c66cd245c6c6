"""The feedback page: opening changes nothing, one tap is kept, nothing typed is lost."""

import re
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from django.core import signing
from django.core.cache import cache
from django.utils import timezone

from saleor_aftersale import access
from saleor_aftersale.config import PLUGIN_ID, settings_of
from saleor_aftersale.feedback import actions, links
from saleor_aftersale.feedback.models import Feedback, ThanksVoucher
from saleor_aftersale.host import hooks
from saleor_aftersale.tracking.actions import revoke_links
from saleor_aftersale.tracking.statuses import ShipmentStatus
from tests import factories
from tests.factories import CHANNEL, STAFF, nothing_changed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

REVIEWS = {"review_links": "Google=https://g.page/r/x", "referral_url": "https://shop.example/f"}


@pytest.fixture
def order(mailbox):
    """A kettle, delivered yesterday."""
    factories.activate(**REVIEWS)
    return delivered()


def delivered(**more):
    made = factories.delivered_order(timezone.now() - timedelta(days=1), **more)
    factories.commit()
    return made


@pytest.fixture
def page(order):
    """Path of the page."""
    return path_of(order)


def path_of(order):
    return urlsplit(links.feedback_url(factories.keep(order))).path


def post(client, path, **fields):
    response = client.post(path, fields)
    factories.commit()
    return response


def text_of(response):
    return re.sub(r"\s+", " ", response.content.decode())


class Form(HTMLParser):
    """Buttons, fields and links of a page."""

    def __init__(self, response):
        super().__init__()
        self.buttons, self.ticked, self.hidden, self.hrefs, self.methods = [], [], {}, [], []
        self.feed(response.content.decode())

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self.methods.append(attrs["method"])
        if tag == "button":
            self.buttons.append((attrs["name"], attrs["value"]))
        if tag == "input" and attrs["type"] == "checkbox" and "checked" in attrs:
            self.ticked.append(attrs["value"])
        if tag == "input" and attrs["type"] == "hidden":
            self.hidden[attrs["name"]] = attrs["value"]
        if tag == "a":
            self.hrefs.append(attrs["href"])


SCORES = [("score", str(score)) for score in (1, 2, 3, 4, 5)]


# Reading


@pytest.mark.parametrize("query", ["", "?score=4", "?score=0", "?score=x", "?score=4&language=pl"])
def test_page_changes_nothing_when_a_scanner_opens_it(client, page, query):
    with nothing_changed():
        for _ in range(3):
            response = client.get(page + query)
        head = client.head(page + query)

    assert (response.status_code, head.status_code) == (200, 200)
    assert Form(response).methods == ["post"]
    assert Feedback.objects.count() == 0


def test_page_offers_each_score_as_a_button_and_the_chosen_one_first_when_named(client, page):
    assert Form(client.get(page)).buttons == SCORES

    chosen = client.get(page + "?score=4")

    assert Form(chosen).buttons == [("score", "4"), *SCORES]
    assert "Send my score: 4 of 5, good" in text_of(chosen)


@pytest.mark.parametrize("score", ["0", "6", "x", "٤", "4.0", "", "4" * 5000])
def test_page_preselects_nothing_when_the_address_names_no_score(client, page, score):
    assert Form(client.get(page, {"score": score})).buttons == SCORES


def test_page_shows_no_data_of_the_order_but_its_number(client, order, page):
    words = text_of(client.get(page))

    number = factories.keep(order).number
    assert f"Order {number}" in words
    for secret in ("boris@example.com", "Boris", "Ivanov", "Kettle", "1ZTEST", "15.00"):
        assert secret not in words


def test_page_is_not_indexed_framed_or_kept_and_loads_nothing_from_elsewhere(client, page):
    response = client.get(page)

    assert response["X-Robots-Tag"] == "noindex"
    assert response["Cache-Control"] == "private, no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
    assert not re.search(r"<(script|img|iframe)|(src|href)=\"https?:", response.content.decode())


@pytest.mark.parametrize("language", ["pl", "bg", "ru"])
def test_page_is_in_the_wished_language_and_keeps_the_score_when_switched(client, page, language):
    response = client.get(page, {"language": language, "score": "2"})

    assert f'<html lang="{language}">' in response.content.decode()
    assert "./?language=en&amp;score=2" in response.content.decode()


def test_page_moves_to_its_own_folder_and_keeps_the_score_when_the_slash_is_missing(client, page):
    response = client.get(page.rstrip("/") + "?score=4")

    assert (response.status_code, response["Location"]) == (302, page + "?language=en&score=4")


def test_page_says_wait_and_takes_nothing_when_nothing_has_arrived(client):
    factories.activate()
    order = factories.make_order(placed_at=timezone.now())
    factories.scan(factories.fulfill(order), ShipmentStatus.IN_TRANSIT, timezone.now())
    path = path_of(order)

    response = client.get(path + "?score=5")
    with nothing_changed():
        refused = post(client, path, score="5")

    assert "Nothing of this order has arrived yet. Please come back" in text_of(response)
    assert (Form(response).buttons, refused.status_code) == ([], 400)


def test_page_discloses_the_voucher_and_that_any_score_brings_it_before_rating(client):
    factories.activate(voucher_value="5.00", voucher_valid_days="30")

    words = text_of(client.get(path_of(delivered())))

    assert (
        "As thanks for your answer you get a voucher: €5.00 off your next order, for one use "
        "within 30 days. You get it whatever your score is." in words
    )


# Links


def test_link_opens_nothing_when_it_is_forged_changed_or_another_kinds(client, order, page):
    record = factories.keep(order)
    forged = signing.dumps([record.order_ref, 1, 9999999999], salt="another")
    tokens = [
        "x",
        forged,
        page.split("/")[-2][:-1] + ("A" if page[-2] != "A" else "B"),
        factories.token_of(order),
        signing.dumps({"a": 1}, salt="saleor_aftersale.feedback.links"),
    ]

    for token in tokens:
        path = hooks.page_path(PLUGIN_ID, CHANNEL, f"feedback/{token}/")
        with nothing_changed():
            assert client.get(path).status_code == 404, token
            assert post(client, path, score="1").status_code == 404, token


def test_link_to_feedback_opens_no_order_when_tried_there(client, page):
    for place in ("track", "return"):
        assert client.get(page.replace("/feedback/", f"/{place}/")).status_code == 404


def test_link_opens_nothing_when_its_time_is_over_or_it_was_revoked(client, order, page):
    record, ended_at = factories.keep(order), timezone.now() - timedelta(seconds=1)
    token = links.sign(record, expires_at=ended_at)
    expired = hooks.page_path(PLUGIN_ID, CHANNEL, f"feedback/{token}/")
    with nothing_changed():
        assert post(client, expired, score="1").status_code == 410
    revoke_links(record.order_ref)

    with nothing_changed():
        assert post(client, page, score="1").status_code == 404


def test_link_names_the_scores_and_ends_as_the_settings_say():
    factories.activate(link_valid_days="30")
    record, now = factories.keep(delivered()), timezone.now()

    urls = links.score_urls(record, settings=settings_of(CHANNEL), now=now)

    assert [score for score, _url in urls] == [1, 2, 3, 4, 5]
    assert {url.partition("?")[2] for _score, url in urls} == {f"score={n}" for n in range(1, 6)}
    token = urls[0][1].split("/feedback/")[1].partition("/")[0]
    assert links.record_of(token, now + timedelta(days=29)) == record
    with pytest.raises(access.ExpiredLink):
        links.record_of(token, now + timedelta(days=30, seconds=1))


def test_page_is_missing_when_more_follows_the_token_or_the_method_is_another(client, page):
    assert client.get(page + "more/").status_code == 404
    with nothing_changed():
        assert client.put(page, {"score": "1"}).status_code == 404


# Giving


def test_one_tap_is_kept_and_the_thank_you_page_follows(client, order, page):
    response = post(client, page, score="4")

    assert (response.status_code, response["Location"]) == (303, page + "?language=en")
    row = Feedback.objects.get()
    assert (row.order.order_ref, row.score, row.comment) == (str(order.pk), 4, "")
    words = text_of(client.get(response["Location"]))
    assert "Thank you for your answer" in words
    assert "Your score: 4 of 5, good" in words


def test_the_same_tap_twice_is_one_when_sent_again(client, page):
    post(client, page, score="4")

    with nothing_changed():
        assert post(client, page, score="4").status_code == 303


def test_comment_and_categories_are_added_and_shown_again_when_saved(client, page):
    post(client, page, score="2")

    post(
        client,
        page,
        details="1",
        comment="Torn\r\n<b>box</b>",
        category=["PACKAGING", "COURIER"],
        do="save",
    )

    row = Feedback.objects.get()
    assert (row.score, row.comment) == (2, "Torn\n<b>box</b>")
    assert row.categories == ["COURIER", "PACKAGING"]
    shown = client.get(page)
    assert "Torn &lt;b&gt;box&lt;/b&gt;" in text_of(shown)
    assert Form(shown).ticked == ["COURIER", "PACKAGING"]
    assert Form(shown).hidden == {"details": "1"}


def test_boxes_are_emptied_when_nothing_is_ticked_any_more(client, page):
    post(client, page, score="2")
    post(client, page, details="1", comment="x", category=["SPEED"])

    post(client, page, details="1", comment="")

    assert (Feedback.objects.get().comment, Feedback.objects.get().categories) == ("", [])


def test_words_stay_when_only_another_score_is_tapped(client, page):
    post(client, page, score="2", comment="Late", category=["SPEED"])

    post(client, page, score="3")

    row = Feedback.objects.get()
    assert (row.score, row.comment, row.categories) == (3, "Late", ["SPEED"])


def test_another_score_from_the_mail_is_offered_and_not_taken_when_opened(client, page):
    post(client, page, score="2")

    with nothing_changed():
        shown = client.get(page + "?score=5")

    assert Form(shown).buttons[0] == ("score", "5")
    assert "Change my score to 5 of 5, very good" in text_of(shown)
    assert "Your score: 2 of 5, bad" in text_of(shown)


@pytest.mark.parametrize("score", ["0", "6", "-1", "x", "", "4.0", "None"])
def test_score_is_refused_and_the_page_shown_again_when_it_is_none(client, page, score):
    with nothing_changed():
        response = post(client, page, score=score, comment="Torn box")

    assert response.status_code == 400
    assert "Choose a score from 1 to 5." in text_of(response)
    assert "Torn box</textarea>" in text_of(response)


def test_form_is_refused_when_it_says_nothing(client, page):
    with nothing_changed():
        response = post(client, page)

    assert response.status_code == 400
    assert "Choose a score from 1 to 5." in text_of(response)


@pytest.mark.parametrize("size", [2001, 1024 * 1024])
def test_long_comment_is_refused_and_given_back_when_it_is_too_long(client, page, size):
    post(client, page, score="3")

    with nothing_changed():
        response = client.post(page, {"details": "1", "comment": "y" * size})

    assert response.status_code == 400
    assert "This is too long. Please use up to 2000 characters." in text_of(response)
    assert "y" * size + "</textarea>" in response.content.decode()


def test_form_is_refused_when_it_is_larger_than_any_comment(client, page):
    with nothing_changed():
        response = client.post(page, {"score": "3", "comment": "y" * 3 * 1024 * 1024})

    assert response.status_code == 413


@pytest.mark.parametrize("fields", [{"comment": "a\x00b"}, {"category": ["PRICE"]}])
def test_form_is_refused_when_it_holds_what_cannot_be_kept(client, page, fields):
    with nothing_changed():
        response = post(client, page, score="3", **fields)

    assert response.status_code == 400
    assert "This couldn&#x27;t be saved. Please check it." in text_of(response).replace(
        "&#39;", "&#x27;"
    )


def test_words_are_shown_again_when_there_were_too_many_tries(client, page, monkeypatch):
    cache.clear()
    monkeypatch.setattr(actions, "TRIES_AN_HOUR", 2)
    post(client, page, score="2")
    post(client, page, score="3")

    with nothing_changed():
        response = post(client, page, details="1", comment="Precious", category=["COURIER"])

    assert response.status_code == 429
    assert "Nothing was saved yet" in text_of(response)
    assert "Precious</textarea>" in text_of(response)
    assert Form(response).ticked == ["COURIER"]


# After


def test_low_score_is_told_who_answers_until_when(client, order, page):
    post(client, page, score="1")

    words = text_of(client.get(page))

    assert "We are sorry that something went wrong." in words
    assert re.search(r"Somebody of Example reads this and answers you by mail until \d+ \w+", words)


def test_answer_of_staff_is_shown_as_text_when_there_is_one(client, page):
    post(client, page, score="1")
    key = Feedback.objects.get().pk
    actions.answer_feedback(key, STAFF, text="<i>Sorry</i>", now=timezone.now())

    words = text_of(client.get(page))

    assert "&lt;i&gt;Sorry&lt;/i&gt;" in words
    assert "answers you by mail until" not in words


@pytest.mark.parametrize("score", [1, 2, 3, 4, 5])
def test_reviews_are_offered_to_everybody_and_a_friend_after_the_best_score(client, page, score):
    post(client, page, score=str(score))

    hrefs = Form(client.get(page)).hrefs

    assert "https://g.page/r/x" in hrefs
    assert ("https://shop.example/f" in hrefs) is (score == 5)


@pytest.mark.parametrize("score", ["1", "5"])
def test_voucher_is_shown_whatever_the_score_is(client, score):
    factories.activate(voucher_value="10%")
    path = path_of(delivered())

    post(client, path, score=score)

    code = ThanksVoucher.objects.get().code
    words = text_of(client.get(path))
    assert f'<strong class="number">{code}</strong>' in words
    assert "10% off your next order, once, until" in words


def test_voucher_code_is_hidden_when_it_cannot_be_used_yet(client):
    factories.activate(voucher_value="10%")
    path = path_of(delivered())
    post(client, path, score="3")
    ThanksVoucher.objects.update(state="DUE")

    words = text_of(client.get(path))

    assert ThanksVoucher.objects.get().code not in words
    assert "You will find the code on this page soon." in words
