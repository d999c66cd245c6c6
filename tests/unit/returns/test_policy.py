"""May this line be returned, on what basis, until when."""

from dataclasses import replace
from datetime import date, datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_aftersale.returns import policy
from saleor_aftersale.returns.policy import (
    Basis,
    Decision,
    LineFacts,
    Option,
    OrderFacts,
    Policy,
    Refusal,
)

#: A Monday: 14 days end on Monday the 15th, 30 days on Wednesday 1 July.
DELIVERED = OrderFacts(delivered_at=datetime(2026, 6, 1, 12, tzinfo=timezone.utc))
UNDELIVERED = OrderFacts(delivered_at=None)
THIRTY_DAYS = Policy(return_window_days=30)
TODAY = date(2026, 6, 10)

#: Two pieces, sent and delivered, none asked for.
LINE = LineFacts(line_ref="1", sent_quantity=2, delivered_quantity=2, requested_quantity=0)
UNSENT = replace(LINE, sent_quantity=0, delivered_quantity=0)
ON_THE_WAY = replace(LINE, delivered_quantity=0)
ONE_ARRIVED = replace(LINE, delivered_quantity=1)
ALL_ASKED_FOR = replace(LINE, requested_quantity=2)

EXPIRED = Refusal.PERIOD_EXPIRED
NOT_THERE = Refusal.NOT_DELIVERED_YET
RETURNED = Refusal.ALREADY_RETURNED
TOO_MANY = Refusal.QUANTITY_EXCEEDED


def decide(line=LINE, order=DELIVERED, rules=THIRTY_DAYS, today=TODAY):
    return policy.decide(line, order, rules, today)


def refusals_by_basis(decision):
    return [list(option.refusals) for option in decision.options]


def test_policy_opens_every_basis_when_the_line_was_delivered_nine_days_ago():
    assert decide() == Decision(
        line_ref="1",
        quantity=2,
        options=(
            Option(Basis.WITHDRAWAL, (), date(2026, 6, 15), 2),
            Option(Basis.GOODWILL_RETURN, (), date(2026, 7, 1), 2),
            Option(Basis.NON_CONFORMITY, (), date(2028, 6, 1), 2),
            Option(Basis.DELIVERY_PROBLEM, (), date(2028, 6, 1), 2),
        ),
    )


@pytest.mark.parametrize(
    "today, proposed, refusals",
    [
        (date(2026, 6, 15), Basis.WITHDRAWAL, [[], [], [], []]),
        (date(2026, 6, 16), Basis.GOODWILL_RETURN, [[EXPIRED], [], [], []]),
        (date(2026, 7, 1), Basis.GOODWILL_RETURN, [[EXPIRED], [], [], []]),
        (date(2026, 7, 2), Basis.NON_CONFORMITY, [[EXPIRED], [EXPIRED], [], []]),
        (date(2028, 6, 1), Basis.NON_CONFORMITY, [[EXPIRED], [EXPIRED], [], []]),
        (date(2028, 6, 2), None, [[EXPIRED]] * 4),
    ],
)
def test_policy_refuses_a_basis_when_its_last_day_was_yesterday(today, proposed, refusals):
    decision = decide(today=today)

    assert (decision.proposed, refusals_by_basis(decision)) == (proposed, refusals)


@pytest.mark.parametrize(
    "line, quantity, proposed, refusals",
    [
        (UNSENT, 0, None, [[NOT_THERE]] * 4),
        (ON_THE_WAY, 2, Basis.WITHDRAWAL, [[], [NOT_THERE], [NOT_THERE], []]),
        (ONE_ARRIVED, 2, Basis.WITHDRAWAL, [[], [], [], []]),
        (replace(LINE, requested_quantity=1), 1, Basis.WITHDRAWAL, [[], [], [], []]),
        (
            replace(ONE_ARRIVED, requested_quantity=1),
            1,
            Basis.WITHDRAWAL,
            [[], [RETURNED], [RETURNED], []],
        ),
        (ALL_ASKED_FOR, 0, None, [[RETURNED]] * 4),
        # The shop was told of more than we know.
        (replace(LINE, requested_quantity=3), 0, None, [[RETURNED]] * 4),
    ],
)
def test_policy_refuses_a_basis_when_no_piece_is_left_for_it(line, quantity, proposed, refusals):
    decision = decide(line, UNDELIVERED)

    assert (decision.quantity, decision.proposed) == (quantity, proposed)
    assert refusals_by_basis(decision) == refusals


def test_policy_tells_all_reasons_when_there_are_several():
    late = date(2028, 6, 2)

    assert refusals_by_basis(decide(UNSENT, today=late)) == [[NOT_THERE, EXPIRED]] * 4
    assert refusals_by_basis(decide(ALL_ASKED_FOR, today=late)) == [[EXPIRED, RETURNED]] * 4


