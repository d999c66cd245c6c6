"""Events on their way to the merchant's address: what is queued, posted, retried, given up."""

import json
import logging
import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from saleor_aftersale import tasks
from saleor_aftersale.config import settings_of
from saleor_aftersale.host import db
from saleor_aftersale.returns import actions as returns
from saleor_aftersale.returns.models import ReturnRequest
from saleor_aftersale.tracking.carriers import generic
from saleor_aftersale.tracking.carriers.base import BadSignature
from saleor_aftersale.tracking.statements import state_not_received
from saleor_aftersale.tracking.statuses import ShipmentStatus
from saleor_aftersale.values import HttpAnswer
from saleor_aftersale.webhooks import actions, sending
from saleor_aftersale.webhooks.delivery_times import LEASE, PATIENCE
from saleor_aftersale.webhooks.models import EventDelivery
from tests import factories
from tests.factories import CHANNEL, CUSTOMER, NOON, STAFF, global_id, nothing_changed
from tests.network import Network

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

S = ShipmentStatus
MINUTE = timedelta(minutes=1)
URL, SECRET = "https://erp.example.com/aftersale?shop=1", "0123456789abcdef"


@pytest.fixture
def network(monkeypatch):
    network = Network(monkeypatch)
    network.answer()
    return network


@pytest.fixture
def connected():
    """The merchant named an address."""
    factories.activate(event_url=URL, event_secret=SECRET)


@pytest.fixture
def asked(connected):
    """A return request whose events nobody has tried to deliver yet."""
    order = factories.delivered_order()
    connection.run_on_commit = []
    EventDelivery.objects.all().delete()
    request = factories.ask(order)
    connection.run_on_commit = []
    return request


def rows():
    return EventDelivery.objects.order_by("pk")


def facts_of(row):
    row.refresh_from_db()
    return row.state, row.attempts, row.last_status, row.last_error


def try_it(row, now=None):
    """One try; gives the row as it is then."""
    sending.deliver(row.pk, now or timezone.now())
    row.refresh_from_db()
    return row


# What is queued


def test_every_kind_of_event_is_queued_in_order_when_an_address_is_set(connected):
    request = factories.inspected(factories.ask(factories.delivered_order()))
    shipment = request.order.shipments.get()
    state_not_received(shipment.pk, CUSTOMER, "", NOON)

    told = list(rows().values_list("sequence", "type", "facts"))

    assert told[0] == (
        1,
        "SHIPMENT_STATUS_CHANGED",
        {"before": "PENDING", "after": "DELIVERED"},
    )
    assert told[1] == (2, "RETURN_TRANSITIONED", {"before": None, "after": "SUBMITTED"})
    assert told[2][2] == {"before": "SUBMITTED", "after": "APPROVED"}
    assert told[-1] == (len(told), "SHIPMENT_REPORTED_MISSING", {})
    assert [row[0] for row in told] == list(range(1, len(told) + 1))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"event_url": URL},
        {"event_secret": SECRET},
        {"active": False, "event_url": URL, "event_secret": SECRET},
    ],
    ids=["nothing", "no secret", "no address", "inactive"],
)
def test_nothing_is_queued_when_events_are_not_wanted(settings):
    factories.activate()
    order = factories.delivered_order()
    rules = settings_of(CHANNEL)
    factories.activate(**settings)
    wish = returns.WishedLine(str(order.lines.first().pk), 1)

    returns.submit_return(factories.keep(order), [wish], CUSTOMER, rules, now=NOON)

    assert not rows().exists()


def test_event_is_not_queued_when_its_transaction_fails(connected):
    order = factories.delivered_order()
    before = rows().count()

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        factories.ask(order)
        1 / 0  # noqa: B018

    assert rows().count() == before


def test_parcel_that_changes_back_and_forth_is_told_each_time(connected):
    fulfillment = factories.fulfill(factories.make_order())
    factories.scan(fulfillment, S.IN_TRANSIT, NOON)
    shipment = factories.scan(fulfillment, S.DELIVERED, NOON + MINUTE)
    shipment.events.filter(status="DELIVERED").delete()
    factories.scan(fulfillment, S.IN_TRANSIT, NOON + MINUTE * 2)

    told = [row.facts["after"] for row in rows()]

    assert told == ["IN_TRANSIT", "DELIVERED", "IN_TRANSIT"]


# What is posted


