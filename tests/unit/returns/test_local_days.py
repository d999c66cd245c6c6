"""Calendar days where the customer lives."""

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_aftersale.returns import local_days


@pytest.mark.parametrize(
    "moment, country, day",
    [
        ("2026-06-01T21:59:59+00:00", "PL", date(2026, 6, 1)),  # summer: two hours ahead
        ("2026-06-01T22:00:00+00:00", "PL", date(2026, 6, 2)),
        ("2026-12-01T22:59:59+00:00", "PL", date(2026, 12, 1)),  # winter: one hour
        ("2026-12-01T23:00:00+00:00", "PL", date(2026, 12, 2)),
        ("2026-06-01T21:00:00+00:00", "BG", date(2026, 6, 2)),
        ("2026-07-01T23:30:00+00:00", "IS", date(2026, 7, 1)),  # no summer time
        ("2026-07-01T23:30:00+00:00", "IE", date(2026, 7, 2)),
        ("2026-07-01T23:30:00+02:00", "PL", date(2026, 7, 1)),  # as a carrier may write it
    ],
)
def test_day_is_the_countrys_own_when_it_has_one_zone(moment, country, day):
    moment = datetime.fromisoformat(moment)

    assert local_days.first_day_of(moment, country) == day
    assert local_days.last_day_of(moment, country) == day


@pytest.mark.parametrize(
    "country, first, last",
    [
        ("ES", date(2026, 6, 1), date(2026, 6, 2)),
        ("PT", date(2026, 6, 1), date(2026, 6, 1)),
        ("RU", date(2026, 6, 2), date(2026, 6, 2)),
        ("US", date(2026, 6, 1), date(2026, 6, 2)),
        ("", date(2026, 6, 1), date(2026, 6, 2)),
    ],
)
def test_both_days_are_told_when_a_country_has_several_zones(country, first, last):
    moment = datetime(2026, 6, 1, 22, 30, tzinfo=timezone.utc)

    days = (local_days.first_day_of(moment, country), local_days.last_day_of(moment, country))

    assert days == (first, last)


@pytest.mark.parametrize(
    "moment, is_summer",
    [
        ("2026-03-29T00:59:59+00:00", False),
        ("2026-03-29T01:00:00+00:00", True),
        ("2026-10-25T00:59:59+00:00", True),
        ("2026-10-25T01:00:00+00:00", False),
        ("2024-03-31T01:00:00+00:00", True),
        ("2027-10-31T00:59:59+00:00", True),
        ("2026-01-15T12:00:00+00:00", False),
    ],
)
def test_summer_time_holds_between_the_last_sundays(moment, is_summer):
    assert local_days.is_summer_time(datetime.fromisoformat(moment)) is is_summer


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),
    st.sampled_from(["", "US", *local_days.ZONES]),
)
def test_first_day_is_never_after_the_last_when_moment_is_any(naive, country):
    moment = naive.replace(tzinfo=timezone.utc)

    first = local_days.first_day_of(moment, country)
    last = local_days.last_day_of(moment, country)

    assert timedelta(0) <= last - first <= timedelta(days=1)
    assert abs(first - moment.date()) <= timedelta(days=1)


def test_day_ends_first_in_the_east_and_last_in_the_west_when_a_country_has_several_zones():
    day = date(2026, 7, 1)

    assert local_days.first_end_of(day, "ES") == datetime(2026, 7, 1, 22, 0, tzinfo=timezone.utc)
    assert local_days.last_end_of(day, "ES") == datetime(2026, 7, 1, 23, 0, tzinfo=timezone.utc)
    assert local_days.first_end_of(day, "XX") == datetime(2026, 7, 1, 21, 0, tzinfo=timezone.utc)
    assert local_days.last_end_of(day, "XX") == datetime(2026, 7, 2, 1, 0, tzinfo=timezone.utc)
