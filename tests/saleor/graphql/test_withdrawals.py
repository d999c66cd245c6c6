"""Withdrawals through the shop's API: declared by everybody, worked on by staff."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from saleor_aftersale.followups import sender
from saleor_aftersale.host import orders
from saleor_aftersale.returns import withdrawals
from saleor_aftersale.returns.models import ReturnRequest, WithdrawalStatement
from saleor_aftersale.tracking.actions import revoke_links
from tests import factories
from tests.factories import CHANNEL, IS_3, Api, global_id, nothing_changed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

EMAIL = "anna@example.com"
TYPED = {"name": "Anna Nowak", "contract": "the red kettle", "email": EMAIL}

STATEMENT = """
  withdrawalStatement {
    id reference sentence name contract email language channel
    lines { orderLineId productName quantity }
    state reasonCode note cameBy proof isSuspicious handledBy acknowledgedAt
    acknowledgementError orderId returnRequest { number lines { quantity basis } }
  }
  errors { field message code }
"""
DECLARE = f"""
mutation ($input: WithdrawalDeclareInput!) {{ withdrawalDeclare(input: $input) {{ {STATEMENT} }} }}
"""
MATCH = f"""
mutation ($id: ID!, $orderId: ID!) {{
  withdrawalStatementMatch(id: $id, orderId: $orderId) {{ {STATEMENT} }}
}}
"""
CLOSE = f"""
mutation ($id: ID!, $code: WithdrawalStatementCloseCode!, $note: String) {{
  withdrawalStatementClose(id: $id, code: $code, note: $note) {{ {STATEMENT} }}
}}
"""
LIST = """
query ($filter: WithdrawalStatementFilterInput) {
  withdrawalStatements(first: 10, filter: $filter) {
    totalCount edges { node { contract state acknowledgementError orderId } }
  }
}
"""
FOR_STAFF = {
    "state",
    "reasonCode",
    "note",
    "cameBy",
    "proof",
    "isSuspicious",
    "handledBy",
    "acknowledgedAt",
    "acknowledgementError",
    "orderId",
    "returnRequest",
}


@pytest.fixture
def anna():
    return factories.make_customer(EMAIL)


@pytest.fixture
def order(anna, mailbox):
    """Two kettles of Anna's, delivered yesterday, their mails sent."""
    factories.activate()
    yesterday = timezone.now() - timedelta(days=1)
    made = factories.delivered_order(yesterday, lines={"Kettle": 2}, user=anna)
    factories.commit()
    mailbox.clear()
    return made


@pytest.fixture
def staff():
    return Api(factories.make_staff())


def done(api, query, **variables):
    (payload,) = api.post(query, **variables).values()
    assert payload["errors"] == []
    return payload["withdrawalStatement"]


def declare(api, **wish):
    return done(api, DECLARE, input=wish)


def refused(api, query, **variables):
    """Field and code of the one error of a mutation that changed nothing."""
    with nothing_changed():
        (payload,) = api.post(query, **variables).values()
    assert payload["withdrawalStatement"] is None
    (error,) = payload["errors"]
    return error["field"], error["code"]


def order_id(order):
    return global_id("Order", order.pk)


# Declared


def test_owner_declares_with_the_order_alone(order, anna, mailbox):
    statement = declare(Api(anna), orderId=order_id(order))

    number = factories.host_order(order).number
    row = WithdrawalStatement.objects.get()
    assert {name: value for name, value in statement.items() if name not in FOR_STAFF} == {
        "id": global_id("WithdrawalStatement", row.pk),
        "reference": row.reference,
        "sentence": f"I withdraw from the contract: Order {number}.",
        "name": "Boris Ivanov",
        "contract": f"Order {number}",
        "email": EMAIL,
        "language": "en",
        "channel": CHANNEL,
        "lines": [],
    }
    assert (row.came_by, row.proof, row.requester_ref) == ("API", "ACCOUNT", str(anna.pk))
    assert (row.state, row.order_ref) == ("MATCHED", str(order.pk))
    assert ReturnRequest.objects.get().lines.get().quantity == 2
    assert any(row.reference in message.subject for message in mailbox)


def test_guest_with_link_declares_one_piece(order):
    line = global_id("OrderLine", order.lines.get().pk)

    statement = declare(
        Api(),
        accessToken=factories.token_of(order),
        lines=[{"orderLineId": line, "quantity": 1}],
        email="other@example.com",
    )

    assert statement["lines"] == [{"orderLineId": line, "productName": "Kettle", "quantity": 1}]
    assert statement["email"] == "other@example.com"
    assert ReturnRequest.objects.get().lines.get().quantity == 1
    assert WithdrawalStatement.objects.get().proof == "LINK"


def test_answer_tells_nobody_whether_the_order_exists(order):
    number = factories.host_order(order).number

    known = declare(Api(), **{**TYPED, "contract": number})
    unknown = declare(Api(), **{**TYPED, "contract": "999999"})

    states = list(WithdrawalStatement.objects.order_by("pk").values_list("state", flat=True))
    assert states == ["MATCHED", "NEEDS_MATCHING"]
    assert {name: known[name] for name in FOR_STAFF} == dict.fromkeys(FOR_STAFF)
    assert {name: unknown[name] for name in FOR_STAFF} == dict.fromkeys(FOR_STAFF)


