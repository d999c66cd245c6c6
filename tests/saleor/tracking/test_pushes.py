"""What carriers push: kept first, read by a task, waiting for its parcel, read again later."""

import json
import threading
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from saleor_aftersale import tasks
from saleor_aftersale.config import PLUGIN_ID
from saleor_aftersale.followups.models import OutboxMail
from saleor_aftersale.host import db, hooks
from saleor_aftersale.tracking import news, pushes, reading, retrack
from saleor_aftersale.tracking.actions import sync_order
from saleor_aftersale.tracking.carriers import generic, registry
from saleor_aftersale.tracking.carriers.base import CarrierUpdate
from saleor_aftersale.tracking.models import CarrierPush, PushedParcel, Shipment, TrackingEvent
from saleor_aftersale.tracking.push_states import LEASE, PushState
from saleor_aftersale.tracking.statuses import ShipmentStatus
from tests import factories
from tests.factories import CHANNEL, IS_3, NOON, nothing_changed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

S = ShipmentStatus
MINUTE = timedelta(minutes=1)


def body_of(number="1Z", status="IN_TRANSIT", at=NOON, **more):
    event = {"occurredAt": at.isoformat(), "status": status}
    return json.dumps({"trackingNumber": number, "events": [event], **more}).encode()


def keep(body=None, *, now=NOON, channel=CHANNEL):
    """A push nobody has read: its task was lost."""
    assert pushes.keep_push("generic", channel, body or body_of(), now)
    connection.run_on_commit = []
    return CarrierPush.objects.latest("pk")


def parcel(number="1Z", **order):
    factories.activate()
    fulfillment = factories.fulfill(factories.make_order(**order), tracking_number=number)
    factories.keep(fulfillment.order)
    return Shipment.objects.get(fulfillment_ref=str(fulfillment.pk))


def renumber(shipment, number):
    """The shop corrects a parcel's number; what waits for the commit is left waiting."""
    fulfillment = factories.Fulfillment.objects.get(pk=shipment.fulfillment_ref)
    fulfillment.tracking_number = number
    fulfillment.save()
    factories.keep(fulfillment.order)


def read(push, now=NOON):
    reading.read_push(push.pk, now)
    push.refresh_from_db()
    return push.state, push.detail, push.due_at


def statuses():
    return list(Shipment.objects.order_by("pk").values_list("status", flat=True))


def run(*arguments):
    said = StringIO()
    call_command("aftersale", *arguments, stdout=said)
    factories.commit()
    return said.getvalue()


READ = ("READ", "", None)
UNMATCHED = "No parcel has the number 1Z."


# Kept


def test_push_is_kept_as_it_came_in():
    body = b"\xff\x00 {"

    assert pushes.keep_push("generic", CHANNEL, body, NOON)

    push = CarrierPush.objects.get()
    assert (push.provider, push.channel, bytes(push.body)) == ("generic", CHANNEL, body)
    assert (push.received_at, push.state, push.due_at) == (NOON, "NEW", NOON)
    assert len(connection.run_on_commit) == 1


def test_the_same_body_changes_nothing():
    keep()

    with nothing_changed():
        assert not pushes.keep_push("generic", CHANNEL, body_of(), NOON + MINUTE)


@pytest.mark.parametrize("other", [("generic", "elsewhere"), ("other", CHANNEL)])
def test_the_same_body_is_another_push_when_provider_or_channel_differ(other):
    keep()

    assert pushes.keep_push(*other, body_of(), NOON)


def test_token_in_the_address_stands_for_a_signature_when_the_provider_signs_nothing():
    factories.activate(carrier_secrets="inpost=0123456789abcdef")
    url = hooks.page_path(PLUGIN_ID, CHANNEL, "carriers/inpost/")

    answers = [
        Client().post(url + query, "{}", content_type="application/json").status_code
        for query in ("", "?token=", "?token=fedcba9876543210", "?token=0123456789abcdef")
    ]

    assert answers == [401, 401, 401, 200]
    assert CarrierPush.objects.get().provider == "inpost"


# Read


def test_task_records_what_was_pushed():
    shipment = parcel()
    push = keep()

    tasks.read_push(push.pk)

    event = TrackingEvent.objects.get()
    assert (event.shipment, event.received_at, event.provider) == (shipment, NOON, "generic")
    assert statuses() == ["IN_TRANSIT"]
    push.refresh_from_db()
    assert (push.state, push.detail, push.due_at, push.attempts) == ("READ", "", None, 1)
    assert list(PushedParcel.objects.values_list("tracking_number", "shipment_id")) == [
        ("1Z", shipment.pk)
    ]


