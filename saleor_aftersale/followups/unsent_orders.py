"""Finds orders of which nothing was sent for too long, to tell their customers."""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta
from typing import Dict, Iterable, Iterator, List, Optional, Set

from django.core.cache import cache
from django.db import transaction
from django.db.models import Exists, OuterRef

from ..config import Settings, SettingsByChannel
from ..events import OrderUnsent, publish
from ..host import orders
from ..tracking.models import OrderRecord, Shipment
from ..values import Order, OrderStatus
from ..workdays import add_working_days
from .models import OutboxMail

logger = logging.getLogger(__name__)

PREPARING, DELAYED = "order.preparing", "order.delayed_before_shipping"

#: Working days without a parcel, after which a customer wonders.
QUIET_DAYS = 2

#: Older orders are no news: the shop has just begun to use us, or settled it by hand.
MAX_AGE = timedelta(days=45)

#: Orders read together.
TOGETHER = 200

#: Days are counted here: there is no need to look each minute.
EVERY = timedelta(minutes=15)

_CACHE_KEY = "saleor_aftersale.unsent_orders"


def tell_of_unsent(now: datetime) -> int:
    """
    Publish ``OrderUnsent`` for orders that wait too long; gives how many.

    The outbox says who was told already, or wasn't to be: this may run at any time. It looks
    at most once in ``EVERY``.
    """
    if not cache.add(_CACHE_KEY, 1, timeout=int(EVERY.total_seconds())):
        return 0
    settings = SettingsByChannel()
    published = 0
    for records in _waiting(now):
        told = _told(records)
        wanted = [
            record.order_ref
            for record in records
            if settings[record.channel].is_active
            and DELAYED not in told[record.order_ref]
            and (PREPARING not in told[record.order_ref] or settings[record.channel].dispatch_days)
        ]
        found = orders.load_orders(wanted, using="default") if wanted else {}
        for order in found.values():
            event = _event(order, settings[order.channel], told[order.ref], now)
            published += event is not None and _publish(event)
    return published


def promised_on(order: Order, settings: Settings) -> Optional[date]:
    """The day by which the shop promised to send a paid order; None: it promised nothing."""
    if not settings.dispatch_days or not order.is_paid:
        return None
    paid_on = (order.paid_at or order.placed_at).date()
    return add_working_days(paid_on, settings.dispatch_days, order.country)


def _event(
    order: Order, settings: Settings, told: Set[str], now: datetime
) -> Optional[OrderUnsent]:
    if order.status is not OrderStatus.UNFULFILLED:
        return None
    last_on = promised_on(order, settings)
    if last_on is not None and now.date() > last_on:
        return OrderUnsent(order.ref, is_promise_broken=True)
    wonders_on = add_working_days(order.placed_at.date(), QUIET_DAYS, order.country)
    if now.date() < wonders_on or PREPARING in told:
        return None
    return OrderUnsent(order.ref, is_promise_broken=False)


def _waiting(now: datetime) -> Iterator[List[OrderRecord]]:
    """Orders without a parcel, in groups, oldest first."""
    parcels = Shipment.objects.filter(order_id=OuterRef("pk"), is_cancelled=False)
    rows = (
        OrderRecord.objects.filter(
            placed_at__gt=now - MAX_AGE, placed_at__lte=now - timedelta(days=1)
        )
        .annotate(has_parcel=Exists(parcels))
        .filter(has_parcel=False)
        .order_by("pk")
    )
    last = 0
    while True:
        records = list(rows.filter(pk__gt=last)[:TOGETHER])
        if records:
            yield records
        if len(records) < TOGETHER:
            return
        last = records[-1].pk


def _told(records: Iterable[OrderRecord]) -> Dict[str, Set[str]]:
    """Keys of the mails there are already, by order ref."""
    found: Dict[str, Set[str]] = {record.order_ref: set() for record in records}
    rows = OutboxMail.objects.filter(order__in=list(records), key__in=[PREPARING, DELAYED])
    for order_ref, key in rows.values_list("order__order_ref", "key"):
        found[order_ref].add(key)
    return found


def _publish(event: OrderUnsent) -> bool:
    """One that fails doesn't hold up the others."""
    try:
        with transaction.atomic():
            publish(event)
    except Exception:
        logger.exception("Order %s: its customer isn't told that it waits.", event.order_ref)
        return False
    return True
