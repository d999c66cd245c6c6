"""Every field and mutation we add to the shop's schema, on one page: start here."""

from __future__ import annotations

import graphene

from ..host import graphql as host
from .errors import readable
from .returns import (
    ReturnRequest,
    ReturnRequestCountableConnection,
    ReturnRequestFilterInput,
    ReturnRequestSortingInput,
    resolve_order_return_requests,
    resolve_return_request,
    resolve_return_requests,
)
from .returns_customer import ReturnRequestCancel, ReturnRequestCreate
from .returns_staff import (
    ReturnRequestApprove,
    ReturnRequestDecline,
    ReturnRequestInspect,
    ReturnRequestReceive,
    ReturnRequestResolve,
)
from .tracking import (
    OrderAccessRequest,
    OrderTimeline,
    ReturnOption,
    ShipmentEventsRecord,
    resolve_order_timeline,
    resolve_return_options,
    resolve_timeline_by_token,
)

_LANGUAGE = "Language of the texts, as `pl`. Left out: the order's own."
_STRANGERS = "Null for strangers, and while the plugin is switched off in the order's channel."


def _order_fields() -> dict:
    return {
        "timeline": (
            host.Field(
                OrderTimeline,
                language=graphene.String(description=_LANGUAGE),
                description="Everything that happened to the order. " + _STRANGERS,
            ),
            resolve_order_timeline,
        ),
        "return_requests": (
            host.Field(
                graphene.List(graphene.NonNull(ReturnRequest)),
                description="Return requests, oldest first. " + _STRANGERS,
            ),
            resolve_order_return_requests,
        ),
        "return_options": (
            host.Field(
                graphene.List(graphene.NonNull(ReturnOption)),
                description="Per line: what is possible today and why not. " + _STRANGERS,
            ),
            resolve_return_options,
        ),
    }


def _queries() -> dict:
    return {
        "order_timeline": (
            host.Field(
                OrderTimeline,
                access_token=graphene.String(required=True, description="From a signed link."),
                language=graphene.String(description=_LANGUAGE),
                description="The timeline of the order a signed link opens.",
            ),
            resolve_timeline_by_token,
        ),
        "return_request": (
            host.Field(
                ReturnRequest,
                id=graphene.ID(description="Id of the return request."),
                access_token=graphene.String(description="From a signed link to the order."),
                description="One return request, for its customer and for staff.",
            ),
            resolve_return_request,
        ),
        "return_requests": (
            host.Field(
                ReturnRequestCountableConnection,
                filter=ReturnRequestFilterInput(),
                sort_by=ReturnRequestSortingInput(),
                first=graphene.Int(),
                last=graphene.Int(),
                after=graphene.String(),
                before=graphene.String(),
                description="Return requests. Requires MANAGE_ORDERS.",
            ),
            resolve_return_requests,
        ),
    }


MUTATIONS = {
    "order_access_request": OrderAccessRequest,
    "return_request_approve": ReturnRequestApprove,
    "return_request_cancel": ReturnRequestCancel,
    "return_request_create": ReturnRequestCreate,
    "return_request_decline": ReturnRequestDecline,
    "return_request_inspect": ReturnRequestInspect,
    "return_request_receive": ReturnRequestReceive,
    "return_request_resolve": ReturnRequestResolve,
    "shipment_events_record": ShipmentEventsRecord,
}


def install() -> None:
    """
    Add all of it to the shop's schema; called once, when the app is ready.

    Raises:
        ImproperlyConfigured: the schema is built already: too late.
    """
    queries = {name: (field, readable(resolve)) for name, (field, resolve) in _queries().items()}
    mutations = {name: mutation.Field() for name, mutation in MUTATIONS.items()}
    host.extend_schema(queries, mutations, _order_fields())
