"""
What doesn't exist and what is somebody else's: the same answer, after the same work.

Work is counted, not timed: the same queries in the same order take the same time, and a
clock would only measure the machine.
"""

import re
import uuid
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from saleor_aftersale import models
from saleor_aftersale.tracking.actions import revoke_links
from tests import factories
from tests.factories import IS_3, NOON, Api, global_id

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

ACCESS = """
mutation($number: String!, $email: String!) { orderAccessRequest(number: $number, email: $email) {
    accepted errors { field code } } }
"""
WITHDRAW = """
mutation($contract: String!, $email: String!, $channel: String!) { withdrawalDeclare(input: {
    name: "Anna", contract: $contract, email: $email, channel: $channel, language: "en"}) {
    withdrawalStatement { contract email state orderId } errors { field code } } }
"""

#: What customers call with the id of a thing that belongs to an order, with all it needs: one of
#: the thing's kind, then the arguments.
OF_A_REQUEST = {
    "returnRequestAddAttachment": "file: $file",
    "returnRequestAddMessage": 'text: "x"',
    "returnRequestCancel": "",
    "returnRequestDiscard": "",
    "returnRequestProvideInfo": 'answer: "x"',
    "returnRequestProvideShipping": 'trackingNumber: "1ZNEW"',
    "returnRequestReopen": 'note: "x"',
    "returnRequestSubmit": "",
    "returnRequestUpdate": 'input: {note: "x"}',
}
OF_AN_ORDER = {
    "feedbackGive": "orderId: $id, accessToken: $token, score: 5",
    "returnRequestCreate": "input: {orderId: $id, accessToken: $token, "
    'lines: [{orderLineId: "x", quantity: 1}]}',
    "withdrawalDeclare": "input: {orderId: $id, accessToken: $token}",
}
BY_CUSTOMERS = {
    **{
        name: ("ReturnRequest", f"id: $id, accessToken: $token, {rest}")
        for name, rest in OF_A_REQUEST.items()
    },
    **{name: ("Order", arguments) for name, arguments in OF_AN_ORDER.items()},
    "shipmentReportNotReceived": ("Shipment", "id: $id, accessToken: $token"),
}
#: What staff call, likewise.
BY_STAFF = {
    "aftersaleEventDeliveryRetry": ("AftersaleEventDelivery", "id: $id"),
    "feedbackAnswer": ("OrderFeedback", 'id: $id, text: "x"'),
    "feedbackVoucherRetry": ("OrderFeedback", "id: $id"),
    "followUpCancel": ("FollowUp", "id: $id"),
    "followUpResend": ("FollowUp", "id: $id"),
    "followUpSendTest": ("Order", 'orderId: $id, key: "shipment.sent", email: "a@example.com"'),
    "mailSuppressionLift": ("MailSuppression", "id: $id"),
    "returnRequestAddNote": ("ReturnRequest", 'id: $id, text: "x"'),
    "returnRequestApprove": ("ReturnRequest", "id: $id"),
    "returnRequestAskForInfo": ("ReturnRequest", 'id: $id, question: "x"'),
    "returnRequestAssign": ("ReturnRequest", "id: $id"),
    "returnRequestBulkApprove": ("ReturnRequest", "ids: [$id]"),
    "returnRequestBulkReceive": ("ReturnRequest", "ids: [$id]"),
    "returnRequestDecline": ("ReturnRequest", "id: $id, code: NO_DEFECT_FOUND"),
    "returnRequestInspect": ("ReturnRequest", "id: $id, lines: []"),
    "returnRequestReceive": ("ReturnRequest", "id: $id"),
    "returnRequestRefundGiveUp": ("ReturnRequest", 'id: $id, reason: "x"'),
    "returnRequestRefundSettle": ("ReturnRequest", 'id: $id, reference: "x"'),
    "returnRequestRemedySent": ("ReturnRequest", "id: $id"),
    "returnRequestResolve": ("ReturnRequest", "id: $id, resolution: REFUND_ORIGINAL"),
    "returnRequestSetReturnMethod": ("ReturnRequest", "id: $id, method: KEEP_ITEM"),
    "shipmentCreate": ("Fulfillment", 'fulfillmentId: $id, trackingNumber: "1ZNEW"'),
    "shipmentDelete": ("Shipment", "id: $id"),
    "shipmentEventCorrect": (
        "ShipmentRecordedEvent",
        'eventId: $id, status: UNKNOWN, reason: "x"',
    ),
    "shipmentEventsRecord": ("Shipment", "input: {shipmentId: $id, events: []}"),
    "shipmentEventsRecord of a fulfillment": (
        "Fulfillment",
        "input: {fulfillmentId: $id, events: []}",
    ),
    "shipmentStatusCorrect": ("Shipment", 'id: $id, status: LOST, reason: "x"'),
    "shipmentUpdate": ("Shipment", 'id: $id, carrier: "ups"'),
    "withdrawalStatementClose": ("WithdrawalStatement", "id: $id, code: SPAM"),
    "withdrawalStatementMatch": ("WithdrawalStatement", "id: $id, orderId: $id"),
    "withdrawalStatementMatch with an order": ("Order", "id: $own, orderId: $id"),
}
#: Queries with such an id; a missing request is null.
QUERIES = {
    "followUpPreview": ("Order", 'orderId: $id, key: "shipment.sent"'),
    "returnRequest": ("ReturnRequest", "id: $id, accessToken: $token"),
}

