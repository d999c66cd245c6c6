"""Return requests through the shop's API: the whole life, and everything that is refused."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from saleor_aftersale.followups.catalogue import marketing_keys
from saleor_aftersale.followups.models import OutboxMail
from saleor_aftersale.returns.models import Refund, ReturnRequest
from saleor_aftersale.tracking.actions import revoke_links
from saleor_aftersale.tracking.models import OrderRecord
from tests import factories, gateway
from tests.factories import IS_3, NOON, Api, global_id, nothing_changed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

REQUEST = """
  returnRequest {
    id number state text orderId orderNumber channel resolution customerNote declineCode declineNote
    lines {
      id orderLineId productName sku basis reason state quantity
      approvedQuantity receivedQuantity acceptedQuantity unitPrice { amount currency }
      grade disposition lostValue inspectionNote
    }
    transitions { action before after role requester reason }
    refunds { amount { amount currency } state error }
    availableActions
  }
  errors { field message code }
"""


def _mutation(name, arguments):
    head = ", ".join(f"${argument}: {kind}" for argument, kind in arguments.items())
    body = ", ".join(f"{argument}: ${argument}" for argument in arguments)
    return f"mutation ({head}) {{ {name}({body}) {{ {REQUEST} }} }}"


_QUANTITIES = {"id": "ID!", "lines": "[ReturnRequestLineQuantityInput!]"}
MUTATIONS = {
    name: _mutation(name, arguments)
    for name, arguments in {
        "returnRequestCreate": {"input": "ReturnRequestCreateInput!"},
        "returnRequestCancel": {"id": "ID!", "accessToken": "String"},
        "returnRequestApprove": _QUANTITIES,
        "returnRequestDecline": {"id": "ID!", "code": "ReturnDeclineCode!", "note": "String"},
        "returnRequestReceive": _QUANTITIES,
        "returnRequestInspect": {"id": "ID!", "lines": "[ReturnRequestInspectLineInput!]!"},
        "returnRequestResolve": {"id": "ID!", "resolution": "ReturnResolution!"},
    }.items()
}


def call(api, name, **variables):
    """The payload of one of our mutations."""
    return api.post(MUTATIONS[name], **variables)[name]


def done(api, name, **variables):
    """The request after a mutation that went well."""
    payload = call(api, name, **variables)
    assert payload["errors"] == []
    return payload["returnRequest"]


def refused(api, name, **variables):
    """The one error of a mutation that changed nothing, as (field, message, code)."""
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
    """Two kettles for 10 euros and delivery for 5, delivered yesterday."""
    factories.activate()
    yesterday = timezone.now() - timedelta(days=1)
    made = factories.delivered_order(yesterday, lines={"Kettle": 2}, user=anna)
    factories.commit()
    return made


@pytest.fixture
def owner(anna):
    return Api(anna)


@pytest.fixture
def staff():
    return Api(factories.make_staff())


def line_id(order):
    return global_id("OrderLine", order.lines.first().pk)


def wish(order, quantity=1, **more):
    """Input of ``returnRequestCreate`` for the order's first line, by its owner."""
    line = {"orderLineId": line_id(order), "quantity": quantity}
    line.update(more.pop("line", {}))
    return {"orderId": global_id("Order", order.pk), "lines": [line], **more}


def asked(order, quantity=2):
    """Global ids of a submitted request and of its only line."""
    request = factories.ask(order, quantity, now=timezone.now())
    factories.commit()
    line = request.lines.get()
    return global_id("ReturnRequest", request.pk), global_id("ReturnRequestLine", line.pk)


def stock_of(order):
    return order.lines.first().variant.stocks.get()


def finding(line, accepted=2, **more):
    return {"lineId": line, "acceptedQuantity": accepted, **more}


def inspect(staff, request, line, accepted=2, **more):
    done(staff, "returnRequestApprove", id=request)
    done(staff, "returnRequestReceive", id=request)
    lines = [finding(line, accepted, **more)]
    return done(staff, "returnRequestInspect", id=request, lines=lines)


def to_shelf(order):
    warehouse = global_id("Warehouse", stock_of(order).warehouse_id)
    return {"disposition": "RESTOCK", "warehouseId": warehouse}


# The whole life


def test_create_gives_request_as_asked_when_owner_asks(owner, order):
    line = {"basis": "WITHDRAWAL", "reason": "CHANGED_MIND"}

    request = done(owner, "returnRequestCreate", input=wish(order, 2, note="Too heavy", line=line))

    row = ReturnRequest.objects.get()
    year = row.submitted_at.year
    assert request == {
        "id": global_id("ReturnRequest", row.pk),
        "number": f"R-{year}-{row.pk:06d}",
        "state": "SUBMITTED",
        "text": "Return requested",
        "orderId": global_id("Order", order.pk),
        "orderNumber": factories.host_order(order).number,
        "channel": factories.CHANNEL,
        "resolution": "REFUND_ORIGINAL",
        "customerNote": "Too heavy",
        "declineCode": "",
        "declineNote": "",
        "lines": [
            {
                "id": global_id("ReturnRequestLine", row.lines.get().pk),
                "orderLineId": line_id(order),
                "productName": "Kettle",
                "sku": order.lines.get().product_sku,
                "basis": "WITHDRAWAL",
                "reason": "CHANGED_MIND",
                "state": "REQUESTED",
                "quantity": 2,
                "approvedQuantity": 0,
                "receivedQuantity": 0,
                "acceptedQuantity": 0,
                "unitPrice": {"amount": 10.0, "currency": "EUR"},
                "grade": "",
                "disposition": "",
                "lostValue": 0.0,
                "inspectionNote": "",
            }
        ],
        "transitions": [
            {
                "action": "SUBMIT",
                "before": "",
                "after": "SUBMITTED",
                "role": "customer",
                "requester": None,
                "reason": None,
            }
        ],
        "refunds": [],
        "availableActions": ["UPDATE", "PROVIDE_SHIPPING", "CANCEL", "ADD_MESSAGE"],
    }


