"""What is shown of one parcel: status, bar, estimate, warnings and words."""

from dataclasses import replace

import pytest
from hypothesis import given

from saleor_aftersale.tracking import parcel_timeline
from saleor_aftersale.tracking.parcel_timeline import Estimate, EstimateSource, ParcelTimeline
from tests.unit.orders import hours
from tests.unit.tracking.parcels import HISTORIES, NOW, S, parcel_of

OURS = Estimate(EstimateSource.HISTORY, hours(40), hours(50), computed_at=hours(12), sample=30)

# The estimate.


@pytest.mark.parametrize(
    "promised_from, now, estimate",
    [
        (hours(20), hours(30), (hours(20), hours(30), None)),
        (None, hours(25), (hours(30), hours(30), None)),
        (hours(20), hours(31), (hours(20), hours(30), hours(30))),
    ],
)
def test_estimate_is_the_carriers_promise_when_there_is_one(promised_from, now, estimate):
    parcel = parcel_of(promised_from=promised_from, promised_until=hours(30))

    found = parcel_timeline.estimate_of(parcel, S.IN_TRANSIT, now)

    assert found == Estimate(EstimateSource.CARRIER, *estimate)


def test_estimate_is_missing_when_the_carrier_promised_no_end():
    parcel = parcel_of(promised_from=hours(20))

    assert parcel_timeline.estimate_of(parcel, S.IN_TRANSIT, NOW) is None


@pytest.mark.parametrize(
    "name", ["DELIVERED", "LOST", "DAMAGED", "CANCELLED", "RETURNING", "RETURNED_TO_SENDER"]
)
def test_estimate_is_missing_when_nothing_is_to_be_waited_for(name):
    parcel = parcel_of(name, promised_until=hours(30))

    assert parcel_timeline.parcel_timeline(parcel, NOW).estimate is None


# One parcel as shown.


def test_parcel_is_shown_with_its_newest_event_first_when_it_moves():
    parcel = parcel_of("PICKED_UP", "IN_TRANSIT", promised_until=hours(30))
    picked_up, in_transit = parcel.events
    late = Estimate(EstimateSource.CARRIER, hours(30), hours(30), hours(30))

    shown = parcel_timeline.parcel_timeline(
        replace(parcel, events=(in_transit, picked_up) * 2), NOW
    )

    assert shown == ParcelTimeline(
        parcel=replace(parcel, events=(in_transit, picked_up) * 2),
        status=S.IN_TRANSIT,
        progress=60,
        events=(in_transit, picked_up),
        estimate=late,
    )
    assert not shown.is_returning


@pytest.mark.parametrize(
    "names, shown",
    [
        ([], (S.CANCELLED, 0)),
        (["INFO_RECEIVED", "ON_HOLD"], (S.CANCELLED, 0)),
        (["IN_TRANSIT"], (S.IN_TRANSIT, 60)),
        (["IN_TRANSIT", "ON_HOLD"], (S.ON_HOLD, 60)),
        (["IN_TRANSIT", "EXPIRED"], (S.EXPIRED, 60)),
    ],
)
def test_parcel_is_cancelled_when_the_shop_took_it_back_before_the_first_scan(names, shown):
    found = parcel_timeline.parcel_timeline(parcel_of(*names, is_cancelled=True), NOW)

    assert (found.status, found.progress) == shown


@pytest.mark.parametrize("name", ["RETURNING", "RETURNED_TO_SENDER"])
def test_parcel_is_returning_when_it_goes_to_the_sender(name):
    assert parcel_timeline.parcel_timeline(parcel_of("IN_TRANSIT", name), NOW).is_returning


@pytest.mark.parametrize(
    "parcel, code",
    [
        (parcel_of(), "parcel.PENDING"),
        (replace(parcel_of(), tracking_number=""), "parcel.SENT_UNTRACKED"),
        (replace(parcel_of("DELIVERED"), tracking_number=""), "parcel.DELIVERED"),
        (parcel_of("IN_TRANSIT", "DELAYED"), "parcel.DELAYED"),
    ],
)
def test_parcel_text_says_the_status_when_asked(parcel, code):
    assert parcel_timeline.parcel_text_code(parcel_timeline.parcel_timeline(parcel, NOW)) == code


# Whose estimate.


def test_estimate_is_ours_when_the_carrier_promised_nothing():
    parcel = parcel_of(estimate=OURS)

    assert parcel_timeline.estimate_of(parcel, S.IN_TRANSIT, hours(50)) == OURS
    assert parcel_timeline.estimate_of(parcel, S.IN_TRANSIT, hours(51)) == replace(
        OURS, late_since=hours(50)
    )


