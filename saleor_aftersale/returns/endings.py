"""The end of a request: when nothing is left to pay, to send or to do by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Optional

from ..values import SYSTEM
from .history import move
from .line_states import LineState, next_line_state
from .models import Remedy, ReturnRequest
from .states import Action, RefundState, ReturnState


def last_decision(request: ReturnRequest) -> Optional[Remedy]:
    """What was decided last; None for a request of an older release, or not decided yet."""
    return request.remedies.order_by("number").last()


def complete_if_done(request: ReturnRequest, now: datetime) -> None:
    """
    Complete a locked request when its last decision is carried out; safe to repeat.

    Staff may have ended it without money before the provider's late yes.
    """
    if request.state not in (ReturnState.RESOLVING.value, ReturnState.RESOLUTION_FAILED.value):
        return
    decision = last_decision(request)
    if decision is not None:
        if decision.is_awaited and decision.done_at is None:
            return
        if decision.refunds.exclude(state=RefundState.SETTLED.value).exists():
            return
    for line in request.lines.filter(accepted_quantity__gt=0):
        line.state = next_line_state(LineState(line.state), LineState.RESOLVED).value
        line.save(update_fields=["state"])
    move(request, Action.COMPLETE, ReturnState.COMPLETED, SYSTEM, now=now)
