"""Parcels through the shop's API: staff's list and changes, the customer's statement."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from saleor_aftersale.tracking import parcels
from saleor_aftersale.tracking.models import ParcelStatement, Shipment, TrackingEvent
from saleor_aftersale.tracking.statements import state_not_received
from saleor_aftersale.tracking.statuses import ShipmentStatus
from tests import factories
from tests.factories import CUSTOMER, IS_3, NOON, Api, global_id, nothing_changed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

S = ShipmentStatus
NO_PERMISSION = {
    "field": None,
    "message": "This needs the permission MANAGE_ORDERS.",
    "code": "PERMISSION_DENIED",
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
    PEOPLE["staff of the channel"] = lambda order: Api(
        factories.make_staff(only_channel=factories.CHANNEL)
    )
    PEOPLE["staff of another channel"] = lambda order: Api(
        factories.make_staff(only_channel="other")
    )
    WORKERS.append("staff of the channel")
IDLERS = [person for person in PEOPLE if person not in WORKERS]


@pytest.fixture
def fulfillment():
    """Two kettles of Anna's, delivered by a carrier nobody knows."""
    factories.activate()
    order = factories.make_order(lines={"Kettle": 2}, user=factories.make_customer())
    made = factories.fulfill(order, tracking_number="123456789012")
    factories.scan(made, S.IN_TRANSIT, NOON)
    factories.scan(made, S.DELIVERED, NOON + timedelta(hours=1), location="Łódź")
    factories.commit()
    return made


@pytest.fixture
def further(fulfillment):
    """A further parcel with one of the kettles."""
    pieces = {str(fulfillment.order.lines.get().pk): 1}
    wish = parcels.WishedParcel("2Z", None, pieces)
    parcel = parcels.add_parcel(str(fulfillment.pk), wish, NOON)
    factories.commit()
    return parcel


def id_of(parcel):
    return global_id("Shipment", parcel.pk)


def first_of(fulfillment):
    return Shipment.objects.get(fulfillment_ref=str(fulfillment.pk), position=0)


# Mutations of staff


ANSWER = """{
  shipment {
    id trackingNumber carrier status isCarrierSet orderNumber
    lines { orderLineId quantity } events { status isCorrection }
  }
  errors { field message code }
}"""
CREATE = f"""mutation (
  $id: ID!, $number: String!, $carrier: String, $lines: [ShipmentLineInput!]
) {{
  shipmentCreate(fulfillmentId: $id, trackingNumber: $number, carrier: $carrier, lines: $lines)
  {ANSWER}
}}"""
UPDATE = f"""mutation ($id: ID!, $number: String, $carrier: String, $lines: [ShipmentLineInput!]) {{
  shipmentUpdate(id: $id, trackingNumber: $number, carrier: $carrier, lines: $lines) {ANSWER}
}}"""
DELETE = "mutation ($id: ID!) { shipmentDelete(id: $id) { errors { field message code } } }"
CORRECT_EVENT = f"""mutation (
  $id: ID!, $status: ShipmentStatusEnum!, $at: DateTime, $why: String!
) {{
  shipmentEventCorrect(eventId: $id, status: $status, occurredAt: $at, reason: $why) {ANSWER}
}}"""
CORRECT_STATUS = f"""mutation (
  $id: ID!, $status: ShipmentStatusEnum!, $at: DateTime, $why: String!
) {{
  shipmentStatusCorrect(id: $id, status: $status, occurredAt: $at, reason: $why) {ANSWER}
}}"""


def event_id(status=S.DELIVERED):
    row = TrackingEvent.objects.get(status=status.value)
    return global_id("ShipmentRecordedEvent", row.pk)


def line_of(fulfillment, quantity=1):
    line = fulfillment.order.lines.get()
    return {"orderLineId": global_id("OrderLine", line.pk), "quantity": quantity}


#: Query, and its variables for the further parcel.
CALLS = {
    "create": (
        CREATE,
        lambda parcel: {"id": global_id("Fulfillment", parcel.fulfillment_ref), "number": "3Z"},
    ),
    "update": (UPDATE, lambda parcel: {"id": id_of(parcel), "number": "3Z"}),
    "delete": (DELETE, lambda parcel: {"id": id_of(parcel)}),
    "correct event": (
        CORRECT_EVENT,
        lambda parcel: {"id": event_id(), "status": "LOST", "why": "Wrong"},
    ),
    "correct status": (
        CORRECT_STATUS,
        lambda parcel: {"id": id_of(parcel), "status": "LOST", "why": "Wrong"},
    ),
}