def test_estimate_is_the_carriers_when_both_exist():
    parcel = parcel_of(promised_until=hours(60), promised_at=hours(11), estimate=OURS)

    assert parcel_timeline.estimate_of(parcel, S.IN_TRANSIT, NOW) == Estimate(
        EstimateSource.CARRIER, hours(60), hours(60), hours(60), hours(11), None
    )


def test_estimate_is_missing_when_the_parcel_waits_to_be_collected():
    parcel = parcel_of("READY_FOR_PICKUP", promised_until=hours(60), estimate=OURS)

    assert parcel_timeline.parcel_timeline(parcel, NOW).estimate is None


# Warnings.


@pytest.mark.parametrize(
    "name, collect_by",
    [("READY_FOR_PICKUP", hours(48)), ("DELIVERED", None), ("RETURNING", None)],
)
def test_collect_by_is_shown_when_the_parcel_waits(name, collect_by):
    parcel = parcel_of("READY_FOR_PICKUP", name, collect_by=hours(48))

    assert parcel_timeline.parcel_timeline(parcel, NOW).collect_by == collect_by


@pytest.mark.parametrize(
    "names, stalled_at, is_stalled",
    [
        (["IN_TRANSIT"], hours(40), True),
        ([], hours(40), True),
        (["IN_TRANSIT"], hours(10), True),
        (["IN_TRANSIT"], None, False),
        # It was heard of since, has arrived, or nothing is expected.
        (["IN_TRANSIT", "IN_TRANSIT"], hours(10), False),
        (["DELIVERED"], hours(40), False),
        (["READY_FOR_PICKUP"], hours(40), False),
        (["RETURNING"], hours(40), False),
    ],
)
def test_parcel_is_stalled_when_the_silence_lasts(names, stalled_at, is_stalled):
    shown = parcel_timeline.parcel_timeline(parcel_of(*names, stalled_at=stalled_at), NOW)

    assert shown.is_stalled is is_stalled


def test_trouble_is_shown_when_events_tell_it():
    parcel = parcel_of("DELIVERED", "RETURNING:REFUSED", reason="OLD", contradicted_at=hours(1))

    shown = parcel_timeline.parcel_timeline(parcel, NOW)

    assert (shown.reason, shown.contradicted_at) == ("REFUSED", hours(11))


# Words.

LATE = {"promised_until": hours(30)}
SILENT = {"stalled_at": hours(40)}


@pytest.mark.parametrize(
    "parcel, sentence",
    [
        (parcel_of("IN_TRANSIT"), ("parcel.IN_TRANSIT", {})),
        (
            parcel_of("IN_TRANSIT", **LATE),
            ("parcel.LATE", {"status": "parcel.IN_TRANSIT", "since": hours(30)}),
        ),
        (
            parcel_of("IN_TRANSIT", **SILENT),
            ("parcel.STALLED", {"status": "parcel.IN_TRANSIT", "since": hours(40)}),
        ),
        (
            parcel_of("DELAYED", **LATE, **SILENT),
            ("parcel.LATE", {"status": "parcel.DELAYED", "since": hours(30)}),
        ),
        (
            parcel_of("READY_FOR_PICKUP", collect_by=hours(120), **LATE),
            ("parcel.WAITS_UNTIL", {"until": hours(120)}),
        ),
        (parcel_of("READY_FOR_PICKUP", **LATE), ("parcel.READY_FOR_PICKUP", {})),
        (parcel_of("DELIVERED", collect_by=hours(9), **LATE, **SILENT), ("parcel.DELIVERED", {})),
        (
            replace(parcel_of(**LATE), tracking_number=""),
            ("parcel.LATE", {"status": "parcel.SENT_UNTRACKED", "since": hours(30)}),
        ),
    ],
)
def test_sentence_says_the_warning_too_when_there_is_one(parcel, sentence):
    shown = parcel_timeline.parcel_timeline(parcel, NOW)

    assert parcel_timeline.parcel_sentence(shown) == sentence


# Properties.


@given(HISTORIES, HISTORIES)
def test_progress_never_falls_when_events_are_added_and_nothing_turns_back(history, more):
    before, after = (
        parcel_timeline.parcel_timeline(replace(parcel_of(), events=tuple(events)), NOW)
        for events in (history, history + more)
    )

    turned_back = after.is_returning and not before.is_returning
    removed = after.status is S.CANCELLED
    assert turned_back or removed or after.progress >= before.progress


@given(HISTORIES, HISTORIES, HISTORIES)
def test_progress_never_falls_while_a_history_grows_step_by_step(first, second, third):
    grown = [first, first + second, first + second + third]
    shown = [
        parcel_timeline.parcel_timeline(replace(parcel_of(), events=tuple(events)), NOW)
        for events in grown
    ]

    ahead = [item.progress for item in shown if not item.is_returning and item.progress]
    back = [item.progress for item in shown if item.is_returning]
    assert ahead == sorted(ahead)
    assert back == sorted(back)
