"""When a parcel is polled, and when an interface is left alone."""

from datetime import datetime, timedelta, timezone

import pytest

from saleor_aftersale.tracking import poll_times
from saleor_aftersale.tracking.statuses import TERMINAL, ShipmentStatus

S = ShipmentStatus
NOON = datetime(2026, 6, 1, 12, 0, tzinfo=timezone.utc)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def pause(status, *, shipment_id=7, **more):
    """The pause as if the parcel's share of spreading were none."""
    at = poll_times.next_poll_at(status, now=NOON, shipment_id=shipment_id, **more)
    return at and (at - NOON) / poll_times.spread(DAY, shipment_id) * DAY


@pytest.mark.parametrize(
    "status, expected",
    [
        (S.PENDING, DAY),
        (S.INFO_RECEIVED, DAY),
        (S.PICKED_UP, 3 * HOUR),
        (S.IN_TRANSIT, 3 * HOUR),
        (S.OUT_FOR_DELIVERY, 15 * MINUTE),
        (S.READY_FOR_PICKUP, 6 * HOUR),
        (S.ATTEMPT_FAILED, 3 * HOUR),
        (S.DELAYED, 3 * HOUR),
        (S.ON_HOLD, DAY),
        (S.RETURNING, 12 * HOUR),
        (S.EXPIRED, 3 * DAY),
        (S.UNKNOWN, 6 * HOUR),
    ],
)
def test_pause_is_of_the_stage_when_a_parcel_moves(status, expected):
    assert abs(pause(status) - expected) < timedelta(seconds=1)


def test_every_status_has_a_pause_or_is_an_end():
    assert set(poll_times.INTERVALS) == set(S) - TERMINAL


@pytest.mark.parametrize("status", sorted(TERMINAL, key=lambda status: status.value))
def test_parcel_is_polled_once_more_when_it_has_ended(status):
    last = poll_times.next_poll_at(status, now=NOON, shipment_id=7)

    assert last == NOON + poll_times.spread(DAY, 7)
    assert poll_times.next_poll_at(status, now=last, shipment_id=7, ended_at=NOON) is None


def test_last_look_is_tried_again_for_a_day_when_it_failed():
    def at(moment):
        return poll_times.next_poll_at(
            S.DELIVERED, now=moment, shipment_id=7, ended_at=NOON, failures=1
        )

    look = NOON + poll_times.spread(DAY, 7)

    assert at(look) == look + poll_times.spread(HOUR, 7)
    assert at(NOON + 2 * DAY) is None


@pytest.mark.parametrize("days, expected", [(29, True), (30, False), (31, False)])
def test_expired_parcel_is_looked_for_when_thirty_days_are_not_over(days, expected):
    at = poll_times.next_poll_at(S.EXPIRED, now=NOON, shipment_id=7, ended_at=NOON - days * DAY)

    assert (at is not None) == expected


@pytest.mark.parametrize(
    "status, failures, expected",
    [
        (S.OUT_FOR_DELIVERY, 1, 30 * MINUTE),
        (S.OUT_FOR_DELIVERY, 3, 2 * HOUR),
        (S.IN_TRANSIT, 1, 6 * HOUR),
        (S.IN_TRANSIT, 3, DAY),
        (S.IN_TRANSIT, 1000, DAY),
        (S.ON_HOLD, 2, DAY),
        (S.EXPIRED, 1, 3 * DAY),
    ],
)
def test_pause_doubles_up_to_a_day_when_polls_tell_nothing(status, failures, expected):
    assert abs(pause(status, failures=failures) - expected) < timedelta(seconds=1)


def next_with(retry_after, status=S.OUT_FOR_DELIVERY):
    return poll_times.next_poll_at(status, now=NOON, shipment_id=7, retry_after=retry_after)


def test_carrier_is_left_alone_when_it_says_for_how_long():
    usual = NOON + poll_times.spread(15 * MINUTE, 7)

    assert next_with(2 * HOUR) == NOON + 2 * HOUR
    assert next_with(MINUTE) == usual
    assert next_with(timedelta(days=400)) == NOON + DAY


def test_pauses_are_spread_by_a_tenth_when_parcels_came_at_once():
    pauses = [poll_times.spread(HOUR, shipment_id) for shipment_id in range(1, 1001)]

    assert min(pauses) >= 54 * MINUTE
    assert max(pauses) <= 66 * MINUTE
    assert len(set(pauses)) == 1000
    assert abs(sum(pauses, timedelta()) / 1000 - HOUR) < MINUTE
    assert [poll_times.spread(HOUR, shipment_id) for shipment_id in range(1, 1001)] == pauses


def put_off(status, heard_at, **more):
    return poll_times.put_off_until(status, now=NOON, shipment_id=7, heard_at=heard_at, **more)


def test_poll_is_put_off_when_a_push_told_something_lately():
    heard_at = NOON - HOUR

    assert put_off(S.IN_TRANSIT, heard_at) == heard_at + poll_times.spread(3 * HOUR, 7)


@pytest.mark.parametrize(
    "status, heard_at",
    [
        (S.IN_TRANSIT, None),
        (S.IN_TRANSIT, NOON - 4 * HOUR),
        (S.OUT_FOR_DELIVERY, NOON - HOUR),
    ],
)
def test_poll_is_due_when_nothing_was_heard_lately(status, heard_at):
    assert put_off(status, heard_at) is None


def test_poll_is_due_when_its_own_pause_is_over():
    at = poll_times.next_poll_at(S.IN_TRANSIT, now=NOON, shipment_id=7)

    assert poll_times.put_off_until(S.IN_TRANSIT, now=at, shipment_id=7, heard_at=NOON) is None


def test_poll_is_put_off_to_the_last_look_when_a_push_told_the_end():
    ended_at = NOON - HOUR

    later = put_off(S.DELIVERED, ended_at, ended_at=ended_at)

    assert later == ended_at + poll_times.spread(DAY, 7)


@pytest.mark.parametrize(
    "failures, expected",
    [
        (1, None),
        (4, None),
        (5, MINUTE),
        (6, 2 * MINUTE),
        (10, 32 * MINUTE),
        (11, HOUR),
        (99999, HOUR),
    ],
)
def test_circuit_opens_for_longer_and_longer_when_an_interface_fails(failures, expected):
    until = poll_times.open_until(failures, now=NOON)

    assert until == (expected and NOON + expected)


def test_circuit_opens_at_once_when_the_key_is_refused():
    assert poll_times.open_until(1, now=NOON, is_permanent=True) == NOON + HOUR


def test_circuit_opens_for_as_long_as_asked_when_there_were_too_many_requests():
    def until(pause):
        return poll_times.open_until(1, now=NOON, retry_after=pause)

    assert until(30 * MINUTE) == NOON + 30 * MINUTE
    assert until(400 * DAY) == NOON + DAY


def test_parcels_come_back_one_after_the_other_when_a_pause_ends():
    moments = {poll_times.after_pause(NOON, shipment_id) for shipment_id in range(100)}

    assert len(moments) == 100
    assert NOON <= min(moments) <= max(moments) < NOON + 2 * MINUTE
