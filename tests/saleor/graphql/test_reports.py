"""Reports and outgoing events through the shop's API: what they show, and to whom."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from saleor_aftersale.webhooks.models import EventDelivery
from tests import factories
from tests.factories import CHANNEL, IS_3, NOON, Api, global_id, nothing_changed
from tests.network import Network

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

CONNECTED = {
    "event_url": "https://erp.example.com/events",
    "event_secret": "0123456789abcdef",
}
PEOPLE = {
    "owner": lambda order: Api(order.user),
    "staff": lambda order: Api(factories.make_staff()),
    "app": lambda order: Api(app_token=factories.make_app()[1]),
    "stranger": lambda order: Api(),
    "other customer": lambda order: Api(factories.make_customer("eve@example.com")),
    "staff without permission": lambda order: Api(factories.make_staff(manages_orders=False)),
    "app without permission": lambda order: Api(
        app_token=factories.make_app(manages_orders=False)[1]
    ),
}
WORKERS = ["staff", "app"]
if IS_3:
    PEOPLE["staff of the channel"] = lambda order: Api(factories.make_staff(only_channel=CHANNEL))
    PEOPLE["staff of another channel"] = lambda order: Api(
        factories.make_staff(only_channel="other")
    )
    WORKERS.append("staff of the channel")
IDLERS = [person for person in PEOPLE if person not in WORKERS]

REPORT = """query ($channel: String, $to: Date!) {
  returnReport(channel: $channel, dateFrom: "2026-06-01", dateTo: $to, groupBy: PRODUCT) {
    total { requests }
    groups {
      key label requests requestedPieces returnedPieces sentPieces returnRate
      refunded { amount currency } medianDaysToRefund p90DaysToRefund inTimeShare
      fit { tooSmall tooLarge poorFit }
    }
  }
}"""
LINK = """query ($channel: String!) {
  returnReportCsvUrl(channel: $channel, dateFrom: "2026-06-01", dateTo: "2026-06-30") {
    url expiresAt
  }
}"""
LIST = """query ($filter: AftersaleEventDeliveryFilterInput) {
  aftersaleEventDeliveries(first: 10, filter: $filter) {
    totalCount
    edges { node {
      id reference type channel orderId sequence state attempts nextAttemptAt lastStatus
      lastError deliveredAt body
    } }
  }
}"""
RETRY = """mutation ($id: ID!) {
  aftersaleEventDeliveryRetry(id: $id) {
    eventDelivery { state attempts } errors { field message code }
  }
}"""
NO_PERMISSION = "This needs the permission MANAGE_ORDERS."


@pytest.fixture
def network(monkeypatch):
    network = Network(monkeypatch)
    network.answer()
    return network


@pytest.fixture
def order(network):
    """Anna's kettle, asked back; one event is dead, one delivered."""
    factories.activate(**CONNECTED)
    order = factories.delivered_order(user=factories.make_customer())
    factories.commit()
    factories.ask(order, now=NOON)
    connection.run_on_commit = []
    EventDelivery.objects.filter(state="WAITING").update(
        state="DEAD", due_at=None, last_status=500, last_error="The receiver answered 500."
    )
    return order


def deliveries(api, **filters):
    found = api.post(LIST, filter=filters or None)["aftersaleEventDeliveries"]
    return [edge["node"] for edge in found["edges"]]


def dead():
    return EventDelivery.objects.get(state="DEAD")


def message_of(answer):
    return [error["message"] for error in answer["errors"]]


# Reports


@pytest.mark.parametrize("person", WORKERS)
def test_report_is_shown_to_staff_and_apps(order, person):
    answer = PEOPLE[person](order).post(REPORT, channel=CHANNEL, to="2026-06-30")

    assert answer["returnReport"] == {
        "total": {"requests": 1},
        "groups": [
            {
                "key": "Kettle",
                "label": "Kettle",
                "requests": 1,
                "requestedPieces": 1,
                "returnedPieces": 0,
                "sentPieces": 0,
                "returnRate": None,
                "refunded": [],
                "medianDaysToRefund": None,
                "p90DaysToRefund": None,
                "inTimeShare": None,
                "fit": {"tooSmall": 0, "tooLarge": 0, "poorFit": 0},
            }
        ],
    }


@pytest.mark.parametrize("person", IDLERS)
@pytest.mark.parametrize(
    ("query", "variables"),
    [(REPORT, {"channel": CHANNEL, "to": "2026-06-30"}), (LINK, {"channel": CHANNEL})],
    ids=["report", "link"],
)
def test_report_is_refused_to_everybody_else(order, person, query, variables):
    answer = PEOPLE[person](order).post_raw(query, **variables)

    assert message_of(answer) == [NO_PERMISSION]
    assert "Kettle" not in str(answer)


@pytest.mark.skipif(not IS_3, reason="2.10.1 has no channels")
def test_report_of_all_channels_leaves_out_those_of_others(order):
    api = PEOPLE["staff of another channel"](order)

    assert api.post(REPORT, to="2026-06-30")["returnReport"] == {
        "total": {"requests": 0},
        "groups": [],
    }


def test_report_says_why_when_its_period_is_too_long(order):
    answer = Api(factories.make_staff()).post_raw(REPORT, to="2036-06-30")

    assert message_of(answer) == ["Ask for at most 1100 days."]


