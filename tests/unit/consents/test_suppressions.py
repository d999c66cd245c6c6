"""Which reports put a mailbox back on the list."""

from datetime import datetime, timedelta, timezone

import pytest

from saleor_aftersale.consents import suppressions

NOON = datetime(2026, 3, 4, 12, tzinfo=timezone.utc)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    "lifted_at, occurred_at, counts",
    [
        (None, NOON, True),
        (NOON, NOON + SECOND, True),
        (NOON, NOON, False),
        (NOON, NOON - SECOND, False),
    ],
)
def test_report_counts_when_it_happened_after_the_entry_was_lifted(lifted_at, occurred_at, counts):
    assert suppressions.counts(lifted_at, occurred_at) is counts
