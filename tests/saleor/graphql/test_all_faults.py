"""Everything that is wrong with what a customer asks for is told at once, each fault on its own."""

from datetime import timedelta

import pytest
from django.utils import timezone

from saleor_aftersale.config import settings_of
from saleor_aftersale.returns import actions
from saleor_aftersale.returns.bases import Basis
from tests import factories
from tests.factories import CUSTOMER, Api, global_id, nothing_changed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

CREATE = """
mutation($input: ReturnRequestCreateInput!) { returnRequestCreate(input: $input) {
    returnRequest { id } errors { field message code } } }
"""
UPDATE = """
mutation($id: ID!, $input: ReturnRequestUpdateInput!) {
    returnRequestUpdate(id: $id, input: $input) {
        returnRequest { id } errors { field message code } } }
"""
SUBMIT = """
mutation($id: ID!) { returnRequestSubmit(id: $id) {
    returnRequest { id } errors { field message code } } }
"""

TOO_FEW = "The quantity must be at least 1."
TWICE = "A line may be named once."
NOT_OURS = "This line is not part of the order."
LONG = "Use up to 4000 characters."


def cant(basis, code):
    return f"This can't be returned as {basis}: {code}."


def delivered(days):
    """Two kettles, three cups and a bowl, delivered that many days ago."""
    factories.activate()
    at, lines = timezone.now() - timedelta(days=days), {"Kettle": 2, "Cup": 3, "Bowl": 1}
    made = factories.delivered_order(at, lines=lines, user=factories.make_customer())
    factories.commit()
    return made


@pytest.fixture
def order():
    return delivered(1)


def ref(order, name):
    return str(order.lines.get(product_name=name).pk)


def line(order, name, quantity=1, **more):
    return {"orderLineId": global_id("OrderLine", ref(order, name)), "quantity": quantity, **more}


def faults(order, query, **variables):
    """All errors of a mutation that changed nothing, as (field, message, code)."""
    with nothing_changed():
        (payload,) = Api(order.user).post(query, **variables).values()
    assert payload["returnRequest"] is None
    return [(each["field"], each["message"], each["code"]) for each in payload["errors"]]


def create(order, *lines, **more):
    given = {"orderId": global_id("Order", order.pk), "lines": list(lines), **more}
    return faults(order, CREATE, input=given)


def saved(order, *names, days=0, **more):
    """A request made that many days ago; gives its global id."""
    wishes = [actions.WishedLine(ref(order, name), 1, Basis.GOODWILL_RETURN) for name in names]
    record, settings = factories.keep(order), settings_of(factories.CHANNEL)
    now = timezone.now() - timedelta(days=days)
    request = actions.submit_return(record, wishes, CUSTOMER, settings, now=now, **more)
    factories.commit()
    return global_id("ReturnRequest", request.pk)


def test_create_tells_every_fault_of_every_line_and_of_the_rest(order):
    foreign = factories.make_order()

    found = create(
        order,
        line(order, "Kettle", 0),
        line(order, "Cup", 9, basis="NON_CONFORMITY"),
        line(order, "Kettle", -1),
        line(foreign, "Kettle"),
        {"orderLineId": "%%%", "quantity": 1},
        line(order, "Bowl", basis="COMMERCIAL_WARRANTY"),
        note="x" * 4001,
        idempotencyKey="k" * 65,
    )

    assert found == [
        ("lines.0.quantity", TOO_FEW, "INVALID"),
        ("lines.1.quantity", cant("NON_CONFORMITY", "QUANTITY_EXCEEDED"), "QUANTITY_EXCEEDED"),
        ("lines.2.orderLineId", TWICE, "DUPLICATED"),
        ("lines.2.quantity", TOO_FEW, "INVALID"),
        ("lines.3.orderLineId", NOT_OURS, "NOT_OUR_ORDER"),
        ("lines.4.orderLineId", NOT_OURS, "NOT_OUR_ORDER"),
        (
            "lines.5.basis",
            cant("COMMERCIAL_WARRANTY", "NO_COMMERCIAL_WARRANTY"),
            "NO_COMMERCIAL_WARRANTY",
        ),
        ("note", LONG, "TOO_LONG"),
        ("idempotencyKey", "Use 1 to 64 characters.", "INVALID"),
    ]


