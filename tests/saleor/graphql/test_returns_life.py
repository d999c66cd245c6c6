"""The rest of a request's life through the API: thread, sending, changes, desk, and who may."""

from datetime import timedelta

import pytest
from django.utils import timezone

from saleor_aftersale.returns import actions, messages
from saleor_aftersale.returns.models import ReturnParcel, ReturnRequest
from tests import factories
from tests.factories import IS_3, STAFF, Api, global_id, nothing_changed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

SHOWN = """
  returnRequest {
    state customerNote answerOwedBy assignee
    messages { kind text isFromCustomer author }
    parcels { trackingNumber carrier carrierName trackingUrl }
    lines { quantity reception acceptance }
  }
  errors { field message code }
"""
TOKEN = {"id": "ID!", "accessToken": "String"}
ARGUMENTS = {
    "returnRequestAskForInfo": {"id": "ID!", "question": "String!"},
    "returnRequestProvideInfo": {**TOKEN, "answer": "String!"},
    "returnRequestProvideShipping": {**TOKEN, "trackingNumber": "String!", "carrier": "String"},
    "returnRequestAddMessage": {**TOKEN, "text": "String!"},
    "returnRequestUpdate": {**TOKEN, "input": "ReturnRequestUpdateInput!"},
    "returnRequestReopen": {**TOKEN, "note": "String!"},
    "returnRequestAssign": {"id": "ID!", "staffId": "ID"},
    "returnRequestAddNote": {"id": "ID!", "text": "String!"},
}
VALUES = {
    "returnRequestAskForInfo": {"question": "Which?"},
    "returnRequestProvideInfo": {"answer": "This"},
    "returnRequestProvideShipping": {"trackingNumber": "12345678"},
    "returnRequestAddMessage": {"text": "Hello"},
    "returnRequestUpdate": {"input": {"note": "Changed"}},
    "returnRequestReopen": {"note": "Look again"},
    "returnRequestAssign": {},
    "returnRequestAddNote": {"text": "Careful"},
}
OF_STAFF = ["returnRequestAskForInfo", "returnRequestAssign", "returnRequestAddNote"]
OF_CUSTOMER = [name for name in VALUES if name not in OF_STAFF]


def call(api, name, **variables):
    arguments = ARGUMENTS[name]
    head = ", ".join(f"${argument}: {kind}" for argument, kind in arguments.items())
    body = ", ".join(f"{argument}: ${argument}" for argument in arguments)
    query = f"mutation ({head}) {{ {name}({body}) {{ {SHOWN} }} }}"
    return api.post(query, **{**VALUES[name], **variables})[name]


def done(api, name, **variables):
    payload = call(api, name, **variables)
    assert payload["errors"] == []
    return payload["returnRequest"]


def refused(api, name, **variables):
    with nothing_changed():
        payload = call(api, name, **variables)
    assert payload["returnRequest"] is None
    (error,) = payload["errors"]
    return error["field"], error["message"], error["code"]


@pytest.fixture
def anna():
    return factories.make_customer()


@pytest.fixture
def order(anna):
    factories.activate()
    yesterday = timezone.now() - timedelta(days=1)
    made = factories.delivered_order(yesterday, lines={"Kettle": 2}, user=anna)
    factories.commit()
    return made


@pytest.fixture
def row(order):
    request = factories.ask(order, 2, now=timezone.now())
    factories.commit()
    return request


@pytest.fixture
def key(row):
    return global_id("ReturnRequest", row.pk)


@pytest.fixture
def staff():
    return Api(factories.make_staff())


PEOPLE = {
    "owner": lambda order: (Api(order.user), {}),
    "guest": lambda order: (Api(), {"accessToken": factories.token_of(order)}),
    "staff": lambda order: (Api(factories.make_staff()), {}),
}

STRANGERS = {
    "stranger": lambda: (Api(), {}),
    "other customer": lambda: (Api(factories.make_customer("eve@example.com")), {}),
    "guest of another order": lambda: (Api(), {"accessToken": _foreign_token()}),
    "staff without permission": lambda: (Api(factories.make_staff(manages_orders=False)), {}),
}
if IS_3:
    STRANGERS["staff of another channel"] = lambda: (
        Api(factories.make_staff(only_channel="other")),
        {},
    )


def _foreign_token():
    return factories.token_of(factories.delivered_order(email="eve@example.com"))


@pytest.mark.parametrize("name", OF_CUSTOMER)
@pytest.mark.parametrize("person", list(STRANGERS))
def test_mutation_is_refused_when_request_is_foreign(order, key, name, person):
    api, proof = STRANGERS[person]()

    assert refused(api, name, id=key, **proof) == (
        "id",
        "There is no such return request.",
        "NOT_FOUND",
    )


