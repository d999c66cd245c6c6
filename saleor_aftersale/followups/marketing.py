"""
When a marketing mail may go out, or why not: pure rules.

They are asked just before a mail is handed over: consent may be given or withdrawn and a
return asked for while it waits.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import NamedTuple, Optional

from ..consents.basis import Consent, is_permitted
from ..returns import local_days
from ..workdays import add_working_days
from .schedule import Skip

#: At most one marketing mail to a customer in this time.
PAUSE = timedelta(days=7)

#: Nobody gets marketing before or after these hours of their own day.
EARLIEST = time(9)
LATEST = time(20)

_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Facts:
    """What is known about the customer and the order when a marketing mail is due."""

    consent: Consent
    #: ISO 3166 alpha-2, upper case, where the customer lives; empty: unknown.
    country: str
    #: When the last marketing mail about any order went to the same mailbox.
    last_sent_at: Optional[datetime] = None
    has_open_return: bool = False
    has_lost_parcel: bool = False
    #: A low score that nobody has answered.
    has_open_low_score: bool = False


class Verdict(NamedTuple):
    """What becomes of a marketing mail now. Neither: it goes out."""

    skip: Optional[Skip] = None
    wait_until: Optional[datetime] = None


GO = Verdict()


def verdict(facts: Facts, now: datetime, *, good_until: datetime) -> Verdict:
    """
    What becomes of a marketing mail that is due.

    Args:
        good_until: after that it makes no sense any more; it waits no longer than this for
            the end of quiet hours, or for the last marketing mail to be ``PAUSE`` old.
    """
    skip = skip_reason(facts)
    if skip is not None:
        return Verdict(skip)
    if now > good_until:
        return Verdict(Skip.TOO_LATE)
    free_at = facts.last_sent_at + PAUSE if facts.last_sent_at else now
    moment = quiet_until(max(now, free_at), facts.country)
    if moment <= now:
        return GO
    if moment > good_until:
        return Verdict(Skip.TOO_SOON if free_at > now else Skip.TOO_LATE)
    return Verdict(wait_until=moment)


def skip_reason(facts: Facts) -> Optional[Skip]:
    """Why this marketing mail isn't to be sent at all, or None; the gravest reason first."""
    reasons = (
        (facts.consent is Consent.BOUNCED, Skip.SUPPRESSED),
        (not is_permitted(facts.consent, facts.country), Skip.NO_CONSENT),
        (facts.has_open_return, Skip.OPEN_RETURN),
        (facts.has_lost_parcel, Skip.PARCEL_LOST),
        (facts.has_open_low_score, Skip.LOW_SCORE),
    )
    return next((skip for holds, skip in reasons if holds), None)


def quiet_until(moment: datetime, country: str) -> datetime:
    """
    The moment itself, or the end of the quiet hours it falls into, a full hour.

    Where a country has several zones, it is a quiet hour in none of them; of a country
    that isn't in ``local_days.ZONES`` those of the whole EU count.
    """
    while _is_quiet(moment, country):
        moment = moment.replace(minute=0, second=0, microsecond=0) + _HOUR
    return moment


def _is_quiet(moment: datetime, country: str) -> bool:
    utc = moment.astimezone(timezone.utc)
    zones = local_days.ZONES.get(country, local_days.ELSEWHERE)
    summer = int(zones.has_summer_time and local_days.is_summer_time(utc))
    clocks = ((utc + _HOUR * (ahead + summer)).time() for ahead in (zones.west, zones.east))
    return any(not EARLIEST <= clock < LATEST for clock in clocks)


def due_after(event_at: datetime, working_days: int, country: str) -> datetime:
    """
    When a mail is due that many working days after something, outside quiet hours.

    The country's public holidays don't count where the extra ``holidays`` is installed.
    """
    day: date = add_working_days(event_at.date(), working_days, country)
    moment = datetime.combine(day, event_at.timetz())
    return quiet_until(moment, country)
