"""Late, stalled, given up, and when to look again."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from saleor_aftersale.tracking.statuses import ShipmentStatus
from saleor_aftersale.tracking.watch import (
    Patience,
    Verdict,
    Watched,
    judge,
    quiet_since,
    reminders_at,
)

S = ShipmentStatus
NOON = datetime(2026, 6, 1, 12, 0, tzinfo=timezone.utc)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)

WEEK_AND_MONTH = Patience(stalled_after=7 * DAY, expired_after=30 * DAY)

#: Scanned a day after it was made, due two days after that scan.
MOVING = Watched(
    S.IN_TRANSIT,
    created_at=NOON - DAY,
    due_until=NOON + 2 * DAY,
    last_event_at=NOON,
    heard_at=NOON,
)


def at(days, parcel=MOVING, patience=WEEK_AND_MONTH, **more):
    """The verdict that many days after the scan."""
    return judge(parcel, patience, NOON + days * DAY, **more)


def test_parcel_is_looked_at_just_after_its_promise_breaks():
    assert at(1) == Verdict(None, None, None, NOON + 2 * DAY + SECOND)


def test_parcel_is_not_late_at_the_very_end_of_its_promise():
    assert at(2) == Verdict(None, None, None, NOON + 2 * DAY + SECOND)


def test_parcel_is_late_since_the_end_of_its_promise():
    assert at(3) == Verdict(NOON + 2 * DAY, None, None, NOON + 7 * DAY)


def test_parcel_stays_late_since_the_first_promise_when_the_next_one_is_past_too():
    told = replace(MOVING, late_since=NOON + DAY)

    assert at(3, told).late_since == NOON + DAY


def test_parcel_is_no_longer_late_when_a_new_promise_lies_ahead():
    told = replace(MOVING, late_since=NOON + DAY, due_until=NOON + 5 * DAY)

    assert at(3, told) == Verdict(None, None, None, NOON + 5 * DAY + SECOND)


@pytest.mark.parametrize("status", [S.DELIVERED, S.RETURNING, S.LOST, S.READY_FOR_PICKUP])
def test_promise_is_not_broken_when_nothing_comes_to_the_door(status):
    assert at(3, replace(MOVING, status=status)).late_since is None


@pytest.mark.parametrize("status", [S.DELIVERED, S.READY_FOR_PICKUP])
def test_parcel_that_arrived_late_stays_so(status):
    told = replace(MOVING, status=status, late_since=NOON + 2 * DAY)

    assert at(3, told).late_since == NOON + 2 * DAY


@pytest.mark.parametrize(
    "status",
    [S.DELIVERED, S.RETURNED_TO_SENDER, S.LOST, S.DAMAGED, S.CANCELLED, S.EXPIRED],
)
def test_ended_parcel_is_never_looked_at_again(status):
    told = replace(MOVING, status=status, stalled_at=NOON + 7 * DAY)

    assert at(99, told) == Verdict(None, None, None, None)


@pytest.mark.parametrize(
    "status, gap, silence",
    [
        (S.IN_TRANSIT, None, 7 * DAY),
        (S.IN_TRANSIT, 50 * HOUR, 50 * HOUR),
        (S.DELAYED, 50 * HOUR, 50 * HOUR),
        # Shorter than a day is no silence.
        (S.OUT_FOR_DELIVERY, 2 * HOUR, DAY),
        # The carrier's pace says nothing of a label, a locker or customs.
        (S.PENDING, 50 * HOUR, 7 * DAY),
        (S.INFO_RECEIVED, 50 * HOUR, 7 * DAY),
        (S.READY_FOR_PICKUP, 50 * HOUR, 14 * DAY),
        (S.ON_HOLD, 50 * HOUR, 14 * DAY),
        (S.RETURNING, None, 14 * DAY),
    ],
)
def test_parcel_is_stalled_when_silence_is_longer_than_usual(status, gap, silence):
    parcel = replace(MOVING, status=status, due_until=None)
    patience = WEEK_AND_MONTH._replace(usual_gap=gap)

    before = judge(parcel, patience, NOON + silence - SECOND)
    after = judge(parcel, patience, NOON + silence)

    assert (before.stalled_at, before.next_look_at) == (None, NOON + silence)
    assert after.stalled_at == NOON + silence


def test_stalled_parcel_stays_stalled_since_the_same_moment_when_the_usual_pace_changes():
    told = replace(MOVING, stalled_at=NOON + 2 * DAY)

    assert at(8, told).stalled_at == NOON + 2 * DAY


def test_news_ends_a_stall():
    told = replace(MOVING, stalled_at=NOON - DAY)

    assert at(1, told).stalled_at is None


def test_parcel_is_given_up_with_no_alarm_besides():
    assert at(30) == Verdict(None, None, NOON + 30 * DAY, None)


def test_what_was_told_stays_when_parcel_is_given_up():
    told = replace(MOVING, late_since=NOON + 2 * DAY, stalled_at=NOON + 7 * DAY)

    assert at(31, told) == Verdict(NOON + 2 * DAY, NOON + 7 * DAY, NOON + 30 * DAY, None)


def test_returning_parcel_is_never_given_up():
    assert at(99, replace(MOVING, status=S.RETURNING)).expired_at is None


def test_parcel_at_a_locker_is_given_up_only_after_its_last_day():
    parcel = replace(MOVING, status=S.READY_FOR_PICKUP, collect_by=NOON + 40 * DAY)

    assert at(40, parcel).expired_at is None
    assert at(41, parcel).expired_at == NOON + 41 * DAY


def test_parcel_nobody_follows_raises_no_alarm_whatever_the_time():
    parcel = replace(MOVING, last_event_at=None, heard_at=None, is_followed=False)

    assert at(99, parcel) == Verdict(None, None, None, None)


def test_parcel_whose_carrier_is_down_raises_no_alarm_until_it_is_tried_again():
    tried_again_at = NOON + 32 * DAY

    assert at(31, deaf_until=tried_again_at) == Verdict(None, None, None, tried_again_at)


def test_what_was_told_stays_while_the_carrier_is_down():
    told = replace(MOVING, late_since=NOON + 2 * DAY, stalled_at=NOON + 7 * DAY)
    tried_again_at = NOON + 9 * DAY

    verdict = at(8, told, deaf_until=tried_again_at)

    assert verdict == Verdict(NOON + 2 * DAY, NOON + 7 * DAY, None, tried_again_at)


def test_parcel_is_looked_at_again_later_when_the_carrier_should_be_back_already():
    assert at(31, deaf_until=NOON).next_look_at == NOON + 31 * DAY + SECOND


@pytest.mark.parametrize(
    "last_event_at, heard_at, since",
    [
        (None, None, NOON - DAY),
        # The carrier answered that there is nothing.
        (None, NOON, NOON - DAY),
        (NOON, NOON + 5 * DAY, NOON),
        # A scan dated in the future.
        (NOON + 90 * DAY, NOON, NOON),
        # An event older than the parcel: its number was used before.
        (NOON - 90 * DAY, NOON, NOON - DAY),
    ],
)
def test_silence_counts_from_the_newest_event(last_event_at, heard_at, since):
    parcel = replace(MOVING, last_event_at=last_event_at, heard_at=heard_at)

    assert quiet_since(parcel) == since


@pytest.mark.parametrize(
    "collect_by, days",
    [
        (datetime(2026, 6, 4, 20, 0, tzinfo=timezone.utc), [3, 4]),
        # Two in the morning in Warsaw: the fourth is hardly a day to collect it.
        (datetime(2026, 6, 4, 0, 0, tzinfo=timezone.utc), [3]),
    ],
)
def test_locker_is_looked_at_the_day_before_and_on_the_last_day(collect_by, days):
    expected = tuple(datetime(2026, 6, day, 7, 0, tzinfo=timezone.utc) for day in days)
    parcel = replace(MOVING, status=S.READY_FOR_PICKUP, collect_by=collect_by)

    assert reminders_at(collect_by) == expected
    assert at(1, parcel).next_look_at == expected[0]


def test_no_reminder_is_due_without_a_last_day():
    assert reminders_at(None) == ()