NOBODYS = "NOT_FOUND"


def document(name, arguments):
    """A call of one field, with the variables it uses."""
    kinds = {"id": "ID!", "token": "String", "own": "ID!", "file": "Upload!"}
    used = [f"${key}: {kind}" for key, kind in kinds.items() if f"${key}" in arguments]
    field = name.partition(" ")[0]
    if name in QUERIES:
        return f"query({', '.join(used)}) {{ {field}({arguments}) {{ __typename }} }}"
    errors = "errors { field message code }"
    asked = f"results {{ {errors} }} {errors}" if "Bulk" in name else errors
    return f"mutation({', '.join(used)}) {{ {field}({arguments}) {{ {asked} }} }}"


@pytest.fixture(autouse=True)
def nothing_follows(monkeypatch):
    """What waits for the commit happens after the answer: here it doesn't happen at all."""

    def forget():
        connection.run_on_commit = []

    monkeypatch.setattr(factories, "commit", forget)


@pytest.fixture
def theirs():
    """A delivered order of somebody else, with a return request."""
    factories.activate()
    order = factories.delivered_order()
    return order, factories.ask(order)


@pytest.fixture
def keys(theirs):
    """Keys of all that belongs to that order, by kind."""
    order, request = theirs
    record = request.order
    parcel = record.shipments.get()
    return {
        "AftersaleEventDelivery": _delivery().pk,
        "FollowUp": _mail(record).pk,
        "Fulfillment": parcel.fulfillment_ref,
        "MailSuppression": models.Suppression.objects.create(
            mailbox_hash="x", email=record.customer_email, cause="BOUNCE", reported_at=NOON
        ).pk,
        "Order": order.pk,
        "OrderFeedback": models.Feedback.objects.create(
            order=record, score=1, given_at=NOON, changed_at=NOON
        ).pk,
        "ReturnRequest": request.pk,
        "Shipment": parcel.pk,
        "ShipmentRecordedEvent": parcel.events.get().pk,
        "WithdrawalStatement": _statement("1", factories.CHANNEL).pk,
    }


def _delivery():
    return models.EventDelivery.objects.create(
        reference="x",
        event_key="x",
        type="RETURN_SUBMITTED",
        channel=factories.CHANNEL,
        subject_id=1,
        occurred_at=NOON,
        state="FAILED",
        queued_at=NOON,
        created_at=NOON,
    )


