"""The one way a request changes state: looked up, written down, chained, made known."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Optional, Set

from django.db.models import QuerySet

from ..events import ReturnTransitioned, publish
from ..tracking.models import OrderRecord
from ..values import NotFound, Requester
from . import chain, clocks, states
from .bases import Basis
from .chain import FIRST, Step
from .models import ReturnRequest, ReturnTransition
from .states import Action, ReturnState

__all__ = ["FIRST", "check_permitted", "first_broken", "locked_request", "move"]


def locked_request(request_id: str) -> ReturnRequest:
    """
    A request with its order, both locked, the order first.

    Raises:
        NotFound: there is none of that id.
    """
    plain = ReturnRequest.objects.filter(pk=request_id).first()
    if plain is None:
        raise NotFound("There is no such return request.", field="id")
    OrderRecord.objects.select_for_update().get(pk=plain.order_id)
    return ReturnRequest.objects.select_for_update().get(pk=plain.pk)


def bases_of(request: ReturnRequest) -> Set[Basis]:
    """The bases of all lines."""
    return {Basis(basis) for basis in request.lines.values_list("basis", flat=True)}


def has_withdrawal(request: ReturnRequest) -> bool:
    """Whether one of the lines is a withdrawal."""
    return Basis.WITHDRAWAL in bases_of(request)


def check_permitted(request: ReturnRequest, action: Action, requester: Requester) -> None:
    """
    Check that the person may do that to a locked request now; whoever comes second hears it.

    Raises:
        TransitionNotAllowed: not in this state, or not by this person.
    """
    states.check_permitted(
        ReturnState(request.state),
        action,
        requester.role,
        has_withdrawal=has_withdrawal(request),
    )


def move(
    request: ReturnRequest,
    action: Optional[Action],
    after: ReturnState,
    requester: Requester,
    *,
    reason: str = "",
    now: datetime,
) -> None:
    """
    Bring a locked request into another state.

    Effects in order: the table is asked, the state written and the clocks set again, a
    transition appended that holds the hash of the one before, ``ReturnTransitioned``
    published, of a draft nothing.

    Args:
        action: None for the submission that made the request.

    Raises:
        TransitionNotAllowed: the table says no; nothing is written.
    """
    before = request.state
    bases = bases_of(request)
    if action is not None:
        after = states.next_state(
            ReturnState(before),
            action,
            requester.role,
            wished=after,
            has_withdrawal=Basis.WITHDRAWAL in bases,
        )
    request.state = after.value
    clocks.set_clocks(request, bases, now)
    request.save()
    _append(
        request,
        requester,
        action=(action or Action.SUBMIT).value,
        before=before,
        after=after.value,
        reason=reason,
        occurred_at=now,
    )
    if after is ReturnState.DRAFT:
        return
    publish(
        ReturnTransitioned(
            return_request_id=request.pk,
            order_ref=request.order.order_ref,
            before=before,
            after=after.value,
        )
    )


def _append(request: ReturnRequest, requester: Requester, **step: Any) -> None:
    """Add a step to the chain; ``step`` are its columns."""
    last = request.transitions.order_by("-position").first()
    transition = ReturnTransition(
        request=request,
        position=last.position + 1 if last else 1,
        role=requester.role.value,
        requester_ref=requester.ref,
        requester_label=requester.label,
        previous_hash=last.hash if last else FIRST,
        **step,
    )
    transition.hash = chain.hash_of(step_of(transition))
    transition.save()


def step_of(transition: ReturnTransition) -> Step:
    """A row as the chain sees it."""
    return Step(*(getattr(transition, name) for name in Step._fields))


def first_broken(request: ReturnRequest) -> Optional[int]:
    """Position of the first transition that was changed after it was written, or None."""
    rows: QuerySet[ReturnTransition] = request.transitions.order_by("position")
    return chain.first_broken([step_of(row) for row in rows])
