"""What staff finds in the list of parcels."""

from datetime import timedelta

import pytest

from saleor_aftersale.tracking.models import Shipment
from saleor_aftersale.tracking.shipment_lists import (
    CREATED_AT,
    DELIVERED_AT,
    LAST_EVENT_AT,
    ShipmentFilter,
    shipments_where,
)
from saleor_aftersale.tracking.statements import state_not_received
from saleor_aftersale.tracking.statuses import ShipmentStatus
from tests import factories
from tests.factories import CHANNEL, CUSTOMER, NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

S = ShipmentStatus


@pytest.fixture
def shelf():
    """Three parcels of three orders: A waits, B is on its way and stalled, C was delivered late."""
    factories.activate()
    found = {}
    for letter, status in (("A", None), ("B", S.IN_TRANSIT), ("C", S.DELIVERED)):
        fulfillment = factories.fulfill(factories.make_order(), tracking_number=f"{letter}-1")
        if status:
            factories.scan(fulfillment, status, NOON)
        factories.keep(fulfillment.order)
        found[letter] = Shipment.objects.get(fulfillment_ref=str(fulfillment.pk))
    rows = Shipment.objects
    rows.filter(pk=found["B"].pk).update(stalled_at=NOON, carrier="gls")
    rows.filter(pk=found["C"].pk).update(late_since=NOON, carrier="own_van")
    state_not_received(found["C"].pk, CUSTOMER, "", NOON)
    return found


def letters(wanted, **more):
    rows = shipments_where(wanted, **more).order_by("tracking_number")
    return "".join(row.tracking_number[0] for row in rows)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, "ABC"),
        ({"statuses": ["PENDING", "DELIVERED"]}, "AC"),
        ({"statuses": []}, ""),
        ({"is_stalled": True}, "B"),
        ({"is_stalled": False}, "AC"),
        ({"is_late": True}, "C"),
        ({"is_late": False}, "AB"),
        ({"carrier": " GLS "}, "B"),
        ({"carrier": ""}, "A"),
        ({"carrier": "\x00"}, ""),
        ({"channels": [CHANNEL]}, "ABC"),
        ({"channels": ["other", "\x00"]}, ""),
        ({"channels": []}, ""),
        ({"delivered_from": NOON}, "C"),
        ({"delivered_from": NOON + timedelta(seconds=1)}, ""),
        ({"delivered_until": NOON}, "C"),
        ({"delivered_until": NOON - timedelta(seconds=1)}, ""),
        ({"search": " b 1 "}, "B"),
        ({"search": "1"}, ""),
        ({"search": "\x00"}, ""),
        ({"is_reported_missing": True}, "C"),
        ({"is_reported_missing": False}, "AB"),
        ({"is_late": True, "is_stalled": True}, ""),
    ],
)
def test_list_holds_what_fits_all_conditions(shelf, wanted, expected):
    assert letters(ShipmentFilter(**wanted)) == expected


def test_list_is_found_by_an_order_number(shelf):
    assert letters(ShipmentFilter(search=shelf["B"].order.number)) == "B"


@pytest.mark.parametrize(("channels", "expected"), [(None, "ABC"), ([CHANNEL], "ABC"), (["x"], "")])
def test_list_holds_only_channels_the_person_works_in(shelf, channels, expected):
    assert letters(ShipmentFilter(channels=[CHANNEL]), only_channels=channels) == expected


@pytest.mark.parametrize(
    ("column", "expected"), [(CREATED_AT, "ABC"), (DELIVERED_AT, "C"), (LAST_EVENT_AT, "ABC")]
)
def test_column_a_list_is_sorted_by_is_never_null(shelf, column, expected):
    rows = list(shipments_where(ShipmentFilter(), column=column).order_by("tracking_number"))

    assert "".join(row.tracking_number[0] for row in rows) == expected
    assert None not in [getattr(row, column) for row in rows]


def test_parcel_nobody_told_of_counts_from_when_it_was_made(shelf):
    rows = shipments_where(ShipmentFilter(), column=LAST_EVENT_AT)

    assert rows.get(pk=shelf["A"].pk).last_told_at == shelf["A"].created_at
    assert rows.get(pk=shelf["B"].pk).last_told_at == NOON
