"""Circuit breakers: an interface that fails is left alone, and tried again."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from saleor_aftersale.followups.models import OutboxMail
from saleor_aftersale.host import db
from saleor_aftersale.tracking import circuits, polling
from saleor_aftersale.tracking.carriers.polls import PollFailed
from saleor_aftersale.tracking.models import CarrierCircuit, Shipment, TrackingEvent
from saleor_aftersale.tracking.poll_times import LEASE
from tests import factories
from tests.factories import CHANNEL, NOON
from tests.network import Network

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DOWN = PollFailed("HTTP 503.")


@pytest.fixture
def network(monkeypatch):
    return Network(monkeypatch)


@pytest.fixture
def parcels():
    """A hundred parcels on their way, each a request of its own."""
    factories.activate(carrier_api_keys="inpost=public")
    record = factories.keep(factories.make_order())
    return Shipment.objects.bulk_create(
        Shipment(
            order=record,
            fulfillment_ref=f"x{n}",
            tracking_number=f"{n}Z",
            carrier="inpost",
            status="IN_TRANSIT",
            created_at=NOON,
            poll_at=NOON,
        )
        for n in range(100)
    )


def circuit():
    return CarrierCircuit.objects.values_list(
        "provider", "channel", "failures", "open_until", "last_error"
    ).get()


def due_at(moment):
    Shipment.objects.update(poll_at=moment)
    return moment


def fail(times=1, error=DOWN, now=NOON):
    for _ in range(times):
        circuits.note_failure("inpost", CHANNEL, error, now)


def left_alone_until(now):
    return circuits.left_alone_until("inpost", CHANNEL, now)


def test_interface_is_left_alone_when_it_failed_five_times(network, parcels, caplog):
    network.answer(status=503, body=b"")

    assert polling.poll_due(NOON) == 100

    until = NOON + MINUTE
    assert len(network.sent) == 5
    assert circuit() == ("inpost", CHANNEL, 5, until, "HTTP 503.")
    waiting = Shipment.objects.filter(poll_failures=0)
    assert waiting.count() == 95
    assert not waiting.exclude(poll_at__range=(until, until + 2 * MINUTE)).exists()
    assert [record.getMessage() for record in caplog.records if "stops" in record.getMessage()] == [
        f"Polling inpost for channel {CHANNEL} stops until {until.isoformat()}: HTTP 503."
    ]


def test_last_state_stays_and_nobody_is_told_when_an_interface_is_down(network, parcels):
    network.fail()

    polling.poll_due(NOON)

    columns = ("status", "heard_at", "stalled_at", "late_since")
    assert set(Shipment.objects.values_list(*columns)) == {("IN_TRANSIT", None, None, None)}
    assert not TrackingEvent.objects.exists()
    assert not OutboxMail.objects.exists()


def test_one_batch_is_tried_when_the_pause_is_over_and_closes_the_circuit(network, parcels):
    network.answer(status=503, body=b"")
    polling.poll_due(NOON)
    network.answers.clear()
    for n in range(100):
        network.answer({"tracking_number": f"{n}Z", "tracking_details": []})

    assert polling.poll_due(due_at(NOON + MINUTE)) == 100

    assert len(network.sent) == 105
    assert circuit() == ("inpost", CHANNEL, 0, None, "")


def test_pause_doubles_when_the_batch_that_is_tried_fails(network, parcels, caplog):
    network.answer(status=503, body=b"")
    polling.poll_due(NOON)

    polling.poll_due(due_at(NOON + MINUTE))

    assert len(network.sent) == 6
    assert circuit() == ("inpost", CHANNEL, 6, NOON + 3 * MINUTE, "HTTP 503.")
    assert caplog.text.count("stops until") == 1


@pytest.mark.parametrize("status", [401, 403])
def test_circuit_opens_at_once_when_the_key_is_refused(network, parcels, caplog, status):
    network.answer({}, status=status)

    polling.poll_due(NOON)

    problem = f"HTTP {status}: the key or its account is refused."
    assert len(network.sent) == 1
    assert circuit() == ("inpost", CHANNEL, 1, NOON + HOUR, problem)
    errors = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert len(errors) == 1
    assert errors[0].endswith(problem)


def test_interface_is_left_alone_for_as_long_as_it_says(network, parcels):
    network.answer({}, status=429, retry_after="600")

    polling.poll_due(NOON)

    until = NOON + 10 * MINUTE
    assert len(network.sent) == 1
    assert circuit() == ("inpost", CHANNEL, 1, until, "HTTP 429: too many requests.")
    assert not Shipment.objects.filter(poll_at__lt=until).exists()


def test_circuit_stays_closed_when_a_number_is_refused(network, parcels):
    network.answer({}, status=400)

    polling.poll_due(NOON)

    assert len(network.sent) == 100
    assert not CarrierCircuit.objects.exists()
    assert Shipment.objects.filter(poll_failures=1).count() == 100


def test_circuit_closes_when_an_answer_comes_between_failures():
    fail(4)
    circuits.note_success("inpost", CHANNEL, NOON)
    fail(4)

    assert circuit() == ("inpost", CHANNEL, 4, None, "HTTP 503.")
    assert left_alone_until(NOON) is None


@pytest.mark.parametrize("other", [("easypost", CHANNEL), ("inpost", "elsewhere")])
def test_others_are_asked_when_one_circuit_is_open(other):
    fail(5)

    assert left_alone_until(NOON) == NOON + MINUTE
    assert circuits.left_alone_until(*other, NOON) is None


def test_only_one_worker_tries_when_the_pause_is_over():
    fail(5)

    assert left_alone_until(NOON + MINUTE) is None
    assert left_alone_until(NOON + MINUTE) == NOON + MINUTE + LEASE


def test_it_is_tried_again_when_the_worker_that_tried_died():
    fail(5)
    left_alone_until(NOON + MINUTE)

    assert left_alone_until(NOON + MINUTE + LEASE) is None


@pytest.mark.django_db(transaction=True)
def test_every_failure_counts_when_workers_fail_together():
    at_once = threading.Barrier(4)
    tried, errors = [], []

    def work():
        try:
            with db.allow_writer():
                at_once.wait()
                fail(3)
                at_once.wait()
                tried.append(left_alone_until(NOON + 2 * HOUR))
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
    assert CarrierCircuit.objects.get().failures == 12
    assert tried.count(None) == 1