def test_create_tells_every_reason_against_one_line():
    order = delivered(900)

    found = create(order, line(order, "Cup", 2), line(order, "Kettle", 9, basis="WITHDRAWAL"))

    assert found == [
        ("lines.0.basis", cant("WITHDRAWAL", "PERIOD_EXPIRED"), "PERIOD_EXPIRED"),
        ("lines.1.basis", cant("WITHDRAWAL", "PERIOD_EXPIRED"), "PERIOD_EXPIRED"),
        ("lines.1.quantity", cant("WITHDRAWAL", "QUANTITY_EXCEEDED"), "QUANTITY_EXCEEDED"),
    ]


def test_create_tells_for_which_lines_the_wish_is_not_offered(order):
    found = create(
        order,
        line(order, "Kettle", basis="WITHDRAWAL"),
        line(order, "Cup", basis="NON_CONFORMITY"),
        line(order, "Bowl", basis="WITHDRAWAL"),
        resolution="REPAIR",
        note="\x00",
    )

    assert found == [
        ("resolution", "REPAIR isn't offered for Kettle as WITHDRAWAL.", "NOT_OFFERED"),
        ("resolution", "REPAIR isn't offered for Bowl as WITHDRAWAL.", "NOT_OFFERED"),
        ("note", "The text holds a character that can't be stored.", "INVALID"),
    ]


def test_create_tells_every_line_that_can_be_no_draft(order):
    lines = [line(order, "Kettle"), line(order, "Cup", basis="WITHDRAWAL"), line(order, "Bowl", 0)]

    found = create(order, *lines, isDraft=True)

    name = "Name the basis of each line."
    state = "A withdrawal counts from when it is stated: state it, don't save it."
    assert found == [
        ("lines.0.basis", name, "REQUIRED"),
        ("lines.1.basis", state, "NOT_LAWFUL"),
        ("lines.2.quantity", TOO_FEW, "INVALID"),
        ("lines.2.basis", name, "REQUIRED"),
    ]


def test_update_tells_every_fault_and_changes_nothing(order):
    key = saved(order, "Kettle")
    saved(order, "Bowl")

    lines = [line(order, "Kettle", 0), line(order, "Cup", 4), line(order, "Bowl")]
    found = faults(order, UPDATE, id=key, input={"lines": lines, "note": "x" * 4001})

    assert found == [
        ("lines.0.quantity", TOO_FEW, "INVALID"),
        ("lines.1.quantity", cant("WITHDRAWAL", "QUANTITY_EXCEEDED"), "QUANTITY_EXCEEDED"),
        ("lines.2.quantity", cant("WITHDRAWAL", "ALREADY_RETURNED"), "ALREADY_RETURNED"),
        ("note", LONG, "TOO_LONG"),
    ]


def test_submit_tells_every_line_of_the_draft_that_is_no_longer_possible():
    order = delivered(900)
    draft = saved(order, "Kettle", "Cup", "Bowl", days=899, is_draft=True)
    saved(order, "Bowl", days=898)

    found = faults(order, SUBMIT, id=draft)

    assert found == [
        ("lines.0.basis", cant("GOODWILL_RETURN", "PERIOD_EXPIRED"), "PERIOD_EXPIRED"),
        ("lines.1.basis", cant("GOODWILL_RETURN", "PERIOD_EXPIRED"), "PERIOD_EXPIRED"),
        ("lines.2.basis", cant("GOODWILL_RETURN", "PERIOD_EXPIRED"), "PERIOD_EXPIRED"),
        ("lines.2.quantity", cant("GOODWILL_RETURN", "ALREADY_RETURNED"), "ALREADY_RETURNED"),
    ]
