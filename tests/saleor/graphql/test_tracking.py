"""Timeline and carrier news through the shop's API."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from saleor_aftersale.followups.models import OutboxMail
from saleor_aftersale.returns import legal
from saleor_aftersale.tracking import parcels
from saleor_aftersale.tracking.actions import revoke_links
from saleor_aftersale.tracking.models import Shipment, TrackingEvent
from saleor_aftersale.tracking.statuses import ShipmentStatus
from tests import factories
from tests.factories import IS_3, NOON, Api, global_id, nothing_changed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

TIMELINE = """
query ($id: ID!) { order(id: $id) { timeline {
  number status progress text
  milestones { code label state reachedAt }
  shipments {
    carrier trackingNumber trackingUrl status progress isReturning
    estimate { source earliest latest lateSince }
    events { occurredAt status code description location }
    lines { productName quantity }
  }
  entries { kind code title detail }
} } }
"""


@pytest.fixture
def shipped():
    factories.activate()
    order = factories.make_order(lines={"Kettle": 2})
    fulfillment = factories.fulfill(order, tracking_number="1Z 999")
    factories.scan(fulfillment, ShipmentStatus.PICKED_UP, NOON, location="Łódź")
    return order


def test_timeline_tells_all_when_staff_asks(shipped):
    staff = Api(factories.make_staff())

    data = staff.post(TIMELINE, id=global_id("Order", shipped.pk))

    timeline = data["order"]["timeline"]
    assert timeline["number"] == factories.host_order(shipped).number
    assert (timeline["status"], timeline["progress"]) == ("PICKED_UP", 45)
    assert timeline["text"] == "Handed to the carrier"
    assert [item["state"] for item in timeline["milestones"]] == [
        "DONE",
        "DONE",
        "DONE",
        "DONE",
        "DONE",
        "CURRENT",
    ]
    assert timeline["shipments"] == [
        {
            "carrier": "",
            "trackingNumber": "1Z999",
            "trackingUrl": "",
            "status": "PICKED_UP",
            "progress": 45,
            "isReturning": False,
            "estimate": None,
            "events": [
                {
                    "occurredAt": "2026-06-01T12:00:00+00:00",
                    "status": "PICKED_UP",
                    "code": "PICKED_UP",
                    "description": "",
                    "location": "Łódź",
                }
            ],
            "lines": [{"productName": "Kettle", "quantity": 2}],
        }
    ]


TROUBLE = """
query ($id: ID!, $language: String) { order(id: $id) { timeline(language: $language) {
  text heardAt version
  shipments {
    id text reason reasonText acts actText collectBy heardAt isStalled contradictedAt
    estimate { source computedAt sample lateSince }
    events { reason isCorrection }
  }
  entries { at kind code title detail }
} } }
"""


def trouble_of(order, language="en"):
    staff = Api(factories.make_staff())
    data = staff.post(TROUBLE, id=global_id("Order", order.pk), language=language)
    return data["order"]["timeline"]


def test_timeline_tells_trouble_and_who_must_act(shipped):
    fulfillment = shipped.fulfillments.get()
    factories.scan(
        fulfillment, ShipmentStatus.ATTEMPT_FAILED, NOON + timedelta(hours=1), reason="NOT_HOME"
    )
    Shipment.objects.update(
        estimate_source="HISTORY",
        estimated_until=NOON + timedelta(days=1),
        estimated_at=NOON,
        estimate_sample=25,
        stalled_at=NOON + timedelta(days=2),
    )

    timeline = trouble_of(shipped)

    heard_at, late_since = "2026-06-01T13:00:00+00:00", "2026-06-02T12:00:00+00:00"
    assert timeline["text"] == "Delivery attempt failed, late since 2 June"
    assert timeline["heardAt"] == heard_at
    assert timeline["shipments"] == [
        {
            "id": global_id("Shipment", Shipment.objects.get().pk),
            "text": "Delivery attempt failed, late since 2 June",
            "reason": "NOT_HOME",
            "reasonText": "Nobody was there to receive it.",
            "acts": "CUSTOMER",
            "actText": (
                "Look at the carrier's notice or page: choose another day, or a place to "
                "collect it."
            ),
            "collectBy": None,
            "heardAt": heard_at,
            "isStalled": True,
            "contradictedAt": None,
            "estimate": {
                "source": "HISTORY",
                "computedAt": "2026-06-01T12:00:00+00:00",
                "sample": 25,
                "lateSince": late_since,
            },
            "events": [
                {"reason": "NOT_HOME", "isCorrection": False},
                {"reason": None, "isCorrection": False},
            ],
        }
    ]
    warnings = [entry for entry in timeline["entries"] if entry["code"] in ("LATE", "STALLED")]
    assert warnings == [
        {
            "at": "2026-06-03T12:00:00+00:00",
            "kind": "SHIPMENT",
            "code": "STALLED",
            "title": "No news for longer than usual",
            "detail": "1Z999",
        },
        {
            "at": late_since,
            "kind": "SHIPMENT",
            "code": "LATE",
            "title": "Not there by the estimated day",
            "detail": "1Z999",
        },
    ]


@pytest.mark.parametrize(
    "importer, mails", [("customer", ["shipment.action_required"]), ("merchant", [])]
)
def test_importer_must_act_when_customs_want_something(importer, mails):
    factories.activate(importer=importer)
    fulfillment = factories.fulfill(factories.make_order(), tracking_number="1Z999")
    factories.scan(fulfillment, ShipmentStatus.ON_HOLD, timezone.now(), reason="CUSTOMS_DOCUMENTS")

    timeline = trouble_of(fulfillment.order)

    (parcel,) = timeline["shipments"]
    assert (parcel["reason"], parcel["acts"]) == ("CUSTOMS_DOCUMENTS", importer.upper())
    keys = OutboxMail.objects.filter(key="shipment.action_required").values_list("key", flat=True)
    assert list(keys) == mails


def test_timeline_says_until_when_to_collect_a_parcel(shipped):
    factories.scan(
        shipped.fulfillments.get(),
        ShipmentStatus.READY_FOR_PICKUP,
        NOON + timedelta(hours=1),
        collect_by=NOON + timedelta(days=2),
    )

    timeline = trouble_of(shipped)

    (parcel,) = timeline["shipments"]
    assert timeline["text"] == parcel["text"] == "Ready for pick-up until 3 June"
    assert (parcel["collectBy"], parcel["acts"]) == ("2026-06-03T12:00:00+00:00", "CUSTOMER")


def test_version_changes_only_with_what_is_shown(shipped):
    # The mail that waits for the commit is shown too.
    factories.commit()
    before = trouble_of(shipped)["version"]
    again, other_language = trouble_of(shipped)["version"], trouble_of(shipped, "pl")["version"]
    Shipment.objects.update(stalled_at=NOON + timedelta(days=2))
    after = trouble_of(shipped)["version"]

    assert before == again
    assert len({before, other_language, after}) == 3


# Who sees an order


FIELDS = "timeline { number } returnOptions { quantity } returnRequests { number }"
BY_TOKEN = f"query ($token: UUID!) {{ orderByToken(token: $token) {{ {FIELDS} }} }}"
NOTHING = {"timeline": None, "returnOptions": None, "returnRequests": None}


@pytest.fixture
def annas_order():
    """Two kettles of a customer with an account, delivered yesterday; a return is asked for."""
    factories.activate()
    yesterday = timezone.now() - timedelta(days=1)
    order = factories.delivered_order(
        yesterday, lines={"Kettle": 2}, user=factories.make_customer()
    )
    factories.ask(order, now=timezone.now())
    factories.commit()
    return order


def seen_by(api, order):
    """Our fields of an order that somebody knows by its token."""
    return api.post(BY_TOKEN, token=factories.public_token(order))["orderByToken"]


SEEING = {
    "owner": lambda order: Api(order.user),
    "staff": lambda order: Api(factories.make_staff()),
    "app": lambda order: Api(app_token=factories.make_app()[1]),
}
BLIND = {
    "stranger": lambda order: Api(),
    "other customer": lambda order: Api(factories.make_customer("eve@example.com")),
    "staff without permission": lambda order: Api(factories.make_staff(manages_orders=False)),
    "app without permission": lambda order: Api(
        app_token=factories.make_app(manages_orders=False)[1]
    ),
}
if IS_3:
    SEEING["staff of the channel"] = lambda order: Api(
        factories.make_staff(only_channel=factories.CHANNEL)
    )
    BLIND["staff of another channel"] = lambda order: Api(
        factories.make_staff(only_channel="other")
    )


@pytest.mark.parametrize("person", list(SEEING))
def test_order_is_seen_by_those_it_concerns(annas_order, person):
    seen = seen_by(SEEING[person](annas_order), annas_order)

    assert seen["timeline"] == {"number": factories.host_order(annas_order).number}
    assert seen["returnOptions"] == [{"quantity": 1}]
    assert len(seen["returnRequests"]) == 1


@pytest.mark.parametrize("person", list(BLIND))
def test_order_is_null_for_everybody_else_who_knows_its_token(annas_order, person):
    assert seen_by(BLIND[person](annas_order), annas_order) == NOTHING


@pytest.mark.parametrize("person", ["stranger", "other customer"])
def test_order_of_nobody_is_null_for_strangers(person):
    factories.activate()
    order = factories.delivered_order(user=None)

    assert seen_by(BLIND[person](order), order) == NOTHING


@pytest.mark.parametrize("person", list(SEEING))
def test_order_is_null_without_error_when_plugin_is_inactive(annas_order, person):
    factories.activate(active=False)

    assert seen_by(SEEING[person](annas_order), annas_order) == NOTHING


def test_owner_sees_own_orders_in_the_account(annas_order):
    factories.delivered_order(email="boris@example.com")

    data = Api(annas_order.user).post(
        f"{{ me {{ orders(first: 5) {{ edges {{ node {{ {FIELDS} }} }} }} }} }}"
    )

    (edge,) = data["me"]["orders"]["edges"]
    assert edge["node"]["timeline"] == {"number": factories.host_order(annas_order).number}


@pytest.mark.parametrize(
    ("wish", "text"),
    [("pl", "Doręczono"), ("bg-BG", "Доставена"), ("xx", "Delivered"), ("", "Delivered")],
)
def test_timeline_is_in_the_wished_language(annas_order, wish, text):
    query = """query ($token: UUID!, $language: String) {
      orderByToken(token: $token) { timeline(language: $language) { text language } }
    }"""

    data = Api(annas_order.user).post(
        query, token=factories.public_token(annas_order), language=wish
    )

    assert data["orderByToken"]["timeline"]["text"] == text


def test_options_tell_what_is_possible_and_until_when():
    factories.activate(return_window_days="30")
    delivered_at = timezone.now() - timedelta(days=20)
    order = factories.delivered_order(delivered_at)
    day = legal.day_of_event(delivered_at, "PL")
    query = """query ($token: UUID!) { orderByToken(token: $token) { returnOptions {
      orderLineId quantity proposedBasis bases { basis isOpen until refusals }
    } } }"""

    data = Api(factories.make_staff()).post(query, token=factories.public_token(order))

    guarantee = legal.last_day_of_months(day, 24, "PL").isoformat()
    assert data["orderByToken"]["returnOptions"] == [
        {
            "orderLineId": global_id("OrderLine", order.lines.get().pk),
            "quantity": 1,
            "proposedBasis": "GOODWILL_RETURN",
            "bases": [
                {
                    "basis": "WITHDRAWAL",
                    "isOpen": False,
                    "until": legal.last_day(day, 14, "PL").isoformat(),
                    "refusals": ["PERIOD_EXPIRED"],
                },
                {
                    "basis": "GOODWILL_RETURN",
                    "isOpen": True,
                    "until": legal.last_day(day, 30, "PL").isoformat(),
                    "refusals": [],
                },
                {"basis": "NON_CONFORMITY", "isOpen": True, "until": guarantee, "refusals": []},
                {
                    "basis": "COMMERCIAL_WARRANTY",
                    "isOpen": False,
                    "until": None,
                    "refusals": ["NO_COMMERCIAL_WARRANTY"],
                },
                {"basis": "DELIVERY_PROBLEM", "isOpen": True, "until": guarantee, "refusals": []},
                {
                    "basis": "REFUSED_DELIVERY",
                    "isOpen": False,
                    "until": None,
                    "refusals": ["ALREADY_DELIVERED"],
                },
            ],
        }
    ]


def test_timeline_shows_order_older_than_the_plugin():
    factories.activate()
    order = factories.make_order()
    factories.fulfill(order, tracking_number="1Z999")

    data = Api(factories.make_staff()).post(
        "query ($token: UUID!) { orderByToken(token: $token) "
        "{ timeline { status shipments { trackingNumber } } } }",
        token=factories.public_token(order),
    )

    assert data["orderByToken"]["timeline"] == {
        "status": "PENDING",
        "shipments": [{"trackingNumber": "1Z999"}],
    }


PAGE = """{ orders(first: 50) { edges { node {
  timeline { status shipments { events { code } lines { quantity } } entries { title } }
  returnOptions { quantity }
  returnRequests { lines { quantity } transitions { after } refunds { state } }
} } } }"""


def test_number_of_queries_is_the_same_when_page_has_more_orders():
    factories.activate()
    staff = Api(factories.make_staff())

    def queries_with(orders):
        for _ in range(orders):
            factories.ask(factories.delivered_order(lines={"Kettle": 1, "Cup": 2}))
        factories.commit()
        with CaptureQueriesContext(connection) as captured:
            page = staff.post(PAGE)["orders"]["edges"]
        return len(page), len(captured)

    queries_with(1)
    few, many = queries_with(1), queries_with(4)

    assert (few[0], many[0]) == (2, 6)
    assert few[1] == many[1]


# The guest's link


BY_LINK = "query ($t: String!) { orderTimeline(accessToken: $t) { number status language } }"


def test_guest_sees_timeline_by_link(annas_order):
    data = Api().post(BY_LINK, t=factories.token_of(annas_order))

    assert data["orderTimeline"] == {
        "number": factories.host_order(annas_order).number,
        "status": "DELIVERED",
        "language": "en",
    }


def _revoked(order):
    token = factories.token_of(order)
    revoke_links(str(order.pk))
    return token


INVALID = ("INVALID_TOKEN", "This link is not valid.")


@pytest.mark.parametrize(
    ("make_token", "error"),
    [
        (lambda order: "", INVALID),
        (lambda order: "nonsense", INVALID),
        (lambda order: "a\x00b", INVALID),
        (lambda order: "x" * 100_000, INVALID),
        (lambda order: factories.token_of(order)[:-1], INVALID),
        (lambda order: "x" + factories.token_of(order), INVALID),
        (lambda order: global_id("Order", order.pk), INVALID),
        (_revoked, INVALID),
        (factories.expired_token, ("EXPIRED_TOKEN", "This link has expired.")),
    ],
)
def test_guest_is_told_when_link_does_not_hold(annas_order, make_token, error):
    answer = Api().post_raw(BY_LINK, t=make_token(annas_order))

    (shown,) = answer["errors"]
    assert answer["data"] == {"orderTimeline": None}
    assert (shown["extensions"]["exception"]["code"], shown["message"]) == error


def test_link_shows_nothing_when_plugin_is_inactive(annas_order):
    token = factories.token_of(annas_order)
    factories.activate(active=False)

    assert Api().post(BY_LINK, t=token) == {"orderTimeline": None}


WISH_LINK = """mutation ($number: String!, $email: String!) {
  orderAccessRequest(number: $number, email: $email) {
    accepted errors { field message code }
  }
}"""


def wish_link(number, email, api=None):
    """The payload of ``orderAccessRequest``."""
    return (api or Api()).post(WISH_LINK, number=number, email=email)["orderAccessRequest"]


def test_link_is_mailed_to_whoever_knows_number_and_mailbox(annas_order, mailbox):
    number = factories.host_order(annas_order).number
    mailbox.clear()

    payload = wish_link(f" {number} ", "Anna@Example.com ")

    assert payload == {"accepted": True, "errors": []}
    assert [message.to for message in mailbox] == [["anna@example.com"]]


@pytest.mark.parametrize(
    ("number", "email"),
    [(None, "eve@example.com"), ("999999", "anna@example.com"), ("R-1", "anna@example.com")],
)
def test_link_request_answers_the_same_when_nothing_fits(annas_order, mailbox, number, email):
    number = number or factories.host_order(annas_order).number
    mailbox.clear()

    payload = wish_link(number, email)

    assert payload == {"accepted": True, "errors": []}
    assert mailbox == []
    assert not OutboxMail.objects.filter(key="order.link").exists()


@pytest.mark.parametrize(
    ("number", "email", "error"),
    [
        ("", "anna@example.com", ("number", "Write the order's number.", "INVALID")),
        ("1" * 37, "anna@example.com", ("number", "Write the order's number.", "INVALID")),
        ("1\x00", "anna@example.com", ("number", "Write the order's number.", "INVALID")),
        ("1", "anna", ("email", "Write a mail address.", "INVALID")),
        ("1", "", ("email", "Write a mail address.", "INVALID")),
        ("1", "x" * 100_000 + "@example.com", ("email", "Write a mail address.", "INVALID")),
        ("1", "a\x00@example.com", ("email", "Write a mail address.", "INVALID")),
    ],
)
def test_link_request_is_refused_when_input_is_bad(number, email, error):
    with nothing_changed():
        payload = wish_link(number, email)

    field, message, code = error
    assert payload["errors"] == [{"field": field, "message": message, "code": code}]
    assert payload["accepted"] is None


TOO_MANY = [
    {"field": None, "message": "Too many requests. Try again later.", "code": "RATE_LIMITED"}
]


def test_link_request_is_refused_when_mailbox_is_asked_too_often():
    for _ in range(5):
        assert wish_link("1", "anna@example.com")["errors"] == []

    assert wish_link("1", "ANNA@example.com")["errors"] == TOO_MANY
    assert wish_link("1", "boris@example.com")["errors"] == []


def test_link_request_is_refused_when_address_asks_too_often():
    for number in range(30):
        assert wish_link("1", f"guest{number}@example.com")["errors"] == []

    assert wish_link("1", "anna@example.com")["errors"] == TOO_MANY


# Carrier news


RECORD = """mutation ($input: ShipmentEventsRecordInput!) {
  shipmentEventsRecord(input: $input) {
    shipment { fulfillmentId status trackingNumber carrier estimate { latest } events { code } }
    recorded repeated
    errors { field message code }
  }
}"""


def news(**change):
    """One scan of parcel 1Z999."""
    event = {"occurredAt": "2026-06-01T14:00:00+02:00", "status": "IN_TRANSIT", "code": "DEP"}
    event.update(change.pop("event", {}))
    return {"trackingNumber": "1Z999", "events": [event], **change}


def record(api, given):
    """The payload of ``shipmentEventsRecord``."""
    return api.post(RECORD, input=given)["shipmentEventsRecord"]


@pytest.mark.parametrize("person", ["staff", "app"])
def test_news_is_recorded_once(shipped, person):
    api = SEEING[person](shipped)
    given = news(
        carrier=" UPS ",
        trackingNumber="1z 999",
        estimatedDelivery={"latest": "2026-06-03T18:00:00+02:00"},
    )

    first, second = record(api, given), record(api, given)

    parcel = Shipment.objects.get()
    assert first == {
        "shipment": {
            "fulfillmentId": global_id("Fulfillment", parcel.fulfillment_ref),
            "status": "IN_TRANSIT",
            "trackingNumber": "1Z999",
            "carrier": "ups",
            "estimate": {"latest": "2026-06-03T16:00:00+00:00"},
            "events": [{"code": "DEP"}, {"code": "PICKED_UP"}],
        },
        "recorded": 1,
        "repeated": 0,
        "errors": [],
    }
    assert (second["recorded"], second["repeated"]) == (0, 1)
    assert TrackingEvent.objects.count() == 2


def test_news_finds_parcel_made_a_moment_ago():
    factories.activate()
    fulfillment = factories.fulfill(factories.make_order(), tracking_number="")
    given = news(fulfillmentId=global_id("Fulfillment", fulfillment.pk))
    del given["trackingNumber"]

    payload = record(Api(factories.make_staff()), given)

    assert (payload["recorded"], payload["errors"]) == (1, [])


@pytest.mark.parametrize("person", ["owner", *BLIND])
def test_news_is_refused_when_permission_is_missing(person):
    factories.activate()
    order = factories.make_order(user=factories.make_customer())
    factories.scan(factories.fulfill(order, tracking_number="1Z999"), ShipmentStatus.PICKED_UP)
    api = Api(order.user) if person == "owner" else BLIND[person](order)

    with nothing_changed():
        payload = record(api, news())

    (error,) = payload["errors"]
    if person == "staff of another channel":
        assert error == {
            "field": "trackingNumber",
            "message": "No parcel fits.",
            "code": "NOT_FOUND",
        }
    else:
        message = "This needs the permission MANAGE_ORDERS."
        assert error == {"field": None, "message": message, "code": "PERMISSION_DENIED"}


def test_news_is_refused_when_plugin_is_inactive(shipped):
    factories.activate(active=False)

    with nothing_changed():
        payload = record(Api(factories.make_staff()), news())

    assert [error["code"] for error in payload["errors"]] == ["PLUGIN_INACTIVE"]


def shipment_id(row):
    return global_id("Shipment", row.pk)


def second_parcel(fulfillment_ref):
    """A further parcel of a fulfillment, without news."""
    wish = parcels.WishedParcel(tracking_number="2Z")
    return parcels.add_parcel(fulfillment_ref, wish, NOON)


@pytest.mark.parametrize("also", [(), ("number",), ("fulfillment",), ("number", "fulfillment")])
def test_news_is_recorded_on_the_parcel_whose_id_is_given(shipped, also):
    first = Shipment.objects.get()
    second = second_parcel(first.fulfillment_ref)
    given = news(shipmentId=shipment_id(second), trackingNumber=None)
    if "number" in also:
        given["trackingNumber"] = "2 z"
    if "fulfillment" in also:
        given["fulfillmentId"] = global_id("Fulfillment", first.fulfillment_ref)

    payload = record(Api(factories.make_staff()), given)

    assert (payload["recorded"], payload["errors"]) == (1, [])
    assert TrackingEvent.objects.get(raw_code="DEP").shipment == second


def test_news_is_recorded_on_a_parcel_without_number_when_its_id_is_given():
    factories.activate()
    for _ in range(2):
        factories.keep(factories.fulfill(factories.make_order(), tracking_number="").order)
    meant = Shipment.objects.order_by("pk").last()

    payload = record(
        Api(factories.make_staff()), news(shipmentId=shipment_id(meant), trackingNumber=None)
    )

    assert (payload["recorded"], payload["errors"]) == (1, [])
    assert TrackingEvent.objects.get().shipment == meant


def test_news_is_refused_when_names_of_the_parcel_disagree(shipped):
    first = Shipment.objects.get()
    other = factories.keep(factories.fulfill(factories.make_order(), tracking_number="3Z").order)
    other_fulfillment = global_id("Fulfillment", other.shipments.get().fulfillment_ref)
    wrong = {
        "trackingNumber": ({"trackingNumber": "3Z"}, "The shipment has another number."),
        "fulfillmentId": (
            {"fulfillmentId": other_fulfillment},
            "The shipment is of another fulfillment.",
        ),
    }

    for field, (change, message) in wrong.items():
        with nothing_changed():
            payload = record(
                Api(factories.make_staff()), news(shipmentId=shipment_id(first), **change)
            )
        assert payload["errors"] == [{"field": field, "message": message, "code": "INVALID"}]


@pytest.mark.parametrize("number", [None, "", " ", "- -"])
def test_news_is_refused_when_no_parcel_is_named(shipped, number):
    # One without a number isn't meant by no number.
    factories.keep(factories.fulfill(factories.make_order(), tracking_number="").order)

    with nothing_changed():
        payload = record(Api(factories.make_staff()), news(trackingNumber=number))

    assert payload["errors"] == [
        {
            "field": "shipmentId",
            "message": "Name the parcel by shipmentId, fulfillmentId or trackingNumber.",
            "code": "REQUIRED",
        }
    ]


@pytest.mark.parametrize("person", ["owner", *BLIND])
def test_news_by_id_is_refused_when_permission_is_missing(person):
    factories.activate()
    order = factories.make_order(user=factories.make_customer())
    factories.scan(factories.fulfill(order, tracking_number="1Z999"), ShipmentStatus.PICKED_UP)
    api = Api(order.user) if person == "owner" else BLIND[person](order)

    with nothing_changed():
        payload = record(api, news(shipmentId=shipment_id(Shipment.objects.get())))

    found = [(error["field"], error["message"], error["code"]) for error in payload["errors"]]
    if person == "staff of another channel":
        assert found == [("shipmentId", "There is no such shipment.", "NOT_FOUND")]
    else:
        message = "This needs the permission MANAGE_ORDERS."
        assert found == [(None, message, "PERMISSION_DENIED")]


NO_PARCEL = "No parcel fits."
BAD_NEWS = {
    "unknown number": (
        {"trackingNumber": "2Z"},
        ("trackingNumber", NO_PARCEL, "NOT_FOUND"),
    ),
    "unknown shipment": (
        {"shipmentId": global_id("Shipment", 999999)},
        ("shipmentId", "There is no such shipment.", "NOT_FOUND"),
    ),
    "another kind of shipment": (
        {"shipmentId": global_id("Fulfillment", 1)},
        ("shipmentId", "There is no such shipment.", "NOT_FOUND"),
    ),
    "huge shipment key": (
        {"shipmentId": global_id("Shipment", "9" * 19)},
        ("shipmentId", "There is no such shipment.", "NOT_FOUND"),
    ),
    "unknown fulfillment": (
        {"fulfillmentId": global_id("Fulfillment", 999999)},
        ("fulfillmentId", NO_PARCEL, "NOT_FOUND"),
    ),
    "huge fulfillment key": (
        {"fulfillmentId": global_id("Fulfillment", "9" * 36)},
        ("fulfillmentId", NO_PARCEL, "NOT_FOUND"),
    ),
    "another kind of id": (
        {"fulfillmentId": global_id("Order", 1)},
        ("fulfillmentId", NO_PARCEL, "NOT_FOUND"),
    ),
    "NUL in number": (
        {"trackingNumber": "1Z\x00"},
        ("trackingNumber", "Use up to 255 characters.", "INVALID"),
    ),
    "long number": (
        {"trackingNumber": "1" * 256},
        ("trackingNumber", "Use up to 255 characters.", "INVALID"),
    ),
    "no events": ({"events": []}, ("events", "Send 1 to 100 events.", "INVALID")),
    "too many events": (
        {"events": news()["events"] * 101},
        ("events", "Send 1 to 100 events.", "INVALID"),
    ),
    "long carrier": ({"carrier": "x" * 65}, ("carrier", "Use up to 64 characters.", "INVALID")),
    "100 kB of text": (
        {"event": {"description": "x" * 100_000}},
        ("description", "Use up to 1024 characters.", "INVALID"),
    ),
    "long code": (
        {"event": {"code": "x" * 129}},
        ("code", "Use up to 128 characters.", "INVALID"),
    ),
    "NUL in place": (
        {"event": {"location": "\x00"}},
        ("location", "Use up to 255 characters.", "INVALID"),
    ),
    "last century": (
        {"event": {"occurredAt": "1999-12-31T00:00:00+00:00"}},
        ("occurredAt", "Write a time of this century with its offset.", "INVALID"),
    ),
    "promise out of time": (
        {"estimatedDelivery": {"latest": "2100-01-01T00:00:00+00:00"}},
        ("latest", "Write a time of this century with its offset.", "INVALID"),
    ),
    "time without offset": (
        {"event": {"occurredAt": "2026-06-01T14:00:00"}},
        ("occurredAt", "Write a time of this century with its offset.", "INVALID"),
    ),
}


@pytest.mark.parametrize("name", list(BAD_NEWS))
def test_news_is_refused_when_input_is_bad(shipped, name):
    change, expected = BAD_NEWS[name]

    with nothing_changed():
        payload = record(Api(factories.make_staff()), news(**dict(change)))

    (error,) = payload["errors"]
    assert (error["field"], error["message"], error["code"]) == expected


def test_news_is_refused_when_number_is_shared(shipped):
    factories.keep(factories.fulfill(factories.make_order(), tracking_number="1Z999").order)

    with nothing_changed():
        payload = record(Api(factories.make_staff()), news())

    (error,) = payload["errors"]
    assert error == {
        "field": "trackingNumber",
        "message": "Several parcels have this number: name the fulfillment.",
        "code": "NOT_FOUND",
    }


def test_refused_news_leaves_no_trace_of_a_parcel_made_a_moment_ago():
    factories.activate()
    fulfillment = factories.fulfill(factories.make_order())
    given = news(fulfillmentId=global_id("Fulfillment", fulfillment.pk), carrier="x" * 65)
    given["trackingNumber"] = None

    with nothing_changed():
        payload = record(Api(factories.make_staff()), given)

    assert [error["field"] for error in payload["errors"]] == ["carrier"]
