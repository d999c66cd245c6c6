"""An order and its parcels to status, bar, milestones and words."""

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_aftersale.tracking import timeline
from saleor_aftersale.tracking.timeline import (
    Milestone,
    MilestoneCode,
    MilestoneState,
    Timeline,
)
from saleor_aftersale.values import Fulfillment, FulfillmentStatus, OrderStatus
from tests.unit.orders import NOON, euros, hours, make_line, make_order
from tests.unit.tracking.parcels import (
    HISTORIES,
    NOW,
    S,
    parcel_of,
    shuffled_histories,
)


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
