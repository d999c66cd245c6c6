"""Reads of parcels on their way back, by what returns knows them by."""

from __future__ import annotations

from typing import Dict, Iterable

from .models import WAY_BACK, Shipment
from .parcel_timeline import Parcel
from .queries import parcels_of_rows


def ref_of(shipment_id: int) -> str:
    """What returns knows a parcel by."""
    found: str = Shipment.every.values_list("fulfillment_ref", flat=True).get(pk=shipment_id)
    return found[len(WAY_BACK) :]


def parcels_by_ref(refs: Iterable[str], *, using: str = "default") -> Dict[str, Parcel]:
    """Parcels on their way back, by what returns knows them by; three queries."""
    wanted = [WAY_BACK + ref for ref in refs]
    rows = Shipment.every.using(using).filter(fulfillment_ref__in=wanted)
    return {parcel.ref[len(WAY_BACK) :]: parcel for parcel in parcels_of_rows(rows, using=using)}
