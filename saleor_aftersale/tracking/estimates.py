"""Our own estimate of a parcel whose carrier promises nothing: pure rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta, timezone
from typing import NamedTuple, Optional

from . import promises
from .parcel_timeline import Estimate, EstimateSource

#: Fewer parcels than that say nothing of the next one.
MIN_SAMPLE = 20

_FIRST = time(0, 0, 0, tzinfo=timezone.utc)
_LAST = time(23, 59, 59, tzinfo=timezone.utc)


class Pace(NamedTuple):
    """How long the shop's own parcels took on one way."""

    #: Delivered parcels it is made of.
    sample: int
    #: From hand-over to delivery: nine of ten took longer, nine of ten took less.
    fast: timedelta
    slow: timedelta


def estimate(
    sent_at: datetime,
    country: str,
    *,
    pace: Optional[Pace] = None,
    rule: Optional[promises.ShippingRule] = None,
) -> Optional[Estimate]:
    """
    When a parcel should arrive, by what the shop's parcels took and the merchant promises.

    In whole days in UTC, as carriers' promises are; not said since when it is late.

    History tells it better than a promise does, but a promise is a commitment: where both
    exist the range is history's, cut at the end of the promise. Where all of history lies
    beyond it, the promise itself is told, for that is what the customer may insist on.

    Args:
        sent_at: first scan of the carrier; before that, when the shop sent it.
        country: where it goes; its working days are counted.
        pace: of its carrier on its way; left aside if it is made of too few parcels.
    """
    promised = _promised(sent_at, country, rule)
    if pace is None or pace.sample < MIN_SAMPLE:
        return promised
    earliest, latest = _first(sent_at + pace.fast), _last(sent_at + pace.slow)
    usual = Estimate(EstimateSource.HISTORY, earliest, latest, sample=pace.sample)
    if promised is None or usual.latest <= promised.latest:
        return usual
    if usual.earliest > promised.latest:
        return promised
    return replace(usual, latest=promised.latest)


def _promised(
    sent_at: datetime, country: str, rule: Optional[promises.ShippingRule]
) -> Optional[Estimate]:
    sent_on = sent_at.astimezone(timezone.utc).date()
    days = promises.promised_range(rule, sent_on, country) if rule else None
    if days is None:
        return None
    return Estimate(EstimateSource.MERCHANT_PROMISE, _at(days[0], _FIRST), _at(days[1], _LAST))


def _first(moment: datetime) -> datetime:
    return _at(moment.astimezone(timezone.utc).date(), _FIRST)


def _last(moment: datetime) -> datetime:
    """An estimate is no appointment: it holds until the day is over."""
    return _at(moment.astimezone(timezone.utc).date(), _LAST)


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock)
