"""Parcels and their events for tests of rules."""

from datetime import timedelta

from hypothesis import strategies as st

from saleor_aftersale.tracking.parcel_timeline import Parcel
from saleor_aftersale.tracking.scans import CarrierEvent
from saleor_aftersale.tracking.statuses import ShipmentStatus
from tests.unit.orders import hours

S = ShipmentStatus
NOW = hours(100)


def events_of(*names):
    """
    One event an hour, in those statuses, from ten hours after the order on.

    A name may carry a reason: ``"ON_HOLD:CUSTOMS_DUTIES"``.
    """
    events = []
    for index, name in enumerate(names):
        status, _colon, reason = name.partition(":")
        events.append(CarrierEvent(hours(10 + index), S[status], reason=reason))
    return events


def parcel_of(*names, ref="1", **more):
    """A parcel with a number and those events."""
    events = tuple(events_of(*names))
    created_at = hours(5) + timedelta(minutes=int(ref))
    return Parcel(ref, created_at, tracking_number="1Z" + ref, events=events, **more)


EVENTS = st.builds(
    CarrierEvent,
    occurred_at=st.integers(0, 5).map(hours),
    status=st.sampled_from(list(S)),
    code=st.sampled_from(["", "A", "B"]),
    description=st.sampled_from(["", "x"]),
    location=st.sampled_from(["", "Łódź"]),
    reason=st.sampled_from(["", "NOT_HOME", "WEATHER"]),
    is_correction=st.booleans(),
    counts_at=st.none() | st.integers(0, 5).map(hours),
)
HISTORIES = st.lists(EVENTS, max_size=8)


@st.composite
def shuffled_histories(draw):
    """A history, and the same events in another order, some of them repeated."""
    history = draw(HISTORIES)
    repeated = draw(st.lists(st.sampled_from(history), max_size=4)) if history else []
    return history, draw(st.permutations(history + repeated))