def call(api, query, **variables):
    """The payload of a mutation."""
    (payload,) = api.post(query, **variables).values()
    return payload


@pytest.mark.parametrize("name", list(CALLS))
@pytest.mark.parametrize("person", WORKERS)
def test_staff_and_apps_change_parcels(fulfillment, further, person, name):
    query, variables = CALLS[name]

    payload = call(PEOPLE[person](fulfillment.order), query, **variables(further))

    assert payload["errors"] == []
    numbers = Shipment.objects.order_by("position").values_list("tracking_number", "status")
    assert (
        list(numbers)
        == {
            "create": [("123456789012", "DELIVERED"), ("2Z", "PENDING"), ("3Z", "PENDING")],
            "update": [("123456789012", "DELIVERED"), ("3Z", "PENDING")],
            "delete": [("123456789012", "DELIVERED")],
            "correct event": [("123456789012", "LOST"), ("2Z", "PENDING")],
            "correct status": [("123456789012", "DELIVERED"), ("2Z", "LOST")],
        }[name]
    )


NOT_THERE = {
    "create": ("fulfillmentId", "There is no such fulfillment."),
    "update": ("id", "There is no such shipment."),
    "delete": ("id", "There is no such shipment."),
    "correct event": ("eventId", "There is no such event."),
    "correct status": ("id", "There is no such shipment."),
}


@pytest.mark.parametrize("name", list(CALLS))
@pytest.mark.parametrize("person", IDLERS)
def test_everybody_else_changes_nothing(fulfillment, further, person, name):
    query, variables = CALLS[name]
    api = PEOPLE[person](fulfillment.order)

    with nothing_changed():
        payload = call(api, query, **variables(further))

    field, message = NOT_THERE[name]
    not_there = {"field": field, "message": message, "code": "NOT_FOUND"}
    expected = not_there if person == "staff of another channel" else NO_PERMISSION
    assert payload["errors"] == [expected]


@pytest.mark.parametrize("name", list(CALLS))
@pytest.mark.parametrize("key", ["999999", "9" * 30, "nonsense"])
def test_what_is_not_there_is_not_found(fulfillment, name, key):
    query, variables = CALLS[name]
    given = variables(first_of(fulfillment))
    kind = {"create": "Fulfillment", "correct event": "ShipmentRecordedEvent"}.get(name, "Shipment")
    given["id"] = global_id(kind, key)

    with nothing_changed():
        payload = call(Api(factories.make_staff()), query, **given)

    assert [error["code"] for error in payload["errors"]] == ["NOT_FOUND"]


@pytest.mark.parametrize("name", list(CALLS))
def test_nothing_is_changed_when_plugin_is_inactive(fulfillment, further, name):
    query, variables = CALLS[name]
    factories.activate(active=False)

    with nothing_changed():
        payload = call(Api(factories.make_staff()), query, **variables(further))

    assert [error["code"] for error in payload["errors"]] == ["PLUGIN_INACTIVE"]


def test_created_parcel_is_given_back(fulfillment):
    given = {"number": "3z 1", "carrier": " Own_Van ", "lines": [line_of(fulfillment)]}
    fulfillment_id = global_id("Fulfillment", fulfillment.pk)

    payload = call(Api(factories.make_staff()), CREATE, id=fulfillment_id, **given)

    assert payload["shipment"] == {
        "id": id_of(Shipment.objects.get(position=1)),
        "trackingNumber": "3Z1",
        "carrier": "own_van",
        "status": "PENDING",
        "isCarrierSet": True,
        "orderNumber": factories.host_order(fulfillment.order).number,
        "lines": [line_of(fulfillment)],
        "events": [],
    }


