from __future__ import annotations

import sys
from datetime import date

import pytest

from saleor_aftersale import workdays

#: A Friday; Monday 4 May 2026 is no holiday, Sunday 3 May is one in Poland.
FRIDAY = date(2026, 5, 1)


def test_weekend_is_no_working_day_of_any_country():
    assert not workdays.is_working_day(date(2026, 5, 2), "")


def test_public_holiday_is_no_working_day_in_its_country_alone():
    found = [workdays.is_working_day(date(2026, 11, 11), country) for country in ("PL", "BG")]

    assert found == [False, True]


def test_working_day_from_skips_holiday_and_weekend():
    assert workdays.working_day_from(FRIDAY, "PL") == date(2026, 5, 4)


def test_working_day_from_is_the_day_itself_when_it_is_one():
    assert workdays.working_day_from(date(2026, 5, 5), "PL") == date(2026, 5, 5)


@pytest.mark.parametrize(
    "count, expected",
    [(0, date(2026, 5, 4)), (1, date(2026, 5, 4)), (2, date(2026, 5, 5)), (6, date(2026, 5, 11))],
)
def test_add_working_days_counts_only_working_days(count, expected):
    assert workdays.add_working_days(FRIDAY, count, "PL") == expected


def test_country_is_read_in_any_case():
    assert not workdays.is_working_day(date(2026, 11, 11), "pl")


@pytest.mark.parametrize("country, expected", [("PL", True), ("XX", False), ("", False)])
def test_has_calendar_tells_known_countries(country, expected):
    assert workdays.has_calendar(country) is expected


def test_only_weekends_are_known_when_the_library_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "holidays", None)
    workdays._holidays.cache_clear()

    try:
        assert workdays.is_working_day(date(2026, 11, 11), "PL")
    finally:
        workdays._holidays.cache_clear()
