"""The state machine of a return request: a table, and the function that looks it up."""

from __future__ import annotations

from enum import Enum
from typing import Dict, FrozenSet, List, Tuple

from ..values import AftersaleError, Role


class TransitionNotAllowed(AftersaleError):
    """The request isn't in a state that permits this, or it is somebody else's move."""

    code = "TRANSITION_NOT_ALLOWED"


class ReturnState(Enum):
    """Where a request stands; see the domain reference."""

    SUBMITTED = "SUBMITTED"
    APPROVED = "APPROVED"
    PARTLY_APPROVED = "PARTLY_APPROVED"
    DECLINED = "DECLINED"
    PARTLY_RECEIVED = "PARTLY_RECEIVED"
    RECEIVED = "RECEIVED"
    INSPECTED = "INSPECTED"
    #: The money is on its way.
    RESOLVING = "RESOLVING"
    RESOLUTION_FAILED = "RESOLUTION_FAILED"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"


class LineState(Enum):
    """Where one line of a request stands: asked, awaited, arrived, judged, settled."""

    REQUESTED = "REQUESTED"
    REFUSED = "REFUSED"
    AWAITED = "AWAITED"
    RECEIVED = "RECEIVED"
    MISSING = "MISSING"
    ACCEPTED = "ACCEPTED"
    ACCEPTED_REDUCED = "ACCEPTED_REDUCED"
    REJECTED = "REJECTED"
    RESOLVED = "RESOLVED"


class RefundState(Enum):
    """What became of one refund."""

    #: Written, no worker has taken it.
    DUE = "DUE"
    #: A worker is about to call the provider; a crash leaves it here.
    STARTED = "STARTED"
    #: The provider will tell later.
    REQUESTED = "REQUESTED"
    SETTLED = "SETTLED"
    FAILED = "FAILED"


class Action(Enum):
    """What can be done to a request."""

    APPROVE = "APPROVE"
    DECLINE = "DECLINE"
    CANCEL = "CANCEL"
    RECEIVE = "RECEIVE"
    INSPECT = "INSPECT"
    #: Refund what was accepted; also after a refund that failed.
    RESOLVE = "RESOLVE"
    COMPLETE = "COMPLETE"
    FAIL = "FAIL"


STAFF: FrozenSet[Role] = frozenset({Role.STAFF, Role.APP})
CUSTOMER: FrozenSet[Role] = frozenset({Role.CUSTOMER, Role.GUEST})
SYSTEM: FrozenSet[Role] = frozenset({Role.SYSTEM})

_S = ReturnState

#: (state, action) -> (states it may lead to, who may do it). Several states: the lines decide.
TRANSITIONS: Dict[Tuple[ReturnState, Action], Tuple[FrozenSet[ReturnState], FrozenSet[Role]]] = {
    (_S.SUBMITTED, Action.APPROVE): (frozenset({_S.APPROVED, _S.PARTLY_APPROVED}), STAFF),
    (_S.SUBMITTED, Action.DECLINE): (frozenset({_S.DECLINED}), STAFF),
    (_S.SUBMITTED, Action.CANCEL): (frozenset({_S.CANCELLED}), CUSTOMER | STAFF),
    (_S.APPROVED, Action.CANCEL): (frozenset({_S.CANCELLED}), CUSTOMER | STAFF),
    (_S.PARTLY_APPROVED, Action.CANCEL): (frozenset({_S.CANCELLED}), CUSTOMER | STAFF),
    (_S.APPROVED, Action.RECEIVE): (frozenset({_S.PARTLY_RECEIVED, _S.RECEIVED}), STAFF),
    (_S.PARTLY_APPROVED, Action.RECEIVE): (
        frozenset({_S.PARTLY_RECEIVED, _S.RECEIVED}),
        STAFF,
    ),
    (_S.PARTLY_RECEIVED, Action.RECEIVE): (
        frozenset({_S.PARTLY_RECEIVED, _S.RECEIVED}),
        STAFF,
    ),
    (_S.PARTLY_RECEIVED, Action.INSPECT): (frozenset({_S.INSPECTED}), STAFF),
    (_S.RECEIVED, Action.INSPECT): (frozenset({_S.INSPECTED}), STAFF),
    (_S.INSPECTED, Action.RESOLVE): (frozenset({_S.RESOLVING}), STAFF),
    (_S.INSPECTED, Action.DECLINE): (frozenset({_S.DECLINED}), STAFF),
    (_S.RESOLVING, Action.COMPLETE): (frozenset({_S.COMPLETED}), SYSTEM),
    (_S.RESOLVING, Action.FAIL): (frozenset({_S.RESOLUTION_FAILED}), SYSTEM),
    (_S.RESOLUTION_FAILED, Action.RESOLVE): (frozenset({_S.RESOLVING}), STAFF),
    # The provider reports a refund that we had taken for failed.
    (_S.RESOLUTION_FAILED, Action.COMPLETE): (frozenset({_S.COMPLETED}), SYSTEM),
}

#: Nothing leads on from here.
TERMINAL: FrozenSet[ReturnState] = frozenset({_S.DECLINED, _S.COMPLETED, _S.CANCELLED})

#: Pieces in such a request can be asked for again.
RELEASING: FrozenSet[ReturnState] = frozenset({_S.DECLINED, _S.CANCELLED})


def next_state(
    state: ReturnState, action: Action, role: Role, *, wished: ReturnState
) -> ReturnState:
    """
    The state an action leads to.

    Args:
        wished: where the lines say it should go; one of those the table permits.

    Raises:
        TransitionNotAllowed: not from this state, or not by this person.
    """
    states, roles = TRANSITIONS.get((state, action), (frozenset(), frozenset()))
    if wished not in states:
        raise TransitionNotAllowed(
            f"A return request in state {state.value} can't be changed by {action.value}."
        )
    if role not in roles:
        raise TransitionNotAllowed(f"{action.value} is not for {role.value} to do.")
    return wished


def actions_for(state: ReturnState, role: Role) -> List[Action]:
    """What that person can do now, in the order of ``Action``."""
    possible = {
        action
        for (source, action), (_targets, roles) in TRANSITIONS.items()
        if source is state and role in roles
    }
    return [action for action in Action if action in possible]
