"""Feedback through the shop's API: who gives it, who sees it, who answers, what is summed up."""

from datetime import datetime, timedelta, timezone

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from saleor_aftersale.feedback import actions, links
from saleor_aftersale.feedback.models import Feedback, ThanksVoucher
from saleor_aftersale.tracking.models import Shipment
from saleor_aftersale.tracking.statuses import ShipmentStatus
from tests import factories
from tests.factories import CHANNEL, IS_3, NOON, STAFF, Api, global_id, nothing_changed
from tests.saleor.feedback.given import NOW, give

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

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
STRANGERS = [person for person in IDLERS if person != "owner"]

FIELDS = """{
  id orderId orderNumber channel score comment categories language givenAt changedAt replyBy
  answer answeredAt answeredBy earlier { score comment categories at answer }
  voucher { state code value isPercentage currency expiresOn error }
  reviewLinks { name url }
}"""
ORDER = f"""query ($token: UUID!) {{
  orderByToken(token: $token) {{ mayGiveFeedback feedback {FIELDS} }}
}}"""
ORDER_BY_ID = ORDER.replace("UUID", "ID").replace("orderByToken(token:", "order(id:")
BY_TOKEN = f"""query ($token: String!) {{
  orderFeedback(accessToken: $token) {{ mayGive feedback {FIELDS} }}
}}"""
GIVE = f"""mutation (
  $id: ID, $token: String, $score: Int, $comment: String, $categories: [FeedbackCategory!]
) {{
  feedbackGive(
    orderId: $id, accessToken: $token, score: $score, comment: $comment, categories: $categories
  ) {{ feedback {FIELDS} errors {{ field message code }} }}
}}"""
ANSWER = f"""mutation ($id: ID!, $text: String!) {{
  feedbackAnswer(id: $id, text: $text) {{ feedback {FIELDS} errors {{ field message code }} }}
}}"""
RETRY = """mutation ($id: ID!) {
  feedbackVoucherRetry(id: $id) {
    feedback { voucher { state code } } errors { field message code }
  }
}"""
LIST = f"""query ($filter: OrderFeedbackFilterInput, $sort: OrderFeedbackSortingInput) {{
  feedbacks(first: 50, filter: $filter, sortBy: $sort) {{
    totalCount edges {{ node {FIELDS} }}
  }}
}}"""
FIGURES = "{ key total average scores { score count } promised onTimeRate }"
NUMBERS = f"""query ($channel: String) {{
  feedbackNumbers(channel: $channel, since: "2026-06-01", until: "2026-06-30") {{
    total {FIGURES} byCarrier {FIGURES} byProduct {FIGURES} byChannel {FIGURES}
  }}
}}"""
NO_PERMISSION = "This needs the permission MANAGE_ORDERS."


@pytest.fixture
def order():
    """Anna's kettle, delivered by UPS."""
    factories.activate()
    made = factories.delivered_order(user=factories.make_customer(), country="CZ")
    factories.commit()
    return made


@pytest.fixture
def staff():
    return Api(factories.make_staff())


def id_of(row):
    return global_id("OrderFeedback", row.pk)


def order_id(order):
    return global_id("Order", order.pk)


def seen(api, order):
    """The order's fields as somebody sees them who knows the order's id."""
    return api.post(ORDER, token=factories.public_token(order))["orderByToken"]


def given(api, **variables):
    return api.post(GIVE, **variables)["feedbackGive"]


def listed(api, sort=None, **wanted):
    found = api.post(LIST, filter=wanted or None, sort=sort)["feedbacks"]
    return [edge["node"] for edge in found["edges"]]


def codes(payload):
    return [(error["field"], error["code"]) for error in payload["errors"]]


# Giving


def test_owner_rates_an_order_and_says_more_later(order):
    api = Api(order.user)
    given(api, id=order_id(order), score=2)

    payload = given(api, id=order_id(order), comment="Torn", categories=["PACKAGING"])

    assert payload["errors"] == []
    row = Feedback.objects.get()
    assert (row.score, row.comment, row.categories) == (2, "Torn", ["PACKAGING"])
    shown = payload["feedback"]
    assert (shown["score"], shown["comment"], shown["categories"]) == (2, "Torn", ["PACKAGING"])
    assert (shown["orderId"], shown["id"]) == (order_id(order), id_of(row))
    assert shown["earlier"][0]["score"] == 2
    assert seen(api, order)["feedback"] == shown


def test_guest_rates_an_order_by_link_alone(order):
    token = factories.token_of(order)

    payload = given(Api(), token=token, score=5)

    assert (payload["errors"], payload["feedback"]["score"]) == ([], 5)
    access = Api().post(BY_TOKEN, token=token)["orderFeedback"]
    assert access == {"mayGive": True, "feedback": payload["feedback"]}


