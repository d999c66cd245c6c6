"""Parcels of orders, the order behind a link, and the parcel behind a number."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from saleor_aftersale import access
from saleor_aftersale.config import settings_of
from saleor_aftersale.tracking import actions, queries
from saleor_aftersale.tracking.models import Shipment
from saleor_aftersale.tracking.parcel_timeline import (
    Estimate,
    EstimateSource,
    Parcel,
    ParcelLine,
)
from saleor_aftersale.tracking.scans import CarrierEvent
from saleor_aftersale.tracking.statuses import ShipmentStatus
from saleor_aftersale.values import NotFound
from tests import factories
from tests.factories import CHANNEL, NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def record():
    factories.activate()
    return factories.keep(factories.make_order())


def test_parcels_need_the_same_queries_however_many_orders():
    factories.activate()
    orders = [factories.host_order(factories.delivered_order()) for _ in range(4)]

    counts = []
    for wanted in (orders[:1], orders):
        with CaptureQueriesContext(connection) as captured:
            queries.parcels_by_order(wanted)
        counts.append(len(captured))

    # Together where the driver can.
    assert counts[0] == counts[1] <= 2


def test_parcel_is_shown_as_the_shop_has_it_when_we_have_none():
    order = factories.make_order(lines={"Kettle": 2})
    fulfillment = factories.fulfill(order, tracking_number="1z 9")
    seen = factories.host_order(order)

    (parcel,) = queries.parcels_by_order([seen])[seen.ref]

    assert (parcel.ref, parcel.tracking_number) == (str(fulfillment.pk), "1Z9")
    assert [(line.product_name, line.quantity) for line in parcel.lines] == [("Kettle", 2)]
    assert not Shipment.objects.exists()


@pytest.fixture
def shipped():
    """A scanned parcel, and its order as our code sees it."""
    factories.activate()
    order = factories.make_order(lines={"Kettle": 2})
    parcel = factories.scan(factories.fulfill(order), ShipmentStatus.IN_TRANSIT)
    return parcel, factories.host_order(order)


def parcels_of(order):
    return queries.parcels_by_order([order])[order.ref]


def test_parcel_is_shown_as_it_is_stored(shipped):
    row, order = shipped
    day = timedelta(days=1)
    Shipment.objects.update(
        estimate_source="HISTORY",
        estimated_from=NOON + day,
        estimated_until=NOON + 2 * day,
        estimated_at=NOON,
        estimate_sample=30,
        collect_by=NOON + 3 * day,
        late_since=NOON + 2 * day,
        stalled_at=NOON + 4 * day,
        reason="WEATHER",
        contradicted_at=NOON,
    )

    (parcel,) = parcels_of(order)

    line = row.lines.get()
    assert parcel == Parcel(
        ref=row.fulfillment_ref,
        created_at=row.created_at,
        tracking_number="1ZTEST",
        events=(CarrierEvent(NOON, ShipmentStatus.IN_TRANSIT, "IN_TRANSIT"),),
        lines=(ParcelLine(line.line_ref, "Kettle", 2),),
        estimate=Estimate(
            EstimateSource.HISTORY, NOON + day, NOON + 2 * day, computed_at=NOON, sample=30
        ),
        id=row.pk,
        reason="WEATHER",
        contradicted_at=NOON,
        collect_by=NOON + 3 * day,
        heard_at=NOON,
        stalled_at=NOON + 4 * day,
        late_since=NOON + 2 * day,
    )


def test_fulfillment_may_have_several_parcels(shipped):
    row, order = shipped
    Shipment.objects.create(
        order=row.order,
        fulfillment_ref=row.fulfillment_ref,
        position=1,
        tracking_number="2Z",
        created_at=row.created_at,
    )

    shown = [(parcel.position, parcel.tracking_number) for parcel in parcels_of(order)]

    assert shown == [(0, "1ZTEST"), (1, "2Z")]


def test_event_is_left_out_when_it_was_corrected(shipped):
    row, order = shipped
    wrong = row.events.get()
    made = row.events.create(
        provider="staff",
        tracking_number="1ZTEST",
        status="DELIVERED",
        occurred_at=NOON,
        received_at=NOON,
        note="Seen at the door",
        author="clerk@example.com",
        identity_hash="x",
    )
    row.events.filter(pk=wrong.pk).update(corrected_by=made)

    (parcel,) = parcels_of(order)

    assert parcel.events == (CarrierEvent(NOON, ShipmentStatus.DELIVERED, is_correction=True),)


def test_event_dated_far_ahead_is_shown_as_told_and_counts_from_its_receipt(shipped):
    row, order = shipped
    ahead = NOON + timedelta(days=2)
    row.events.update(occurred_at=ahead)

    (parcel,) = parcels_of(order)

    assert [(event.occurred_at, event.at) for event in parcel.events] == [(ahead, NOON)]


def test_event_keeps_the_carriers_own_offset():
    factories.activate()
    order = factories.make_order()
    local = NOON.astimezone(timezone.get_fixed_timezone(180))
    factories.scan(factories.fulfill(order), ShipmentStatus.IN_TRANSIT, local)
    seen = factories.host_order(order)

    (parcel,) = queries.parcels_by_order([seen])[seen.ref]

    assert parcel.events[0].occurred_at.isoformat() == "2026-06-01T15:00:00+03:00"


def test_link_opens_its_order(record):
    token = queries.link_token(record, settings_of(CHANNEL), NOON)

    assert queries.record_of_link(token, NOON) == record


def test_link_is_valid_as_long_as_the_settings_say(record):
    factories.activate(link_valid_days="10")
    token = queries.link_token(record, settings_of(CHANNEL), NOON)

    last = NOON + timedelta(days=10)
    assert queries.record_of_link(token, last) == record
    with pytest.raises(access.ExpiredLink, match="^This link has expired.$"):
        queries.record_of_link(token, last + timedelta(seconds=1))


def test_link_is_invalid_when_revoked_or_of_no_order(record):
    token = queries.link_token(record, settings_of(CHANNEL), NOON)
    unknown = access.sign_link("999999", 1, expires_at=NOON)
    actions.revoke_links(record.order_ref)

    for given in (token, unknown):
        with pytest.raises(access.InvalidLink, match="^This link is not valid.$") as caught:
            queries.record_of_link(given, NOON)
        assert caught.value.field == "access_token"


@pytest.fixture
def parcels():
    """Parcels 1Z of one order and 2Z of another."""
    factories.activate()
    return [
        factories.scan(
            factories.fulfill(factories.make_order(), tracking_number=number),
            ShipmentStatus.PICKED_UP,
        )
        for number in ("1Z", "2Z")
    ]


def test_parcel_is_found_by_number_or_fulfillment(parcels):
    first, second = parcels

    assert queries.find_shipment(tracking_number=" 1-z") == first
    assert queries.find_shipment(fulfillment_ref=second.fulfillment_ref) == second
    assert queries.find_shipment(tracking_number="1Z", channels=[CHANNEL]) == first


@pytest.mark.parametrize(
    "wanted",
    [
        {"tracking_number": "3Z"},
        {"tracking_number": ""},
        {},
        {"tracking_number": "1Z", "channels": ["other"]},
        {"tracking_number": "1Z", "channels": []},
    ],
)
def test_parcel_is_not_found_when_nothing_fits(parcels, wanted):
    with pytest.raises(NotFound, match="^No parcel fits.$"):
        queries.find_shipment(**wanted)


def test_parcel_is_not_found_when_number_and_fulfillment_disagree(parcels):
    with pytest.raises(NotFound, match="^No parcel fits.$"):
        queries.find_shipment(fulfillment_ref=parcels[0].fulfillment_ref, tracking_number="2Z")


def test_parcel_is_not_found_when_number_is_shared(parcels):
    Shipment.objects.update(tracking_number="1Z")

    with pytest.raises(NotFound, match="^Several parcels have this number"):
        queries.find_shipment(tracking_number="1Z")
