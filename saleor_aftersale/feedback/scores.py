"""Scores of an order and what follows from them: pure rules."""

from __future__ import annotations

from datetime import datetime

from .. import workdays
from ..returns import local_days

#: Worst to best.
SCORES = (1, 2, 3, 4, 5)

#: Scores that staff have to answer.
LOW = (1, 2)

#: Whoever gives it may be asked to tell a friend.
HIGH = (5,)


def is_score(value: object) -> bool:
    """Whether the value is one of the five; True and 4.0 are none."""
    return type(value) is int and value in SCORES


def is_low(score: int) -> bool:
    """Whether somebody was let down and is to be answered."""
    return score in LOW


def is_high(score: int) -> bool:
    """Whether nothing was missing."""
    return score in HIGH


def reply_by(given_at: datetime, days: int, country: str) -> datetime:
    """
    Until when staff owe an answer: the end of so many working days where the customer lives.

    Args:
        days: at least 1; the day the score was given isn't one of them.
        country: ISO 3166 alpha-2; of an unknown or empty one only weekends are known.

    Returns:
        The first moment after the last of these days, in UTC. Where a country has several
        zones, the earliest one: the customer is never told a day that has passed at home.
    """
    given_on = local_days.first_day_of(given_at, country)
    last = workdays.add_working_days(given_on, days, country)
    return local_days.first_end_of(last, country)
