"""The state machine of a return request: tables, and the functions that look things up."""

from __future__ import annotations

from enum import Enum
from typing import Dict, FrozenSet, List, NamedTuple, Optional, Tuple

from ..values import AftersaleError, Role


class TransitionNotAllowed(AftersaleError):
    """The request isn't in a state that permits this, or it is somebody else's move."""

    code = "TRANSITION_NOT_ALLOWED"


class ReturnState(Enum):
    """Where a request stands; see the domain reference."""

    #: Saved, not sent: it holds no piece, sets no clock going, and nobody is told.
    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    #: The merchant asked something and waits for the customer.
    NEEDS_INFO = "NEEDS_INFO"
    APPROVED = "APPROVED"
    PARTLY_APPROVED = "PARTLY_APPROVED"
    DECLINED = "DECLINED"
    #: The goods are on their way back, by the customer's word or the carrier's.
    IN_TRANSIT = "IN_TRANSIT"
    PARTLY_RECEIVED = "PARTLY_RECEIVED"
    RECEIVED = "RECEIVED"
    INSPECTED = "INSPECTED"
    #: The money is on its way.
    RESOLVING = "RESOLVING"
    RESOLUTION_FAILED = "RESOLUTION_FAILED"
    COMPLETED = "COMPLETED"
    #: Taken up again after its end; in the same moment it is SUBMITTED.
    REOPENED = "REOPENED"
    CANCELLED = "CANCELLED"
    #: The customer stayed silent; never a withdrawal.
    EXPIRED = "EXPIRED"


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
    #: Staff stopped waiting for the provider, which may still say yes.
    GIVEN_UP = "GIVEN_UP"


class Action(Enum):
    """What can be done to a request."""

    APPROVE = "APPROVE"
    #: Ask the customer something; nothing goes on before the answer.
    ASK_FOR_INFO = "ASK_FOR_INFO"
    DECLINE = "DECLINE"
    PROVIDE_INFO = "PROVIDE_INFO"
    #: Change note or lines before the merchant has decided.
    UPDATE = "UPDATE"
    #: Say by which parcel the goods come back: the proof of sending.
    PROVIDE_SHIPPING = "PROVIDE_SHIPPING"
    CANCEL = "CANCEL"
    RECEIVE = "RECEIVE"
    INSPECT = "INSPECT"
    #: Refund what was accepted; also after a refund that failed.
    RESOLVE = "RESOLVE"
    REOPEN = "REOPEN"
    ADD_MESSAGE = "ADD_MESSAGE"
    ADD_NOTE = "ADD_NOTE"
    ASSIGN = "ASSIGN"
    #: Also the statement itself, which made the request.
    SUBMIT = "SUBMIT"
    #: Delete a draft, as if it had never been.
    DISCARD = "DISCARD"
    COMPLETE = "COMPLETE"
    FAIL = "FAIL"
    #: Stop waiting for a refund the provider never answered; it may be tried again.
    GIVE_UP = "GIVE_UP"
    EXPIRE = "EXPIRE"


Roles = FrozenSet[Role]

STAFF: Roles = frozenset({Role.STAFF, Role.APP})
#: Saying no is for a person, never for a program. Source: GDPR Art. 22.
PERSON: Roles = frozenset({Role.STAFF})
CUSTOMER: Roles = frozenset({Role.CUSTOMER, Role.GUEST})
SYSTEM: Roles = frozenset({Role.SYSTEM})
NOBODY: Roles = frozenset()


class Move(NamedTuple):
    """One row of the table."""

    #: States it may lead to; with several, the lines decide; with none, the request is gone.
    targets: FrozenSet[ReturnState]
    #: Who may do it when no line is a withdrawal, and when one is.
    who: Roles
    who_with_withdrawal: Roles


_S = ReturnState


def _move(who: Roles, *targets: ReturnState, withdrawal: Optional[Roles] = None) -> Move:
    return Move(frozenset(targets), who, who if withdrawal is None else withdrawal)