def test_life_ends_with_refund_and_stock_when_all_is_accepted(owner, staff, order, mailbox):
    before = stock_of(order).quantity

    request = done(owner, "returnRequestCreate", input=wish(order, 2))
    key, line = request["id"], request["lines"][0]["id"]
    inspect(staff, key, line, grade="NEW", **to_shelf(order))
    done(staff, "returnRequestResolve", id=key, resolution="REFUND_ORIGINAL")

    row = ReturnRequest.objects.get()
    assert row.state == "COMPLETED"
    assert row.lines.get().state == "RESOLVED"
    assert stock_of(order).quantity == before + 2
    assert [Decimal("25.00")] == gateway.refunds
    assert len(mailbox) == 6
    told = OutboxMail.objects.exclude(key__in=marketing_keys()).order_by("pk")
    assert list(told.values_list("key", "state")) == [
        ("shipment.delivered", "SENT"),
        ("return.received_request", "SENT"),
        ("return.approved", "SENT"),
        ("return.arrived", "SENT"),
        ("return.inspected", "SENT"),
        ("refund.issued", "SENT"),
    ]


def test_history_tells_every_step_when_staff_looks(owner, staff, order):
    request = done(owner, "returnRequestCreate", input=wish(order, 2))
    inspect(staff, request["id"], request["lines"][0]["id"])
    done(staff, "returnRequestResolve", id=request["id"], resolution="REFUND_ORIGINAL")

    seen = staff.post(
        "query ($id: ID!) { returnRequest(id: $id) { transitions { action after role } } }",
        id=request["id"],
    )

    steps = seen["returnRequest"]["transitions"]
    assert [(step["action"], step["after"], step["role"]) for step in steps] == [
        ("SUBMIT", "SUBMITTED", "customer"),
        ("APPROVE", "APPROVED", "staff"),
        ("RECEIVE", "RECEIVED", "staff"),
        ("INSPECT", "INSPECTED", "staff"),
        ("RESOLVE", "RESOLVING", "staff"),
        ("COMPLETE", "COMPLETED", "system"),
    ]


@pytest.mark.skipif(not IS_3, reason="2.10.1 knows no returned orders")
@pytest.mark.parametrize(("accepted", "status"), [(1, "partially_returned"), (2, "returned")])
def test_order_is_returned_when_pieces_came_back(staff, order, accepted, status):
    key, line = asked(order, accepted)
    inspect(staff, key, line, accepted)

    done(staff, "returnRequestResolve", id=key, resolution="REFUND_ORIGINAL")

    order.refresh_from_db()
    assert order.status == status


@pytest.mark.parametrize(
    ("accepted", "disposition", "raised"),
    [(2, "RESTOCK", 2), (1, "RESTOCK", 1), (2, "DESTROY", 0), (2, None, 0)],
)
def test_stock_rises_by_accepted_restock_pieces_only(staff, order, accepted, disposition, raised):
    before = stock_of(order).quantity
    key, line = asked(order)
    inspect(staff, key, line, accepted, **dict(to_shelf(order), disposition=disposition))

    done(staff, "returnRequestResolve", id=key, resolution="REFUND_ORIGINAL")

    assert stock_of(order).quantity == before + raised


@pytest.mark.parametrize(
    ("quantity", "lost_value", "amount"),
    [(2, 0, "25.00"), (1, 0, "10.00"), (1, 0.25, "7.50"), (1, 0.3333, "6.67")],
)
def test_refund_is_what_was_paid_less_lost_value(staff, order, quantity, lost_value, amount):
    key, line = asked(order, quantity)
    inspect(staff, key, line, quantity, lostValue=lost_value, note="Scratched")

    done(staff, "returnRequestResolve", id=key, resolution="REFUND_ORIGINAL")

    assert [Decimal(amount)] == gateway.refunds


def test_request_completes_without_money_when_no_action_is_chosen(staff, order):
    key, line = asked(order)
    inspect(staff, key, line)

    request = done(staff, "returnRequestResolve", id=key, resolution="NO_ACTION")

    assert (request["state"], request["resolution"]) == ("COMPLETED", "NO_ACTION")
    assert gateway.refunds == []
    assert not Refund.objects.exists()


def test_pieces_are_free_again_when_request_is_declined(owner, staff, order):
    key, _line = asked(order)
    done(staff, "returnRequestDecline", id=key, code="EXCEPTION_16_E", note="Seal broken")

    request = done(owner, "returnRequestCreate", input=wish(order, 2))

    assert request["state"] == "SUBMITTED"


