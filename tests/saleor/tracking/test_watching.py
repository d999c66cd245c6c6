"""Parcels nobody tells us of: estimate, lateness and silence, found by the sweep and told once."""

import threading
from datetime import datetime, timedelta, timezone

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from saleor_aftersale import tasks
from saleor_aftersale.events import ShipmentLate, ShipmentStalled, ShipmentStatusChanged
from saleor_aftersale.host import db
from saleor_aftersale.tracking import news, watching
from saleor_aftersale.tracking.carriers.base import CarrierUpdate
from saleor_aftersale.tracking.models import CarrierCircuit, Shipment, TrackingEvent, TransitTime
from saleor_aftersale.tracking.statuses import ShipmentStatus
from tests import factories
from tests.factories import CHANNEL, NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

S = ShipmentStatus
SECOND, MINUTE, HOUR, DAY = (
    timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days")
)

COURIER = "* | * | dpd | 1-3"


@pytest.fixture(autouse=True)
def told(monkeypatch):
    """What is published, in its order; nothing follows from it."""
    events = []
    for module in (watching, news):
        monkeypatch.setattr(module, "publish", events.append)
    return events


def parcel(number="1Z", **settings):
    """A parcel that was made a day before noon, due to be looked at from then on."""
    factories.activate(**settings)
    fulfillment = factories.fulfill(factories.make_order(), tracking_number=number)
    factories.keep(fulfillment.order)
    shipment = Shipment.objects.get(fulfillment_ref=str(fulfillment.pk))
    return change(shipment, created_at=NOON - DAY, watch_at=NOON - DAY)


def change(shipment, **columns):
    Shipment.objects.filter(pk=shipment.pk).update(**columns)
    shipment.refresh_from_db()
    return shipment


def scan(shipment, status=S.IN_TRANSIT, at=NOON, received_at=None, **more):
    """A scan, told as it happened, after which the parcel is due at once."""
    update = CarrierUpdate(
        status, at, tracking_number=shipment.tracking_number, raw_code=status.value, **more
    )
    heard_at = received_at or at
    news.record_updates(shipment.pk, [update], provider="api", now=heard_at)
    return change(shipment, watch_at=heard_at)


def look(shipment, now):
    looked_at = watching.look_after(now)
    shipment.refresh_from_db()
    return looked_at


def order_ref(shipment):
    return shipment.order.order_ref


def late(shipment, since):
    return ShipmentLate(shipment.pk, order_ref(shipment), since)


def stalled(shipment, at):
    return ShipmentStalled(shipment.pk, order_ref(shipment), at)


def only(told, kind):
    return [event for event in told if isinstance(event, kind)]


def day(number, *clock):
    return datetime(2026, 6, number, *clock, tzinfo=timezone.utc)


#: Monday noon, three working days, Corpus Christi between: Friday.
PROMISED_UNTIL = day(5, 23, 59, 59)


# Estimate


def test_promise_of_the_merchant_is_estimated_from_the_first_scan_in_working_days():
    shipment = scan(parcel(shipping_methods=COURIER))

    look(shipment, NOON + MINUTE)

    assert (shipment.estimate_source, shipment.estimate_sample) == ("MERCHANT_PROMISE", None)
    assert (shipment.estimated_from, shipment.estimated_until) == (day(2), PROMISED_UNTIL)
    assert shipment.estimated_at == NOON + MINUTE
    assert shipment.watch_at == PROMISED_UNTIL + SECOND


def test_estimate_is_made_anew_when_the_carrier_scans_the_parcel():
    shipment = parcel(shipping_methods=COURIER)
    # Sunday.
    look(shipment, NOON - DAY)
    first = shipment.estimated_until

    look(scan(shipment), NOON + MINUTE)

    assert (first, shipment.estimated_until) == (day(3, 23, 59, 59), PROMISED_UNTIL)


def test_estimate_stays_when_it_is_past():
    shipment = parcel(shipping_methods=COURIER)
    look(shipment, NOON - DAY)

    look(scan(shipment, at=NOON + 9 * DAY), NOON + 9 * DAY + MINUTE)

    assert shipment.estimated_until == day(3, 23, 59, 59)
    assert shipment.late_since == day(3, 23, 59, 59)