def _mail(record):
    return models.OutboxMail.objects.create(
        order=record,
        key="shipment.sent",
        subject_ref="shipment:1",
        language="en",
        to_email=record.customer_email,
        state="QUEUED",
        due_at=NOON + timedelta(days=9999),
        created_at=NOON,
    )


def _statement(number, channel):
    return models.WithdrawalStatement.objects.create(
        reference=f"W-{number}",
        identity_hash=number,
        channel=channel,
        language="en",
        sentence="I withdraw.",
        name="Boris",
        contract="1",
        email="boris@example.com",
        stated_at=NOON,
        came_by="PAGE",
        proof="NONE",
        requester_role="anonymous",
        state="NEEDS_STAFF",
    )


#: Texts, lists and numbers, also those in the names of savepoints and cursors.
_VALUE = re.compile(r"ARRAY\[[^\]]*\]|'[^']*'(::uuid\[\])?|[0-9]+")


def worked(query, api=None, **variables):
    """The answer, and the queries it took with their values left out."""
    cache.clear()
    with CaptureQueriesContext(connection) as captured:
        answer = (api or Api()).post_raw(query, **variables)
    return answer, [_VALUE.sub("?", item["sql"]) for item in captured]


def number_of(order):
    return str(order.number if IS_3 else order.pk)


def ids_of(kind, key):
    """Ids of nothing, of somebody else's, and what is no id at all: none is the caller's."""
    missing = uuid.uuid4() if IS_3 and kind == "Order" else int(key) + 1000
    huge = "9" * 30
    return [*(global_id(kind, each) for each in (missing, key, huge)), "%%%"]


def person(who):
    """Somebody to whom the order isn't, and the token they hold."""
    own = factories.make_order(email="mallory@example.com")
    if who == "guest":
        return Api(), {"token": factories.token_of(own)}
    if who == "holder of an expired link":
        return Api(), {"token": factories.expired_token(own)}
    if who == "holder of a revoked link":
        token = factories.token_of(own)
        revoke_links(str(own.pk))
        return Api(), {"token": token}
    if who == "app":
        return Api(app_token=factories.make_app(manages_orders=False)[1]), {}
    users = {
        "nobody": lambda: None,
        "customer": lambda: factories.make_customer("mallory@example.com"),
        "clerk": lambda: factories.make_staff(manages_orders=False),
        "manager elsewhere": lambda: factories.make_staff(only_channel="other"),
    }
    return Api(users[who]()), {}


def answers_to(query, kind, key, api, **more):
    """What is answered to each of the ids, after what work."""
    ids = ids_of(kind, key)
    # The first call of all warms caches of the shop.
    worked(query, api, id=ids[0], **more)
    with factories.nothing_changed():
        return [worked(query, api, id=each, **more) for each in ids]


def assert_all_alike(answers, code):
    first = answers[0]
    for answer in answers[1:]:
        assert answer == first
    assert f"'{code}'" in str(first[0])


STRANGERS = {
    "nobody": NOBODYS,
    "customer": NOBODYS,
    "guest": NOBODYS,
    "holder of an expired link": "EXPIRED_TOKEN",
    "holder of a revoked link": "INVALID_TOKEN",
    "clerk": NOBODYS,
    "app": NOBODYS,
}
NOT_STAFF = {
    "nobody": "PERMISSION_DENIED",
    "customer": "PERMISSION_DENIED",
    "clerk": "PERMISSION_DENIED",
    "app": "PERMISSION_DENIED",
}
if IS_3:
    # The older Saleor has no channels to be kept to.
    STRANGERS["manager elsewhere"] = NOT_STAFF["manager elsewhere"] = NOBODYS


@pytest.mark.parametrize("name", list(BY_CUSTOMERS))
@pytest.mark.parametrize("who", list(STRANGERS))
def test_thing_of_a_stranger_is_answered_as_one_that_does_not_exist(keys, name, who):
    if who == "guest" and name in OF_AN_ORDER:
        pytest.skip("A link names its order by itself, whatever else is sent.")
    kind, arguments = BY_CUSTOMERS[name]
    api, proof = person(who)
    file = {"file": "0"} if "$file" in arguments else {}

    answers = answers_to(document(name, arguments), kind, keys[kind], api, **proof, **file)

    assert_all_alike(answers, STRANGERS[who])


