"""The acts of a refused request: every reason why not, a decline, an objection, a fair end."""

from __future__ import annotations

from decimal import Decimal
from html import unescape
from typing import Any

from .api import Answer, send
from .carrier import ACCEPTED, Parcel, told
from .forms import Form, post
from .people import ANNA, ENGRAVED, Order
from .post import token_in
from .replacing import resolve
from .returning import APPROVE, CREATE, READ, REQUEST, codes
from .saleor import amount_of
from .stage import Stage

NUMBER = "61099876552"
#: Days ago that the engraved mug came: after every window but the legal guarantee's.
DAYS = 60
#: What is taken off the price in the end.
REDUCTION = Decimal("15.00")
NOTE = "The crack runs from a blow, not from the kiln: see the photo of the rim."
OPTIONS = """{ me { orders(first: 10) { edges { node { id returnRequests { number }
    returnOptions(language: "pl") { bases { basis isOpen refusals reasons { code text } } } } } } }
}"""
DECLINE = f"""mutation($id: ID!, $note: String!) {{
    returnRequestDecline(id: $id, code: NO_DEFECT_FOUND, note: $note) {{
      returnRequest {{ {REQUEST} }} errors {{ field message code }} }} }}"""


def refuse(stage: Stage) -> None:
    """Personalised and long ago: what isn't possible, with all its reasons."""
    teller, saleor = stage.teller, stage.saleor
    teller.act("Anna asks what she can do with an engraved mug of two months ago")
    order = stage.engraved = _bought(stage)
    withdrawal = _options(stage)["WITHDRAWAL"]
    for reason in withdrawal["reasons"]:
        teller.say(f"  {reason['code']}: {reason['text']}")
    both = ["PERIOD_EXPIRED", "EXCEPTION_16_C"]
    teller.check("Two reasons against a withdrawal, both told", both, withdrawal["refusals"])
    line = {"orderLineId": order.lines[ENGRAVED.sku], "quantity": 1, "basis": "WITHDRAWAL"}
    asked = stage.anna.attempt(CREATE, input={"orderId": order.id, "lines": [line]})
    expected = [("lines.0.basis", code) for code in both]
    teller.check("Asked all the same: refused, an error for each", expected, codes(asked))
    teller.check("Nothing was written", [], _mine(stage)["returnRequests"])
    page = _page(stage)
    _check_sentences(stage, "The page says them in Polish", page, withdrawal)
    open_bases = [basis for basis, option in _options(stage).items() if option["isOpen"]]
    rights = ["NON_CONFORMITY", "DELIVERY_PROBLEM"]
    teller.check("What the law gives for longer holds", rights, open_bases)
    teller.check("Nothing came back", "FULFILLED", saleor.order_status(order))


def _bought(stage: Stage) -> Order:
    saleor, teller = stage.saleor, stage.teller
    order = saleor.buy(stage.anna, ANNA, [(ENGRAVED, 1)])
    saleor.set_languages({order.number: ANNA})
    parcel = Parcel(stage, saleor.ship(order, {ENGRAVED.sku: 1}, NUMBER), NUMBER)
    saleor.set_back(order, DAYS + 2)
    teller.say("Nobody can wait two months in a demo: the order is set back in the database.")
    pushed = parcel.push(parcel.event("DELIVERED", 0, "Warszawa", days=DAYS))
    teller.check(f"It was delivered {DAYS} days ago", ACCEPTED, told(pushed))
    mail = stage.post.next(ANNA, "the parcel was delivered", order.number)
    stage.engraved_token = token_in(mail) if mail else ""
    return order


def _mine(stage: Stage) -> dict[str, Any]:
    edges = stage.anna.ask(OPTIONS)["me"]["orders"]["edges"]
    return dict(next(edge["node"] for edge in edges if edge["node"]["id"] == stage.engraved.id))


def _options(stage: Stage) -> dict[str, dict[str, Any]]:
    """What she can do with the one line, by basis."""
    (option,) = _mine(stage)["returnOptions"]
    return {item["basis"]: item for item in option["bases"]}


