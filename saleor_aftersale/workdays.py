"""Working days and public holidays by country: pure rules; the calendar is a library's."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import Container

_DAY = timedelta(days=1)


def has_calendar(country: str) -> bool:
    """Whether public holidays of the country are known: the extra ``holidays`` is installed."""
    return not isinstance(_holidays(country.upper()), frozenset)


def is_working_day(day: date, country: str) -> bool:
    """
    Whether the day is neither Saturday, Sunday nor a public holiday.

    Args:
        country: ISO 3166 alpha-2; of an unknown or empty one only the weekend is known.

    Source: Reg. 1182/71 Art. 2(2).
    """
    return day.weekday() < 5 and day not in _holidays(country.upper())


def working_day_from(day: date, country: str) -> date:
    """The day itself if it is a working day, else the next one that is."""
    while not is_working_day(day, country):
        day += _DAY
    return day


def add_working_days(day: date, count: int, country: str) -> date:
    """The day that many working days after ``day``; ``count`` 0 gives ``working_day_from``."""
    day = working_day_from(day, country) if count == 0 else day
    for _ in range(count):
        day = working_day_from(day + _DAY, country)
    return day


@lru_cache(maxsize=None)
def _holidays(country: str) -> Container[date]:
    """A calendar that works out each year when it is first asked for; empty without one."""
    try:
        # optional dependency; slow import: only whoever asks for a day pays for it.
        import holidays  # noqa: PLC0415 -- optional dependency
    except ImportError:
        return frozenset()
    try:
        calendar: Container[date] = holidays.country_holidays(country)
    except (NotImplementedError, KeyError):
        return frozenset()
    return calendar
