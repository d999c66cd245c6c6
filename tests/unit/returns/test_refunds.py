"""How much to give back."""

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_aftersale.returns import refunds
from saleor_aftersale.returns.refunds import (
    AcceptedLine,
    AmountExceeded,
    DeliveryRule,
    NothingCaptured,
)
from saleor_aftersale.values import Money
from tests.unit.orders import euros, make_line, make_order

ONE_PIECE = AcceptedLine("1", 1, Decimal("10"))


def accepted(unit_price, quantity=1, lost_value="0"):
    return AcceptedLine("1", quantity, Decimal(unit_price), Decimal(lost_value))


def refund(*lines, is_withdrawn=False, **order):
    """A withdrawal of all that an order with so many pieces has, or pieces of a defect."""
    pieces = make_line(quantity=sum(line.quantity for line in lines))
    lines = [replace(line, is_withdrawn=is_withdrawn) for line in lines]
    return refunds.refund_amount(lines, make_order(lines=(pieces,), **order))


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
    "lines, is_withdrawn, amount",
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
def test_refund_is_what_was_paid_when_lines_are_accepted(lines, is_withdrawn, amount):
    assert refund(*lines, is_withdrawn=is_withdrawn) == euros(amount)


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


# Delivery.

WITHDRAWN = AcceptedLine("1", 1, Decimal("10"), is_withdrawn=True)


def of_two(*lines, earlier=(), given="0", **rule):
    """Refund of an order of two pieces for 10 each, 5 for its delivery."""
    order = make_order(
        lines=(make_line(quantity=2, total="20"),), total=euros("25"), captured=euros("25")
    )
    return refunds.refund_amount(
        lines, order, earlier=earlier, given=Decimal(given), delivery=DeliveryRule(**rule)
    )


@pytest.mark.parametrize(
    "rule, first, last",
    [
        ({}, "10.00", "15.00"),
        ({"standard": Decimal("3.50")}, "10.00", "13.50"),
        # Never more than was paid for it.
        ({"standard": Decimal("9")}, "10.00", "15.00"),
        ({"standard": Decimal("0")}, "10.00", "10.00"),
        ({"is_shared": True}, "12.50", "12.50"),
        ({"is_shared": True, "standard": Decimal("3")}, "11.50", "11.50"),
    ],
)
def test_delivery_comes_back_by_rule_when_an_order_is_withdrawn_in_parts(rule, first, last):
    assert of_two(WITHDRAWN, **rule) == euros(first)
    assert of_two(WITHDRAWN, earlier=[WITHDRAWN], given=first, **rule) == euros(last)


def test_delivery_stays_paid_when_a_piece_came_back_for_another_reason():
    defective = replace(WITHDRAWN, is_withdrawn=False)

    assert of_two(WITHDRAWN, earlier=[defective], given="10") == euros("10.00")


def test_refund_counts_what_an_earlier_one_gave_too_little():
    assert of_two(WITHDRAWN, earlier=[WITHDRAWN], given="8") == euros("17.00")


def test_refund_leaves_what_was_promised_elsewhere():
    order = make_order()

    left = refunds.refund_amount([ONE_PIECE], order, spent=Decimal("9"))

    assert left == euros("6.00")


# An amount staff named.


def test_named_amount_is_taken_as_it_is():
    assert refunds.given_amount(Decimal("4.5"), make_order(), spent=Decimal(0)) == euros("4.50")


@pytest.mark.parametrize(
    "amount, spent, code",
    [
        ("0", "0", "AMOUNT_EXCEEDED"),
        ("-1", "0", "AMOUNT_EXCEEDED"),
        ("NaN", "0", "AMOUNT_EXCEEDED"),
        ("Infinity", "0", "AMOUNT_EXCEEDED"),
        ("15.01", "0", "AMOUNT_EXCEEDED"),
        ("6", "9.01", "AMOUNT_EXCEEDED"),
        ("0.005", "0", "INVALID"),
    ],
)
def test_named_amount_is_refused_when_it_is_not_the_shops_to_give(amount, spent, code):
    with pytest.raises(AmountExceeded) as refused:
        refunds.given_amount(Decimal(amount), make_order(), spent=Decimal(spent))

    assert (refused.value.code, refused.value.field) == (code, "amount")


