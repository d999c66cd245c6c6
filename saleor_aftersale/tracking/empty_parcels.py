"""
First parcels that nothing was in: further ones hold all there is.

Each stands for Saleor's own tracking field and gets its pieces back when a further parcel is
removed, so it is kept; but there is nothing to show, to look after or to tell of it.
"""

from __future__ import annotations

from typing import FrozenSet, Sequence

from django.db.models import Exists, OuterRef, Q, QuerySet

from .models import Shipment, ShipmentLine, TrackingEvent


def with_something(rows: QuerySet[Shipment], *, using: str = "default") -> QuerySet[Shipment]:
    """The parcels of a query without those that nothing was in."""
    lines = ShipmentLine.objects.using(using).filter(shipment=OuterRef("pk"))
    events = TrackingEvent.objects.using(using).filter(shipment=OuterRef("pk"))
    further = Shipment.objects.using(using).filter(
        fulfillment_ref=OuterRef("fulfillment_ref"), position__gt=0
    )
    # What is cheap to see comes first: the rest is asked only of parcels without a label.
    is_labelled = ~Q(position=0) | ~Q(tracking_number="") | ~Q(tracking_url="")
    return rows.filter(is_labelled | Q(Exists(lines)) | Q(Exists(events)) | ~Q(Exists(further)))


def empty_among(shipments: Sequence[Shipment]) -> FrozenSet[int]:
    """Keys of those nothing was in; no query where none can be."""
    suspects = {
        shipment.pk
        for shipment in shipments
        if shipment.position == 0 and not (shipment.tracking_number or shipment.tracking_url)
    }
    if not suspects:
        return frozenset()
    rows = with_something(Shipment.objects.filter(pk__in=suspects))
    return frozenset(suspects.difference(rows.values_list("pk", flat=True)))