@pytest.mark.parametrize("name", list(BY_STAFF))
@pytest.mark.parametrize("who", list(NOT_STAFF))
def test_thing_is_answered_as_one_that_does_not_exist_when_staff_may_not(keys, name, who):
    kind, arguments = BY_STAFF[name]
    api, _proof = person(who)
    own = global_id("WithdrawalStatement", _statement("2", "other").pk)

    answers = answers_to(document(name, arguments), kind, keys[kind], api, own=own)

    is_outcome = "Bulk" in name or NOT_STAFF[who] == NOBODYS
    assert_all_alike(answers, NOT_STAFF[who] if is_outcome else "PERMISSION_DENIED")


@pytest.mark.parametrize("who", list(STRANGERS))
def test_request_of_a_stranger_is_null_as_one_that_does_not_exist(keys, who):
    kind, arguments = QUERIES["returnRequest"]
    api, proof = person(who)

    answers = answers_to(document("returnRequest", arguments), kind, keys[kind], api, **proof)

    assert all(answer == answers[0] for answer in answers)
    if STRANGERS[who] == NOBODYS:
        assert answers[0][0]["data"] == {"returnRequest": None}
        assert "errors" not in answers[0][0]
    else:
        assert f"'{STRANGERS[who]}'" in str(answers[0][0])


@pytest.mark.parametrize("who", list(NOT_STAFF))
def test_preview_is_answered_as_for_no_order_when_staff_may_not(keys, who):
    kind, arguments = QUERIES["followUpPreview"]
    api, _proof = person(who)

    answers = answers_to(document("followUpPreview", arguments), kind, keys[kind], api)

    code = "PermissionDenied" if NOT_STAFF[who] == "PERMISSION_DENIED" else NOBODYS
    assert_all_alike(answers, code)


def test_every_mutation_with_an_id_is_looked_at():
    """A new one is to be added here."""
    from saleor_aftersale.graphql.schema import MUTATIONS  # noqa: PLC0415 -- app ready

    without = {
        "mailPreferencesUpdate",
        "mailSuppressionAdd",
        "marketingConsentRecord",
        "orderAccessRequest",
    }

    looked_at = {name.partition(" ")[0] for name in (*BY_CUSTOMERS, *BY_STAFF)} | without

    assert {_camel_case(name) for name in MUTATIONS} == looked_at


def _camel_case(name):
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def test_access_request_is_answered_alike_whether_number_and_mailbox_fit(theirs):
    order, _request = theirs
    fits = (number_of(order), "boris@example.com")
    wrong_mailbox, wrong_number = (fits[0], "boriz@example.com"), ("99999999", fits[1])
    worked(ACCESS, number="1", email="warm@example.com")

    answers = [
        worked(ACCESS, number=number, email=email)
        for number, email in (fits, wrong_mailbox, wrong_number)
    ]

    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0]["data"]["orderAccessRequest"] == {"accepted": True, "errors": []}


def test_withdrawal_of_a_guest_is_answered_alike_whether_the_order_is_known(theirs):
    order, _request = theirs
    words = [(number_of(order), "boris@example.com"), ("99999999", "boris@example.com")]
    words.append((number_of(order), "boriz@example.com"))
    channel = factories.CHANNEL
    worked(WITHDRAW, contract="1", email="warm@example.com", channel=channel)

    answers = []
    for contract, email in words:
        answer, said = worked(WITHDRAW, contract=contract, email=email, channel=channel)
        statement = answer["data"]["withdrawalDeclare"]["withdrawalStatement"]
        assert (statement.pop("contract"), statement.pop("email")) == (contract, email)
        answers.append((answer, said))

    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0]["data"]["withdrawalDeclare"] == {
        "withdrawalStatement": {"state": None, "orderId": None},
        "errors": [],
    }
