"""Recorded answers of every carrier that is asked, mutated: taken whole or not at all."""

import json
import random
import sys
from pathlib import Path

import pytest

from saleor_aftersale.tracking import poll_keys, polling, reading
from saleor_aftersale.tracking.carriers import polls
from saleor_aftersale.tracking.carriers.base import identity_hash
from saleor_aftersale.tracking.carriers.polls import Asked, PollFailed
from saleor_aftersale.tracking.models import CarrierCircuit, CarrierPush, Shipment, TrackingEvent
from saleor_aftersale.values import HttpAnswer
from tests import factories
from tests.factories import NOON
from tests.mutation import IS_SLOW, assert_storable, mutated
from tests.network import Network

CARRIERS = Path(__file__).parents[3] / "carriers"
VENDORS = sorted(poll_keys.POLLED)
KEYS = dict.fromkeys(VENDORS, "key_0123456789")
KEYS["karrio"] = "https://karrio.example|key_0123456789"

#: Blocks of memory that may be left over: caches of limited size, each filled once.
MOST_BLOCKS = 20_000

slow = pytest.mark.skipif(not IS_SLOW, reason="AFTERSALE_SLOW=1 runs it")


@pytest.fixture
def network(monkeypatch):
    return Network(monkeypatch)


def recording(name):
    (file,) = (CARRIERS / name / "polls").glob("*.json")
    return json.loads(file.read_text(encoding="utf-8"))


def answer_with(network, body):
    network.answers, network.sent = [HttpAnswer(200, {}, body)], []


def asked(recorded):
    return [Asked(number, "") for number in recorded["numbers"]]


def fuzz(network, name, rounds):
    chance = random.Random(f"{name} polls 1")
    recorded = recording(name)
    parcels = asked(recorded)
    seen = {"told": 0, "fault": 0, "failed": 0}
    for number in range(rounds):
        answer_with(network, mutated(recorded["answer"], chance))
        if number == rounds // 2:
            blocks = sys.getallocatedblocks()
        try:
            answer = polls.poller(name).ask(parcels, KEYS[name])
        except PollFailed:
            seen["failed"] += 1
            continue
        assert set(answer) <= {parcel.number for parcel in parcels}
        for told in answer.values():
            # A fault of the vendor's, told with its place; none of our own.
            assert not told.fault.startswith("Reading it failed"), told.fault
            seen["fault" if told.fault else "told"] += 1
            for update in told.updates:
                assert_storable(update)
    assert sys.getallocatedblocks() - blocks < MOST_BLOCKS
    # The mutations reach what they are meant for.
    assert min(seen.values()) > 0, seen


@pytest.mark.parametrize("name", VENDORS)
def test_answer_is_read_or_refused_when_mutated(network, name):
    fuzz(network, name, 300)


@slow
@pytest.mark.slow
@pytest.mark.parametrize("name", VENDORS)
def test_answer_is_read_or_refused_when_mutated_ten_thousand_times(network, name):
    fuzz(network, name, 10_000)


def poll_often(network, caplog, name, rounds):
    """Ask about a parcel of each recorded number, each time answered otherwise."""
    chance = random.Random(f"{name} polls 2")
    recorded = recording(name)
    factories.activate(carrier_api_keys=f"{name}={KEYS[name]}")
    for number in recorded["numbers"]:
        factories.keep(factories.fulfill(factories.make_order(), tracking_number=number).order)
    factories.commit()
    Shipment.objects.update(carrier=poll_keys.OWN.get(name, ""), is_carrier_set=True)
    news = 0
    for _ in range(rounds):
        for model in (TrackingEvent, CarrierPush, CarrierCircuit):
            model.objects.all().delete()
        Shipment.objects.update(poll_at=NOON, heard_at=None, poll_failures=0)
        answer_with(network, mutated(recorded["answer"], chance))
        polling.poll_due(NOON)
        assert_whole()
        news += TrackingEvent.objects.exists()
    assert 0 < news < rounds
    said = {record.getMessage() for record in caplog.records if record.exc_info}
    assert said == set()


def assert_whole():
    """Stored is what the kept answers tell, all of it; a parcel that failed has nothing."""
    kept = [
        (shipment_id, identity_hash(push.provider, update))
        for push in CarrierPush.objects.all()
        for update in reading.updates_of(push)
        for shipment_id in push.parcels.values_list("shipment_id", flat=True)
    ]
    stored = TrackingEvent.objects.values_list("shipment_id", "identity_hash")
    assert sorted(set(kept)) == sorted(stored)
    failed = Shipment.objects.filter(poll_failures__gt=0, events__isnull=False)
    assert not failed.exists()
    assert not Shipment.objects.filter(poll_at__lte=NOON).exists()


@pytest.mark.django_db
@pytest.mark.usefixtures("mailbox")
@pytest.mark.parametrize("name", VENDORS)
def test_news_is_stored_whole_or_not_at_all_when_an_answer_is_mutated(network, caplog, name):
    poll_often(network, caplog, name, 25)


@slow
@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.usefixtures("mailbox")
@pytest.mark.parametrize("name", VENDORS)
def test_news_is_stored_whole_or_not_at_all_a_thousand_times(network, caplog, name):
    poll_often(network, caplog, name, 1000)
