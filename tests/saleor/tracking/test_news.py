"""What a parcel's row is derived from carrier news: reason, deadline, contradiction, age."""

from datetime import timedelta
from itertools import permutations

import pytest

from saleor_aftersale.tracking import news
from saleor_aftersale.tracking.carriers.base import CarrierUpdate
from saleor_aftersale.tracking.models import OrderRecord, Shipment, TrackingEvent
from saleor_aftersale.tracking.statuses import ShipmentStatus
from saleor_aftersale.tracking.watch import OURS
from tests import factories
from tests.factories import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

S = ShipmentStatus
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def parcel():
    """A parcel no carrier has told of."""
    factories.activate()
    fulfillment = factories.fulfill(factories.make_order(), tracking_number="1Z")
    factories.keep(fulfillment.order)
    return Shipment.objects.get()


def tell(parcel, status, at=NOON, *, now=None, provider="api", **more):
    """One piece of news, heard when it happened unless said otherwise."""
    update = CarrierUpdate(status, at, tracking_number="1Z", **more)
    news.record_updates(parcel.pk, [update], provider=provider, now=now or at)
    parcel.refresh_from_db()


def test_reason_is_kept_with_event_and_parcel(parcel):
    tell(parcel, S.ON_HOLD, reason="CUSTOMS_DUTIES")

    assert parcel.reason == "CUSTOMS_DUTIES"
    assert TrackingEvent.objects.get().reason == "CUSTOMS_DUTIES"


def test_reason_is_gone_when_the_parcel_moves_on(parcel):
    tell(parcel, S.ON_HOLD, reason="CUSTOMS_DUTIES")
    tell(parcel, S.IN_TRANSIT, NOON + HOUR)

    assert parcel.reason == ""


@pytest.mark.parametrize("order", permutations(range(3)))
def test_collect_by_is_that_of_the_newest_event_in_any_order(parcel, order):
    told = [(NOON, NOON + DAY), (NOON + HOUR, NOON + 2 * DAY), (NOON + 2 * HOUR, None)]
    for number in order:
        at, collect_by = told[number]
        tell(parcel, S.READY_FOR_PICKUP, at, now=NOON + HOUR, collect_by=collect_by)

    assert parcel.collect_by == NOON + 2 * DAY
    assert list(
        TrackingEvent.objects.order_by("occurred_at").values_list("collect_by", flat=True)
    ) == [collect_by for _at, collect_by in told]


def test_collect_by_comes_back_when_what_undid_it_is_corrected(parcel):
    tell(parcel, S.READY_FOR_PICKUP, collect_by=NOON + DAY)
    tell(parcel, S.RETURNING, NOON + HOUR)
    assert parcel.collect_by is None

    wrong, right = TrackingEvent.objects.order_by("-occurred_at")
    TrackingEvent.objects.filter(pk=wrong.pk).update(corrected_by=right)
    news.derive(OrderRecord.objects.get(), parcel)

    assert (parcel.status, parcel.collect_by) == ("READY_FOR_PICKUP", NOON + DAY)


def test_collect_by_stays_when_a_reminder_does_not_repeat_it(parcel):
    tell(parcel, S.READY_FOR_PICKUP, collect_by=NOON + DAY)
    tell(parcel, S.READY_FOR_PICKUP, NOON + HOUR)

    assert parcel.collect_by == NOON + DAY


@pytest.mark.parametrize("status", [S.DELIVERED, S.RETURNING, S.OUT_FOR_DELIVERY])
def test_collect_by_is_gone_when_the_parcel_does_not_wait(parcel, status):
    tell(parcel, S.READY_FOR_PICKUP, collect_by=NOON + DAY)
    tell(parcel, status, NOON + HOUR)

    assert parcel.collect_by is None


def test_contradiction_is_recorded_while_the_status_stays(parcel):
    tell(parcel, S.DELIVERED)
    tell(parcel, S.OUT_FOR_DELIVERY, NOON + HOUR)
    tell(parcel, S.IN_TRANSIT, NOON + 2 * HOUR)

    assert (parcel.status, parcel.contradicted_at) == ("DELIVERED", NOON + HOUR)


def test_parcel_is_heard_of_also_when_nothing_is_new(parcel):
    tell(parcel, S.IN_TRANSIT)
    tell(parcel, S.IN_TRANSIT, now=NOON + DAY)
    tell(parcel, S.IN_TRANSIT, now=NOON + HOUR)

    assert TrackingEvent.objects.count() == 1
    assert (parcel.heard_at, parcel.last_event_at) == (NOON + DAY, NOON)


def test_our_own_conclusion_is_nothing_heard(parcel):
    tell(parcel, S.IN_TRANSIT)
    tell(parcel, S.EXPIRED, NOON + DAY, provider=OURS)

    assert parcel.status == "EXPIRED"
    assert (parcel.heard_at, parcel.last_event_at) == (NOON, NOON)


def test_news_leaves_columns_of_sweep_and_polling_alone(parcel):
    Shipment.objects.update(poll_at=NOON, poll_failures=3, late_since=NOON, stalled_at=NOON)
    parcel.refresh_from_db()
    kept = (parcel.poll_at, parcel.poll_failures, parcel.late_since, parcel.stalled_at)

    tell(parcel, S.IN_TRANSIT)

    assert (parcel.poll_at, parcel.poll_failures, parcel.late_since, parcel.stalled_at) == kept


def test_sweep_is_due_when_there_is_news(parcel):
    Shipment.objects.update(watch_at=None)

    tell(parcel, S.IN_TRANSIT)

    assert parcel.watch_at is not None


def test_event_dated_far_ahead_counts_from_its_receipt(parcel):
    tell(parcel, S.IN_TRANSIT, NOON + 400 * DAY, now=NOON)
    tell(parcel, S.DELIVERED, NOON + HOUR)

    assert parcel.status == "DELIVERED"
    assert (parcel.shipped_at, parcel.last_event_at) == (NOON, NOON + HOUR)


def test_moments_are_not_before_the_order_when_scans_are(parcel):
    placed_at = OrderRecord.objects.get().placed_at
    tell(parcel, S.PICKED_UP, placed_at - DAY)

    assert (parcel.status, parcel.shipped_at) == ("PICKED_UP", placed_at)
    assert TrackingEvent.objects.get().occurred_at == placed_at - DAY


def test_corrected_event_counts_for_nothing(parcel):
    tell(parcel, S.IN_TRANSIT)
    tell(parcel, S.LOST, NOON + HOUR)
    wrong, right = TrackingEvent.objects.order_by("-occurred_at")
    TrackingEvent.objects.filter(pk=wrong.pk).update(corrected_by=right)

    news.derive(OrderRecord.objects.get(), parcel)

    assert (parcel.status, parcel.reason, parcel.last_event_at) == ("IN_TRANSIT", "", NOON)
