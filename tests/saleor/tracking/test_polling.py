"""Polling carriers: which parcels, by whom, what becomes of the answer, two workers at once."""

import json
import threading
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from saleor_aftersale import tasks
from saleor_aftersale.config import settings_of
from saleor_aftersale.followups.models import OutboxMail
from saleor_aftersale.host import db
from saleor_aftersale.tracking import asking, poll_times, polling, pushes, reading
from saleor_aftersale.tracking.models import CarrierPush, Shipment, TrackingEvent
from saleor_aftersale.tracking.poll_times import LEASE, spread
from saleor_aftersale.values import HttpAnswer
from tests import factories
from tests.factories import CHANNEL, IS_3, NOON, nothing_changed
from tests.network import Network

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
EASYPOST = "easypost=EZAK0123456789"
INPOST = "inpost=public"


@pytest.fixture
def network(monkeypatch):
    return Network(monkeypatch)


def parcel(number="1Z", *, keys=EASYPOST, poll_at=NOON, order=None, **row):
    factories.activate(carrier_api_keys=keys)
    fulfillment = factories.fulfill(factories.make_order(**(order or {})), tracking_number=number)
    factories.keep(fulfillment.order)
    factories.commit()
    Shipment.objects.filter(fulfillment_ref=str(fulfillment.pk)).update(poll_at=poll_at, **row)
    return Shipment.objects.get(fulfillment_ref=str(fulfillment.pk))


def tracker(number="1Z", status="in_transit", *, at=NOON, place="Łódź"):
    detail = {
        "datetime": at.isoformat(),
        "status": status,
        "message": "Scanned",
        "tracking_location": {"city": place},
    }
    return {"tracking_code": number, "carrier": "UPS", "tracking_details": [detail]}


def trackers(*rows):
    return {"trackers": list(rows), "has_more": False}


def polls_of(shipment):
    shipment.refresh_from_db()
    return shipment.poll_at, shipment.poll_failures


def events():
    return list(TrackingEvent.objects.order_by("pk").values_list("provider", "status"))


# What is told


def test_news_is_recorded_when_a_parcel_is_polled(network):
    shipment = parcel()
    network.answer(trackers(tracker()))

    assert polling.poll_due(NOON) == 1

    shipment.refresh_from_db()
    event = TrackingEvent.objects.get()
    assert (event.provider, event.tracking_number, event.location) == ("easypost", "1Z", "Łódź")
    assert (shipment.status, shipment.carrier) == ("IN_TRANSIT", "ups")
    assert (shipment.heard_at, shipment.poll_failures) == (NOON, 0)
    assert shipment.poll_at == NOON + spread(3 * HOUR, shipment.pk)
    assert [sent.content for sent in network.sent] == [{"tracking_codes": ["1Z"]}]


def test_customer_is_told_when_a_poll_brings_the_first_scan(network):
    parcel()
    network.answer(trackers(tracker()))

    polling.poll_due(NOON)

    assert OutboxMail.objects.get().key == "shipment.sent"


def test_nothing_new_is_heard_when_a_poll_brings_what_we_know(network):
    shipment = parcel()
    network.answer(trackers(tracker()))
    polling.poll_due(NOON)
    Shipment.objects.update(poll_at=NOON + 4 * HOUR)

    polling.poll_due(NOON + 4 * HOUR)

    shipment.refresh_from_db()
    assert events() == [("easypost", "IN_TRANSIT")]
    assert shipment.heard_at == NOON + 4 * HOUR
    assert shipment.poll_at == NOON + 4 * HOUR + spread(3 * HOUR, shipment.pk)