def test_link_opens_its_own_order_when_the_id_of_another_is_sent(order):
    other = factories.delivered_order(email="other@example.com")

    payload = given(Api(), token=factories.token_of(order), id=order_id(other), score=5)

    assert payload["feedback"]["orderId"] == order_id(order)
    assert Feedback.objects.get().order.order_ref == str(order.pk)


@pytest.mark.parametrize("person", STRANGERS)
def test_order_and_no_order_look_alike_when_a_stranger_rates(order, person):
    api = PEOPLE[person](order)
    missing = order_id(order)[:-4] if not IS_3 else global_id("Order", "0" * 8 + str(order.pk)[8:])

    with nothing_changed():
        real = given(api, id=order_id(order), score=1)
        absent = given(api, id=missing, score=1)

    assert real["feedback"] is None
    assert codes(real) == codes(absent) == [("orderId", "NOT_FOUND")]


@pytest.mark.parametrize("person", WORKERS)
def test_rating_is_refused_when_staff_speak_for_a_customer(order, person):
    with nothing_changed():
        payload = given(PEOPLE[person](order), id=order_id(order), score=5)

    assert codes(payload) == [(None, "PERMISSION_DENIED")]


def test_staff_rate_their_own_order_when_they_bought_it():
    factories.activate()
    clerk = factories.make_staff()
    order = factories.delivered_order(user=clerk)

    payload = given(Api(clerk), id=order_id(order), score=4)

    assert (payload["errors"], payload["feedback"]["score"]) == ([], 4)


@pytest.mark.parametrize(
    "token, code", [("nonsense", "INVALID_TOKEN"), ("expired", "EXPIRED_TOKEN"), ("own", None)]
)
def test_rating_is_refused_when_the_link_does_not_hold(order, token, code):
    record = factories.keep(order)
    tokens = {
        "expired": factories.expired_token(order),
        # A link to the page opens the page alone.
        "own": links.sign(record, expires_at=datetime(2099, 1, 1, tzinfo=timezone.utc)),
    }

    with nothing_changed():
        payload = given(Api(), token=tokens.get(token, token), score=1)

    assert codes(payload) == [("accessToken", code or "INVALID_TOKEN")]


@pytest.mark.parametrize(
    "said, field, code",
    [
        ({"score": 0}, "score", "INVALID"),
        ({"score": 6}, "score", "INVALID"),
        ({}, "score", "REQUIRED"),
        ({"score": 3, "comment": "x" * 2001}, "comment", "TOO_LONG"),
        ({"score": 3, "comment": "\x00"}, "comment", "INVALID"),
    ],
)
def test_rating_is_refused_when_it_cannot_be_kept(order, said, field, code):
    with nothing_changed():
        payload = given(Api(order.user), id=order_id(order), **said)

    assert codes(payload) == [(field, code)]


@pytest.mark.parametrize("variables", [{"score": "x"}, {"score": 3, "categories": ["PRICE"]}])
def test_rating_is_refused_by_the_schema_when_its_type_is_wrong(order, variables):
    with nothing_changed():
        answer = Api(order.user).post_raw(GIVE, id=order_id(order), **variables)

    assert answer["errors"]


def test_rating_is_refused_when_nothing_has_arrived():
    factories.activate()
    order = factories.make_order(user=factories.make_customer())
    api = Api(order.user)

    with nothing_changed():
        unsent = given(api, id=order_id(order), score=5)
    factories.keep(order)
    with nothing_changed():
        kept = given(api, id=order_id(order), score=5)

    assert codes(unsent) == codes(kept) == [("orderId", "NOT_DELIVERED_YET")]
    assert seen(api, order) == {"mayGiveFeedback": False, "feedback": None}


def test_rating_is_refused_when_there_were_too_many_tries(order, monkeypatch):
    monkeypatch.setattr(actions, "TRIES_AN_HOUR", 1)
    given(Api(order.user), id=order_id(order), score=5)

    with nothing_changed():
        payload = given(Api(), token=factories.token_of(order), score=1)

    assert codes(payload) == [(None, "RATE_LIMITED")]


def test_rating_is_refused_when_the_plugin_is_off(order):
    factories.activate(active=False)

    with nothing_changed():
        payload = given(Api(order.user), id=order_id(order), score=1)

    assert codes(payload) == [(None, "PLUGIN_INACTIVE")]


# Seeing