def test_decline_tells_code_and_note(staff, order):
    key, _line = asked(order)

    request = done(staff, "returnRequestDecline", id=key, code="EXCEPTION_16_E", note="Seal broken")

    assert request["state"] == "DECLINED"
    assert (request["declineCode"], request["declineNote"]) == ("EXCEPTION_16_E", "Seal broken")
    assert request["lines"][0]["state"] == "REFUSED"


def test_request_is_partly_approved_when_goodwill_pieces_are_cut(owner, staff, order):
    line = {"basis": "GOODWILL_RETURN"}
    request = done(owner, "returnRequestCreate", input=wish(order, 2, line=line))
    lines = [{"lineId": request["lines"][0]["id"], "quantity": 1}]

    approved = done(staff, "returnRequestApprove", id=request["id"], lines=lines)

    assert approved["state"] == "PARTLY_APPROVED"
    assert approved["lines"][0]["approvedQuantity"] == 1


def test_goods_arrive_in_two_parcels(staff, order):
    key, line = asked(order)
    done(staff, "returnRequestApprove", id=key)
    one = [{"lineId": line, "quantity": 1}]

    first = done(staff, "returnRequestReceive", id=key, lines=one)
    second = done(staff, "returnRequestReceive", id=key, lines=one)

    assert (first["state"], second["state"]) == ("PARTLY_RECEIVED", "RECEIVED")


# Who may what


CREATORS = {
    "owner": lambda order: (Api(order.user), {"orderId": global_id("Order", order.pk)}),
    "guest": lambda order: (Api(), {"accessToken": factories.token_of(order)}),
    "staff": lambda order: (
        Api(factories.make_staff()),
        {"orderId": global_id("Order", order.pk)},
    ),
    "app": lambda order: (
        Api(app_token=factories.make_app()[1]),
        {"orderId": global_id("Order", order.pk)},
    ),
}


@pytest.mark.parametrize("person", list(CREATORS))
def test_create_notes_in_which_capacity_somebody_asked(order, person):
    api, proof = CREATORS[person](order)
    lines = [{"orderLineId": line_id(order), "quantity": 1}]

    done(api, "returnRequestCreate", input={"lines": lines, **proof})

    role = "customer" if person == "owner" else person
    assert ReturnRequest.objects.get().transitions.get().role == role


STRANGERS = {
    "stranger": lambda order: Api(),
    "other customer": lambda order: Api(factories.make_customer("eve@example.com")),
    "staff without permission": lambda order: Api(factories.make_staff(manages_orders=False)),
    "app without permission": lambda order: Api(
        app_token=factories.make_app(manages_orders=False)[1]
    ),
}
if IS_3:
    STRANGERS["staff of another channel"] = lambda order: Api(
        factories.make_staff(only_channel="other")
    )


@pytest.mark.parametrize("person", list(STRANGERS))
def test_create_is_refused_when_order_is_foreign(order, person):
    error = refused(STRANGERS[person](order), "returnRequestCreate", input=wish(order))

    assert error == ("orderId", "There is no such order.", "NOT_FOUND")


@pytest.mark.parametrize("person", list(STRANGERS))
def test_cancel_is_refused_when_request_is_foreign(order, person):
    key, _line = asked(order)

    error = refused(STRANGERS[person](order), "returnRequestCancel", id=key)

    assert error == ("id", "There is no such return request.", "NOT_FOUND")


@pytest.mark.parametrize("person", list(STRANGERS))
def test_request_is_null_when_it_is_foreign(order, person):
    key, _line = asked(order)

    data = STRANGERS[person](order).post(
        "query ($id: ID!) { returnRequest(id: $id) { number } }", id=key
    )

    assert data == {"returnRequest": None}


STAFF_MUTATIONS = {
    "returnRequestApprove": {},
    "returnRequestDecline": {"code": "EXCEPTION_16_A"},
    "returnRequestReceive": {},
    "returnRequestInspect": {"lines": []},
    "returnRequestResolve": {"resolution": "REFUND_ORIGINAL"},
}


@pytest.mark.parametrize("name", list(STAFF_MUTATIONS))
@pytest.mark.parametrize(
    "person", ["stranger", "owner", "staff without permission", "app without permission"]
)
def test_staff_mutation_is_refused_when_permission_is_missing(order, owner, name, person):
    key, _line = asked(order)
    api = owner if person == "owner" else STRANGERS[person](order)

    error = refused(api, name, id=key, **STAFF_MUTATIONS[name])

    assert error == (None, "This needs the permission MANAGE_ORDERS.", "PERMISSION_DENIED")


@pytest.mark.skipif(not IS_3, reason="2.10.1 has no channels")
@pytest.mark.parametrize("name", list(STAFF_MUTATIONS))
def test_staff_mutation_is_refused_when_channel_is_another(order, name):
    key, _line = asked(order)
    api = Api(factories.make_staff(only_channel="other"))

    error = refused(api, name, id=key, **STAFF_MUTATIONS[name])

    assert error == ("id", "There is no such return request.", "NOT_FOUND")


