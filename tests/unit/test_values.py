"""Plain values that decide something."""

import pytest

from saleor_aftersale.values import AftersaleError, NotFound, Requester, Role, is_storable
from tests.unit.orders import euros, make_order


@pytest.mark.parametrize(
    "total, captured, is_paid",
    [
        ("15", "15", True),
        ("15", "16", True),
        ("15", "14.99", False),
        ("15", "0", False),
        ("0", "0", True),
    ],
)
def test_order_is_paid_when_nothing_is_left_to_pay(total, captured, is_paid):
    assert make_order(total=euros(total), captured=euros(captured)).is_paid is is_paid


def test_order_stays_paid_when_money_went_back():
    assert make_order(refunded=euros("15")).is_paid is True


@pytest.mark.parametrize(
    "may_manage_orders, channels, may_manage",
    [
        (True, None, True),
        (True, frozenset({"pl"}), True),
        (True, frozenset({"bg"}), False),
        (True, frozenset(), False),
        (False, None, False),
        (False, frozenset({"pl"}), False),
    ],
)
def test_requester_may_manage_a_channel_when_permitted_there(
    may_manage_orders, channels, may_manage
):
    person = Requester(Role.STAFF, may_manage_orders=may_manage_orders, channels=channels)

    assert person.may_manage("pl") is may_manage


@pytest.mark.parametrize(
    "error, facts",
    [
        (AftersaleError("Wrong."), ("INVALID", None, "Wrong.")),
        (NotFound("Gone.", field="id"), ("NOT_FOUND", "id", "Gone.")),
        (NotFound("Gone.", code="LOST"), ("LOST", None, "Gone.")),
    ],
)
def test_error_carries_code_field_and_message_when_raised(error, facts):
    assert (error.code, error.field, error.message) == facts
    assert str(error) == facts[2]


def test_error_keeps_its_class_code_when_one_was_raised_with_another():
    NotFound("Gone.", code="LOST")

    assert NotFound("Gone.").code == "NOT_FOUND"


@pytest.mark.parametrize(
    "text, storable",
    [("", True), ("Łódź 🦊", True), ("\x01", True), ("a\x00b", False), ("\ud83e", False)],
)
def test_text_is_storable_when_the_database_can_hold_it(text, storable):
    assert is_storable(text) is storable
