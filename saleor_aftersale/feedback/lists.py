"""What staff looks for: feedback over all orders, narrowed and put in order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Iterable, Optional

from django.db.models import Q, QuerySet

from ..tracking.models import Shipment
from ..values import is_storable
from .models import Feedback

#: Columns a list can be sorted by; none of them is null in its list.
GIVEN_AT = "given_at"
CHANGED_AT = "changed_at"
#: Only what staff owe or owed an answer to.
REPLY_BY = "reply_by"


@dataclass(frozen=True)
class FeedbackFilter:
    """Conditions that hold all at once; None sets none."""

    score_from: Optional[int] = None
    score_until: Optional[int] = None
    #: Whether staff owe an answer.
    is_owed: Optional[bool] = None
    #: Slugs.
    channels: Optional[Iterable[str]] = None
    #: Code of a carrier that brought a parcel of the order; empty: an unknown one.
    carrier: Optional[str] = None
    given_from: Optional[datetime] = None
    given_until: Optional[datetime] = None
    #: State of its voucher, of ``vouchers.VoucherState``.
    voucher_states: Optional[Iterable[str]] = None


def feedback_where(
    wanted: FeedbackFilter,
    *,
    column: str = GIVEN_AT,
    only_channels: Optional[Iterable[str]] = None,
    using: str = "default",
) -> QuerySet[Feedback]:
    """
    Feedback with its orders, ready to be sorted by ``column``; not sorted yet.

    Args:
        only_channels: slugs of the channels the person may work in; None means all.
    """
    rows = Feedback.objects.using(using).select_related("order").filter(_columns(wanted))
    if only_channels is not None:
        rows = rows.filter(order__channel__in=list(only_channels))
    if wanted.channels is not None:
        rows = rows.filter(order__channel__in=list(filter(is_storable, wanted.channels)))
    if wanted.carrier is not None:
        rows = rows.filter(order__in=_orders_by(wanted.carrier, using))
    if wanted.voucher_states is not None:
        rows = rows.filter(order__thanks_voucher__state__in=list(wanted.voucher_states))
    return rows.filter(reply_by__isnull=False) if column == REPLY_BY else rows


def _orders_by(carrier: str, using: str) -> QuerySet[Shipment]:
    """Keys of orders of which that carrier brought a parcel."""
    parcels = Shipment.objects.using(using).filter(is_cancelled=False)
    if not is_storable(carrier):
        return parcels.none().values("order")
    return parcels.filter(carrier=carrier.strip().lower()).values("order")


def _columns(wanted: FeedbackFilter) -> Q:
    """The conditions on feedback's own columns."""
    conditions = Q()
    bounds = {
        "score__gte": wanted.score_from,
        "score__lte": wanted.score_until,
        "given_at__gte": wanted.given_from,
        "given_at__lte": wanted.given_until,
    }
    for lookup, bound in bounds.items():
        if bound is not None:
            conditions &= Q(**{lookup: bound})
    if wanted.is_owed is not None:
        is_owed = Q(reply_by__isnull=False, answered_at__isnull=True)
        conditions &= is_owed if wanted.is_owed else ~is_owed
    return conditions
