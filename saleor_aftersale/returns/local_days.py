"""
The calendar day of a moment where the customer lives: pure rules.

Written down here, because Python 3.8 has no time zones of its own. Where a country has
several, the one that favours the customer counts.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import Dict, NamedTuple, Tuple

_HOUR = timedelta(hours=1)


class Zones(NamedTuple):
    """A country's hours ahead of UTC in winter, from its westmost zone to its eastmost."""

    west: int
    east: int
    #: An hour more from the last Sunday of March to that of October.
    has_summer_time: bool = True


_CENTRAL = "AD AL AT BA BE CH CZ DE DK FR HR HU IT LI LU MC ME MK MT NL NO PL RS SE SI SK SM VA"
_EASTERN = "BG CY EE FI GR LT LV MD RO UA"

ZONES: Dict[str, Zones] = {
    **{country: Zones(1, 1) for country in _CENTRAL.split()},
    **{country: Zones(2, 2) for country in _EASTERN.split()},
    "GB": Zones(0, 0),
    "IE": Zones(0, 0),
    "IS": Zones(0, 0, has_summer_time=False),
    "ES": Zones(0, 1),  # the Canary Islands
    "PT": Zones(-1, 0),  # the Azores
    "RU": Zones(2, 12, has_summer_time=False),
}

#: For any other country: where the EU's day ends last (Azores, winter) and starts first
#: (Cyprus, summer).
ELSEWHERE = Zones(-1, 3, has_summer_time=False)


def first_day_of(moment: datetime, country: str) -> date:
    """The day at that moment in the country's westmost zone, where it is earlier."""
    zones = ZONES.get(country, ELSEWHERE)
    return _day(moment, zones.west, zones)


def last_day_of(moment: datetime, country: str) -> date:
    """The day at that moment in the country's eastmost zone, where it is later."""
    zones = ZONES.get(country, ELSEWHERE)
    return _day(moment, zones.east, zones)


def first_end_of(day: date, country: str) -> datetime:
    """Midnight after a day in the country's eastmost zone, where it comes first."""
    zones = ZONES.get(country, ELSEWHERE)
    return _midnight_after(day, zones.east, zones)


def last_end_of(day: date, country: str) -> datetime:
    """Midnight after a day in the country's westmost zone, where it comes last."""
    zones = ZONES.get(country, ELSEWHERE)
    return _midnight_after(day, zones.west, zones)


def _midnight_after(day: date, hours: int, zones: Zones) -> datetime:
    midnight = datetime.combine(day + timedelta(days=1), time(), timezone.utc)
    is_summer = zones.has_summer_time and is_summer_time(midnight)
    return midnight - (hours + is_summer) * _HOUR


def _day(moment: datetime, hours: int, zones: Zones) -> date:
    utc = moment.astimezone(timezone.utc)
    if zones.has_summer_time and is_summer_time(utc):
        hours += 1
    # Most hours of a day leave it the day it is in UTC; a new moment costs more than a look.
    return utc.date() if 0 <= utc.hour + hours < 24 else (utc + hours * _HOUR).date()


def is_summer_time(utc: datetime) -> bool:
    """
    Whether European clocks are an hour ahead at that moment.

    Source: Directive 2000/84/EC Art. 2-3: from 1 a.m. UTC on the last Sunday of March to
    1 a.m. UTC on the last Sunday of October.
    """
    starts, ends = _summer_of(utc.year)
    return starts <= utc < ends


@lru_cache(maxsize=None)
def _summer_of(year: int) -> Tuple[datetime, datetime]:
    return _last_sunday(year, 3) + _HOUR, _last_sunday(year, 10) + _HOUR


def _last_sunday(year: int, month: int) -> datetime:
    """Midnight in UTC of the last Sunday of a month with 31 days."""
    last = datetime(year, month, 31, tzinfo=timezone.utc)
    return last - timedelta(days=(last.weekday() + 1) % 7)
