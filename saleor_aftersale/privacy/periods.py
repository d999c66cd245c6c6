"""
How long personal data is kept: pure rules.

Source: Regulation (EU) 2016/679 Art. 5(1)(e) and 17(3)(b), (e). The periods of requests and
evidence are those of limitation and book-keeping; they are suggestions, not advice.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple


class Period(NamedTuple):
    """How many years something is kept after nothing happened to it any more, and why."""

    years: int
    why: str


#: A return request, who made it, and the statement of withdrawal behind it.
REQUEST = Period(6, "claims from it can still be raised")
#: Steps of a request, decisions and refunds: what proves them.
EVIDENCE = Period(10, "books and their evidence have to be kept")
PHOTOS = Period(1, "the request may be taken up again")
MESSAGES = Period(3, "claims from it can still be raised")
SCORES = Period(2, "figures are compared with the year before")

#: Carriers' pushes and answers as they came in, and the copies beside the events made of them.
RAW_RECORDS = timedelta(days=180)


def end_of(period: Period, since: datetime) -> datetime:
    """When a period that began at that moment ends."""
    year = since.year + period.years
    try:
        return since.replace(year=year)
    except ValueError:
        # There is no 29 February in that year.
        return since.replace(year=year, month=3, day=1)


def start_of(period: Period, now: datetime) -> datetime:
    """What was last touched before that moment is over."""
    year = now.year - period.years
    try:
        return now.replace(year=year)
    except ValueError:
        return now.replace(year=year, day=28)


def is_over(period: Period, since: datetime, now: datetime) -> bool:
    """Whether it is."""
    return end_of(period, since) <= now
