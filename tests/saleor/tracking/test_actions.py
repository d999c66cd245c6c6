"""Orders and parcels in step with the shop, carrier news stored once, and what follows."""

from datetime import timedelta

import pytest

from saleor_aftersale import tasks
from saleor_aftersale.followups.catalogue import marketing_keys
from saleor_aftersale.followups.models import OutboxMail
from saleor_aftersale.tracking import actions, news
from saleor_aftersale.tracking.carriers.base import CarrierUpdate
from saleor_aftersale.tracking.models import OrderRecord, Shipment, ShipmentLine, TrackingEvent
from saleor_aftersale.tracking.statuses import ShipmentStatus
from saleor_aftersale.values import NotFound
from tests import factories
from tests.factories import CHANNEL, NOON, nothing_changed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

S = ShipmentStatus


@pytest.fixture
def fulfillment():
    """Two kettles in one parcel."""
    factories.activate()
    return factories.fulfill(factories.make_order(lines={"Kettle": 2}), tracking_number="1Z-999 a")


def parcel_of(fulfillment):
    return Shipment.objects.get(fulfillment_ref=str(fulfillment.pk))


def update(status=S.IN_TRANSIT, at=NOON, **more):
    return CarrierUpdate(status, at, **{"tracking_number": "1Z999A", **more})


def record(parcel, *updates, provider="api", now=NOON):
    return news.record_updates(parcel.pk, updates, provider=provider, now=now)


def mails():
    rows = OutboxMail.objects.exclude(key__in=marketing_keys()).order_by("pk")
    return list(rows.values_list("key", flat=True))


# In step with the shop


def test_order_is_kept_as_the_shop_has_it():
    user = factories.make_customer()
    order = factories.make_order(user=user, language="pl", country="BG")

    record = factories.keep(order)

    seen = factories.host_order(order)
    assert {name: getattr(record, name) for name in ("order_ref", "number", "placed_at")} == {
        "order_ref": str(order.pk),
        "number": seen.number,
        "placed_at": seen.placed_at,
    }
    assert (record.channel, record.currency, record.country) == (CHANNEL, "EUR", "BG")
    assert (record.customer_email, record.customer_name) == ("anna@example.com", "Boris Ivanov")
    assert (record.user_ref, record.language) == (str(user.pk), "pl")
    assert record.link_generation == 1


def test_parcel_is_kept_with_names_as_they_were(fulfillment):
    factories.keep(fulfillment.order)
    fulfillment.order.lines.update(product_name="Pot")
    factories.keep(fulfillment.order)

    parcel = parcel_of(fulfillment)
    line = fulfillment.order.lines.get()
    assert (parcel.tracking_number, parcel.tracking_url) == ("1Z999A", "")
    assert (parcel.status, parcel.carrier) == ("PENDING", "")
    assert list(ShipmentLine.objects.values_list("line_ref", "product_name", "quantity")) == [
        (str(line.pk), "Kettle", 2)
    ]


def test_keeping_again_changes_nothing(fulfillment):
    factories.keep(fulfillment.order)

    with nothing_changed():
        factories.keep(fulfillment.order)


@pytest.mark.parametrize("order_ref", ["999999", "nonsense", ""])
def test_unknown_order_is_not_kept(order_ref):
    assert actions.sync_order(order_ref) is None
    assert not OrderRecord.objects.exists()


def test_draft_is_not_kept():
    order = factories.make_order()
    order.status = "draft"
    order.save()

    assert actions.sync_order(str(order.pk)) is None


def test_link_may_stand_where_the_number_should(fulfillment):
    fulfillment.tracking_number = "https://carrier.example/1Z"
    fulfillment.save()

    factories.keep(fulfillment.order)

    parcel = parcel_of(fulfillment)
    assert (parcel.tracking_number, parcel.tracking_url) == ("", "https://carrier.example/1Z")


def test_news_of_the_wrong_number_is_put_aside_when_number_is_corrected(fulfillment):
    factories.scan(fulfillment, S.IN_TRANSIT)
    fulfillment.tracking_number = "2Z"
    fulfillment.save()

    factories.keep(fulfillment.order)

    parcel = parcel_of(fulfillment)
    assert (parcel.tracking_number, parcel.status) == ("2Z", "PENDING")
    assert TrackingEvent.objects.count() == 1


def test_parcel_is_cancelled_with_its_fulfillment(fulfillment):
    factories.keep(fulfillment.order)
    fulfillment.status = "canceled"
    fulfillment.save()

    factories.keep(fulfillment.order)

    parcel = parcel_of(fulfillment)
    assert (parcel.status, parcel.is_cancelled) == ("CANCELLED", True)
    assert mails() == []


def test_parcel_stays_when_shop_deleted_the_fulfillment(fulfillment):
    factories.scan(fulfillment, S.DELIVERED)
    order = fulfillment.order
    fulfillment.delete()

    factories.keep(order)

    assert Shipment.objects.get().status == "DELIVERED"


@pytest.mark.skipif(not factories.IS_3, reason="2.10.1 has no such status")
def test_parcel_is_not_made_before_a_clerk_released_it(fulfillment):
    fulfillment.status = "waiting_for_approval"
    fulfillment.save()

    factories.keep(fulfillment.order)

    assert not Shipment.objects.exists()


