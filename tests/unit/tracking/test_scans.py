"""Events of one parcel to status, reason, bar, moments and contradiction."""

from datetime import timedelta, timezone
from itertools import permutations

import pytest
from hypothesis import given

from saleor_aftersale.tracking import scans
from saleor_aftersale.tracking.scans import CarrierEvent, Standing
from tests.unit.orders import NOON, hours
from tests.unit.tracking.parcels import HISTORIES, S, events_of, shuffled_histories

# Status.


@pytest.mark.parametrize("status", [status for status in S if status is not S.UNKNOWN])
def test_status_is_that_of_the_event_when_there_is_one(status):
    assert scans.status_of(events_of(status.name)) is status


@pytest.mark.parametrize("names", [(), ("UNKNOWN",)])
def test_status_is_pending_when_nothing_readable_is_known(names):
    assert scans.status_of(events_of(*names)) is S.PENDING


@pytest.mark.parametrize(
    "names, status",
    [
        # A later scan replaces an earlier one.
        (["INFO_RECEIVED", "PICKED_UP", "IN_TRANSIT"], S.IN_TRANSIT),
        (["OUT_FOR_DELIVERY", "IN_TRANSIT"], S.IN_TRANSIT),
        (["IN_TRANSIT", "DELAYED"], S.DELAYED),
        (["IN_TRANSIT", "ON_HOLD", "IN_TRANSIT"], S.IN_TRANSIT),
        (["IN_TRANSIT", "EXPIRED"], S.EXPIRED),
        (["EXPIRED", "IN_TRANSIT"], S.IN_TRANSIT),
        # Unmapped codes change nothing.
        (["IN_TRANSIT", "UNKNOWN"], S.IN_TRANSIT),
        (["DELIVERED", "UNKNOWN"], S.DELIVERED),
        # A label never follows a scan, whatever was reported in between.
        (["PICKED_UP", "INFO_RECEIVED"], S.PICKED_UP),
        (["IN_TRANSIT", "PENDING"], S.IN_TRANSIT),
        (["IN_TRANSIT", "DELAYED", "INFO_RECEIVED"], S.DELAYED),
        (["IN_TRANSIT", "ON_HOLD", "PENDING"], S.ON_HOLD),
        (["IN_TRANSIT", "EXPIRED", "INFO_RECEIVED"], S.EXPIRED),
        # Nor does a cancellation, which is possible before handover only.
        (["INFO_RECEIVED", "CANCELLED"], S.CANCELLED),
        (["IN_TRANSIT", "CANCELLED"], S.IN_TRANSIT),
        (["IN_TRANSIT", "ON_HOLD", "CANCELLED"], S.ON_HOLD),
        (["DELIVERED", "CANCELLED"], S.DELIVERED),
        (["CANCELLED", "INFO_RECEIVED"], S.CANCELLED),
        (["CANCELLED", "DELAYED"], S.CANCELLED),
        (["CANCELLED", "PICKED_UP"], S.PICKED_UP),
        # Ordinary movement never undoes a delivery, a contradiction does.
        (["DELIVERED", "IN_TRANSIT"], S.DELIVERED),
        (["DELIVERED", "OUT_FOR_DELIVERY"], S.DELIVERED),
        (["DELIVERED", "ON_HOLD"], S.DELIVERED),
        (["DELIVERED", "EXPIRED"], S.DELIVERED),
        (["DELIVERED", "LOST"], S.LOST),
        (["DELIVERED", "DAMAGED"], S.DAMAGED),
        (["DELIVERED", "RETURNING"], S.RETURNING),
        (["LOST", "IN_TRANSIT"], S.IN_TRANSIT),
        (["LOST", "DELIVERED"], S.DELIVERED),
        (["DAMAGED", "DELIVERED"], S.DELIVERED),
        # Silence contradicts nothing.
        (["LOST", "EXPIRED"], S.LOST),
        (["DAMAGED", "EXPIRED"], S.DAMAGED),
        (["CANCELLED", "EXPIRED"], S.CANCELLED),
        # On the way back every scan belongs to the way back.
        (["RETURNING", "IN_TRANSIT"], S.RETURNING),
        (["RETURNING", "READY_FOR_PICKUP"], S.RETURNING),
        (["RETURNING", "EXPIRED"], S.RETURNING),
        (["RETURNING", "DELIVERED"], S.RETURNED_TO_SENDER),
        (["RETURNING", "RETURNED_TO_SENDER"], S.RETURNED_TO_SENDER),
        (["RETURNED_TO_SENDER", "IN_TRANSIT"], S.RETURNED_TO_SENDER),
        (["RETURNED_TO_SENDER", "RETURNING"], S.RETURNED_TO_SENDER),
    ],
)
def test_status_follows_carrier_time_when_events_contradict(names, status):
    assert scans.status_of(events_of(*names)) is status