# Fees and the breakdown.


def test_fee_is_taken_off_a_goodwill_return_after_the_lost_value():
    line = replace(accepted("10", quantity=3, lost_value="0.5"), fee_percent=10)

    # 30 paid, 15 lost, a tenth of the rest kept.
    assert refund(line) == euros("13.50")


def test_fee_is_never_taken_off_a_withdrawal():
    line = replace(accepted("10", quantity=3), fee_percent=10)

    assert refund(line, is_withdrawn=True, captured=euros("35")) == euros("35")


@pytest.mark.parametrize(
    "amount, line, parts",
    [
        ("27.00", {"fee_percent": 10}, ("30.00", "0.00", "3.00", "0.00", "0.00")),
        ("35.00", {"is_withdrawn": True}, ("30.00", "0.00", "0.00", "5.00", "0.00")),
        # Ten of it went back before.
        ("12.00", {"fee_percent": 10, "lost_value": Decimal("0.1")}, None),
        # A withdrawal has no fee, whatever a rule of the shop says.
        (
            "20.00",
            {"is_withdrawn": True, "fee_percent": 50},
            ("30.00", "0.00", "0.00", "0.00", "-10.00"),
        ),
    ],
)
def test_breakdown_names_the_parts_of_an_amount(amount, line, parts):
    lines = [replace(accepted("10", quantity=3), **line)]

    found = refunds.breakdown(Decimal(amount), lines, minor_units=2)

    expected = parts or ("30.00", "3.00", "2.70", "0.00", "-12.30")
    assert found == refunds.Breakdown(*map(Decimal, expected))


# Properties.


def step_of(order):
    return Decimal(1).scaleb(-order.minor_units)


@st.composite
def orders(draw):
    """An order of up to four lines in whole minor units, with any discount, paid in full."""
    minor_units = draw(st.sampled_from([0, 2, 3]))
    amounts = st.integers(0, 10**6).map(lambda number: Decimal(number).scaleb(-minor_units))
    lines = tuple(
        make_line(str(index), quantity=quantity, total=str(total))
        for index, (quantity, total) in enumerate(
            draw(st.lists(st.tuples(st.integers(1, 7), amounts), min_size=1, max_size=4))
        )
    )
    listed = sum((line.total.amount for line in lines), Decimal(0))
    shipping = draw(amounts)
    discount = draw(amounts.filter(lambda amount: amount <= listed) | st.just(Decimal(0)))
    total = Money(listed - discount + shipping, "EUR")
    return make_order(
        lines=lines,
        minor_units=minor_units,
        total=total,
        shipping=Money(shipping, "EUR"),
        captured=total,
    )


def stored(price):
    """As the database holds it."""
    return price.quantize(Decimal("0.000001"))


def one_by_one(order):
    prices = refunds.unit_prices(order)
    return [
        AcceptedLine(line.ref, 1, stored(prices[line.ref]), is_withdrawn=True)
        for line in order.lines
        for _piece in range(line.quantity)
    ]


def pay_back(order, parts, rule):
    """Amounts of one request after the other, each seeing what the ones before gave."""
    earlier, amounts = [], []
    for part in parts:
        try:
            amount = refunds.refund_amount(
                part, order, earlier=earlier, given=sum(amounts, Decimal(0)), delivery=rule
            ).amount
        except NothingCaptured:
            amount = Decimal(0)
        amounts.append(amount)
        earlier = [*earlier, *part]
        refunded = Money(sum(amounts, Decimal(0)), "EUR")
        order = replace(order, refunded=refunded)
    return amounts


