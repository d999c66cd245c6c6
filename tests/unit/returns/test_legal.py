"""Legal rows and periods. Day names in comments show where a weekend moves the end."""

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_aftersale.returns import legal
from saleor_aftersale.returns.legal import LegalRow


def test_rows_are_those_of_the_domain_when_listed():
    assert {
        "withdrawal.period_days": LegalRow(14, 14, "Directive 2011/83/EU Art. 9(1)"),
        "return.send_back_days": LegalRow(14, 14, "Directive 2011/83/EU Art. 14(1)"),
        "refund.deadline_days": LegalRow(14, 14, "Directive 2011/83/EU Art. 13(1)"),
        "guarantee.period_months": LegalRow(24, 24, "Directive (EU) 2019/771 Art. 10"),
    } == legal.ROWS


@pytest.mark.parametrize("key", legal.ROWS)
def test_default_respects_the_floor_when_nothing_is_set(key):
    row = legal.ROWS[key]

    assert legal.at_least(key, row.default) == row.default


@pytest.mark.parametrize("wished, days", [(-1, 14), (0, 14), (13, 14), (14, 14), (30, 30)])
def test_at_least_raises_to_the_floor_when_less_is_wished(wished, days):
    assert legal.at_least("withdrawal.period_days", wished) == days


@pytest.mark.parametrize(
    "moment, day",
    [
        ("2026-06-01T20:59:59+00:00", date(2026, 6, 1)),
        ("2026-06-01T21:00:00+00:00", date(2026, 6, 2)),
        # The same instants as a carrier may write them.
        ("2026-06-01T22:59:59+02:00", date(2026, 6, 1)),
        ("2026-06-01T23:00:00+02:00", date(2026, 6, 2)),
        ("2026-06-01T20:00:00-05:00", date(2026, 6, 2)),
        ("2026-12-31T21:00:00+00:00", date(2027, 1, 1)),
    ],
)
def test_day_of_event_is_that_of_the_eastmost_zone_when_zones_differ(moment, day):
    assert legal.day_of_event(datetime.fromisoformat(moment)) == day


@pytest.mark.parametrize(
    "moment, day",
    [
        ("2026-06-02T00:59:59+00:00", date(2026, 6, 1)),
        ("2026-06-02T01:00:00+00:00", date(2026, 6, 2)),
        ("2026-06-02T02:59:59+02:00", date(2026, 6, 1)),
        ("2026-06-02T03:00:00+02:00", date(2026, 6, 2)),
        ("2026-06-01T20:30:00-05:00", date(2026, 6, 2)),
    ],
)
def test_day_of_statement_is_that_of_the_westmost_zone_when_zones_differ(moment, day):
    assert legal.day_of_statement(datetime.fromisoformat(moment)) == day


@pytest.mark.parametrize(
    "event_on, last_on",
    [
        (date(2026, 6, 1), date(2026, 6, 15)),  # Monday to Monday
        (date(2026, 6, 5), date(2026, 6, 19)),  # Friday to Friday
        (date(2026, 6, 6), date(2026, 6, 22)),  # Saturday 20 -> Monday
        (date(2026, 6, 7), date(2026, 6, 22)),  # Sunday 21 -> Monday
        (date(2026, 2, 17), date(2026, 3, 3)),  # over the end of February
        (date(2028, 2, 16), date(2028, 3, 1)),  # the same in a leap year
        (date(2026, 12, 25), date(2027, 1, 8)),  # over the end of the year
    ],
)
def test_last_day_is_the_fourteenth_or_the_next_monday_when_days_are_counted(event_on, last_on):
    assert legal.last_day(event_on, 14) == last_on


@pytest.mark.parametrize(
    "event_on, months, last_on",
    [
        (date(2026, 6, 1), 24, date(2028, 6, 1)),  # Thursday
        (date(2026, 6, 3), 24, date(2028, 6, 5)),  # Saturday -> Monday
        (date(2026, 6, 4), 24, date(2028, 6, 5)),  # Sunday -> Monday
        (date(2028, 2, 29), 24, date(2030, 2, 28)),  # no 29 February
        (date(2024, 2, 29), 48, date(2028, 2, 29)),  # there is one
        (date(2026, 3, 31), 1, date(2026, 4, 30)),  # no 31 April
        (date(2026, 1, 31), 1, date(2026, 3, 2)),  # Saturday 28 February -> Monday
        (date(2026, 12, 1), 1, date(2027, 1, 1)),  # over the end of the year
        (date(2026, 11, 30), 1, date(2026, 12, 30)),  # December is month 12
    ],
)
def test_last_day_has_the_events_number_when_months_are_counted(event_on, months, last_on):
    assert legal.last_day_of_months(event_on, months) == last_on


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 400))
def test_last_day_is_a_working_day_at_most_two_days_later_when_any_day_starts_it(day, days):
    last_on = legal.last_day(day, days)

    assert last_on.weekday() < 5
    assert timedelta(0) <= last_on - (day + timedelta(days=days)) <= timedelta(days=2)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 60))
def test_last_day_of_months_is_a_working_day_when_any_day_starts_it(day, months):
    last_on = legal.last_day_of_months(day, months)

    passed = (last_on.year - day.year) * 12 + last_on.month - day.month
    assert last_on.weekday() < 5
    # A weekend at the end of the month moves the end into the next one.
    assert passed == months or (passed == months + 1 and last_on.day <= 2)


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),
    st.integers(-12, 14).map(lambda offset: timezone(timedelta(hours=offset))),
)
def test_days_are_the_same_when_a_moment_is_written_in_another_zone(naive, zone):
    moment = naive.replace(tzinfo=timezone.utc)
    written = moment.astimezone(zone)

    assert legal.day_of_event(written) == legal.day_of_event(moment)
    assert legal.day_of_statement(written) == legal.day_of_statement(moment)
    assert legal.day_of_statement(moment) <= legal.day_of_event(moment)
