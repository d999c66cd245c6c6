"""Staff's own work on requests: who looks after one, and many done at once."""

from __future__ import annotations

from typing import Any, Callable, List, NamedTuple, Optional, Sequence

from django.db import transaction

from ..values import AftersaleError, Requester
from .checks import InvalidInput
from .history import check_permitted, locked_request
from .models import ReturnRequest
from .states import Action

#: Requests done at once; their orders are locked so long.
MAX_AT_ONCE = 100


def assign_return(
    request_id: str, requester: Requester, *, assignee: Optional[Requester]
) -> ReturnRequest:
    """
    Give a request to a staff member, or to nobody; the same again changes nothing.

    Raises:
        InvalidInput: the person doesn't work on orders of that channel.
    """
    with transaction.atomic():
        request = locked_request(request_id)
        check_permitted(request, Action.ASSIGN, requester)
        if assignee is not None and not assignee.may_manage(request.channel):
            raise InvalidInput(
                "This person doesn't work on orders of that channel.", field="staff_id"
            )
        ref, label = (assignee.ref, assignee.label) if assignee else ("", "")
        if ref != request.assignee_ref:
            request.assignee_ref, request.assignee_label = ref, label
            request.save()
    return request


class Outcome(NamedTuple):
    """What became of one of many requests."""

    #: As the caller named it.
    id: str
    error: Optional[AftersaleError] = None


def do_each(ids: Sequence[str], act: Callable[[str], Any]) -> List[Outcome]:
    """
    Do one thing to many requests, each on its own: one that fails doesn't hold up the others.

    Called outside a transaction, so that no request waits for the one before it.

    Raises:
        InvalidInput: none, too many, or one named twice.
    """
    if not 1 <= len(ids) <= MAX_AT_ONCE:
        raise InvalidInput(f"Name 1 to {MAX_AT_ONCE} requests.", field="ids")
    if len(set(ids)) < len(ids):
        raise InvalidInput("A request may be named once.", field="ids", code="DUPLICATED")
    return [Outcome(one, _done(one, act)) for one in ids]


def _done(one: str, act: Callable[[str], Any]) -> Optional[AftersaleError]:
    try:
        with transaction.atomic():
            act(one)
    except AftersaleError as error:
        return error
    return None
