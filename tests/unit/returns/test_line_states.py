"""The states of one line: reception and acceptance are two things."""

import pytest

from saleor_aftersale.returns.line_states import (
    MOVES,
    Acceptance,
    LineState,
    Reception,
    acceptance_of,
    judged,
    next_line_state,
    reception_of,
)
from saleor_aftersale.returns.states import TransitionNotAllowed

L = LineState


def test_every_line_state_is_reachable_when_starting_from_requested():
    reached, waiting = set(), {L.REQUESTED}
    while waiting:
        reached |= waiting
        waiting = {target for state in waiting for target in MOVES[state]} - reached

    assert reached == set(LineState) == set(MOVES)


@pytest.mark.parametrize("wished", [L.RECEIVED, L.ACCEPTED, L.RESOLVED])
def test_line_is_held_back_when_it_was_not_authorised(wished):
    with pytest.raises(TransitionNotAllowed) as refused:
        next_line_state(L.REQUESTED, wished)

    message = f"A line in state REQUESTED can't become {wished.value}."
    assert (refused.value.field, refused.value.message) == ("lines", message)


def test_line_may_stay_where_it_is_when_more_pieces_arrive():
    assert next_line_state(L.RECEIVED, L.RECEIVED) is L.RECEIVED


@pytest.mark.parametrize(
    "state, approved, received, reception",
    [
        (L.REQUESTED, 0, 0, Reception.NOT_EXPECTED),
        (L.REFUSED, 0, 0, Reception.NOT_EXPECTED),
        (L.AUTHORISED, 2, 0, Reception.EXPECTED),
        (L.AWAITED, 2, 0, Reception.EXPECTED),
        (L.RECEIVED, 2, 1, Reception.PARTLY_RECEIVED),
        (L.RECEIVED, 2, 2, Reception.RECEIVED),
        # Rejected or refused goods are there all the same.
        (L.REJECTED, 2, 2, Reception.RECEIVED),
        (L.REFUSED, 2, 2, Reception.RECEIVED),
        (L.MISSING, 2, 0, Reception.MISSING),
        # Accepted although they never came.
        (L.ACCEPTED, 2, 0, Reception.MISSING),
    ],
)
def test_reception_tells_only_what_is_there(state, approved, received, reception):
    assert reception_of(state, approved, received) is reception


@pytest.mark.parametrize(
    "state, accepted, is_reduced, acceptance",
    [
        (L.REQUESTED, 0, False, Acceptance.OPEN),
        (L.RECEIVED, 0, False, Acceptance.OPEN),
        (L.MISSING, 0, False, Acceptance.OPEN),
        (L.REFUSED, 2, False, Acceptance.REFUSED),
        (L.REJECTED, 0, False, Acceptance.REJECTED),
        (L.ACCEPTED, 2, False, Acceptance.ACCEPTED),
        (L.RESOLVED, 2, True, Acceptance.ACCEPTED_REDUCED),
    ],
)
def test_acceptance_tells_only_what_was_decided(state, accepted, is_reduced, acceptance):
    assert acceptance_of(state, accepted, is_reduced=is_reduced) is acceptance


@pytest.mark.parametrize(
    "accepted, is_reduced, state",
    [(0, False, L.REJECTED), (0, True, L.REJECTED), (1, False, L.ACCEPTED)]
    + [(1, True, L.ACCEPTED_REDUCED)],
)
def test_finding_decides_the_state(accepted, is_reduced, state):
    assert judged(accepted, is_reduced=is_reduced) is state
