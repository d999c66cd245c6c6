"""Events to status, bar, milestones and estimate."""

from dataclasses import replace
from datetime import timedelta, timezone
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_aftersale.tracking import timeline
from saleor_aftersale.tracking.statuses import ShipmentStatus
from saleor_aftersale.tracking.timeline import (
    CarrierEvent,
    Estimate,
    EstimateSource,
    Milestone,
    MilestoneCode,
    MilestoneState,
    Parcel,
    ParcelTimeline,
    Timeline,
)
from saleor_aftersale.values import Fulfillment, FulfillmentStatus, OrderStatus
from tests.unit.orders import NOON, euros, hours, make_line, make_order

S = ShipmentStatus
NOW = hours(100)


def events_of(*names):
    """One event an hour, in those statuses, from ten hours after the order on."""
    return [CarrierEvent(hours(10 + index), S[name]) for index, name in enumerate(names)]


def parcel_of(*names, ref="1", **more):
    """A parcel with a number and those events."""
    events = tuple(events_of(*names))
    created_at = hours(5) + timedelta(minutes=int(ref))
    return Parcel(ref, created_at, tracking_number="1Z" + ref, events=events, **more)


def sent_order(**more):
    """An order of one line, all of it handed over for shipping."""
    return make_order(**{"status": OrderStatus.FULFILLED, "lines": (make_line(sent=1),), **more})


def half_sent_order():
    """Two pieces ordered, one of them sent."""
    lines = (make_line(quantity=2, sent=1),)
    return make_order(status=OrderStatus.PARTIALLY_FULFILLED, lines=lines)


def states_of(shown):
    """Initials of the milestones' states: Done, Current, Upcoming, dropped (X)."""
    initials = {"DONE": "D", "CURRENT": "C", "UPCOMING": "U", "DROPPED": "X"}
    return "".join(initials[item.state.value] for item in shown.milestones)


def standing(shown):
    """The order in one line: status, bar, sentence."""
    return shown.status, shown.progress, shown.text_code, dict(shown.text_params)


# Status of one parcel.


@pytest.mark.parametrize("status", [status for status in S if status is not S.UNKNOWN])
def test_status_is_that_of_the_event_when_there_is_one(status):
    assert timeline.status_of(events_of(status.name)) is status


@pytest.mark.parametrize("names", [(), ("UNKNOWN",)])
def test_status_is_pending_when_nothing_readable_is_known(names):
    assert timeline.status_of(events_of(*names)) is S.PENDING


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
    assert timeline.status_of(events_of(*names)) is status


def test_status_stays_when_a_late_event_fills_a_gap():
    events = events_of("PICKED_UP", "IN_TRANSIT", "OUT_FOR_DELIVERY")

    assert timeline.status_of([events[2], events[0], events[1]]) is S.OUT_FOR_DELIVERY


def test_status_is_the_farther_one_when_two_events_have_one_time():
    events = [CarrierEvent(NOON, S.DELIVERED), CarrierEvent(NOON, S.OUT_FOR_DELIVERY)]

    assert {timeline.status_of(order) for order in permutations(events)} == {S.DELIVERED}


def test_events_are_sorted_by_instant_when_offsets_differ():
    warsaw = timezone(timedelta(hours=2))
    first = CarrierEvent(NOON.replace(hour=13, tzinfo=warsaw), S.DELIVERED)
    second = CarrierEvent(NOON, S.RETURNING)

    assert timeline.in_carrier_order([second, first, second]) == [first, second]


# The bar of one parcel.


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
    assert timeline.progress_of(events_of(*names)) == progress


# Moments.


def test_shipped_at_is_the_first_scan_when_a_label_came_before():
    events = events_of("INFO_RECEIVED", "DELAYED", "PICKED_UP", "IN_TRANSIT")

    assert timeline.shipped_at(reversed(events)) == hours(12)


def test_shipped_at_is_unknown_when_there_is_a_label_only():
    assert timeline.shipped_at(events_of("INFO_RECEIVED", "ON_HOLD", "CANCELLED")) is None


def test_reached_at_is_the_first_report_when_there_are_several():
    events = events_of("DELIVERED", "LOST", "DELIVERED")

    assert timeline.reached_at(reversed(events), S.DELIVERED) == hours(10)


def test_reached_at_is_unknown_when_the_status_was_never_reported():
    assert timeline.reached_at(events_of("IN_TRANSIT"), S.DELIVERED) is None


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

    found = timeline.estimate_of(parcel, S.IN_TRANSIT, now)

    assert found == Estimate(EstimateSource.CARRIER, *estimate)