def test_status_stays_when_a_late_event_fills_a_gap():
    events = events_of("PICKED_UP", "IN_TRANSIT", "OUT_FOR_DELIVERY")

    assert scans.status_of([events[2], events[0], events[1]]) is S.OUT_FOR_DELIVERY


def test_status_is_the_farther_one_when_two_events_have_one_time():
    events = [CarrierEvent(NOON, S.DELIVERED), CarrierEvent(NOON, S.OUT_FOR_DELIVERY)]

    assert {scans.status_of(order) for order in permutations(events)} == {S.DELIVERED}


def test_events_are_sorted_by_instant_when_offsets_differ():
    warsaw = timezone(timedelta(hours=2))
    first = CarrierEvent(NOON.replace(hour=13, tzinfo=warsaw), S.DELIVERED)
    second = CarrierEvent(NOON, S.RETURNING)

    assert scans.in_carrier_order([second, first, second]) == [first, second]


# The bar.


@pytest.mark.parametrize(
    "names, progress",
    [
        ([], 30),
        (["UNKNOWN"], 30),
        (["DELAYED"], 30),
        (["INFO_RECEIVED"], 30),
        (["PICKED_UP"], 45),
        (["IN_TRANSIT"], 60),
        (["IN_TRANSIT", "ON_HOLD"], 60),
        (["READY_FOR_PICKUP"], 85),
        (["OUT_FOR_DELIVERY", "IN_TRANSIT"], 85),
        (["ATTEMPT_FAILED", "EXPIRED"], 85),
        (["PICKED_UP", "LOST"], 45),
        (["DELIVERED"], 100),
        (["DELIVERED", "LOST"], 100),
        (["DELIVERED", "RETURNING"], 50),
        (["OUT_FOR_DELIVERY", "RETURNING", "IN_TRANSIT"], 50),
        (["RETURNING", "DELIVERED"], 100),
        (["RETURNED_TO_SENDER"], 100),
    ],
)
def test_progress_is_the_farthest_stage_when_events_are_known(names, progress):
    assert scans.progress_of(events_of(*names)) == progress


# Moments.


def test_shipped_at_is_the_first_scan_when_a_label_came_before():
    events = events_of("INFO_RECEIVED", "DELAYED", "PICKED_UP", "IN_TRANSIT")

    assert scans.shipped_at(reversed(events)) == hours(12)


def test_shipped_at_is_unknown_when_there_is_a_label_only():
    assert scans.shipped_at(events_of("INFO_RECEIVED", "ON_HOLD", "CANCELLED")) is None


def test_reached_at_is_the_first_report_when_there_are_several():
    events = events_of("DELIVERED", "LOST", "DELIVERED")

    assert scans.reached_at(reversed(events), S.DELIVERED) == hours(10)


def test_reached_at_is_unknown_when_the_status_was_never_reported():
    assert scans.reached_at(events_of("IN_TRANSIT"), S.DELIVERED) is None


# Reason.