#: A withdrawal is the customer's act: only the customer takes it back.
_CANCEL = _move(CUSTOMER | STAFF, _S.CANCELLED, withdrawal=CUSTOMER)
#: A withdrawal that was stated has ended the contract: silence changes nothing about it.
_EXPIRE = _move(SYSTEM, _S.EXPIRED, withdrawal=NOBODY)
_RECEIVE = _move(STAFF, _S.PARTLY_RECEIVED, _S.RECEIVED)
#: By word of a person, or by the carrier's first scan.
_SEND = _move(CUSTOMER | STAFF | SYSTEM, _S.IN_TRANSIT)
#: Before the goods are here: none are wanted back, or the carrier lost them.
_RESOLVE = _move(STAFF, _S.RESOLVING)

TRANSITIONS: Dict[Tuple[ReturnState, Action], Move] = {
    # A withdrawal counts from when it is stated: it is no draft.
    (_S.DRAFT, Action.UPDATE): _move(CUSTOMER | STAFF, _S.DRAFT, withdrawal=NOBODY),
    (_S.DRAFT, Action.SUBMIT): _move(CUSTOMER | STAFF, _S.SUBMITTED),
    (_S.DRAFT, Action.DISCARD): _move(CUSTOMER | STAFF | SYSTEM),
    (_S.SUBMITTED, Action.APPROVE): _move(STAFF, _S.APPROVED, _S.PARTLY_APPROVED),
    (_S.SUBMITTED, Action.ASK_FOR_INFO): _move(STAFF, _S.NEEDS_INFO),
    (_S.SUBMITTED, Action.DECLINE): _move(PERSON, _S.DECLINED),
    (_S.SUBMITTED, Action.UPDATE): _move(CUSTOMER, _S.SUBMITTED),
    # Who has withdrawn may send the goods before anybody acknowledges it.
    (_S.SUBMITTED, Action.PROVIDE_SHIPPING): _move(
        NOBODY, _S.SUBMITTED, withdrawal=CUSTOMER | STAFF | SYSTEM
    ),
    (_S.SUBMITTED, Action.CANCEL): _CANCEL,
    (_S.NEEDS_INFO, Action.PROVIDE_INFO): _move(CUSTOMER | STAFF, _S.SUBMITTED),
    (_S.NEEDS_INFO, Action.UPDATE): _move(CUSTOMER, _S.NEEDS_INFO),
    (_S.NEEDS_INFO, Action.PROVIDE_SHIPPING): _move(
        NOBODY, _S.NEEDS_INFO, withdrawal=CUSTOMER | STAFF | SYSTEM
    ),
    (_S.NEEDS_INFO, Action.CANCEL): _CANCEL,
    (_S.NEEDS_INFO, Action.EXPIRE): _EXPIRE,
    (_S.APPROVED, Action.PROVIDE_SHIPPING): _SEND,
    (_S.APPROVED, Action.CANCEL): _CANCEL,
    (_S.APPROVED, Action.RECEIVE): _RECEIVE,
    (_S.APPROVED, Action.RESOLVE): _RESOLVE,
    (_S.APPROVED, Action.EXPIRE): _EXPIRE,
    (_S.PARTLY_APPROVED, Action.PROVIDE_SHIPPING): _SEND,
    (_S.PARTLY_APPROVED, Action.CANCEL): _CANCEL,
    (_S.PARTLY_APPROVED, Action.RECEIVE): _RECEIVE,
    (_S.PARTLY_APPROVED, Action.RESOLVE): _RESOLVE,
    (_S.PARTLY_APPROVED, Action.EXPIRE): _EXPIRE,
    (_S.IN_TRANSIT, Action.PROVIDE_SHIPPING): _SEND,
    (_S.IN_TRANSIT, Action.RECEIVE): _RECEIVE,
    (_S.IN_TRANSIT, Action.RESOLVE): _RESOLVE,
    (_S.PARTLY_RECEIVED, Action.PROVIDE_SHIPPING): _move(CUSTOMER | STAFF, _S.PARTLY_RECEIVED),
    (_S.PARTLY_RECEIVED, Action.RECEIVE): _RECEIVE,
    (_S.PARTLY_RECEIVED, Action.INSPECT): _move(STAFF, _S.INSPECTED),
    (_S.RECEIVED, Action.INSPECT): _move(STAFF, _S.INSPECTED),
    (_S.INSPECTED, Action.DECLINE): _move(PERSON, _S.DECLINED),
    (_S.INSPECTED, Action.RESOLVE): _RESOLVE,
    (_S.RESOLVING, Action.COMPLETE): _move(SYSTEM, _S.COMPLETED),
    (_S.RESOLVING, Action.FAIL): _move(SYSTEM, _S.RESOLUTION_FAILED),
    (_S.RESOLVING, Action.GIVE_UP): _move(PERSON, _S.RESOLUTION_FAILED),
    (_S.RESOLUTION_FAILED, Action.RESOLVE): _RESOLVE,
    # The provider reports a refund that we had taken for failed.
    (_S.RESOLUTION_FAILED, Action.COMPLETE): _move(SYSTEM, _S.COMPLETED),
    (_S.COMPLETED, Action.REOPEN): _move(CUSTOMER | STAFF, _S.REOPENED),
    (_S.DECLINED, Action.REOPEN): _move(CUSTOMER | STAFF, _S.REOPENED),
    (_S.REOPENED, Action.SUBMIT): _move(CUSTOMER | STAFF, _S.SUBMITTED),
}