def test_estimate_is_missing_when_the_carrier_promised_no_end():
    parcel = parcel_of(promised_from=hours(20))

    assert timeline.estimate_of(parcel, S.IN_TRANSIT, NOW) is None


@pytest.mark.parametrize(
    "name", ["DELIVERED", "LOST", "DAMAGED", "CANCELLED", "RETURNING", "RETURNED_TO_SENDER"]
)
def test_estimate_is_missing_when_nothing_is_to_be_waited_for(name):
    parcel = parcel_of(name, promised_until=hours(30))

    assert timeline.parcel_timeline(parcel, NOW).estimate is None


# One parcel as shown.


def test_parcel_is_shown_with_its_newest_event_first_when_it_moves():
    parcel = parcel_of("PICKED_UP", "IN_TRANSIT", promised_until=hours(30))
    picked_up, in_transit = parcel.events
    late = Estimate(EstimateSource.CARRIER, hours(30), hours(30), hours(30))

    shown = timeline.parcel_timeline(replace(parcel, events=(in_transit, picked_up) * 2), NOW)

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
    found = timeline.parcel_timeline(parcel_of(*names, is_cancelled=True), NOW)

    assert (found.status, found.progress) == shown


@pytest.mark.parametrize("name", ["RETURNING", "RETURNED_TO_SENDER"])
def test_parcel_is_returning_when_it_goes_to_the_sender(name):
    assert timeline.parcel_timeline(parcel_of("IN_TRANSIT", name), NOW).is_returning


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
    assert timeline.parcel_text_code(timeline.parcel_timeline(parcel, NOW)) == code


# The order before anything is sent.


@pytest.mark.parametrize(
    "order, status, progress, states",
    [
        (make_order(), "PREPARING", 20, "DDDCUU"),
        # Cash on delivery: payment holds up nothing.
        (make_order(captured=euros("0"), paid_at=None), "PREPARING", 20, "DUDCUU"),
        (
            make_order(status=OrderStatus.UNCONFIRMED, confirmed_at=None),
            "PAID",
            10,
            "DDCUUU",
        ),
        (
            make_order(
                status=OrderStatus.UNCONFIRMED,
                confirmed_at=None,
                captured=euros("0"),
                paid_at=None,
            ),
            "PLACED",
            5,
            "DUCUUU",
        ),
        # Nothing to pay.
        (
            make_order(total=euros("0"), captured=euros("0"), paid_at=None),
            "PREPARING",
            20,
            "DDDCUU",
        ),
        (make_order(status=OrderStatus.CANCELED), "CANCELED", 0, "DDDXXX"),
        (
            make_order(status=OrderStatus.EXPIRED, captured=euros("0"), paid_at=None),
            "EXPIRED",
            0,
            "DXXXXX",
        ),
    ],
)
def test_order_stands_at_its_last_step_when_nothing_is_sent(order, status, progress, states):
    shown = timeline.timeline_of(order, [], NOW)

    assert standing(shown) == (status, progress, "order." + status, {})
    assert states_of(shown) == states


@pytest.mark.parametrize(
    "order",
    [
        # Paid once, then made dearer by an edit.
        make_order(total=euros("20")),
        make_order(status=OrderStatus.EXPIRED, total=euros("20")),
    ],
)
def test_milestone_has_no_moment_when_it_is_not_done(order):
    shown = timeline.timeline_of(order, [], NOW)

    undone = [item for item in shown.milestones if item.state is not MilestoneState.DONE]
    assert MilestoneCode.PAID in [item.code for item in undone]
    assert {item.reached_at for item in undone} == {None}


# The order once parcels exist.


def test_timeline_tells_everything_when_one_parcel_is_delivered():
    order, parcel = sent_order(), parcel_of("PICKED_UP", "DELIVERED")

    shown = timeline.timeline_of(order, [parcel], NOW)

    done = MilestoneState.DONE
    assert shown == Timeline(
        order=order,
        status="DELIVERED",
        progress=100,
        text_code="parcel.DELIVERED",
        text_params={},
        milestones=(
            Milestone(MilestoneCode.PLACED, done, NOON),
            Milestone(MilestoneCode.PAID, done, hours(1)),
            Milestone(MilestoneCode.CONFIRMED, done, hours(2)),
            Milestone(MilestoneCode.PREPARING, done, None),
            Milestone(MilestoneCode.SHIPPED, done, hours(10)),
            Milestone(MilestoneCode.DELIVERED, done, hours(11)),
        ),
        parcels=(timeline.parcel_timeline(parcel, NOW),),
        updated_at=hours(11),
    )


