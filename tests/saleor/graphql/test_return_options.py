"""What can be returned and why not, and what other settings would change, through the API."""

from datetime import timedelta

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from saleor.plugins.models import PluginConfiguration

from saleor_aftersale.returns import legal
from tests import factories
from tests.factories import CHANNEL, IS_3, Api, global_id, nothing_changed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

OPTIONS = """query ($token: UUID!, $language: String) { orderByToken(token: $token) {
  returnOptions(language: $language) { orderLineId quantity proposedBasis bases {
    basis isOpen until quantity payer feePercent resolutions methods refusals
    reasons { code text }
  } } } }"""


def options_of(order, api=None, **variables):
    api = api or Api(factories.make_staff())
    data = api.post(OPTIONS, token=factories.public_token(order), **variables)
    return data["orderByToken"]["returnOptions"]


def bases_of(order, **variables):
    (line,) = options_of(order, **variables)
    return {option["basis"]: option for option in line["bases"]}


def delivered(days_ago=1, **order):
    return factories.delivered_order(timezone.now() - timedelta(days=days_ago), **order)


def test_options_tell_everything_of_each_basis():
    factories.activate(
        return_rules="all | goodwill 0 | exception C | warranty 36",
        return_methods="IN_STORE, OWN_CARRIER, COD_RETURN",
        extra_resolutions="EXCHANGE_SAME",
    )
    delivered_at = timezone.now() - timedelta(days=1)
    order = factories.delivered_order(delivered_at)
    day = legal.day_of_event(delivered_at, "PL")
    guarantee = legal.last_day_of_months(day, 24, "PL").isoformat()
    exception = {"code": "EXCEPTION_16_C", "text": "It was made to order or personalised."}
    final = {
        "code": "FINAL_SALE_GOODWILL_ONLY",
        "text": "This item was sold without a voluntary return.",
    }

    options = options_of(order)

    def basis(name, until, payer, resolutions, *reasons, methods=("IN_STORE", "OWN_CARRIER")):
        return {
            "basis": name,
            "isOpen": not reasons,
            "until": until,
            "quantity": 0 if name in ("WITHDRAWAL", "REFUSED_DELIVERY") else 1,
            "payer": payer,
            "feePercent": 0,
            "resolutions": resolutions,
            "methods": list(methods),
            "refusals": [reason["code"] for reason in reasons],
            "reasons": list(reasons),
        }

    refund = ["REFUND_ORIGINAL", "EXCHANGE_SAME"]
    remedies = ["REPAIR", "REPLACEMENT", "PRICE_REDUCTION", "TERMINATION"]
    again = ["RESHIP", "REPLACEMENT", "MISSING_PART", "REFUND_ORIGINAL"]
    there = {"code": "ALREADY_DELIVERED", "text": "This item has already been delivered."}
    withdrawal = legal.last_day(day, 14, "PL").isoformat()
    warranty = legal.last_day_of_months(day, 36, "PL").isoformat()
    assert options == [
        {
            "orderLineId": global_id("OrderLine", order.lines.get().pk),
            "quantity": 1,
            "proposedBasis": "NON_CONFORMITY",
            "bases": [
                basis("WITHDRAWAL", withdrawal, "CUSTOMER", refund, exception),
                basis("GOODWILL_RETURN", None, "CUSTOMER", refund, final),
                basis("NON_CONFORMITY", guarantee, "MERCHANT", remedies),
                basis("COMMERCIAL_WARRANTY", warranty, "MERCHANT", remedies[:2]),
                basis("DELIVERY_PROBLEM", guarantee, "MERCHANT", again),
                basis(
                    "REFUSED_DELIVERY",
                    None,
                    "MERCHANT",
                    ["RESHIP", "REFUND_ORIGINAL"],
                    there,
                    methods=["NOT_REQUIRED"],
                ),
            ],
        }
    ]


@pytest.mark.parametrize(
    "wish, ordered, text",
    [
        ("pl", "en", "Termin na to już minął."),
        (None, "pl", "Termin na to już minął."),
        ("en", "pl", "The period for this has ended."),
        ("xx", "en", "The period for this has ended."),
    ],
)
def test_reasons_are_told_in_the_language_that_is_wished(wish, ordered, text):
    factories.activate()
    order = delivered(20, language=ordered)

    withdrawal = bases_of(order, language=wish)["WITHDRAWAL"]

    assert [reason["code"] for reason in withdrawal["reasons"]] == ["PERIOD_EXPIRED"]
    assert withdrawal["reasons"][0]["text"] == text


def test_fee_is_shown_where_it_is_taken_and_only_there():
    factories.activate(return_rules="all | fee 10 % | goodwill 30")

    bases = bases_of(delivered())

    assert {name: option["feePercent"] for name, option in bases.items()} == {
        "WITHDRAWAL": 0,
        "GOODWILL_RETURN": 10,
        "NON_CONFORMITY": 0,
        "COMMERCIAL_WARRANTY": 0,
        "DELIVERY_PROBLEM": 0,
        "REFUSED_DELIVERY": 0,
    }


PAGE = "{ orders(first: 50) { edges { node { returnOptions { bases { refusals } } } } } }"


def test_products_of_a_whole_page_are_read_at_once():
    factories.activate(return_rules="category: Category | goodwill 0")
    staff = Api(factories.make_staff())

    def reads_with(orders):
        for _ in range(orders):
            delivered(lines={"Kettle": 1, "Cup": 2})
        factories.commit()
        captured = [CaptureQueriesContext(connections[alias]) for alias in connections]
        for context in captured:
            context.__enter__()
        page = staff.post(PAGE)["orders"]["edges"]
        for context in captured:
            context.__exit__(None, None, None)
        return len(page), sum(len(context) for context in captured)

    reads_with(1)
    few, many = reads_with(1), reads_with(4)

    assert (few[0], many[0]) == (2, 6)
    assert few[1] == many[1]


