"""The schema of Saleor 3.x: adding to it, and who asks."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Callable, Dict, FrozenSet, Iterator, List, Mapping, Optional, Tuple

import graphene

# Before the order types: imported on their own they end in a circle of imports.
from saleor.graphql.product import types as _product_types  # noqa: F401  # isort: skip
from saleor.account.models import Group, User
from saleor.channel.models import Channel
from saleor.core.db.connection import allow_writer, allow_writer_in_context
from saleor.core.utils import get_client_ip
from saleor.graphql.core.context import (
    disallow_replica_in_context,
    get_database_connection_name,
    setup_context_user,
)
from saleor.graphql.core.dataloaders import DataLoader
from saleor.graphql.core.enums import OrderDirection
from saleor.graphql.core.fields import BaseField as Field
from saleor.graphql.core.scalars import Date, DateTime
from saleor.graphql.core.types.common import DateTimeRangeInput
from saleor.graphql.core.types.money import Money
from saleor.graphql.core.types.upload import Upload
from saleor.graphql.order.schema import OrderMutations, OrderQueries
from saleor.graphql.order.types import Fulfillment, Order
from saleor.permission.enums import OrderPermissions

from ...values import Requester, Role
from ..extend import extend
from ..rows import Reading, Trip

_Groups = Callable[[], List[Dict[str, Any]]]

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
    return str(root.node.pk)


def fulfillment_refs(root: Any) -> Tuple[str, str]:
    """See ``ports.Graphql.fulfillment_refs``."""
    return str(root.node.order_id), str(root.node.pk)


def order_global_id(order_ref: str) -> str:
    """See ``ports.Graphql.order_global_id``."""
    return graphene.Node.to_global_id("Order", order_ref)


def requester(info: Any) -> Requester:
    """See ``ports.Graphql.requester``."""
    context = info.context
    if not hasattr(context, "aftersale_requester"):
        with allow_writer_in_context(context):
            context.aftersale_requester = _requester(context)
    return context.aftersale_requester


def ask_requester(context: Any, trip: Trip) -> None:
    """See ``ports.Graphql.ask_requester``: the groups of staff."""
    if hasattr(context, "aftersale_groups") or hasattr(context, "aftersale_requester"):
        return
    with allow_writer_in_context(context):
        user = None if context.app else context.user
        if user and user.is_staff and not user.is_superuser:
            context.aftersale_groups = _read_groups.ask([user.pk], trip)


def _requester(context: Any) -> Requester:
    app = context.app
    if app:
        may_manage = app.has_perm(OrderPermissions.MANAGE_ORDERS)
        return Requester(Role.APP, str(app.pk), app.name, may_manage)
    user = context.user
    # Truth, not ``is None``: in queries an anonymous user is a lazy object around None.
    if not user:
        return Requester(Role.ANONYMOUS)
    using = get_database_connection_name(context)
    return _of_user(user, using, getattr(context, "aftersale_groups", None))


def _of_user(user: User, using: str, groups: Optional[_Groups] = None) -> Requester:
    may_manage = user.is_staff and user.has_perm(OrderPermissions.MANAGE_ORDERS)
    asked = groups or _read_groups.ask([user.pk], Trip(using))
    channels = _channels(asked, using) if may_manage and not user.is_superuser else None
    role = Role.STAFF if user.is_staff else Role.CUSTOMER
    return Requester(role, str(user.pk), user.email, may_manage, channels)


def staff_member(user_ref: str) -> Optional[Requester]:
    """See ``ports.Graphql.staff_member``."""
    user = User.objects.filter(pk=user_ref, is_staff=True, is_active=True).first()
    return _of_user(user, "default") if user else None


_read_groups = Reading(
    lambda user_ids: Group.objects.filter(user__in=user_ids).order_by(),
    {"pk": "pk", "is_restricted": "restricted_access_to_channels"},
    keys=int,
)


def _channels(asked: _Groups, using: str) -> Optional[FrozenSet[str]]:
    """Slugs a staff member is restricted to; one group without restriction lifts it."""
    groups = asked()
    if not all(group["is_restricted"] for group in groups):
        return None
    keys = [group["pk"] for group in groups]
    slugs = Channel.objects.using(using).filter(group__in=keys).values_list("slug", flat=True)
    return frozenset(slugs)


def database(info: Any) -> str:
    """See ``ports.Graphql.database``."""
    return get_database_connection_name(info.context)


@contextmanager
def reading(info: Any) -> Iterator[None]:
    """See ``ports.Graphql.reading``."""
    with allow_writer_in_context(info.context):
        yield


@contextmanager
def writing(info: Any) -> Iterator[None]:
    """See ``ports.Graphql.writing``."""
    with allow_writer():
        disallow_replica_in_context(info.context)
        setup_context_user(info.context)
        yield


def client_address(info: Any) -> str:
    """See ``ports.Graphql.client_address``."""
    return get_client_ip(info.context) or ""