@pytest.mark.parametrize("name", ["returnRequestCreate", *STAFF_MUTATIONS])
def test_mutation_is_refused_when_plugin_is_inactive(order, staff, name):
    key, _line = asked(order)
    factories.activate(active=False)
    arguments = {"id": key, **STAFF_MUTATIONS.get(name, {})}
    if name == "returnRequestCreate":
        arguments = {"input": wish(order)}

    error = refused(staff, name, **arguments)

    assert error == (
        None,
        "The after-sales plugin is not active in this channel.",
        "PLUGIN_INACTIVE",
    )


SEEN = """query ($id: ID!, $accessToken: String) {
  returnRequest(id: $id, accessToken: $accessToken) {
    availableActions transitions { requester reason } refunds { error }
  }
}"""


ASKING = ["UPDATE", "PROVIDE_SHIPPING", "CANCEL", "ADD_MESSAGE"]
SENDING = ["PROVIDE_SHIPPING", "CANCEL", "ADD_MESSAGE"]
DESK = ["ADD_MESSAGE", "ADD_NOTE", "ASSIGN"]


@pytest.mark.parametrize(
    ("person", "submitted", "approved"),
    [
        ("owner", ASKING, SENDING),
        ("guest", ASKING, SENDING),
        (
            "staff",
            ["APPROVE", "ASK_FOR_INFO", "DECLINE", "PROVIDE_SHIPPING", *DESK],
            ["PROVIDE_SHIPPING", "RECEIVE", "RESOLVE", *DESK],
        ),
        (
            "app",
            ["APPROVE", "ASK_FOR_INFO", "PROVIDE_SHIPPING", *DESK],
            ["PROVIDE_SHIPPING", "RECEIVE", "RESOLVE", *DESK],
        ),
    ],
)
def test_available_actions_are_those_of_the_person(order, staff, person, submitted, approved):
    key, _line = asked(order)
    api, proof = CREATORS[person](order)
    proof.pop("orderId", None)

    before = api.post(SEEN, id=key, **proof)["returnRequest"]["availableActions"]
    done(staff, "returnRequestApprove", id=key)
    after = api.post(SEEN, id=key, **proof)["returnRequest"]["availableActions"]

    assert (before, after) == (submitted, approved)


def test_customer_does_not_read_who_worked_on_the_request(order, owner, staff):
    gateway.answers.append("Card expired")
    key, line = asked(order)
    inspect(staff, key, line)
    done(staff, "returnRequestResolve", id=key, resolution="REFUND_ORIGINAL")

    seen = owner.post(SEEN, id=key)["returnRequest"]

    assert {(step["requester"], step["reason"]) for step in seen["transitions"]} == {(None, None)}
    assert seen["refunds"] == [{"error": None}]


def test_customer_cancels_before_goods_arrive(order, owner):
    key, _line = asked(order)

    request = done(owner, "returnRequestCancel", id=key)

    assert (request["state"], request["availableActions"]) == ("CANCELLED", ["ADD_MESSAGE"])


def test_guest_cancels_by_link(order):
    key, _line = asked(order)

    request = done(Api(), "returnRequestCancel", id=key, accessToken=factories.token_of(order))

    assert request["state"] == "CANCELLED"


def test_guest_reads_nothing_when_link_opens_another_order(order):
    key, _line = asked(order)
    other = factories.delivered_order(email="eve@example.com")
    token = factories.token_of(other)

    data = Api().post(SEEN, id=key, accessToken=token)

    assert data == {"returnRequest": None}


def test_link_alone_gives_the_newest_request_of_its_order(order):
    query = """query ($accessToken: String) {
      returnRequest(accessToken: $accessToken) { id availableActions }
    }"""
    token = factories.token_of(order)
    nothing = Api().post(query, accessToken=token)
    key, _line = asked(order)

    data = Api().post(query, accessToken=token)

    assert nothing == {"returnRequest": None}
    assert data == {"returnRequest": {"id": key, "availableActions": ASKING}}


# Bad input of the customer


def _foreign_line():
    return global_id("OrderLine", factories.make_order().lines.first().pk)


NUL = "a\x00b"
TEXT = "Use up to 4000 characters."
UNSTORABLE = "The text holds a character that can't be stored."