def test_estimate_stays_when_nothing_was_heard_since():
    shipment = scan(parcel(shipping_methods=COURIER))
    look(shipment, NOON + MINUTE)
    factories.activate(shipping_methods="* | * | dpd | 9")

    look(change(shipment, watch_at=NOON), NOON + HOUR)

    assert shipment.estimated_until == PROMISED_UNTIL


def test_nothing_is_estimated_when_the_carrier_promises_itself():
    shipment = scan(parcel(shipping_methods=COURIER), promised_until=NOON + 5 * DAY)

    look(shipment, NOON + MINUTE)

    assert (shipment.estimate_source, shipment.estimated_until) == ("", None)
    assert shipment.watch_at == NOON + 5 * DAY + SECOND


def pace(sample=20, gap_hours=40.0, carrier="dpd", **more):
    return TransitTime.objects.create(
        carrier=carrier,
        **{"origin_country": "PL", "country": "PL", **more},
        sample=sample,
        fast_hours=10.0,
        usual_hours=30.0,
        slow_hours=50.0,
        gap_hours=gap_hours,
        computed_at=NOON,
    )


def test_history_of_the_way_is_estimated_with_its_sample():
    pace(sample=21)
    pace(sample=500, country="DE")
    shipment = change(scan(parcel()), carrier="dpd", origin_country="PL")

    look(shipment, NOON + MINUTE)

    assert (shipment.estimate_source, shipment.estimate_sample) == ("HISTORY", 21)
    assert (shipment.estimated_from, shipment.estimated_until) == (day(1), day(3, 23, 59, 59))


@pytest.mark.parametrize("way", [{"sample": 19}, {"carrier": "gls"}, {"origin_country": "DE"}])
def test_nothing_is_estimated_from_too_few_parcels_or_another_way(way):
    pace(**way)
    shipment = change(scan(parcel()), carrier="dpd", origin_country="PL")

    look(shipment, NOON + MINUTE)

    assert (shipment.estimate_source, shipment.estimated_until) == ("", None)
    assert shipment.watch_at == NOON + 7 * DAY


# Late


def test_broken_promise_is_found_without_news_and_told_once_when_the_sweep_runs_twice(told):
    shipment = scan(parcel(), promised_until=NOON + DAY)
    told.clear()

    looked_at = [look(shipment, NOON + days * DAY) for days in (0.5, 1, 2, 2, 3)]

    assert looked_at == [1, 0, 1, 0, 0]
    assert told == [late(shipment, NOON + DAY)]
    assert shipment.late_since == NOON + DAY


def test_broken_promise_is_told_once_when_the_same_parcel_is_looked_at_again(told):
    shipment = scan(parcel(), promised_until=NOON + DAY)
    told.clear()

    for _run in range(3):
        look(change(shipment, watch_at=NOON), NOON + 2 * DAY)

    assert told == [late(shipment, NOON + DAY)]


def test_broken_promise_of_the_merchant_is_told(told):
    shipment = scan(parcel(shipping_methods=COURIER))
    look(shipment, NOON + MINUTE)
    told.clear()

    look(shipment, PROMISED_UNTIL + SECOND)

    assert told == [late(shipment, PROMISED_UNTIL)]


def test_second_broken_promise_is_told_again(told):
    shipment = scan(parcel(), promised_until=NOON + DAY)
    look(shipment, NOON + 2 * DAY)
    scan(shipment, at=NOON + 2 * DAY, promised_until=NOON + 3 * DAY)
    look(shipment, NOON + 2 * DAY + MINUTE)
    assert shipment.late_since is None

    look(shipment, NOON + 4 * DAY)

    assert only(told, ShipmentLate) == [
        late(shipment, NOON + DAY),
        late(shipment, NOON + 3 * DAY),
    ]


def test_delivered_parcel_is_not_late_and_never_looked_at_again(told):
    shipment = scan(parcel(), promised_until=NOON + DAY)
    scan(shipment, S.DELIVERED, NOON + HOUR)
    told.clear()

    look(shipment, NOON + 2 * DAY)

    assert told == []
    assert (shipment.late_since, shipment.watch_at) == (None, None)


