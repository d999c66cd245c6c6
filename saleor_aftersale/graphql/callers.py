"""Who calls, what they may touch, and what their ids mean: used by every resolver."""

from __future__ import annotations

import binascii
from dataclasses import dataclass, replace
from typing import Any, Optional, Tuple

import graphene
from django.utils import timezone

from .. import access, config
from ..config import Settings, SettingsByChannel
from ..host import graphql as host
from ..host import orders
from ..returns import queries as return_queries
from ..returns.models import ReturnRequest
from ..tracking import queries as tracking_queries
from ..tracking.models import OrderRecord
from ..values import NotFound, Order, PermissionRefused, Requester, Role
from .errors import PluginInactive


def ref_of(global_id: str, type_name: str, field: str) -> str:
    """
    The key inside a global id.

    Raises:
        NotFound: it is no id of that type.
    """
    try:
        found_type, key = graphene.Node.from_global_id(global_id)
    except (ValueError, UnicodeDecodeError, binascii.Error):
        found_type, key = "", ""
    is_key = key.isascii() and key.replace("-", "").isalnum() and len(key) <= 36
    if found_type != type_name or not is_key:
        raise NotFound(f"This is no id of a {type_name}.", field=field)
    return key


def own_key(global_id: str, type_name: str, field: str) -> int:
    """The same for our own types, whose keys are numbers."""
    key = ref_of(global_id, type_name, field)
    if not (key.isascii() and key.isdigit() and len(key) < 19):
        raise NotFound(f"This is no id of a {type_name}.", field=field)
    return int(key)


def settings_by_channel(info: Any) -> SettingsByChannel:
    """Settings of all channels, read once per request."""
    return settings_in(info.context, host.database(info))


def settings_in(context: Any, using: str) -> SettingsByChannel:
    """The same for a loader, which knows its database."""
    if getattr(context, "aftersale_settings", (None, None))[0] != using:
        context.aftersale_settings = (using, SettingsByChannel(using))
    return context.aftersale_settings[1]


def active_settings(channel: str) -> Settings:
    """
    Settings of a channel for a mutation.

    Raises:
        PluginInactive: the plugin is switched off there.
    """
    settings = config.settings_of(channel)
    if not settings.is_active:
        raise PluginInactive("The after-sales plugin is not active in this channel.")
    return settings


@dataclass(frozen=True)
class Caller:
    """A requester who proved that the order may be touched."""

    requester: Requester
    order: Order
    settings: Settings


def caller_for_order(info: Any, *, order_id: Optional[str], access_token: Optional[str]) -> Caller:
    """
    Owner, staff of the channel, or guest with a signed link.

    Raises:
        NotFound: no such order, or not theirs: the answer is the same.
        InvalidLink, ExpiredLink: the token doesn't open an order.
        PluginInactive: the plugin is switched off in the order's channel.
    """
    requester = host.requester(info)
    if access_token:
        record = tracking_queries.record_of_link(access_token, timezone.now())
        order = _load(record.order_ref)
        requester = Requester(Role.GUEST, label=record.customer_email)
    else:
        order = _load(ref_of(order_id or "", "Order", "order_id"))
        if not order or not access.may_see_order(requester, order.user_ref, order.channel):
            order = None
    if order is None:
        raise NotFound("There is no such order.", field="order_id")
    requester = in_capacity(requester, order.channel)
    return Caller(requester, order, active_settings(order.channel))


def in_capacity(requester: Requester, channel: str) -> Requester:
    """The same person, who is a customer of an own order where they don't work on orders."""
    if requester.role in (Role.STAFF, Role.APP) and not requester.may_manage(channel):
        return replace(requester, role=Role.CUSTOMER, may_manage_orders=False)
    return requester


def _load(order_ref: str) -> Optional[Order]:
    return orders.load_orders([order_ref], using="default").get(order_ref)


def staff_for(info: Any, channel: Optional[str] = None) -> Requester:
    """
    A staff member or app with MANAGE_ORDERS.

    Args:
        channel: also permitted to work there.

    Raises:
        PermissionRefused: it is somebody else.
    """
    requester = host.requester(info)
    permitted = requester.may_manage_orders if channel is None else requester.may_manage(channel)
    if not permitted:
        raise PermissionRefused("This needs the permission MANAGE_ORDERS.")
    return requester


def staff_and_request(info: Any, global_id: str) -> tuple[Requester, ReturnRequest]:
    """
    Staff and the return request they work on.

    Raises:
        PermissionRefused: no MANAGE_ORDERS, said before anything is looked up.
        NotFound: no such request, or one of a channel they don't work in.
        PluginInactive: the plugin is switched off in its channel.
    """
    staff_for(info)
    request = return_queries.get_request(str(own_key(global_id, "ReturnRequest", "id")))
    requester = host.requester(info)
    if not requester.may_manage(request.order.channel):
        raise NotFound("There is no such return request.", field="id")
    active_settings(request.order.channel)
    return requester, request


def check_link(info: Any, access_token: Optional[str]) -> Optional[OrderRecord]:
    """
    The order a link opens, if there is one. A link that doesn't hold is refused before
    anything is looked up: the answer is then the same whether the thing it was sent with
    exists or not.

    Raises:
        InvalidLink, ExpiredLink: there is a token, and it opens no order.
    """
    if not access_token:
        return None
    using = host.database(info)
    return tracking_queries.record_of_link(access_token, timezone.now(), using=using)


def seen_request(
    info: Any, key: str, access_token: Optional[str]
) -> Tuple[Requester, ReturnRequest]:
    """
    A return request with its order, and in which capacity the caller sees it.

    What doesn't exist and what isn't theirs takes the same queries: the same time.

    Raises:
        NotFound: no such request, or not theirs.
        InvalidLink, ExpiredLink: the token doesn't open an order.
    """
    requester = host.requester(info)
    opened = check_link(info, access_token)
    row = return_queries.plain_request(key, using=host.database(info))
    if row is not None:
        record = row.order
        if access.may_see_order(requester, record.user_ref, record.channel):
            return in_capacity(requester, record.channel), row
        if opened is not None and opened.pk == record.pk:
            return Requester(Role.GUEST, label=record.customer_email), row
    raise NotFound("There is no such return request.", field="id")


def customer_and_request(
    info: Any, global_id: str, access_token: Optional[str]
) -> Tuple[Requester, ReturnRequest]:
    """
    Whoever may see a return request, and the request: its customer, a guest, staff.

    Raises:
        NotFound: no such request, or not theirs: the answer is the same.
        InvalidLink, ExpiredLink: the token doesn't open an order.
        PluginInactive: the plugin is switched off in its channel.
    """
    key = str(own_key(global_id, "ReturnRequest", "id"))
    requester, request = seen_request(info, key, access_token)
    active_settings(request.order.channel)
    return requester, request
