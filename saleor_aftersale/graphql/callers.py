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


def wanted_ref(global_id: Optional[str], type_name: str) -> str:
    """
    The key inside the global id of what is asked for; empty when it is no id of that type.

    Nothing has an empty key, and it is looked for all the same: so the answer, and how long
    it takes, is that of an id that doesn't exist or isn't the caller's to know.
    """
    try:
        found_type, key = graphene.Node.from_global_id(global_id or "")
    except (ValueError, UnicodeDecodeError, binascii.Error):
        found_type, key = "", ""
    is_key = key.isascii() and key.replace("-", "").isalnum() and len(key) <= 36
    return key if found_type == type_name and is_key else ""


def wanted_key(global_id: Optional[str], type_name: str) -> int:
    """The same for our own types, whose keys are numbers; 0 instead of an empty one."""
    key = wanted_ref(global_id, type_name)
    return int(key) if key.isdigit() and len(key) < 19 else 0


def ref_of(global_id: str, type_name: str, field: str) -> str:
    """
    The key inside a global id that says more of what is asked for.

    Raises:
        NotFound: it is no id of that type.
    """
    key = wanted_ref(global_id, type_name)
    if not key:
        raise NotFound(f"This is no id of a {type_name}.", field=field)
    return key


def own_key(global_id: str, type_name: str, field: str) -> int:
    """The same for our own types, whose keys are numbers."""
    key = wanted_key(global_id, type_name)
    if not key:
        raise NotFound(f"This is no id of a {type_name}.", field=field)
    return key


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

    An order isn't read before it is known that the caller may see it.

    Raises:
        NotFound: no such order, or not theirs: the answer is the same.
        InvalidLink, ExpiredLink: the token doesn't open an order.
        PluginInactive: the plugin is switched off in the order's channel.
    """
    requester = host.requester(info)
    if access_token:
        record = tracking_queries.record_of_link(access_token, timezone.now())
        order_ref, is_visible = record.order_ref, True
        requester = Requester(Role.GUEST, label=record.customer_email)
    else:
        order_ref = wanted_ref(order_id, "Order")
        place = orders.owner_and_channel(order_ref)
        is_visible = place is not None and access.may_see_order(requester, *place)
    order = _visible(order_ref, is_visible)
    requester = in_capacity(requester, order.channel)
    return Caller(requester, order, active_settings(order.channel))


def managed_order(requester: Requester, order_id: str) -> Order:
    """
    An order staff may work on.

    Raises:
        NotFound: no such order, or one of a channel they don't work in.
    """
    order_ref = wanted_ref(order_id, "Order")
    place = orders.owner_and_channel(order_ref)
    return _visible(order_ref, place is not None and requester.may_manage(place[1]))


def in_capacity(requester: Requester, channel: str) -> Requester:
    """The same person, who is a customer of an own order where they don't work on orders."""
    if requester.role in (Role.STAFF, Role.APP) and not requester.may_manage(channel):
        return replace(requester, role=Role.CUSTOMER, may_manage_orders=False)
    return requester


def _visible(order_ref: str, is_visible: bool) -> Order:
    found = orders.load_orders([order_ref], using="default") if is_visible else {}
    if order_ref not in found:
        raise NotFound("There is no such order.", field="order_id")
    return found[order_ref]


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
    Staff and the return request they work on, with its order.

    Raises:
        PermissionRefused: no MANAGE_ORDERS, said before anything is looked up.
        NotFound: no such request, or one of a channel they don't work in.
        PluginInactive: the plugin is switched off in its channel.
    """
    requester = staff_for(info)
    request = return_queries.plain_request(str(wanted_key(global_id, "ReturnRequest")))
    if request is None or not requester.may_manage(request.order.channel):
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
    seeing = in_capacity_for(requester, opened, row.order) if row else None
    if row is None or seeing is None:
        raise NotFound("There is no such return request.", field="id")
    return seeing, row


def in_capacity_for(
    requester: Requester, opened: Optional[OrderRecord], record: OrderRecord
) -> Optional[Requester]:
    """
    In which capacity somebody sees what belongs to an order; None: not at all.

    Args:
        opened: the order their link opens.
    """
    if access.may_see_order(requester, record.user_ref, record.channel):
        return in_capacity(requester, record.channel)
    if opened is not None and opened.pk == record.pk:
        return Requester(Role.GUEST, label=record.customer_email)
    return None


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
    key = str(wanted_key(global_id, "ReturnRequest"))
    requester, request = seen_request(info, key, access_token)
    active_settings(request.order.channel)
    return requester, request
