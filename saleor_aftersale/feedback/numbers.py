"""
Figures on feedback and punctuality, summed up by the database.

Scores count in the period they were first given in, with the value they have now. Parcels
count in the period their promise ended in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Dict, List, Mapping, Optional, Tuple

from ..returns.reports import Period
from . import report_sql
from .report_sql import GroupBy
from .scores import SCORES

#: No parcel is promised for later than so long after the shop made it.
_LONGEST_PROMISE = timedelta(days=366)


@dataclass(frozen=True)
class Figures:
    """What is said of one group, or of all of them."""

    #: A carrier's code, a product's name, a channel's slug; empty: all, or unknown.
    key: str = ""
    #: Orders that were rated.
    total: int = 0
    #: None: none was.
    average: Optional[float] = None
    #: How often each of ``scores.SCORES`` was given.
    counts: Tuple[int, ...] = (0,) * len(SCORES)
    #: Parcels whose promise or estimate ended in the period.
    promised: int = 0
    #: Share of them that came by then; None: there were none.
    on_time_rate: Optional[float] = None


@dataclass(frozen=True)
class Numbers:
    """Figures of a period; in groups those with the most scores first."""

    total: Figures
    by_carrier: List[Figures]
    by_product: List[Figures]
    by_channel: List[Figures]


def make_numbers(of: Period, now: datetime, *, using: str) -> Numbers:
    """Figures of a period: eight queries however many scores and parcels there are."""
    facts = {
        "starts_at": of.starts_at,
        "ends_at": of.ends_at,
        "made_from": of.starts_at - _LONGEST_PROMISE,
        "channels": None if of.channels is None else list(of.channels),
        "now": now,
    }
    whole = _figures(GroupBy.ALL, facts, using)
    return Numbers(
        whole[0] if whole else Figures(),
        _figures(GroupBy.CARRIER, facts, using),
        _figures(GroupBy.PRODUCT, facts, using),
        _figures(GroupBy.CHANNEL, facts, using),
    )


def _figures(group_by: GroupBy, facts: Mapping[str, Any], using: str) -> List[Figures]:
    """Groups with a score first; those with nothing but parcels after them."""
    rated = report_sql.score_counts(group_by, facts, using=using)
    punctual = {row["key"]: row for row in report_sql.on_time(group_by, facts, using=using)}
    found = [_one(row, punctual.pop(row["key"], {})) for row in rated]
    found += [_one({"key": key}, row) for key, row in punctual.items()]
    return found[: report_sql.MAX_GROUPS]


def _one(rated: Dict[str, Any], punctual: Mapping[str, Any]) -> Figures:
    return Figures(
        key=rated["key"],
        total=rated.get("total", 0),
        average=rated.get("average"),
        counts=tuple(rated.get(f"score_{score}", 0) for score in SCORES),
        promised=punctual.get("promised", 0),
        on_time_rate=punctual.get("on_time"),
    )
