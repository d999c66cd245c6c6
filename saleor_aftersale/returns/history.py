"""The one way a request changes state: looked up, written down, chained, made known."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Optional

from ..events import ReturnTransitioned, publish
from ..values import Requester
from . import states
from .models import ReturnRequest, ReturnTransition
from .states import Action, ReturnState

#: What the first transition has for the hash of the one before.
FIRST = "0" * 64


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

    Effects in order: the table is asked, the state written, a transition appended that
    holds the hash of the one before, ``ReturnTransitioned`` published.

    Args:
        action: None for the submission that made the request.

    Raises:
        TransitionNotAllowed: the table says no; nothing is written.
    """
    before = request.state
    if action is not None:
        after = states.next_state(ReturnState(before), action, requester.role, wished=after)
    request.state = after.value
    request.save(update_fields=["state", "updated_at"])
    last = request.transitions.order_by("-position").first()
    transition = ReturnTransition(
        request=request,
        position=last.position + 1 if last else 1,
        action=action.value if action else "SUBMIT",
        before=before,
        after=after.value,
        role=requester.role.value,
        requester_ref=requester.ref,
        requester_label=requester.label,
        reason=reason,
        occurred_at=now,
        previous_hash=last.hash if last else FIRST,
    )
    transition.hash = hash_of(transition)
    transition.save()
    publish(
        ReturnTransitioned(
            return_request_id=request.pk,
            order_ref=request.order.order_ref,
            before=before,
            after=after.value,
        )
    )


def hash_of(transition: ReturnTransition) -> str:
    """SHA-256 over everything a transition says, the hash of the one before included."""
    said = [
        transition.request_id,
        transition.position,
        transition.action,
        transition.before,
        transition.after,
        transition.role,
        transition.requester_ref,
        transition.requester_label,
        transition.reason,
        transition.occurred_at.timestamp(),
        transition.previous_hash,
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def first_broken(request: ReturnRequest) -> Optional[int]:
    """Position of the first transition that was changed after it was written, or None."""
    previous = FIRST
    for position, transition in enumerate(request.transitions.order_by("position"), 1):
        intact = (transition.position, transition.previous_hash) == (position, previous)
        if not intact or hash_of(transition) != transition.hash:
            return position
        previous = transition.hash
    return None