def _url(stage: Stage, number: str = "") -> str:
    rest = f"{number}/" if number else ""
    return stage.saleor.plugin_url(f"return/{stage.engraved_token}/{rest}?language=pl")


def _page(stage: Stage, number: str = "") -> Answer:
    return send(_url(stage, number))


def _check_sentences(stage: Stage, what: str, page: Answer, option: dict[str, Any]) -> None:
    words = unescape(page.text)
    said = [reason["code"] for reason in option["reasons"] if reason["text"] in words]
    stage.teller.check(what, option["refusals"], said)


def decline(stage: Stage) -> None:
    """She complains; a person declines with code and evidence; she reads why."""
    teller, staff = stage.teller, stage.saleor.staff
    teller.act("Her complaint is declined, with code and evidence")
    order = stage.engraved
    line = {
        "orderLineId": order.lines[ENGRAVED.sku],
        "quantity": 1,
        "basis": "NON_CONFORMITY",
        "reason": "DEFECT_APPEARED_LATER",
    }
    wish = {"orderId": order.id, "lines": [line], "note": "It cracked.", "resolution": "REPAIR"}
    request = stage.complaint = stage.anna.do(CREATE, input=wish)["returnRequest"]
    stage.post.next(ANNA, "her complaint is received", request["number"])
    withdrawal = _options(stage)["WITHDRAWAL"]
    three = ["PERIOD_EXPIRED", "EXCEPTION_16_C", "ALREADY_RETURNED"]
    teller.check("Now three reasons against a withdrawal", three, withdrawal["refusals"])
    _check_sentences(stage, "The page says all three", _page(stage), withdrawal)
    done = staff.do(DECLINE, id=request["id"], note=NOTE)["returnRequest"]
    teller.check("Staff decline it", "DECLINED", done["state"])
    mail = stage.post.next(ANNA, "the answer, to keep", request["number"])
    if mail:
        teller.check("The mail holds the evidence", True, NOTE in " ".join(mail.text.split()))
    page = _page(stage, request["number"])
    shown = (page.status, NOTE in unescape(page.text), Form(page.text).actions)
    expected = (200, True, ["reopen", "message"])
    teller.check("So does the page, and she can object", expected, shown)


def object_to_it(stage: Stage) -> None:
    """She objects on the page; it is decided anew: she keeps the mug for less."""
    teller, saleor = stage.teller, stage.saleor
    teller.act("Anna objects, and a fair end is found")
    request, number = stage.complaint, stage.complaint["number"]
    before = saleor.stock(ENGRAVED)
    objection = {"do": "reopen", "note": "Nobody hit it: it cracked in hot water."}
    answer = post(_url(stage, number), objection)
    teller.check("The page takes the objection", 200, answer.status)
    again = saleor.staff.ask(READ, id=request["id"])["returnRequest"]
    teller.check("It is decided anew", "SUBMITTED", again["state"])
    approved = saleor.staff.do(APPROVE, id=request["id"])["returnRequest"]
    teller.check("This time staff say yes", "APPROVED", approved["state"])
    for about in ("the new answer", "what comes next"):
        stage.post.next(ANNA, about, number)
    resolve(stage, request, "PRICE_REDUCTION", amount=str(REDUCTION))

    def state() -> str:
        return str(saleor.staff.ask(READ, id=request["id"])["returnRequest"]["state"])

    teller.wait("The worker has moved the money", state, "COMPLETED")
    stage.post.next(ANNA, "her money is on its way", stage.engraved.number)
    found = saleor.staff.ask(READ, id=request["id"])["returnRequest"]["refunds"]
    refunds = [(item["state"], amount_of(item["amount"])) for item in found]
    teller.check("One refund", [("SETTLED", REDUCTION)], refunds)
    money = (stage.engraved.total - REDUCTION, (REDUCTION,))
    teller.check("Saleor's payment holds it", money, saleor.money(stage.engraved))
    teller.check("Nothing came back: the shelf is as before", before, saleor.stock(ENGRAVED))
    teller.check("Saleor's order status", "FULFILLED", saleor.order_status(stage.engraved))
