"""What the page that starts a return reads from its form, and what it shows of each line."""

from __future__ import annotations

import uuid
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from .. import texts
from ..returns.bases import RESOLUTIONS, Basis
from ..returns.codes import REASONS
from ..returns.models import ReturnLine, ReturnRequest
from ..returns.policy import Decision, Option
from ..returns.wishes import WishedLine
from ..tracking.queries import product_name_of
from ..values import AftersaleError, Order, OrderLine, is_storable

#: Fields of a line are called by these and its ref.
_QUANTITY, _BASIS, _REASON = "quantity-", "basis-", "reason-"
#: What is wrong with the whole line, likewise.
_FAULT = "line-"


class Filled(NamedTuple):
    """A form as it was sent, or as it is before anybody typed."""

    #: Tells one sending from the next: the same key makes one request.
    key: str
    note: str
    #: As typed, by field name.
    typed: Mapping[str, str]
    wishes: Tuple[WishedLine, ...] = ()
    #: What the customer would like, for all lines; empty: whatever comes first.
    resolution: str = ""
    #: Sentence by field.
    faults: Mapping[str, str] = {}


def blank() -> Filled:
    """Nothing chosen yet."""
    return Filled(uuid.uuid4().hex, "", {})


def of_request(row: ReturnRequest) -> Filled:
    """What was asked for, to be changed."""
    typed = {}
    for line in row.lines.all():
        typed[_QUANTITY + line.line_ref] = str(line.quantity)
        typed[_BASIS + line.line_ref], typed[_REASON + line.line_ref] = line.basis, line.reason
    return Filled("", row.customer_note, typed, resolution=row.resolution)


def read(form: Mapping[str, str], order: Order) -> Filled:
    """The form as wishes; quantities that are none are a fault, the rest the action judges."""
    note = form.get("note", "").replace("\r\n", "\n").strip()
    key = form.get("key", "")
    is_key = is_storable(key) and 0 < len(key) <= 64
    wished = form.get("resolution", "")
    resolution = wished if wished in RESOLUTIONS else ""
    filled = Filled(key if is_key else uuid.uuid4().hex, note, form, resolution=resolution)
    pieces = {line.ref: whole_number(form.get(_QUANTITY + line.ref, "")) for line in order.lines}
    if any(number is None for number in pieces.values()):
        return filled._replace(faults={"lines": texts.text("return_fault.lines.INVALID")})
    wishes = tuple(
        WishedLine(ref, number, _basis(form, ref), _reason(form, ref))
        for ref, number in pieces.items()
        if number
    )
    return filled._replace(wishes=wishes)


def whole_number(value: str) -> Optional[int]:
    """The number somebody typed, 0 for nothing; None when it is none."""
    value = value.strip() or "0"
    return int(value) if value.isascii() and value.isdigit() and len(value) < 7 else None


def _basis(form: Mapping[str, str], ref: str) -> Optional[Basis]:
    value = form.get(_BASIS + ref, "")
    return Basis(value) if value in Basis.__members__ else None


def _reason(form: Mapping[str, str], ref: str) -> str:
    value = form.get(_REASON + ref, "")
    return value if value in REASONS else ""


def faults_of(error: AftersaleError, wishes: Sequence[WishedLine] = ()) -> Dict[str, str]:
    """
    All of an action's complaints as sentences by field of a form.

    Args:
        wishes: as the form had them; without them a line's fault is one of the whole form.
    """
    said: Dict[str, List[str]] = {}
    for fault in error.faults:
        field, _dot, rest = (fault.field or "form").partition(".")
        sentences = said.setdefault(_place_of(rest, wishes) if rest else field, [])
        sentence = _sentence(field, fault.code)
        if sentence not in sentences:
            sentences.append(sentence)
    return {field: " ".join(sentences) for field, sentences in said.items()}