@pytest.mark.parametrize(
    "names, status, progress, states",
    [
        ([], "PENDING", 30, "DDDDDC"),
        (["INFO_RECEIVED"], "INFO_RECEIVED", 30, "DDDDDC"),
        (["OUT_FOR_DELIVERY", "DELAYED"], "DELAYED", 85, "DDDDDC"),
        (["LOST"], "LOST", 30, "DDDDDC"),
        (["OUT_FOR_DELIVERY", "RETURNING"], "RETURNING", 50, "DDDDDC"),
        (["RETURNED_TO_SENDER"], "RETURNED_TO_SENDER", 100, "DDDDDC"),
    ],
)
def test_order_stands_where_its_parcel_stands_when_there_is_one(names, status, progress, states):
    shown = timeline.timeline_of(sent_order(), [parcel_of(*names)], NOW)

    assert standing(shown) == (status, progress, "parcel." + status, {})
    assert states_of(shown) == states


@pytest.mark.parametrize(
    "first, second, status, progress, delivered",
    [
        ("DELIVERED", "IN_TRANSIT", "IN_TRANSIT", 60, 1),
        ("OUT_FOR_DELIVERY", "INFO_RECEIVED", "INFO_RECEIVED", 30, 0),
        ("DELIVERED", "DELIVERED", "DELIVERED", 100, 2),
        ("DELIVERED", "LOST", "LOST", 30, 1),
        # A parcel on its way back keeps the order from being delivered, but doesn't hide
        # one that is still to come.
        ("DELIVERED", "RETURNING", "RETURNING", 50, 1),
        ("DELIVERED", "RETURNED_TO_SENDER", "RETURNED_TO_SENDER", 100, 1),
        ("IN_TRANSIT", "RETURNING", "IN_TRANSIT", 60, 0),
        ("RETURNED_TO_SENDER", "RETURNING", "RETURNING", 50, 0),
    ],
)
def test_order_stands_where_its_least_advanced_parcel_stands_when_there_are_two(
    first, second, status, progress, delivered
):
    parcels = [parcel_of(first, ref="1"), parcel_of(second, ref="2")]
    told = {"delivered": delivered, "total": 2}

    for order in permutations(parcels):
        shown = timeline.timeline_of(sent_order(), order, NOW)

        assert standing(shown) == (status, progress, "parcels.delivered", told)
        assert states_of(shown) == ("DDDDDD" if delivered == 2 else "DDDDDC")
        assert [item.parcel.ref for item in shown.parcels] == ["1", "2"]


def test_order_is_lost_when_a_delivered_parcel_turns_out_to_be_lost():
    parcels = [parcel_of("DELIVERED", ref="1"), parcel_of("DELIVERED", "LOST", ref="2")]

    shown = timeline.timeline_of(sent_order(), parcels, NOW)

    assert (shown.status, states_of(shown)) == ("LOST", "DDDDDC")


def test_order_is_being_prepared_when_a_piece_is_unsent():
    shown = timeline.timeline_of(half_sent_order(), [parcel_of("DELIVERED")], NOW)

    assert standing(shown) == ("PREPARING", 20, "parcels.first_of_several", {})
    assert states_of(shown) == "DDDCUU"


def test_order_counts_its_parcels_when_a_piece_is_unsent_and_two_are_sent():
    parcels = [parcel_of("DELIVERED", ref="1"), parcel_of("IN_TRANSIT", ref="2")]

    shown = timeline.timeline_of(half_sent_order(), parcels, NOW)

    told = {"delivered": 1, "total": 2}
    assert standing(shown) == ("PREPARING", 20, "parcels.some_unsent", told)


def test_order_ignores_a_parcel_when_the_shop_took_it_back():
    parcels = [parcel_of("DELIVERED"), parcel_of(ref="2", is_cancelled=True)]

    shown = timeline.timeline_of(sent_order(), parcels, NOW)

    assert standing(shown) == ("DELIVERED", 100, "parcel.DELIVERED", {})
    assert [item.status for item in shown.parcels] == [S.DELIVERED, S.CANCELLED]


def test_order_is_not_delivered_when_the_carrier_cancelled_one_of_its_parcels():
    parcels = [parcel_of("DELIVERED"), parcel_of("INFO_RECEIVED", "CANCELLED", ref="2")]

    shown = timeline.timeline_of(sent_order(), parcels, NOW)

    assert standing(shown) == ("PREPARING", 20, "parcels.first_of_several", {})
    assert states_of(shown) == "DDDCUU"


def test_order_is_being_prepared_when_its_only_parcel_is_cancelled():
    order = make_order()

    shown = timeline.timeline_of(order, [parcel_of(is_cancelled=True)], NOW)

    assert standing(shown) == ("PREPARING", 20, "order.PREPARING", {})


