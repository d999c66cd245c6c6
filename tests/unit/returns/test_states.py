"""The state machine of a return request, and the page that shows it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_aftersale.returns import line_states
from saleor_aftersale.returns.states import (
    ALWAYS,
    CUSTOMER,
    NOBODY,
    PERSON,
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
    who_may,
)
from saleor_aftersale.values import Role

PAGE = Path(__file__).parents[3] / "docs" / "states.md"

#: How the page names who may do something.
WHO = {
    STAFF: "staff or app",
    PERSON: "staff",
    CUSTOMER: "customer",
    CUSTOMER | STAFF: "customer, staff or app",
    CUSTOMER | STAFF | SYSTEM: "customer, staff, app or system",
    SYSTEM: "system",
    NOBODY: "nobody",
}

LINE_STATES = line_states.LineState


def rows_of_page(heading):
    """Cells of the table under a heading, its two head lines left out."""
    section = PAGE.read_text(encoding="utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    table = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [tuple(cell.strip() for cell in row) for row in table[2:]]


def named(states, among):
    return ", ".join(f"`{state.value}`" for state in among if state in states)


def targets_of(state):
    found = [move.targets for (source, _), move in TRANSITIONS.items() if source is state]
    return frozenset().union(*found)


def test_page_shows_the_moves_when_compared_with_the_code():
    assert rows_of_page("Moves") == [
        (
            f"`{state.value}`",
            f"`{action.value}`",
            named(move.targets, ReturnState) or "gone",
            WHO[move.who],
            WHO[move.who_with_withdrawal],
        )
        for (state, action), move in TRANSITIONS.items()
    ]


def test_page_shows_what_is_always_possible_when_compared_with_the_code():
    expected = [(f"`{action.value}`", WHO[roles]) for action, roles in ALWAYS.items()]

    assert rows_of_page("In every state but `DRAFT`") == expected


def test_page_shows_the_line_states_when_compared_with_the_code():
    assert rows_of_page("Lines") == [
        (f"`{state.value}`", named(targets, LINE_STATES))
        for state, targets in line_states.MOVES.items()
    ]


def test_every_state_is_reachable_when_starting_from_a_draft():
    reached, waiting = set(), {ReturnState.DRAFT}
    while waiting:
        reached |= waiting
        waiting = {target for state in waiting for target in targets_of(state)} - reached

    assert reached == set(ReturnState)


def test_terminal_states_are_those_that_nothing_leaves_when_listed():
    assert {state for state in ReturnState if not targets_of(state)} == TERMINAL


@pytest.mark.parametrize("has_withdrawal", [False, True])
@pytest.mark.parametrize("state", [state for state in ReturnState if state not in TERMINAL])
def test_somebody_can_go_on_when_a_state_is_not_terminal(state, has_withdrawal):
    leaving = [
        action
        for (source, action), move in TRANSITIONS.items()
        if source is state
        and move.targets != {state}
        and who_may(state, action, has_withdrawal=has_withdrawal)
    ]

    assert leaving


def test_pieces_are_released_when_nothing_came_of_the_request():
    ended = {ReturnState.DECLINED, ReturnState.CANCELLED, ReturnState.EXPIRED}

    assert ended | {ReturnState.DRAFT} == RELEASING


def test_withdrawal_never_expires_and_is_only_taken_back_by_its_customer():
    changed = {
        (state.value, action.value): (WHO[move.who], WHO[move.who_with_withdrawal])
        for (state, action), move in TRANSITIONS.items()
        if move.who != move.who_with_withdrawal
    }

    undone, ended = ("customer, staff or app", "customer"), ("system", "nobody")
    sent = ("nobody", "customer, staff, app or system")
    assert changed == {
        # It is no draft at all.
        ("DRAFT", "UPDATE"): ("customer, staff or app", "nobody"),
        ("SUBMITTED", "PROVIDE_SHIPPING"): sent,
        ("SUBMITTED", "CANCEL"): undone,
        ("NEEDS_INFO", "PROVIDE_SHIPPING"): sent,
        ("NEEDS_INFO", "CANCEL"): undone,
        ("NEEDS_INFO", "EXPIRE"): ended,
        ("APPROVED", "CANCEL"): undone,
        ("APPROVED", "EXPIRE"): ended,
        ("PARTLY_APPROVED", "CANCEL"): undone,
        ("PARTLY_APPROVED", "EXPIRE"): ended,
    }


def test_declining_is_for_a_person_never_for_a_program():
    roles = {move.who for (_, action), move in TRANSITIONS.items() if action is Action.DECLINE}

    assert roles == {frozenset({Role.STAFF})}


@given(
    st.sampled_from(list(ReturnState)),
    st.sampled_from(list(Action)),
    st.sampled_from(list(Role)),
    st.sampled_from(list(ReturnState)),
    st.booleans(),
)
def test_next_state_follows_the_table_when_asked_anything(
    state, action, role, wished, has_withdrawal
):
    move = TRANSITIONS.get((state, action))
    roles = who_may(state, action, has_withdrawal=has_withdrawal)

    if move and wished in move.targets and role in roles:
        found = next_state(state, action, role, wished=wished, has_withdrawal=has_withdrawal)
        assert found is wished
        assert action in actions_for(state, role, has_withdrawal=has_withdrawal)
    else:
        with pytest.raises(TransitionNotAllowed):
            next_state(state, action, role, wished=wished, has_withdrawal=has_withdrawal)


@given(st.data(), st.booleans())
def test_walk_goes_on_until_a_terminal_state_when_anything_is_done(data, has_withdrawal):
    state = data.draw(st.sampled_from([ReturnState.DRAFT, ReturnState.SUBMITTED]))
    for _ in range(30):
        moves = [
            (action, role, target)
            for role in Role
            for action in actions_for(state, role, has_withdrawal=has_withdrawal)
            if (state, action) in TRANSITIONS
            for target in ReturnState
            if target in TRANSITIONS[state, action].targets
        ]
        assert bool(moves) == (state not in TERMINAL)
        if not moves:
            break
        action, role, target = data.draw(st.sampled_from(moves))
        state = next_state(state, action, role, wished=target, has_withdrawal=has_withdrawal)


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
            ReturnState.SUBMITTED,
            Action.DECLINE,
            Role.APP,
            ReturnState.DECLINED,
            "DECLINE is not for app to do.",
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


def test_expiry_of_a_withdrawal_is_refused_by_name():
    with pytest.raises(TransitionNotAllowed) as refused:
        next_state(
            ReturnState.APPROVED,
            Action.EXPIRE,
            Role.SYSTEM,
            wished=ReturnState.EXPIRED,
            has_withdrawal=True,
        )

    message = "A withdrawal request in state APPROVED can't be changed by EXPIRE."
    assert refused.value.message == message


A = Action
DESK = [A.ADD_MESSAGE, A.ADD_NOTE, A.ASSIGN]


@pytest.mark.parametrize(
    "state, role, plain, with_withdrawal",
    [
        (ReturnState.DRAFT, Role.ANONYMOUS, [], []),
        (
            ReturnState.DRAFT,
            Role.GUEST,
            [A.UPDATE, A.SUBMIT, A.DISCARD],
            [A.SUBMIT, A.DISCARD],
        ),
        (
            ReturnState.DRAFT,
            Role.STAFF,
            [A.UPDATE, A.SUBMIT, A.DISCARD],
            [A.SUBMIT, A.DISCARD],
        ),
        (ReturnState.DRAFT, Role.SYSTEM, [A.DISCARD], [A.DISCARD]),
        (ReturnState.SUBMITTED, Role.ANONYMOUS, [], []),
        (
            ReturnState.SUBMITTED,
            Role.CUSTOMER,
            [A.UPDATE, A.CANCEL, A.ADD_MESSAGE],
            [A.UPDATE, A.PROVIDE_SHIPPING, A.CANCEL, A.ADD_MESSAGE],
        ),
        (
            ReturnState.SUBMITTED,
            Role.STAFF,
            [A.APPROVE, A.ASK_FOR_INFO, A.DECLINE, A.CANCEL, *DESK],
            [A.APPROVE, A.ASK_FOR_INFO, A.DECLINE, A.PROVIDE_SHIPPING, *DESK],
        ),
        (
            ReturnState.SUBMITTED,
            Role.APP,
            [A.APPROVE, A.ASK_FOR_INFO, A.CANCEL, *DESK],
            [A.APPROVE, A.ASK_FOR_INFO, A.PROVIDE_SHIPPING, *DESK],
        ),
        (ReturnState.NEEDS_INFO, Role.SYSTEM, [A.EXPIRE], [A.PROVIDE_SHIPPING]),
        (
            ReturnState.APPROVED,
            Role.GUEST,
            [A.PROVIDE_SHIPPING, A.CANCEL, A.ADD_MESSAGE],
            [A.PROVIDE_SHIPPING, A.CANCEL, A.ADD_MESSAGE],
        ),
        (ReturnState.RECEIVED, Role.CUSTOMER, [A.ADD_MESSAGE], [A.ADD_MESSAGE]),
        (
            ReturnState.INSPECTED,
            Role.STAFF,
            [A.DECLINE, A.RESOLVE, *DESK],
            [A.DECLINE, A.RESOLVE, *DESK],
        ),
        (
            ReturnState.RESOLVING,
            Role.SYSTEM,
            [A.COMPLETE, A.FAIL],
            [A.COMPLETE, A.FAIL],
        ),
        (
            ReturnState.COMPLETED,
            Role.CUSTOMER,
            [A.REOPEN, A.ADD_MESSAGE],
            [A.REOPEN, A.ADD_MESSAGE],
        ),
        (ReturnState.EXPIRED, Role.STAFF, DESK, DESK),
    ],
)
def test_actions_are_those_of_the_person_when_asked(state, role, plain, with_withdrawal):
    assert actions_for(state, role) == plain
    assert actions_for(state, role, has_withdrawal=True) == with_withdrawal
