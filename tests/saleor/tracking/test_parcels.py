"""Further parcels of a fulfillment, what is in them, and whose they are."""

from dataclasses import replace

import pytest

from saleor_aftersale import timelines
from saleor_aftersale.tracking import parcels
from saleor_aftersale.tracking.actions import keep_order
from saleor_aftersale.tracking.carriers.base import CarrierUpdate
from saleor_aftersale.tracking.models import CarrierPush, Shipment, TrackingEvent
from saleor_aftersale.tracking.news import record_updates
from saleor_aftersale.tracking.parcels import WishedParcel
from saleor_aftersale.tracking.statements import state_not_received
from saleor_aftersale.tracking.statuses import ShipmentStatus
from saleor_aftersale.values import NotFound
from tests import factories
from tests.factories import CHANNEL, CUSTOMER, NOON, nothing_changed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

S = ShipmentStatus
UPS = "1Z999AA10123456784"
AMBIGUOUS = "123456789012"


@pytest.fixture
def fulfillment():
    """Three kettles and a cup, sent under 1ZTEST."""
    factories.activate()
    made = factories.fulfill(factories.make_order(lines={"Kettle": 3, "Cup": 1}))
    factories.keep(made.order)
    return made


def line(fulfillment, name="Kettle"):
    return str(fulfillment.order.lines.get(product_name=name).pk)


def add(fulfillment, number="2Z", carrier=None, **pieces):
    held = {line(fulfillment, name): quantity for name, quantity in pieces.items()}
    wish = WishedParcel(number, carrier, held)
    return parcels.add_parcel(str(fulfillment.pk), wish, NOON)


def contents(fulfillment):
    """Pieces by product name of each parcel, first parcel first."""
    rows = Shipment.objects.filter(fulfillment_ref=str(fulfillment.pk)).order_by("position")
    return [dict(row.lines.values_list("product_name", "quantity")) for row in rows]


def tell(parcel, status=S.IN_TRANSIT, **more):
    update = CarrierUpdate(status, NOON, tracking_number=parcel.tracking_number, **more)
    return record_updates(parcel.pk, [update], provider="api", now=NOON).shipment


def refusal(call, *arguments):
    """Field, sentence and code of what is refused, with nothing changed."""
    with nothing_changed(), pytest.raises((parcels.InvalidParcel, NotFound)) as refused:
        call(*arguments)
    return refused.value.field, refused.value.message, refused.value.code


# What is in them


def test_first_parcel_holds_what_further_ones_do_not(fulfillment):
    add(fulfillment, "2Z", Kettle=1)
    add(fulfillment, "3Z", Kettle=1, Cup=1)

    assert contents(fulfillment) == [{"Kettle": 1}, {"Kettle": 1}, {"Kettle": 1, "Cup": 1}]


def test_further_parcel_may_hold_part_of_a_single_piece(fulfillment):
    parcel = add(fulfillment, "2Z")

    assert (parcel.position, parcel.tracking_number, parcel.status) == (1, "2Z", "PENDING")
    assert contents(fulfillment) == [{"Kettle": 3, "Cup": 1}, {}]


def test_keeping_the_order_leaves_further_parcels_alone(fulfillment):
    add(fulfillment, "2Z", "own_van", Kettle=1)
    factories.commit()

    with nothing_changed():
        factories.keep(fulfillment.order)


def test_contents_change_while_first_parcel_holds_the_rest(fulfillment):
    parcel = add(fulfillment, "2Z", Kettle=3)

    parcels.change_parcel(parcel.pk, WishedParcel(pieces={line(fulfillment, "Cup"): 1}))

    assert contents(fulfillment) == [{"Kettle": 3}, {"Cup": 1}]


def test_pieces_go_back_to_first_parcel_when_parcel_is_deleted(fulfillment):
    parcel = add(fulfillment, "2Z", Kettle=2, Cup=1)

    parcels.remove_parcel(parcel.pk, NOON)

    assert contents(fulfillment) == [{"Kettle": 3, "Cup": 1}]


