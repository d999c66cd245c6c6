"""Our own estimate: what the shop's parcels took, and what the merchant promises."""

from datetime import datetime, timedelta, timezone

import pytest

from saleor_aftersale.tracking.estimates import Pace, estimate
from saleor_aftersale.tracking.parcel_timeline import Estimate, EstimateSource
from saleor_aftersale.tracking.promises import ShippingRule

#: A Monday.
SENT_AT = datetime(2026, 6, 1, 14, 0, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)

PROMISE = ShippingRule("courier", "*", "dpd", (1, 3))


def day(number, clock="first"):
    hour = (0, 0, 0) if clock == "first" else (23, 59, 59)
    return datetime(2026, 6, number, *hour, tzinfo=timezone.utc)


def pace(fast, slow, sample=20):
    return Pace(sample, fast * HOUR, slow * HOUR)


PROMISED = Estimate(EstimateSource.MERCHANT_PROMISE, day(2), day(5, "last"))


def test_promise_is_whole_working_days_of_the_destination():
    # Thursday 4 June 2026 is Corpus Christi, a holiday in Poland.
    assert estimate(SENT_AT, "PL", rule=PROMISE) == PROMISED


def test_history_is_whole_days_with_its_sample():
    made = estimate(SENT_AT, "PL", pace=pace(20, 50))

    assert made == Estimate(EstimateSource.HISTORY, day(2), day(3, "last"), sample=20)


@pytest.mark.parametrize(
    "usual, expected",
    [
        (pace(20, 50), Estimate(EstimateSource.HISTORY, day(2), day(3, "last"), sample=20)),
        (pace(20, 500), Estimate(EstimateSource.HISTORY, day(2), day(5, "last"), sample=20)),
        (pace(300, 500), PROMISED),
        (pace(20, 50, sample=19), PROMISED),
    ],
)
def test_history_wins_but_never_promises_less_than_the_merchant(usual, expected):
    assert estimate(SENT_AT, "PL", pace=usual, rule=PROMISE) == expected


def test_nothing_is_estimated_when_nobody_knows():
    rule = ShippingRule("courier", "*", "dpd")

    assert estimate(SENT_AT, "PL", pace=pace(20, 50, sample=19), rule=rule) is None
