"""The plugin as the shop sees it: its settings in the API, and its hooks."""

import json
import logging

import pytest
from django.db import transaction
from saleor.plugins.models import PluginConfiguration

from saleor_aftersale import plugin, tasks
from saleor_aftersale.config import PLUGIN_ID, defaults, settings_of
from saleor_aftersale.tracking.models import OrderRecord, Shipment
from tests import factories
from tests.factories import CHANNEL, IS_3, Api, global_id, nothing_changed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

SECRET = "generic=0123456789abcdef"

SETTINGS = "active configuration { name value type label helpText }"
if IS_3:
    SETTINGS = f"channelConfigurations {{ {SETTINGS} }}"
PLUGIN = f"query ($id: ID!) {{ plugin(id: $id) {{ name description {SETTINGS} }} }}"
UPDATE = """mutation ($id: ID!, $channelId: ID, $input: PluginUpdateInput!) {
  pluginUpdate(id: $id, channelId: $channelId, input: $input) { errors { field message } }
}"""
if not IS_3:
    UPDATE = UPDATE.replace("$channelId: ID, ", "").replace("channelId: $channelId, ", "")


@pytest.fixture
def admin():
    return Api(factories.make_admin())


def save(api, **given):
    """The errors of ``pluginUpdate``, sentence by field; empty when it was saved."""
    active = given.pop("active", True)
    configuration = [{"name": name, "value": value} for name, value in given.items()]
    variables = {"id": PLUGIN_ID, "input": {"active": active, "configuration": configuration}}
    if IS_3:
        variables["channelId"] = global_id("Channel", factories.make_channel().pk)
    errors = api.post(UPDATE, **variables)["pluginUpdate"]["errors"]
    return {error["field"]: error["message"] for error in errors}


def shown(api):
    """The plugin's settings in the API by name."""
    found = api.post(PLUGIN, id=PLUGIN_ID)["plugin"]
    if IS_3:
        (found,) = found["channelConfigurations"]
    return {item["name"]: item for item in found["configuration"]}


# Settings


def test_plugin_is_listed_with_every_setting(admin):
    factories.activate()

    listed = shown(admin)

    values = {name: item["value"] for name, item in listed.items()}
    names = ("carrier_secrets", "carrier_api_keys", "event_secret", "bounce_secrets")
    secrets = {name: values[name] for name in names}
    assert values == dict(defaults(), **secrets)
    assert not any(secrets.values())
    assert all(item["label"] and item["helpText"] for item in listed.values())


def test_plugin_is_switched_on_and_set_up(admin):
    factories.make_channel()

    errors = save(admin, return_window_days="30", languages="pl, en")

    settings = settings_of(CHANNEL)
    assert errors == {}
    assert (settings.is_active, settings.return_window_days) == (True, 30)
    assert settings.languages == ("pl", "en")


def test_plugin_works_when_switched_on_with_no_setting(admin):
    factories.make_channel()

    save(admin)
    order = factories.make_order()
    manager().order_created(order)
    factories.commit()

    assert settings_of(CHANNEL).return_window_days == 14
    assert OrderRecord.objects.get().order_ref == str(order.pk)


@pytest.mark.parametrize(
    ("name", "value", "field", "message"),
    [
        ("return_window_days", "13", "returnWindowDays", "Write a whole number of days from 14"),
        ("link_valid_days", "0", "linkValidDays", "Write a whole number of days from 1 to 730."),
        ("tracking_page_url", "x", "trackingPageUrl", "The address must hold {token}"),
        ("return_page_url", "ftp://a/{token}", "returnPageUrl", "The address must start with"),
        ("return_instructions", "x" * 4001, "returnInstructions", "Use up to 4000 characters."),
        ("sender_name", "a@b", "senderName", "Use up to 78 characters, without line breaks"),
        ("enabled_mails", "spam", "enabledMails", "Unknown mail: spam."),
        ("languages", "de", "languages", "Unknown language: de."),
        ("carrier_secrets", "x", "carrierSecrets", "Write one provider=secret per line"),
        ("carrier_api_keys", "x", "carrierApiKeys", "Write one provider=key per line"),
    ],
)
def test_wrong_setting_is_an_error_at_its_field_and_saves_nothing(
    admin, name, value, field, message
):
    factories.activate(return_window_days="30")
    before = list(PluginConfiguration.objects.values())

    errors = save(admin, **{name: value})

    assert list(errors) == [field]
    assert errors[field].startswith(message)
    assert list(PluginConfiguration.objects.values()) == before


def test_several_wrong_settings_are_several_errors(admin):
    factories.activate()

    errors = save(admin, languages="de", link_valid_days="0")

    assert sorted(errors) == ["languages", "linkValidDays"]