#: What moves nothing and is possible in every state but a draft's.
ALWAYS: Dict[Action, Roles] = {
    Action.ADD_MESSAGE: CUSTOMER | STAFF,
    Action.ADD_NOTE: STAFF,
    Action.ASSIGN: STAFF,
}

#: Nothing leads on from here.
TERMINAL: FrozenSet[ReturnState] = frozenset({_S.CANCELLED, _S.EXPIRED})

#: Nobody has to do anything.
ENDED: FrozenSet[ReturnState] = TERMINAL | {_S.COMPLETED, _S.DECLINED}

#: Nobody owes anybody anything.
IDLE: FrozenSet[ReturnState] = ENDED | {_S.DRAFT}

#: Pieces in such a request can be asked for in another.
RELEASING: FrozenSet[ReturnState] = TERMINAL | {_S.DECLINED, _S.DRAFT}

#: Approved, and nothing has arrived.
BEFORE_ARRIVAL: FrozenSet[ReturnState] = frozenset({_S.APPROVED, _S.PARTLY_APPROVED, _S.IN_TRANSIT})


def who_may(state: ReturnState, action: Action, *, has_withdrawal: bool) -> Roles:
    """Who may do that to a request in that state; nobody where it can't be done."""
    move = TRANSITIONS.get((state, action))
    if move is None:
        return NOBODY if state is _S.DRAFT else ALWAYS.get(action, NOBODY)
    return move.who_with_withdrawal if has_withdrawal else move.who


def check_permitted(
    state: ReturnState, action: Action, role: Role, *, has_withdrawal: bool
) -> None:
    """
    Check that the person may do that now, wherever it leads.

    Raises:
        TransitionNotAllowed: not from this state, or not by this person.
    """
    roles = who_may(state, action, has_withdrawal=has_withdrawal)
    if not roles:
        kind = "withdrawal" if (state, action) in TRANSITIONS and has_withdrawal else "return"
        raise TransitionNotAllowed(
            f"A {kind} request in state {state.value} can't be changed by {action.value}."
        )
    if role not in roles:
        raise TransitionNotAllowed(f"{action.value} is not for {role.value} to do.")


def next_state(
    state: ReturnState,
    action: Action,
    role: Role,
    *,
    wished: ReturnState,
    has_withdrawal: bool = False,
) -> ReturnState:
    """
    The state an action leads to.

    Args:
        wished: where the lines say it should go; one of those the table permits.
        has_withdrawal: one of the lines is a withdrawal.

    Raises:
        TransitionNotAllowed: not from this state, or not by this person.
    """
    move = TRANSITIONS.get((state, action))
    if move is None or wished not in move.targets:
        raise TransitionNotAllowed(
            f"A return request in state {state.value} can't be changed by {action.value}."
        )
    check_permitted(state, action, role, has_withdrawal=has_withdrawal)
    return wished


def actions_for(state: ReturnState, role: Role, *, has_withdrawal: bool = False) -> List[Action]:
    """What that person can do now, in the order of ``Action``."""
    return [
        action for action in Action if role in who_may(state, action, has_withdrawal=has_withdrawal)
    ]
