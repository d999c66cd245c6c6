"""Staff sets right what carriers told."""

from datetime import timedelta

import pytest

from saleor_aftersale import timelines
from saleor_aftersale.followups.models import OutboxMail
from saleor_aftersale.tracking import corrections
from saleor_aftersale.tracking.corrections import Correction, InvalidCorrection
from saleor_aftersale.tracking.models import Shipment, TrackingEvent
from saleor_aftersale.tracking.statuses import ShipmentStatus
from saleor_aftersale.values import NotFound
from tests import factories
from tests.factories import NOON, STAFF, nothing_changed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

S = ShipmentStatus
HOUR = timedelta(hours=1)
LATER = NOON + timedelta(days=1)


@pytest.fixture
def fulfillment():
    """A kettle in transit."""
    factories.activate()
    made = factories.fulfill(factories.make_order())
    factories.scan(made, S.IN_TRANSIT, NOON, location="Łódź")
    return made


def parcel():
    return Shipment.objects.get()


def event(status):
    return TrackingEvent.objects.get(status=status.value)


def correct_event(row, status, reason="Wrong scan", at=None, now=LATER):
    return corrections.correct_event(row.pk, Correction(status, at, reason), STAFF, now)


def correct_status(status, reason="The customer phoned", at=None, now=LATER):
    return corrections.correct_status(parcel().pk, Correction(status, at, reason), STAFF, now)


def counting():
    """Statuses of the events that count, oldest first."""
    rows = TrackingEvent.objects.filter(corrected_by=None).order_by("occurred_at", "pk")
    return list(rows.values_list("status", flat=True))


def refusal(call, *arguments, **more):
    """Field, sentence and code of what is refused, with nothing changed."""
    with nothing_changed(), pytest.raises((InvalidCorrection, NotFound)) as refused:
        call(*arguments, **more)
    return refused.value.field, refused.value.message, refused.value.code


def test_correction_takes_the_place_of_an_event(fulfillment):
    factories.scan(fulfillment, S.DELIVERED, NOON + timedelta(hours=1), location="Praha")
    wrong = event(S.DELIVERED)

    made = correct_event(wrong, S.OUT_FOR_DELIVERY)

    wrong.refresh_from_db()
    assert (wrong.status, wrong.corrected_by) == ("DELIVERED", made)
    assert (made.provider, made.author, made.note) == ("staff", STAFF.label, "Wrong scan")
    assert (made.occurred_at, made.received_at) == (NOON + timedelta(hours=1), LATER)
    assert (made.location, made.tracking_number) == ("Praha", "1ZTEST")
    assert (parcel().status, parcel().delivered_at) == ("OUT_FOR_DELIVERY", None)


def test_timeline_shows_the_correction_only(fulfillment):
    correct_event(event(S.IN_TRANSIT), S.PICKED_UP)

    order_ref = str(fulfillment.order.pk)
    (shown,) = timelines.load([order_ref])[order_ref].parcels
    assert [(item.status, item.is_correction) for item in shown.events] == [(S.PICKED_UP, True)]


def test_event_is_taken_out_when_corrected_to_unknown(fulfillment):
    correct_event(event(S.IN_TRANSIT), S.UNKNOWN)

    assert parcel().status == "PENDING"


def test_correction_has_the_moment_it_was_given(fulfillment):
    moment = NOON + timedelta(hours=2)

    made = correct_event(event(S.IN_TRANSIT), S.IN_TRANSIT, at=moment)

    assert made.occurred_at == parcel().shipped_at == moment


@pytest.mark.parametrize(
    "status, kept", [(S.READY_FOR_PICKUP, LATER), (S.OUT_FOR_DELIVERY, None), (S.UNKNOWN, None)]
)
def test_last_day_to_collect_stays_when_only_the_moment_was_wrong(fulfillment, status, kept):
    factories.scan(fulfillment, S.READY_FOR_PICKUP, NOON + HOUR, collect_by=LATER)

    made = correct_event(event(S.READY_FOR_PICKUP), status, at=NOON + 2 * HOUR)

    assert made.collect_by == kept
    assert parcel().collect_by == kept


def test_correction_is_published_like_any_change(fulfillment):
    correct_event(event(S.IN_TRANSIT), S.DELIVERED)

    mails = OutboxMail.objects.filter(key__startswith="shipment.").order_by("pk")
    assert list(mails.values_list("key", flat=True)) == ["shipment.sent", "shipment.delivered"]


def test_same_correction_again_changes_nothing(fulfillment):
    wrong = event(S.IN_TRANSIT)
    first = correct_event(wrong, S.PICKED_UP, " Wrong scan ")
    factories.commit()

    with nothing_changed():
        again = correct_event(wrong, S.PICKED_UP, now=LATER + timedelta(days=1))

    assert again == first


@pytest.mark.parametrize(
    "other",
    [
        {"status": S.DELIVERED},
        {"status": S.PICKED_UP, "reason": "Other"},
        {"status": S.PICKED_UP, "at": NOON - timedelta(hours=1)},
    ],
)
def test_another_correction_of_a_corrected_event_is_refused(fulfillment, other):
    wrong = event(S.IN_TRANSIT)
    correct_event(wrong, S.PICKED_UP)
    factories.commit()

    assert refusal(correct_event, wrong, **other) == (
        "event_id",
        "This event was corrected already: correct the correction.",
        "ALREADY_CORRECTED",
    )