@pytest.mark.parametrize("person", ["owner", *WORKERS])
def test_feedback_is_seen_by_owner_and_workers_when_it_was_given(order, person):
    row = give(order, 2, comment="Torn")
    actions.answer_feedback(row.pk, STAFF, text="Sorry", now=NOW)

    shown = seen(PEOPLE[person](order), order)

    assert shown["mayGiveFeedback"] is True
    assert (shown["feedback"]["score"], shown["feedback"]["answer"]) == (2, "Sorry")
    clerk = None if person == "owner" else "clerk@example.com"
    assert shown["feedback"]["answeredBy"] == clerk


@pytest.mark.parametrize("person", STRANGERS)
def test_feedback_is_hidden_from_strangers_when_they_know_the_order(order, person):
    give(order, 2, comment="Secret")

    assert seen(PEOPLE[person](order), order) == {"mayGiveFeedback": None, "feedback": None}


def test_feedback_is_hidden_when_the_plugin_is_off(order):
    give(order, 2)
    token = factories.token_of(order)
    factories.activate(active=False)

    assert seen(Api(order.user), order) == {"mayGiveFeedback": None, "feedback": None}
    assert Api().post(BY_TOKEN, token=token) == {"orderFeedback": None}


@pytest.mark.parametrize("token", ["nonsense", "expired"])
def test_feedback_by_link_is_refused_when_the_link_does_not_hold(order, token):
    give(order, 2, comment="Secret")
    token = factories.expired_token(order) if token == "expired" else token

    answer = Api().post_raw(BY_TOKEN, token=token)

    assert answer["data"] == {"orderFeedback": None}
    assert len(answer["errors"]) == 1


def test_voucher_code_is_seen_when_it_can_be_used_and_its_fault_by_staff_alone(staff):
    factories.activate(voucher_value="5.50", review_links="Google=https://g.page/r/x")
    order = factories.delivered_order(user=factories.make_customer())
    given(Api(order.user), id=order_id(order), score=1)
    row = ThanksVoucher.objects.get()

    shown = seen(Api(order.user), order)["feedback"]

    assert shown["reviewLinks"] == [{"name": "Google", "url": "https://g.page/r/x"}]
    assert shown["voucher"] == {
        "state": "CREATED",
        "code": row.code,
        "value": 5.5,
        "isPercentage": False,
        "currency": "EUR",
        "expiresOn": row.expires_on.isoformat(),
        "error": None,
    }
    ThanksVoucher.objects.update(state="FAILED", detail="Broken")
    owners = seen(Api(order.user), order)["feedback"]["voucher"]
    assert (owners["state"], owners["code"], owners["error"]) == ("FAILED", None, None)
    theirs = listed(staff)[0]["voucher"]
    assert (theirs["state"], theirs["code"], theirs["error"]) == ("FAILED", None, "Broken")


# Staff's list


@pytest.mark.parametrize("person", WORKERS)
def test_list_is_shown_to_workers_of_the_channel(order, person):
    row = give(order, 2)

    assert [node["id"] for node in listed(PEOPLE[person](order))] == [id_of(row)]


@pytest.mark.parametrize("person", [one for one in IDLERS if one != "staff of another channel"])
@pytest.mark.parametrize("query", [LIST, NUMBERS], ids=["list", "numbers"])
def test_list_and_numbers_are_refused_when_somebody_has_no_permission(order, person, query):
    give(order, 2, comment="Secret")

    answer = PEOPLE[person](order).post_raw(query)

    assert [error["message"] for error in answer["errors"]] == [NO_PERMISSION]
    assert "Secret" not in str(answer)


@pytest.mark.skipif(not IS_3, reason="2.10.1 has no channels")
def test_list_and_numbers_are_empty_when_staff_work_in_another_channel(order):
    give(order, 2)
    api = PEOPLE["staff of another channel"](order)

    assert listed(api) == []
    assert api.post(NUMBERS)["feedbackNumbers"]["total"]["total"] == 0
    answer = api.post_raw(NUMBERS, channel=CHANNEL)
    assert [error["message"] for error in answer["errors"]] == [NO_PERMISSION]


@pytest.fixture
def several():
    """Four orders with scores 1, 2, 4, 5, an hour apart; the second is answered."""
    factories.activate(voucher_value="10%")
    rows = []
    for number, score in enumerate((1, 2, 4, 5)):
        order = factories.delivered_order(email=f"{number}@example.com", country="CZ")
        rows.append(give(order, score, now=NOW + timedelta(hours=number)))
    actions.answer_feedback(rows[1].pk, STAFF, text="Sorry", now=NOW)
    Shipment.objects.filter(order=rows[2].order).update(carrier="inpost")
    Shipment.objects.filter(order=rows[3].order).update(carrier="inpost", is_cancelled=True)
    ThanksVoucher.objects.filter(order=rows[3].order).update(state="FAILED")
    return rows