# Trying other settings


SIMULATE = """query ($settings: [ReturnPolicySettingInput!]!, $channel: String!, $last: Int) {
  returnPolicySimulate(settings: $settings, channel: $channel, last: $last) {
    orders lines opened closed
    changes { orderId orderNumber orderLineId productName basis
      before { isOpen until payer } after { isOpen until refusals } }
    errors { field message code }
  } }"""


def simulate(api=None, *, channel=CHANNEL, last=None, **settings):
    api = api or Api(factories.make_staff())
    given = [{"name": name, "value": value} for name, value in settings.items()]
    data = api.post(SIMULATE, settings=given, channel=channel, last=last)
    return data["returnPolicySimulate"]


NOTHING = {"orders": 0, "lines": 0, "opened": 0, "closed": 0, "changes": []}


def test_simulation_lists_what_would_be_decided_otherwise_and_writes_nothing():
    factories.activate(return_rules="category: none | goodwill 0")
    dear = delivered(20, unit_price="100.00")
    delivered(20, unit_price="5.00")
    stored = list(PluginConfiguration.objects.values())

    with nothing_changed():
        found = simulate(return_rules="price: >= 100 | goodwill 60\nall | warranty 0")

    (change,) = found.pop("changes")
    after = change.pop("after")
    assert found == {"orders": 2, "lines": 2, "opened": 1, "closed": 0, "errors": []}
    assert (change["orderId"], change["basis"]) == (global_id("Order", dear.pk), "GOODWILL_RETURN")
    assert change["orderLineId"] == global_id("OrderLine", dear.lines.get().pk)
    assert (change["productName"], change["before"]["isOpen"]) == ("Kettle", False)
    assert (after["isOpen"], after["refusals"]) == (True, [])
    assert after["until"] > change["before"]["until"]
    assert list(PluginConfiguration.objects.values()) == stored


def test_simulation_counts_what_would_close():
    factories.activate()
    delivered(lines={"Kettle": 1, "Cup": 1})

    found = simulate(return_rules="all | exception C")

    closed = [(change["basis"], change["after"]["refusals"]) for change in found["changes"]]
    assert (found["opened"], found["closed"]) == (0, 4)
    assert (
        closed
        == [
            ("WITHDRAWAL", ["EXCEPTION_16_C"]),
            ("GOODWILL_RETURN", ["FINAL_SALE_GOODWILL_ONLY"]),
        ]
        * 2
    )


def test_simulation_starts_from_the_settings_saved():
    factories.activate(return_window_days="30")
    delivered(20)

    assert simulate()["changes"] == []
    assert [change["basis"] for change in simulate(return_window_days="14")["changes"]] == [
        "GOODWILL_RETURN"
    ]


def test_simulation_looks_at_the_newest_orders_only():
    factories.activate()
    delivered()
    newest = factories.make_order(placed_at=timezone.now())

    found = simulate(last=1, return_rules="all | merchant pays withdrawal")

    assert (found["orders"], found["lines"]) == (1, 1)
    assert {change["orderId"] for change in found["changes"]} == {global_id("Order", newest.pk)}


def test_simulation_compares_nothing_when_a_setting_is_at_fault():
    factories.activate()
    delivered()

    found = simulate(
        last=501, return_rules="all | exception Z", return_window_days="13", colour="red"
    )

    assert found.pop("errors") == [
        {"field": "last", "message": "Ask for 1 to 500.", "code": "INVALID"},
        {"field": "colour", "message": "There is no such setting.", "code": "NOT_FOUND"},
        {
            "field": "return_window_days",
            "message": "Write a whole number of days from 14 to 3650. "
            "The right of withdrawal can't be shorter.",
            "code": "INVALID",
        },
        {
            "field": "return_rules",
            "message": "Line 1: there is no exception 'Z': the law has A to M, and none lifts one.",
            "code": "INVALID",
        },
    ]
    assert found == NOTHING


@pytest.mark.parametrize("last", [0, -1, 501])
def test_simulation_refuses_a_number_of_orders_out_of_range(last):
    factories.activate()

    assert [error["field"] for error in simulate(last=last)["errors"]] == ["last"]


def test_simulation_finds_no_order_in_a_channel_that_does_not_exist():
    factories.activate()
    delivered()

    assert simulate(channel="nowhere") == {**NOTHING, "errors": []}


BLIND = {
    "stranger": lambda: Api(),
    "customer": lambda: Api(factories.make_customer("eve@example.com")),
    "staff without permission": lambda: Api(factories.make_staff(manages_orders=False)),
    "app without permission": lambda: Api(app_token=factories.make_app(manages_orders=False)[1]),
}
if IS_3:
    BLIND["staff of another channel"] = lambda: Api(factories.make_staff(only_channel="other"))


@pytest.mark.parametrize("who", BLIND)
def test_simulation_is_refused_to_whoever_may_not_manage_orders(who):
    factories.activate()
    delivered()
    api = BLIND[who]()

    answer = api.post_raw(SIMULATE, settings=[], channel=CHANNEL)

    assert answer["data"]["returnPolicySimulate"] is None
    (error,) = answer["errors"]
    assert error["message"] == "This needs the permission MANAGE_ORDERS."
    assert error["extensions"]["exception"]["code"] == "PermissionDenied"


def test_simulation_is_open_to_an_app_that_manages_orders():
    factories.activate()
    delivered()

    assert simulate(Api(app_token=factories.make_app()[1]))["orders"] == 1
