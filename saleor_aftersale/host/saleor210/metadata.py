"""Metadata of orders on Saleor 2.10.1, which tells no app of it: they read it themselves."""

from __future__ import annotations

from typing import Dict, Mapping

from django.db import transaction
from saleor.order.models import Order

from ..unwritten import ours, unwritten

__all__ = ["read_order_metadata", "write_order_metadata"]


def read_order_metadata(order_ref: str, *, using: str) -> Dict[str, str]:
    """See ``ports.Metadata.read_order_metadata``."""
    rows = Order.objects.using(using).filter(pk=int(order_ref))
    return ours(rows.values_list("metadata", flat=True).first())


def write_order_metadata(
    order_ref: str, *, public: Mapping[str, str], private: Mapping[str, str]
) -> bool:
    """See ``ports.Metadata.write_order_metadata``."""
    with transaction.atomic():
        # Read and written as a whole: without the lock another key could be lost.
        order = Order.objects.select_for_update().filter(pk=int(order_ref)).first()
        if order is None:
            return False
        new_public = unwritten(public, order.metadata)
        new_private = unwritten(private, order.private_metadata)
        if new_public or new_private:
            order.store_value_in_metadata(new_public)
            order.store_value_in_private_metadata(new_private)
            order.save(update_fields=["metadata", "private_metadata"])
    return bool(new_public or new_private)