@pytest.mark.parametrize("polled_first", [True, False])
def test_event_is_stored_once_when_it_is_pushed_and_polled(network, polled_first):
    parcel()
    network.answer(trackers(tracker()))
    push = {"description": "tracker.updated", "result": tracker()}

    def push_it():
        pushes.keep_push("easypost", CHANNEL, json.dumps(push).encode(), NOON)
        reading.read_push(CarrierPush.objects.get().pk, NOON)

    for step in (lambda: polling.poll_due(NOON), push_it)[:: 1 if polled_first else -1]:
        step()
        Shipment.objects.update(poll_at=NOON, heard_at=None)

    assert events() == [("easypost", "IN_TRANSIT")]
    assert OutboxMail.objects.count() == 1


def test_parcels_of_one_order_are_asked_for_once_when_they_share_a_number(network):
    factories.activate(carrier_api_keys=EASYPOST)
    order = factories.make_order(lines={"Kettle": 1, "Cup": 1})
    for name in ("Kettle", "Cup"):
        factories.fulfill(order, {name: 1}, tracking_number="1Z")
    factories.keep(order)
    Shipment.objects.update(poll_at=NOON)
    network.answer(trackers(tracker()))

    polling.poll_due(NOON)

    assert [sent.content for sent in network.sent] == [{"tracking_codes": ["1Z"]}]
    assert set(Shipment.objects.values_list("status", flat=True)) == {"IN_TRANSIT"}


def test_others_are_told_when_news_of_one_cannot_be_read(network, caplog):
    good, bad = parcel("1Z"), parcel("2Z")
    broken = {**tracker("2Z"), "tracking_details": [{"datetime": "yesterday"}]}
    network.answer(trackers(tracker("1Z"), broken))

    polling.poll_due(NOON)

    assert events() == [("easypost", "IN_TRANSIT")]
    assert polls_of(good) == (NOON + spread(3 * HOUR, good.pk), 0)
    assert polls_of(bad) == (NOON + spread(DAY, bad.pk), 1)
    assert bad.heard_at is None
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == [
        f"News of easypost can't be taken on parcel {bad.pk}: "
        "result.tracking_details[0].datetime: Write a time in ISO 8601."
    ]


def test_others_are_recorded_when_news_of_one_cannot_be(network, monkeypatch):
    good, bad = parcel("1Z"), parcel("2Z")
    network.answer(trackers(tracker("1Z"), tracker("2Z")))
    record = asking.record_news

    def careless(news):
        if bad.pk in news:
            raise RuntimeError("disk full")
        return record(news)

    monkeypatch.setattr(asking, "record_news", careless)
    polling.poll_due(NOON)

    assert [event.shipment for event in TrackingEvent.objects.all()] == [good]
    assert (polls_of(good)[1], polls_of(bad)[1]) == (0, 1)


def test_news_of_a_corrected_number_is_dropped(network, monkeypatch):
    shipment = parcel()

    def answer(method, url, *, headers, body=None):
        Shipment.objects.update(tracking_number="2Z")
        return HttpAnswer(200, {}, json.dumps(trackers(tracker())).encode())

    monkeypatch.setattr("saleor_aftersale.tracking.carriers.polls.http.send", answer)
    polling.poll_due(NOON)

    assert events() == []
    assert polls_of(shipment) == (NOON, 0)


# Whom to ask, and when not


def test_inpost_is_asked_for_its_own_parcels_alone(network):
    inpost = parcel("602677439331630337653846", keys=f"{EASYPOST}\n{INPOST}", carrier="inpost")
    other = parcel("1Z", keys=f"{EASYPOST}\n{INPOST}")
    network.answer(status=404)

    polling.poll_due(NOON)

    urls = [sent.url for sent in network.sent]
    assert urls[0].endswith("/v1/tracking/602677439331630337653846") == (inpost.pk < other.pk)
    assert len([url for url in urls if "easypack24" in url]) == 1
    assert [sent.content for sent in network.sent if "/batch" in sent.url] == [
        {"tracking_codes": ["1Z"]}
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"keys": ""},
        {"keys": INPOST},
        {"is_cancelled": True},
        {"tracking_number": ""},
    ],
    ids=lambda change: next(iter(change)),
)
def test_parcel_is_polled_no_more_when_nobody_can_be_asked(network, change):
    shipment = parcel(**change)

    polling.poll_due(NOON)

    assert polls_of(shipment) == (None, 0)
    assert network.sent == []


