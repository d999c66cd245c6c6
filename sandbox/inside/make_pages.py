"""
Fills an empty shop with orders for every kind of tracking page; prints their paths as JSON.

The orders come from the factories of the tests, so each page is made of real rows.
"""

import json
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
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
    "voucher_value": "10%",
    "review_links": "Google=https://g.page/r/kettle\nCeneo=https://www.ceneo.pl/kettle",
    "referral_url": "https://shop.example.com/friends",
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


def changing_paths() -> Dict[str, str]:
    """A first return's page, the one that changes a request, and that of a declined one."""
    from saleor_aftersale.returns import actions  # noqa: PLC0415 -- app ready
    from saleor_aftersale.returns.bases import Basis  # noqa: PLC0415 -- app ready

    first = factories.token_of(one_parcel("00340434161094042694", COMING, ARRIVED))
    paths = {"return-first": hooks.page_path(PLUGIN_ID, factories.CHANNEL, f"return/{first}/")}
    for number, name in enumerate(("return-change", "return-declined")):
        order = one_parcel(f"0034043416109404265{number}", COMING, ARRIVED)
        request = factories.ask(
            order, now=NOW, basis=Basis.NON_CONFORMITY, note="It leaks at the spout."
        )
        rest = f"return/{factories.token_of(order)}/{request.number}/"
        if name == "return-change":
            rest += "change/"
        else:
            note = "The spout was bent by force: see the photo of its inside."
            code = "DAMAGE_BY_USE"
            actions.decline_return(str(request.pk), factories.STAFF, code=code, note=note, now=NOW)
        paths[name] = hooks.page_path(PLUGIN_ID, factories.CHANNEL, rest)
    return paths


def refunded_path() -> str:
    """The page of a request that is over: how the goods came back, how the money comes about."""
    from saleor_aftersale.returns import payouts, resolution, sending  # noqa: PLC0415 -- app ready
    from saleor_aftersale.returns.models import Refund  # noqa: PLC0415 -- app ready
    from saleor_aftersale.tracking import news  # noqa: PLC0415 -- app ready
    from saleor_aftersale.tracking.carriers.base import CarrierUpdate  # noqa: PLC0415 -- app ready
    from saleor_aftersale.tracking.models import Shipment  # noqa: PLC0415 -- app ready

    placed_at = NOW - timedelta(days=9)
    order = factories.make_order(lines={"Kettle": 1}, unit_price="89.00", placed_at=placed_at)
    send(order, "00340434161094042700", [(150, Is.DELIVERED, "Warszawa", "")])
    request = factories.ask(order, now=NOW - timedelta(days=5))
    key, staff, number = str(request.pk), factories.STAFF, "00340434161094042717"
    sent_at = NOW - timedelta(hours=80)
    sending.provide_shipping(key, factories.CUSTOMER, tracking_number=number, now=sent_at)
    parcel = Shipment.every.get(is_return=True, tracking_number=number)
    for hours, status, place, words in (*WAY, MOVING, ARRIVED):
        at = (NOW - timedelta(hours=hours)).astimezone(timezone(timedelta(hours=1)))
        update = CarrierUpdate(status, at, number, status.value, words, place)
        news.record_updates(parcel.pk, [update], provider="api", now=at)
    note = "Limescale inside, and the spout is scratched."
    factories.inspected(request, now=NOW, lost_value=Decimal("0.15"), note=note)
    resolution.resolve_return(key, staff, resolution="REFUND_ORIGINAL", now=NOW)
    payouts.settle_refund(Refund.objects.get(request=request).pk, "", NOW)
    rest = f"return/{factories.token_of(order)}/{request.number}/"
    return hooks.page_path(PLUGIN_ID, factories.CHANNEL, rest)


#: Mails the documentation shows, and in which language.
MAILS = {"shipment.delivered": "en", "return.approved": "pl", "feedback.delivery": "ru"}


