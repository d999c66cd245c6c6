"""What is wrong with what a customer asks for: all of it at once, each fault by itself."""

from __future__ import annotations

from typing import Dict, List, Optional, Sequence, Set, Tuple

from ..values import AftersaleError
from . import policy
from .bases import Basis
from .checks import InvalidInput
from .models import ReturnLine
from .policy import Refusal
from .wishes import LineRefused, WishedLine, basis_of, offered

#: Fewer pieces could be asked for, or none any more; the others speak of the ground.
_TOO_MANY = (Refusal.QUANTITY_EXCEEDED, Refusal.ALREADY_RETURNED)


def line_faults(
    wishes: Sequence[WishedLine],
    decisions: Dict[str, policy.Decision],
    *,
    kept: Sequence[ReturnLine] = (),
    is_draft: bool = False,
) -> List[AftersaleError]:
    """
    Every fault of every line, in the order of the lines; its field tells the place.

    A line that is wrong by itself isn't decided.

    Args:
        kept: lines asked for before: as many pieces on the same basis need no new decision,
            because the moment of that statement counts.
        is_draft: only to be saved: then the ground of each is named, and none is a withdrawal.
    """
    if not wishes:
        return [InvalidInput("Name at least one line.", field="lines", code="REQUIRED")]
    asked = {(line.line_ref, line.basis): line.quantity for line in kept}
    faults: List[AftersaleError] = []
    named: Set[str] = set()
    for place, wish in enumerate(wishes):
        at = f"lines.{place}"
        own = _own_faults(wish, at, is_named_before=wish.line_ref in named)
        if is_draft:
            own += _draft_faults(wish, at)
        faults += own or _refusals(wish, decisions.get(wish.line_ref), asked, at)
        named.add(wish.line_ref)
    return faults


def _own_faults(wish: WishedLine, at: str, *, is_named_before: bool) -> List[AftersaleError]:
    """What is wrong whatever the order permits."""
    faults: List[AftersaleError] = []
    if wish.line_ref and is_named_before:
        field = f"{at}.order_line_id"
        faults.append(InvalidInput("A line may be named once.", field=field, code="DUPLICATED"))
    if wish.quantity < 1:
        faults.append(InvalidInput("The quantity must be at least 1.", field=f"{at}.quantity"))
    if wish.reason and wish.reason not in policy.REASONS:
        faults.append(InvalidInput("There is no such reason.", field=f"{at}.reason"))
    return faults


def _draft_faults(wish: WishedLine, at: str) -> List[AftersaleError]:
    """
    Why a line can't wait: no ground is named, or it is a withdrawal.

    Source: Directive 2011/83/EU Art. 11(1): a withdrawal is a statement, made or not made.
    """
    field = f"{at}.basis"
    if wish.basis is None:
        # The proposed one is a withdrawal as long as that is open: nobody's wish to wait.
        return [InvalidInput("Name the basis of each line.", field=field, code="REQUIRED")]
    if wish.basis is Basis.WITHDRAWAL:
        why = "A withdrawal counts from when it is stated: state it, don't save it."
        return [InvalidInput(why, field=field, code="NOT_LAWFUL")]
    return []


def _refusals(
    wish: WishedLine,
    decision: Optional[policy.Decision],
    asked: Dict[Tuple[str, str], int],
    at: str,
) -> List[AftersaleError]:
    """Every reason why those pieces can't be returned as asked."""
    if decision is None:
        message, field = "This line is not part of the order.", f"{at}.order_line_id"
        return [LineRefused(message, field=field, code="NOT_OUR_ORDER")]
    basis = basis_of(wish, decision)
    if wish.quantity <= asked.get((wish.line_ref, basis.value), 0):
        return []
    return [
        LineRefused(
            f"This can't be returned as {basis.value}: {refusal.value}.",
            field=f"{at}.quantity" if refusal in _TOO_MANY else f"{at}.basis",
            code=refusal.value,
        )
        for refusal in policy.refusals_of(decision, basis, wish.quantity)
    ]


def resolution_faults(
    resolution: str, lines: Sequence[ReturnLine], decisions: Dict[str, policy.Decision]
) -> List[AftersaleError]:
    """
    For which lines what the customer wishes isn't offered: one decision is made for all.

    Args:
        resolution: of ``bases.RESOLUTIONS``; empty: nothing is wished.
        decisions: of the lines' order, as ``wishes.decisions_of`` gives them.
    """
    return [
        InvalidInput(
            f"{resolution} isn't offered for {line.product_name} as {line.basis}.",
            field="resolution",
            code="NOT_OFFERED",
        )
        for line in lines
        if resolution and resolution not in offered(line, decisions)
    ]
