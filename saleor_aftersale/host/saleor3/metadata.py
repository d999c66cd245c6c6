"""Metadata of orders on Saleor 3.x: written as ``updateMetadata`` does, apps are told."""

from __future__ import annotations

from typing import Dict, Mapping
from uuid import UUID

from saleor.order.actions import call_order_event
from saleor.order.models import Order
from saleor.plugins.manager import get_plugins_manager
from saleor.webhook.event_types import WebhookEventAsyncType

from ..unwritten import ours, unwritten

__all__ = ["read_order_metadata", "write_order_metadata"]


def read_order_metadata(order_ref: str, *, using: str) -> Dict[str, str]:
    """See ``ports.Metadata.read_order_metadata``."""
    rows = Order.objects.using(using).filter(pk=UUID(order_ref))
    return ours(rows.values_list("metadata", flat=True).first())


def write_order_metadata(
    order_ref: str, *, public: Mapping[str, str], private: Mapping[str, str]
) -> bool:
    """See ``ports.Metadata.write_order_metadata``."""
    # With the whole of Saleor's schema, which may not be built before the app is ready.
    from saleor.graphql.meta.mutations import utils  # noqa: PLC0415 -- app ready

    order = Order.objects.filter(pk=UUID(order_ref)).first()
    if order is None:
        return False
    new_public = unwritten(public, order.metadata)
    new_private = unwritten(private, order.private_metadata)
    # One statement each, which merges keys inside the database: an app that writes another
    # key at the same time loses nothing.
    if new_public:
        utils.update_metadata(order, new_public)
    if new_private:
        utils.update_private_metadata(order, new_private)
    if new_public or new_private:
        manager = get_plugins_manager(allow_replica=False)
        call_order_event(manager, WebhookEventAsyncType.ORDER_METADATA_UPDATED, order)
    return bool(new_public or new_private)