def test_parcel_is_created_for_a_fulfillment_made_a_moment_ago():
    factories.activate()
    fulfillment = factories.fulfill(factories.make_order())
    fulfillment_id = global_id("Fulfillment", fulfillment.pk)

    payload = call(Api(factories.make_staff()), CREATE, id=fulfillment_id, number="2Z")

    assert payload["errors"] == []
    assert list(Shipment.objects.order_by("position").values_list("position", flat=True)) == [0, 1]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"lines": 2}, ("lines", "Only 1 of these are in no other parcel.", "QUANTITY_EXCEEDED")),
        ({"lines": [1, 1]}, ("lines", "A line may be named once.", "DUPLICATED")),
        ({"lines": 0}, ("lines", "Send at least one piece of a line.", "INVALID")),
        ({"lines": "Order"}, ("lines", "This is no id of a OrderLine.", "NOT_FOUND")),
        ({"carrier": "x" * 65}, ("carrier", "Use up to 64 characters.", "INVALID")),
        ({"number": "\x00"}, ("trackingNumber", "Use up to 255 characters.", "INVALID")),
        (
            {"number": "2-z"},
            ("trackingNumber", "Another parcel of this fulfillment has this number.", "DUPLICATED"),
        ),
    ],
)
def test_parcel_is_refused_when_input_is_bad(fulfillment, further, change, error):
    given = {"number": "3Z", **change}
    wished = given.get("lines")
    if isinstance(wished, int):
        given["lines"] = [line_of(fulfillment, wished)]
    elif wished == "Order":
        given["lines"] = [{"orderLineId": global_id("Order", 1), "quantity": 1}]
    elif wished:
        given["lines"] = [line_of(fulfillment, quantity) for quantity in wished]

    with nothing_changed():
        fulfillment_id = global_id("Fulfillment", fulfillment.pk)
        payload = call(Api(factories.make_staff()), CREATE, id=fulfillment_id, **given)

    field, message, code = error
    assert payload == {
        "shipment": None,
        "errors": [{"field": field, "message": message, "code": code}],
    }


def test_first_parcels_number_is_left_to_saleor(fulfillment):
    first = id_of(first_of(fulfillment))

    with nothing_changed():
        payload = call(Api(factories.make_staff()), UPDATE, id=first, number="3Z")

    (error,) = payload["errors"]
    assert error == {
        "field": "trackingNumber",
        "message": "This parcel's number is Saleor's own field: "
        "change it with orderFulfillmentUpdateTracking.",
        "code": "INVALID",
    }


@pytest.mark.parametrize("query", [CORRECT_EVENT, CORRECT_STATUS])
@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"why": " "}, ("reason", "Write why.", "REQUIRED")),
        ({"why": "\x00"}, ("reason", "Use up to 1024 characters.", "INVALID")),
        (
            {"at": "2099-01-01T00:00:00+00:00"},
            ("occurredAt", "This moment is still to come.", "INVALID"),
        ),
    ],
)
def test_correction_is_refused_when_input_is_bad(fulfillment, query, change, error):
    key = event_id() if query is CORRECT_EVENT else id_of(first_of(fulfillment))

    with nothing_changed():
        given = {"id": key, "status": "LOST", "why": "Wrong", **change}
        payload = call(Api(factories.make_staff()), query, **given)

    field, message, code = error
    assert payload["errors"] == [{"field": field, "message": message, "code": code}]


# Who sees what of a parcel


BY_TOKEN = """query ($token: UUID!) { orderByToken(token: $token) {
  timeline { shipments { ...Parts } } fulfillments { shipments { ...Parts } }
} }
fragment Parts on Shipment {
  trackingNumber events { status }
  orderId orderNumber channel isCarrierSet carrierCandidates { carrier isVerified }
  allEvents { status author note correctedBy location }
  notReceived { comment statedBy }
}"""
HIDDEN = {
    "orderId": None,
    "orderNumber": None,
    "channel": None,
    "isCarrierSet": None,
    "carrierCandidates": None,
    "allEvents": None,
}


@pytest.fixture
def corrected(fulfillment):
    """The delivery was a mistake, and Anna says so too."""
    api = Api(factories.make_admin())
    call(api, CORRECT_EVENT, id=event_id(), status="IN_TRANSIT", why="Wrong door")
    state_not_received(first_of(fulfillment).pk, CUSTOMER, "Nobody rang.", NOON)
    factories.commit()
    return fulfillment