def test_lateness_is_told_once_when_a_worker_dies_on_the_way(told, monkeypatch):
    shipment = scan(parcel(), promised_until=NOON + DAY)
    told.clear()

    def die(event):
        raise RuntimeError("The broker is gone.")

    with monkeypatch.context() as patch:
        patch.setattr(watching, "publish", die)
        look(shipment, NOON + 2 * DAY)
    left = (shipment.late_since, shipment.watch_at)
    too_early = look(shipment, NOON + 2 * DAY + MINUTE)
    look(shipment, NOON + 2 * DAY + watching.LEASE)

    assert left == (None, NOON + 2 * DAY + watching.LEASE)
    assert too_early == 0
    assert told == [late(shipment, NOON + DAY)]


def test_one_parcel_that_fails_holds_up_no_other(told, monkeypatch):
    first, second = (scan(parcel(number), promised_until=NOON + DAY) for number in ("1Z", "2Z"))
    told.clear()

    def die(event):
        if event.shipment_id == first.pk:
            raise RuntimeError("This one is broken.")
        told.append(event)

    monkeypatch.setattr(watching, "publish", die)
    watching.look_after(NOON + 2 * DAY)

    # Once in the group that failed as a whole, once alone; only that was kept.
    assert set(told) == {late(second, NOON + DAY)}
    assert list(Shipment.objects.order_by("pk").values_list("late_since", flat=True)) == [
        None,
        NOON + DAY,
    ]


def test_news_that_comes_while_a_worker_has_the_parcel_is_left_to_the_next_run(told, monkeypatch):
    shipment = scan(parcel(), promised_until=NOON + DAY)
    lease = watching._lease

    def lease_and_hear(*arguments):
        taken = lease(*arguments)
        scan(shipment, S.DELIVERED, NOON + HOUR, received_at=NOON + 2 * DAY)
        return taken

    with monkeypatch.context() as patch:
        patch.setattr(watching, "_lease", lease_and_hear)
        look(shipment, NOON + 2 * DAY)
    told.clear()
    due = shipment.watch_at
    look(shipment, NOON + 2 * DAY)

    assert due == NOON + 2 * DAY
    assert told == []
    assert (shipment.status, shipment.late_since) == ("DELIVERED", None)


# Stalled


def test_silence_is_told_once_and_ends_with_news(told):
    shipment = scan(parcel())
    told.clear()

    for _run in range(2):
        look(change(shipment, watch_at=NOON), NOON + 8 * DAY)
    assert told == [stalled(shipment, NOON + 7 * DAY)]
    assert shipment.stalled_at == NOON + 7 * DAY

    look(scan(shipment, S.OUT_FOR_DELIVERY, NOON + 9 * DAY), NOON + 9 * DAY)
    assert shipment.stalled_at is None

    look(shipment, NOON + 16 * DAY)
    assert only(told, ShipmentStalled) == [
        stalled(shipment, NOON + 7 * DAY),
        stalled(shipment, NOON + 16 * DAY),
    ]


def test_silence_is_measured_by_the_usual_pause_of_the_carrier_on_that_way(told):
    pace(gap_hours=40.0)
    shipment = change(
        scan(parcel(), promised_until=NOON + 9 * DAY), carrier="dpd", origin_country="PL"
    )
    told.clear()

    look(shipment, NOON + MINUTE)
    due = shipment.watch_at
    look(shipment, NOON + 40 * HOUR)

    assert due == NOON + 40 * HOUR
    assert told == [stalled(shipment, NOON + 40 * HOUR)]


def test_days_of_silence_are_the_merchants(told):
    shipment = scan(parcel(stalled_after_days="2"))
    told.clear()

    look(shipment, NOON + 2 * DAY)

    assert told == [stalled(shipment, NOON + 2 * DAY)]


# Nobody follows it


def test_parcel_of_which_nobody_ever_tells_raises_no_alarm(told):
    shipment = parcel(shipping_methods=COURIER)

    look(shipment, NOON + 99 * DAY)

    assert told == []
    assert shipment.estimate_source == "MERCHANT_PROMISE"
    assert (shipment.late_since, shipment.stalled_at, shipment.status) == (None, None, "PENDING")
    assert shipment.watch_at is None


