"""What the shop's own parcels took: percentiles by way, once a day."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from saleor_aftersale.tracking.carriers.base import CarrierUpdate
from saleor_aftersale.tracking.models import Shipment, TrackingEvent, TransitTime
from saleor_aftersale.tracking.news import record_updates
from saleor_aftersale.tracking.statuses import ShipmentStatus
from saleor_aftersale.tracking.transit_times import by_lane, sum_up
from tests import factories
from tests.factories import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

S = ShipmentStatus
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = NOON + 30 * DAY


@pytest.fixture(autouse=True)
def active():
    factories.activate()


def delivered(*hours, carrier="dpd", origin="PL", country="PL", sent_at=NOON):
    """A parcel scanned so many hours after hand-over, the last time at its delivery."""
    order = factories.make_order(country=country, paid=False)
    fulfillment = factories.fulfill(order, tracking_number=f"N{order.pk}")
    factories.keep(order)
    shipment = Shipment.objects.get(fulfillment_ref=str(fulfillment.pk))
    for index, hour in enumerate((0,) + hours):
        status = S.DELIVERED if index == len(hours) else S.IN_TRANSIT
        at = sent_at + hour * HOUR
        number = shipment.tracking_number
        update = CarrierUpdate(status, at, tracking_number=number, raw_code=f"C{index}")
        record_updates(shipment.pk, [update], provider="api", now=at)
    Shipment.objects.filter(pk=shipment.pk).update(carrier=carrier, origin_country=origin)
    return shipment


def rows():
    columns = ("carrier", "origin_country", "country", "sample", "fast_hours", "usual_hours")
    columns += ("slow_hours", "gap_hours")
    return sorted(TransitTime.objects.values_list(*columns))


def test_each_way_has_percentiles_of_its_own_parcels():
    for hours in range(10, 21):
        delivered(hours)
    delivered(90, country="DE")
    delivered(80, origin="BG")
    delivered(70, carrier="gls")

    assert sum_up(NOW) is True
    assert rows() == [
        ("dpd", "BG", "PL", 1, 80.0, 80.0, 80.0, 80.0),
        ("dpd", "PL", "DE", 1, 90.0, 90.0, 90.0, 90.0),
        ("dpd", "PL", "PL", 11, 11.0, 15.0, 19.0, 19.5),
        ("gls", "PL", "PL", 1, 70.0, 70.0, 70.0, 70.0),
    ]


def test_pause_is_between_scans_that_follow_each_other():
    # Pauses of 1, 4 and 20 hours; two scans at one moment are one visit.
    delivered(1, 5, 5, 25)

    sum_up(NOW)

    assert rows() == [("dpd", "PL", "PL", 1, 25.0, 25.0, 25.0, pytest.approx(18.4))]


def test_pause_is_not_taken_between_scans_of_different_parcels():
    delivered(10)
    delivered(10, sent_at=NOON + 3 * HOUR)

    sum_up(NOW)

    assert rows()[0][-1] == 10.0


def test_pause_is_of_the_carrier_alone():
    shipment = delivered(10)
    for provider, author, hour in (("aftersale", "", 4), ("staff", "clerk@example.com", 5)):
        TrackingEvent.objects.create(
            shipment=shipment,
            provider=provider,
            author=author,
            tracking_number=shipment.tracking_number,
            status="EXPIRED",
            occurred_at=NOON + hour * HOUR,
            received_at=NOON,
            identity_hash=provider,
        )

    sum_up(NOW)

    assert rows()[0][-1] == 10.0


def test_parcel_that_only_showed_its_delivery_tells_nothing_of_the_way():
    delivered()
    delivered(10)

    sum_up(NOW)

    assert rows() == [("dpd", "PL", "PL", 1, 10.0, 10.0, 10.0, 10.0)]


def test_parcels_that_are_not_delivered_or_long_past_are_left_out():
    delivered(10)
    delivered(500, sent_at=NOW - 202 * DAY)
    lost = delivered(300)
    Shipment.objects.filter(pk=lost.pk).update(status="LOST")

    sum_up(NOW)

    assert rows() == [("dpd", "PL", "PL", 1, 10.0, 10.0, 10.0, 10.0)]


def test_it_is_summed_up_again_only_after_a_day():
    delivered(10)
    sum_up(NOW)
    delivered(30)

    again = [sum_up(NOW + 23 * HOUR), rows()[0][3], sum_up(NOW + 24 * HOUR), rows()[0][3]]

    assert again == [False, 1, True, 2]


def test_it_is_not_summed_up_every_minute_when_no_parcel_is_of_use():
    delivered()

    assert [sum_up(NOW), sum_up(NOW + HOUR)] == [True, False]
    assert rows() == [("dpd", "PL", "PL", 0, 0.0, 0.0, 0.0, None)]


def test_way_nobody_was_sent_any_more_is_dropped():
    delivered(10, carrier="gls")
    sum_up(NOW)
    delivered(10, sent_at=NOW + 180 * DAY)

    sum_up(NOW + 190 * DAY)

    assert [row[0] for row in rows()] == ["dpd"]


def test_queries_are_as_many_for_many_parcels_as_for_one():
    counts = []
    for _round in range(2):
        TransitTime.objects.all().delete()
        delivered(10)
        delivered(12, carrier="gls")
        with CaptureQueriesContext(connection) as queries:
            sum_up(NOW)
        counts.append(len([query for query in queries if "SAVEPOINT" not in query["sql"]]))

    assert counts[0] == counts[1]


def test_times_are_read_by_way_of_the_carriers_asked_for():
    delivered(10)
    delivered(20, carrier="gls")
    sum_up(NOW)

    found = by_lane(["dpd", "dpd", "inpost"])

    assert {lane: row.slow_hours for lane, row in found.items()} == {("dpd", "PL", "PL"): 10.0}