@pytest.mark.parametrize("person", [*WORKERS, *IDLERS])
def test_originals_authors_and_notes_are_for_staff(corrected, person):
    order = corrected.order
    token = factories.public_token(order)

    seen = PEOPLE[person](order).post(BY_TOKEN, token=token)["orderByToken"]

    if person not in ("owner", *WORKERS):
        assert seen == {"timeline": None, "fulfillments": [{"shipments": None}]}
        return
    shown = {
        "trackingNumber": "123456789012",
        "events": [{"status": "IN_TRANSIT"}, {"status": "IN_TRANSIT"}],
        "notReceived": {"comment": "Nobody rang.", "statedBy": None},
        **HIDDEN,
    }
    if person in WORKERS:
        made = TrackingEvent.objects.get(provider="staff")
        told = {"author": "", "note": "", "correctedBy": None, "location": ""}
        shown.update(
            orderId=global_id("Order", order.pk),
            orderNumber=factories.host_order(order).number,
            channel=factories.CHANNEL,
            isCarrierSet=False,
            carrierCandidates=[
                {"carrier": "fedex", "isVerified": True},
                {"carrier": "gls", "isVerified": False},
            ],
            allEvents=[
                {
                    "status": "IN_TRANSIT",
                    "author": made.author,
                    "note": "Wrong door",
                    "correctedBy": None,
                    "location": "Łódź",
                },
                {
                    **told,
                    "status": "DELIVERED",
                    "location": "Łódź",
                    "correctedBy": global_id("ShipmentRecordedEvent", made.pk),
                },
                {**told, "status": "IN_TRANSIT"},
            ],
            notReceived={"comment": "Nobody rang.", "statedBy": "anna@example.com"},
        )
    assert seen == {
        "timeline": {"shipments": [shown]},
        "fulfillments": [{"shipments": [shown]}],
    }


def test_guest_by_link_sees_no_more_than_the_customer(corrected):
    query = """query ($token: String!) { orderTimeline(accessToken: $token) { shipments {
      id orderId orderNumber channel isCarrierSet
      carrierCandidates { carrier } allEvents { note } notReceived { comment statedBy }
    } } }"""

    data = Api().post(query, token=factories.token_of(corrected.order))

    assert data["orderTimeline"]["shipments"] == [
        {
            "id": id_of(first_of(corrected)),
            "notReceived": {"comment": "Nobody rang.", "statedBy": None},
            **HIDDEN,
        }
    ]


def test_candidates_are_none_once_the_carrier_is_named(fulfillment):
    api = Api(factories.make_staff())
    call(api, UPDATE, id=id_of(first_of(fulfillment)), carrier="gls")

    data = api.post("{ shipments(first: 1) { edges { node { carrierCandidates { carrier } } } } }")

    assert data["shipments"]["edges"] == [{"node": {"carrierCandidates": []}}]


def test_fulfillment_shows_its_own_parcels_only(fulfillment, further):
    other = factories.fulfill(fulfillment.order, {"Kettle": 0}, tracking_number="9Z")
    factories.keep(fulfillment.order)
    query = """query ($token: UUID!) { orderByToken(token: $token) { fulfillments {
      shipments { trackingNumber lines { quantity } }
    } } }"""

    data = Api(fulfillment.order.user).post(query, token=factories.public_token(fulfillment.order))

    assert other.pk
    assert data["orderByToken"]["fulfillments"] == [
        {
            "shipments": [
                {"trackingNumber": "123456789012", "lines": [{"quantity": 1}]},
                {"trackingNumber": "2Z", "lines": [{"quantity": 1}]},
            ]
        },
        {"shipments": [{"trackingNumber": "9Z", "lines": []}]},
    ]


# The list


LIST = """query (
  $filter: ShipmentFilterInput, $sort: ShipmentSortingInput,
  $first: Int, $last: Int, $after: String, $before: String
) {
  shipments(
    filter: $filter, sortBy: $sort, first: $first, last: $last, after: $after, before: $before
  ) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { node {
      trackingNumber status orderNumber channel lines { quantity } events { status }
      allEvents { status note } notReceived { comment }
    } }
  }
}"""


def make_parcel(number, status=S.PICKED_UP, at=NOON, **order):
    made = factories.make_order(**order)
    return factories.scan(factories.fulfill(made, tracking_number=number), status, at)


def numbers(page):
    return [edge["node"]["trackingNumber"] for edge in page["edges"]]


def listed(api=None, **variables):
    api = api or Api(factories.make_staff())
    return api.post(LIST, **{"first": 50, **variables})["shipments"]


@pytest.mark.parametrize("person", WORKERS)
def test_list_is_for_staff_and_apps(fulfillment, person):
    page = listed(PEOPLE[person](fulfillment.order))

    assert page["totalCount"] == 1
    assert [edge["node"] for edge in page["edges"]] == [
        {
            "trackingNumber": "123456789012",
            "status": "DELIVERED",
            "orderNumber": factories.host_order(fulfillment.order).number,
            "channel": factories.CHANNEL,
            "lines": [{"quantity": 2}],
            "events": [{"status": "DELIVERED"}, {"status": "IN_TRANSIT"}],
            "allEvents": [
                {"status": "DELIVERED", "note": ""},
                {"status": "IN_TRANSIT", "note": ""},
            ],
            "notReceived": None,
        }
    ]


