"""How much to give back."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_aftersale.returns import refunds
from saleor_aftersale.returns.refunds import AcceptedLine, NothingCaptured
from saleor_aftersale.values import Money
from tests.unit.orders import euros, make_line, make_order

ONE_PIECE = AcceptedLine("1", 1, Decimal("10"))


def accepted(unit_price, quantity=1, lost_value="0"):
    return AcceptedLine("1", quantity, Decimal(unit_price), Decimal(lost_value))


def refund(*lines, with_delivery=False, **order):
    return refunds.refund_amount(lines, make_order(**order), with_delivery=with_delivery)


def prices(total, *lines, shipping="5"):
    order = make_order(lines=lines, total=euros(total), shipping=euros(shipping))
    return refunds.unit_prices(order)


# Price of one piece.


def test_unit_price_is_the_lines_share_when_lines_show_the_whole_price():
    lines = [make_line("1", quantity=2, total="30"), make_line("2", quantity=3, total="10")]

    assert prices("45", *lines) == {"1": Decimal(15), "2": Decimal(10) / 3}


def test_unit_price_is_lowered_in_proportion_when_the_order_has_a_discount():
    lines = [make_line("1", quantity=2, total="30"), make_line("2", total="10")]

    # 40 listed, 30 paid for goods.
    assert prices("35", *lines) == {"1": Decimal("11.25"), "2": Decimal("7.5")}


@pytest.mark.parametrize(
    "total, shipping, unit_price",
    [
        # Everything was given away.
        ("0", "0", "0"),
        ("5", "5", "0"),
        # The discount took off more than the goods cost: they never cost less than nothing.
        ("0", "5", "0"),
        # The order cost more than its lines show, as with a fee: it isn't the line's price.
        ("20", "5", "10"),
    ],
)
def test_unit_price_stays_between_nothing_and_the_lines_price_when_totals_are_odd(
    total, shipping, unit_price
):
    assert prices(total, make_line(), shipping=shipping) == {"1": Decimal(unit_price)}


def test_unit_prices_are_zero_when_every_line_is_free():
    assert prices("5", make_line("1", total="0"), make_line("2", total="0")) == {
        "1": Decimal(0),
        "2": Decimal(0),
    }


def test_unit_price_is_missing_when_a_line_has_no_pieces():
    assert prices("15", make_line("1"), make_line("2", quantity=0, total="0")) == {"1": Decimal(10)}


# The amount.


@pytest.mark.parametrize(
    "lines, with_delivery, amount",
    [
        ([accepted("3")], False, "3.00"),
        ([accepted("3")], True, "8.00"),
        ([accepted("3", quantity=2), accepted("1.50")], False, "7.50"),
        # Half of the value is lost; delivery isn't lowered by that.
        ([accepted("4", lost_value="0.5")], True, "7.00"),
        ([accepted("4", lost_value="1")], True, "5.00"),
        # Rounded once, at the end, half up.
        ([accepted("3.335")], False, "3.34"),
        ([accepted("3.334")], False, "3.33"),
        ([accepted("0.005"), accepted("0.005")], False, "0.01"),
        ([accepted("3.333333", quantity=3)], False, "10.00"),
    ],
)
def test_refund_is_what_was_paid_when_lines_are_accepted(lines, with_delivery, amount):
    assert refund(*lines, with_delivery=with_delivery) == euros(amount)


@pytest.mark.parametrize(
    "minor_units, amount", [(0, Decimal("1235")), (2, Decimal("1234.57")), (3, Decimal("1234.568"))]
)
def test_refund_is_in_whole_minor_units_when_the_currency_has_other_ones(minor_units, amount):
    line = accepted("1234.5678")
    money = Money(Decimal(5000), "XXX")

    found = refund(line, currency="XXX", minor_units=minor_units, captured=money)

    assert found == Money(amount, "XXX")
    assert found.amount.as_tuple().exponent == -minor_units


@pytest.mark.parametrize(
    "captured, already_refunded, amount",
    [
        ("15", "0", "10.00"),
        ("15", "7", "8.00"),
        ("4", "0", "4.00"),
        ("4", "3.5", "0.50"),
        # What is left isn't in whole cents: never more than that.
        ("9.999", "0", "9.99"),
    ],
)
def test_refund_is_at_most_what_is_left_when_less_was_captured(captured, already_refunded, amount):
    found = refund(ONE_PIECE, captured=euros(captured), refunded=euros(already_refunded))

    assert found == euros(amount)


@pytest.mark.parametrize(
    "line, captured, already_refunded",
    [
        (ONE_PIECE, "0", "0"),
        (ONE_PIECE, "15", "15"),
        (ONE_PIECE, "15", "20"),
        (ONE_PIECE, "15", "14.995"),
        (accepted("0"), "15", "0"),
        (accepted("0.004"), "15", "0"),
        (accepted("10", lost_value="1"), "15", "0"),
    ],
)
def test_refund_is_refused_when_nothing_would_go_back(line, captured, already_refunded):
    with pytest.raises(NothingCaptured) as refused:
        refund(line, captured=euros(captured), refunded=euros(already_refunded))

    error = refused.value
    assert (error.code, error.field) == ("NOTHING_TO_REFUND", None)
    assert error.message == "Nothing is left to refund for this order."


# Properties.

AMOUNTS = st.decimals("0", "1000", places=3)


@st.composite
def orders(draw):
    """An order of up to four lines with any totals, discounts and captures."""
    lines = tuple(
        make_line(str(index), quantity=quantity, total=str(total))
        for index, (quantity, total) in enumerate(
            draw(st.lists(st.tuples(st.integers(1, 7), AMOUNTS), min_size=1, max_size=4))
        )
    )
    order = make_order(
        lines=lines,
        minor_units=draw(st.sampled_from([0, 2, 3])),
        total=euros(str(draw(AMOUNTS))),
        shipping=euros(str(draw(AMOUNTS))),
    )
    captured = draw(st.sampled_from([order.total, euros(str(draw(AMOUNTS)))]))
    return replace(order, captured=captured)


@given(orders(), st.data())
def test_refunds_never_exceed_the_capture_when_pieces_come_back_one_by_one(order, data):
    step = Decimal(1).scaleb(-order.minor_units)
    for ref, unit_price in refunds.unit_prices(order).items():
        lost_value = data.draw(st.decimals("0", "1", places=2))
        line = AcceptedLine(ref, 1, unit_price, lost_value)
        try:
            amount = refunds.refund_amount([line], order, with_delivery=data.draw(st.booleans()))
        except NothingCaptured:
            continue
        assert amount.amount > 0
        assert amount.amount % step == 0
        order = replace(order, refunded=Money(order.refunded.amount + amount.amount, "EUR"))
        assert order.refunded.amount <= order.captured.amount


@given(orders())
def test_whole_order_gives_back_its_price_when_all_pieces_and_delivery_are_refunded(order):
    order = replace(order, captured=order.total)
    listed = sum(line.total.amount for line in order.lines)
    step = Decimal(1).scaleb(-order.minor_units)
    unit_prices = refunds.unit_prices(order)
    lines = [AcceptedLine(line.ref, line.quantity, unit_prices[line.ref]) for line in order.lines]

    try:
        amount = refunds.refund_amount(lines, order, with_delivery=True).amount
    except NothingCaptured:
        amount = Decimal(0)

    expected = min(order.total.amount, listed + order.shipping.amount)
    assert abs(amount - expected) < step
    assert amount <= order.total.amount


@given(orders())
def test_unit_prices_add_up_to_the_price_of_the_goods_when_the_order_has_a_discount(order):
    listed = sum(line.total.amount for line in order.lines)
    paid = max(Decimal(0), order.total.amount - order.shipping.amount)
    unit_prices = refunds.unit_prices(order)

    together = sum(unit_prices[line.ref] * line.quantity for line in order.lines)

    assert all(unit_price >= 0 for unit_price in unit_prices.values())
    assert abs(together - min(listed, paid)) < Decimal("1e-20")