def _place_of(rest: str, wishes: Sequence[WishedLine]) -> str:
    """Where the fault of a line is told; ``rest`` is its number and what of it is wrong."""
    place = int(rest.partition(".")[0])
    return _FAULT + wishes[place].line_ref if place < len(wishes) else "form"


def _sentence(field: str, code: str) -> str:
    names = (f"return_fault.{field}.{code}", f"refusal.{code}", f"return_fault.{code}")
    found = next((name for name in names if name in texts.TEXTS), "return_fault.INVALID")
    return texts.text(found)


def context_of(
    order: Order,
    decisions: Mapping[str, Decision],
    filled: Filled,
    *,
    kept: Iterable[ReturnLine] = (),
) -> Dict[str, Any]:
    """
    What the form of ``pages/return_start.html`` needs.

    Args:
        kept: lines asked for before: their ground stays open to them, because the moment
            of that statement counts.
    """
    own = {line.line_ref: line for line in kept}
    lines = [
        _shown_line(number, line, decisions[line.ref], filled, own.get(line.ref))
        for number, line in enumerate(order.lines, 1)
        if line.ref in decisions
    ]
    return {
        "order_number": order.number,
        "lines": lines,
        "is_open": any(line["options"] for line in lines),
        "resolutions": _shown_resolutions(lines, filled.resolution),
        "key": filled.key,
        "note": filled.note,
        "faults": filled.faults,
        "fault": next(iter(filled.faults.values()), ""),
    }


def _shown_line(
    number: int,
    line: OrderLine,
    decision: Decision,
    filled: Filled,
    own: Optional[ReturnLine],
) -> Dict[str, Any]:
    typed = filled.typed
    usable = [
        option
        for option in decision.options
        if option.is_open or (own is not None and option.basis.value == own.basis)
    ]
    chosen = typed.get(_BASIS + line.ref) or (decision.proposed or Basis.WITHDRAWAL).value
    pieces = [option.quantity for option in usable] + ([own.quantity] if own else [])
    return {
        "number": number,
        "ref": line.ref,
        "product_name": product_name_of(line.product_name, line.variant_name),
        "most": max(pieces, default=0),
        "quantity": typed.get(_QUANTITY + line.ref, "0"),
        "fault": filled.faults.get(_FAULT + line.ref, ""),
        "options": [_shown_option(option, chosen) for option in usable],
        "reasons": _shown_reasons(usable, typed.get(_REASON + line.ref, "")),
        "refused": [
            {
                "label": texts.text("basis." + option.basis.value),
                "reasons": [texts.text("refusal." + why.value) for why in option.refusals],
            }
            for option in decision.options
            if option not in usable
        ],
    }


def _shown_option(option: Option, chosen: str) -> Dict[str, Any]:
    return {
        "value": option.basis.value,
        "label": texts.text("basis." + option.basis.value),
        "until": option.until,
        "payer": texts.text("payer." + option.payer.value),
        "fee_percent": option.fee_percent,
        "resolutions": option.resolutions,
        "offers": [texts.text("resolution." + word) for word in option.resolutions],
        "is_chosen": option.basis.value == chosen,
    }


def _shown_resolutions(lines: Sequence[Dict[str, Any]], chosen: str) -> List[Dict[str, Any]]:
    """What any line's open grounds offer; nobody is asked where there is but one answer."""
    offered = {
        word for line in lines for option in line["options"] for word in option["resolutions"]
    }
    if len(offered) < 2:
        return []
    return [
        {"value": word, "label": texts.text("resolution." + word), "is_chosen": word == chosen}
        for word in RESOLUTIONS
        if word in offered
    ]


def _shown_reasons(options: Sequence[Option], chosen: str) -> List[Dict[str, Any]]:
    """Nobody is asked why who can only withdraw: that needs no reason."""
    if not any(option.basis is not Basis.WITHDRAWAL for option in options):
        return []
    return [
        {"value": code, "label": texts.text("reason." + code), "is_chosen": code == chosen}
        for code in REASONS
    ]
