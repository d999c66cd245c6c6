"""Reads of feedback: of one order, of a page of orders, whether staff owe an answer."""

from __future__ import annotations

from datetime import datetime
from typing import Dict, Iterable, Optional, Set

from ..tracking.models import OrderRecord, Shipment
from ..tracking.statuses import ShipmentStatus
from . import ripeness, scores
from .models import Feedback, ThanksVoucher


def feedback_of(record: OrderRecord) -> Optional[Feedback]:
    """What was said of an order, with its order; None: nothing."""
    return Feedback.objects.filter(order=record).select_related("order").first()


def voucher_of(record: OrderRecord) -> Optional[ThanksVoucher]:
    """The voucher that was promised for feedback on an order, if any."""
    return ThanksVoucher.objects.filter(order=record).first()


def feedback_by_order(order_refs: Iterable[str], *, using: str = "default") -> Dict[str, Feedback]:
    """What was said of orders by their refs, each with its order; one query."""
    rows = Feedback.objects.using(using).filter(order__order_ref__in=list(order_refs))
    return {row.order.order_ref: row for row in rows.select_related("order")}


def vouchers_by_order(
    record_ids: Iterable[int], *, using: str = "default"
) -> Dict[int, ThanksVoucher]:
    """Vouchers promised for feedback, by the key of our order; one query."""
    rows = ThanksVoucher.objects.using(using).filter(order_id__in=list(record_ids))
    return {row.order_id: row for row in rows}


def may_be_rated(record: OrderRecord, now: datetime) -> bool:
    """Whether something of the order can be judged, by what we know of its parcels."""
    return record.order_ref in ripe_orders([record.order_ref], now)


def ripe_orders(order_refs: Iterable[str], now: datetime, *, using: str = "default") -> Set[str]:
    """Those orders of which something can be judged; one query."""
    rows = Shipment.objects.using(using).filter(order__order_ref__in=list(order_refs))
    columns = rows.values_list(
        "order__order_ref",
        "status",
        "is_cancelled",
        "delivered_at",
        "promised_until",
        "estimated_until",
        "created_at",
    )
    return {
        order_ref
        for order_ref, status, is_cancelled, delivered_at, promised, estimated, made_at in columns
        if ripeness.is_ripe(
            [
                ripeness.Sent(
                    ShipmentStatus(status),
                    is_cancelled,
                    delivered_at,
                    promised or estimated,
                    made_at,
                )
            ],
            now,
        )
    }


def has_open_low_score(email: str, *, using: str = "default") -> bool:
    """
    Whether somebody was let down and has no answer yet, whichever order it was about.

    Args:
        email: its case is no matter.
    """
    owed = Feedback.objects.using(using).filter(
        reply_by__isnull=False, answered_at__isnull=True, score__in=scores.LOW
    )
    return bool(email) and owed.filter(order__customer_email=email.lower()).exists()
