"""The tables of shipment statuses agree with the domain reference and with each other."""

import pytest

from saleor_aftersale.tracking.statuses import (
    HANDED_OVER,
    REVERSED,
    STAGE_PROGRESS,
    STAGES,
    TERMINAL,
    ShipmentStatus,
    Stage,
)

#: Status: stage of the bar (0 keeps it), has the carrier had it, terminal. Domain reference 1.2.
DOMAIN = {
    "PENDING": (1, False, False),
    "INFO_RECEIVED": (1, False, False),
    "PICKED_UP": (2, True, False),
    "IN_TRANSIT": (3, True, False),
    "OUT_FOR_DELIVERY": (4, True, False),
    "READY_FOR_PICKUP": (4, True, False),
    "ATTEMPT_FAILED": (4, True, False),
    "DELAYED": (0, False, False),
    "ON_HOLD": (0, False, False),
    "DELIVERED": (5, True, True),
    "RETURNING": (0, True, False),
    "RETURNED_TO_SENDER": (0, True, True),
    "LOST": (0, True, True),
    "DAMAGED": (0, True, True),
    "CANCELLED": (0, False, True),
    "EXPIRED": (0, False, False),
    "UNKNOWN": (0, False, False),
}


def test_statuses_are_those_of_the_domain_when_listed():
    assert [status.value for status in ShipmentStatus] == list(DOMAIN)


@pytest.mark.parametrize("name", DOMAIN)
def test_status_is_classed_as_in_the_domain_when_looked_up(name):
    status = ShipmentStatus[name]
    stage = STAGES[status].value if status in STAGES else 0

    assert (stage, status in HANDED_OVER, status in TERMINAL) == DOMAIN[name]


def test_reversed_are_the_two_ways_back_when_listed():
    assert {ShipmentStatus.RETURNING, ShipmentStatus.RETURNED_TO_SENDER} == REVERSED


def test_stage_progress_grows_to_100_when_stages_follow_each_other():
    assert [STAGE_PROGRESS[stage] for stage in Stage] == [30, 45, 60, 85, 100]