def mails() -> Dict[str, str]:
    """HTML of the mails about one order, by key."""
    from saleor_aftersale.followups import preview  # noqa: PLC0415 -- app ready
    from saleor_aftersale.returns import actions  # noqa: PLC0415 -- app ready

    order = one_parcel("00340434161094042687", COMING, ARRIVED)
    actions.approve_return(str(factories.ask(order, now=NOW).pk), factories.STAFF, now=NOW)
    record = factories.keep(order)
    return {
        key: preview.preview_mail(key, record, language).rendered.html
        for key, language in MAILS.items()
    }


def mail_paths() -> Dict[str, str]:
    """The pages behind a marketing mail: what comes, and the end of it, before and after."""
    from saleor_aftersale.consents import actions, links  # noqa: PLC0415 -- app ready
    from saleor_aftersale.consents.actions import Proof, Source  # noqa: PLC0415 -- app ready
    from saleor_aftersale.consents.mailboxes import mailbox_of  # noqa: PLC0415 -- app ready
    from saleor_aftersale.consents.topics import Topic  # noqa: PLC0415 -- app ready

    proof = Proof(Source.API)
    actions.opt_in(mailbox_of("reader@example.com"), [Topic.CARE], proof, NOW)
    actions.object_to(mailbox_of("reader@example.com"), [Topic.OFFERS], proof, NOW)
    actions.object_to_all(mailbox_of("gone@example.com"), proof, NOW)
    paths = {}
    for name, email in (("mails", "reader@example.com"), ("mails-refused", "gone@example.com")):
        token = links.preferences_token(email, factories.CHANNEL, "en")
        paths[name] = hooks.page_path(PLUGIN_ID, factories.CHANNEL, f"mails/{token}/")
        paths[f"{name}-unsubscribe"] = paths[name] + "unsubscribe/"
    return paths


def feedback_paths() -> Dict[str, str]:
    """The page where an order is rated, and what follows a low and the best score."""
    from saleor_aftersale.feedback import actions, links  # noqa: PLC0415 -- app ready

    paths = {}
    scores = {"feedback": None, "feedback-low": 1, "feedback-best": 5}
    for number, (name, score) in enumerate(scores.items()):
        order = one_parcel(f"0034043416109404266{number}", COMING, ARRIVED)
        record = factories.keep(order)
        if score:
            said = actions.Opinion(score, "The box was torn.", ("PACKAGING",))
            actions.give_feedback(record, said, language="en", now=NOW)
        place = links.feedback_url(record).partition("/plugins/")
        paths[name] = place[1] + place[2]
    return paths


#: Orders whose answers the drop-in bar is fed with.
ON_STOREFRONT = ("preparing", "on-the-way", "late", "locker", "returning", "delivered")


def api_answers(orders: Dict[str, Any]) -> Dict[str, Any]:
    """The login of somebody who may see the orders, and what the example's query gives of each."""
    example = Path(__file__).parents[2] / "docs" / "storefront" / "OrderProgress.js"
    query = example.read_text(encoding="utf-8").split("`")[1]
    api = factories.Api(factories.make_staff())
    found: Dict[str, Any] = {}
    for name, order in orders.items():
        key = factories.global_id("Order", order.pk)
        found[name] = {"id": key, "timeline": api.post(query, id=key)["order"]["timeline"]}
    return {"authorization": api.authorization, "orders": found}


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
    paths.update(changing_paths())
    paths["return-refunded"] = refunded_path()
    paths.update(mail_paths())
    paths.update(feedback_paths())
    for name, place in (("withdraw", ""), ("withdraw-form", "form/")):
        paths[name] = hooks.page_path(PLUGIN_ID, factories.CHANNEL, f"withdraw/{place}")
    known = f"withdraw/{tokens['delivered']}/"
    paths["withdraw-known"] = hooks.page_path(PLUGIN_ID, factories.CHANNEL, known)
    paths["bar"] = hooks.page_path(PLUGIN_ID, factories.CHANNEL, f"assets/{assets.bar_name()}")
    paths["api"] = api_answers({name: orders[name] for name in ON_STOREFRONT})
    paths["mails-in-words"] = mails()
    print(json.dumps(paths))


main()
