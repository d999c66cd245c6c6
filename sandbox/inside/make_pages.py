"""
Fills an empty shop with orders for every kind of tracking page; prints their paths as JSON.

The orders come from the factories of the tests, so each page is made of real rows.
"""

import json
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, Sequence, Tuple

import django

django.setup()

from saleor_aftersale.config import PLUGIN_ID  # noqa: E402 -- app ready
from saleor_aftersale.host import hooks  # noqa: E402 -- app ready
from saleor_aftersale.tracking.statuses import ShipmentStatus as Is  # noqa: E402 -- app ready
from saleor_aftersale.views import assets  # noqa: E402 -- app ready
from tests import factories  # noqa: E402 -- app ready

NOW = datetime.now(timezone.utc).replace(second=0, microsecond=0)
LOGO = (
    "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHZpZXdCb3g9"
    "IjAgMCA0MCA0MCI+PGNpcmNsZSBjeD0iMjAiIGN5PSIyMCIgcj0iMTkiIGZpbGw9IiMwYjYzNTAiLz48cGF0aCBkPSJN"
    "MTAgMTVoMTZ2OGE4IDggMCAwIDEtMTYgMHptMTYgMmgyYTQgNCAwIDAgMSAwIDhoLTMiIGZpbGw9Im5vbmUiIHN0cm9r"
    "ZT0iI2ZmZiIgc3Ryb2tlLXdpZHRoPSIyLjUiLz48L3N2Zz4="
)
SETTINGS = {
    "sender_name": "Kettle & Cup",
    "logo": LOGO,
    "support_contact": "help@shop.example.com",
    "return_page_url": "https://shop.example.com/returns/{token}",
    "care_tips": "Rinse the kettle with hot water before you use it for the first time.\n"
    "How to descale it: https://shop.example.com/care.",
}

#: Hours ago, status, place, what the carrier says.
Scan = Tuple[float, Is, str, str]

LABEL: Scan = (75, Is.INFO_RECEIVED, "", "")
TAKEN: Scan = (51, Is.PICKED_UP, "Łódź", "")
SORTED: Scan = (29, Is.IN_TRANSIT, "Piotrków Trybunalski", "Sorted, signed off by B. IVANOV")
MOVING: Scan = (3.2, Is.IN_TRANSIT, "Warszawa", "")
COMING: Scan = (2.5, Is.OUT_FOR_DELIVERY, "Warszawa", "")
ARRIVED: Scan = (1.1, Is.DELIVERED, "Warszawa", "Handed over at the door")
WAY = (LABEL, TAKEN, SORTED)

GOODS = {"Copper kettle 1.5 l": 1, "Linen tea towel, undyed": 2}


def make_order(lines: Dict[str, int], days: float = 4) -> Any:
    """A confirmed order of some days ago, its shipping address and names like a real one's."""
    return factories.make_order(lines=lines, placed_at=NOW - timedelta(days=days))


def send(order: Any, number: str, scans: Sequence[Scan], *, pieces: Any = None, **more: Any) -> Any:
    """A parcel of an order with what its carrier told; `more` goes with the newest scan."""
    parcel = factories.fulfill(order, pieces, tracking_number=number)
    for position, (hours, status, place, words) in enumerate(scans, 1):
        told = more if position == len(scans) else {}
        at = (NOW - timedelta(hours=hours)).astimezone(timezone(timedelta(hours=1)))
        factories.scan(parcel, status, at, location=place, description=words, **told)
    return parcel


def one_parcel(number: str, *scans: Scan, **more: Any) -> Any:
    """An order in one parcel."""
    order = make_order(GOODS)
    send(order, number, [*WAY, *scans], **more)
    return order


def on_the_way() -> Any:
    """Two parcels, one of them delivered."""
    order = make_order({**GOODS, "Cast-iron trivet": 1})
    first = {name: GOODS[name] for name in GOODS}
    send(order, "00340434161094042557", [*WAY, COMING, ARRIVED], pieces={"Cast-iron trivet": 1})
    until = NOW + timedelta(days=1)
    send(order, "00340434161094042564", [*WAY, MOVING], pieces=first, promised_until=until)
    return order


def locker() -> Any:
    """A parcel in a locker, to be collected in time."""
    waiting = (1.5, Is.READY_FOR_PICKUP, "Parcel locker WAW22A, Puławska 2", "")
    until = NOW + timedelta(hours=44)
    return one_parcel("622222012345678901234567", MOVING, waiting, collect_by=until)