def test_same_key_with_same_words_gives_same_reference(order):
    first = declare(Api(), key="k", **TYPED)
    second = declare(Api(), key="k", **TYPED)

    assert first == second
    assert WithdrawalStatement.objects.count() == 1


@pytest.mark.parametrize("language", ["en", "pl", "bg", "ru"])
def test_statement_is_in_the_wished_language(order, language):
    assert declare(Api(), language=language, **TYPED)["language"] == language


def test_strange_characters_lose_no_statement(order):
    statement = declare(Api(), **{**TYPED, "name": "Zo\x00ë\r\nBcc: eve@example.com"})

    assert statement["name"] == "Zo\ufffdë Bcc: eve@example.com"


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ({}, ("name", "REQUIRED")),
        ({**TYPED, "contract": " "}, ("contract", "REQUIRED")),
        ({**TYPED, "email": "anna"}, ("email", "INVALID")),
        ({**TYPED, "contract": "x" * 1001}, ("contract", "TOO_LONG")),
        ({**TYPED, "key": "x" * 65}, ("key", "TOO_LONG")),
        ({**TYPED, "channel": "no-such"}, (None, "PLUGIN_INACTIVE")),
        ({**TYPED, "accessToken": "nonsense"}, ("accessToken", "INVALID_TOKEN")),
        ({**TYPED, "orderId": "T3JkZXI6MQ=="}, ("orderId", "NOT_FOUND")),
        (
            {**TYPED, "lines": [{"orderLineId": "nonsense", "quantity": 1}]},
            ("orderLineId", "NOT_FOUND"),
        ),
        (
            {**TYPED, "lines": [{"orderLineId": "T3JkZXJMaW5lOjE=", "quantity": 0}]},
            ("lines", "INVALID"),
        ),
    ],
)
def test_declaration_is_refused_and_changes_nothing(order, wish, expected):
    assert refused(Api(), DECLARE, input=wish) == expected


def test_declaration_is_refused_when_pieces_are_not_of_the_order(order, anna):
    other = factories.delivered_order(timezone.now(), lines={"Cup": 1})
    factories.commit()
    own, foreign = (global_id("OrderLine", made.lines.get().pk) for made in (order, other))

    def wish(line, quantity):
        lines = [{"orderLineId": line, "quantity": quantity}]
        return {"orderId": order_id(order), "lines": lines}

    assert refused(Api(anna), DECLARE, input=wish(own, 3)) == ("quantity", "QUANTITY_EXCEEDED")
    assert refused(Api(anna), DECLARE, input=wish(foreign, 1)) == ("lines", "NOT_OUR_ORDER")


def test_order_of_somebody_else_is_as_if_it_were_not_there(order):
    eve = factories.make_customer("eve@example.com")
    wish = {"orderId": order_id(order)}

    for api in (Api(), Api(eve), Api(factories.make_staff(manages_orders=False))):
        assert refused(api, DECLARE, input=wish) == ("orderId", "NOT_FOUND")


def test_revoked_link_declares_nothing(order):
    token = factories.token_of(order)
    revoke_links(str(order.pk))

    assert refused(Api(), DECLARE, input={"accessToken": token}) == ("accessToken", "INVALID_TOKEN")


def test_declaration_is_refused_when_plugin_is_inactive(order, anna):
    factories.activate(active=False)

    assert refused(Api(), DECLARE, input=TYPED) == (None, "PLUGIN_INACTIVE")
    wish = {"orderId": order_id(order)}
    assert refused(Api(anna), DECLARE, input=wish) == (None, "PLUGIN_INACTIVE")


@pytest.mark.skipif(not IS_3, reason="2.10.1 has no channels")
def test_channel_has_to_be_named_when_several_are_active(order):
    factories.activate(channel="other")

    assert refused(Api(), DECLARE, input=TYPED) == ("channel", "REQUIRED")
    assert declare(Api(), channel="other", **TYPED)["channel"] == "other"


def _fail(*_args, **_more):
    raise DatabaseError("no such table")


@pytest.mark.parametrize(
    ("where", "name"),
    [(orders, "load_orders"), (withdrawals, "publish"), (sender, "deliver")],
)
def test_statement_stands_when_something_else_fails(order, anna, monkeypatch, where, name):
    monkeypatch.setattr(where, name, _fail)

    statement = declare(Api(anna), orderId=order_id(order), **TYPED)

    assert statement["reference"] == WithdrawalStatement.objects.get().reference


# Worked on


def declared(api=None, **wish):
    """Global id of a guest's statement that no order fits."""
    return declare(api or Api(), **{**TYPED, **wish})["id"]


def test_staff_match_a_statement(order, staff):
    statement = done(staff, MATCH, id=declared(), orderId=order_id(order))

    assert (statement["state"], statement["orderId"]) == ("MATCHED", order_id(order))
    assert statement["returnRequest"]["lines"] == [{"quantity": 2, "basis": "WITHDRAWAL"}]
    assert statement["handledBy"].startswith("staff")


