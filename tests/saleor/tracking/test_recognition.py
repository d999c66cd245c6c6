"""Carrier and link of a parcel, from what the shop wrote and what carriers say."""

import pytest

from saleor_aftersale import timelines
from saleor_aftersale.followups.models import OutboxMail
from saleor_aftersale.tracking.models import Shipment
from saleor_aftersale.tracking.statuses import ShipmentStatus
from tests.factories import NOON, activate, fulfill, keep, make_order, scan

pytestmark = pytest.mark.django_db

UPS = "1Z5R89390357567127"
UPS_LINK = f"https://www.ups.com/track?tracknum={UPS}"
INPOST = "520000012680041086770098"
INPOST_LINK = f"https://inpost.pl/sledzenie-przesylek?number={INPOST}"
POST = "00859007734668475302"
POST_LINK = f"https://emonitoring.poczta-polska.pl/?numer={POST}"
PASTED = "https://www.ups.com/track?loc=pl_PL&tracknum=1z5r89390357567127"


def facts_of(fulfillment):
    columns = ("carrier", "tracking_number", "tracking_url")
    return Shipment.objects.values_list(*columns).get(fulfillment_ref=str(fulfillment.pk))


def written(fulfillment, text):
    """What we keep after the shop wrote that into Saleor's field."""
    fulfillment.tracking_number = text
    fulfillment.save()
    keep(fulfillment.order)
    return facts_of(fulfillment)


def named(fulfillment, carrier):
    """What we keep after news that names the carrier."""
    scan(fulfillment, ShipmentStatus.PICKED_UP, carrier=carrier)
    return facts_of(fulfillment)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1z 5r89390357567127", ("ups", UPS, UPS_LINK)),
        (INPOST, ("", INPOST, "")),
        (PASTED, ("ups", UPS, PASTED)),
        (INPOST_LINK, ("inpost", INPOST, INPOST_LINK)),
        ("https://own.example/1", ("", "", "https://own.example/1")),
        ("", ("", "", "")),
    ],
)
def test_parcel_has_carrier_and_link_when_the_field_makes_them_certain(text, expected):
    fulfillment = fulfill(make_order(), tracking_number=text)

    keep(fulfillment.order)

    assert facts_of(fulfillment) == expected


def test_parcel_not_stored_yet_has_carrier_and_link_when_shown():
    order = make_order()
    fulfill(order, tracking_number=UPS)

    file = timelines.load([str(order.pk)])[str(order.pk)]
    shown = timelines.view(file, NOON, "en").shipments[0]

    assert (shown.carrier, shown.carrier_name, shown.tracking_url) == ("ups", "UPS", UPS_LINK)


@pytest.mark.parametrize(
    ("rule", "text", "carrier"),
    [
        ("* | * | gls |", "12345678901", "gls"),
        ("* | DE | gls |", "12345678901", ""),
        ("", "12345678901", ""),
        # What is certain wins, and a number that can't be theirs makes nobody the carrier.
        ("* | * | gls |", UPS, "ups"),
        ("* | * | ups |", "12345678901", ""),
        ("* | * | gls |", "", ""),
    ],
)
def test_parcel_has_the_carrier_of_its_method_before_and_after_it_is_stored(rule, text, carrier):
    activate(shipping_methods=rule)
    order = make_order()
    fulfillment = fulfill(order, tracking_number=text)

    file = timelines.load([str(order.pk)])[str(order.pk)]
    shown = timelines.view(file, NOON, "en").shipments[0]
    keep(order)

    assert shown.carrier == carrier
    assert facts_of(fulfillment) == (shown.carrier, shown.tracking_number, shown.tracking_url)


def test_carrier_follows_the_number_when_the_shop_changes_it():
    fulfillment = fulfill(make_order(), tracking_number=UPS)
    keep(fulfillment.order)

    assert written(fulfillment, POST) == ("poczta-polska", POST, POST_LINK)
    assert written(fulfillment, INPOST) == ("", INPOST, "")
    assert written(fulfillment, PASTED) == ("ups", UPS, PASTED)
    assert written(fulfillment, UPS) == ("ups", UPS, UPS_LINK)


def test_named_carrier_stays_and_makes_the_link_when_the_number_may_be_its():
    fulfillment = fulfill(make_order(), tracking_number=INPOST)
    other = INPOST[:-1] + "9"

    assert named(fulfillment, "inpost") == ("inpost", INPOST, INPOST_LINK)
    assert written(fulfillment, other)[:2] == ("inpost", other)
    assert written(fulfillment, "61099876543") == ("", "61099876543", "")


def test_named_carrier_wins_when_another_was_recognised():
    fulfillment = fulfill(make_order(), tracking_number=UPS)
    keep(fulfillment.order)

    assert named(fulfillment, "own-courier") == ("own-courier", UPS, "")
    keep(fulfillment.order)
    assert facts_of(fulfillment) == ("own-courier", UPS, "")


def test_pasted_link_stays_when_a_carrier_is_named():
    fulfillment = fulfill(make_order(), tracking_number=PASTED)

    assert named(fulfillment, "dpd") == ("dpd", UPS, PASTED)


def test_mail_has_the_carriers_name_when_its_code_is_known():
    activate()
    fulfillment = fulfill(make_order(), tracking_number=POST)

    scan(fulfillment, ShipmentStatus.PICKED_UP)

    context = OutboxMail.objects.get(key="shipment.sent").context
    assert (context["carrier"], context["tracking_url"]) == ("Poczta Polska", POST_LINK)