@pytest.mark.parametrize("person", WORKERS)
def test_link_opens_the_table_without_signing_in(order, person):
    link = PEOPLE[person](order).post(LINK, channel=CHANNEL)["returnReportCsvUrl"]

    path = "/" + link["url"].split("/", 3)[3]
    table = b"".join(Client().get(path).streaming_content).decode()

    assert ",Kettle," in table
    assert link["expiresAt"] > timezone.now().isoformat()


def test_link_is_refused_when_the_plugin_is_switched_off(order):
    factories.activate(active=False)

    answer = Api(factories.make_staff()).post_raw(LINK, channel=CHANNEL)

    assert message_of(answer) == ["The after-sales plugin is not active in this channel."]


# Events


@pytest.mark.parametrize("person", WORKERS)
def test_deliveries_are_shown_to_staff_and_apps(order, person):
    row = dead()

    (node,) = deliveries(PEOPLE[person](order), state=["DEAD"])

    assert node == {
        "id": global_id("AftersaleEventDelivery", row.pk),
        "reference": row.reference,
        "type": "RETURN_TRANSITIONED",
        "channel": CHANNEL,
        "orderId": global_id("Order", order.pk),
        "sequence": 2,
        "state": "DEAD",
        "attempts": 0,
        "nextAttemptAt": None,
        "lastStatus": 500,
        "lastError": "The receiver answered 500.",
        "deliveredAt": None,
        "body": "",
    }


@pytest.mark.parametrize(
    ("filters", "sequences"),
    [
        ({}, [2, 1]),
        ({"state": ["DELIVERED"]}, [1]),
        ({"type": ["SHIPMENT_STATUS_CHANGED", "REFUND_SETTLED"]}, [1]),
        ({"channels": ["nowhere"]}, []),
        ({"channels": [CHANNEL, "\x00"]}, [2, 1]),
    ],
)
def test_deliveries_are_narrowed_by_filters(order, filters, sequences):
    found = deliveries(Api(factories.make_staff()), **filters)

    assert [node["sequence"] for node in found] == sequences


@pytest.mark.parametrize("person", [one for one in IDLERS if one != "staff of another channel"])
def test_deliveries_are_refused_to_everybody_else(order, person):
    answer = PEOPLE[person](order).post_raw(LIST)

    assert message_of(answer) == [NO_PERMISSION]
    assert answer["data"] == {"aftersaleEventDeliveries": None}


@pytest.mark.skipif(not IS_3, reason="2.10.1 has no channels")
def test_deliveries_of_other_channels_are_left_out(order):
    assert deliveries(PEOPLE["staff of another channel"](order)) == []


@pytest.mark.parametrize("person", WORKERS)
def test_delivery_is_tried_again_when_staff_ask_for_it(order, network, person):
    row = dead()
    sent = len(network.sent)

    answer = PEOPLE[person](order).post(RETRY, id=global_id("AftersaleEventDelivery", row.pk))

    assert answer["aftersaleEventDeliveryRetry"] == {
        "eventDelivery": {"state": "WAITING", "attempts": 0},
        "errors": [],
    }
    row.refresh_from_db()
    assert (row.state, len(network.sent)) == ("DELIVERED", sent + 1)


@pytest.mark.parametrize("person", IDLERS)
def test_nothing_is_tried_again_for_everybody_else(order, network, person):
    sent = len(network.sent)
    key = global_id("AftersaleEventDelivery", dead().pk)
    api = PEOPLE[person](order)

    with nothing_changed():
        answer = api.post(RETRY, id=key)["aftersaleEventDeliveryRetry"]

    expected = (
        ("id", "NOT_FOUND") if person == "staff of another channel" else (None, "PERMISSION_DENIED")
    )
    assert (answer["errors"][0]["field"], answer["errors"][0]["code"]) == expected
    assert len(network.sent) == sent


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (lambda: EventDelivery.objects.get(state="DELIVERED").pk, "ALREADY_DELIVERED"),
        (lambda: 0, "NOT_FOUND"),
    ],
    ids=["delivered", "unknown"],
)
def test_delivery_is_not_tried_again_when_there_is_nothing_to_try(order, key, code):
    wanted = global_id("AftersaleEventDelivery", key())
    api = Api(factories.make_staff())

    with nothing_changed():
        answer = api.post(RETRY, id=wanted)["aftersaleEventDeliveryRetry"]

    assert [(error["field"], error["code"]) for error in answer["errors"]] == [("id", code)]


def test_retry_is_refused_when_the_plugin_is_switched_off(order):
    factories.activate(active=False, **CONNECTED)
    key = global_id("AftersaleEventDelivery", dead().pk)

    answer = Api(factories.make_staff()).post(RETRY, id=key)["aftersaleEventDeliveryRetry"]

    assert [error["code"] for error in answer["errors"]] == ["PLUGIN_INACTIVE"]


def test_waiting_delivery_tells_when_it_is_tried_next(order):
    due_at = timezone.now() + timedelta(hours=1)
    EventDelivery.objects.filter(pk=dead().pk).update(state="WAITING", due_at=due_at)

    (node,) = deliveries(Api(factories.make_staff()), state=["WAITING"])

    assert node["nextAttemptAt"] == due_at.isoformat()