@pytest.mark.parametrize(
    "wanted, scores",
    [
        ({}, [5, 4, 2, 1]),
        ({"scoreLte": 2}, [2, 1]),
        ({"scoreGte": 2, "scoreLte": 4}, [4, 2]),
        ({"unanswered": True}, [1]),
        ({"unanswered": False}, [5, 4, 2]),
        ({"channels": [CHANNEL]}, [5, 4, 2, 1]),
        ({"channels": ["elsewhere", "\x00"]}, []),
        ({"carrier": " INPOST "}, [4]),
        ({"carrier": "\x00"}, []),
        ({"givenAt": {"gte": (NOW + timedelta(hours=2)).isoformat()}}, [5, 4]),
        ({"givenAt": {"lte": NOW.isoformat()}}, [1]),
        ({"voucherState": ["FAILED"]}, [5]),
    ],
)
def test_list_holds_what_was_asked_for_when_narrowed(several, staff, wanted, scores):
    assert [node["score"] for node in listed(staff, **wanted)] == scores


@pytest.mark.parametrize(
    "field, direction, scores",
    [
        ("GIVEN_AT", "ASC", [1, 2, 4, 5]),
        ("CHANGED_AT", "DESC", [5, 4, 2, 1]),
        ("REPLY_BY", "ASC", [1, 2]),
    ],
)
def test_list_is_in_order_when_sorted(several, staff, field, direction, scores):
    nodes = listed(staff, sort={"field": field, "direction": direction})

    assert [node["score"] for node in nodes] == scores


def test_list_needs_the_same_queries_however_many_are_in_it(staff):
    factories.activate(voucher_value="10%")

    def make(count):
        for _ in range(count):
            give(factories.delivered_order(), 2)
        factories.commit()

    def queries():
        with CaptureQueriesContext(connection) as captured:
            nodes = listed(staff)
        return len(nodes), len(captured)

    make(2)
    queries()
    few = queries()
    make(8)
    many = queries()

    assert (few[0], many[0]) == (2, 10)
    assert few[1] == many[1]


# Staff's answers


@pytest.mark.parametrize("person", WORKERS)
def test_answer_is_kept_when_a_worker_of_the_channel_gives_it(order, person):
    row = give(order, 1)

    payload = PEOPLE[person](order).post(ANSWER, id=id_of(row), text="Sorry")["feedbackAnswer"]

    assert (payload["errors"], payload["feedback"]["answer"]) == ([], "Sorry")
    row.refresh_from_db()
    assert row.answered_at is not None
    assert payload["feedback"]["answeredBy"] == row.answered_by != ""


@pytest.mark.parametrize("person", IDLERS)
@pytest.mark.parametrize("query", [ANSWER, RETRY], ids=["answer", "retry"])
def test_answer_and_retry_are_refused_when_somebody_does_not_work_there(order, person, query):
    row = give(order, 1)
    api = PEOPLE[person](order)
    variables = {"text": "Sorry"} if query is ANSWER else {}

    with nothing_changed():
        (real,) = api.post(query, id=id_of(row), **variables).values()
        (absent,) = api.post(query, id=global_id("OrderFeedback", 0), **variables).values()

    assert codes(real) == codes(absent)
    elsewhere = person == "staff of another channel"
    assert codes(real) == [("id", "NOT_FOUND") if elsewhere else (None, "PERMISSION_DENIED")]


@pytest.mark.parametrize("wrong", ["nonsense", global_id("ReturnRequest", 1)])
def test_answer_is_refused_when_the_id_is_none(order, staff, wrong):
    give(order, 1)

    with nothing_changed():
        payload = staff.post(ANSWER, id=wrong, text="Sorry")["feedbackAnswer"]

    assert codes(payload) == [("id", "NOT_FOUND")]


def test_second_answer_is_refused_when_one_stands(order, staff):
    row = give(order, 1)
    staff.post(ANSWER, id=id_of(row), text="Sorry")

    with nothing_changed():
        payload = staff.post(ANSWER, id=id_of(row), text="Again")["feedbackAnswer"]

    assert codes(payload) == [("id", "TRANSITION_NOT_ALLOWED")]


def test_voucher_is_made_when_staff_try_again(staff):
    factories.activate(voucher_value="10%")
    row = give(factories.delivered_order(), 1)
    connection.run_on_commit = []
    ThanksVoucher.objects.update(state="FAILED", attempts=6)

    payload = staff.post(RETRY, id=id_of(row))["feedbackVoucherRetry"]

    assert payload["errors"] == []
    assert ThanksVoucher.objects.get().state == "CREATED"


