"""The merchant's settings: defaults, checks, one typed object per channel."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from saleor_aftersale import config
from saleor_aftersale.config import Settings, SettingsByChannel, check, settings_of, typed
from saleor_aftersale.setting_checks import DEFAULT_MAILS, MAIL_KEYS, REQUIRED_MAILS
from saleor_aftersale.tracking import incidents
from saleor_aftersale.tracking.promises import ShippingRule
from saleor_aftersale.tracking.questions import Question, Topic
from tests import factories
from tests.factories import CHANNEL, IS_3

pytestmark = pytest.mark.django_db

DEFAULTS = Settings(
    is_active=True,
    return_window_days=14,
    tracking_page_url="",
    return_page_url="",
    link_valid_days=180,
    return_instructions="",
    sender_name="",
    staff_email="",
    enabled_mails=frozenset(DEFAULT_MAILS),
    mail_texts={},
    mail_senders=(),
    languages=("en", "pl", "bg", "ru"),
    carrier_secrets={},
    carrier_api_keys={},
    shipping_methods=(),
    importer=incidents.Actor.CUSTOMER,
    stalled_after_days=7,
    expired_after_days=30,
    brand_colour="#0b6350",
    logo="",
    support_contact="",
    faq=(),
    care_tips="",
    event_url="",
    event_secret="",
    return_rules=(),
    return_methods=("OWN_CARRIER",),
    extra_resolutions=(),
    standard_delivery_price=None,
    shares_delivery=False,
    customers_informed=True,
    withdrawal_for_companies=True,
    legal_profiles=frozenset(),
    return_number_format="R-{year}-{number:06}",
    info_answer_days=30,
    send_back_grace_days=14,
    soft_opt_in=False,
    bounce_secrets=(),
    feedback_reply_days=2,
    review_links=(),
    referral_url="",
    voucher_value=None,
    voucher_valid_days=90,
    product_page_url="",
    dispatch_days=0,
)


def test_defaults_hold_when_plugin_is_switched_on_with_no_setting():
    factories.activate()

    assert settings_of(CHANNEL) == DEFAULTS


def test_defaults_pass_their_own_check():
    assert check(config.defaults()) == {}
    assert check({}) == {}


def test_plugin_is_inactive_where_nothing_is_stored():
    assert settings_of("nowhere") == typed(False, {})
    assert settings_of("nowhere").is_active is False


GOOD = [
    ("soft_opt_in", "true", True),
    ("bounce_secrets", "", ()),
    (
        "bounce_secrets",
        " one-secret-of-16c \n\none-secret-of-16c\nanother-secret-16",
        (
            "one-secret-of-16c",
            "another-secret-16",
        ),
    ),
    ("return_window_days", "30", 30),
    ("link_valid_days", "730", 730),
    ("tracking_page_url", "https://shop.example/t/{token}", "https://shop.example/t/{token}"),
    ("return_page_url", "http://localhost:3000/r?t={token}", "http://localhost:3000/r?t={token}"),
    ("return_instructions", " Write R. \n", "Write R."),
    ("sender_name", " Чайници ", "Чайници"),
    ("staff_email", " returns@shop.example ", "returns@shop.example"),
    ("enabled_mails", "refund.issued, shipment.sent", {"refund.issued", "shipment.sent"}),
    ("enabled_mails", "", frozenset()),
    ("languages", "pl en", ("pl", "en")),
    (
        "carrier_secrets",
        "generic=0123456789abcdef\ngeneric = fedcba9876543210=\n",
        {"generic": ("0123456789abcdef", "fedcba9876543210=")},
    ),
    (
        "carrier_api_keys",
        "inpost=public\naftership=asat_0123456789",
        {"inpost": "public", "aftership": "asat_0123456789"},
    ),
    (
        "shipping_methods",
        "Courier | PL | dpd | 1-2",
        (ShippingRule("courier", "PL", "dpd", (1, 2)),),
    ),
    ("importer", " Merchant ", incidents.Actor.MERCHANT),
    ("importer", "DAP", incidents.Actor.CUSTOMER),
    ("stalled_after_days", "3", 3),
    ("expired_after_days", "45", 45),
    ("brand_colour", " #7A1F5C ", "#7a1f5c"),
    ("event_secret", "0123456789abcdef", "0123456789abcdef"),
    ("logo", "/media/logo.svg", "/media/logo.svg"),
    ("logo", "data:image/png;base64,iVBORw0KGgo=", "data:image/png;base64,iVBORw0KGgo="),
    ("support_contact", "help@shop.example", "help@shop.example"),
    ("support_contact", "https://shop.example/help?a=1", "https://shop.example/help?a=1"),
    (
        "faq",
        "DELIVERED: All of it? = Yes, 2 = 2.\n\nLOST[pl]: Co teraz? = Wyślemy.",
        (
            Question(Topic.DELIVERED, "", "All of it?", "Yes, 2 = 2."),
            Question(Topic.LOST, "pl", "Co teraz?", "Wyślemy."),
        ),
    ),
    ("care_tips", " Rinse it. \n", "Rinse it."),
]


@pytest.mark.parametrize(("name", "raw", "value"), GOOD)
def test_setting_is_typed(name, raw, value):
    factories.activate(**{name: raw})

    assert check({name: raw}) == {}
    assert getattr(settings_of(CHANNEL), name) == value


_EVENT_URL = (
    "The address must start with https:// and a host name, without a password, spaces or #."
)
BAD = [
    ("soft_opt_in", "perhaps", "Write true or false."),
    ("bounce_secrets", "short", "Each secret must have 16 to 256 characters."),
    ("bounce_secrets", "x" * 257, "Each secret must have 16 to 256 characters."),
    (
        "return_window_days",
        "13",
        "Write a whole number of days from 14 to 3650. The right of withdrawal can't be shorter.",
    ),
    (
        "return_window_days",
        "two weeks",
        "Write a whole number of days from 14 to 3650. The right of withdrawal can't be shorter.",
    ),
    ("link_valid_days", "0", "Write a whole number of days from 1 to 730."),
    ("link_valid_days", "²", "Write a whole number of days from 1 to 730."),
    (
        "tracking_page_url",
        "https://shop.example/track",
        "The address must hold {token} exactly once and no other braces.",
    ),
    (
        "tracking_page_url",
        "https://shop.example/{token}/{token}",
        "The address must hold {token} exactly once and no other braces.",
    ),
    (
        "return_page_url",
        "http://shop.example/{token}",
        "The address must start with https:// and a host name.",
    ),
    (
        "return_page_url",
        "javascript:alert({token})",
        "The address must start with https:// and a host name.",
    ),
    (
        "return_page_url",
        'https://shop.example/{token}"onclick=',
        "The address must not hold spaces, quotes or angle brackets.",
    ),
    ("return_instructions", "x" * 4001, "Use up to 4000 characters."),
    ("staff_email", "a@b.example, c@d.example", "Write one mail address, as returns@shop.example."),
    ("staff_email", "nobody", "Write one mail address, as returns@shop.example."),
    (
        "sender_name",
        "Shop\nBcc: eve@example.com",
        "Use up to 78 characters, without line breaks, quotes, @ or < >.",
    ),
    (
        "enabled_mails",
        "shipment.sent, spam",
        f"Unknown mail: spam. Known: {', '.join(MAIL_KEYS + REQUIRED_MAILS)}.",
    ),
    (
        "enabled_mails",
        "shipment.sent, complaint.answered",
        "complaint.answered: always sent and can't be switched off. Leave it out here.",
    ),
    ("languages", "de", "Unknown language: de. Known: en, pl, bg, ru."),
    ("languages", " ", "Name at least one language."),
    (
        "carrier_secrets",
        "0123456789abcdef",
        "Write one provider=secret per line, as generic=3f9c…",
    ),
    (
        "carrier_secrets",
        "generic=short",
        "The secret of generic must have at least 16 characters.",
    ),
    (
        "carrier_api_keys",
        "karrio=http://karrio.example|0123456789",
        "The address of karrio must start with https:// and a host name.",
    ),
    (
        "shipping_methods",
        "* | * | dpd |\nCourier | PL | dpd | soon",
        "Line 2: the days must be 2 or 1-3, up to 120, not 'soon'.",
    ),
    ("importer", "nobody", "Write customer (DAP) or merchant (DDP)."),
    ("stalled_after_days", "0", "Write a whole number of days from 1 to 60."),
    ("expired_after_days", "6", "Write a whole number of days from 7 to 365."),
    ("event_url", "http://erp.example.com/", _EVENT_URL),
    ("event_url", "https://name:word@erp.example.com/", _EVENT_URL),
    ("event_url", "https:///path", _EVENT_URL),
    ("event_url", "https://erp.example.com/a b", _EVENT_URL),
    ("event_url", "https://erp.example.com\\@10.0.0.1/", _EVENT_URL),
    ("event_secret", "0123456789abcde", "The secret must have 16 to 256 characters."),
    ("brand_colour", "green", "Write the colour as # and six digits, as #0b6350."),
    (
        "brand_colour",
        "#777777",
        "White text on this colour has a contrast of 4.48:1 and can't be read well. "
        "Choose a darker one, with 4.5:1 or more.",
    ),
    *[
        (
            "logo",
            value,
            "Write a path on the shop's own host, as /media/logo.svg, or a picture as "
            "data:image/png;base64,…: the page loads nothing from elsewhere.",
        )
        for value in (
            "https://cdn.example/logo.png",
            "//cdn.example/logo.png",
            "/\\cdn.example/logo.png",
            '/logo.png" onload="x',
            "data:text/html;base64,PGI+",
        )
    ],
    (
        "logo",
        "data:image/png;base64," + "A" * 8000,
        "Use a picture of up to 8000 characters.",
    ),
    *[
        (
            "support_contact",
            value,
            "Write a mail address or an address that starts with https://.",
        )
        for value in ("javascript:alert(1)", "http://shop.example", "help@", "a@b.c?bcc=x")
    ],
    (
        "faq",
        "DELIVERED: Where is it?",
        "Line 1: write TOPIC: Question? = Answer, "
        "as DELIVERED: Where is it? = Ask your neighbours first.",
    ),
    (
        "faq",
        "\nDELIVERED[de]: Wo? = Da.",
        "Line 2: de is no language of ours. Known: en, pl, bg, ru.",
    ),
    (
        "faq",
        "SENT: Where? = There.",
        "Line 1: SENT is no topic. Known: " + ", ".join(Topic.__members__) + ".",
    ),
    (
        "faq",
        "LOST: Why? = " + "x" * 602,
        "Line 1: use up to 600 characters for each part.",
    ),
    ("faq", "LOST: Why? = So.\n" * 101, "Write up to 100 questions."),
    ("care_tips", "x" * 2001, "Use up to 2000 characters."),
]


@pytest.mark.parametrize(("name", "raw", "message"), BAD)
def test_setting_is_refused_with_a_sentence_at_its_field(name, raw, message):
    assert check({name: raw}) == {name: message}


@pytest.mark.parametrize(("name", "raw", "message"), BAD)
def test_stored_setting_counts_as_default_when_it_no_longer_holds(name, raw, message):
    factories.activate(**{name: raw})

    assert settings_of(CHANNEL) == DEFAULTS


@pytest.mark.skipif(not IS_3, reason="2.10.1 has no channels")
def test_each_channel_has_settings_of_its_own():
    factories.activate(return_window_days="30")
    factories.activate(channel="other", active=False, return_window_days="60")

    found = [settings_of(channel) for channel in (CHANNEL, "other")]

    assert [(item.is_active, item.return_window_days) for item in found] == [
        (True, 30),
        (False, 60),
    ]


def test_settings_of_all_channels_are_read_in_one_query():
    factories.activate()
    settings = SettingsByChannel()

    with CaptureQueriesContext(connection) as captured:
        found = [settings[CHANNEL], settings["nowhere"], settings[CHANNEL]]

    assert [item.is_active for item in found] == [True, False, True]
    assert len(captured) == 1


def test_form_has_a_type_label_and_help_for_every_setting():
    from saleor.plugins.base_plugin import ConfigurationTypeField  # noqa: PLC0415 -- the host's

    form = config.structure(ConfigurationTypeField)

    assert list(form) == [item["name"] for item in config.default_configuration()]
    for entry in form.values():
        assert entry["type"]
        assert entry["label"]
        assert entry["help_text"]


def test_address_for_events_is_refused_without_a_secret():
    faults = check({"event_url": "https://erp.example.com/"})

    assert faults == {"event_secret": "Events are only sent signed: write a secret."}


def test_address_for_events_is_typed_when_it_has_a_secret():
    values = {"event_url": "https://erp.example.com:8443/a?b=1", "event_secret": "0" * 16}

    settings = typed(True, values)

    assert check(values) == {}
    assert (settings.event_url, settings.event_secret) == tuple(values.values())
