"""The pages behind the links of marketing mails: unsubscribe, and choose what comes."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from saleor_aftersale.config import PLUGIN_ID, settings_of
from saleor_aftersale.consents import actions, links, preferences, queries, suppressing
from saleor_aftersale.consents.actions import Proof, Source
from saleor_aftersale.consents.basis import Consent
from saleor_aftersale.consents.mailboxes import mailbox_of
from saleor_aftersale.consents.models import ConsentDecision
from saleor_aftersale.consents.suppressions import Cause
from saleor_aftersale.consents.topics import TOPICS, Topic
from saleor_aftersale.host import hooks
from tests import factories
from tests.factories import CHANNEL, NOON, nothing_changed
from tests.saleor.followups.test_templates import Page, english_left_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

ANNA = "anna@example.com"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(autouse=True)
def order(mailbox):
    """Anna bought something in a shop that tells its customers of mails at checkout."""
    factories.activate(soft_opt_in="true", sender_name="Kettle & Cup")
    made = factories.make_order(email=ANNA, country="BG")
    factories.keep(made)
    factories.commit()
    mailbox.clear()
    return made


def path_of(rest="", email=ANNA, language="en", channel=CHANNEL):
    token = links.preferences_token(email, channel, language, "OFFERS")
    return hooks.page_path(PLUGIN_ID, CHANNEL, f"mails/{token}/{rest}")


UNSUBSCRIBE = "unsubscribe/"


def text_of(response):
    return " ".join(Page(response.content.decode()).text.split())


def standings(email=ANNA):
    settings = settings_of(CHANNEL)
    return [queries.standing_of(email, topic.value, settings=settings) for topic in TOPICS]


def kept():
    return list(ConsentDecision.objects.order_by("pk").values_list("topic", "decision", "source"))


# Unsubscribe


def test_links_of_a_mail_are_the_two_pages():
    found = links.links_of(ANNA, CHANNEL, "en", "OFFERS")

    assert found.preferences_url == hooks.page_url(PLUGIN_ID, CHANNEL, "") + (
        re.search(r"mails/[^/]+/$", found.preferences_url).group(0)
    )
    assert found.unsubscribe_url == found.preferences_url + "unsubscribe/"
    assert links.preferences_url(ANNA, CHANNEL, "en", "OFFERS").count("/mails/") == 1
    assert links.unsubscribe_url(ANNA, CHANNEL, "en", "OFFERS").endswith("/unsubscribe/")


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("rest", ["", UNSUBSCRIBE])
def test_looking_at_a_link_changes_nothing(client, method, rest):
    with nothing_changed():
        response = getattr(client, method)(path_of(rest))

    assert response.status_code == 200
    assert response["Cache-Control"] == "private, no-store"


def test_unsubscribe_page_has_one_button_and_keeps_the_token_to_itself(client):
    path = path_of(UNSUBSCRIBE)

    response = client.get(path)

    page = Page(response.content.decode())
    assert [attrs["type"] for attrs in page.named("button")] == ["submit"]
    assert page.named("form") == [{"method": "post", "action": "?language=en"}]
    assert path.split("/")[-3] not in response.content.decode()


@pytest.mark.parametrize(
    "body, content_type",
    [
        ("List-Unsubscribe=One-Click", FORM),
        (
            '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\n'
            "One-Click\r\n--b--\r\n",
            "multipart/form-data; boundary=b",
        ),
        ("", FORM),
        ("--b\r\nnonsense", "multipart/form-data"),
        ("\xff\xfe", "text/plain"),
    ],
)
def test_one_click_ends_all_marketing_without_cookie_or_csrf(body, content_type):
    strict = Client(enforce_csrf_checks=True)

    response = strict.post(path_of(UNSUBSCRIBE), body, content_type=content_type)

    assert response.status_code == 200
    assert "You are unsubscribed" in text_of(response)
    assert kept() == [("", "OBJECTED", "ONE_CLICK")]
    assert standings() == [Consent.OBJECTED] * 3
    assert strict.cookies == {}


def test_one_click_keeps_what_proves_it_but_no_address_of_the_network(client):
    client.post(path_of(UNSUBSCRIBE), ONE_CLICK, REMOTE_ADDR="203.0.113.7")

    row = ConsentDecision.objects.values().get()
    assert (row["email"], row["evidence"]) == (ANNA, {"topic_of_mail": "OFFERS"})
    assert "203.0.113.7" not in str(row)


def test_second_click_changes_nothing(client):
    path = path_of(UNSUBSCRIBE)
    client.post(path, ONE_CLICK)

    with nothing_changed():
        response = client.post(path, ONE_CLICK)

    assert response.status_code == 200


def test_one_click_is_of_one_mailbox_only(client):
    factories.keep(factories.make_order(email="boris@example.com", country="BG"))

    client.post(path_of(UNSUBSCRIBE), ONE_CLICK)

    assert standings("boris@example.com") == [Consent.SOFT_OPT_IN] * 3


def test_button_of_the_page_leads_back_to_it(client):
    path = path_of(UNSUBSCRIBE)

    response = client.post(path + "?language=pl", {"from": "page"})

    assert (response.status_code, response["Location"]) == (303, path + "?language=pl")
    assert kept() == [("", "OBJECTED", "PAGE")]
    assert "You are unsubscribed" in text_of(client.get(path))


def test_unsubscribing_works_when_the_order_is_gone(client):
    path = path_of(UNSUBSCRIBE)
    factories.models.OrderRecord.objects.all().delete()

    assert client.post(path, ONE_CLICK).status_code == 200
    assert standings() == [Consent.OBJECTED] * 3
    assert ConsentDecision.objects.get().email == ""


def test_unsubscribing_is_never_limited(client):
    path = path_of(UNSUBSCRIBE)
    for _ in range(preferences.MOST_CHANGES + 1):
        actions.opt_in(mailbox_of(ANNA), TOPICS, Proof(Source.API), timezone.now())
        response = client.post(path, ONE_CLICK)

    assert response.status_code == 200
    assert standings() == [Consent.OBJECTED] * 3


def test_address_without_slash_leads_to_the_page_but_a_post_acts(client):
    path = path_of(UNSUBSCRIBE).rstrip("/")

    response = client.get(path, {"language": "bg"})
    posted = client.post(path, ONE_CLICK)

    assert (response.status_code, response["Location"]) == (302, path + "/?language=bg")
    assert posted.status_code == 200
    assert kept() == [("", "OBJECTED", "ONE_CLICK")]


# What is refused


def forged():
    path = path_of(UNSUBSCRIBE)
    return path.replace("/mails/", "/mails/A" if "/mails/A" not in path else "/mails/B")


def of_another_channel():
    return path_of(UNSUBSCRIBE, channel="another")


def link_to_an_order():
    token = factories.token_of(factories.make_order(email=ANNA))
    return hooks.page_path(PLUGIN_ID, CHANNEL, f"mails/{token}/{UNSUBSCRIBE}")


@pytest.mark.parametrize(
    "make_path, title",
    [
        (forged, "This link doesn't work"),
        (link_to_an_order, "This link doesn't work"),
        (of_another_channel, "This page doesn't exist"),
        (lambda: path_of("elsewhere/"), "This page doesn't exist"),
        (lambda: hooks.page_path(PLUGIN_ID, CHANNEL, "mails/"), "This link doesn't work"),
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_link_that_is_none_is_refused(client, make_path, title, method):
    path = make_path()

    with nothing_changed():
        response = getattr(client, method)(path, ONE_CLICK)

    assert response.status_code == 404
    assert title in text_of(response)


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
@pytest.mark.parametrize("rest", ["", UNSUBSCRIBE])
def test_other_methods_are_refused(client, method, rest):
    with nothing_changed():
        response = getattr(client, method)(path_of(rest))

    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, POST")


# Preferences


def boxes(response):
    page = Page(response.content.decode())
    ticks = [attrs for attrs in page.named("input") if attrs["type"] == "checkbox"]
    return {attrs["value"]: "checked" in attrs for attrs in ticks}


def shown(response):
    page = Page(response.content.decode())
    return [attrs["value"] for attrs in page.named("input") if attrs.get("name") == "shown"]


def test_page_ticks_what_comes_and_says_why(client):
    actions.opt_in(mailbox_of(ANNA), [Topic.CARE], Proof(Source.API), NOON)
    actions.object_to(mailbox_of(ANNA), [Topic.OFFERS], Proof(Source.API), NOON)

    response = client.get(path_of())

    assert boxes(response) == {"FEEDBACK": True, "CARE": True, "OFFERS": False}
    assert shown(response) == ["FEEDBACK", "CARE"]
    text = text_of(response)
    assert "You get these because you bought something here." in text
    assert "You agreed to these." in text
    assert "You refused these." in text
    assert "you agree to get such mails from Kettle & Cup." in text


def test_page_ticks_nothing_where_a_purchase_is_no_basis(client):
    factories.keep(factories.make_order(email=ANNA, country="PL"))

    response = client.get(path_of())

    assert boxes(response) == {"FEEDBACK": False, "CARE": False, "OFFERS": False}
    assert text_of(response).count("You don't get these: they need your consent.") == 3
    assert "because you bought" not in text_of(response)


def test_saving_keeps_each_change_with_what_was_read(client):
    actions.object_to(mailbox_of(ANNA), [Topic.OFFERS], Proof(Source.API), NOON)
    path = path_of()

    response = client.post(
        path + "?language=en", {"topic": ["CARE", "OFFERS"], "shown": ["FEEDBACK", "CARE"]}
    )

    assert (response.status_code, response["Location"]) == (303, path + "?language=en&saved=1")
    assert kept()[1:] == [("FEEDBACK", "OBJECTED", "PAGE"), ("OFFERS", "OPT_IN", "PAGE")]
    row = ConsentDecision.objects.get(decision="OPT_IN")
    assert row.wording == (
        "Offers: matching goods, refills, vouchers\n"
        "By ticking a box and saving you agree to get such mails from Kettle & Cup. You can take "
        "that back at any time, on this page or with the link in every such mail."
    )
    assert "Saved." in text_of(client.get(response["Location"]))


def test_saving_what_is_shown_changes_nothing(client):
    with nothing_changed():
        client.post(path_of(), {"topic": ["FEEDBACK", "CARE", "OFFERS"], "shown": ["FEEDBACK"]})


def test_unknown_topics_are_left_out(client):
    client.post(path_of(), {"topic": ["NEWS", "<b>", ""], "shown": ["NEWS"]})

    assert [topic for topic, _decision, _source in kept()] == ["FEEDBACK", "CARE", "OFFERS"]
    assert standings() == [Consent.OBJECTED] * 3


def test_none_at_all_is_one_button(client):
    client.post(path_of(), {"topic": ["CARE"], "none": "1"})

    assert kept() == [("", "OBJECTED", "PAGE")]


def test_too_many_changes_are_refused_but_the_objection_is_kept(client, monkeypatch):
    monkeypatch.setattr(preferences, "MOST_CHANGES", 0)
    actions.object_to(mailbox_of(ANNA), [Topic.OFFERS], Proof(Source.API), NOON)
    path = path_of()
    client.post(path, {"topic": ["FEEDBACK", "CARE", "OFFERS"]})
    actions.object_to(mailbox_of(ANNA), [Topic.OFFERS], Proof(Source.API), timezone.now())

    response = client.post(path, {"topic": ["CARE", "OFFERS"]})

    assert response.status_code == 429
    assert "Too many requests" in text_of(response)
    assert standings() == [Consent.OBJECTED, Consent.SOFT_OPT_IN, Consent.OBJECTED]


def test_page_says_so_when_the_mailbox_is_suppressed(client):
    suppressing.suppress(mailbox_of(ANNA), Cause.BOUNCE, "550", NOON)

    text = text_of(client.get(path_of()))

    assert "None of these are sent to your mailbox at present" in text


def test_page_is_in_the_language_of_the_mail_until_another_is_chosen(client):
    path = path_of(language="pl")

    assert '<html lang="pl"' in client.get(path).content.decode()
    assert '<html lang="ru"' in client.get(path, {"language": "ru"}).content.decode()


@pytest.mark.parametrize("language", ["pl", "bg", "ru"])
@pytest.mark.parametrize("rest", ["", UNSUBSCRIBE])
def test_page_has_no_english_left_when_translated(client, rest, language):
    actions.opt_in(mailbox_of(ANNA), [Topic.CARE], Proof(Source.API), NOON)
    actions.object_to(mailbox_of(ANNA), [Topic.OFFERS], Proof(Source.API), NOON)

    response = client.get(path_of(rest), {"language": language})

    page = Page(response.content.decode())
    assert page.named("html") == [{"lang": language}]
    assert english_left_in(page.text) == []