def test_label_without_a_scan_raises_an_alarm_where_a_carrier_is_connected(told):
    shipment = parcel(carrier_secrets="generic=0123456789abcdef")

    look(shipment, NOON + 6 * DAY)

    assert told == [stalled(shipment, NOON + 6 * DAY)]


def test_parcel_without_a_number_raises_no_alarm(told):
    shipment = parcel("", carrier_secrets="generic=0123456789abcdef")

    look(shipment, NOON + 99 * DAY)

    assert told == []
    assert shipment.watch_at is None


# Given up


def gone_quiet(told):
    shipment = scan(parcel(), promised_until=NOON + DAY)
    told.clear()
    for _run in range(2):
        look(change(shipment, watch_at=NOON), NOON + 31 * DAY)
    return shipment


def test_parcel_is_given_up_once_after_too_long_a_silence(told):
    shipment = gone_quiet(told)

    event = TrackingEvent.objects.get(status="EXPIRED")
    assert (event.provider, event.raw_code) == ("aftersale", "QUIET")
    assert (event.occurred_at, event.received_at) == (NOON + 30 * DAY, NOON + 31 * DAY)
    assert shipment.status == "EXPIRED"
    assert told == [
        ShipmentStatusChanged(
            shipment.pk, order_ref(shipment), "IN_TRANSIT", "EXPIRED", True, NOON + 30 * DAY
        )
    ]


def test_given_up_parcel_is_looked_at_no_more(told):
    shipment = gone_quiet(told)

    look(change(shipment, watch_at=NOON), NOON + 32 * DAY)

    assert shipment.watch_at is None


def test_giving_up_is_not_hearing_of_the_carrier(told):
    shipment = gone_quiet(told)

    assert (shipment.last_event_at, shipment.heard_at) == (NOON, NOON)


def test_later_scan_brings_a_given_up_parcel_back(told):
    shipment = gone_quiet(told)

    look(scan(shipment, S.OUT_FOR_DELIVERY, NOON + 32 * DAY), NOON + 32 * DAY)

    assert shipment.status == "OUT_FOR_DELIVERY"
    assert TrackingEvent.objects.filter(status="EXPIRED").count() == 1


def test_giving_up_is_taken_back_when_a_scan_of_that_silence_comes_to_light(told):
    shipment = gone_quiet(told)
    scan(shipment, S.PICKED_UP, NOON + 20 * DAY, received_at=NOON + 32 * DAY)
    assert shipment.status == "EXPIRED"

    look(shipment, NOON + 32 * DAY)

    assert shipment.status == "PICKED_UP"
    assert not TrackingEvent.objects.filter(status="EXPIRED").exists()


def test_giving_up_stays_when_an_older_scan_comes_to_light(told):
    shipment = gone_quiet(told)

    look(scan(shipment, S.PICKED_UP, NOON - HOUR, received_at=NOON + 32 * DAY), NOON + 32 * DAY)

    assert shipment.status == "EXPIRED"


# Polling


def test_parcel_is_polled_from_its_first_look_where_somebody_can_be_asked():
    shipment = parcel(carrier_api_keys="inpost=public")
    other = parcel("2Z", carrier_api_keys="inpost=public")

    look(change(shipment, carrier="inpost"), NOON)

    other.refresh_from_db()
    assert NOON <= shipment.poll_at <= NOON + HOUR
    assert other.poll_at is None


def test_turn_of_a_parcel_that_is_polled_already_stays():
    shipment = change(polled(), poll_at=NOON + 3 * HOUR)

    look(shipment, NOON + MINUTE)

    assert shipment.poll_at == NOON + 3 * HOUR


# Carrier down, plugin off


def circuit(open_until, channel=CHANNEL):
    CarrierCircuit.objects.create(provider="inpost", channel=channel, open_until=open_until)


def polled(**settings):
    settings = {"carrier_api_keys": "inpost=public", **settings}
    shipment = scan(parcel(**settings), promised_until=NOON + DAY)
    return change(shipment, carrier="inpost", poll_at=NOON)