BAD_WISHES = {
    "quantity 0": (
        {"line": {"quantity": 0}},
        ("lines.0.quantity", "The quantity must be at least 1.", "INVALID"),
    ),
    "negative quantity": (
        {"line": {"quantity": -1}},
        ("lines.0.quantity", "The quantity must be at least 1.", "INVALID"),
    ),
    "more than delivered": (
        {"line": {"quantity": 3}},
        (
            "lines.0.quantity",
            "This can't be returned as WITHDRAWAL: QUANTITY_EXCEEDED.",
            "QUANTITY_EXCEEDED",
        ),
    ),
    "line of no order": (
        {"line": {"orderLineId": global_id("OrderLine", 999999)}},
        ("lines.0.orderLineId", "This line is not part of the order.", "NOT_OUR_ORDER"),
    ),
    "id of another kind": (
        {"line": {"orderLineId": global_id("Product", 1)}},
        ("lines.0.orderLineId", "This line is not part of the order.", "NOT_OUR_ORDER"),
    ),
    "no id at all": (
        {"line": {"orderLineId": "%%%"}},
        ("lines.0.orderLineId", "This line is not part of the order.", "NOT_OUR_ORDER"),
    ),
    "no line": ({"lines": []}, ("lines", "Name at least one line.", "REQUIRED")),
    "100 kB of text": ({"note": "x" * 100_000}, ("note", TEXT, "TOO_LONG")),
    "NUL in text": ({"note": NUL}, ("note", UNSTORABLE, "INVALID")),
    "half a character in text": ({"note": "a\ud800b"}, ("note", UNSTORABLE, "INVALID")),
    "empty key": (
        {"idempotencyKey": ""},
        ("idempotencyKey", "Use 1 to 64 characters.", "INVALID"),
    ),
    "long key": (
        {"idempotencyKey": "k" * 65},
        ("idempotencyKey", "Use 1 to 64 characters.", "INVALID"),
    ),
    "NUL in key": ({"idempotencyKey": NUL}, ("idempotencyKey", UNSTORABLE, "INVALID")),
    "unknown order": (
        {"orderId": global_id("Order", 999999)},
        ("orderId", "There is no such order.", "NOT_FOUND"),
    ),
    "huge order key": (
        {"orderId": global_id("Order", "9" * 36)},
        ("orderId", "There is no such order.", "NOT_FOUND"),
    ),
    "order key of odd digits": (
        {"orderId": global_id("Order", "²")},
        ("orderId", "There is no such order.", "NOT_FOUND"),
    ),
    "bad order id": (
        {"orderId": "T3JkZXI6"},
        ("orderId", "There is no such order.", "NOT_FOUND"),
    ),
    "no order": ({"orderId": None}, ("orderId", "There is no such order.", "NOT_FOUND")),
    "wrong token": (
        {"accessToken": "wrong"},
        ("accessToken", "This link is not valid.", "INVALID_TOKEN"),
    ),
    "NUL in token": (
        {"accessToken": NUL},
        ("accessToken", "This link is not valid.", "INVALID_TOKEN"),
    ),
}


if IS_3:
    # 3.x takes neither half a character nor NaN for JSON.
    del BAD_WISHES["half a character in text"]


@pytest.mark.parametrize("name", list(BAD_WISHES))
def test_create_is_refused_when_input_is_bad(order, owner, name):
    change, expected = BAD_WISHES[name]

    error = refused(owner, "returnRequestCreate", input=wish(order, **dict(change)))

    assert error == expected


def test_create_is_refused_when_line_is_of_another_order(order, owner):
    other = factories.delivered_order(user=order.user)
    foreign = {"orderLineId": line_id(other)}

    error = refused(owner, "returnRequestCreate", input=wish(order, line=foreign))

    assert error == ("lines.0.orderLineId", "This line is not part of the order.", "NOT_OUR_ORDER")


def test_create_is_refused_when_line_is_named_twice(order, owner):
    twice = wish(order)
    twice["lines"] *= 2

    error = refused(owner, "returnRequestCreate", input=twice)

    assert error == ("lines.1.orderLineId", "A line may be named once.", "DUPLICATED")


def test_create_is_refused_when_nothing_was_sent_and_it_is_no_withdrawal(owner, anna):
    factories.activate()
    unsent = factories.make_order(user=anna)
    line = {"basis": "NON_CONFORMITY"}

    error = refused(owner, "returnRequestCreate", input=wish(unsent, line=line))

    assert error == (
        "lines.0.basis",
        "This can't be returned as NON_CONFORMITY: NOT_DELIVERED_YET.",
        "NOT_DELIVERED_YET",
    )


def test_create_is_refused_when_period_ended(owner, anna):
    factories.activate()
    long_ago = timezone.now() - timedelta(days=800)
    old = factories.delivered_order(long_ago, user=anna)
    factories.commit()

    error = refused(owner, "returnRequestCreate", input=wish(old))

    assert error == (
        "lines.0.basis",
        "This can't be returned as WITHDRAWAL: PERIOD_EXPIRED.",
        "PERIOD_EXPIRED",
    )


def test_create_is_refused_when_all_is_asked_for(order, owner):
    asked(order, 2)

    error = refused(owner, "returnRequestCreate", input=wish(order))

    assert error == (
        "lines.0.quantity",
        "This can't be returned as WITHDRAWAL: ALREADY_RETURNED.",
        "ALREADY_RETURNED",
    )


def test_create_is_refused_when_link_expired(order, settings):
    token = factories.expired_token(order)

    error = refused(Api(), "returnRequestCreate", input=wish(order, accessToken=token))

    assert error == ("accessToken", "This link has expired.", "EXPIRED_TOKEN")


def test_create_is_refused_when_link_was_revoked(order):
    token = factories.token_of(order)
    revoke_links(str(order.pk))

    error = refused(Api(), "returnRequestCreate", input=wish(order, accessToken=token))

    assert error == ("accessToken", "This link is not valid.", "INVALID_TOKEN")


def test_link_is_revoked_when_order_gets_another_mailbox(order):
    token = factories.token_of(order)
    OrderRecord.objects.update(customer_email="old@example.com")
    factories.keep(order)

    error = refused(Api(), "returnRequestCreate", input=wish(order, accessToken=token))

    assert error == ("accessToken", "This link is not valid.", "INVALID_TOKEN")


@pytest.mark.parametrize("key", ["%%%", global_id("Order", 1), global_id("ReturnRequest", "x")])
def test_cancel_is_refused_when_id_is_none_of_ours(owner, order, key):
    error = refused(owner, "returnRequestCancel", id=key)

    assert error == ("id", "There is no such return request.", "NOT_FOUND")


