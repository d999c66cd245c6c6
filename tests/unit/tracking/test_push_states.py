"""When a push is read again."""

from datetime import datetime, timedelta, timezone

import pytest

from saleor_aftersale.tracking.push_states import next_try_at

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "attempts, minutes", [(1, 1), (2, 2), (11, 1024), (12, 1440), (13, 1440), (10**6, 1440)]
)
def test_pause_doubles_up_to_a_day(attempts, minutes):
    assert next_try_at(attempts, NOON, NOON) == NOON + timedelta(minutes=minutes)


def test_push_is_given_up_when_thirty_days_are_over():
    almost = NOON + timedelta(days=30, microseconds=-1)

    assert next_try_at(1, NOON, almost) == almost + timedelta(minutes=1)
    assert next_try_at(1, NOON, NOON + timedelta(days=30)) is None
