"""The acts of other goods instead: a damaged mug replaced, a lamp exchanged for a cheaper mug."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from .api import Answer, send
from .carrier import ACCEPTED, Parcel, told
from .forms import File, Form, photo, post
from .people import EMMA, LAMP, MUG, PLACED, Order, placed
from .post import token_in
from .returning import CREATE, READ, REQUEST, approve, codes, judge, restock
from .saleor import amount_of
from .stage import Stage

#: Parcels: to Emma, the new mug, the lamp on its way back, the mug in its place.
SENT, REPLACED, BACK, EXCHANGED = "61099876548", "61099876549", "61099876550", "61099876551"
#: Stands in the photo's metadata, where nobody sees it.
SECRET = "taken at 52.2411 N, 21.0270 E"
RESOLVE_AS = f"""mutation($id: ID!, $resolution: ReturnResolution!, $withoutGoods: Boolean,
    $amount: String, $lines: [ReturnRequestExchangeLineInput!]) {{
    returnRequestResolve(id: $id, resolution: $resolution, withoutGoods: $withoutGoods,
        amount: $amount, lines: $lines) {{
      returnRequest {{ {REQUEST} }} errors {{ field message code }} }} }}"""
PROVIDE = f"""mutation($id: ID!, $token: String!, $number: String!) {{
    returnRequestProvideShipping(id: $id, accessToken: $token, trackingNumber: $number) {{
      returnRequest {{ {REQUEST} }} errors {{ field message code }} }} }}"""
ASKED = """query($number: String!) { returnRequests(first: 1, filter: {search: $number}) { edges {
    node { id number state resolution customerNote attachments { name url }
      lines { id sku quantity basis reason } } } } }"""
COMPLETE = f"""mutation($id: ID!) {{ draftOrderComplete(id: $id) {{
    order {{ {PLACED} }} errors {{ field message }} }} }}"""


def ask_with_photo(stage: Stage) -> None:
    """A mug comes broken: Emma says so on the page, with a photo, and wishes a new one."""
    teller, saleor = stage.teller, stage.saleor
    teller.act("Emma, a guest who reads English, gets a broken mug")
    stage.emmas = saleor.buy(saleor.anybody, EMMA, [(MUG, 1), (LAMP, 1)])
    saleor.set_languages({stage.emmas.number: EMMA})
    parcel = _ship(stage, stage.emmas, {MUG.sku: 1, LAMP.sku: 1}, SENT)
    _track(stage, stage.emmas, parcel)
    url = saleor.plugin_url(f"return/{stage.emmas_token}/?language=en")
    page = send(url)
    form = Form(page.text)
    wish = {
        **form.fields,
        form.name_of(MUG.name, "quantity-"): "1",
        form.name_of(MUG.name, "basis-"): "DELIVERY_PROBLEM",
        form.name_of(MUG.name, "reason-"): "DAMAGED_IN_TRANSIT",
        "resolution": "REPLACEMENT",
        "note": "It was in pieces when I opened the box.",
    }
    asked = post(url, wish, File("photos", "mug.png", photo(SECRET)))
    request = stage.emmas_request = _asked(stage, asked)
    shown = (asked.status, request["number"] in asked.text)
    teller.check("The page's form, sent with a photo, leads to her request", (200, True), shown)
    stage.post.next(EMMA, "her request is received", request["number"])
    said = [(line["sku"], line["basis"], line["reason"]) for line in request["lines"]]
    expected = [(MUG.sku, "DELIVERY_PROBLEM", "DAMAGED_IN_TRANSIT")]
    teller.check("Staff read what is wrong", expected, said)
    teller.check("And what she wishes", "REPLACEMENT", request["resolution"])
    picture = send(request["attachments"][0]["url"])
    seen = (picture.status, "JFIF" in picture.text, SECRET in picture.text)
    teller.check("They see the photo; where it was taken is gone", (200, True, False), seen)


def _asked(stage: Stage, page: Answer) -> dict[str, Any]:
    """The request whose page this is, as staff find it by its number."""
    number = page.text.partition("<h1")[2].partition("</h1>")[0].split()[-1]
    edges = stage.saleor.staff.ask(ASKED, number=number)["returnRequests"]["edges"]
    return dict(edges[0]["node"])


def _ship(stage: Stage, order: Order, pieces: dict[str, int], number: str) -> Parcel:
    return Parcel(stage, stage.saleor.ship(order, pieces, number), number)


def _track(stage: Stage, order: Order, parcel: Parcel) -> None:
    """The carrier moves and delivers; Emma hears of both."""
    pushed = parcel.push(parcel.event("IN_TRANSIT", 0, "Łódź"))
    stage.teller.check(f"Parcel {parcel.tracking_number} is on its way", ACCEPTED, told(pushed))
    mail = stage.post.next(EMMA, "the parcel is on its way", order.number)
    if mail and not stage.emmas_token:
        stage.emmas_token = token_in(mail)
    parcel.push(parcel.event("DELIVERED", 1, "Warszawa"))
    stage.post.next(EMMA, "the parcel was delivered", order.number)


def replace(stage: Stage) -> None:
    """Approved, nothing is wanted back, a new mug goes out: the request ends by itself."""
    teller, saleor = stage.teller, stage.saleor
    teller.act("A new mug for the broken one")
    request = stage.emmas_request
    approve(stage, request, EMMA)
    before = saleor.stock(MUG)
    resolve(stage, request, "REPLACEMENT", withoutGoods=True)
    new = _ordered(stage, request, (MUG.price, Decimal(0)))
    parcel = _ship(stage, new, {MUG.sku: 1}, REPLACED)
    _wait_for_end(stage, request)
    _track(stage, new, parcel)
    teller.check("One mug less on the shelf, none came back", before - 1, saleor.stock(MUG))
    money = saleor.money(stage.emmas)
    teller.check("No money moved", (stage.emmas.total, ()), money)
    teller.check("Saleor's order status", "FULFILLED", saleor.order_status(stage.emmas))


def resolve(stage: Stage, request: dict[str, Any], resolution: str, **terms: Any) -> None:
    """Staff decide what becomes of a request."""
    staff = stage.saleor.staff
    done = staff.do(RESOLVE_AS, id=request["id"], resolution=resolution, **terms)
    state = done["returnRequest"]["state"]
    stage.teller.check(f"Staff decide: {resolution}", "RESOLVING", state)


def _ordered(stage: Stage, request: dict[str, Any], expected: tuple[Decimal, Decimal]) -> Order:
    """
    The draft order with other goods, completed by staff as it is.

    Args:
        expected: what the goods cost, and what is left to pay for them.
    """
    staff, teller = stage.saleor.staff, stage.teller
    remedy = staff.ask(READ, id=request["id"])["returnRequest"]["remedies"][-1]
    prices = (amount_of(remedy["price"]), amount_of(remedy["difference"]))
    teller.check("Price of the new goods, and what is left to pay", expected, prices)
    new = placed(staff.do(COMPLETE, id=remedy["replacementOrderId"])["order"])
    teller.say(f"Staff complete the draft order as it is: {new.number}.")
    teller.check("It costs her nothing, its delivery neither", (0, 0), (new.total, new.delivery))
    return new


def _wait_for_end(stage: Stage, request: dict[str, Any]) -> None:
    def state() -> str:
        found = stage.saleor.staff.ask(READ, id=request["id"])["returnRequest"]
        return str(found["state"])

    stage.teller.wait("It is sent: the request ends by itself", state, "COMPLETED")
    stage.post.next(EMMA, "other goods are on their way", stage.emmas.number)


def exchange(stage: Stage) -> None:
    """The lamp comes back for a cheaper mug: the difference goes back, both shelves are right."""
    teller, saleor = stage.teller, stage.saleor
    teller.act("Emma exchanges the lamp for a cheaper mug")
    wish = {
        "accessToken": stage.emmas_token,
        "lines": [_line(stage, LAMP.sku)],
        "resolution": "EXCHANGE_OTHER",
    }
    not_offered = saleor.anybody.attempt(CREATE, input={**wish, "resolution": "REPAIR"})
    expected = [("resolution", "NOT_OFFERED")]
    teller.check("A repair isn't offered for what is whole", expected, codes(not_offered))
    request = saleor.anybody.do(CREATE, input=wish)["returnRequest"]
    stage.post.next(EMMA, "her request is received", request["number"])
    approve(stage, request, EMMA)
    sent = saleor.anybody.do(PROVIDE, id=request["id"], token=stage.emmas_token, number=BACK)
    teller.check("She says by which parcel it comes", "IN_TRANSIT", sent["returnRequest"]["state"])
    before = (saleor.stock(MUG), saleor.stock(LAMP))
    judge(stage, request, EMMA, {LAMP.sku: restock(stage)})
    choice = {"lineId": request["lines"][0]["id"], "variantId": saleor.variants[MUG.sku]}
    resolve(stage, request, "EXCHANGE_OTHER", lines=[choice])
    difference = LAMP.price - MUG.price
    stage.post.next(EMMA, "the difference is on its way", stage.emmas.number)
    new = _ordered(stage, request, (MUG.price, -difference))
    stage.emmas_new = new
    parcel = _ship(stage, new, {MUG.sku: 1}, EXCHANGED)
    _wait_for_end(stage, request)
    _track(stage, new, parcel)
    _check_exchange(stage, request, before, difference)


def _line(stage: Stage, sku: str) -> dict[str, Any]:
    line = stage.emmas.lines[sku]
    return {
        "orderLineId": line,
        "quantity": 1,
        "basis": "GOODWILL_RETURN",
        "reason": "STYLE_COLOUR",
    }


def _check_exchange(
    stage: Stage, request: dict[str, Any], before: tuple[int, int], difference: Decimal
) -> None:
    teller, saleor = stage.teller, stage.saleor
    found = saleor.staff.ask(READ, id=request["id"])["returnRequest"]["refunds"]
    refunds = [(item["means"], item["state"], amount_of(item["amount"])) for item in found]
    expected = [("SET_OFF", "SETTLED", MUG.price), ("ORIGINAL", "SETTLED", difference)]
    teller.check("The price of the mug is set off, the rest paid back", expected, refunds)
    after = (before[0] - 1, before[1] + 1)
    shelves = (saleor.stock(MUG), saleor.stock(LAMP))
    teller.check("One mug less, one lamp more on the shelf", after, shelves)
    money = (stage.emmas.total - difference, (difference,))
    teller.check("Saleor's payment holds the refund", money, saleor.money(stage.emmas))
    teller.check("Saleor's order status", "FULFILLED", saleor.order_status(stage.emmas))