def test_links_are_revoked_when_mailbox_changes():
    order = factories.make_order(email="old@example.com")
    factories.keep(order)
    order.user_email = "new@example.com"
    order.save()

    record = factories.keep(order)

    assert (record.customer_email, record.link_generation) == ("new@example.com", 2)


def test_links_can_be_revoked_by_hand():
    record = factories.keep(factories.make_order())

    actions.revoke_links(record.order_ref)

    record.refresh_from_db()
    assert record.link_generation == 2


def test_lock_refuses_an_order_we_do_not_keep():
    with pytest.raises(NotFound, match="^There is no such order.$"):
        actions.lock_order("999999")


def test_task_keeps_the_order(fulfillment):
    tasks.sync_order(str(fulfillment.order_id))
    tasks.sync_order(str(fulfillment.order_id))

    assert Shipment.objects.get() == parcel_of(fulfillment)


# Carrier news


def test_news_is_stored_as_the_carrier_said_it(fulfillment):
    factories.keep(fulfillment.order)
    told = update(
        raw_code="DEP",
        description="Departed",
        location="Łódź",
        carrier="ups",
        payload={"a": [1]},
        promised_from=NOON + timedelta(days=1),
        promised_until=NOON + timedelta(days=2),
    )

    done = record(parcel_of(fulfillment), told, now=NOON + timedelta(minutes=1))

    event, parcel = TrackingEvent.objects.get(), parcel_of(fulfillment)
    assert (done.new, done.repeated) == (1, 0)
    assert (event.provider, event.raw_code, event.status) == ("api", "DEP", "IN_TRANSIT")
    assert (event.description, event.location) == ("Departed", "Łódź")
    assert (event.occurred_at, event.received_at) == (NOON, NOON + timedelta(minutes=1))
    assert event.payload == {"a": [1]}
    assert (parcel.status, parcel.carrier) == ("IN_TRANSIT", "ups")
    assert (parcel.shipped_at, parcel.delivered_at) == (NOON, None)
    assert parcel.promised_until == NOON + timedelta(days=2)


def test_news_told_again_changes_nothing(fulfillment):
    parcel = factories.scan(fulfillment, S.IN_TRANSIT)
    factories.commit()
    rows = list(TrackingEvent.objects.values())

    again = update(raw_code="IN_TRANSIT", description="Other words")
    done = record(parcel, again, again)

    assert (done.new, done.repeated) == (0, 2)
    assert list(TrackingEvent.objects.values()) == rows


@pytest.mark.parametrize(
    "change",
    [
        {"raw_code": "X"},
        {"location": "Łódź"},
        {"at": NOON + timedelta(seconds=1)},
        {"tracking_number": "2Z"},
    ],
)
def test_news_is_new_when_code_place_time_or_number_differ(fulfillment, change):
    parcel = factories.scan(fulfillment, S.IN_TRANSIT)
    told = {"raw_code": "IN_TRANSIT", **change}

    assert record(parcel, update(**told)).new == 1


def test_news_is_new_when_another_provider_tells_it(fulfillment):
    parcel = factories.scan(fulfillment, S.IN_TRANSIT)

    assert record(parcel, update(raw_code="IN_TRANSIT"), provider="generic").new == 1


def test_late_news_does_not_move_the_parcel_back(fulfillment):
    factories.scan(fulfillment, S.DELIVERED)

    parcel = factories.scan(fulfillment, S.IN_TRANSIT, NOON - timedelta(days=1))

    assert parcel.status == "DELIVERED"
    assert parcel.shipped_at == NOON - timedelta(days=1)
    assert parcel.delivered_at == NOON


# What follows


@pytest.mark.parametrize(
    ("scans", "expected"),
    [
        ([S.INFO_RECEIVED], []),
        ([S.PICKED_UP], ["shipment.sent"]),
        ([S.IN_TRANSIT, S.OUT_FOR_DELIVERY], ["shipment.sent"]),
        ([S.PICKED_UP, S.DELIVERED], ["shipment.sent", "shipment.delivered"]),
        ([S.INFO_RECEIVED, S.DELIVERED], ["shipment.delivered"]),
        ([S.IN_TRANSIT, S.DELIVERED, S.DELIVERED], ["shipment.sent", "shipment.delivered"]),
        ([S.IN_TRANSIT, S.LOST], ["shipment.sent"]),
        ([S.UNKNOWN], []),
    ],
)
def test_scans_lead_to_mails_once(fulfillment, scans, expected):
    for hours, status in enumerate(scans):
        factories.scan(fulfillment, status, NOON + timedelta(hours=hours))

    assert mails() == expected


def test_mail_says_until_when_goods_can_come_back(fulfillment):
    factories.activate(return_window_days="30")

    factories.scan(fulfillment, S.DELIVERED)

    assert OutboxMail.objects.get(key="shipment.delivered").context == {
        "delivered_at": "2026-06-01T12:00:00+00:00",
        "return_until": "2026-07-01",
        "lines": [{"product_name": "Kettle", "quantity": 2}],
    }


def test_each_parcel_has_mails_of_its_own():
    factories.activate()
    order = factories.make_order(lines={"Kettle": 2})
    first = factories.fulfill(order, {"Kettle": 1}, tracking_number="1")
    second = factories.fulfill(order, {"Kettle": 1}, tracking_number="2")

    for fulfillment in (first, second):
        factories.scan(fulfillment, S.PICKED_UP)

    assert mails() == ["shipment.split", "shipment.sent"]
