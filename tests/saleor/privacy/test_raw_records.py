"""What carriers told is forgotten as they wrote it; what it means stays."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from saleor_aftersale import timelines
from saleor_aftersale.host import db
from saleor_aftersale.privacy import erasure, retention
from saleor_aftersale.privacy.periods import RAW_RECORDS
from saleor_aftersale.returns import legal
from saleor_aftersale.tracking import pushes, raw_records, reading, silence
from saleor_aftersale.tracking.carriers import generic
from saleor_aftersale.tracking.models import CarrierPush, PushedParcel, Shipment, TrackingEvent
from saleor_aftersale.tracking.statuses import ShipmentStatus
from tests import factories
from tests.factories import CHANNEL, NOON, nothing_changed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

S = ShipmentStatus
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)

#: The first moment at which what was told at noon is too old.
OVER = NOON + RAW_RECORDS + SECOND


@pytest.fixture(autouse=True)
def active():
    factories.activate()


def parcel(number="1Z"):
    fulfillment = factories.fulfill(factories.make_order(), tracking_number=number)
    factories.keep(fulfillment.order)
    return Shipment.objects.get(fulfillment_ref=str(fulfillment.pk))


def push(shipment, status="AT_DEPOT", at=NOON, read_at=None):
    """A push about a parcel, kept when it came in and read then or later."""
    event = {"occurredAt": at.isoformat(), "status": status, "signedBy": "IVANOV"}
    body = {"trackingNumber": shipment.tracking_number, "events": [event]}
    pushes.keep_push("generic", CHANNEL, json.dumps(body).encode(), at)
    connection.run_on_commit = []
    row = CarrierPush.objects.latest("pk")
    reading.read_push(row.pk, read_at or at)
    return row


def payloads():
    return list(TrackingEvent.objects.order_by("pk").values_list("payload", flat=True))


def shown(shipment, now=OVER):
    ref = shipment.order.order_ref
    return timelines.view(timelines.load([ref])[ref], now, "en")


def retrack():
    said = StringIO()
    with db.allow_writer():
        call_command("aftersale", "retrack", stdout=said)
    factories.commit()
    return said.getvalue()


def test_period_is_that_of_the_table_of_rules():
    assert RAW_RECORDS.days == legal.ROWS["retention.tracking_payload_days"].default


def test_raw_records_are_forgotten_when_they_are_too_old():
    old, new = parcel("1Z"), parcel("2Z")
    push(old)
    kept = push(new, at=NOON + DAY)
    factories.scan(factories.Fulfillment.objects.get(pk=old.fulfillment_ref), S.DELIVERED,
                   payload={"signedBy": "IVANOV"})  # fmt: skip

    retention.forget_old(OVER)

    assert list(CarrierPush.objects.all()) == [kept]
    assert list(PushedParcel.objects.values_list("tracking_number", flat=True)) == ["2Z"]
    assert [bool(payload) for payload in payloads()] == [False, True, False]
    assert payloads()[1]["signedBy"] == "IVANOV"


def test_raw_records_stay_until_the_last_day_is_over():
    push(parcel())

    with nothing_changed():
        retention.forget_old(OVER - SECOND)


def test_timeline_and_parcel_stay_as_they_are_when_their_records_are_forgotten():
    shipment = parcel()
    push(shipment, "INFO_RECEIVED")
    push(shipment, "DELIVERED", NOON + DAY)
    columns = Shipment.objects.values()
    before, row = shown(shipment, OVER + DAY), columns.get()

    retention.forget_old(OVER + DAY)

    assert payloads() == [{}, {}]
    assert shown(shipment, OVER + DAY) == before
    assert columns.get() == row
    assert [event.status for event in before.shipments[0].events] == ["DELIVERED", "INFO_RECEIVED"]


def test_forgetting_again_changes_nothing():
    push(parcel())
    retention.forget_old(OVER)

    with nothing_changed():
        retention.forget_old(OVER)
        raw_records.forget_pushes(OVER - RAW_RECORDS, most=10)
        raw_records.forget_payloads(OVER - RAW_RECORDS, after=0)


def test_push_that_waits_to_be_read_is_kept():
    row = push(parcel("2Z"))
    CarrierPush.objects.update(due_at=OVER)

    retention.forget_old(OVER)

    assert list(CarrierPush.objects.all()) == [row]


def test_record_that_was_read_late_goes_with_its_push():
    shipment = parcel()
    row = push(shipment, "IN_TRANSIT", NOON + 60 * DAY)
    TrackingEvent.objects.update(received_at=NOON + 60 * DAY)
    push(shipment, "AT_DEPOT", NOON)

    retention.forget_old(OVER)

    assert list(CarrierPush.objects.all()) == [row]
    assert [bool(payload) for payload in payloads()] == [True, False]


def test_all_is_forgotten_in_several_steps_when_there_is_much(monkeypatch):
    monkeypatch.setattr(raw_records, "WINDOW", 2)
    shipment = parcel()
    for minute in range(5):
        push(shipment, at=NOON - timedelta(minutes=minute))
    CarrierPush.objects.all().delete()
    left = []

    for _sweep in range(4):
        retention.forget_old(OVER)
        left.append(sum(map(bool, payloads())))

    assert left == [3, 1, 0, 0]


def test_walk_goes_on_where_it_ended_when_days_go_by():
    shipment = parcel()
    push(shipment)
    push(shipment, "IN_TRANSIT", NOON + DAY)
    first = raw_records.forget_payloads(OVER - RAW_RECORDS, after=0)
    second = raw_records.forget_payloads(OVER + DAY - RAW_RECORDS, after=first.last)

    keys = list(TrackingEvent.objects.order_by("pk").values_list("pk", flat=True))
    assert (first, second) == ((keys[0], True), (keys[1], True))
    assert payloads() == [{}, {}]


# Reading again


def test_retrack_tells_what_is_out_of_its_reach_and_leaves_it_alone(monkeypatch):
    old, new = parcel("1Z"), parcel("2Z")
    push(old)
    push(old, "IN_TRANSIT", NOON + SECOND / 2)
    push(new, at=NOON + DAY)
    retention.forget_old(OVER)
    before = shown(old)
    monkeypatch.setitem(generic.STATUS_MAP, "AT_DEPOT", S.RETURNING)

    said = retrack()

    assert said == (
        "2Z (carrier unknown): PENDING -> RETURNING, 1 events\n"
        "1 events: UNKNOWN -> RETURNING\n"
        "1 pushes read again, 0 of them unreadable; 1 events and 1 parcels have a new status.\n"
        "2 events stay as they were: what they were read from is not kept any more.\n"
    )
    assert shown(old) == before
    statuses = TrackingEvent.objects.order_by("pk").values_list("status", flat=True)
    assert list(statuses) == ["UNKNOWN", "IN_TRANSIT", "RETURNING"]


def test_retrack_derives_a_parcel_from_all_its_events_when_some_records_are_gone(monkeypatch):
    shipment = parcel()
    push(shipment, "DELIVERED", NOON)
    push(shipment, "AT_DEPOT", NOON + DAY)
    retention.forget_old(OVER)
    monkeypatch.setitem(generic.STATUS_MAP, "AT_DEPOT", S.IN_TRANSIT)

    retrack()

    told = shown(shipment, OVER + DAY).shipments[0].events
    assert [event.status for event in told] == ["IN_TRANSIT", "DELIVERED"]
    shipment.refresh_from_db()
    assert (shipment.shipped_at, shipment.delivered_at) != (None, None)


def test_same_push_again_adds_nothing_when_it_was_forgotten():
    shipment = parcel()
    push(shipment, "DELIVERED")
    retention.forget_old(OVER)

    push(shipment, "DELIVERED")

    assert TrackingEvent.objects.count() == 1
    assert payloads() == [{}]


# Our own notes


@pytest.fixture
def given_up():
    """A parcel that was given up after a silence, by our own note."""
    shipment = parcel()
    push(shipment, "IN_TRANSIT")
    silence.give_up(shipment, NOON, NOON + 30 * DAY, NOON + 31 * DAY)
    return Shipment.objects.get(pk=shipment.pk)


@pytest.mark.parametrize(
    "forget",
    [
        lambda: retention.forget_old(OVER + 60 * DAY),
        lambda: erasure.erase("boris@example.com", OVER + 60 * DAY, is_rehearsal=False),
    ],
    ids=["old", "erased"],
)
def test_giving_up_can_be_taken_back_when_records_are_forgotten(given_up, forget):
    forget()

    push(given_up, "PICKED_UP", NOON + 20 * DAY)
    TrackingEvent.objects.filter(status="PICKED_UP").update(received_at=OVER + 61 * DAY)

    assert silence.take_back(given_up.order, given_up)
    assert payloads()[0] == {}