def test_reading_twice_changes_nothing():
    parcel()
    push = keep()
    tasks.read_push(push.pk)

    with nothing_changed():
        tasks.read_push(push.pk)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_any_order_of_reading_gives_the_same(order):
    parcel()
    words = ["PICKED_UP", "IN_TRANSIT", "DELIVERED"]
    promises = [{"latest": (NOON + timedelta(days=day)).isoformat()} for day in range(3)]
    kept = [
        keep(
            body_of(status=words[n], at=NOON + n * MINUTE, estimatedDelivery=promises[n]),
            now=NOON + n * MINUTE,
        )
        for n in range(3)
    ]
    CarrierPush.objects.update(due_at=None)

    for number in order:
        CarrierPush.objects.filter(pk=kept[number].pk).update(due_at=NOON)
        reading.read_push(kept[number].pk, NOON + timedelta(hours=1))

    shipment = Shipment.objects.get()
    assert (shipment.status, shipment.shipped_at) == ("DELIVERED", NOON)
    assert shipment.promised_until == NOON + timedelta(days=2)


def test_pushes_that_wait_are_read_together():
    parcel()
    kept = [keep(body_of(at=NOON + n * MINUTE)) for n in range(20)]

    reading.read_push(kept[7].pk, NOON)

    assert TrackingEvent.objects.count() == 20
    assert set(CarrierPush.objects.values_list("state", "due_at")) == {("READ", None)}


def test_pushes_are_left_for_the_next_worker_when_they_are_large(monkeypatch):
    monkeypatch.setattr(pushes, "BATCH_BYTES", 2 * len(body_of()))
    for n in range(5):
        keep(body_of(at=NOON + n * MINUTE))

    assert len(pushes.take_pushes(NOON).pushes) == 2
    assert len(pushes.take_pushes(NOON).pushes) == 2
    assert len(pushes.take_pushes(NOON).pushes) == 1


def test_push_is_left_alone_when_another_worker_has_it():
    parcel()
    push = keep()
    pushes.take_pushes(NOON)

    reading.read_push(push.pk, NOON + LEASE - MINUTE)
    assert not TrackingEvent.objects.exists()
    reading.read_push(push.pk, NOON + LEASE)
    assert TrackingEvent.objects.count() == 1


def test_push_stays_queued_when_it_was_queued_again_while_it_was_read():
    push = keep()
    taken = pushes.take_pushes(NOON)
    pushes.queue_pushes([push.pk], NOON + MINUTE)

    pushes.finish_pushes(taken, {push.pk: pushes.Outcome(PushState.READ)})

    push.refresh_from_db()
    assert (push.state, push.due_at) == ("NEW", NOON + MINUTE)


def test_push_is_kept_unread_when_it_cannot_be_read(caplog):
    push = keep(b"{")

    assert read(push) == ("UNREADABLE", "The body is not JSON in UTF-8.", None)
    errors = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    expected = f"Push {push.pk} of generic is kept unread: The body is not JSON in UTF-8."
    assert errors == [expected]


def test_push_is_logged_once_when_it_stays_unreadable(caplog):
    push = keep(b"{")
    read(push)

    assert run("replay", "--unreadable") == "push 1\n1 pushes read again, 1 are as before.\n"
    assert [record.levelname for record in caplog.records].count("ERROR") == 1


def test_push_is_kept_unread_when_our_reading_fails(monkeypatch):
    def parse(body):
        raise KeyError("events")

    monkeypatch.setattr(generic, "parse", parse)

    assert read(keep()) == ("UNREADABLE", "Reading it failed: KeyError('events')", None)


def test_push_is_kept_unread_when_its_provider_is_gone(monkeypatch):
    push = keep()
    monkeypatch.setattr(registry, "PROVIDERS", {})

    assert read(push) == ("UNREADABLE", "Nothing here reads pushes of generic.", None)


