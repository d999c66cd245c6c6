"""
Figures on returns, summed up by the database: how much comes back, why, and how fast it is paid.

Everything counts from one period: pieces of parcels the shop made in it, and of requests that
were submitted in it. A product that is no longer sold may so have more returns than sales.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ..values import AftersaleError, Money
from . import report_sql
from .report_sql import FIT_REASONS, GroupBy

#: Longest period: what is read grows with it.
MAX_DAYS = 1100


class InvalidPeriod(AftersaleError):
    """Not a period a report can be made of."""

    code = "INVALID"


@dataclass(frozen=True)
class Period:
    """Days in UTC, both inclusive, and the channels they are looked at in."""

    first: date
    last: date
    #: None: all of them.
    channels: Optional[Tuple[str, ...]] = None

    @property
    def starts_at(self) -> datetime:
        return datetime.combine(self.first, time(), timezone.utc)

    @property
    def ends_at(self) -> datetime:
        """The first moment after it."""
        return datetime.combine(self.last + timedelta(days=1), time(), timezone.utc)


def period(first: date, last: date, channels: Optional[Sequence[str]]) -> Period:
    """
    A period, checked.

    Raises:
        InvalidPeriod: it ends before it starts, or is longer than ``MAX_DAYS``.
    """
    if last < first:
        raise InvalidPeriod("The period ends before it starts.", field="date_to")
    if (last - first).days >= MAX_DAYS:
        raise InvalidPeriod(f"Ask for at most {MAX_DAYS} days.", field="date_to")
    if last == date.max:
        raise InvalidPeriod("There is no such day.", field="date_to")
    return Period(first, last, None if channels is None else tuple(channels))


@dataclass(frozen=True)
class Speed:
    """How fast money went back; None: there was no refund of that kind."""

    #: Days from the request to the confirmed refund: half are faster, nine in ten are.
    median_days: Optional[float] = None
    p90_days: Optional[float] = None
    #: Share of refunded withdrawals whose money went back in time: fourteen days from the
    #: statement or, where that is later, on the day the goods were sent or came. Days are
    #: UTC's and never moved for a weekend, so that no refund is called in time that wasn't.
    in_time_share: Optional[float] = None


@dataclass(frozen=True)
class Figures:
    """What a report says of one group, or of all of them."""

    key: str
    #: For people; of several names of one key, one.
    label: str
    #: Requests submitted, those declined and withdrawn included.
    requests: int = 0
    #: Pieces asked back in requests that weren't declined or withdrawn.
    requested_pieces: int = 0
    #: Of these, pieces that arrived.
    returned_pieces: int = 0
    #: Pieces in parcels the shop made; for a reason, all of them.
    sent_pieces: int = 0
    #: Refunds the provider confirmed, one amount for each currency. Shared out among a
    #: request's lines by what was accepted of each.
    refunded: Tuple[Money, ...] = ()
    speed: Speed = field(default_factory=Speed)
    #: Pieces asked back, by each of ``FIT_REASONS``.
    fit: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(FIT_REASONS, 0))

    @property
    def return_rate(self) -> Optional[float]:
        """Pieces that came back over pieces sent; None: none were sent."""
        return self.returned_pieces / self.sent_pieces if self.sent_pieces else None


@dataclass(frozen=True)
class Report:
    """Figures of a period."""

    total: Figures
    #: Most pieces asked back first; months and channels in their own order.
    groups: List[Figures]


def make_report(of: Period, group_by: GroupBy, *, using: str) -> Report:
    """Figures of a period: eight queries however many requests there are."""
    total = _figures(of, GroupBy.ALL, using)
    groups = _figures(of, group_by, using)
    if group_by in (GroupBy.MONTH, GroupBy.CHANNEL):
        groups.sort(key=lambda group: group.key)
    return Report(total[0] if total else _nothing_asked_back(of, using), groups)


def _figures(of: Period, group_by: GroupBy, using: str) -> List[Figures]:
    facts = {"starts_at": of.starts_at, "ends_at": of.ends_at, "channels": of.channels}
    asked = report_sql.pieces(group_by, facts, using=using)
    facts["keys"] = [row["key"] for row in asked]
    sent = report_sql.sent(group_by, facts, using=using)
    speed = {row["key"]: row for row in report_sql.speed(group_by, facts, using=using)}
    money: Dict[str, List[Money]] = {key: [] for key in facts["keys"]}
    for row in report_sql.refunded(group_by, facts, using=using):
        money[row["key"]].append(_rounded(row["amount"], row["currency"]))
    return [
        Figures(
            key=row["key"],
            label=row["label"],
            requests=row["requests"],
            requested_pieces=row["requested"],
            returned_pieces=row["returned"],
            # A parcel has no reason to come back: all of them are what may.
            sent_pieces=sent.get("" if group_by is GroupBy.REASON else row["key"], 0),
            refunded=tuple(money[row["key"]]),
            fit={reason: row[reason.lower()] for reason in FIT_REASONS},
            speed=_speed(speed.get(row["key"])),
        )
        for row in asked
    ]


def _nothing_asked_back(of: Period, using: str) -> Figures:
    facts = {
        "starts_at": of.starts_at,
        "ends_at": of.ends_at,
        "channels": of.channels,
        "keys": [""],
    }
    sent = report_sql.sent(GroupBy.ALL, facts, using=using)
    return Figures("", "", sent_pieces=sent.get("", 0))


def _speed(row: Optional[Mapping[str, Any]]) -> Speed:
    if row is None:
        return Speed()
    median, p90 = row["days"]
    share = row["in_time"]
    return Speed(median, p90, None if share is None else float(share))


def _rounded(amount: Decimal, currency: str) -> Money:
    return Money(amount.quantize(Decimal("0.01"), ROUND_HALF_UP), currency)