@pytest.mark.parametrize(
    "names, reason",
    [
        (["ON_HOLD:CUSTOMS_DUTIES"], "CUSTOMS_DUTIES"),
        (["ATTEMPT_FAILED:NOT_HOME", "ON_HOLD:REFUSED"], "REFUSED"),
        # Told anew without a reason it is still the same trouble, another trouble isn't.
        (["ON_HOLD:CUSTOMS_DUTIES", "ON_HOLD"], "CUSTOMS_DUTIES"),
        (["DELAYED:WEATHER", "ON_HOLD"], ""),
        # What moves as it should has none, nor has what arrived.
        (["IN_TRANSIT:WEATHER"], ""),
        (["ON_HOLD:CUSTOMS_DUTIES", "IN_TRANSIT"], ""),
        (["ATTEMPT_FAILED:NOT_HOME", "READY_FOR_PICKUP"], ""),
        (["DELAYED:WEATHER", "DELIVERED"], ""),
        (["DELIVERED:DAMAGED"], ""),
        # It goes back for the reason it was in trouble for, also when it has arrived there.
        (["ON_HOLD:REFUSED", "RETURNING"], "REFUSED"),
        (["ON_HOLD:REFUSED", "RETURNING", "IN_TRANSIT", "DELIVERED"], "REFUSED"),
        (["ON_HOLD:REFUSED", "RETURNING:WRONG_ADDRESS"], "WRONG_ADDRESS"),
        (["ON_HOLD:REFUSED", "IN_TRANSIT", "RETURNING"], ""),
        # Some ends are a reason in themselves.
        (["LOST"], "LOST"),
        (["DELAYED:WEATHER", "LOST"], "LOST"),
        (["LOST:INVESTIGATION"], "INVESTIGATION"),
        (["DAMAGED"], "DAMAGED"),
        # Events that change nothing tell nothing.
        (["ON_HOLD:CUSTOMS_DUTIES", "UNKNOWN:WEATHER"], "CUSTOMS_DUTIES"),
        (["DELIVERED", "DELAYED:WEATHER"], ""),
        (["RETURNING:REFUSED", "DELAYED:WEATHER"], "REFUSED"),
        ([], ""),
    ],
)
def test_reason_is_that_of_the_event_that_set_the_status(names, reason):
    for order in permutations(events_of(*names)):
        assert scans.standing_of(order).reason == reason


def test_reason_is_none_when_the_shop_took_the_parcel_back():
    events = events_of("ON_HOLD:WRONG_DATA")

    assert scans.standing_of(events, is_cancelled=True) == Standing(S.CANCELLED, "", None)


# Until when it waits.


def waits(hour, days=None, status=S.READY_FOR_PICKUP):
    """An event of that hour that tells the last day to collect, so many days later."""
    return CarrierEvent(hours(hour), status, collect_by=hours(24 * days) if days else None)


@pytest.mark.parametrize(
    "events, days",
    [
        ([waits(1, 2)], 2),
        # The newest word counts, be it shorter; a reminder needn't repeat it.
        ([waits(1, 2), waits(2, 5)], 5),
        ([waits(1, 5), waits(2, 2)], 2),
        ([waits(1, 5), waits(2)], 5),
        ([waits(1, 5), waits(2, status=S.UNKNOWN)], 5),
        ([waits(1, 5, S.ATTEMPT_FAILED), waits(2)], 5),
        # Brought to another place: what was told of the first one is over.
        ([waits(1, 5), waits(2, status=S.OUT_FOR_DELIVERY), waits(3)], None),
        ([waits(1, 5), waits(2, status=S.IN_TRANSIT), waits(3, 9)], 9),
        # It doesn't wait (any more).
        ([waits(1, 5), waits(2, status=S.DELIVERED)], None),
        ([waits(1, 5), waits(2, status=S.RETURNING)], None),
        ([waits(1, 5, S.ATTEMPT_FAILED)], None),
        ([waits(1)], None),
    ],
)
def test_last_day_is_that_of_the_newest_event_that_tells_one(events, days):
    for order in permutations(events):
        assert scans.standing_of(order).collect_by == (hours(24 * days) if days else None)


def test_last_day_is_the_later_one_when_two_are_told_at_one_moment():
    for order in permutations([waits(1, 2), waits(1, 5), waits(1)]):
        assert scans.standing_of(order).collect_by == hours(24 * 5)


# Contradiction.