def test_push_that_cannot_be_recorded_does_not_hold_up_the_others(monkeypatch):
    """Longer than the column: no provider should let it through, one day one will."""
    shipment = parcel()
    bad, good = keep(body_of(status="DELIVERED")), keep(body_of())
    parse = generic.parse

    def careless(body):
        long = {"location": "x" * 300} if b"DELIVERED" in body else {}
        return [CarrierUpdate(**{**update.__dict__, **long}) for update in parse(body)]

    monkeypatch.setattr(generic, "parse", careless)
    reading.read_push(bad.pk, NOON)

    bad.refresh_from_db()
    good.refresh_from_db()
    shipment.refresh_from_db()
    assert (good.state, shipment.status) == ("READ", "IN_TRANSIT")
    assert (bad.state, bad.due_at) == ("NEW", NOON + MINUTE)
    assert bad.detail.startswith("Recording it failed: DataError(")


def test_ten_thousand_events_of_one_parcel_are_recorded_set_by_set(
    django_assert_max_num_queries,
):
    shipment = parcel()
    updates = [
        CarrierUpdate(S.IN_TRANSIT, NOON + timedelta(seconds=n), tracking_number="1Z", raw_code="T")
        for n in range(10_000)
    ]

    # A hundred inserts, and what a single event costs as well.
    with django_assert_max_num_queries(140):
        done = news.record_updates(shipment.pk, updates, provider="generic", now=NOON)
    again = news.record_updates(shipment.pk, updates, provider="generic", now=NOON)

    assert (done.new, again.new, again.repeated) == (10_000, 0, 10_000)
    assert TrackingEvent.objects.count() == 10_000


@pytest.mark.parametrize("number", [1, 50])
def test_queries_do_not_grow_with_the_news(number, django_assert_max_num_queries):
    shipment = parcel()
    factories.scan(factories.Fulfillment.objects.get(), S.PICKED_UP)
    updates = [
        CarrierUpdate(S.IN_TRANSIT, NOON + n * MINUTE, tracking_number="1Z", raw_code="T")
        for n in range(1, number + 1)
    ]
    Shipment.objects.update(status="IN_TRANSIT")

    # Savepoints, two rows read, known news, insert in its own savepoint, all news, one row.
    with django_assert_max_num_queries(10):
        news.record_updates(shipment.pk, updates, provider="generic", now=NOON)


# Waiting for its parcel


def test_push_waits_when_nobody_has_its_number():
    assert read(keep()) == ("UNMATCHED", UNMATCHED, NOON + MINUTE)


@pytest.mark.parametrize(
    "attempts, days, pause",
    [(1, 0, 2 * MINUTE), (5, 1, 32 * MINUTE), (30, 20, timedelta(days=1)), (40, 30, None)],
)
def test_push_is_tried_again_for_thirty_days(attempts, days, pause):
    push = keep()
    CarrierPush.objects.update(attempts=attempts)
    now = NOON + timedelta(days=days)

    assert read(push, now) == ("UNMATCHED", UNMATCHED, pause and now + pause)


def test_push_is_read_when_its_parcel_appears():
    push = keep()
    read(push)

    parcel()
    factories.commit()

    assert statuses() == ["IN_TRANSIT"]
    push.refresh_from_db()
    assert (push.state, push.due_at) == ("READ", None)
    assert PushedParcel.objects.get().shipment == Shipment.objects.get()


def test_push_is_read_when_its_parcel_appears_after_it_was_given_up():
    push = keep()
    read(push, NOON + timedelta(days=31))

    parcel()
    factories.commit()

    assert statuses() == ["IN_TRANSIT"]


def test_push_is_read_when_a_number_is_corrected():
    push = keep()
    read(push)
    shipment = parcel("2Z")

    renumber(shipment, "1Z")
    factories.commit()

    assert statuses() == ["IN_TRANSIT"]


def test_news_moves_when_a_number_was_on_the_wrong_parcel():
    promise = {"latest": (NOON + timedelta(days=2)).isoformat()}
    wrong, right = parcel("1Z"), parcel("2Z")
    read(keep(body_of(estimatedDelivery=promise)))

    renumber(wrong, "3Z")
    renumber(right, "1Z")
    factories.commit()

    assert statuses() == ["PENDING", "IN_TRANSIT"]
    promised = Shipment.objects.order_by("pk").values_list("promised_until", flat=True)
    assert list(promised) == [None, NOON + timedelta(days=2)]


def test_push_is_read_when_its_number_is_one_parcels_again():
    shipment, other = parcel(), parcel()
    push = keep()
    problem = "Parcels of several orders have the number 1Z."
    assert read(push) == ("UNMATCHED", problem, NOON + MINUTE)

    renumber(other, "2Z")
    factories.commit()

    assert TrackingEvent.objects.get().shipment == shipment


