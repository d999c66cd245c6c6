"""The states of one line of a request: a table, and the two things they tell apart."""

from __future__ import annotations

from enum import Enum
from typing import Dict, FrozenSet

from .states import TransitionNotAllowed


class LineState(Enum):
    """Where one line of a request stands: asked, awaited, arrived, judged, settled."""

    REQUESTED = "REQUESTED"
    #: The goods may come back.
    AUTHORISED = "AUTHORISED"
    REFUSED = "REFUSED"
    #: The customer has sent them.
    AWAITED = "AWAITED"
    RECEIVED = "RECEIVED"
    MISSING = "MISSING"
    ACCEPTED = "ACCEPTED"
    ACCEPTED_REDUCED = "ACCEPTED_REDUCED"
    REJECTED = "REJECTED"
    RESOLVED = "RESOLVED"


class Reception(Enum):
    """Whether the goods are there: the warehouse's word, whatever they are worth."""

    NOT_EXPECTED = "NOT_EXPECTED"
    EXPECTED = "EXPECTED"
    PARTLY_RECEIVED = "PARTLY_RECEIVED"
    RECEIVED = "RECEIVED"
    MISSING = "MISSING"


class Acceptance(Enum):
    """What was decided about the goods, whether they are there or not."""

    OPEN = "OPEN"
    REFUSED = "REFUSED"
    ACCEPTED = "ACCEPTED"
    ACCEPTED_REDUCED = "ACCEPTED_REDUCED"
    REJECTED = "REJECTED"


_L = LineState
_JUDGED = frozenset({_L.ACCEPTED, _L.ACCEPTED_REDUCED, _L.REJECTED})
#: The request was declined after an inspection, or is taken up again.
_OVER = frozenset({_L.REFUSED, _L.REQUESTED})

#: State -> where it may go; staying is always possible.
MOVES: Dict[LineState, FrozenSet[LineState]] = {
    _L.REQUESTED: frozenset({_L.AUTHORISED, _L.REFUSED}),
    # Accepted without having been there: not wanted back, or lost on the way.
    _L.AUTHORISED: frozenset({_L.AWAITED, _L.RECEIVED, _L.MISSING, _L.ACCEPTED}),
    _L.REFUSED: frozenset({_L.REQUESTED}),
    _L.AWAITED: frozenset({_L.RECEIVED, _L.MISSING, _L.ACCEPTED}),
    _L.RECEIVED: _JUDGED,
    # The rest of the line was never sent.
    _L.MISSING: _OVER | {_L.ACCEPTED},
    _L.ACCEPTED: frozenset({_L.RESOLVED, _L.REFUSED}),
    _L.ACCEPTED_REDUCED: frozenset({_L.RESOLVED, _L.REFUSED}),
    _L.REJECTED: _OVER | {_L.ACCEPTED},
    _L.RESOLVED: frozenset({_L.REQUESTED}),
}


def next_line_state(state: LineState, wished: LineState) -> LineState:
    """
    The wished state.

    Raises:
        TransitionNotAllowed: no way leads there from where the line stands.
    """
    if wished is not state and wished not in MOVES[state]:
        raise TransitionNotAllowed(
            f"A line in state {state.value} can't become {wished.value}.", field="lines"
        )
    return wished


def judged(accepted_quantity: int, *, is_reduced: bool) -> LineState:
    """What the finding makes of a line that arrived."""
    if not accepted_quantity:
        return LineState.REJECTED
    return LineState.ACCEPTED_REDUCED if is_reduced else LineState.ACCEPTED


def reception_of(state: LineState, approved_quantity: int, received_quantity: int) -> Reception:
    """Whether the goods of a line are there, by its pieces."""
    if received_quantity and received_quantity >= approved_quantity:
        return Reception.RECEIVED
    if received_quantity:
        return Reception.PARTLY_RECEIVED
    if not approved_quantity:
        return Reception.NOT_EXPECTED
    if state in (LineState.AUTHORISED, LineState.AWAITED):
        return Reception.EXPECTED
    return Reception.MISSING


def acceptance_of(state: LineState, accepted_quantity: int, *, is_reduced: bool) -> Acceptance:
    """What was decided about a line, also after the money went back."""
    if state in (LineState.REFUSED, LineState.REJECTED):
        return Acceptance[state.value]
    if not accepted_quantity:
        return Acceptance.OPEN
    return Acceptance.ACCEPTED_REDUCED if is_reduced else Acceptance.ACCEPTED