@pytest.mark.parametrize(
    "names, hour",
    [
        (["DELIVERED", "IN_TRANSIT"], 11),
        (["DELIVERED", "UNKNOWN", "OUT_FOR_DELIVERY", "DELIVERED"], 12),
        (["DELIVERED", "ATTEMPT_FAILED"], 11),
        (["DELIVERED", "READY_FOR_PICKUP"], 11),
        (["DELIVERED", "LOST"], 11),
        (["DELIVERED", "RETURNING"], 11),
        (["LOST", "IN_TRANSIT"], 11),
        (["LOST", "DELIVERED", "IN_TRANSIT"], 11),
        (["DAMAGED", "OUT_FOR_DELIVERY"], 11),
        # Messages and silence contradict nothing, nor does what follows from the end.
        (["DELIVERED", "DELAYED", "ON_HOLD", "EXPIRED", "UNKNOWN", "INFO_RECEIVED"], None),
        (["DELIVERED", "DELIVERED"], None),
        (["DAMAGED", "RETURNING", "DELIVERED"], None),
        (["LOST", "LOST", "CANCELLED", "EXPIRED"], None),
        (["RETURNING", "DELIVERED", "IN_TRANSIT"], None),
        (["IN_TRANSIT", "DELIVERED"], None),
        ([], None),
    ],
)
def test_contradiction_is_the_first_scan_after_an_end_that_cannot_follow_it(names, hour):
    for order in permutations(events_of(*names)):
        assert scans.standing_of(order).contradicted_at == (hour and hours(hour))


def test_contradiction_is_none_when_both_are_of_one_moment():
    events = [CarrierEvent(NOON, S.LOST), CarrierEvent(NOON, S.IN_TRANSIT)]

    assert {scans.standing_of(order).contradicted_at for order in permutations(events)} == {None}


# Times that can't be.


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(days=-400), timedelta(days=1)])
def test_event_counts_at_its_own_time_when_it_may_be_right(ahead):
    assert scans.instead_of(NOON + ahead, NOON) is None


def test_event_counts_from_its_receipt_when_it_is_told_more_than_a_day_ahead():
    assert scans.instead_of(NOON + timedelta(days=1, seconds=1), NOON) == NOON


def test_status_goes_on_when_an_event_was_dated_far_ahead():
    typo = CarrierEvent(hours(9000), S.IN_TRANSIT, counts_at=hours(3))
    others = [CarrierEvent(hours(2), S.PICKED_UP), CarrierEvent(hours(4), S.DELIVERED)]

    for order in permutations([typo, *others]):
        assert scans.standing_of(order) == Standing(S.DELIVERED)
    assert scans.in_carrier_order([typo, *others]) == [others[0], typo, others[1]]
    assert scans.shipped_at([typo]) == hours(3)


@pytest.mark.parametrize(
    "names, shipped, delivered",
    [
        # The order was placed at the hour of the second event.
        (["PICKED_UP", "IN_TRANSIT", "DELIVERED"], 11, 12),
        (["PICKED_UP"], 11, None),
        (["DELIVERED"], 11, 11),
        (["DELIVERED", "INFO_RECEIVED", "DELIVERED"], 12, 12),
        (["INFO_RECEIVED", "INFO_RECEIVED", "PICKED_UP"], 12, None),
        (["INFO_RECEIVED"], None, None),
    ],
)
def test_moment_is_not_before_the_order_when_scans_are(names, shipped, delivered):
    events, placed_at = events_of(*names), hours(11)

    assert scans.shipped_at(events, not_before=placed_at) == (shipped and hours(shipped))
    assert scans.reached_at(events, S.DELIVERED, not_before=placed_at) == (
        delivered and hours(delivered)
    )


# Properties.


@given(shuffled_histories())
def test_standing_is_the_same_when_events_arrive_in_another_order_or_twice(histories):
    first, second = histories

    assert scans.standing_of(first) == scans.standing_of(second)
    assert scans.in_carrier_order(first) == scans.in_carrier_order(second)


@given(HISTORIES)
def test_reason_is_none_when_nothing_is_wrong(history):
    standing = scans.standing_of(history)

    assert not standing.reason or standing.status in scans.TROUBLE


@given(HISTORIES)
def test_contradiction_follows_an_end_when_there_is_one(history):
    contradicted_at = scans.standing_of(history).contradicted_at

    ends = [event.at for event in history if event.status in scans.CONTRADICTIONS]
    scanned = [event.at for event in history if event.at == contradicted_at]
    assert contradicted_at is None or (scanned and min(ends) < contradicted_at)


@given(HISTORIES)
def test_parcel_is_never_on_the_way_when_there_is_no_scan(history):
    before_scan = {S.PENDING, S.INFO_RECEIVED, S.CANCELLED}
    is_scanned = scans.shipped_at(history) is not None

    status = scans.status_of(history)

    if is_scanned:
        assert status not in before_scan
    else:
        assert status in before_scan | {S.DELAYED, S.ON_HOLD, S.EXPIRED}