def test_correction_of_a_correction_counts(fulfillment):
    first = correct_event(event(S.IN_TRANSIT), S.DELIVERED)

    second = correct_event(first, S.IN_TRANSIT, "No, it was right")

    first.refresh_from_db()
    assert first.corrected_by == second
    assert counting() == ["IN_TRANSIT"]
    assert (parcel().status, parcel().delivered_at) == ("IN_TRANSIT", None)


def test_correction_goes_with_the_number_its_event_was_told_of(fulfillment):
    fulfillment.tracking_number = "2Z"
    fulfillment.save()
    factories.keep(fulfillment.order)

    correct_event(event(S.IN_TRANSIT), S.DELIVERED)

    assert parcel().status == "PENDING"


# Where the parcel is


@pytest.mark.parametrize(
    ("told", "wanted", "counts"),
    [
        ([], S.DELIVERED, ["IN_TRANSIT", "DELIVERED"]),
        ([S.DELIVERED], S.IN_TRANSIT, ["IN_TRANSIT", "IN_TRANSIT"]),
        (
            [S.DELIVERED, S.OUT_FOR_DELIVERY],
            S.IN_TRANSIT,
            ["IN_TRANSIT", "OUT_FOR_DELIVERY", "IN_TRANSIT"],
        ),
        ([S.RETURNING, S.DELIVERED], S.DELIVERED, ["IN_TRANSIT", "DELIVERED"]),
        ([S.DELIVERED], S.PENDING, ["PENDING"]),
        ([S.LOST], S.IN_TRANSIT, ["IN_TRANSIT", "LOST", "IN_TRANSIT"]),
        ([S.DELIVERED], S.LOST, ["IN_TRANSIT", "DELIVERED", "LOST"]),
    ],
)
def test_parcel_is_where_staff_says_whatever_was_told(fulfillment, told, wanted, counts):
    for hours, status in enumerate(told, 1):
        factories.scan(fulfillment, status, NOON + timedelta(hours=hours))

    made = correct_status(wanted)

    assert parcel().status == wanted.value
    assert (made.occurred_at, made.note) == (LATER, "The customer phoned")
    assert counting() == counts


def test_later_events_give_way_when_staff_tells_an_earlier_moment(fulfillment):
    factories.scan(fulfillment, S.OUT_FOR_DELIVERY, NOON + timedelta(hours=2))

    correct_status(S.IN_TRANSIT, at=NOON + timedelta(hours=1))

    assert parcel().status == "IN_TRANSIT"
    assert counting() == ["IN_TRANSIT", "IN_TRANSIT"]


def test_same_status_again_changes_nothing(fulfillment):
    first = correct_status(S.DELIVERED, at=NOON)
    factories.commit()

    with nothing_changed():
        again = correct_status(S.DELIVERED, at=NOON, now=LATER + timedelta(days=1))

    assert again == first


def test_same_status_counts_again_when_news_came_between(fulfillment):
    correct_status(S.OUT_FOR_DELIVERY, at=NOON + timedelta(hours=1))
    factories.scan(fulfillment, S.ATTEMPT_FAILED, NOON + timedelta(hours=2))

    correct_status(S.OUT_FOR_DELIVERY, at=NOON + timedelta(hours=1))

    assert parcel().status == "OUT_FOR_DELIVERY"


# What is refused


BAD = {
    "no reason": ({"reason": " "}, ("reason", "Write why.", "REQUIRED")),
    "long reason": ({"reason": "x" * 1025}, ("reason", "Use up to 1024 characters.", "INVALID")),
    "NUL": ({"reason": "\x00"}, ("reason", "Use up to 1024 characters.", "INVALID")),
    "to come": (
        {"at": LATER + timedelta(seconds=1)},
        ("occurred_at", "This moment is still to come.", "INVALID"),
    ),
    "no offset": (
        {"at": NOON.replace(tzinfo=None)},
        ("occurred_at", "Write a time of this century with its offset.", "INVALID"),
    ),
    "last century": (
        {"at": NOON.replace(year=1999)},
        ("occurred_at", "Write a time of this century with its offset.", "INVALID"),
    ),
}


@pytest.mark.parametrize("name", list(BAD))
def test_correction_is_refused_when_input_is_bad(fulfillment, name):
    given, expected = BAD[name]

    assert refusal(correct_event, event(S.IN_TRANSIT), S.DELIVERED, **given) == expected
    assert refusal(correct_status, S.DELIVERED, **given) == expected


def test_status_is_refused_when_it_says_nothing(fulfillment):
    assert refusal(correct_status, S.UNKNOWN) == ("status", "Say where the parcel is.", "INVALID")


def test_status_is_refused_when_the_shop_took_the_parcel_back(fulfillment):
    fulfillment.status = "canceled"
    fulfillment.save()
    factories.keep(fulfillment.order)
    factories.commit()

    assert refusal(correct_status, S.INFO_RECEIVED) == (
        "status",
        "The shop took this parcel back.",
        "INVALID",
    )


def test_unknown_event_and_parcel_are_not_found(fulfillment):
    given = (999999, Correction(S.DELIVERED, None, "Why"), STAFF, LATER)

    assert refusal(corrections.correct_event, *given) == (
        "event_id",
        "There is no such event.",
        "NOT_FOUND",
    )
    assert refusal(corrections.correct_status, *given) == (
        "id",
        "There is no such shipment.",
        "NOT_FOUND",
    )
