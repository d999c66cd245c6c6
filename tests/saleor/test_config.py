"""The merchant's settings: defaults, checks, one typed object per channel."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from saleor_aftersale import config
from saleor_aftersale.config import Settings, SettingsByChannel, check, settings_of, typed
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
    enabled_mails=frozenset(config.MAIL_KEYS),
    languages=("en", "pl", "bg", "ru"),
    carrier_secrets={},
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
    ("return_window_days", "30", 30),
    ("link_valid_days", "730", 730),
    ("tracking_page_url", "https://shop.example/t/{token}", "https://shop.example/t/{token}"),
    ("return_page_url", "http://localhost:3000/r?t={token}", "http://localhost:3000/r?t={token}"),
    ("return_instructions", " Write R. \n", "Write R."),
    ("sender_name", " Чайници ", "Чайници"),
    ("enabled_mails", "refund.issued, shipment.sent", {"refund.issued", "shipment.sent"}),
    ("enabled_mails", "", frozenset()),
    ("languages", "pl en", ("pl", "en")),
    (
        "carrier_secrets",
        "generic=0123456789abcdef\ngeneric = fedcba9876543210=\n",
        {"generic": ("0123456789abcdef", "fedcba9876543210=")},
    ),
]


@pytest.mark.parametrize(("name", "raw", "value"), GOOD)
def test_setting_is_typed(name, raw, value):
    factories.activate(**{name: raw})

    assert check({name: raw}) == {}
    assert getattr(settings_of(CHANNEL), name) == value


BAD = [
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
    (
        "sender_name",
        "Shop\nBcc: eve@example.com",
        "Use up to 78 characters, without line breaks, quotes, @ or < >.",
    ),
    (
        "enabled_mails",
        "shipment.sent, spam",
        f"Unknown mail: spam. Known: {', '.join(config.MAIL_KEYS)}.",
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