def test_cancel_tells_nothing_about_requests_when_token_is_wrong(order):
    key, _line = asked(order)
    unknown = global_id("ReturnRequest", 999999)

    known = refused(Api(), "returnRequestCancel", id=key, accessToken="wrong")

    assert known == refused(Api(), "returnRequestCancel", id=unknown, accessToken="wrong")


# Bad input of staff


def test_decline_code_unknown_to_the_schema_is_no_input(staff, order):
    key, _line = asked(order)

    with nothing_changed():
        answer = staff.post_raw(MUTATIONS["returnRequestDecline"], id=key, code="BECAUSE")

    assert 'Expected type "ReturnDeclineCode", found "BECAUSE"' in answer["errors"][0]["message"]


def test_decline_is_refused_when_code_is_unlawful_against_a_withdrawal(staff, order):
    key, _line = asked(order)

    error = refused(staff, "returnRequestDecline", id=key, code="NO_DEFECT_FOUND")

    message = "NO_DEFECT_FOUND does not hold against a withdrawal."
    assert error == ("code", message, "NOT_LAWFUL")


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("x" * 100_000, ("note", TEXT, "TOO_LONG")),
        (NUL, ("note", UNSTORABLE, "INVALID")),
    ],
)
def test_decline_is_refused_when_note_is_bad(staff, order, note, expected):
    key, _line = asked(order)

    error = refused(staff, "returnRequestDecline", id=key, code="EXCEPTION_16_A", note=note)

    assert error == expected


def test_approve_is_refused_when_withdrawal_would_be_cut(staff, order):
    key, line = asked(order)

    error = refused(staff, "returnRequestApprove", id=key, lines=[{"lineId": line, "quantity": 1}])

    message = "A withdrawal can't be approved in part: decline it with a reason."
    assert error == ("lines", message, "INVALID")


BAD_QUANTITIES = {
    "more than asked": (
        lambda line: [{"lineId": line, "quantity": 3}],
        ("quantity", "At most 2 pieces are possible.", "QUANTITY_EXCEEDED"),
    ),
    "negative": (
        lambda line: [{"lineId": line, "quantity": -1}],
        ("quantity", "The quantity must not be negative.", "INVALID"),
    ),
    "line of another request": (
        lambda line: [{"lineId": global_id("ReturnRequestLine", 999999), "quantity": 1}],
        ("lines", "This line is not part of the request.", "NOT_FOUND"),
    ),
    "no id": (
        lambda line: [{"lineId": "%%%", "quantity": 1}],
        ("lines", "This is no id of a ReturnRequestLine.", "NOT_FOUND"),
    ),
    "named twice": (
        lambda line: [{"lineId": line, "quantity": 1}] * 2,
        ("lines", "A line may be named once.", "DUPLICATED"),
    ),
}


@pytest.mark.parametrize("name", list(BAD_QUANTITIES))
@pytest.mark.parametrize("mutation", ["returnRequestApprove", "returnRequestReceive"])
def test_quantities_are_refused_when_they_are_bad(staff, order, mutation, name):
    lines, expected = BAD_QUANTITIES[name]
    key, line = asked(order)
    if mutation == "returnRequestReceive":
        done(staff, "returnRequestApprove", id=key)

    error = refused(staff, mutation, id=key, lines=lines(line))

    assert error == expected


@pytest.mark.parametrize(
    ("mutation", "message"),
    [
        ("returnRequestApprove", "Approve at least one piece."),
        ("returnRequestReceive", "Receive at least one piece."),
    ],
)
def test_quantities_are_refused_when_there_are_none(staff, order, mutation, message):
    key, line = asked(order)
    if mutation == "returnRequestReceive":
        done(staff, "returnRequestApprove", id=key)

    error = refused(staff, mutation, id=key, lines=[{"lineId": line, "quantity": 0}])

    assert error == ("lines", message, "REQUIRED")


BAD_FINDINGS = {
    "more than received": (
        {"acceptedQuantity": 3},
        ("quantity", "At most 2 pieces are possible.", "QUANTITY_EXCEEDED"),
    ),
    "deduction without note": (
        {"lostValue": 0.5},
        (
            "note",
            "Say in the note what was found: value can't be taken off without evidence.",
            "REQUIRED",
        ),
    ),
    "deduction with an empty note": (
        {"lostValue": 0.5, "note": "  "},
        (
            "note",
            "Say in the note what was found: value can't be taken off without evidence.",
            "REQUIRED",
        ),
    ),
    "more lost than there was": (
        {"lostValue": 1.5, "note": "Broken"},
        ("lostValue", "Lost value is a share from 0 to 1.", "INVALID"),
    ),
    "less than nothing lost": (
        {"lostValue": -0.1, "note": "Better"},
        ("lostValue", "Lost value is a share from 0 to 1.", "INVALID"),
    ),
    "no number": (
        {"lostValue": float("nan"), "note": "?"},
        ("lostValue", "Lost value is a share from 0 to 1.", "INVALID"),
    ),
    "restock without warehouse": (
        {"disposition": "RESTOCK"},
        ("warehouseId", "Choose a warehouse.", "REQUIRED"),
    ),
    "restock in an unknown warehouse": (
        {
            "disposition": "RESTOCK",
            "warehouseId": global_id("Warehouse", "11111111-1111-4111-8111-111111111111"),
        },
        ("warehouseId", "There is no such warehouse.", "NOT_FOUND"),
    ),
    "restock in no warehouse": (
        {"disposition": "RESTOCK", "warehouseId": global_id("Product", 1)},
        ("warehouseId", "This is no id of a Warehouse.", "NOT_FOUND"),
    ),
    "long note": ({"note": "x" * 100_000}, ("note", TEXT, "TOO_LONG")),
    "NUL in note": ({"note": NUL}, ("note", UNSTORABLE, "INVALID")),
}


