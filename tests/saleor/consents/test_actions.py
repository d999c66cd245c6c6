"""A yes and a no as they are kept, and where a mailbox stands after them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from saleor_aftersale.access import RateLimited
from saleor_aftersale.config import settings_of
from saleor_aftersale.consents import actions, checkout, links, preferences, queries
from saleor_aftersale.consents.actions import Proof, Source
from saleor_aftersale.consents.basis import Consent
from saleor_aftersale.consents.mailboxes import Mailbox, mailbox_of, normalised
from saleor_aftersale.consents.models import ConsentDecision
from saleor_aftersale.consents.topics import TOPICS, Topic
from saleor_aftersale.events import OrderChanged, publish
from tests import factories
from tests.factories import CHANNEL, NOON, nothing_changed

pytestmark = pytest.mark.django_db

ANNA = "anna@example.com"
PAGE = Proof(Source.PAGE, CHANNEL, "en", "By ticking you agree.", {"OFFERS": "Offers"})
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def active():
    factories.activate()


def standing(email=ANNA, topic="OFFERS"):
    return queries.standing_of(email, topic, settings=settings_of(CHANNEL))


def kept():
    return list(
        ConsentDecision.objects.order_by("pk").values_list("topic", "decision", "source", "email")
    )


@pytest.mark.parametrize(
    "written, address",
    [
        (" Anna@Example.COM ", "anna@example.com"),
        ("anna+x.y@example.com", "anna+x.y@example.com"),
        ("anna@BÜCHER.example", "anna@xn--bcher-kva.example"),
        ("anna@" + "x" * 64 + ".example", "anna@" + "x" * 64 + ".example"),
        ("", ""),
    ],
)
def test_address_has_one_spelling(written, address):
    assert normalised(written) == address


def test_hash_of_mailbox_needs_the_shops_key(settings):
    before = mailbox_of(ANNA).hash

    settings.SECRET_KEY = "another key"

    assert mailbox_of(ANNA).hash != before
    assert len(before) == 40


def test_opt_in_keeps_what_proves_it():
    actions.opt_in(mailbox_of(" Anna@example.com"), [Topic.OFFERS], PAGE, NOON)

    row = ConsentDecision.objects.get()
    assert {name: getattr(row, name) for name in ("topic", "decision", "source", "email")} == {
        "topic": "OFFERS",
        "decision": "OPT_IN",
        "source": "PAGE",
        "email": ANNA,
    }
    assert (row.wording, row.language, row.channel, row.decided_at, row.evidence) == (
        "Offers\nBy ticking you agree.",
        "en",
        CHANNEL,
        NOON,
        {},
    )
    assert standing() is Consent.OPT_IN
    assert standing(topic="CARE") is Consent.NONE
    assert standing("boris@example.com") is Consent.NONE


def test_mailbox_is_the_same_whatever_its_case():
    actions.opt_in(mailbox_of("ANNA@example.com"), [Topic.OFFERS], PAGE, NOON)

    assert standing("anna@EXAMPLE.com ") is Consent.OPT_IN


def test_objection_to_all_ends_every_topic_and_is_kept_once():
    actions.opt_in(mailbox_of(ANNA), TOPICS, PAGE, NOON)

    first = actions.object_to_all(mailbox_of(ANNA), PAGE, NOON + SECOND)
    with nothing_changed():
        again = actions.object_to_all(mailbox_of(ANNA), PAGE, NOON + 2 * SECOND)

    assert (first, again) == (True, False)
    assert kept()[3:] == [("", "OBJECTED", "PAGE", ANNA)]
    assert {standing(topic=topic.value) for topic in TOPICS} == {Consent.OBJECTED}


def test_objection_to_all_is_kept_again_after_a_newer_yes():
    actions.object_to_all(mailbox_of(ANNA), PAGE, NOON)
    actions.opt_in(mailbox_of(ANNA), [Topic.OFFERS], PAGE, NOON + SECOND)

    assert actions.object_to_all(mailbox_of(ANNA), PAGE, NOON + 2 * SECOND)
    assert standing() is Consent.OBJECTED


def test_objection_to_one_topic_is_kept_once_and_leaves_the_others():
    actions.opt_in(mailbox_of(ANNA), TOPICS, PAGE, NOON)

    actions.object_to(mailbox_of(ANNA), [Topic.OFFERS], PAGE, NOON + SECOND)
    with nothing_changed():
        actions.object_to(mailbox_of(ANNA), [Topic.OFFERS], PAGE, NOON + 2 * SECOND)

    assert [standing(topic=topic.value) for topic in TOPICS] == [
        Consent.OPT_IN,
        Consent.OPT_IN,
        Consent.OBJECTED,
    ]


@pytest.mark.parametrize(
    "settings, expected", [({}, Consent.NONE), ({"soft_opt_in": "true"}, Consent.SOFT_OPT_IN)]
)
def test_purchase_is_a_basis_only_when_the_merchant_says_customers_are_told(settings, expected):
    factories.activate(**settings)

    assert standing() is expected


def test_objection_under_an_earlier_key_of_the_shop_still_counts(settings):
    settings.SECRET_KEY = "old"
    actions.object_to_all(Mailbox(mailbox_of(ANNA).hash, ""), PAGE, NOON)

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", ["old"]

    assert standing() is Consent.OBJECTED


# Links


def test_link_says_whose_it_is_without_an_address():
    factories.keep(factories.make_order(email=ANNA, country="BG"))

    token = links.preferences_token(" Anna@Example.com", CHANNEL, "bg", "OFFERS")

    owner = preferences.owner_behind(links.read_preferences_token(token))
    assert owner == (mailbox_of(ANNA), "BG")
    assert "anna" not in str(links.read_preferences_token(token))


@pytest.mark.parametrize("token", ["", "x", "WyJhIl0:1abc:xyz", "x" * 5000, "a\x00b"])
def test_link_is_refused_when_it_is_not_ours(token):
    with pytest.raises(links.InvalidLink, match="This link is not valid."):
        links.read_preferences_token(token)


def test_link_to_an_order_opens_no_preferences():
    token = factories.token_of(factories.make_order())

    with pytest.raises(links.InvalidLink):
        links.read_preferences_token(token)


def test_link_still_works_after_the_shop_changed_its_key(settings):
    settings.SECRET_KEY = "old"
    token = links.preferences_token(ANNA, CHANNEL, "en")

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", ["old"]

    assert links.read_preferences_token(token).channel == CHANNEL


def test_link_gives_no_address_of_an_order_that_changed_hands():
    record = factories.keep(factories.make_order(email=ANNA))
    token = links.preferences_token(ANNA, CHANNEL, "en")
    record.customer_email = "boris@example.com"
    record.save()

    owner = preferences.owner_behind(links.read_preferences_token(token))

    assert owner == (Mailbox(mailbox_of(ANNA).hash, ""), "")


# Checkout


def order_with(**metadata):
    order = factories.make_order(email=ANNA, language="pl")
    order.metadata = {"aftersale." + name: value for name, value in metadata.items()}
    order.save()
    factories.keep(order)
    return order


def test_consent_at_checkout_is_kept_once_per_order():
    order = order_with(marketing_consent="true", marketing_wording="Tak, chcę.")

    checkout.keep_consent(str(order.pk))
    with nothing_changed():
        checkout.keep_consent(str(order.pk))

    assert kept() == [
        ("FEEDBACK", "OPT_IN", "CHECKOUT", ANNA),
        ("CARE", "OPT_IN", "CHECKOUT", ANNA),
        ("OFFERS", "OPT_IN", "CHECKOUT", ANNA),
    ]
    row = ConsentDecision.objects.first()
    assert (row.wording, row.language, row.evidence) == (
        "Tak, chcę.",
        "pl",
        {"order_ref": str(order.pk)},
    )


def test_consent_at_checkout_is_as_old_as_the_order():
    order = order_with(marketing_consent="offers")
    placed_at = factories.host_order(order).placed_at
    actions.object_to_all(mailbox_of(ANNA), PAGE, placed_at + SECOND)

    checkout.keep_consent(str(order.pk))

    assert ConsentDecision.objects.get(source="CHECKOUT").decided_at == placed_at
    assert standing() is Consent.OBJECTED


def test_consent_at_checkout_is_kept_when_the_shop_tells_of_the_order():
    order = order_with(marketing_consent="care")

    publish(OrderChanged(str(order.pk)))
    factories.commit()

    assert kept() == [("CARE", "OPT_IN", "CHECKOUT", ANNA)]


@pytest.mark.parametrize("written", ["false", "", "news"])
def test_unticked_box_at_checkout_says_nothing(written):
    order = order_with(marketing_consent=written, marketing_wording="Tak")

    with nothing_changed():
        checkout.keep_consent(str(order.pk))


def test_order_without_mailbox_has_no_consent_to_keep():
    order = order_with(marketing_consent="true")
    order.user_email = ""
    order.save()
    factories.keep(order)

    with nothing_changed():
        checkout.keep_consent(str(order.pk))


# Saving what was ticked


def save(*ticked, shown=(), at=None):
    owner = preferences.owner_of(ANNA, "BG")
    preferences.save(
        owner,
        frozenset(ticked),
        PAGE,
        at or timezone.now(),
        settings=settings_of(CHANNEL),
        shown=frozenset(shown),
    )


def test_box_left_ticked_is_no_consent():
    factories.activate(soft_opt_in="true")

    with nothing_changed():
        save(*TOPICS, shown=TOPICS)


def test_box_unticked_is_an_objection():
    factories.activate(soft_opt_in="true")

    save(Topic.FEEDBACK, Topic.CARE, shown=TOPICS)

    assert kept() == [("OFFERS", "OBJECTED", "PAGE", ANNA)]


def test_box_that_was_never_ticked_says_nothing_when_it_is_left():
    with nothing_changed():
        save()


def test_form_left_open_takes_back_no_objection():
    factories.activate(soft_opt_in="true")
    actions.object_to_all(mailbox_of(ANNA), PAGE, NOON)

    with nothing_changed():
        save(*TOPICS, shown=TOPICS)


def test_box_ticked_after_an_objection_is_consent():
    actions.object_to_all(mailbox_of(ANNA), PAGE, NOON)

    save(Topic.CARE)

    assert kept()[1:] == [("CARE", "OPT_IN", "PAGE", ANNA)]
    assert standing(topic="CARE") is Consent.OPT_IN
    assert standing() is Consent.OBJECTED


def test_objection_is_kept_when_there_were_too_many_changes(monkeypatch):
    monkeypatch.setattr(preferences, "MOST_CHANGES", 1)
    save(Topic.OFFERS)

    with pytest.raises(RateLimited):
        save(Topic.CARE)

    assert kept() == [("OFFERS", "OPT_IN", "PAGE", ANNA), ("OFFERS", "OBJECTED", "PAGE", ANNA)]
