"""The state machine of a return request, and the page that shows it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_aftersale.returns.states import (
    CUSTOMER,
    RELEASING,
    STAFF,
    SYSTEM,
    TERMINAL,
    TRANSITIONS,
    Action,
    ReturnState,
    TransitionNotAllowed,
    actions_for,
    next_state,
)
from saleor_aftersale.values import Role

PAGE = Path(__file__).parents[3] / "docs" / "states.md"

#: How the page names who may do something.
WHO = {STAFF: "staff or app", CUSTOMER | STAFF: "customer, staff or app", SYSTEM: "system"}


def rows_of_page():
    """Cells of the page's table, its two head lines left out."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    table = [line.strip("|").split("|") for line in lines if line.startswith("|")]
    return [tuple(cell.strip() for cell in row) for row in table[2:]]


def rows_of_code():
    return [
        (
            f"`{state.value}`",
            f"`{action.value}`",
            ", ".join(f"`{target.value}`" for target in ReturnState if target in targets),
            WHO[roles],
        )
        for (state, action), (targets, roles) in TRANSITIONS.items()
    ]


def targets_of(state):
    found = [targets for (source, _), (targets, _) in TRANSITIONS.items() if source is state]
    return frozenset().union(*found)


def test_page_shows_the_table_when_compared_with_the_code():
    assert rows_of_page() == rows_of_code()


def test_every_state_is_reachable_when_starting_from_submitted():
    reached, waiting = set(), {ReturnState.SUBMITTED}
    while waiting:
        reached |= waiting
        waiting = {target for state in waiting for target in targets_of(state)} - reached

    assert reached == set(ReturnState)


def test_terminal_states_are_those_that_nothing_leaves_when_listed():
    assert {state for state in ReturnState if not targets_of(state)} == TERMINAL


@pytest.mark.parametrize("state", [state for state in ReturnState if state not in TERMINAL])
def test_an_end_is_reachable_when_a_state_is_not_terminal(state):
    reached, waiting = set(), {state}
    while waiting:
        reached |= waiting
        waiting = {target for found in waiting for target in targets_of(found)} - reached

    assert reached & TERMINAL


def test_pieces_are_released_when_nothing_came_of_the_request():
    assert {ReturnState.DECLINED, ReturnState.CANCELLED} == RELEASING
    assert RELEASING <= TERMINAL


@given(
    st.sampled_from(list(ReturnState)),
    st.sampled_from(list(Action)),
    st.sampled_from(list(Role)),
    st.sampled_from(list(ReturnState)),
)
def test_next_state_follows_the_table_when_asked_anything(state, action, role, wished):
    targets, roles = TRANSITIONS.get((state, action), (frozenset(), frozenset()))

    if wished in targets and role in roles:
        assert next_state(state, action, role, wished=wished) is wished
        assert action in actions_for(state, role)
    else:
        with pytest.raises(TransitionNotAllowed):
            next_state(state, action, role, wished=wished)


@given(st.data())
def test_walk_ends_in_a_terminal_state_when_nothing_more_can_be_done(data):
    state = ReturnState.SUBMITTED
    for _ in range(20):
        moves = [
            (action, role, target)
            for role in Role
            for action in actions_for(state, role)
            for target in ReturnState
            if target in TRANSITIONS[state, action][0]
        ]
        assert bool(moves) == (state not in TERMINAL)
        if not moves:
            break
        action, role, target = data.draw(st.sampled_from(moves))
        state = next_state(state, action, role, wished=target)


@pytest.mark.parametrize(
    "state, action, role, wished, message",
    [
        (
            ReturnState.COMPLETED,
            Action.CANCEL,
            Role.CUSTOMER,
            ReturnState.CANCELLED,
            "A return request in state COMPLETED can't be changed by CANCEL.",
        ),
        # The action is right, the state it is to lead to isn't.
        (
            ReturnState.SUBMITTED,
            Action.APPROVE,
            Role.STAFF,
            ReturnState.RECEIVED,
            "A return request in state SUBMITTED can't be changed by APPROVE.",
        ),
        (
            ReturnState.SUBMITTED,
            Action.APPROVE,
            Role.GUEST,
            ReturnState.APPROVED,
            "APPROVE is not for guest to do.",
        ),
        (
            ReturnState.RESOLVING,
            Action.COMPLETE,
            Role.STAFF,
            ReturnState.COMPLETED,
            "COMPLETE is not for staff to do.",
        ),
    ],
)
def test_next_state_refuses_with_a_code_when_the_table_has_no_such_row(
    state, action, role, wished, message
):
    with pytest.raises(TransitionNotAllowed) as refused:
        next_state(state, action, role, wished=wished)

    error = refused.value
    assert (error.code, error.field, error.message) == ("TRANSITION_NOT_ALLOWED", None, message)


@pytest.mark.parametrize(
    "state, role, actions",
    [
        (ReturnState.SUBMITTED, Role.ANONYMOUS, []),
        (ReturnState.SUBMITTED, Role.CUSTOMER, [Action.CANCEL]),
        (ReturnState.SUBMITTED, Role.GUEST, [Action.CANCEL]),
        (ReturnState.SUBMITTED, Role.STAFF, [Action.APPROVE, Action.DECLINE, Action.CANCEL]),
        (ReturnState.SUBMITTED, Role.SYSTEM, []),
        (ReturnState.APPROVED, Role.APP, [Action.CANCEL, Action.RECEIVE]),
        (ReturnState.RECEIVED, Role.CUSTOMER, []),
        (ReturnState.PARTLY_RECEIVED, Role.STAFF, [Action.RECEIVE, Action.INSPECT]),
        (ReturnState.INSPECTED, Role.STAFF, [Action.DECLINE, Action.RESOLVE]),
        (ReturnState.RESOLVING, Role.STAFF, []),
        (ReturnState.RESOLVING, Role.SYSTEM, [Action.COMPLETE, Action.FAIL]),
        (ReturnState.RESOLUTION_FAILED, Role.STAFF, [Action.RESOLVE]),
        (ReturnState.COMPLETED, Role.STAFF, []),
    ],
)
def test_actions_are_those_of_the_person_when_asked(state, role, actions):
    assert actions_for(state, role) == actions