@st.composite
def splits(draw):
    """An order, its pieces dealt out to requests in any way, a rule for the delivery."""
    order = draw(orders())
    pieces = draw(st.permutations(one_by_one(order)))
    parts, rest = [], list(pieces)
    while rest:
        size = draw(st.integers(1, len(rest)))
        parts.append(rest[:size])
        rest = rest[size:]
    half = (order.shipping.amount / 2).quantize(step_of(order), ROUND_HALF_UP)
    rule = DeliveryRule(
        standard=draw(st.none() | st.just(half)),
        is_shared=draw(st.booleans()),
    )
    return order, parts, rule


@given(splits())
def test_all_is_given_back_to_the_last_cent_when_everything_is_withdrawn_in_any_parts(split):
    order, parts, rule = split
    step = step_of(order)

    amounts = pay_back(order, parts, rule)

    delivery = order.shipping.amount
    if rule.standard is not None:
        delivery = min(delivery, rule.standard)
    goods = order.total.amount - order.shipping.amount
    assert sum(amounts) == (goods + delivery).quantize(step, ROUND_HALF_UP)
    assert all(amount >= 0 and amount % step == 0 for amount in amounts)


@given(splits(), st.data())
def test_refunds_never_exceed_the_capture_when_less_was_paid_and_value_was_lost(split, data):
    order, parts, rule = split
    paid = data.draw(st.integers(0, 10**6)) * step_of(order)
    order = replace(order, captured=Money(min(paid, order.total.amount), "EUR"))
    lost = st.decimals("0", "1", places=2)
    parts = [[replace(line, lost_value=data.draw(lost)) for line in part] for part in parts]

    amounts = pay_back(order, parts, rule)

    assert sum(amounts) <= order.captured.amount
    assert all(amount >= 0 and amount % step_of(order) == 0 for amount in amounts)


@given(orders())
def test_unit_prices_add_up_to_the_price_of_the_goods_when_the_order_has_a_discount(order):
    unit_prices = refunds.unit_prices(order)

    together = sum(unit_prices[line.ref] * line.quantity for line in order.lines)

    paid = order.total.amount - order.shipping.amount
    assert all(unit_price >= 0 for unit_price in unit_prices.values())
    assert abs(together - paid) < Decimal("1e-15")


@given(splits(), st.data())
def test_fee_is_exact_to_the_minor_unit_when_goodwill_returns_come_in_any_parts(split, data):
    order, parts, rule = split
    step = step_of(order)
    percent = data.draw(st.integers(0, 100))
    kept = st.fixed_dictionaries(
        {"is_withdrawn": st.booleans(), "lost_value": st.decimals("0", "1", places=2)}
    )
    parts = [
        [replace(line, fee_percent=percent, **data.draw(kept)) for line in part] for part in parts
    ]
    pieces = [piece for part in parts for piece in part]
    free = [[replace(piece, fee_percent=0) for piece in part] for part in parts]

    amounts, whole = pay_back(order, parts, rule), pay_back(order, free, rule)

    goodwill = [piece for piece in pieces if not piece.is_withdrawn]
    fee = sum((piece.price - piece.lost for piece in goodwill), Decimal(0)) * percent / 100
    # Both sums are rounded once.
    assert abs(sum(whole) - sum(amounts) - fee) <= step
    assert all(amount >= 0 and amount % step == 0 for amount in amounts)
    if not goodwill or not percent:
        assert amounts == whole


@given(splits(), st.data())
def test_breakdown_adds_up_to_the_amount_when_parts_are_rounded(split, data):
    order, parts, _rule = split
    percent = data.draw(st.integers(0, 100))
    lines = [replace(line, is_withdrawn=False, fee_percent=percent) for line in parts[0]]
    amount = data.draw(st.integers(0, 10**6)) * step_of(order)

    found = refunds.breakdown(amount, lines, minor_units=order.minor_units)

    together = found.goods - found.lost_value - found.fee + found.delivery + found.other
    assert together == amount
    assert min(found.goods, found.lost_value, found.fee, found.delivery) >= 0