if IS_3:
    del BAD_FINDINGS["no number"]


@pytest.mark.parametrize("name", list(BAD_FINDINGS))
def test_inspect_is_refused_when_finding_is_bad(staff, order, name):
    change, expected = BAD_FINDINGS[name]
    key, line = asked(order)
    done(staff, "returnRequestApprove", id=key)
    done(staff, "returnRequestReceive", id=key)

    error = refused(staff, "returnRequestInspect", id=key, lines=[{**finding(line), **change}])

    assert error == expected


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, ("lines", "Judge every line that arrived.", "REQUIRED")),
        (2, ("lines", "A line may be named once.", "DUPLICATED")),
    ],
)
def test_inspect_is_refused_when_line_is_not_judged_once(staff, order, count, expected):
    key, line = asked(order)
    done(staff, "returnRequestApprove", id=key)
    done(staff, "returnRequestReceive", id=key)

    error = refused(staff, "returnRequestInspect", id=key, lines=[finding(line)] * count)

    assert error == expected


def test_resolve_is_refused_when_nothing_was_paid(staff, anna):
    factories.activate()
    yesterday = timezone.now() - timedelta(days=1)
    unpaid = factories.delivered_order(yesterday, lines={"Kettle": 2}, user=anna, paid=False)
    key, line = asked(unpaid)
    inspect(staff, key, line, **to_shelf(unpaid))

    error = refused(staff, "returnRequestResolve", id=key, resolution="REFUND_ORIGINAL")

    assert error == (None, "Nothing is left to refund for this order.", "NOTHING_TO_REFUND")


@pytest.mark.parametrize("name", list(STAFF_MUTATIONS))
@pytest.mark.parametrize(
    "key",
    [
        "%%%",
        global_id("Order", 1),
        global_id("ReturnRequest", "9" * 30),
        global_id("ReturnRequest", 999999),
    ],
)
def test_staff_mutation_is_refused_when_request_is_unknown(staff, order, name, key):
    error = refused(staff, name, id=key, **STAFF_MUTATIONS[name])

    assert error == ("id", "There is no such return request.", "NOT_FOUND")


# Once and only once


def test_key_gives_first_request_when_asked_again(owner, order):
    first = done(owner, "returnRequestCreate", input=wish(order, idempotencyKey="k"))

    with nothing_changed():
        second = done(owner, "returnRequestCreate", input=wish(order, idempotencyKey="k"))

    assert second == first


def test_key_is_free_in_another_order(owner, order, anna):
    other = factories.delivered_order(timezone.now() - timedelta(days=1), user=anna)
    first = done(owner, "returnRequestCreate", input=wish(order, idempotencyKey="k"))

    second = done(owner, "returnRequestCreate", input=wish(other, idempotencyKey="k"))

    assert second["id"] != first["id"]


def test_second_approval_is_refused(staff, order):
    key, _line = asked(order)
    done(staff, "returnRequestApprove", id=key)

    error = refused(staff, "returnRequestApprove", id=key)

    message = "A return request in state APPROVED can't be changed by APPROVE."
    assert error == (None, message, "TRANSITION_NOT_ALLOWED")


def test_second_receipt_is_refused(staff, order):
    key, _line = asked(order)
    done(staff, "returnRequestApprove", id=key)
    done(staff, "returnRequestReceive", id=key)

    error = refused(staff, "returnRequestReceive", id=key)

    message = "A return request in state RECEIVED can't be changed by RECEIVE."
    assert error == (None, message, "TRANSITION_NOT_ALLOWED")


def test_second_resolution_neither_pays_nor_restocks(staff, order):
    key, line = asked(order)
    inspect(staff, key, line, **to_shelf(order))
    done(staff, "returnRequestResolve", id=key, resolution="REFUND_ORIGINAL")

    error = refused(staff, "returnRequestResolve", id=key, resolution="REFUND_ORIGINAL")

    message = "A return request in state COMPLETED can't be changed by RESOLVE."
    assert error == (None, message, "TRANSITION_NOT_ALLOWED")
    assert [Decimal("25.00")] == gateway.refunds


# The list for staff


LIST = """
query (
  $first: Int, $last: Int, $after: String, $before: String,
  $filter: ReturnRequestFilterInput, $sortBy: ReturnRequestSortingInput
) {
  returnRequests(
    first: $first, last: $last, after: $after, before: $before, filter: $filter, sortBy: $sortBy
  ) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node { number } }
  }
}
"""