@pytest.mark.parametrize("person", IDLERS)
def test_list_is_refused_or_empty_for_everybody_else(fulfillment, person):
    answer = PEOPLE[person](fulfillment.order).post_raw(LIST, first=50)

    if person == "staff of another channel":
        assert (answer["data"]["shipments"]["edges"], "errors" in answer) == ([], False)
        assert answer["data"]["shipments"]["totalCount"] == 0
        return
    (error,) = answer["errors"]
    assert answer["data"] == {"shipments": None}
    assert error["message"] == "This needs the permission MANAGE_ORDERS."
    assert error["extensions"]["exception"]["code"] == "PermissionDenied"


def test_list_holds_an_order_the_shop_no_longer_has():
    factories.activate()
    fulfillment = factories.fulfill(factories.make_order(paid=False))
    factories.keep(fulfillment.order)
    order = fulfillment.order
    fulfillment.delete()
    order.delete()

    assert numbers(listed()) == ["1ZTEST"]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"status": ["DELIVERED"]}, ["D"]),
        ({"stalled": True}, ["S"]),
        ({"late": True}, ["L"]),
        ({"carrier": "gls"}, ["L"]),
        ({"channels": ["nowhere"]}, []),
        ({"deliveredAt": {"gte": NOON.isoformat(), "lte": NOON.isoformat()}}, ["D"]),
        ({"deliveredAt": {"lte": "2026-05-31T00:00:00+00:00"}}, []),
        ({"search": "s"}, ["S"]),
        ({"reportedMissing": True}, ["D"]),
        ({"reportedMissing": False, "stalled": False}, ["L"]),
    ],
)
def test_list_is_narrowed(wanted, expected):
    factories.activate()
    missing = make_parcel("D", S.DELIVERED)
    state_not_received(missing.pk, CUSTOMER, "", NOON)
    Shipment.objects.filter(pk=make_parcel("S").pk).update(stalled_at=NOON)
    Shipment.objects.filter(pk=make_parcel("L").pk).update(late_since=NOON, carrier="gls")

    page = listed(filter=wanted)

    assert numbers(page) == expected
    assert page["totalCount"] == len(expected)


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (None, ["C", "B", "A"]),
        (("CREATED_AT", "ASC"), ["A", "B", "C"]),
        (("DELIVERED_AT", "DESC"), ["A", "C"]),
        (("DELIVERED_AT", "ASC"), ["C", "A"]),
        (("LAST_EVENT_AT", "DESC"), ["B", "A", "C"]),
        (("LAST_EVENT_AT", "ASC"), ["C", "A", "B"]),
    ],
)
def test_list_is_sorted_and_paged(sort, expected):
    factories.activate()
    for hours, (number, status) in (
        (2, ("A", S.DELIVERED)),
        (3, ("B", S.LOST)),
        (1, ("C", S.DELIVERED)),
    ):
        parcel = make_parcel(number, status, NOON + timedelta(hours=hours))
        made_at = NOON + timedelta(hours="ABC".index(number))
        Shipment.objects.filter(pk=parcel.pk).update(created_at=made_at)
    given = {"sort": {"field": sort[0], "direction": sort[1]}} if sort else {}
    api = Api(factories.make_staff())

    pages, after = [], None
    while True:
        page = listed(api, first=1, after=after, **given)
        pages += numbers(page)
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    last = listed(api, first=None, last=2, **given)

    assert pages == expected
    assert numbers(last) == expected[-2:]


@pytest.mark.parametrize(
    "arguments", [{"first": None}, {"last": 1}, {"first": 101}, {"after": "x"}]
)
def test_list_is_refused_when_page_is_not_one(fulfillment, arguments):
    answer = Api(factories.make_staff()).post_raw(LIST, **{"first": 1, **arguments})

    assert answer["data"] == {"shipments": None}
    assert len(answer["errors"]) == 1