def test_event_is_posted_signed_when_it_is_committed(connected, network):
    order = factories.delivered_order()
    request = factories.ask(order)
    factories.commit()

    sent = network.sent[-1]
    row = rows().last()
    assert (sent.method, sent.url) == ("POST", URL)
    assert sent.headers["X-Aftersale-Delivery"] == row.reference
    generic.verify(row.body.encode(), sent.headers, [SECRET], timezone.now())
    assert facts_of(row) == ("DELIVERED", 1, 200, "")
    line = request.lines.get()
    assert sent.content == {
        "id": row.reference,
        "type": "RETURN_TRANSITIONED",
        "occurredAt": request.submitted_at.isoformat(),
        "sequence": 2,
        "order": {
            "id": global_id("Order", order.pk),
            "number": request.order.number,
            "channel": CHANNEL,
        },
        "before": None,
        "after": "SUBMITTED",
        "returnRequest": {
            "id": global_id("ReturnRequest", request.pk),
            "number": request.number,
            "state": "SUBMITTED",
            "resolution": request.resolution,
            "submittedAt": request.submitted_at.isoformat(),
            "declineCode": None,
            "lines": [
                {
                    "orderLineId": global_id("OrderLine", line.line_ref),
                    "productName": "Kettle",
                    "sku": line.sku,
                    "basis": "WITHDRAWAL",
                    "reason": None,
                    "state": "REQUESTED",
                    "quantity": 1,
                    "approvedQuantity": 0,
                    "receivedQuantity": 0,
                    "acceptedQuantity": 0,
                    "unitPrice": {"amount": "10.00", "currency": "EUR"},
                }
            ],
            "refunds": [],
        },
    }


def test_message_holds_no_person_when_the_request_does(connected, network):
    order = factories.delivered_order(user=factories.make_customer())
    factories.ask(order, note="Call Anna on 600 700 800.")
    factories.commit()

    said = json.dumps([sent.content for sent in network.sent])

    for private in ("anna@example.com", "Anna", "600", "Ivanov"):
        assert private not in said


def test_shipment_is_told_when_its_status_changes(connected, network):
    shipment = factories.scan(factories.fulfill(factories.make_order()), S.DELIVERED)
    factories.commit()

    content = network.sent[-1].content
    assert (content["type"], content["before"], content["after"]) == (
        "SHIPMENT_STATUS_CHANGED",
        "PENDING",
        "DELIVERED",
    )
    assert content["shipment"]["id"] == global_id("Shipment", shipment.pk)
    assert content["shipment"]["trackingNumber"] == "1ZTEST"
    assert content["shipment"]["deliveredAt"] == NOON.isoformat()
    assert [line["quantity"] for line in content["shipment"]["lines"]] == [1]


def test_signature_does_not_hold_when_the_body_was_changed(asked, network):
    row = try_it(rows().get())
    changed = row.body.replace("SUBMITTED", "COMPLETED").encode()

    with pytest.raises(BadSignature):
        generic.verify(changed, network.sent[-1].headers, [SECRET], timezone.now())


def test_same_body_is_posted_when_tried_again_after_a_change(asked, network):
    network.answers = [HttpAnswer(500, {}, b""), HttpAnswer(200, {}, b"")]
    row = try_it(rows().get())
    ReturnRequest.objects.update(state="APPROVED")

    try_it(row, timezone.now() + timedelta(hours=1))

    assert facts_of(row) == ("DELIVERED", 2, 200, "")
    first, second = network.sent
    assert first.content == second.content
    assert first.headers["X-Aftersale-Delivery"] == second.headers["X-Aftersale-Delivery"]


def test_event_is_posted_once_when_the_task_runs_twice(asked, network):
    row = try_it(rows().get())

    with nothing_changed():
        tasks.deliver_event(row.pk)

    assert len(network.sent) == 1


# When the receiver doesn't take it


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (500, "The receiver answered 500."),
        (404, "The receiver answered 404."),
        (302, "The receiver answered 302; redirects are not followed."),
    ],
)
def test_delivery_waits_when_it_is_refused(asked, network, status, error):
    network.answers = [HttpAnswer(status, {"location": "https://other.example.com"}, b"")]
    now = timezone.now()

    row = try_it(rows().get(), now)

    assert facts_of(row) == ("WAITING", 1, status, error)
    assert timedelta(seconds=45) <= row.due_at - now <= timedelta(seconds=75)
    assert len(network.sent) == 1


def test_delivery_waits_when_no_answer_comes(asked, network):
    network.answers = []
    network.fail()

    row = try_it(rows().get())

    assert facts_of(row) == ("WAITING", 1, None, "No answer came: ReadTimeout.")


