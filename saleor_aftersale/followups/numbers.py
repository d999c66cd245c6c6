"""
Figures on follow-up mail: what went out, what was left out and why, and how fast it was.

Everything counts from the mails that became due in one period. How long customers have
waited for an answer is told of the moment of asking.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

from django.db.models import Count, Min

from ..returns.models import ReturnRequest
from ..returns.reports import Period
from ..returns.threads import Side
from . import report_sql
from .catalogue import CATALOGUE
from .schedule import MailState

#: A question that waits longer than this counts as unanswered.
ANSWER_WITHIN = timedelta(days=1)

_COUNTERS = {
    MailState.SENT.value: "sent",
    MailState.SKIPPED.value: "skipped",
    MailState.DEAD.value: "dead",
    MailState.UNCONFIRMED.value: "unconfirmed",
}


@dataclass(frozen=True)
class Figures:
    """What is said of one kind of mail, or of all of them."""

    #: The catalogue's key; empty: all mails.
    key: str = ""
    #: The mail server took them.
    sent: int = 0
    #: Were not to be sent.
    skipped: int = 0
    #: The same by reason, most frequent first.
    skipped_by_reason: Tuple[Tuple[str, int], ...] = ()
    #: A try failed and another one follows.
    failed: int = 0
    #: Given up.
    dead: int = 0
    #: Perhaps sent: staff decide.
    unconfirmed: int = 0
    #: Wait for their moment or are on their way, no try failed.
    waiting: int = 0
    #: Seconds from what happened to the mail server's yes, of mails about a contract: half
    #: are faster, nine in ten are. None: none was sent. Marketing waits on purpose.
    median_seconds: Optional[float] = None
    p90_seconds: Optional[float] = None


@dataclass(frozen=True)
class Unanswered:
    """Return requests whose customer wrote and got no answer within ``ANSWER_WITHIN``."""

    count: int = 0
    #: When the one that waits longest was written.
    oldest_at: Optional[datetime] = None


@dataclass(frozen=True)
class Numbers:
    """Figures of a period."""

    total: Figures
    #: By key, in the order of keys; only what became due.
    by_key: List[Figures]
    unanswered: Unanswered


@dataclass
class _Tally:
    """Counts as they are added up."""

    counters: Dict[str, int] = field(default_factory=dict)
    reasons: Dict[str, int] = field(default_factory=dict)

    def add(self, row: Mapping[str, Any]) -> None:
        counter = "failed" if row["has_failed"] else _COUNTERS.get(row["state"], "waiting")
        self.counters[counter] = self.counters.get(counter, 0) + row["mails"]
        if row["reason"]:
            self.reasons[row["reason"]] = self.reasons.get(row["reason"], 0) + row["mails"]

    def figures(self, key: str, seconds: Optional[Sequence[float]]) -> Figures:
        median, p90 = seconds or (None, None)
        reasons = sorted(self.reasons.items(), key=lambda pair: (-pair[1], pair[0]))
        return Figures(
            key=key,
            skipped_by_reason=tuple(reasons),
            median_seconds=median,
            p90_seconds=p90,
            **self.counters,
        )


def make_numbers(of: Period, now: datetime, *, using: str) -> Numbers:
    """Figures of a period: three queries however many mails there are."""
    facts = {
        "starts_at": of.starts_at,
        "ends_at": of.ends_at,
        "channels": None if of.channels is None else list(of.channels),
        "keys": [kind.key for kind in CATALOGUE.values() if not kind.is_marketing],
    }
    seconds = report_sql.delays(facts, using=using)
    total, by_key = _tallies(report_sql.counts(facts, using=using))
    return Numbers(
        total=total.figures("", seconds.get("")),
        by_key=[tally.figures(key, seconds.get(key)) for key, tally in by_key.items()],
        unanswered=_unanswered(of, now, using),
    )


def _tallies(rows: Iterable[Mapping[str, Any]]) -> Tuple[_Tally, Dict[str, _Tally]]:
    total, by_key = _Tally(), {}
    for row in rows:
        total.add(row)
        by_key.setdefault(row["key"], _Tally()).add(row)
    return total, by_key


def _unanswered(of: Period, now: datetime, using: str) -> Unanswered:
    waiting = ReturnRequest.objects.using(using).filter(
        answer_owed_by=Side.MERCHANT.value, answer_owed_since__lte=now - ANSWER_WITHIN
    )
    if of.channels is not None:
        waiting = waiting.filter(channel__in=of.channels)
    found = waiting.aggregate(count=Count("pk"), oldest_at=Min("answer_owed_since"))
    return Unanswered(**found)
