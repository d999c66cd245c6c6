"""Parcels in which goods come back: tracked like others, and what their news do to a request."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone
from graphene import Node

from saleor_aftersale.returns import actions, methods, resolution, sending
from saleor_aftersale.returns.methods import WishedMethod
from saleor_aftersale.returns.models import ReturnNotice, ReturnParcel, ReturnRequest
from saleor_aftersale.returns.policy import Basis
from saleor_aftersale.tracking import coming_back, polling, pushes, reading
from saleor_aftersale.tracking.carriers.base import CarrierUpdate
from saleor_aftersale.tracking.models import CarrierPush, Shipment
from saleor_aftersale.tracking.news import record_updates
from saleor_aftersale.tracking.statuses import ShipmentStatus
from tests import factories
from tests.factories import CHANNEL, CUSTOMER, NOON, STAFF
from tests.network import Network

pytestmark = pytest.mark.django_db

S = ShipmentStatus
LATER = NOON + timedelta(days=2)
NUMBER = "1Z999AA10123456784"
LABEL = WishedMethod("CARRIER_LABEL", "", "https://carrier.example/7", tracking_number=NUMBER)


@pytest.fixture
def order(mailbox):
    factories.activate()
    return factories.delivered_order(user=factories.make_customer())


@pytest.fixture
def labelled(order):
    """An approved request whose label has a number; nothing was sent yet."""
    request = factories.ask(order, basis=Basis.GOODWILL_RETURN)
    methods.set_method(str(request.pk), STAFF, LABEL, now=LATER)
    actions.approve_return(str(request.pk), STAFF, now=LATER)
    factories.commit()
    return request


def scan(status, at=LATER, number=NUMBER):
    shipment = Shipment.every.get(fulfillment_ref__startswith="return:", tracking_number=number)
    update = CarrierUpdate(status, at, tracking_number=number, raw_code=status.value)
    record_updates(shipment.pk, [update], provider="api", now=at)
    factories.commit()


def standing(request):
    row = ReturnRequest.objects.get(pk=request.pk)
    return row.state, row.sent_at


def notices():
    return list(ReturnNotice.objects.order_by("pk").values_list("code", "detail"))


def body(number, status, at=LATER):
    event = {"occurredAt": at.isoformat(), "status": status}
    return json.dumps({"trackingNumber": number, "events": [event]}).encode()


def push(number=NUMBER, status="IN_TRANSIT"):
    pushes.keep_push("generic", CHANNEL, body(number, status), LATER)
    row = CarrierPush.objects.latest("pk")
    reading.read_push(row.pk, timezone.now())
    factories.commit()
    row.refresh_from_db()
    return row.state


def test_label_alone_is_no_proof_of_sending(labelled):
    scan(S.INFO_RECEIVED)

    assert standing(labelled) == ("APPROVED", None)


def test_first_scan_moves_the_request_on_and_is_the_proof_of_sending(labelled, mailbox):
    scan(S.PICKED_UP)
    scan(S.IN_TRANSIT, LATER + timedelta(hours=5))

    assert standing(labelled) == ("IN_TRANSIT", LATER)
    assert labelled.lines.get().state == "AWAITED"
    (step,) = labelled.transitions.filter(after="IN_TRANSIT")
    assert (step.action, step.role, step.reason) == ("PROVIDE_SHIPPING", "system", NUMBER)


def test_first_scan_of_a_withdrawal_nobody_answered_ends_the_right_to_wait(order):
    request = factories.ask(order)
    methods.set_method(str(request.pk), STAFF, LABEL, now=LATER)
    waiting = ReturnRequest.objects.get().refund_due_at

    scan(S.PICKED_UP)

    assert waiting is None
    assert standing(request) == ("SUBMITTED", LATER)
    assert ReturnRequest.objects.get().refund_due_at is not None


def test_proof_the_customer_gave_keeps_its_moment(labelled):
    sending.provide_shipping(str(labelled.pk), CUSTOMER, tracking_number=NUMBER, now=LATER)

    scan(S.PICKED_UP, LATER + timedelta(hours=5))

    assert standing(labelled) == ("IN_TRANSIT", LATER)
    assert ReturnParcel.objects.count() == 1


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (S.DELIVERED, "RETURN_DELIVERED"),
        (S.LOST, "RETURN_LOST"),
        (S.DAMAGED, "RETURN_LOST"),
        (S.RETURNED_TO_SENDER, "RETURN_SENT_BACK"),
    ],
)
def test_end_of_the_journey_is_noted_for_staff_and_decides_nothing(labelled, status, code):
    scan(S.PICKED_UP)
    scan(status, LATER + timedelta(days=1))

    assert notices() == [(code, NUMBER)]
    assert standing(labelled) == ("IN_TRANSIT", LATER)


def test_lost_return_is_resolved_without_goods(labelled):
    scan(S.PICKED_UP)
    scan(S.LOST, LATER + timedelta(days=1))

    resolution.resolve_return(
        str(labelled.pk), STAFF, resolution="REFUND_ORIGINAL", without_goods=True, now=LATER
    )
    factories.commit()

    assert standing(labelled)[0] == "COMPLETED"


def test_push_about_a_return_parcel_is_read(labelled):
    assert push() == "READ"
    assert standing(labelled)[0] == "IN_TRANSIT"


def test_push_that_came_before_the_number_was_told_is_read_again(order):
    request = factories.ask(order)
    before = push()

    sending.provide_shipping(str(request.pk), CUSTOMER, tracking_number=NUMBER, now=LATER)
    factories.commit()

    assert before == "UNMATCHED"
    assert CarrierPush.objects.get().state == "READ"
    (parcel,) = coming_back.parcels_by_ref([str(ReturnParcel.objects.get().pk)]).values()
    assert [event.status for event in parcel.events] == [S.IN_TRANSIT]


def test_return_parcel_is_polled(order, monkeypatch):
    factories.activate(carrier_api_keys="easypost=EZAK0123456789")
    request = factories.ask(order, basis=Basis.GOODWILL_RETURN)
    methods.set_method(str(request.pk), STAFF, LABEL, now=LATER)
    actions.approve_return(str(request.pk), STAFF, now=LATER)
    factories.commit()
    network = Network(monkeypatch)
    detail = {"datetime": LATER.isoformat(), "status": "in_transit", "message": "Scanned"}
    tracker = {"tracking_code": NUMBER, "carrier": "UPS", "tracking_details": [detail]}
    network.answer({"trackers": [tracker], "has_more": False})

    polling.poll_due(timezone.now() + timedelta(hours=1))
    factories.commit()

    assert standing(request)[0] == "IN_TRANSIT"


def test_return_parcel_is_no_parcel_to_the_customer(labelled, mailbox):
    before = [message.subject for message in mailbox]
    api = factories.Api(factories.make_staff())

    scan(S.OUT_FOR_DELIVERY)
    scan(S.DELIVERED, LATER + timedelta(days=1))

    found = api.post("{ shipments(first: 10) { edges { node { trackingNumber } } } }")
    assert [edge["node"]["trackingNumber"] for edge in found["shipments"]["edges"]] == ["1ZTEST"]
    new = [message.subject for message in mailbox[len(before) :]]
    assert not any("delivered" in subject.lower() for subject in new)
    assert Shipment.objects.count() == 1


PARCELS = """
query($id: ID!) { returnRequest(id: $id) { notices { code }
    parcels { trackingNumber status heardAt events { status } } } }
"""


def test_customer_and_staff_see_where_the_parcel_is(labelled, order):
    scan(S.PICKED_UP)
    scan(S.DELIVERED, LATER + timedelta(days=1))
    key = Node.to_global_id("ReturnRequest", labelled.pk)
    mallory = factories.make_customer("mallory@example.com")

    seen = {
        name: factories.Api(user).post(PARCELS, id=key)["returnRequest"]
        for name, user in (
            ("customer", order.user),
            ("staff", factories.make_staff()),
            ("stranger", mallory),
            ("nobody", None),
        )
    }

    parcel = {
        "trackingNumber": NUMBER,
        "status": "DELIVERED",
        "heardAt": "2026-06-04T12:00:00+00:00",
        "events": [{"status": "DELIVERED"}, {"status": "PICKED_UP"}],
    }
    assert seen == {
        "customer": {"notices": [], "parcels": [parcel]},
        "staff": {"notices": [{"code": "RETURN_DELIVERED"}], "parcels": [parcel]},
        "stranger": None,
        "nobody": None,
    }
