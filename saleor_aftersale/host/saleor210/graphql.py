"""The schema of Saleor 2.10.1: adding to it, and who asks."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Callable, Iterator, Mapping, Optional, Tuple

import graphene
from graphene import Field
from graphene.types.datetime import Date, DateTime
from saleor.account.models import User
from saleor.core.permissions import OrderPermissions
from saleor.core.utils import get_client_ip
from saleor.graphql.core.dataloaders import DataLoader
from saleor.graphql.core.enums import OrderDirection
from saleor.graphql.core.types.common import DateTimeRangeInput
from saleor.graphql.core.types.money import Money
from saleor.graphql.core.types.upload import Upload
from saleor.graphql.order.schema import OrderMutations, OrderQueries
from saleor.graphql.order.types import Fulfillment, Order

from ...values import Requester, Role
from ..extend import extend
from ..rows import Trip

__all__ = [
    "DataLoader",
    "Date",
    "DateTime",
    "DateTimeRangeInput",
    "Field",
    "Money",
    "OrderDirection",
    "Upload",
    "ask_requester",
    "client_address",
    "database",
    "extend_schema",
    "fulfillment_refs",
    "order_global_id",
    "order_ref",
    "reading",
    "requester",
    "staff_member",
    "writing",
]


def extend_schema(
    queries: Mapping[str, Tuple[Any, Callable[..., Any]]],
    mutations: Mapping[str, Any],
    order_fields: Mapping[str, Tuple[Any, Callable[..., Any]]],
    fulfillment_fields: Mapping[str, Tuple[Any, Callable[..., Any]]],
) -> None:
    """See ``ports.Graphql.extend_schema``."""
    fields = (order_fields, fulfillment_fields)
    extend(OrderQueries, OrderMutations, (Order, Fulfillment), queries, mutations, fields)


def order_ref(root: Any) -> str:
    """See ``ports.Graphql.order_ref``."""
    return str(root.pk)


def fulfillment_refs(root: Any) -> Tuple[str, str]:
    """See ``ports.Graphql.fulfillment_refs``."""
    return str(root.order_id), str(root.pk)


def order_global_id(order_ref: str) -> str:
    """See ``ports.Graphql.order_global_id``."""
    return graphene.Node.to_global_id("Order", order_ref)


def requester(info: Any) -> Requester:
    """See ``ports.Graphql.requester``."""
    context = info.context
    if not hasattr(context, "aftersale_requester"):
        context.aftersale_requester = _requester(context)
    return context.aftersale_requester


def ask_requester(context: Any, trip: Trip) -> None:
    """See ``ports.Graphql.ask_requester``: here staff aren't restricted to channels."""


def _requester(context: Any) -> Requester:
    app = getattr(context, "app", None)
    if app:
        may_manage = app.is_active and app.has_perm(OrderPermissions.MANAGE_ORDERS)
        return Requester(Role.APP, str(app.pk), app.name, may_manage)
    user = getattr(context, "user", None)
    if not user or not user.is_authenticated:
        return Requester(Role.ANONYMOUS)
    return _of_user(user)


def _of_user(user: User) -> Requester:
    may_manage = user.has_perm(OrderPermissions.MANAGE_ORDERS)
    role = Role.STAFF if user.is_staff else Role.CUSTOMER
    return Requester(role, str(user.pk), user.email, may_manage)


def staff_member(user_ref: str) -> Optional[Requester]:
    """See ``ports.Graphql.staff_member``."""
    user = User.objects.filter(pk=user_ref, is_staff=True, is_active=True).first()
    return _of_user(user) if user else None


def database(info: Any) -> str:
    """See ``ports.Graphql.database``."""
    return "default"


@contextmanager
def reading(info: Any) -> Iterator[None]:
    """See ``ports.Graphql.reading``."""
    yield


@contextmanager
def writing(info: Any) -> Iterator[None]:
    """See ``ports.Graphql.writing``: nothing to permit here."""
    yield


def client_address(info: Any) -> str:
    """See ``ports.Graphql.client_address``."""
    return get_client_ip(info.context) or ""
