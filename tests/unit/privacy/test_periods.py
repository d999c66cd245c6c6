"""How long personal data is kept."""

from datetime import datetime, timezone

import pytest

from saleor_aftersale.privacy import periods
from saleor_aftersale.privacy.periods import Period

THREE = Period(3, "because")


def utc(*parts):
    return datetime(*parts, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "since, end",
    [
        (utc(2026, 3, 4, 12), utc(2029, 3, 4, 12)),
        (utc(2028, 2, 29, 12), utc(2031, 3, 1, 12)),
    ],
)
def test_period_ends_on_the_same_day_years_later(since, end):
    assert periods.end_of(THREE, since) == end
    assert periods.is_over(THREE, since, end)
    assert not periods.is_over(THREE, since, end.replace(hour=11))


@pytest.mark.parametrize(
    "now, start",
    [
        (utc(2026, 3, 4, 12), utc(2023, 3, 4, 12)),
        (utc(2028, 2, 29, 12), utc(2025, 2, 28, 12)),
    ],
)
def test_start_is_what_is_over_now(now, start):
    assert periods.start_of(THREE, now) == start
    assert periods.is_over(THREE, start, now)