def test_number_of_queries_is_the_same_for_2_and_20_parcels():
    factories.activate()
    staff = Api(factories.make_staff())
    orders = []

    def make(count):
        for number in range(count):
            parcel = make_parcel(f"{len(orders)}X{number}")
            state_not_received(parcel.pk, CUSTOMER, "", NOON)
            orders.append(parcel)
        factories.commit()

    def queries():
        with CaptureQueriesContext(connection) as captured:
            page = listed(staff)
        return len(page["edges"]), len(captured)

    make(2)
    queries()
    few = queries()
    make(18)
    many = queries()

    assert (few[0], many[0]) == (2, 20)
    assert few[1] == many[1]


# Not received


REPORT = """mutation ($id: ID!, $token: String, $comment: String) {
  shipmentReportNotReceived(id: $id, accessToken: $token, comment: $comment) {
    shipment { id notReceived { comment } } errors { field message code }
  }
}"""
STATERS = {
    "owner": "anna@example.com",
    "staff": None,
    "app": "Warehouse",
}


@pytest.mark.parametrize("person", list(STATERS))
def test_parcel_is_reported_by_those_it_concerns(fulfillment, person):
    api = PEOPLE[person](fulfillment.order)
    key = id_of(first_of(fulfillment))

    first = call(api, REPORT, id=key, comment="Nobody rang.")
    again = call(api, REPORT, id=key, comment="Really!")

    shown = {"id": key, "notReceived": {"comment": "Nobody rang."}}
    assert first == again == {"shipment": shown, "errors": []}
    stated_by = ParcelStatement.objects.get().stated_by
    assert stated_by == (STATERS[person] or stated_by)


def test_parcel_is_reported_by_a_guest_with_the_link(fulfillment):
    token = factories.token_of(fulfillment.order)

    payload = call(Api(), REPORT, id=id_of(first_of(fulfillment)), token=token)

    assert payload["errors"] == []
    stated = ParcelStatement.objects.get()
    assert (stated.comment, stated.stated_by) == ("", "anna@example.com")


NO_SHIPMENT = {"field": "id", "message": "There is no such shipment.", "code": "NOT_FOUND"}


@pytest.mark.parametrize("person", [person for person in IDLERS if person != "owner"])
@pytest.mark.parametrize("there", [True, False])
def test_report_is_refused_to_everybody_else_as_if_there_were_no_parcel(fulfillment, person, there):
    api = PEOPLE[person](fulfillment.order)
    key = id_of(first_of(fulfillment)) if there else global_id("Shipment", 999999)

    with nothing_changed():
        payload = call(api, REPORT, id=key)

    assert payload == {"shipment": None, "errors": [NO_SHIPMENT]}


def test_report_is_refused_to_a_link_of_another_order(fulfillment):
    other = factories.fulfill(factories.make_order())
    token = factories.token_of(other.order)

    with nothing_changed():
        payload = call(Api(), REPORT, id=id_of(first_of(fulfillment)), token=token)

    assert payload["errors"] == [NO_SHIPMENT]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"comment": "x" * 2001}, ("comment", "Use up to 2000 characters.", "TOO_LONG")),
        ({"comment": "\x00"}, ("comment", "Use up to 2000 characters.", "TOO_LONG")),
        ({"token": "nonsense"}, ("accessToken", "This link is not valid.", "INVALID_TOKEN")),
        ({"id": "nonsense"}, ("id", "There is no such shipment.", "NOT_FOUND")),
    ],
)
def test_report_is_refused_when_input_is_bad(fulfillment, change, error):
    given = {"id": id_of(first_of(fulfillment)), **change}

    with nothing_changed():
        payload = call(Api(fulfillment.order.user), REPORT, **given)

    field, message, code = error
    assert payload["errors"] == [{"field": field, "message": message, "code": code}]


def test_report_is_refused_when_parcel_is_still_in_the_shop():
    factories.activate()
    order = factories.make_order(user=factories.make_customer())
    parcel = factories.scan(factories.fulfill(order), S.INFO_RECEIVED)

    with nothing_changed():
        payload = call(Api(order.user), REPORT, id=id_of(parcel))

    assert [error["code"] for error in payload["errors"]] == ["NOT_SENT_YET"]


def test_report_is_refused_when_plugin_is_inactive(fulfillment):
    factories.activate(active=False)

    with nothing_changed():
        payload = call(Api(fulfillment.order.user), REPORT, id=id_of(first_of(fulfillment)))

    assert [error["code"] for error in payload["errors"]] == ["PLUGIN_INACTIVE"]