def test_push_of_two_parcels_is_recorded_on_the_one_we_know(monkeypatch):
    first = parcel("1Z")

    def parse(body):
        return [CarrierUpdate(S.IN_TRANSIT, NOON, tracking_number=n) for n in ("1Z", "2Z")]

    monkeypatch.setattr(generic, "parse", parse)
    push = keep()
    assert read(push) == ("UNMATCHED", "No parcel has the number 2Z.", NOON + MINUTE)
    assert TrackingEvent.objects.get().shipment == first

    second = parcel("2Z")
    factories.commit()

    assert statuses() == ["IN_TRANSIT", "IN_TRANSIT"]
    found = PushedParcel.objects.order_by("tracking_number")
    assert list(found.values_list("tracking_number", "shipment_id")) == [
        ("1Z", first.pk),
        ("2Z", second.pk),
    ]


def test_news_without_a_number_is_of_no_parcel(monkeypatch):
    parcel("")
    monkeypatch.setattr(generic, "parse", lambda body: [CarrierUpdate(S.DELIVERED, NOON)])

    assert read(keep())[0] == "UNMATCHED"
    assert statuses() == ["PENDING"]


def test_news_is_of_all_parcels_of_one_order_with_that_number():
    factories.activate()
    order = factories.make_order(lines={"Kettle": 1, "Cup": 1})
    for name in ("Kettle", "Cup"):
        factories.fulfill(order, {name: 1}, tracking_number="1Z")
    factories.keep(order)

    assert read(keep()) == READ
    assert statuses() == ["IN_TRANSIT", "IN_TRANSIT"]


def test_news_is_of_the_parcel_that_was_not_taken_back():
    taken_back, other = parcel(), parcel()
    factories.Fulfillment.objects.filter(pk=taken_back.fulfillment_ref).update(status="canceled")
    sync_order(taken_back.order.order_ref)

    assert read(keep()) == READ
    assert TrackingEvent.objects.get().shipment == other


@pytest.mark.skipif(not IS_3, reason="2.10.1 has no channels")
def test_news_is_of_the_parcel_in_its_channel():
    factories.make_channel("other")
    here, _there = parcel(), parcel(channel="other")

    assert read(keep()) == READ
    assert TrackingEvent.objects.get().shipment == here


# What was lost


def test_sweep_picks_up_a_push_whose_task_was_lost():
    parcel()
    keep(now=timezone.now() - 2 * MINUTE)

    tasks.sweep()
    factories.commit()

    assert statuses() == ["IN_TRANSIT"]


def test_sweep_leaves_a_push_that_has_only_just_come_in():
    keep(now=timezone.now())

    tasks.sweep()

    assert connection.run_on_commit == []


def test_sweep_by_hand_reads_what_waits():
    parcel()
    keep(now=timezone.now())

    said = run("sweep")

    assert said.endswith("1 carrier pushes were waiting.\n")
    assert statuses() == ["IN_TRANSIT"]


def test_replay_reads_what_could_not_be_read_before(monkeypatch):
    parcel()
    push = keep()
    with monkeypatch.context() as broken:
        broken.setattr(registry, "PROVIDERS", {})
        read(push)

    assert run("replay") == "push 1\n1 pushes read again, 0 are as before.\n"
    assert statuses() == ["IN_TRANSIT"]


# After a mapping change


@pytest.fixture
def remapped(monkeypatch):
    """Two parcels told of by a code nobody knew; one was delivered by it."""
    first, second = parcel("1Z"), parcel("2Z")
    for shipment in (first, second):
        read(keep(body_of(shipment.tracking_number, "AT_DEPOT")))
    read(keep(body_of("1Z", "DELIVERED", NOON - MINUTE)))
    factories.commit()
    monkeypatch.setitem(generic.STATUS_MAP, "AT_DEPOT", S.RETURNING)
    return first, second