def test_parcel_is_polled_no_more_when_the_plugin_is_switched_off(network):
    shipment = parcel()
    factories.activate(active=False, carrier_api_keys=EASYPOST)

    polling.poll_due(NOON)

    assert polls_of(shipment) == (None, 0)
    assert network.sent == []


@pytest.mark.skipif(not IS_3, reason="2.10.1 has no channels")
def test_each_channel_is_polled_with_its_own_key(network):
    factories.activate(channel="other", carrier_api_keys="easypost=EZAK_other_channel")
    parcel("2Z", order={"channel": "other"})
    parcel("1Z")
    network.answer(trackers())
    network.answer(status=400)

    polling.poll_due(NOON)

    asked = {
        sent.content["tracking_codes"][0]: sent.headers["Authorization"]
        for sent in network.sent
        if "/batch" in sent.url
    }
    assert asked.keys() == {"1Z", "2Z"}
    assert len(set(asked.values())) == 2


def test_parcel_is_left_alone_when_a_push_told_of_it_lately(network):
    shipment = parcel(status="IN_TRANSIT", heard_at=NOON - HOUR)

    polling.poll_due(NOON)

    assert polls_of(shipment) == (NOON - HOUR + spread(3 * HOUR, shipment.pk), 0)
    assert network.sent == []


def test_parcel_is_left_alone_when_it_is_not_due(network):
    parcel(poll_at=NOON + MINUTE)
    parcel("2Z", poll_at=None)

    with nothing_changed():
        assert polling.poll_due(NOON) == 0


def test_parcel_is_polled_once_more_when_it_was_delivered(network):
    shipment = parcel()
    network.answer(trackers(tracker(status="delivered")))

    polling.poll_due(NOON)
    last = NOON + spread(DAY, shipment.pk)
    assert polls_of(shipment) == (last, 0)
    polling.poll_due(last)

    assert polls_of(shipment) == (None, 0)
    assert len(network.sent) == 2


def test_first_poll_is_at_once_when_somebody_can_be_asked():
    shipment = parcel(poll_at=None)

    def first(keys, **row):
        factories.activate(carrier_api_keys=keys)
        Shipment.objects.update(**row)
        shipment.refresh_from_db()
        return polling.first_poll_at(shipment, CHANNEL, settings_of(CHANNEL), NOON)

    assert first(EASYPOST) == poll_times.after_pause(NOON, shipment.pk)
    assert first("") is None
    ended = {"status": "DELIVERED", "delivered_at": NOON - HOUR}
    assert first(EASYPOST, **ended) == NOON - HOUR + spread(DAY, shipment.pk)
    assert first(EASYPOST, delivered_at=NOON - 2 * DAY) is None


# Numbers that aren't known there


def test_number_is_made_known_when_it_is_not_found(network):
    shipment = parcel()
    network.answer(trackers())
    network.answer({"tracking_code": "1Z", "tracking_details": []}, status=201)

    polling.poll_due(NOON)

    assert [sent.url.rpartition("/")[2] for sent in network.sent] == ["batch", "trackers"]
    assert polls_of(shipment) == (NOON + spread(HOUR, shipment.pk), 0)
    assert (shipment.status, shipment.heard_at) == ("PENDING", None)


def test_news_is_recorded_when_making_a_number_known_brings_some(network):
    shipment = parcel()
    network.answer(trackers())
    network.answer(tracker(), status=201)

    polling.poll_due(NOON)

    assert events() == [("easypost", "IN_TRANSIT")]
    assert polls_of(shipment) == (NOON + spread(3 * HOUR, shipment.pk), 0)


