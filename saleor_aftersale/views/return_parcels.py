"""What the page of a return request shows of the parcels in which goods come back."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from .. import texts, timelines
from ..returns.models import ReturnParcel, ReturnRequest
from ..tracking import coming_back
from ..tracking.carriers import recognise
from ..tracking.parcel_timeline import Parcel
from . import parcels
from .parcels import Reader


def shown_parcels(request: ReturnRequest, reader: Reader) -> List[Dict[str, Any]]:
    """Parcels of a request, oldest first, as people and carriers tell of them; three queries."""
    rows = list(request.parcels.order_by("pk"))
    tracked = coming_back.parcels_by_ref(str(row.pk) for row in rows) if rows else {}
    return [
        {
            **_parcel(row, tracked.get(str(row.pk)), reader),
            "key": row.pk,
            "title": _title(number, len(rows)),
        }
        for number, row in enumerate(rows, 1)
    ]


def _parcel(row: ReturnParcel, tracked: Optional[Parcel], reader: Reader) -> Dict[str, Any]:
    """Without ``status_text`` nobody follows it: then there are only the facts as told."""
    if tracked is not None:
        view = timelines.shipment_view(tracked, reader.now, reader.language)
        return parcels.facts_of(view, reader)
    return {
        "carrier": recognise.name_of(row.carrier),
        "tracking_number": row.tracking_number,
        "tracking_url": recognise.tracking_url(row.carrier, row.tracking_number),
    }


def _title(number: int, total: int) -> str:
    if total == 1:
        return texts.text("return_parcel.only")
    return texts.text("return_parcel.title", position=number, total=total)
