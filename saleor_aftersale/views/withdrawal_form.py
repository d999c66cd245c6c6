"""What the withdrawal pages read from a form, and what they show of an order's lines."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from .. import texts
from ..returns import withdrawal_rules as rules
from ..returns.policy import Basis, Decision, Refusal
from ..returns.withdrawal_rules import Proof
from ..returns.withdrawals import Declaration, StatedLine, contract_of, faults_of
from ..tracking.queries import product_name_of
from ..values import Order, OrderLine, Requester, Role

_QUANTITY = "quantity-"

#: A field people don't see; only a machine fills it in.
TRAP = "website"

#: Not worth a word beside a line: the page says it above, or it is no obstacle.
_UNSPOKEN = ("PERIOD_EXPIRED", "NOT_DELIVERED_YET")


class Place(NamedTuple):
    """Where somebody stands: the shop's channel, and the order when a link opened it."""

    channel: str
    language: str
    order: Optional[Order]


class Filled(NamedTuple):
    """A form as it was sent."""

    said: Declaration
    #: Sentence by field.
    faults: Dict[str, str]
    #: Pieces by line ref as typed; None when the form had no such field.
    quantities: Optional[Dict[str, str]]


def blank(place: Place) -> Declaration:
    """What is known before anybody typed a word."""
    said = Declaration(
        channel=place.channel,
        language=place.language,
        name="",
        contract="",
        email="",
        key=uuid.uuid4().hex,
    )
    order = place.order
    if order is None:
        return said
    prefilled = replace(
        said,
        name=rules.storable(order.customer_name)[: rules.MAX_NAME],
        contract=contract_of(order, place.language),
        email=order.email,
    )
    return prefilled.proven(order, Requester(Role.GUEST, label=order.email), Proof.LINK)


def read(form: Mapping[str, str], place: Place) -> Filled:
    """The form as a declaration with its faults; the link's order outweighs what was typed."""
    known = blank(place)
    typed = {name: rules.storable(form.get(name, "")) for name in ("name", "contract", "email")}
    said = replace(
        known,
        name=typed["name"],
        contract=known.contract or typed["contract"],
        email=typed["email"],
        key=rules.storable(form.get("key", ""))[: rules.MAX_KEY] or known.key,
        is_suspicious=bool(form.get(TRAP)),
    )
    quantities = {
        rules.storable(field[len(_QUANTITY) :]): value
        for field, value in form.items()
        if field.startswith(_QUANTITY)
    }
    lines, fault = _lines(quantities, place.order)
    said = replace(said, lines=lines)
    codes = faults_of(said)
    if fault:
        codes["lines"] = fault
    faults = {field: _sentence(field, code) for field, code in codes.items()}
    return Filled(said, faults, quantities or None)


def _sentence(field: str, code: str) -> str:
    own = f"withdrawal_fault.{field}.{code}"
    return texts.text(own if own in texts.TEXTS else f"withdrawal_fault.{code}")


def _lines(
    quantities: Mapping[str, str], order: Optional[Order]
) -> Tuple[Tuple[StatedLine, ...], str]:
    """Lines with their pieces, none for the whole contract; and the code of a fault."""
    if order is None:
        # The order could be read on the page before: what was chosen there is kept as it is.
        numbers = {ref: _whole_number(value) for ref, value in quantities.items()}
        return tuple(StatedLine(ref[:64], number) for ref, number in numbers.items() if number), ""
    if not quantities:
        return (), ""
    pieces = {line.ref: _whole_number(quantities.get(line.ref, "0")) for line in order.lines}
    whole = {line.ref: line.quantity for line in order.lines}
    if pieces == whole:
        return (), ""
    if any(number is None or number > whole[ref] for ref, number in pieces.items()):
        return (), "INVALID"
    found = [
        StatedLine(line.ref, number, _name_of(line))
        for line in order.lines
        for number in [pieces[line.ref]]
        if number
    ]
    return tuple(found), "" if found else "REQUIRED"


def _whole_number(value: str) -> Optional[int]:
    value = value.strip() or "0"
    return int(value) if value.isascii() and value.isdigit() and len(value) < 7 else None


def _name_of(line: OrderLine) -> str:
    return rules.storable(product_name_of(line.product_name, line.variant_name))


class ShownLine(NamedTuple):
    """One line of the order with a field for its pieces."""

    line_ref: str
    product_name: str
    most: int
    quantity: str
    #: Why it can't be withdrawn from, in words; the field is there all the same.
    why: str


def shown_lines(
    order: Order, decisions: Mapping[str, Decision], quantities: Optional[Mapping[str, str]]
) -> List[ShownLine]:
    """The order's lines, with the pieces typed before or else all that are left."""
    shown = []
    for line in order.lines:
        decision = decisions.get(line.ref)
        refusals = decision.option(Basis.WITHDRAWAL).refusals if decision else ()
        why = [texts.text("refusal." + each.value) for each in refusals if _is_spoken(each)]
        typed = (quantities or {}).get(line.ref)
        quantity = str(_pieces_left(line, decision, bool(why))) if typed is None else typed
        shown.append(ShownLine(line.ref, _name_of(line), line.quantity, quantity, " ".join(why)))
    return shown


def _is_spoken(refusal: Refusal) -> bool:
    return refusal.value not in _UNSPOKEN


def _pieces_left(line: OrderLine, decision: Optional[Decision], is_excepted: bool) -> int:
    if is_excepted:
        return 0
    option = decision.option(Basis.WITHDRAWAL) if decision else None
    if option is None or not option.is_open:
        return line.quantity
    return min(line.quantity, line.quantity - line.quantity_fulfilled + option.quantity)


def period_of(decisions: Mapping[str, Decision]) -> Dict[str, Optional[date]]:
    """Until when the order can be withdrawn from, or when that ended and what is left."""
    options = [decision.option(Basis.WITHDRAWAL) for decision in decisions.values()]
    last_on = max((option.until for option in options if option.until), default=None)
    is_over = any(
        refusal.value == "PERIOD_EXPIRED" for option in options for refusal in option.refusals
    )
    if not is_over:
        return {"open_until": last_on}
    guarantees = [decision.option(Basis.NON_CONFORMITY) for decision in decisions.values()]
    until = max((each.until for each in guarantees if each.is_open and each.until), default=None)
    return {"ended_on": last_on, "guarantee_until": until}


def statement_context(said: Any) -> Dict[str, Any]:
    """What ``withdrawal_statement.html`` needs of a declaration that isn't kept yet."""
    names = ("name", "contract", "email", "lines")
    return {name: getattr(said, name) for name in names}