def stated() -> Any:
    """Delivered by the carrier's word, not by the customer's."""
    from saleor_aftersale.tracking import statements  # noqa: PLC0415 -- app ready
    from saleor_aftersale.tracking.models import Shipment  # noqa: PLC0415 -- app ready

    order = one_parcel("00340434161094042588", COMING, ARRIVED)
    parcel = Shipment.objects.get(order__order_ref=str(order.pk))
    statements.state_not_received(parcel.pk, factories.CUSTOMER, "Not at the neighbours'.", NOW)
    return order


def long_way() -> Any:
    """Three parcels with twenty scans each."""
    order = make_order({"Cup": 1, "Pot": 1, "Tin": 1}, days=12)
    for number, name in enumerate(("Cup", "Pot", "Tin")):
        scans = [(6.0 + 11 * step, Is.IN_TRANSIT, "Przeładownia Łódź", "") for step in range(20)]
        send(order, f"0034043416109404260{number}", scans[::-1], pieces={name: 1})
    return order


ORDERS = {
    "preparing": lambda: make_order(GOODS, days=0.3),
    "on-the-way": on_the_way,
    "expected": lambda: one_parcel(
        "00340434161094042595",
        MOVING,
        promised_from=NOW + timedelta(hours=20),
        promised_until=NOW + timedelta(hours=44),
    ),
    "late": lambda: one_parcel(
        "00340434161094042571", MOVING, promised_until=NOW - timedelta(hours=26)
    ),
    "locker": locker,
    "attempt-failed": lambda: one_parcel(
        "00340434161094042601", COMING, (1, Is.ATTEMPT_FAILED, "Warszawa", ""), reason="NOT_HOME"
    ),
    "returning": lambda: one_parcel(
        "00340434161094042618", COMING, (2, Is.RETURNING, "Warszawa", ""), reason="NOT_COLLECTED"
    ),
    "delivered": lambda: one_parcel("00340434161094042625", COMING, ARRIVED),
    "reported": lambda: one_parcel("00340434161094042632", COMING, ARRIVED),
    "stated": stated,
    "long-way": long_way,
}


def return_paths() -> Dict[str, str]:
    """The page that starts a return, that of a request with all its parts, and its slip."""
    from saleor_aftersale.returns import actions, file_links, messages  # noqa: PLC0415 -- app ready
    from saleor_aftersale.returns import methods as ways  # noqa: PLC0415 -- app ready

    order = one_parcel("00340434161094042649", COMING, ARRIVED)
    request = factories.ask(order, now=NOW)
    key = str(request.pk)
    messages.add_message(key, factories.STAFF, text="Please use the first box.", now=NOW)
    messages.add_message(key, factories.CUSTOMER, text="I will.", now=NOW)
    wish = ways.WishedMethod(
        "LOCKER_CODE", "Magazyn 3\nhttps://shop.example.com/locker", code="WAW 22A 117"
    )
    ways.set_method(key, factories.STAFF, wish, now=NOW)
    actions.approve_return(key, factories.STAFF, now=NOW)
    start = f"return/{factories.token_of(order)}/"
    slip = file_links.slip_url(request, NOW).partition("/plugins/")
    return {
        "return-start": hooks.page_path(PLUGIN_ID, factories.CHANNEL, start),
        "return-request": hooks.page_path(
            PLUGIN_ID, factories.CHANNEL, f"{start}{request.number}/"
        ),
        "return-slip": slip[1] + slip[2],
    }


def main() -> None:
    factories.activate(**SETTINGS)
    orders = {name: make() for name, make in ORDERS.items()}
    tokens = {name: factories.token_of(order) for name, order in orders.items()}
    tokens["expired"] = factories.expired_token(orders["delivered"])
    tokens["not-found"] = "nothing"
    paths = {
        name: hooks.page_path(PLUGIN_ID, factories.CHANNEL, f"track/{token}/")
        for name, token in tokens.items()
    }
    paths.update(return_paths())
    for name, place in (("withdraw", ""), ("withdraw-form", "form/")):
        paths[name] = hooks.page_path(PLUGIN_ID, factories.CHANNEL, f"withdraw/{place}")
    known = f"withdraw/{tokens['delivered']}/"
    paths["withdraw-known"] = hooks.page_path(PLUGIN_ID, factories.CHANNEL, known)
    paths["bar"] = hooks.page_path(PLUGIN_ID, factories.CHANNEL, f"assets/{assets.bar_name()}")
    print(json.dumps(paths))


main()