@pytest.mark.parametrize("name", OF_STAFF)
@pytest.mark.parametrize("person", ["owner", "stranger", "staff without permission"])
def test_staff_mutation_is_refused_when_permission_is_missing(order, key, name, person):
    api, _proof = PEOPLE[person](order) if person == "owner" else STRANGERS[person]()

    error = refused(api, name, id=key)

    assert error == (None, "This needs the permission MANAGE_ORDERS.", "PERMISSION_DENIED")


@pytest.mark.parametrize("name", OF_CUSTOMER)
def test_number_opens_nothing(row, key, name):
    error = refused(Api(), name, id=key, accessToken=row.number)

    assert error == ("accessToken", "This link is not valid.", "INVALID_TOKEN")


@pytest.mark.parametrize("name", list(VALUES))
def test_mutation_is_refused_when_plugin_is_inactive(key, staff, name):
    factories.activate(active=False)

    assert refused(staff, name, id=key)[2] == "PLUGIN_INACTIVE"


@pytest.mark.parametrize("person", ["owner", "guest"])
def test_question_and_answer_go_through_the_thread(order, key, staff, person):
    api, proof = PEOPLE[person](order)

    asked = done(staff, "returnRequestAskForInfo", id=key)
    answered = done(api, "returnRequestProvideInfo", id=key, **proof)

    assert (asked["state"], asked["answerOwedBy"]) == ("NEEDS_INFO", "CUSTOMER")
    assert (answered["state"], answered["answerOwedBy"]) == ("SUBMITTED", "MERCHANT")
    assert answered["messages"] == [
        {"kind": "QUESTION", "text": "Which?", "isFromCustomer": False, "author": None},
        {"kind": "ANSWER", "text": "This", "isFromCustomer": True, "author": None},
    ]


@pytest.mark.parametrize("person", list(PEOPLE))
def test_parcel_is_told_by_customer_guest_or_staff(order, row, key, person):
    actions.approve_return(str(row.pk), STAFF, now=timezone.now())
    api, proof = PEOPLE[person](order)
    number = "1Z999AA10123456784"

    request = done(api, "returnRequestProvideShipping", id=key, trackingNumber=number, **proof)

    (parcel,) = request["parcels"]
    assert request["state"] == "IN_TRANSIT"
    assert (parcel["trackingNumber"], parcel["carrier"]) == (number, "ups")
    assert number in parcel["trackingUrl"]
    assert request["lines"] == [{"quantity": 2, "reception": "EXPECTED", "acceptance": "OPEN"}]
    assert ReturnParcel.objects.get().role == ("customer" if person == "owner" else person)


@pytest.mark.parametrize("person", list(PEOPLE))
def test_notes_and_names_are_for_staff_only(order, row, key, staff, person):
    done(staff, "returnRequestAddNote", id=key)
    done(staff, "returnRequestAddMessage", id=key, text="On it")
    member = factories.make_staff()
    done(staff, "returnRequestAssign", id=key, staffId=global_id("User", member.pk))
    api, proof = PEOPLE[person](order)

    request = done(api, "returnRequestAddMessage", id=key, **proof)

    texts = [message["text"] for message in request["messages"]]
    authors = {message["author"] for message in request["messages"]}
    if person == "staff":
        assert texts == ["Careful", "On it", "Hello"]
        assert request["assignee"] == member.email
    else:
        assert texts == ["On it", "Hello"]
        assert (authors, request["assignee"]) == ({None}, None)


@pytest.mark.parametrize("person", ["owner", "guest"])
def test_customer_changes_lines_and_note(order, key, person):
    api, proof = PEOPLE[person](order)
    line = {"orderLineId": global_id("OrderLine", order.lines.get().pk), "quantity": 1}

    request = done(
        api, "returnRequestUpdate", id=key, input={"lines": [line], "note": "One"}, **proof
    )

    assert [line["quantity"] for line in request["lines"]] == [1]
    assert request["customerNote"] == "One"


def test_declined_request_is_reopened_by_its_customer(order, row, key):
    actions.decline_return(str(row.pk), STAFF, code="EXCEPTION_16_A", now=timezone.now())
    factories.commit()

    request = done(Api(order.user), "returnRequestReopen", id=key)

    assert (request["state"], request["answerOwedBy"]) == ("SUBMITTED", "MERCHANT")


def test_request_is_assigned_and_freed(key, staff):
    member = factories.make_staff()

    given = done(staff, "returnRequestAssign", id=key, staffId=global_id("User", member.pk))
    freed = done(staff, "returnRequestAssign", id=key, staffId=None)

    assert (given["assignee"], freed["assignee"]) == (member.email, None)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: factories.make_customer("eve@example.com"), "NOT_FOUND"),
        (lambda: factories.make_staff(manages_orders=False), "INVALID"),
    ],
)
def test_request_is_not_assigned_to_who_does_not_work_on_it(key, staff, make, code):
    person = make()

    error = refused(staff, "returnRequestAssign", id=key, staffId=global_id("User", person.pk))

    assert (error[0], error[2]) == ("staffId", code)


