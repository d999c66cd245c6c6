"""Domain error -> error code: how a refused mutation answers."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import datetime
from functools import wraps
from typing import Any, Callable, List

import graphene
from django.db import transaction
from graphene.utils.str_converters import to_camel_case
from graphql import GraphQLError

from ..host import graphql as host
from ..values import AftersaleError, PermissionRefused

#: Every code a mutation of ours can answer with.
CODES = (
    "ALREADY_CORRECTED",
    "ALREADY_DELIVERED",
    "ALREADY_RETURNED",
    "AMOUNT_EXCEEDED",
    "CANNOT_DELETE",
    "DUPLICATED",
    "EXCEPTION_16_A",
    "EXCEPTION_16_B",
    "EXCEPTION_16_C",
    "EXCEPTION_16_D",
    "EXCEPTION_16_E",
    "EXCEPTION_16_F",
    "EXCEPTION_16_G",
    "EXCEPTION_16_H",
    "EXCEPTION_16_I",
    "EXCEPTION_16_J",
    "EXCEPTION_16_K",
    "EXCEPTION_16_L",
    "EXCEPTION_16_M",
    "EXPIRED_TOKEN",
    "FILE_TOO_LARGE",
    "FILE_TYPE_NOT_SUPPORTED",
    "FILE_UNREADABLE",
    "FINAL_SALE_GOODWILL_ONLY",
    "GIFT_CARD_LINE",
    "INVALID",
    "INVALID_SIGNATURE",
    "INVALID_TOKEN",
    "NOT_A_CONSUMER",
    "NOT_DELIVERED_YET",
    "NOT_FOUND",
    "NOT_LAWFUL",
    "NOT_OFFERED",
    "NOT_OUR_ORDER",
    "NOT_SENT_YET",
    "NOTHING_TO_REFUND",
    "NO_COMMERCIAL_WARRANTY",
    "OTHER_PRODUCT",
    "PERIOD_EXPIRED",
    "PERMISSION_DENIED",
    "PLUGIN_INACTIVE",
    "QUANTITY_EXCEEDED",
    "RATE_LIMITED",
    "REQUIRED",
    "TOO_LONG",
    "TOO_MANY_FILES",
    "TRANSITION_NOT_ALLOWED",
    "UNSUPPORTED",
)

AftersaleErrorCode = graphene.Enum("AftersaleErrorCode", [(code, code) for code in CODES])


class PluginInactive(AftersaleError):
    """The merchant hasn't switched the plugin on in this channel."""

    code = "PLUGIN_INACTIVE"


class AftersaleErrorType(graphene.ObjectType):
    """One fault of an input."""

    field = graphene.String(
        description="Name of the input at fault, with its place in a list, as "
        "`lines.0.quantity`; null for the whole."
    )
    message = graphene.String(required=True, description="What is wrong, for developers.")
    code = graphene.Field(AftersaleErrorCode, required=True, description="The error code.")

    class Meta:
        name = "AftersaleError"
        description = "Why a mutation of the after-sales plugin changed nothing."


def error_of(error: AftersaleError) -> AftersaleErrorType:
    """A domain error as the API shows it; an unlisted code is shown as INVALID."""
    code = error.code if error.code in CODES else AftersaleError.code
    field = to_camel_case(error.field) if error.field else None
    return AftersaleErrorType(field=field, message=error.message, code=code)


def errors_of(error: AftersaleError) -> List[AftersaleErrorType]:
    """An error for each fault it tells of."""
    return [error_of(fault) for fault in error.faults]


def check_moments(given: Any, field: str = "") -> None:
    """
    Refuse times that no clock shows: the host's scalar takes an offset of any size.

    Args:
        given: arguments as they came, lists and inputs inside them.

    Raises:
        AftersaleError: there is such a time among them.
    """
    if isinstance(given, dict):
        for name, inner in given.items():
            check_moments(inner, name)
    elif isinstance(given, list):
        for inner in given:
            check_moments(inner, field)
    elif isinstance(given, datetime):
        try:
            given.utcoffset()
        except ValueError:
            raise AftersaleError("There is no such offset.", field=field) from None


def readable(resolve: Callable[..., Any]) -> Callable[..., Any]:
    """
    A query's resolver whose domain errors reach the caller.

    Saleor shows the class name of an error as ``extensions.exception.code``, and 3.x hides
    the message of any class but its own kinds: so the class gets our code for its name, and
    Saleor's own name for a missing permission, which its Dashboard knows.
    """

    @wraps(resolve)
    def resolved(*args: Any, **kwargs: Any) -> Any:
        try:
            check_moments(kwargs)
            return resolve(*args, **kwargs)
        except AftersaleError as error:
            name = "PermissionDenied" if isinstance(error, PermissionRefused) else error.code
            raise type(name, (GraphQLError,), {})(error.message) from error

    return resolved


class AftersaleMutation(graphene.Mutation):
    """
    Base of our mutations: ``perform`` gives the payload or raises an ``AftersaleError``.

    Not the host's own base class: that one differs between the hosts, and its payload
    would carry two lists of errors on 2.10.1.
    """

    #: False: ``perform`` makes transactions of its own, and what they wrote stays.
    is_atomic = True

    class Meta:
        abstract = True

    @classmethod
    def __init_subclass_with_meta__(cls, **options: Any) -> None:
        super().__init_subclass_with_meta__(**options)
        cls._meta.fields["errors"] = graphene.Field(
            graphene.NonNull(graphene.List(graphene.NonNull(AftersaleErrorType))),
            description="Why nothing was changed; empty when all went well.",
            default_value=[],
        )

    @classmethod
    def perform(cls, info: Any, **data: Any) -> Any:
        """Do it; gives the payload."""
        raise NotImplementedError

    @classmethod
    def mutate(cls, _root: Any, info: Any, **data: Any) -> Any:
        with host.writing(info):
            try:
                # A refused mutation leaves nothing behind, whatever it wrote before.
                check_moments(data)
                with transaction.atomic() if cls.is_atomic else nullcontext():
                    return cls.perform(info, **data)
            except AftersaleError as error:
                return cls(errors=errors_of(error))