def test_number_is_asked_for_less_and_less_when_nobody_knows_it(network):
    shipment = parcel(status="OUT_FOR_DELIVERY")
    network.answer(trackers())
    network.answer({"error": {"code": "TRACKER.CREATE.ERROR"}}, status=422)

    polling.poll_due(NOON)

    assert polls_of(shipment) == (NOON + spread(30 * MINUTE, shipment.pk), 1)


def test_others_are_told_when_registering_one_fails(network, caplog):
    known, unknown, last = parcel("1Z"), parcel("2Z"), parcel("3Z")
    network.answer(trackers(tracker("1Z")))
    network.answer({}, status=402)

    polling.poll_due(NOON)

    assert events() == [("easypost", "IN_TRANSIT")]
    assert [polls_of(row)[1] for row in (known, unknown, last)] == [0, 1, 1]
    # After the first refusal the account isn't asked again for the others.
    assert len(network.sent) == 2
    assert (
        f"Registering parcels at easypost for channel {CHANNEL} failed: "
        "HTTP 402: the key or its account is refused."
    ) in caplog.text


def test_batch_is_taken_apart_when_one_number_makes_it_be_refused(network, monkeypatch):
    rows = [parcel(f"{n}Z") for n in range(4)]

    def answer(method, url, *, headers, body=None):
        codes = json.loads(body)["tracking_codes"]
        network.sent.append(codes)
        if "2Z" in codes:
            return HttpAnswer(400, {}, b"{}")
        return HttpAnswer(200, {}, json.dumps(trackers(*map(tracker, codes))).encode())

    monkeypatch.setattr("saleor_aftersale.tracking.carriers.polls.http.send", answer)
    polling.poll_due(NOON)

    assert network.sent == [["0Z", "1Z", "2Z", "3Z"], ["0Z", "1Z"], ["2Z", "3Z"], ["2Z"], ["3Z"]]
    assert [polls_of(row)[1] for row in rows] == [0, 0, 1, 0]
    assert TrackingEvent.objects.count() == 3


# How many requests


def hundred(keys, **row):
    factories.activate(carrier_api_keys=keys)
    record = factories.keep(factories.make_order())
    Shipment.objects.bulk_create(
        Shipment(
            order=record,
            fulfillment_ref=f"x{n}",
            tracking_number=f"{n}Z",
            created_at=NOON,
            poll_at=NOON,
            **row,
        )
        for n in range(100)
    )


@pytest.mark.parametrize(
    "keys, carrier, answer, requests",
    [
        (
            "aftership=asat_0123456789",
            "ups",
            lambda n: {"data": {"trackings": [{"tracking_number": f"{i}Z"} for i in range(100)]}},
            2,
        ),
        (EASYPOST, "ups", lambda n: trackers(*(tracker(f"{i}Z") for i in range(100))), 5),
        (
            "17track=0123456789ABCDEF",
            "ups",
            lambda n: {"code": 0, "data": {"accepted": [{"number": f"{i}Z"} for i in range(100)]}},
            3,
        ),
        (
            "karrio=https://karrio.example|0123456789",
            "ups",
            lambda n: {"tracking_number": f"{n}Z", "events": []},
            100,
        ),
        (INPOST, "inpost", lambda n: {"tracking_number": f"{n}Z", "tracking_details": []}, 100),
    ],
)
def test_hundred_parcels_are_polled_in_as_few_requests_as_there_can_be(
    network, keys, carrier, answer, requests
):
    hundred(keys, carrier=carrier)
    for n in range(100):
        network.answer(answer(n))

    assert polling.poll_due(NOON) == 100

    assert len(network.sent) == requests
    assert not Shipment.objects.filter(poll_failures__gt=0).exists()
    assert not Shipment.objects.filter(poll_at__lte=NOON + LEASE).exists()


def test_rest_is_left_for_another_worker_when_the_time_is_over(network, monkeypatch):
    hundred(INPOST, carrier="inpost")
    monkeypatch.setattr(polling, "BUDGET", -1)

    polling.poll_due(NOON)

    assert network.sent == []
    assert Shipment.objects.filter(poll_at__lt=NOON + 2 * MINUTE, poll_failures=0).count() == 100


