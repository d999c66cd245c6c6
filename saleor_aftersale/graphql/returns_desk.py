"""Mutations of staff's own work: who looks after a request, and many done at once."""

from __future__ import annotations

from typing import Any, Callable, List, NamedTuple, Optional

import graphene
from django.utils import timezone

from ..host import graphql as host
from ..returns import actions, desk
from ..values import AftersaleError, NotFound, Requester
from . import callers
from .errors import AftersaleErrorType, AftersaleMutation, errors_of
from .returns import ReturnRequest, SeenRequest, seen_again
from .returns_staff import StaffMutation
from .tracking import list_of


class ReturnRequestAssign(StaffMutation):
    """Gives a request to a staff member."""

    return_request = graphene.Field(ReturnRequest)

    class Arguments:
        id = graphene.ID(required=True)
        staff_id = graphene.ID(description="Id of a staff member; null: nobody.")

    class Meta:
        description = "Says which staff member looks after a return request."

    @classmethod
    def act(cls, key: str, requester: Requester, data: Any) -> None:
        desk.assign_return(key, requester, assignee=_staff_member(data.get("staff_id")))


def _staff_member(global_id: Optional[str]) -> Optional[Requester]:
    if global_id is None:
        return None
    found = host.staff_member(str(callers.own_key(global_id, "User", "staff_id")))
    if found is None:
        raise NotFound("There is no such staff member.", field="staff_id")
    return found


class ReturnRequestBulkResult(graphene.ObjectType):
    """What became of one of many requests."""

    id = graphene.ID(required=True, description="As sent.")
    return_request = graphene.Field(ReturnRequest, description="Null: nothing was changed.")
    errors = graphene.Field(list_of(AftersaleErrorType))


class SeenResult(NamedTuple):
    """What became of one request, as staff may see it."""

    id: str
    return_request: Optional[SeenRequest]
    errors: List[AftersaleErrorType]


class BulkMutation(AftersaleMutation):
    """Base: does one action to each request; those that can't be changed don't hold up others."""

    #: Each request has a transaction of its own: none waits for the one before it.
    is_atomic = False

    class Meta:
        abstract = True

    @classmethod
    def act(cls, key: str, requester: Requester) -> None:
        """The one action."""
        raise NotImplementedError

    @classmethod
    def perform(cls, info: Any, **data: Any) -> Any:
        callers.staff_for(info)
        outcomes = desk.do_each(data["ids"], cls._act_on(info))
        return cls(results=[_seen(info, *outcome) for outcome in outcomes], errors=[])

    @classmethod
    def _act_on(cls, info: Any) -> Callable[[str], None]:
        def act(global_id: str) -> None:
            requester, row = callers.staff_and_request(info, global_id)
            cls.act(str(row.pk), requester)

        return act


def _seen(info: Any, global_id: str, error: Optional[AftersaleError]) -> SeenResult:
    if error is not None:
        return SeenResult(global_id, None, errors_of(error))
    requester, row = callers.staff_and_request(info, global_id)
    return SeenResult(global_id, seen_again(info, str(row.pk), requester), [])


class ReturnRequestBulkApprove(BulkMutation):
    """Approves many requests."""

    results = graphene.Field(graphene.List(graphene.NonNull(ReturnRequestBulkResult)))

    class Arguments:
        ids = graphene.Argument(list_of(graphene.ID))

    class Meta:
        description = "Approves up to 100 return requests as asked, each on its own."

    @classmethod
    def act(cls, key: str, requester: Requester) -> None:
        actions.approve_return(key, requester, now=timezone.now())


class ReturnRequestBulkReceive(BulkMutation):
    """Notes that the goods of many requests arrived."""

    results = graphene.Field(graphene.List(graphene.NonNull(ReturnRequestBulkResult)))

    class Arguments:
        ids = graphene.Argument(list_of(graphene.ID))

    class Meta:
        description = "Notes that all goods of up to 100 return requests arrived, each on its own."

    @classmethod
    def act(cls, key: str, requester: Requester) -> None:
        actions.receive_return(key, requester, now=timezone.now())