def test_retry_is_refused_when_no_voucher_was_promised(order, staff):
    row = give(order, 1)

    with nothing_changed():
        payload = staff.post(RETRY, id=id_of(row))["feedbackVoucherRetry"]

    assert codes(payload) == [("id", "NOT_FOUND")]


# Numbers


def figures(key, counts=(0, 0, 0, 0, 0), promised=0, on_time=None):
    total = sum(counts)
    points = sum(score * count for score, count in enumerate(counts, 1))
    return {
        "key": key,
        "total": total,
        "average": points / total if total else None,
        "scores": [{"score": score, "count": count} for score, count in enumerate(counts, 1)],
        "promised": promised,
        "onTimeRate": on_time,
    }


def sent(carrier, *, due, delivered, **order):
    """An order whose parcel was due at a moment and came at another, or never."""
    made = factories.make_order(**order)
    status = ShipmentStatus.DELIVERED if delivered else ShipmentStatus.LOST
    factories.scan(factories.fulfill(made), status, delivered or due)
    Shipment.objects.filter(order__order_ref=str(made.pk)).update(
        carrier=carrier, promised_until=due, late_since=None, created_at=NOON
    )
    return made


def test_numbers_are_summed_up_by_carrier_product_and_channel(staff):
    factories.activate()
    due, hour = NOON + timedelta(days=3), timedelta(hours=1)
    give(sent("ups", due=due, delivered=due, lines={"Kettle": 2, "Cup": 1}), 5, now=due)
    give(sent("ups", due=due, delivered=due + hour), 2, now=due)
    give(sent("inpost", due=due, delivered=None), 1, now=due)
    sent("dhl", due=due, delivered=due - hour, lines={"Lamp": 1})
    # Neither the scores nor the promises of another month count.
    july = datetime(2026, 7, 1, tzinfo=timezone.utc)
    give(sent("ups", due=july, delivered=july), 4, now=july)

    found = staff.post(NUMBERS, channel=CHANNEL)["feedbackNumbers"]

    assert found["total"] == figures("", (1, 1, 0, 0, 1), 4, 0.5)
    assert found["byCarrier"] == [
        figures("ups", (0, 1, 0, 0, 1), 2, 0.5),
        figures("inpost", (1, 0, 0, 0, 0), 1, 0.0),
        figures("dhl", promised=1, on_time=1.0),
    ]
    assert found["byProduct"] == [
        figures("Kettle", (1, 1, 0, 0, 1), 3, 1 / 3),
        figures("Cup", (0, 0, 0, 0, 1), 1, 1.0),
        figures("Lamp", promised=1, on_time=1.0),
    ]
    assert found["byChannel"] == [figures(CHANNEL, (1, 1, 0, 0, 1), 4, 0.5)]


def test_broken_promise_stays_broken_when_a_later_estimate_fits(staff):
    factories.activate()
    due = NOON + timedelta(days=3)
    sent("ups", due=due, delivered=due + timedelta(hours=2))
    Shipment.objects.update(late_since=due, promised_until=due + timedelta(days=1))

    found = staff.post(NUMBERS)["feedbackNumbers"]

    assert found["total"] == figures("", promised=1, on_time=0.0)


def test_parcels_do_not_count_when_their_promise_is_not_over_or_there_is_none(staff):
    factories.activate()
    soon = clock() + timedelta(hours=1)
    sent("ups", due=soon, delivered=soon)
    Shipment.objects.update(created_at=clock())
    sent("dhl", due=NOON, delivered=NOON)
    Shipment.objects.filter(carrier="dhl").update(promised_until=None, estimated_until=None)
    today = clock().date()

    found = staff.post(NUMBERS.replace("2026-06-30", (today + timedelta(days=2)).isoformat()))[
        "feedbackNumbers"
    ]

    assert found["total"] == figures("")


def clock():
    return datetime.now(timezone.utc)


def test_numbers_are_all_nothing_when_nothing_was_said(staff):
    factories.activate()

    assert staff.post(NUMBERS)["feedbackNumbers"] == {
        "total": figures(""),
        "byCarrier": [],
        "byProduct": [],
        "byChannel": [],
    }


def test_numbers_are_refused_when_the_period_ends_before_it_starts(staff):
    answer = staff.post_raw(NUMBERS.replace("2026-06-30", "2026-05-01"))

    assert answer["errors"][0]["message"] == "The period ends before it starts."
