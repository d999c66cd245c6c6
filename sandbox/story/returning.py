"""The acts of returns: asked for, approved, received, judged, money and stock moved."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from .api import Api
from .people import ANNA, LAMP, MUG, Person
from .saleor import amount_of
from .stage import Stage

REQUEST = """id number state text availableActions
    lines { id sku state quantity acceptedQuantity }
    remedies { resolution isAwaited replacementOrderId price { amount } difference { amount } }
    refunds { state means amount { amount currency } }"""
CREATE = f"""mutation($input: ReturnRequestCreateInput!) {{ returnRequestCreate(input: $input) {{
    returnRequest {{ {REQUEST} }} errors {{ field message code }} }} }}"""
READ = f"query($id: ID!) {{ returnRequest(id: $id) {{ {REQUEST} }} }}"
#: Share of the lamp's price that its scratches cost.
SCRATCHES = Decimal("0.25")


def _staff_mutation(name: str, arguments: str = "", passed: str = "") -> str:
    return f"""mutation($id: ID!{arguments}) {{ {name}(id: $id{passed}) {{
        returnRequest {{ {REQUEST} }} errors {{ field message code }} }} }}"""


APPROVE = _staff_mutation("returnRequestApprove")
RECEIVE = _staff_mutation("returnRequestReceive")
INSPECT = _staff_mutation(
    "returnRequestInspect", ", $lines: [ReturnRequestInspectLineInput!]!", ", lines: $lines"
)
RESOLVE = _staff_mutation("returnRequestResolve", "", ", resolution: REFUND_ORIGINAL")


def ask_for_return(stage: Stage) -> None:
    """Anna looks what she may return, asks for too much, then for what she has."""
    teller, annas = stage.teller, stage.annas
    teller.act("Anna wants to return a mug and the lamp")
    for option in stage.mine()["returnOptions"]:
        sku = next(sku for sku, line in annas.lines.items() if line == option["orderLineId"])
        teller.say(f"{option['quantity']} × {sku}:")
        for basis in option["bases"]:
            teller.say(f"  {basis['basis']:17} {_possible(basis)}")
    proposed = [
        (option["proposedBasis"], sum(basis["isOpen"] for basis in option["bases"]))
        for option in stage.mine()["returnOptions"]
    ]
    best = ("WITHDRAWAL", 4)
    teller.check("Both lines: the best basis, and how many are open", [best, best], proposed)
    refused = create(stage.anna, {"orderId": annas.id, "lines": [_line(annas.lines[MUG.sku], 5)]})
    too_many = [("lines.0.quantity", "QUANTITY_EXCEEDED")]
    teller.check("5 mugs of 2 are refused", too_many, codes(refused))
    teller.check("Nothing was written", [], stage.mine()["returnRequests"])
    lines = [_line(annas.lines[sku], 1, "CHANGED_MIND") for sku in (MUG.sku, LAMP.sku)]
    wish = {"orderId": annas.id, "lines": lines, "idempotencyKey": "annas-first-return"}
    asked = create(stage.anna, wish)
    teller.check("One mug and the lamp are accepted", [], codes(asked))
    stage.request = asked["returnRequest"]
    again = create(stage.anna, wish)["returnRequest"]
    teller.check("A double click gives the same request", stage.request["number"], again["number"])
    possible = ["UPDATE", "PROVIDE_SHIPPING", "CANCEL", "ADD_MESSAGE"]
    teller.check("Anna can still take it back", possible, stage.request["availableActions"])
    stage.post.next(ANNA, "her request is received", stage.request["number"])


def _possible(basis: dict[str, Any]) -> str:
    return f"until {basis['until']}" if basis["isOpen"] else "no: " + ", ".join(basis["refusals"])


def _line(line_id: str, quantity: int, reason: str | None = None) -> dict[str, Any]:
    return {"orderLineId": line_id, "quantity": quantity, "reason": reason}


def create(api: Api, wish: dict[str, Any]) -> Any:
    """Ask for a return; gives the payload with its errors."""
    return api.attempt(CREATE, input=wish)


def codes(payload: dict[str, Any]) -> list[tuple[str, str]]:
    """Field and code of every error of a payload."""
    return [(error["field"], error["code"]) for error in payload["errors"]]


def take_back(stage: Stage) -> None:
    """Staff approve once, receive, judge: the mug as new, the lamp scratched."""
    teller, saleor = stage.teller, stage.saleor
    teller.act("The shop takes the goods back")
    approve(stage, stage.request, ANNA)
    twice = saleor.staff.attempt(APPROVE, id=stage.request["id"])
    teller.check("Approving twice is refused", [(None, "TRANSITION_NOT_ALLOWED")], codes(twice))
    judge(
        stage,
        stage.request,
        ANNA,
        {
            MUG.sku: restock(stage),
            LAMP.sku: {
                "grade": "WORN_OR_DAMAGED",
                "disposition": "QUARANTINE",
                "lostValue": float(SCRATCHES),
                "note": "Scratches on the foot, see photo 3.",
            },
        },
    )


def approve(stage: Stage, request: dict[str, Any], person: Person) -> None:
    """Staff let the goods come back; the customer is told."""
    done = stage.saleor.staff.do(APPROVE, id=request["id"])["returnRequest"]
    stage.teller.check(f"Staff approve {request['number']}", "APPROVED", done["state"])
    stage.post.next(person, "the return is approved", request["number"])


def restock(stage: Stage) -> dict[str, Any]:
    """A piece as good as new goes back on the shelf."""
    return {"grade": "NEW", "disposition": "RESTOCK", "warehouseId": stage.saleor.warehouse}


def judge(
    stage: Stage, request: dict[str, Any], person: Person, findings: dict[str, dict[str, Any]]
) -> None:
    """The parcel is back: received whole, then each line judged; the customer hears of both."""
    staff = stage.saleor.staff
    received = staff.do(RECEIVE, id=request["id"])["returnRequest"]
    stage.teller.check("The goods have arrived", "RECEIVED", received["state"])
    # A newer mail would take the place of one that hasn't left yet.
    stage.post.next(person, "the goods have arrived", request["number"])
    lines = [
        {"lineId": line["id"], "acceptedQuantity": line["quantity"], **findings[line["sku"]]}
        for line in request["lines"]
    ]
    inspected = staff.do(INSPECT, id=request["id"], lines=lines)["returnRequest"]
    states = {line["sku"]: line["state"] for line in inspected["lines"]}
    stage.teller.say(", ".join(f"{sku} {state}" for sku, state in states.items()))
    stage.teller.check("Each line is judged", "INSPECTED", inspected["state"])
    mail = stage.post.next(person, "what was found", request["number"])
    if mail:
        notes = [finding["note"] for finding in findings.values() if "note" in finding]
        told = [note for note in notes if note in mail.text]
        stage.teller.check("The mail holds the evidence of each deduction", notes, told)


def give_money_back(stage: Stage) -> None:
    """Stock and money move; the order says so where the host can."""
    teller, saleor = stage.teller, stage.saleor
    teller.act("Money back, stock back")
    before = (saleor.stock(MUG), saleor.stock(LAMP))
    amount = MUG.price + LAMP.price * (1 - SCRATCHES)
    teller.say(f"{MUG.price} for the mug, {LAMP.price} less 25 % for the lamp: {amount}.")
    settle(stage, stage.request, amount)
    mail = stage.post.next(ANNA, "her money is on its way", stage.annas.number)
    if mail:
        teller.check("The mail holds the amount", True, "139,00" in mail.text)
    after = (saleor.stock(MUG), saleor.stock(LAMP))
    teller.check("The mug is on the shelf again, the lamp isn't", (before[0] + 1, before[1]), after)
    money = saleor.money(stage.annas)
    expected = (stage.annas.total - amount, (amount,))
    teller.check("Saleor's payment holds the refund", expected, (money.captured, money.refunds))
    status = saleor.partly_returned
    teller.wait("Saleor's order status", lambda: saleor.order_status(stage.annas), status)
    timeline = stage.timeline()
    for entry in timeline["entries"][:6]:
        teller.say(f"  {entry['kind']:8} {entry['title']} {entry['detail']}")
    refunds = [entry for entry in timeline["entries"] if entry["kind"] == "REFUND"]
    teller.check("The timeline shows one refund", 1, len(refunds))


def settle(stage: Stage, request: dict[str, Any], amount: Decimal) -> None:
    """Staff resolve; the worker moves the money."""
    staff = stage.saleor.staff
    resolving = staff.do(RESOLVE, id=request["id"])["returnRequest"]
    stage.teller.check("Staff resolve: the refund is on its way", "RESOLVING", resolving["state"])

    def read() -> dict[str, Any]:
        return dict(staff.ask(READ, id=request["id"])["returnRequest"])

    stage.teller.wait("The worker has moved the money", lambda: read()["state"], "COMPLETED")
    refunds = [(item["state"], amount_of(item["amount"])) for item in read()["refunds"]]
    stage.teller.check("One refund", [("SETTLED", amount)], refunds)