def test_empty_first_parcel_is_not_shown():
    factories.activate()
    fulfillment = factories.fulfill(factories.make_order(), tracking_number="")
    record = factories.keep(fulfillment.order)

    add(fulfillment, "2Z", Kettle=1)

    shown = timelines.load([record.order_ref])[record.order_ref].parcels
    assert [parcel.tracking_number for parcel in shown] == ["2Z"]


@pytest.mark.parametrize("number", ["", "1Z"])
def test_first_parcel_is_shown_when_it_has_pieces_or_a_number(number):
    factories.activate()
    fulfillment = factories.fulfill(
        factories.make_order(lines={"Kettle": 1 if number else 2}), tracking_number=number
    )
    record = factories.keep(fulfillment.order)

    add(fulfillment, "2Z", Kettle=1)

    shown = timelines.load([record.order_ref])[record.order_ref].parcels
    assert [parcel.tracking_number for parcel in shown] == [number, "2Z"]


def test_pieces_beyond_those_sent_are_refused(fulfillment):
    add(fulfillment, "2Z", Kettle=2)
    wish = WishedParcel("3Z", None, {line(fulfillment): 2})

    assert refusal(parcels.add_parcel, str(fulfillment.pk), wish, NOON) == (
        "lines",
        "Only 1 of these are in no other parcel.",
        "QUANTITY_EXCEEDED",
    )


def test_own_pieces_of_a_parcel_may_be_given_to_it_again(fulfillment):
    parcel = add(fulfillment, "2Z", Kettle=2)

    parcels.change_parcel(parcel.pk, WishedParcel(pieces={line(fulfillment): 3}))

    assert contents(fulfillment) == [{"Cup": 1}, {"Kettle": 3}]


TAKEN = ("tracking_number", "Another parcel of this fulfillment has this number.", "DUPLICATED")
LONG = "https://carrier.example/"
BAD = {
    "no piece": (
        ("2Z", None, {"Kettle": 0}),
        ("lines", "Send at least one piece of a line.", "INVALID"),
    ),
    "negative": (
        ("2Z", None, {"Cup": -1}),
        ("lines", "Send at least one piece of a line.", "INVALID"),
    ),
    "other line": (
        ("2Z", None, {None: 1}),
        ("lines", "This line isn't in the fulfillment.", "NOT_FOUND"),
    ),
    "no number": (
        (" - ", None, {}),
        ("tracking_number", "A further parcel needs a number or a link.", "REQUIRED"),
    ),
    "null number": (
        (None, None, {}),
        ("tracking_number", "A further parcel needs a number or a link.", "REQUIRED"),
    ),
    "long number": (
        ("1" * 256, None, {}),
        ("tracking_number", "Use up to 255 characters.", "INVALID"),
    ),
    "long link": (
        (LONG + "1" * 1977, None, {}),
        ("tracking_number", "Use up to 2000 characters.", "INVALID"),
    ),
    "NUL": (("1\x00", None, {}), ("tracking_number", "Use up to 255 characters.", "INVALID")),
    "first one's number": (("1z-test", None, {}), TAKEN),
    "long carrier": (("2Z", "x" * 65, {}), ("carrier", "Use up to 64 characters.", "INVALID")),
    "NUL in carrier": (("2Z", "\x00", {}), ("carrier", "Use up to 64 characters.", "INVALID")),
}


@pytest.mark.parametrize("name", list(BAD))
def test_parcel_is_refused_when_input_is_bad(fulfillment, name):
    (number, carrier, wished), expected = BAD[name]
    other = factories.fulfill(factories.make_order())
    factories.keep(other.order)
    pieces = {line(fulfillment, key) if key else line(other): many for key, many in wished.items()}
    wish = WishedParcel(number, carrier, pieces)

    assert refusal(parcels.add_parcel, str(fulfillment.pk), wish, NOON) == expected


def test_further_number_is_refused_when_another_parcel_has_it(fulfillment):
    add(fulfillment, "2Z")
    parcel = add(fulfillment, "3Z")

    assert refusal(parcels.change_parcel, parcel.pk, WishedParcel("2 z")) == TAKEN