def test_retrack_gives_events_the_status_their_code_means_now(remapped):
    rows = TrackingEvent.objects.order_by("pk")
    before = list(rows.values("pk", "raw_code", "identity_hash", "received_at"))

    said = run("retrack")

    assert said == (
        "1Z (carrier unknown): DELIVERED -> RETURNING, 1 events\n"
        "2Z (carrier unknown): PENDING -> RETURNING, 1 events\n"
        "2 events: UNKNOWN -> RETURNING\n"
        "3 pushes read again, 0 of them unreadable; 2 events and 2 parcels have a new status.\n"
    )
    assert statuses() == ["RETURNING", "RETURNING"]
    assert list(rows.values("pk", "raw_code", "identity_hash", "received_at")) == before
    assert list(rows.values_list("status", flat=True)) == ["RETURNING", "RETURNING", "DELIVERED"]


def test_retrack_is_silent(remapped):
    mails = OutboxMail.objects.count()

    run("retrack")

    assert OutboxMail.objects.count() == mails


def test_retrack_changes_nothing_the_second_time(remapped):
    run("retrack")

    with nothing_changed():
        said = run("retrack")
    assert said == (
        "3 pushes read again, 0 of them unreadable; 0 events and 0 parcels have a new status.\n"
    )


@pytest.mark.parametrize("chunk", [1, 2])
def test_retrack_reads_everything_when_it_takes_little_at_a_time(remapped, monkeypatch, chunk):
    monkeypatch.setattr(retrack, "CHUNK", chunk)

    assert "2 events and 2 parcels have a new status" in run("retrack")


def test_retrack_reads_only_what_was_asked_for(remapped):
    CarrierPush.objects.order_by("pk").filter(parcels__tracking_number="2Z").update(
        received_at=timezone.now()
    )

    assert run("retrack", "--since", "1").startswith("1 pushes read again, ")


def test_retrack_leaves_what_staff_told(remapped):
    update = CarrierUpdate(S.UNKNOWN, NOON, tracking_number="1Z", raw_code="AT_DEPOT")
    news.record_updates(remapped[0].pk, [update], provider="api", now=NOON)

    run("retrack")

    assert TrackingEvent.objects.get(provider="api").status == "UNKNOWN"


def test_retrack_gives_events_the_last_day_to_collect_when_it_was_not_kept():
    shipment = parcel()
    until = (NOON + timedelta(days=2)).isoformat()
    event = {"occurredAt": NOON.isoformat(), "status": "READY_FOR_PICKUP", "collectBy": until}
    read(keep(body_of(events=[event])))
    TrackingEvent.objects.update(collect_by=None)
    Shipment.objects.update(collect_by=None)

    said = run("retrack")

    assert said.startswith("1Z (carrier unknown): READY_FOR_PICKUP, 1 events\n")
    assert TrackingEvent.objects.get().collect_by == NOON + timedelta(days=2)
    shipment.refresh_from_db()
    assert shipment.collect_by == NOON + timedelta(days=2)


def test_retrack_counts_what_cannot_be_read():
    read(keep(b"{"))

    assert run("retrack").startswith("1 pushes read again, 1 of them unreadable")


# Retention


def test_prune_deletes_old_pushes_and_keeps_their_news():
    parcel()
    old = timezone.now() - timedelta(days=181)
    read(keep(now=old), timezone.now())
    kept = [keep(body_of(at=NOON + MINUTE), now=old), keep(b"{", now=timezone.now())]

    assert run("prune") == "1 pushes deleted.\n0 events deleted.\n"
    assert list(CarrierPush.objects.order_by("pk")) == kept
    assert TrackingEvent.objects.count() == 1


def test_prune_refuses_when_it_would_delete_what_is_still_tried():
    with pytest.raises(CommandError, match="^Keep at least 30 days"):
        run("prune", "--days", "29")


# Many workers


@pytest.mark.django_db(transaction=True)
def test_workers_read_each_push_once_when_they_start_together():
    shipments = [parcel(f"{n}Z") for n in range(3)]
    factories.commit()
    for n in range(60):
        keep(body_of(f"{n % 3}Z", at=NOON + n * MINUTE))
    ids = list(CarrierPush.objects.values_list("pk", flat=True))
    errors = []

    def work(mine):
        try:
            with db.allow_writer():
                for push_id in mine:
                    reading.read_push(push_id, timezone.now())
                    renumber(shipments[push_id % 3], f"{push_id % 3}Z")
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=work, args=(ids[n::4],)) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert errors == []
    assert set(CarrierPush.objects.values_list("state", "due_at")) == {("READ", None)}
    assert TrackingEvent.objects.count() == 60
    assert statuses() == ["IN_TRANSIT"] * 3