def test_secrets_are_masked_in_the_api_and_whole_in_the_database(admin):
    factories.activate()
    save(admin, carrier_secrets=SECRET)

    listed = shown(admin)
    again = shown(admin)

    assert listed["carrier_secrets"]["value"] == again["carrier_secrets"]["value"] == "cdef"
    assert "0123456789" not in json.dumps(listed)
    assert settings_of(CHANNEL).carrier_secrets == {"generic": ("0123456789abcdef",)}


def test_secrets_stay_when_another_setting_is_saved(admin):
    factories.activate()
    save(admin, carrier_secrets=SECRET)

    shown(admin)
    save(admin, return_window_days="30")

    assert settings_of(CHANNEL).carrier_secrets == {"generic": ("0123456789abcdef",)}


def test_settings_are_for_those_who_manage_plugins():
    factories.activate()

    answer = Api(factories.make_staff()).post_raw(PLUGIN, id=PLUGIN_ID)

    assert answer["data"] == {"plugin": None}
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


# Hooks


def manager():
    from saleor.plugins.manager import get_plugins_manager  # noqa: PLC0415 -- the host's

    return get_plugins_manager(allow_replica=False) if IS_3 else get_plugins_manager()


HOOKS = {
    "order_created": lambda order: manager().order_created(order),
    "order_updated": lambda order: manager().order_updated(order),
}


@pytest.mark.parametrize("hook", list(HOOKS))
def test_hook_keeps_the_order_after_commit(hook):
    factories.activate()
    order = factories.make_order()

    HOOKS[hook](order)
    before = OrderRecord.objects.count()
    factories.commit()

    assert before == 0
    assert OrderRecord.objects.get().order_ref == str(order.pk)


def test_hook_makes_a_parcel_when_order_was_fulfilled():
    factories.activate()
    fulfillment = factories.fulfill(factories.make_order())

    manager().order_updated(fulfillment.order)
    factories.commit()

    assert Shipment.objects.get().fulfillment_ref == str(fulfillment.pk)


def test_hook_does_nothing_when_the_shops_transaction_fails():
    factories.activate()
    order = factories.make_order()

    with nothing_changed():
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            manager().order_updated(order)
            raise ZeroDivisionError
        factories.commit()


@pytest.mark.parametrize("hook", list(HOOKS))
def test_hook_does_nothing_when_plugin_is_inactive(hook):
    factories.activate(active=False)
    order = factories.make_order()
    factories.fulfill(order)

    with nothing_changed():
        HOOKS[hook](order)
        factories.commit()


@pytest.mark.skipif(not IS_3, reason="2.10.1 has no channels")
def test_hook_does_nothing_when_plugin_is_active_in_another_channel_only():
    factories.activate(active=False)
    factories.activate(channel="other")
    order = factories.make_order()

    with nothing_changed():
        manager().order_updated(order)
        factories.commit()


CANCEL = """mutation ($id: ID!) {
  orderCancel(id: $id) { order { status } errors { field message } }
}"""
CANCELLED = {"order": {"status": "CANCELED"}, "errors": []}


def cancel(order):
    """Cancel the order through the shop's own API."""
    api = Api(factories.make_staff())
    return api.post(CANCEL, id=global_id("Order", order.pk))["orderCancel"]


def test_shops_own_mutation_leads_to_our_row():
    factories.activate()
    order = factories.make_order()

    payload = cancel(order)

    assert payload == CANCELLED
    assert OrderRecord.objects.get().order_ref == str(order.pk)


def test_shops_own_mutation_goes_well_when_our_hook_raises(monkeypatch, caplog):
    factories.activate()
    order = factories.make_order()

    def fail(event):
        raise RuntimeError("ours")

    monkeypatch.setattr(plugin, "publish", fail)

    with caplog.at_level(logging.ERROR):
        payload = cancel(order)

    assert payload == CANCELLED
    assert f"Order {order.pk}: its change could not be announced." in caplog.text
    assert not OrderRecord.objects.exists()


def test_shops_own_mutation_goes_well_when_broker_is_down(monkeypatch, caplog):
    factories.activate()
    order = factories.make_order()

    def fail(*arguments):
        raise ConnectionError("no broker")

    monkeypatch.setattr(tasks.sync_order, "delay", fail)

    with caplog.at_level(logging.ERROR):
        payload = cancel(order)

    assert payload == CANCELLED
    assert "was not enqueued; the sweep will find it." in caplog.text
    assert not OrderRecord.objects.exists()


def test_hook_gives_back_what_it_was_given():
    made = plugin.AftersalePlugin(
        configuration=[],
        active=True,
        **({"channel": factories.make_channel()} if IS_3 else {}),
    )
    order = factories.make_order()

    assert made.order_updated(order, "before", anything=1) == "before"