def test_parcel_raises_no_alarm_while_its_carriers_interface_is_down(told):
    shipment = polled()
    circuit(NOON + 3 * DAY)
    told.clear()

    look(shipment, NOON + 2 * DAY)

    assert told == []
    assert shipment.late_since is None
    assert shipment.watch_at == NOON + 3 * DAY + HOUR


def test_parcel_raises_an_alarm_when_another_channels_interface_is_down(told):
    shipment = polled()
    circuit(NOON + 3 * DAY, "other")
    told.clear()

    look(shipment, NOON + 2 * DAY)

    assert told == [late(shipment, NOON + DAY)]


def test_parcel_nobody_polls_raises_an_alarm_while_the_interface_is_down(told):
    shipment = change(polled(), carrier="dpd", poll_at=None)
    circuit(NOON + 3 * DAY)
    told.clear()

    look(shipment, NOON + 2 * DAY)

    assert told == [late(shipment, NOON + DAY)]


def test_nothing_is_told_where_the_plugin_is_off(told):
    shipment = scan(parcel(active=False), promised_until=NOON + DAY)
    told.clear()

    look(shipment, NOON + 2 * DAY)

    assert told == []
    assert shipment.late_since is None
    assert shipment.watch_at == NOON + 3 * DAY


# The sweep


def test_sweep_finds_what_is_due(told):
    shipment = scan(parcel(), promised_until=NOON + DAY)
    told.clear()

    tasks.sweep()

    shipment.refresh_from_db()
    # By the clock of the sweep that was months ago: too old for an alarm.
    assert shipment.status == "EXPIRED"


def test_parcel_that_is_not_due_is_not_read(told):
    shipment = scan(parcel(), promised_until=NOON + DAY)
    change(shipment, watch_at=NOON + 3 * DAY)

    with CaptureQueriesContext(connection) as queries:
        looked_at = look(shipment, NOON + 2 * DAY)

    read = [query["sql"] for query in queries if "watch_at" in query["sql"]]
    assert looked_at == 0
    assert [sql.split()[0] for sql in read[:1]] == ["SELECT"]


def test_run_ends_at_its_limit_and_the_next_one_goes_on():
    for number in ("1Z", "2Z", "3Z"):
        parcel(number)

    assert [watching.look_after(NOON, limit=2) for _run in range(3)] == [2, 1, 0]


def test_every_parcel_under_way_is_watched_when_that_is_asked_for(told):
    old = scan(parcel("1Z"), promised_until=NOON + DAY)
    ended = scan(parcel("2Z"), S.DELIVERED)
    for shipment in (old, ended):
        change(shipment, watch_at=None)
    waiting = change(parcel("3Z"), watch_at=NOON + 9 * DAY)
    told.clear()

    call_command("aftersale", "watch")

    for shipment in (old, ended, waiting):
        shipment.refresh_from_db()
    assert old.watch_at is not None
    assert (ended.watch_at, waiting.watch_at) == (None, NOON + 9 * DAY)
    assert told == []


def test_parcel_of_an_earlier_release_is_derived_anew_before_it_is_judged(told):
    shipment = scan(parcel(), promised_until=NOON + DAY)
    change(shipment, last_event_at=None, heard_at=None)
    told.clear()

    look(shipment, NOON + 2 * DAY)
    first = list(told)
    look(change(shipment, watch_at=NOON), NOON + 2 * DAY)

    assert first == []
    assert told == [late(shipment, NOON + DAY)]
    assert shipment.last_event_at == NOON


@pytest.mark.django_db(transaction=True)
def test_lateness_is_told_once_when_two_workers_start_together(told):
    shipments = [scan(parcel(f"{n}Z"), promised_until=NOON + DAY) for n in range(30)]
    factories.commit()
    told.clear()
    barrier, errors = threading.Barrier(3), []

    def work():
        barrier.wait()
        try:
            with db.allow_writer():
                watching.look_after(NOON + 2 * DAY)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _n in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)

    assert errors == []
    assert sorted(told, key=lambda event: event.shipment_id) == [
        late(shipment, NOON + DAY) for shipment in shipments
    ]