def test_staff_close_a_statement(order, staff):
    statement = done(staff, CLOSE, id=declared(), code="DUPLICATE", note="Said by phone too.")

    assert (statement["state"], statement["reasonCode"], statement["note"]) == (
        "CLOSED",
        "DUPLICATE",
        "Said by phone too.",
    )


def test_statement_is_matched_once(order, staff):
    key = declared()
    done(staff, MATCH, id=key, orderId=order_id(order))

    again = refused(staff, MATCH, id=key, orderId=order_id(order))

    assert again == (None, "TRANSITION_NOT_ALLOWED")


def test_only_staff_with_permission_work_on_statements(order, anna):
    key = declared()

    for api in (Api(), Api(anna), Api(factories.make_staff(manages_orders=False))):
        variables = {"id": key, "orderId": order_id(order)}
        assert refused(api, MATCH, **variables) == (None, "PERMISSION_DENIED")
        assert refused(api, CLOSE, id=key, code="SPAM") == (None, "PERMISSION_DENIED")
        answer = api.post_raw(LIST)
        assert answer["data"] in (None, {"withdrawalStatements": None})
        assert "MANAGE_ORDERS" in answer["errors"][0]["message"]
        assert "the red kettle" not in str(answer)


@pytest.mark.parametrize("key", ["", "nonsense", "V2l0aGRyYXdhbFN0YXRlbWVudDo5OTk5OQ=="])
def test_statement_that_is_not_there_is_not_found(order, staff, key):
    declared()

    found = refused(staff, MATCH, id=key, orderId=order_id(order))

    assert found == ("id", "NOT_FOUND")


def test_order_that_is_not_there_is_not_found(order, staff):
    key = declared()
    missing = "T3JkZXI6OTk5OTk5"

    assert refused(staff, MATCH, id=key, orderId=missing) == ("orderId", "NOT_FOUND")


@pytest.mark.skipif(not IS_3, reason="2.10.1 has no channels")
def test_staff_of_another_channel_see_and_touch_nothing(order):
    key = declared()
    elsewhere = Api(factories.make_staff(only_channel="other"))

    assert elsewhere.post(LIST)["withdrawalStatements"] == {"totalCount": 0, "edges": []}
    found = refused(elsewhere, MATCH, id=key, orderId=order_id(order))
    assert found == ("id", "NOT_FOUND")


# Listed


def listed(staff, **wanted):
    page = staff.post(LIST, filter=wanted)["withdrawalStatements"]
    contracts = [edge["node"]["contract"] for edge in page["edges"]]
    assert page["totalCount"] == len(contracts)
    return contracts


def test_staff_list_statements_by_what_is_left_to_do(order, staff, monkeypatch):
    number = factories.host_order(order).number
    declared(contract=number)
    declared(contract="the red kettle")
    with monkeypatch.context() as patch:
        patch.setattr(sender, "deliver", _fail)
        declared(contract="the blue one", email="x@example.com")

    assert listed(staff) == ["the blue one", "the red kettle", number]
    assert listed(staff, state="MATCHED") == [number]
    assert listed(staff, state=["NEEDS_MATCHING"]) == ["the blue one", "the red kettle"]
    assert listed(staff, unacknowledged=True) == ["the blue one"]
    assert listed(staff, unacknowledged=False) == ["the red kettle", number]
    assert listed(staff, state="NEEDS_MATCHING", unacknowledged=False) == ["the red kettle"]
    assert listed(staff, channels=["nowhere"]) == []


def test_staff_find_statements_by_reference_mailbox_or_words(order, staff):
    statement = declare(Api(), **TYPED)
    declared(contract="the blue one", email="x@example.com")

    for words in (statement["reference"].lower(), "ANNA@example.com", "RED"):
        assert listed(staff, search=words) == ["the red kettle"]
    assert listed(staff, search="nothing\x00") == []


def test_staff_see_why_an_acknowledgement_is_missing(order, staff, monkeypatch):
    monkeypatch.setattr(sender, "deliver", _fail)
    declared()

    (edge,) = staff.post(LIST)["withdrawalStatements"]["edges"]

    assert edge["node"]["acknowledgementError"] == "DatabaseError('no such table')"


def test_list_takes_the_same_queries_however_many_requests_it_shows(order, anna, staff):
    query = """{ withdrawalStatements(first: 10) {
        edges { node { returnRequest { number lines { quantity } } } } } }"""
    yesterday, counts, shown = timezone.now() - timedelta(days=1), [], []
    declared(contract=factories.host_order(order).number)
    for _round in range(3):
        more = factories.delivered_order(yesterday, user=anna)
        declared(contract=factories.host_order(more).number)
        with CaptureQueriesContext(connection) as captured:
            edges = staff.post(query)["withdrawalStatements"]["edges"]
        counts.append(len(captured))
        shown.append(sum(edge["node"]["returnRequest"] is not None for edge in edges))

    assert shown == [2, 3, 4]
    # The first call warms caches of the shop.
    assert counts[1] == counts[2]
