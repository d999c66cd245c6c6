"""Figures on follow-up mail through the shop's API: what they show, and to whom."""

from datetime import timedelta

import pytest
from django.utils import timezone

from saleor_aftersale.followups.models import OutboxMail
from saleor_aftersale.returns import messages
from tests import factories
from tests.factories import CHANNEL, CUSTOMER, IS_3, NOON, Api

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

NUMBERS = """query ($channel: String, $since: Date!, $until: Date!) {
  followUpNumbers(channel: $channel, since: $since, until: $until) {
    total { ...figures }
    byKey { ...figures }
    unanswered { count oldestAt }
  }
}
fragment figures on FollowUpFigures {
  key sent skipped skippedByReason { reason count } failed dead unconfirmed waiting
  medianSeconds p90Seconds
}"""
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
IDLERS = [person for person in PEOPLE if person not in WORKERS]
JUNE = {"since": "2026-06-01", "until": "2026-06-30"}


@pytest.fixture
def order():
    """Anna's order: one mail went out, one didn't; she asked something."""
    factories.activate()
    order = factories.delivered_order(user=factories.make_customer())
    request = factories.ask(order)
    messages.add_message(str(request.pk), CUSTOMER, text="Hello?", now=NOON)
    factories.connection.run_on_commit = []
    OutboxMail.objects.all().delete()
    for number, columns in enumerate(
        [
            {"state": "SENT", "sent_at": NOON + timedelta(seconds=30)},
            {"state": "SKIPPED", "detail": "SUPERSEDED"},
            {"state": "SKIPPED", "detail": "OF_AN_EARLIER_VERSION"},
        ]
    ):
        OutboxMail.objects.create(
            order=factories.keep(order),
            key="shipment.sent",
            subject_ref=f"shipment:{number}",
            due_at=NOON,
            created_at=NOON,
            **columns,
        )
    return order


def numbers_of(api, **arguments):
    return api.post(NUMBERS, **{**JUNE, **arguments})["followUpNumbers"]


@pytest.mark.parametrize("person", WORKERS)
@pytest.mark.parametrize("channel", [CHANNEL, None])
def test_numbers_are_shown_to_staff_and_apps(order, person, channel):
    found = numbers_of(PEOPLE[person](order), channel=channel)

    figures = {
        "key": "",
        "sent": 1,
        "skipped": 2,
        "skippedByReason": [{"reason": "SUPERSEDED", "count": 1}],
        "failed": 0,
        "dead": 0,
        "unconfirmed": 0,
        "waiting": 0,
        "medianSeconds": 30.0,
        "p90Seconds": 30.0,
    }
    assert found == {
        "total": figures,
        "byKey": [{**figures, "key": "shipment.sent"}],
        "unanswered": {"count": 1, "oldestAt": NOON.isoformat()},
    }


@pytest.mark.parametrize("person", IDLERS)
@pytest.mark.parametrize("channel", [CHANNEL, None])
def test_numbers_are_refused_to_everybody_else(order, person, channel):
    answer = PEOPLE[person](order).post_raw(NUMBERS, **JUNE, channel=channel)

    assert answer["data"] == {"followUpNumbers": None}
    assert [error["message"] for error in answer["errors"]] == [
        "This needs the permission MANAGE_ORDERS."
    ]


@pytest.mark.skipif(not IS_3, reason="2.10.1 has no channels")
def test_numbers_of_other_channels_are_left_out(order):
    api = Api(factories.make_staff(only_channel="other"))

    found = numbers_of(api)
    refused = api.post_raw(NUMBERS, **JUNE, channel=CHANNEL)

    assert (found["total"]["sent"], found["unanswered"]["count"]) == (0, 0)
    assert refused["data"] == {"followUpNumbers": None}


@pytest.mark.parametrize("channel", ["nowhere", "\x00"])
def test_numbers_are_empty_when_there_is_no_such_channel(order, channel):
    found = numbers_of(Api(factories.make_admin()), channel=channel)

    assert (found["total"]["sent"], found["byKey"], found["unanswered"]["count"]) == (0, [], 0)


@pytest.mark.parametrize(
    ("since", "until", "message"),
    [
        ("2026-06-02", "2026-06-01", "The period ends before it starts."),
        ("2020-01-01", "2026-06-01", "Ask for at most 1100 days."),
        ("9999-12-01", "9999-12-31", "There is no such day."),
    ],
)
def test_numbers_are_refused_when_the_period_is_none(order, since, until, message):
    answer = Api(factories.make_staff()).post_raw(NUMBERS, since=since, until=until)

    assert [error["message"] for error in answer["errors"]] == [message]


def test_question_is_told_whatever_the_period(order):
    today = timezone.now().date().isoformat()

    found = numbers_of(Api(factories.make_staff()), since=today, until=today)

    assert (found["total"]["sent"], found["unanswered"]["count"]) == (0, 1)