# Workers


def test_parcel_is_polled_again_when_its_worker_died(network, monkeypatch):
    shipment = parcel()
    with monkeypatch.context() as dying:
        dying.setattr(polling, "poll_batch", lambda *_more: None)
        polling.poll_due(NOON)
    network.answer(trackers(tracker()))

    assert polling.poll_due(NOON + LEASE - MINUTE) == 0
    assert polling.poll_due(NOON + LEASE) == 1

    assert events() == [("easypost", "IN_TRANSIT")]
    assert polls_of(shipment) == (NOON + LEASE + spread(3 * HOUR, shipment.pk), 0)


def test_next_poll_stays_when_another_worker_has_the_parcel_by_now(network, monkeypatch):
    shipment = parcel()

    def answer(method, url, *, headers, body=None):
        Shipment.objects.update(poll_at=NOON + 5 * DAY)
        return HttpAnswer(200, {}, json.dumps(trackers()).encode())

    monkeypatch.setattr("saleor_aftersale.tracking.carriers.polls.http.send", answer)
    polling.poll_due(NOON)

    assert polls_of(shipment) == (NOON + 5 * DAY, 0)


@pytest.mark.django_db(transaction=True)
def test_workers_never_ask_for_the_same_parcel_when_they_start_together(network, monkeypatch):
    factories.activate(carrier_api_keys=INPOST)
    for n in range(24):
        parcel(f"{n}Z", keys=INPOST, carrier="inpost")
    monkeypatch.setattr(polling, "TAKE", 5)
    at_once = threading.Barrier(4)
    asked, errors = [], []

    def answer(method, url, *, headers, body=None):
        assert not connection.in_atomic_block
        number = url.rpartition("/")[2]
        asked.append(number)
        detail = {"status": "delivered", "datetime": NOON.isoformat()}
        content = {"tracking_number": number, "tracking_details": [detail]}
        return HttpAnswer(200, {}, json.dumps(content).encode())

    monkeypatch.setattr("saleor_aftersale.tracking.carriers.polls.http.send", answer)

    def work():
        try:
            with db.allow_writer():
                at_once.wait()
                while polling.poll_due(NOON):
                    pass
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert errors == []
    assert sorted(asked) == sorted(f"{n}Z" for n in range(24))
    assert TrackingEvent.objects.count() == 24
    assert not Shipment.objects.filter(poll_at__lte=NOON + LEASE).exists()


# Who starts it


def test_sweep_starts_as_many_tasks_as_the_parcels_are_worth(network, monkeypatch):
    monkeypatch.setattr(polling, "TAKE", 2)
    for n in range(5):
        parcel(f"{n}Z", poll_at=timezone.now() - MINUTE)
    monkeypatch.setattr(polling, "poll_due", lambda now: started.append(now))
    started = []

    tasks.sweep()
    factories.commit()

    assert len(started) == 3


def test_sweep_starts_few_tasks_however_many_parcels_are_due(monkeypatch):
    monkeypatch.setattr(polling, "TAKE", 1)
    for n in range(7):
        parcel(f"{n}Z")

    assert polling.tasks_due(NOON) == 5
    assert polling.tasks_due(NOON - MINUTE) == 0


def test_parcels_are_polled_by_hand_until_none_is_due(network, monkeypatch):
    monkeypatch.setattr(polling, "TAKE", 2)
    for n in range(3):
        parcel(f"{n}Z", poll_at=timezone.now() - MINUTE)
    network.answer(trackers(*(tracker(f"{n}Z") for n in range(3))))
    said = StringIO()

    call_command("aftersale", "poll", stdout=said)

    assert said.getvalue() == "parcel 2\nparcel 3\n3 parcels were due.\n"
    assert TrackingEvent.objects.count() == 3
