"""Legal rows: default, floor, source. Floors are applied last and can't be undercut."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Dict

#: Where the EU's day starts first (Finland to Cyprus, in summer), and where it ends last
#: (Azores, in winter).
_EASTMOST = timezone(timedelta(hours=3))
_WESTMOST = timezone(timedelta(hours=-1))


@dataclass(frozen=True)
class LegalRow:
    """One rule: a setting may be more generous than ``floor``, never less."""

    default: int
    floor: int
    source: str


ROWS: Dict[str, LegalRow] = {
    "withdrawal.period_days": LegalRow(14, 14, "Directive 2011/83/EU Art. 9(1)"),
    "return.send_back_days": LegalRow(14, 14, "Directive 2011/83/EU Art. 14(1)"),
    "refund.deadline_days": LegalRow(14, 14, "Directive 2011/83/EU Art. 13(1)"),
    "guarantee.period_months": LegalRow(24, 24, "Directive (EU) 2019/771 Art. 10"),
}


def at_least(key: str, wished: int) -> int:
    """The wished number, raised to the floor of that row."""
    return max(wished, ROWS[key].floor)


def day_of_event(moment: datetime) -> date:
    """
    Calendar day of a delivery, in the customer's favour.

    The customer's zone isn't known here: the day is taken where the EU's day starts
    first (UTC+3), so that the period never starts a day early. The offset in which a
    carrier wrote the moment says nothing.
    """
    return moment.astimezone(_EASTMOST).date()


def day_of_statement(moment: datetime) -> date:
    """Calendar day of a statement, in the customer's favour: where the EU's day ends last."""
    return moment.astimezone(_WESTMOST).date()


def last_day(event_on: date, period_days: int) -> date:
    """
    Last day of a period in calendar days that starts the day after the event.

    A period that would end on a Saturday or Sunday ends on the next Monday. Public
    holidays aren't known here yet.

    Source: Regulation 1182/71 Art. 3(1) and (4).
    """
    day = event_on + timedelta(days=period_days)
    return _working_day_from(day)


def last_day_of_months(event_on: date, months: int) -> date:
    """
    Last day of a period in months: the day with the event's number, or the month's last.

    Source: Regulation 1182/71 Art. 3(2)(c) and (4).
    """
    index = event_on.year * 12 + event_on.month - 1 + months
    year, month = divmod(index, 12)
    for number in range(event_on.day, 0, -1):
        try:
            return _working_day_from(date(year, month + 1, number))
        except ValueError:
            continue
    raise AssertionError("every month has a first day")


def _working_day_from(day: date) -> date:
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return day