def test_policy_knows_no_end_when_delivery_is_unknown():
    decision = decide(ON_THE_WAY, UNDELIVERED, today=date(2099, 1, 1))

    assert [option.until for option in decision.options] == [None] * 4
    assert decision.option(Basis.WITHDRAWAL).is_open


@pytest.mark.parametrize(
    "window, last_on",
    [
        (0, date(2026, 6, 15)),
        (14, date(2026, 6, 15)),
        (19, date(2026, 6, 22)),  # Saturday the 20th -> Monday
        (100, date(2026, 9, 9)),
    ],
)
def test_goodwill_lasts_as_long_as_the_law_when_the_shop_offers_less(window, last_on):
    decision = decide(rules=Policy(return_window_days=window))

    assert decision.option(Basis.GOODWILL_RETURN).until == last_on
    assert decision.option(Basis.WITHDRAWAL).until == date(2026, 6, 15)


def test_period_starts_on_the_customers_day_when_delivered_late_in_the_evening():
    evening = OrderFacts(datetime(2026, 6, 1, 22, 30, tzinfo=timezone.utc))

    assert policy.until(Basis.WITHDRAWAL, evening, THIRTY_DAYS) == date(2026, 6, 16)


@pytest.mark.parametrize(
    "line, basis, quantity, refusals",
    [
        (LINE, Basis.WITHDRAWAL, 2, []),
        (LINE, Basis.WITHDRAWAL, 3, [TOO_MANY]),
        (ONE_ARRIVED, Basis.WITHDRAWAL, 2, []),
        (ONE_ARRIVED, Basis.DELIVERY_PROBLEM, 2, []),
        # What isn't in hand can't be given back out of goodwill or as faulty.
        (ONE_ARRIVED, Basis.GOODWILL_RETURN, 1, []),
        (ONE_ARRIVED, Basis.GOODWILL_RETURN, 2, [TOO_MANY]),
        (ONE_ARRIVED, Basis.NON_CONFORMITY, 2, [TOO_MANY]),
        # None is left at all: the reason says so already.
        (UNSENT, Basis.WITHDRAWAL, 1, [NOT_THERE]),
        (ALL_ASKED_FOR, Basis.WITHDRAWAL, 1, [RETURNED]),
    ],
)
def test_refusals_name_every_reason_when_pieces_are_asked_for(line, basis, quantity, refusals):
    assert policy.refusals_of(decide(line), basis, quantity) == refusals


def test_refusals_name_both_reasons_when_too_many_are_asked_for_too_late():
    decision = decide(today=date(2026, 6, 16))

    assert policy.refusals_of(decision, Basis.WITHDRAWAL, 2) == [EXPIRED]
    assert policy.refusals_of(decision, Basis.WITHDRAWAL, 3) == [EXPIRED, TOO_MANY]


def test_decisions_are_by_line_when_there_are_several():
    other = replace(UNSENT, line_ref="2")

    decisions = policy.decide_all([LINE, other], DELIVERED, THIRTY_DAYS, TODAY)

    assert decisions == {"1": decide(LINE), "2": decide(other)}


def test_decline_codes_are_those_of_the_domain_when_listed():
    exceptions = ["EXCEPTION_16_" + letter for letter in "ABCDEFGHIJKLM"]

    assert list(policy.DECLINE_CODES) == [
        "PERIOD_EXPIRED",
        "NOT_DELIVERED_YET",
        "ALREADY_RETURNED",
        "QUANTITY_EXCEEDED",
        "FINAL_SALE_GOODWILL_ONLY",
        "NO_DEFECT_FOUND",
        "DAMAGE_BY_USE",
        "NOT_OUR_ORDER",
        *exceptions,
    ]
    assert set(policy.DECLINE_CODES) - policy.WITHDRAWAL_DECLINE_CODES == {
        "NOT_DELIVERED_YET",
        "FINAL_SALE_GOODWILL_ONLY",
        "NO_DEFECT_FOUND",
        "DAMAGE_BY_USE",
    }


def test_reasons_are_named_once_when_listed():
    assert (len(policy.REASONS), len(set(policy.REASONS))) == (23, 23)


@given(st.data())
def test_no_more_is_granted_than_was_sent_when_facts_are_anything(data):
    sent = data.draw(st.integers(0, 5))
    line = LineFacts("1", sent, data.draw(st.integers(0, sent)), data.draw(st.integers(0, 6)))
    order = data.draw(st.sampled_from([DELIVERED, UNDELIVERED]))
    today = data.draw(st.dates(date(2026, 6, 1), date(2028, 7, 1)))
    quantity = data.draw(st.integers(1, 8))

    decision = policy.decide(line, order, THIRTY_DAYS, today)

    for option in decision.options:
        granted = not policy.refusals_of(decision, option.basis, quantity)
        assert granted == (option.is_open and quantity <= option.quantity)
        assert option.quantity <= decision.quantity == max(0, sent - line.requested_quantity)
        assert option.quantity > 0 or not option.is_open
