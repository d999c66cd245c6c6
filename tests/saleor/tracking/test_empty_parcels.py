"""A first parcel when further ones hold all there is: kept, and nowhere to be seen."""

from datetime import timedelta

import pytest
from django.utils import timezone

from saleor_aftersale.followups.models import OutboxMail
from saleor_aftersale.tracking import news, parcels, polling, watching
from saleor_aftersale.tracking.carriers.base import CarrierUpdate
from saleor_aftersale.tracking.models import Shipment
from saleor_aftersale.tracking.parcels import WishedParcel
from saleor_aftersale.tracking.shipment_lists import ShipmentFilter, shipments_where
from saleor_aftersale.tracking.statuses import ShipmentStatus
from tests import factories
from tests.factories import NOON
from tests.network import Network

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]


@pytest.fixture
def fulfillment():
    """Two kettles sent without a number: promised, and asked for where it can be."""
    factories.activate(
        shipping_methods="* | * | ups | 1-2", carrier_api_keys="easypost=EZAK0123456789"
    )
    made = factories.fulfill(factories.make_order(lines={"Kettle": 2}), tracking_number="")
    factories.keep(made.order)
    return made


def add(fulfillment, quantity, number="1Z999AA10123456784"):
    """A further parcel with so many kettles."""
    line_ref = str(fulfillment.lines.get().order_line_id)
    wish = WishedParcel(number, None, {line_ref: quantity} if quantity else {})
    return parcels.add_parcel(str(fulfillment.pk), wish, timezone.now())


def first():
    return Shipment.objects.get(position=0)


def listed():
    """Positions of the parcels in the list of staff."""
    rows = shipments_where(ShipmentFilter())
    return sorted(rows.values_list("position", flat=True))


@pytest.mark.parametrize("quantity, positions", [(2, [1]), (1, [0, 1]), (0, [0, 1])])
def test_parcel_is_not_listed_when_nothing_is_in_it(fulfillment, quantity, positions):
    add(fulfillment, quantity)

    assert listed() == positions


def test_parcel_is_listed_when_it_is_the_only_one(fulfillment):
    Shipment.objects.get().lines.all().delete()

    assert listed() == [0]


@pytest.mark.parametrize(
    "change", [{"tracking_number": "2Z"}, {"tracking_url": "https://carrier.example/2Z"}, {}]
)
def test_parcel_is_listed_when_something_is_known_of_it(fulfillment, change):
    parcel = add(fulfillment, 2)
    Shipment.objects.filter(position=0).update(**(change or {"position": 0}))
    if not change:
        parcel.events.create(
            status="IN_TRANSIT", occurred_at=NOON, received_at=NOON, identity_hash="0"
        )
        parcel.events.update(shipment=first())

    assert listed() == [0, 1]


def test_parcel_is_looked_after_no_more_when_nothing_is_in_it(fulfillment):
    add(fulfillment, 2)

    watching.look_after(timezone.now())

    empty = first()
    assert (empty.watch_at, empty.poll_at, empty.estimated_until) == (None, None, None)
    full = Shipment.objects.get(position=1)
    assert None not in (full.watch_at, full.poll_at, full.estimated_until)


def test_parcel_is_looked_after_again_when_its_pieces_come_back(fulfillment):
    parcel = add(fulfillment, 2)
    watching.look_after(timezone.now())

    parcels.remove_parcel(parcel.pk, NOON)
    watching.look_after(timezone.now())

    assert first().estimated_until is not None
    assert listed() == [0]


def test_parcel_is_not_asked_for_when_nothing_is_in_it(fulfillment, monkeypatch):
    network = Network(monkeypatch)
    network.answer({"trackers": []})
    add(fulfillment, 2)
    Shipment.objects.update(poll_at=NOON)

    polling.poll_due(NOON)

    asked = [sent.content for sent in network.sent if "batch" in sent.url]
    assert asked == [{"tracking_codes": ["1Z999AA10123456784"]}]
    assert first().poll_at is None


def test_no_mail_speaks_of_a_parcel_when_nothing_is_in_it(fulfillment):
    full = add(fulfillment, 2)
    update = CarrierUpdate(
        ShipmentStatus.PICKED_UP, timezone.now(), tracking_number=full.tracking_number
    )

    news.record_updates(full.pk, [update], provider="api", now=timezone.now())
    watching.look_after(timezone.now() + timedelta(days=30))

    mail = OutboxMail.objects.get(key="shipment.sent")
    assert mail.subject_ref == f"shipment:{full.pk}"
    assert not OutboxMail.objects.filter(subject_ref__startswith=f"shipment:{first().pk}").exists()
