"""The legal clocks of a request. Monday 1 June 2026 is the day of most statements."""

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_aftersale import workdays
from saleor_aftersale.returns import deadlines
from saleor_aftersale.returns.bases import Basis
from saleor_aftersale.returns.deadlines import Clock, Duty, Moments, Start, Stop

STATED = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)
MONDAY = date(2026, 6, 15)


def after(days):
    return STATED + timedelta(days=days)


# Refund


def test_refund_waits_for_the_goods_when_nothing_was_sent():
    clock = deadlines.refund_clock(Moments(STATED), "PL")

    assert clock == Clock(
        duty=Duty.REFUND,
        started_by=Start.TOLD,
        started_at=STATED,
        due_on=None,
        source="Directive 2011/83/EU Art. 13(1)",
        is_withheld=True,
    )


@pytest.mark.parametrize(
    "moments, due_on, released_by",
    [
        (Moments(STATED, sent_at=after(2)), MONDAY, Stop.SENT),
        (Moments(STATED, received_at=after(3)), MONDAY, Stop.RECEIVED),
        # The earlier one counts.
        (Moments(STATED, sent_at=after(2), received_at=after(5)), MONDAY, Stop.SENT),
        (Moments(STATED, sent_at=after(5), received_at=after(2)), MONDAY, Stop.RECEIVED),
        # Sent after the fourteen days: due on that day.
        (Moments(STATED, sent_at=after(20)), date(2026, 6, 21), Stop.SENT),
        # Whoever fetches the goods may not wait for them.
        (Moments(STATED, goods_waived_at=STATED), MONDAY, Stop.NOT_NEEDED),
    ],
)
def test_refund_is_due_when_the_goods_are_back_or_shown_to_be_sent(moments, due_on, released_by):
    clock = deadlines.refund_clock(moments, "PL")

    assert (clock.due_on, clock.released_by, clock.is_withheld) == (due_on, released_by, False)
    assert clock.stopped_by is None


@pytest.mark.parametrize("sent_at", [None, after(2)])
def test_refund_clock_stops_when_the_money_is_back(sent_at):
    clock = deadlines.refund_clock(Moments(STATED, sent_at=sent_at, refunded_at=after(4)), "PL")

    assert (clock.stopped_by, clock.stopped_at) == (Stop.REFUNDED, after(4))
    assert (clock.due_on, clock.is_withheld) == (MONDAY, False)


def test_refund_is_due_sooner_under_a_law_that_was_switched_on():
    moments = Moments(STATED, received_at=STATED)

    due = [
        deadlines.refund_clock(moments, "RU", profiles=frozenset(profiles)).due_on
        for profiles in ({"RU"}, set())
    ]

    assert due == [date(2026, 6, 11), MONDAY]


# Sending back


@pytest.mark.parametrize(
    "moments, stopped_by, stopped_at",
    [
        (Moments(STATED), None, None),
        (Moments(STATED, sent_at=after(3), received_at=after(9)), Stop.SENT, after(3)),
        (Moments(STATED, received_at=after(9)), Stop.RECEIVED, after(9)),
        (Moments(STATED, goods_waived_at=after(1)), Stop.NOT_NEEDED, after(1)),
    ],
)
def test_goods_are_to_be_sent_within_fourteen_days_of_the_statement(
    moments, stopped_by, stopped_at
):
    clock = deadlines.send_back_clock(moments, "PL")

    assert (clock.started_by, clock.due_on) == (Start.STATEMENT, MONDAY)
    assert (clock.stopped_by, clock.stopped_at) == (stopped_by, stopped_at)


@pytest.mark.parametrize(
    "sent_at, is_overdue",
    [(None, True), (after(14), False), (after(15), True)],
)
def test_goods_were_sent_too_late_when_the_day_had_passed(sent_at, is_overdue):
    clock = deadlines.send_back_clock(Moments(STATED, sent_at=sent_at), "PL")

    assert clock.is_overdue(after(30), "PL") is is_overdue


# Complaints