def test_order_is_cancelled_when_the_shop_says_so_and_parcels_exist():
    order = sent_order(status=OrderStatus.CANCELED)

    shown = timeline.timeline_of(order, [parcel_of("IN_TRANSIT")], NOW)

    assert standing(shown) == ("CANCELED", 0, "order.CANCELED", {})
    assert states_of(shown) == "DDDDDX"


def test_unpaid_order_is_delivered_when_cash_on_delivery_is_not_booked_yet():
    order = sent_order(captured=euros("0"), paid_at=None)

    shown = timeline.timeline_of(order, [parcel_of("DELIVERED")], NOW)

    assert (shown.status, states_of(shown)) == ("DELIVERED", "DUDDDD")


def test_shipped_is_the_last_parcels_moment_when_one_has_no_scan():
    parcels = [parcel_of("PICKED_UP", ref="1"), parcel_of("INFO_RECEIVED", ref="2")]
    unscanned = timeline.timeline_of(sent_order(), parcels[1:], NOW)

    shown = timeline.timeline_of(sent_order(), parcels, NOW)

    assert shown.milestones[4] == Milestone(MilestoneCode.SHIPPED, MilestoneState.DONE, hours(10))
    assert unscanned.milestones[4].reached_at == parcels[1].created_at


def test_updated_at_is_the_newest_moment_when_shop_and_carriers_know_some():
    fulfillment = Fulfillment("1", 1, FulfillmentStatus.FULFILLED, "1Z1", hours(6))
    order = sent_order(fulfillments=(fulfillment,))

    unscanned = timeline.timeline_of(order, [], NOW)
    scanned = timeline.timeline_of(order, [parcel_of("IN_TRANSIT", "UNKNOWN")], NOW)
    deleted = timeline.timeline_of(sent_order(), [parcel_of()], NOW)

    assert unscanned.updated_at == hours(6)
    assert scanned.updated_at == hours(11)
    assert deleted.updated_at == parcel_of().created_at


# Properties.

EVENTS = st.builds(
    CarrierEvent,
    occurred_at=st.integers(0, 5).map(hours),
    status=st.sampled_from(list(S)),
    code=st.sampled_from(["", "A", "B"]),
    description=st.sampled_from(["", "x"]),
    location=st.sampled_from(["", "Łódź"]),
)
HISTORIES = st.lists(EVENTS, max_size=8)


@st.composite
def shuffled_histories(draw):
    """A history, and the same events in another order, some of them repeated."""
    history = draw(HISTORIES)
    repeated = draw(st.lists(st.sampled_from(history), max_size=4)) if history else []
    return history, draw(st.permutations(history + repeated))


@given(shuffled_histories())
def test_timeline_is_the_same_when_events_arrive_in_another_order_or_twice(histories):
    shown = []
    for events in histories:
        parcel = replace(parcel_of(), events=tuple(events))
        shown.append(timeline.timeline_of(sent_order(), [parcel], NOW))

    first, second = (replace(item.parcels[0], parcel=parcel_of()) for item in shown)
    assert first == second
    assert standing(shown[0]) == standing(shown[1])
    assert shown[0].milestones == shown[1].milestones
    assert shown[0].updated_at == shown[1].updated_at


@given(HISTORIES, HISTORIES)
def test_progress_never_falls_when_events_are_added_and_nothing_turns_back(history, more):
    before, after = (
        timeline.parcel_timeline(replace(parcel_of(), events=tuple(events)), NOW)
        for events in (history, history + more)
    )

    turned_back = after.is_returning and not before.is_returning
    removed = after.status is S.CANCELLED
    assert turned_back or removed or after.progress >= before.progress


@given(HISTORIES)
def test_parcel_is_never_on_the_way_when_there_is_no_scan(history):
    before_scan = {S.PENDING, S.INFO_RECEIVED, S.CANCELLED}
    is_scanned = timeline.shipped_at(history) is not None

    status = timeline.status_of(history)

    if is_scanned:
        assert status not in before_scan
    else:
        assert status in before_scan | {S.DELAYED, S.ON_HOLD, S.EXPIRED}


@given(st.lists(HISTORIES, max_size=3), st.booleans())
def test_order_is_delivered_exactly_when_all_its_parcels_are(histories, is_all_sent):
    order = sent_order() if is_all_sent else half_sent_order()
    parcels = [
        replace(parcel_of(ref=str(index)), events=tuple(history))
        for index, history in enumerate(histories, 1)
    ]

    shown = timeline.timeline_of(order, parcels, NOW)

    statuses = {item.status for item in shown.parcels}
    assert (shown.status == "DELIVERED") == (is_all_sent and statuses == {S.DELIVERED})
    assert (states_of(shown) == "DDDDDD") == (shown.status == "DELIVERED")
    assert states_of(shown).count("C") <= 1