@pytest.mark.parametrize("status", ["canceled", None])
def test_parcel_is_refused_when_nothing_was_sent(fulfillment, status):
    ref = "999999"
    if status:
        fulfillment.status = status
        fulfillment.save()
        ref = str(fulfillment.pk)
    factories.keep(fulfillment.order)
    factories.commit()

    assert refusal(parcels.add_parcel, ref, WishedParcel("2Z"), NOON) == (
        "fulfillment_id",
        "Nothing was sent with this fulfillment.",
        "NOT_FOUND",
    )


# What staff may not do


def test_first_parcel_refuses_what_is_saleors_own(fulfillment):
    first = Shipment.objects.get()

    assert refusal(parcels.change_parcel, first.pk, WishedParcel("2Z")) == (
        "tracking_number",
        "This parcel's number is Saleor's own field: "
        "change it with orderFulfillmentUpdateTracking.",
        "INVALID",
    )
    assert refusal(parcels.change_parcel, first.pk, WishedParcel(pieces={})) == (
        "lines",
        "The first parcel holds what the further ones don't: change their lines.",
        "INVALID",
    )
    assert refusal(parcels.remove_parcel, first.pk, NOON) == (
        "id",
        "The first parcel stands for the fulfillment itself: cancel that in the shop.",
        "CANNOT_DELETE",
    )


@pytest.mark.parametrize("told", ["event", "statement"])
def test_parcel_stays_when_something_was_told_of_it(fulfillment, told):
    parcel = add(fulfillment)
    if told == "event":
        tell(parcel)
    else:
        state_not_received(parcel.pk, CUSTOMER, "", NOON)

    assert refusal(parcels.remove_parcel, parcel.pk, NOON) == (
        "id",
        "Events or statements are known of this parcel: it stays.",
        "CANNOT_DELETE",
    )


@pytest.mark.parametrize("call", [parcels.change_parcel, parcels.remove_parcel])
def test_unknown_parcel_is_not_found(fulfillment, call):
    last = WishedParcel("2Z") if call is parcels.change_parcel else NOON

    assert refusal(call, 999999, last) == ("id", "There is no such shipment.", "NOT_FOUND")


# Whose they are


def test_link_may_stand_where_the_number_should(fulfillment):
    parcel = add(
        fulfillment, "https://inpost.pl/sledzenie-przesylek?number=620000000000000000000000"
    )

    assert (parcel.carrier, parcel.tracking_number) == ("inpost", "620000000000000000000000")
    assert parcel.tracking_url.startswith("https://inpost.pl/")


def test_named_carrier_wins_over_recognition_and_news_until_changed(fulfillment):
    parcel = add(fulfillment, UPS, " Own_Van ")
    assert (parcel.carrier, parcel.is_carrier_set, parcel.tracking_url) == ("own_van", True, "")

    tell(parcel, carrier="dpd")
    parcel.refresh_from_db()
    assert parcel.carrier == "own_van"

    parcel = parcels.change_parcel(parcel.pk, WishedParcel(carrier=""))
    assert (parcel.carrier, parcel.is_carrier_set) == ("ups", False)
    assert UPS in parcel.tracking_url


def test_named_carrier_of_first_parcel_outlives_another_number(fulfillment):
    first = parcels.change_parcel(Shipment.objects.get().pk, WishedParcel(carrier="DPD"))
    assert (first.carrier, first.is_carrier_set) == ("dpd", True)
    fulfillment.tracking_number = UPS
    fulfillment.save()

    factories.keep(fulfillment.order)

    first.refresh_from_db()
    assert (first.tracking_number, first.carrier) == (UPS, "dpd")


@pytest.mark.parametrize(
    ("number", "rule", "carrier"),
    [
        (AMBIGUOUS, "* | * | gls |", "gls"),
        (AMBIGUOUS, "* | PL | fedex |", "fedex"),
        (AMBIGUOUS, "* | DE | fedex |", ""),
        (AMBIGUOUS, "* | * | inpost |", ""),
        (AMBIGUOUS, "", ""),
        (UPS, "* | * | gls |", "ups"),
    ],
)
def test_shipping_method_decides_between_candidates(number, rule, carrier):
    factories.activate(shipping_methods=rule)
    fulfillment = factories.fulfill(factories.make_order(), tracking_number=number)

    factories.keep(fulfillment.order)

    assert Shipment.objects.get().carrier == carrier