@pytest.mark.parametrize(
    "country, reply_on, conformity_on",
    [("PL", MONDAY, None), ("BG", None, date(2026, 7, 1)), ("DE", None, None)],
)
def test_complaint_has_days_only_where_the_country_names_them(country, reply_on, conformity_on):
    clocks = deadlines.clocks_of(Basis.NON_CONFORMITY, Moments(STATED), country)

    assert [(clock.duty, clock.due_on) for clock in clocks] == [
        (Duty.REPLY, reply_on),
        (Duty.CONFORMITY, conformity_on),
    ]


@pytest.mark.parametrize(
    "moments, reply, conformity",
    [
        (Moments(STATED), None, None),
        (Moments(STATED, replied_at=after(3)), Stop.REPLIED, None),
        (Moments(STATED, remedied_at=after(3)), Stop.REMEDIED, Stop.REMEDIED),
        (Moments(STATED, replied_at=after(9), refunded_at=after(3)), Stop.REFUNDED, Stop.REFUNDED),
    ],
)
def test_complaint_is_answered_by_words_or_by_deeds(moments, reply, conformity):
    clocks = deadlines.clocks_of(Basis.DELIVERY_PROBLEM, moments, "PL")

    assert [clock.stopped_by for clock in clocks] == [reply, conformity]


def test_reply_is_overdue_when_its_day_has_passed_in_the_country():
    clock = deadlines.reply_clock(Moments(STATED), "PL")

    # 22:00 in UTC is midnight in Warsaw.
    last_moment = datetime(2026, 6, 15, 21, 59, tzinfo=timezone.utc)

    assert not clock.is_overdue(last_moment, "PL")
    assert clock.is_overdue(last_moment + timedelta(minutes=1), "PL")


def test_duty_without_a_day_is_never_overdue():
    clock = deadlines.conformity_clock(Moments(STATED), "DE")

    assert not clock.is_overdue(after(3650), "DE")


@pytest.mark.parametrize(
    "basis, duties",
    [
        (Basis.WITHDRAWAL, [Duty.REFUND, Duty.SEND_BACK]),
        (Basis.GOODWILL_RETURN, []),
        (Basis.NON_CONFORMITY, [Duty.REPLY, Duty.CONFORMITY]),
        (Basis.COMMERCIAL_WARRANTY, []),
        (Basis.DELIVERY_PROBLEM, [Duty.REPLY, Duty.CONFORMITY]),
        (Basis.REFUSED_DELIVERY, []),
    ],
)
def test_clocks_run_only_where_the_law_sets_them(basis, duties):
    clocks = deadlines.clocks_of(basis, Moments(STATED), "PL")

    assert [clock.duty for clock in clocks] == duties


@pytest.mark.skipif(not workdays.has_calendar("PL"), reason="needs the extra holidays")
def test_deadline_moves_past_the_public_holiday_of_the_country():
    stated = datetime(2026, 10, 28, 12, tzinfo=timezone.utc)

    due = [deadlines.send_back_clock(Moments(stated), country).due_on for country in ("PL", "BG")]

    assert due == [date(2026, 11, 12), date(2026, 11, 11)]


MOMENTS = st.integers(0, 60 * 24).map(lambda hours: STATED + timedelta(hours=hours))


@given(st.data())
def test_clocks_hold_together_when_moments_are_any(data):
    maybe = st.one_of(st.none(), MOMENTS)
    moments = Moments(STATED, *[data.draw(maybe) for _ in range(6)])
    country = data.draw(st.sampled_from(["", "PL", "BG", "ES", "RU"]))
    basis = data.draw(st.sampled_from(list(Basis)))

    for clock in deadlines.clocks_of(basis, moments, country):
        assert (clock.stopped_at is None) == (clock.stopped_by is None)
        assert (clock.released_at is None) == (clock.released_by is None)
        assert not (clock.is_withheld and (clock.due_on or clock.stopped_by or clock.released_by))
        assert clock.due_on is None or clock.due_on >= STATED.date() + timedelta(days=13)
        assert clock.due_on is None or clock.is_overdue(after(400), country) or clock.stopped_by
