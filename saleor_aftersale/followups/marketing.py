"""
When a marketing mail may go out, or why not: pure rules.

They are asked twice: when the mail becomes due, and again just before it is handed over,
because consent may be withdrawn and a return asked for in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from enum import Enum
from typing import Optional

from ..returns import local_days
from ..workdays import add_working_days
from .schedule import Skip

#: At most one marketing mail to a customer in this time.
PAUSE = timedelta(days=7)

#: Nobody gets marketing before or after these hours of their own day.
EARLIEST = time(9)
LATEST = time(20)

_HOUR = timedelta(hours=1)

#: Parcels of an order sent within this time are told of in one mail.
MERGE_WINDOW = timedelta(minutes=30)


class Consent(Enum):
    """What a customer said about marketing mail."""

    #: Ticked a box, which was not ticked before.
    OPT_IN = "OPT_IN"
    #: Bought something similar and was told of the right to object; never objected.
    SOFT_OPT_IN = "SOFT_OPT_IN"
    #: Nothing is known.
    NONE = "NONE"
    #: Said no, unsubscribed or complained: outweighs all that was said before.
    OBJECTED = "OBJECTED"
    #: The mailbox sent mails back for good.
    BOUNCED = "BOUNCED"


@dataclass(frozen=True)
class Facts:
    """What is known about the customer and the order when a marketing mail is due."""

    consent: Consent
    #: ISO 3166 alpha-2, upper case, where the customer lives; empty: unknown.
    country: str
    #: The merchant asks for a ticked box even where the law is content with less.
    is_opt_in_only: bool = False
    #: When the last marketing mail about any order went to the same mailbox.
    last_sent_at: Optional[datetime] = None
    has_open_return: bool = False
    has_lost_parcel: bool = False


#: Where a sale is no basis: a ticked box is needed.
#: Source: Polish Electronic Communications Law of 12 July 2024, Art. 398.
OPT_IN_ONLY = frozenset({"PL"})


def is_permitted(consent: Consent, country: str, *, is_opt_in_only: bool = False) -> bool:
    """
    Whether marketing has a basis; where the country is unknown, only a ticked box is one.

    Source: Directive 2002/58/EC Art. 13(1)-(2).
    """
    if consent is Consent.SOFT_OPT_IN:
        return bool(country) and country not in OPT_IN_ONLY and not is_opt_in_only
    return consent is Consent.OPT_IN


def skip_reason(facts: Facts, now: datetime) -> Optional[Skip]:
    """Why this marketing mail isn't to be sent, or None; the gravest reason first."""
    if not is_permitted(facts.consent, facts.country, is_opt_in_only=facts.is_opt_in_only):
        return Skip.NO_CONSENT
    if facts.has_open_return:
        return Skip.OPEN_RETURN
    if facts.has_lost_parcel:
        return Skip.PARCEL_LOST
    if facts.last_sent_at is not None and now - facts.last_sent_at < PAUSE:
        return Skip.TOO_SOON
    return None


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


def told_with(first_at: datetime, moment: datetime) -> bool:
    """Whether a parcel sent at that moment is told of in the mail about the first one."""
    return timedelta(0) <= moment - first_at <= MERGE_WINDOW