def test_shipping_method_decides_for_further_parcels_and_other_numbers():
    factories.activate(shipping_methods="* | * | gls |")
    fulfillment = factories.fulfill(factories.make_order())
    factories.keep(fulfillment.order)

    parcel = add(fulfillment, AMBIGUOUS)
    assert parcel.carrier == "gls"

    parcel = parcels.change_parcel(parcel.pk, WishedParcel(UPS))
    assert parcel.carrier == "ups"
    parcel = parcels.change_parcel(parcel.pk, WishedParcel(AMBIGUOUS))
    assert parcel.carrier == "gls"


# Another number


def test_news_of_the_wrong_number_is_put_aside_when_number_is_changed(fulfillment):
    parcel = tell(add(fulfillment, "2Z"), promised_until=NOON)
    assert (parcel.status, parcel.promised_until) == ("IN_TRANSIT", NOON)

    parcels.change_parcel(parcel.pk, WishedParcel("3Z"))

    parcel.refresh_from_db()
    assert (parcel.tracking_number, parcel.status) == ("3Z", "PENDING")
    assert (parcel.promised_until, parcel.heard_at) == (None, None)
    assert TrackingEvent.objects.count() == 1


def test_news_of_a_number_counts_again_when_it_comes_back(fulfillment):
    parcel = tell(add(fulfillment, "2Z"))
    parcels.change_parcel(parcel.pk, WishedParcel("3Z"))

    parcel = parcels.change_parcel(parcel.pk, WishedParcel("2Z"))

    assert parcel.status == "IN_TRANSIT"


@pytest.mark.parametrize("change", ["add", "change", "delete"])
def test_pushes_about_the_number_are_read_again(fulfillment, change):
    parcel = add(fulfillment, "3Z" if change == "change" else "2Z")
    if change == "add":
        parcels.remove_parcel(parcel.pk, NOON)
    push = CarrierPush.objects.create(
        provider="generic", channel=CHANNEL, body=b"{}", received_at=NOON, state="UNMATCHED"
    )
    push.parcels.create(tracking_number="2Z")

    if change == "add":
        add(fulfillment, "2Z")
    elif change == "change":
        parcels.change_parcel(parcel.pk, WishedParcel("2Z"))
    else:
        parcels.remove_parcel(parcel.pk, NOON)

    push.refresh_from_db()
    assert push.due_at is not None


# What the shop takes back


def test_all_parcels_are_cancelled_with_their_fulfillment(fulfillment):
    other = factories.fulfill(factories.make_order(), tracking_number="9Z")
    factories.keep(other.order)
    add(fulfillment, "2Z")
    fulfillment.status = "canceled"
    fulfillment.save()

    factories.keep(fulfillment.order)

    found = Shipment.objects.order_by("tracking_number")
    assert list(found.values_list("tracking_number", "is_cancelled", "status")) == [
        ("1ZTEST", True, "CANCELLED"),
        ("2Z", True, "CANCELLED"),
        ("9Z", False, "PENDING"),
    ]


def test_parcels_of_a_removed_fulfillment_are_cancelled_unless_they_were_on_their_way(fulfillment):
    tell(add(fulfillment, "2Z"), S.DELIVERED)
    order = fulfillment.order
    fulfillment.delete()

    factories.keep(order)

    found = Shipment.objects.order_by("position")
    assert list(found.values_list("is_cancelled", "status")) == [
        (True, "CANCELLED"),
        (True, "DELIVERED"),
    ]


def test_parcel_kept_by_another_worker_meanwhile_is_not_cancelled(fulfillment):
    seen_before = replace(factories.host_order(fulfillment.order), fulfillments=())

    keep_order(seen_before)

    assert Shipment.objects.get().is_cancelled is False
