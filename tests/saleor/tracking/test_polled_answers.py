"""What carriers answered when asked: kept with its news, read again after a mapping change."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from saleor_aftersale.followups.models import OutboxMail
from saleor_aftersale.host import db
from saleor_aftersale.tracking import polling
from saleor_aftersale.tracking.carriers import easypost, inpost
from saleor_aftersale.tracking.models import CarrierPush, PushedParcel, Shipment, TrackingEvent
from saleor_aftersale.tracking.statuses import ShipmentStatus
from tests import factories
from tests.factories import CHANNEL, NOON, nothing_changed
from tests.network import Network

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

S = ShipmentStatus
HOUR = timedelta(hours=1)
KEYS = "easypost=EZAK0123456789\ninpost=public"
INPOST_NUMBER = "520113015071200009999012"


@pytest.fixture
def network(monkeypatch):
    return Network(monkeypatch)


def parcel(number="1Z", carrier=""):
    factories.activate(carrier_api_keys=KEYS)
    fulfillment = factories.fulfill(factories.make_order(), tracking_number=number)
    factories.keep(fulfillment.order)
    factories.commit()
    Shipment.objects.filter(tracking_number=number).update(poll_at=NOON, carrier=carrier)
    return Shipment.objects.get(tracking_number=number)


def tracker(*codes, number="1Z"):
    details = [
        {"datetime": (NOON + hours * HOUR).isoformat(), "status": code, "message": ""}
        for hours, code in enumerate(codes)
    ]
    return {"tracking_code": number, "carrier": "UPS", "tracking_details": details}


def poll(network, *rows, at=NOON):
    network.answers = []
    network.answer({"trackers": list(rows)})
    Shipment.objects.update(poll_at=at, heard_at=None)
    polling.poll_due(at)


def kept():
    rows = CarrierPush.objects.order_by("pk")
    return [(row.state, row.due_at, json.loads(bytes(row.body))) for row in rows]


def retrack(*arguments):
    out = StringIO()
    with db.allow_writer():
        call_command("aftersale", "retrack", *arguments, stdout=out)
    return out.getvalue()


def statuses():
    return list(Shipment.objects.order_by("pk").values_list("status", flat=True))


def test_answer_is_kept_as_a_push_that_was_read_when_it_tells_news(network):
    shipment = parcel()

    poll(network, tracker("in_transit"))

    push = CarrierPush.objects.get()
    assert (push.provider, push.channel, push.received_at) == ("easypost", CHANNEL, NOON)
    assert kept() == [
        ("READ", None, {"description": "tracker.updated", "result": tracker("in_transit")})
    ]
    link = PushedParcel.objects.get()
    assert (link.push_id, link.tracking_number, link.shipment_id) == (push.pk, "1Z", shipment.pk)


def test_answer_is_not_kept_when_it_tells_nothing_new(network):
    parcel()

    for hours in (0, 4):
        # Another time of making it is no news.
        made = {"updated_at": (NOON + hours * HOUR).isoformat()}
        poll(network, {**tracker("in_transit"), **made}, at=NOON + hours * HOUR)

    assert [body["result"]["updated_at"] for _, _, body in kept()] == [NOON.isoformat()]


def test_answer_is_not_kept_when_its_news_cannot_be_recorded(network, monkeypatch):
    parcel()
    monkeypatch.setattr(
        "saleor_aftersale.tracking.pushes.PushedParcel.objects.bulk_create",
        lambda *_args, **_more: 1 / 0,
    )

    poll(network, tracker("in_transit"))

    assert (kept(), TrackingEvent.objects.count()) == ([], 0)
    assert Shipment.objects.get().poll_failures == 1


def test_answer_about_two_parcels_of_a_box_is_kept_once(network):
    factories.activate(carrier_api_keys=KEYS)
    order = factories.make_order(lines={"Kettle": 1, "Cup": 1})
    for product in ("Kettle", "Cup"):
        factories.keep(factories.fulfill(order, {product: 1}, tracking_number="1Z").order)

    poll(network, tracker("in_transit"))

    assert len(kept()) == 1
    assert sorted(PushedParcel.objects.values_list("shipment_id", flat=True)) == sorted(
        Shipment.objects.values_list("pk", flat=True)
    )


def test_each_scan_of_inpost_is_kept_once_with_all_it_said(network):
    parcel(INPOST_NUMBER, "inpost")
    details = [
        {"status": "delivered", "datetime": "2026-06-01T14:00:00+02:00", "agency": "KRK"},
        {"status": "created", "datetime": "2026-06-01T10:00:00+02:00", "agency": None},
    ]
    for number in (1, 2, 2):
        network.answers = []
        network.answer({"tracking_number": INPOST_NUMBER, "tracking_details": details[-number:]})
        Shipment.objects.update(poll_at=NOON, heard_at=None)
        polling.poll_due(NOON)

    assert [body["tracking_detail"] for _state, _due, body in kept()] == details[::-1]


# After a mapping change


def test_retrack_sets_polled_news_right(network, monkeypatch):
    parcel()
    poll(network, tracker("in_transit", "at_the_stork"))
    mails = OutboxMail.objects.count()
    monkeypatch.setitem(easypost.STATUS_MAP, "at_the_stork", S.DELIVERED)

    said = retrack()

    assert said == (
        "1Z (ups): IN_TRANSIT -> DELIVERED, 1 events\n"
        "1 events: UNKNOWN -> DELIVERED\n"
        "1 pushes read again, 0 of them unreadable; 1 events and 1 parcels have a new status.\n"
    )
    assert statuses() == ["DELIVERED"]
    assert OutboxMail.objects.count() == mails


def test_retrack_reads_every_answer_when_news_came_in_several(network, monkeypatch):
    parcel()
    poll(network, tracker("at_the_stork"))
    poll(network, tracker("at_the_stork", "with_the_stork"), at=NOON + HOUR)
    monkeypatch.setitem(easypost.STATUS_MAP, "at_the_stork", S.PICKED_UP)
    monkeypatch.setitem(easypost.STATUS_MAP, "with_the_stork", S.OUT_FOR_DELIVERY)

    said = retrack()

    assert said.endswith("2 events and 1 parcels have a new status.\n")
    assert statuses() == ["OUT_FOR_DELIVERY"]


def test_retrack_sets_scans_of_inpost_right(network, monkeypatch):
    parcel(INPOST_NUMBER, "inpost")
    detail = {"status": "avizo", "datetime": "2026-06-01T14:00:00+02:00"}
    network.answer({"tracking_number": INPOST_NUMBER, "tracking_details": [detail]})
    polling.poll_due(NOON)
    monkeypatch.setitem(inpost.STATUS_MAP, "avizo", S.READY_FOR_PICKUP)

    retrack("--provider", "inpost")

    assert statuses() == ["READY_FOR_PICKUP"]


def test_retrack_changes_nothing_when_the_mapping_is_the_same(network):
    parcel()
    poll(network, tracker("in_transit", "at_the_stork"))

    with nothing_changed():
        said = retrack()

    assert said.endswith("0 events and 0 parcels have a new status.\n")


def test_polled_news_moves_when_a_number_was_on_the_wrong_parcel(network):
    first, second = parcel("1Z"), parcel("2Z")
    poll(network, tracker("in_transit"))
    assert statuses() == ["IN_TRANSIT", "PENDING"]

    for shipment, number in ((first, "3Z"), (second, "1Z")):
        fulfillment = factories.Fulfillment.objects.get(pk=shipment.fulfillment_ref)
        fulfillment.tracking_number = number
        fulfillment.save(update_fields=["tracking_number"])
        factories.keep(fulfillment.order)
        factories.commit()

    assert statuses() == ["PENDING", "IN_TRANSIT"]