@pytest.fixture
def five():
    """Five requests of five orders, a day apart, oldest first."""
    factories.activate()
    return [
        factories.ask(
            factories.delivered_order(email=f"guest{number}@example.com"),
            now=NOON + timedelta(days=number),
        )
        for number in range(1, 6)
    ]


def listed(api, **arguments):
    """Numbers of the requests in a page."""
    page = api.post(LIST, **arguments)["returnRequests"]
    return [edge["node"]["number"] for edge in page["edges"]]


def numbers(requests):
    return [request.number for request in requests]


def test_list_is_newest_first_when_nothing_is_said(staff, five):
    assert listed(staff, first=100) == numbers(reversed(five))


@pytest.mark.parametrize("column", ["SUBMITTED_AT", "UPDATED_AT"])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
def test_list_is_sorted_as_wished(staff, five, column, direction):
    wished = {"field": column, "direction": direction}

    found = listed(staff, first=100, sortBy=wished)

    assert found == numbers(five if direction == "ASC" else reversed(five))


def test_list_pages_forwards(staff, five):
    found, cursor, more = [], None, True
    while more:
        page = staff.post(LIST, first=2, after=cursor)["returnRequests"]
        found.append([edge["node"]["number"] for edge in page["edges"]])
        cursor, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]

    newest = numbers(reversed(five))
    assert found == [newest[:2], newest[2:4], newest[4:]]


def test_list_pages_backwards(staff, five):
    found, cursor, more = [], None, True
    while more:
        page = staff.post(LIST, last=2, before=cursor)["returnRequests"]
        found.append([edge["node"]["number"] for edge in page["edges"]])
        cursor, more = page["pageInfo"]["startCursor"], page["pageInfo"]["hasPreviousPage"]

    newest = numbers(reversed(five))
    assert found == [newest[3:], newest[1:3], newest[:1]]


def test_list_counts_all_whatever_the_page(staff, five):
    page = staff.post(LIST, first=1)["returnRequests"]

    assert page["totalCount"] == 5
    assert page["pageInfo"]["hasPreviousPage"] is False
    assert page["pageInfo"]["hasNextPage"] is True


def test_list_is_filtered(staff, five):
    first, second, third = five[0], five[1], five[2]
    done(staff, "returnRequestApprove", id=global_id("ReturnRequest", second.pk))
    between = {
        "submittedAfter": second.submitted_at.isoformat(),
        "submittedBefore": third.submitted_at.isoformat(),
    }

    assert listed(staff, first=9, filter={"states": ["APPROVED"]}) == [second.number]
    assert listed(staff, first=9, filter=between) == [second.number]
    assert listed(staff, first=9, filter={"search": first.number.lower()}) == [first.number]
    assert listed(staff, first=9, filter={"search": first.order.number}) == [first.number]
    assert listed(staff, first=9, filter={"search": "Guest3@Example.com"}) == [third.number]
    assert listed(staff, first=9, filter={"basis": "NON_CONFORMITY"}) == []
    assert len(listed(staff, first=9, filter={"basis": "WITHDRAWAL"})) == 5
    assert len(listed(staff, first=9, filter={"channels": [factories.CHANNEL]})) == 5
    assert listed(staff, first=9, filter={"channels": ["other"]}) == []
    assert listed(staff, first=9, filter={"states": []}) == []


@pytest.mark.parametrize("words", [NUL] if IS_3 else [NUL, "\ud800"])
def test_list_finds_nothing_when_words_cannot_be_stored(staff, five, words):
    assert listed(staff, first=9, filter={"channels": [words]}) == []
    assert listed(staff, first=9, filter={"search": words}) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "Give either `first` or `last`."),
        ({"first": 1, "last": 1}, "Give either `first` or `last`."),
        ({"first": 101}, "`first` and `last` go from 1 to 100."),
        ({"last": 0}, "`first` and `last` go from 1 to 100."),
        ({"first": 1, "after": "nonsense"}, "Received cursor is invalid."),
        ({"first": 1, "after": "WyIyMDI2IiwgMV0="}, "Received cursor is invalid."),
        ({"first": 1, "before": "ę"}, "Received cursor is invalid."),
    ],
)
def test_list_is_refused_when_page_is_bad(staff, five, arguments, message):
    answer = staff.post_raw(LIST, **arguments)

    assert answer["data"] == {"returnRequests": None}
    assert [error["message"] for error in answer["errors"]] == [message]


@pytest.mark.parametrize(
    "person", ["stranger", "other customer", "staff without permission", "app without permission"]
)
def test_list_is_refused_when_permission_is_missing(five, person):
    answer = STRANGERS[person](None).post_raw(LIST, first=1)

    (error,) = answer["errors"]
    assert answer["data"] == {"returnRequests": None}
    assert error["message"] == "This needs the permission MANAGE_ORDERS."
    assert error["extensions"]["exception"]["code"] == "PermissionDenied"


@pytest.mark.skipif(not IS_3, reason="2.10.1 has no channels")
def test_list_holds_requests_of_own_channels_only(five):
    api = Api(factories.make_staff(only_channel="other"))

    page = api.post(LIST, first=9)["returnRequests"]

    assert (page["edges"], page["totalCount"]) == ([], 0)


def test_app_reads_the_list(five):
    _app, token = factories.make_app()

    assert len(listed(Api(app_token=token), first=9)) == 5