def test_delivery_waits_as_long_as_the_receiver_asks_for(asked, network):
    network.answers = [HttpAnswer(429, {"retry-after": "3600"}, b"")]
    now = timezone.now()

    row = try_it(rows().get(), now)

    assert row.due_at == now + timedelta(hours=1)


def test_delivery_is_given_up_when_two_days_are_over(asked, network, caplog):
    network.answers = [HttpAnswer(500, {}, b"")]
    row = rows().get()

    with caplog.at_level(logging.ERROR, sending.__name__):
        try_it(row, row.queued_at + PATIENCE)

    assert facts_of(row) == ("DEAD", 1, 500, "The receiver answered 500.")
    assert row.due_at is None
    said = f"Event {row.reference} is given up: The receiver answered 500."
    assert [record.message for record in caplog.records] == [said]


def test_everything_that_waits_ends_when_the_receiver_is_gone(asked, network):
    returns.approve_return(str(asked.pk), STAFF, now=NOON)
    connection.run_on_commit = []
    network.answers = [HttpAnswer(410, {}, b"")]
    first, second = rows()

    try_it(second)

    assert facts_of(second) == ("GONE", 1, 410, "The receiver answered 410.")
    assert facts_of(first) == ("GONE", 0, None, "The receiver is gone.")


@pytest.mark.parametrize(("status", "is_put_off"), [(503, True), (400, False)])
def test_other_events_are_put_off_when_the_receiver_is_down(asked, network, status, is_put_off):
    returns.approve_return(str(asked.pk), STAFF, now=NOON)
    connection.run_on_commit = []
    network.answers = [HttpAnswer(status, {}, b"")]
    first, second = rows()
    now = timezone.now()

    try_it(first, now)

    second.refresh_from_db()
    assert (second.due_at == now + MINUTE) is is_put_off
    assert second.attempts == 0


def test_delivery_ends_when_the_plugin_was_switched_off(asked, network):
    factories.activate(active=False, event_url=URL, event_secret=SECRET)

    row = try_it(rows().get())

    assert facts_of(row) == ("DEAD", 1, None, "The channel has no address for events.")
    assert network.sent == []


# Left behind


def test_sweep_finds_a_delivery_when_its_task_was_lost(asked, network):
    row = rows().get()
    EventDelivery.objects.update(due_at=timezone.now() - 2 * MINUTE)

    tasks.sweep()
    factories.commit()

    assert facts_of(row) == ("DELIVERED", 1, 200, "")


def test_delivery_is_taken_over_when_its_worker_died(asked):
    row = rows().get()
    now = timezone.now()
    actions.take_delivery(row.pk, now)

    assert actions.take_delivery(row.pk, now + LEASE - MINUTE) is None
    assert actions.take_delivery(row.pk, now + LEASE).attempts == 2


def test_answer_does_not_count_when_the_delivery_was_queued_again_meanwhile(asked, network):
    row = rows().get()
    now = timezone.now()
    leased = actions.take_delivery(row.pk, now)
    actions.retry_delivery(row.pk, now + MINUTE)

    sending._end(leased, sending.DeliveryState.DEAD, sending._Outcome(500, "Too late."))

    assert facts_of(row) == ("WAITING", 0, None, "")


@pytest.mark.parametrize("state", ["DELIVERED", "DEAD", "GONE"])
def test_old_deliveries_are_deleted_when_pruned(asked, state):
    EventDelivery.objects.update(state=state, due_at=None, created_at=NOON)

    assert actions.prune_deliveries(NOON) == 0
    assert actions.prune_deliveries(NOON + MINUTE) == 1


def test_waiting_delivery_stays_when_pruned(asked):
    EventDelivery.objects.update(created_at=NOON)

    assert actions.prune_deliveries(NOON + MINUTE) == 0


@pytest.mark.django_db(transaction=True)
def test_one_of_two_workers_posts_when_both_come_at_once(connected, network, monkeypatch):
    network.answers = [HttpAnswer(200, {}, b"")]
    monkeypatch.setattr(tasks.deliver_event, "delay", lambda *_arguments: None)
    factories.ask(factories.delivered_order())
    row = rows().last()
    together = threading.Barrier(2)

    def work():
        together.wait()
        with db.allow_writer():
            sending.deliver(row.pk, timezone.now())
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert len(network.sent) == 1
    assert facts_of(row) == ("DELIVERED", 1, 200, "")