@pytest.mark.parametrize("staff_id", ["%%%", "VXNlcjp4", global_id("Order", 1)])
def test_request_is_not_assigned_to_what_is_no_user(key, staff, staff_id):
    error = refused(staff, "returnRequestAssign", id=key, staffId=staff_id)

    assert error == ("staffId", "This is no id of a User.", "NOT_FOUND")


BULK = """mutation ($ids: [ID!]!) { %s(ids: $ids) {
  results { id returnRequest { state } errors { field code } } errors { field message code }
} }"""


def bulk(api, name, ids):
    return api.post(BULK % name, ids=ids)[name]


def test_bulk_goes_on_past_what_fails(order, key, staff):
    other = factories.ask(factories.delivered_order(timezone.now()), now=timezone.now())
    actions.approve_return(str(other.pk), STAFF, now=timezone.now())
    factories.commit()
    ids = [global_id("ReturnRequest", other.pk), "%%%", key]

    payload = bulk(staff, "returnRequestBulkApprove", ids)

    failed, unknown, approved = payload["results"]
    assert [failed["id"], unknown["id"], approved["id"]] == ids
    assert failed["errors"] == [{"field": None, "code": "TRANSITION_NOT_ALLOWED"}]
    assert unknown["errors"] == [{"field": "id", "code": "NOT_FOUND"}]
    assert approved == {"id": key, "returnRequest": {"state": "APPROVED"}, "errors": []}
    assert payload["errors"] == []


def test_bulk_receives_what_was_approved(row, key, staff):
    actions.approve_return(str(row.pk), STAFF, now=timezone.now())

    payload = bulk(staff, "returnRequestBulkReceive", [key])

    assert payload["results"][0]["returnRequest"] == {"state": "RECEIVED"}


@pytest.mark.parametrize("name", ["returnRequestBulkApprove", "returnRequestBulkReceive"])
@pytest.mark.parametrize("person", ["owner", "stranger", "staff without permission"])
def test_bulk_is_refused_when_permission_is_missing(order, key, name, person):
    api, _proof = PEOPLE[person](order) if person == "owner" else STRANGERS[person]()

    with nothing_changed():
        payload = bulk(api, name, [key])

    assert payload["results"] is None
    assert [error["code"] for error in payload["errors"]] == ["PERMISSION_DENIED"]


@pytest.mark.parametrize(
    ("ids", "code"), [([], "INVALID"), (["a"] * 101, "INVALID"), (["a", "a"], "DUPLICATED")]
)
def test_bulk_is_refused_when_ids_are_bad(staff, ids, code):
    with nothing_changed():
        payload = bulk(staff, "returnRequestBulkApprove", ids)

    assert [(error["field"], error["code"]) for error in payload["errors"]] == [("ids", code)]


LIST = """query ($filter: ReturnRequestFilterInput, $sortBy: ReturnRequestSortingInput) {
  returnRequests(first: 9, filter: $filter, sortBy: $sortBy) { edges { node { number } } }
}"""


def listed(api, conditions=None, **more):
    page = api.post(LIST, filter=conditions or {}, **more)["returnRequests"]
    return [edge["node"]["number"] for edge in page["edges"]]


@pytest.mark.parametrize(
    ("conditions", "is_found"),
    [
        ({"customer": "Anna@Example.com"}, True),
        ({"customer": "eve@example.com"}, False),
        ({"search": "kett"}, True),
        ({"search": "KETTLE anna"}, True),
        ({"search": "kettle eve"}, False),
        ({"search": "100%"}, False),
        ({"search": "heavy"}, True),
        ({"answerOwedBy": "MERCHANT"}, True),
        ({"answerOwedBy": "CUSTOMER"}, False),
        ({"isAssigned": False}, True),
        ({"isAssigned": True}, False),
        ({"reason": "TOO_LARGE"}, False),
        ({"assignee": global_id("User", 999999)}, False),
    ],
)
def test_list_is_narrowed(order, row, staff, conditions, is_found):
    messages.add_message(str(row.pk), factories.CUSTOMER, text="Hi", now=timezone.now())
    update = {"id": global_id("ReturnRequest", row.pk), "input": {"note": "Too heavy"}}
    done(Api(order.user), "returnRequestUpdate", **update)

    assert listed(staff, conditions) == ([row.number] if is_found else [])


def test_list_shows_the_most_urgent_first(row, staff):
    later = factories.ask(factories.delivered_order(timezone.now()), now=timezone.now())
    now = timezone.now()
    ReturnRequest.objects.filter(pk=row.pk).update(due_at=now + timedelta(days=1))
    ReturnRequest.objects.filter(pk=later.pk).update(due_at=now + timedelta(days=3))
    factories.ask(factories.delivered_order(now), now=now)

    by_due = listed(staff, sortBy={"field": "DUE_AT", "direction": "ASC"})
    soon = listed(staff, {"dueBefore": (now + timedelta(days=2)).isoformat()})

    assert (by_due, soon) == ([row.number, later.number], [row.number])
