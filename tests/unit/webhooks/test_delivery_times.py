from datetime import datetime, timedelta, timezone

import pytest

from saleor_aftersale.webhooks.delivery_times import PATIENCE, next_try_at, retry_after_of

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=timezone.utc)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("attempts", "pause"),
    [(1, MINUTE), (2, 2 * MINUTE), (8, 128 * MINUTE), (9, 4 * HOUR), (5000, 4 * HOUR)],
)
def test_pause_doubles_up_to_four_hours_when_tries_fail(attempts, pause):
    assert next_try_at(attempts, NOON, NOON, jitter=0.5) == NOON + pause


@pytest.mark.parametrize(("jitter", "seconds"), [(0, 45), (1, 75)])
def test_pause_is_spread_by_a_quarter_when_jittered(jitter, seconds):
    assert next_try_at(1, NOON, NOON, jitter=jitter) == NOON + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("asked_for", "pause"),
    [(timedelta(seconds=5), MINUTE), (HOUR, HOUR), (timedelta(days=9), 4 * HOUR)],
)
def test_pause_is_what_the_receiver_asks_for_when_longer(asked_for, pause):
    at = next_try_at(1, NOON, NOON, jitter=0.5, retry_after=asked_for)

    assert at == NOON + pause


def test_delivery_is_given_up_when_the_next_try_would_be_past_two_days():
    last = NOON + PATIENCE - 4 * HOUR

    assert next_try_at(20, NOON, last, jitter=0.5) == NOON + PATIENCE
    assert next_try_at(20, NOON, last + timedelta(seconds=1), jitter=0.5) is None


def test_receiver_that_never_answers_is_tried_about_twenty_times():
    now, tries = NOON, 1
    while True:
        due_at = next_try_at(tries, NOON, now, jitter=0.5)
        if due_at is None:
            break
        now, tries = due_at, tries + 1

    assert (tries, now - NOON) == (19, timedelta(hours=44, minutes=15))


@pytest.mark.parametrize(
    ("written", "pause"),
    [
        ("60", MINUTE),
        ("", None),
        ("-1", None),
        ("²", None),
        ("99999999", None),
        ("Mon, 01 Jun 2026 12:00:00 GMT", None),
    ],
)
def test_retry_after_is_read_when_it_names_seconds(written, pause):
    assert retry_after_of(written) == pause
