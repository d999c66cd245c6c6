"""What staff looks for: parcels over all orders, narrowed and put in order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Iterable, Optional

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from ..values import is_storable
from . import empty_parcels
from .carriers.base import normalise_number
from .models import ParcelStatement, Shipment
from .statements import NOT_RECEIVED

#: Columns a list can be sorted by; none of them is null in its list.
CREATED_AT = "created_at"
#: Only parcels that were delivered.
DELIVERED_AT = "delivered_at"
#: A parcel nobody has told anything of counts from when it was made.
LAST_EVENT_AT = "last_told_at"


@dataclass(frozen=True)
class ShipmentFilter:
    """Conditions that hold all at once; None sets none."""

    statuses: Optional[Iterable[str]] = None
    is_stalled: Optional[bool] = None
    is_late: Optional[bool] = None
    carrier: Optional[str] = None
    #: Slugs.
    channels: Optional[Iterable[str]] = None
    delivered_from: Optional[datetime] = None
    delivered_until: Optional[datetime] = None
    #: A tracking number as written, or an order's number.
    search: str = ""
    is_reported_missing: Optional[bool] = None


def shipments_where(
    wanted: ShipmentFilter,
    *,
    column: str = CREATED_AT,
    only_channels: Optional[Iterable[str]] = None,
    using: str = "default",
) -> QuerySet[Shipment]:
    """
    Parcels with their orders, ready to be sorted by ``column``; not sorted yet. A fulfillment's
    first parcel is left out when further ones hold all there is.

    Args:
        only_channels: slugs of the channels the person may work in; None means all.
    """
    rows = Shipment.objects.using(using).select_related("order").filter(_columns(wanted))
    rows = empty_parcels.with_something(rows, using=using)
    if only_channels is not None:
        rows = rows.filter(order__channel__in=list(only_channels))
    if wanted.channels is not None:
        rows = rows.filter(order__channel__in=list(filter(is_storable, wanted.channels)))
    words = wanted.search.strip()[:255]
    if not is_storable(words + (wanted.carrier or "")):
        return rows.none()
    if words:
        number = normalise_number(words)
        rows = rows.filter(Q(tracking_number=number) | Q(order__number=words))
    if wanted.is_reported_missing is not None:
        stated = ParcelStatement.objects.using(using).filter(kind=NOT_RECEIVED)
        is_stated = Q(pk__in=stated.values("shipment_id"))
        rows = rows.filter(is_stated if wanted.is_reported_missing else ~is_stated)
    if column == DELIVERED_AT:
        return rows.filter(delivered_at__isnull=False)
    if column == LAST_EVENT_AT:
        return rows.annotate(last_told_at=Coalesce("last_event_at", "created_at"))
    return rows


def _columns(wanted: ShipmentFilter) -> Q:
    """The conditions on a parcel's own columns."""
    conditions = Q()
    if wanted.statuses is not None:
        conditions &= Q(status__in=list(wanted.statuses))
    if wanted.is_stalled is not None:
        conditions &= Q(stalled_at__isnull=not wanted.is_stalled)
    if wanted.is_late is not None:
        conditions &= Q(late_since__isnull=not wanted.is_late)
    if wanted.carrier is not None:
        conditions &= Q(carrier=wanted.carrier.strip().lower())
    if wanted.delivered_from is not None:
        conditions &= Q(delivered_at__gte=wanted.delivered_from)
    if wanted.delivered_until is not None:
        conditions &= Q(delivered_at__lte=wanted.delivered_until)
    return conditions
