"""What customers state about a parcel: kept as it was said, for a scan proves no possession."""

from __future__ import annotations

from datetime import datetime
from typing import Dict, Iterable

from django.db import transaction

from ..events import ParcelReportedMissing, publish
from ..values import AftersaleError, Requester, is_storable
from .models import ParcelStatement, Shipment
from .parcels import lock_parcel
from .statuses import ShipmentStatus

NOT_RECEIVED = "NOT_RECEIVED"

MAX_COMMENT = 2000

#: Nobody can miss it yet. Without any news it may have been sent: many carriers tell nothing.
_STILL_IN_THE_SHOP = frozenset({ShipmentStatus.INFO_RECEIVED, ShipmentStatus.CANCELLED})


class InvalidStatement(AftersaleError):
    """A statement that can't be taken."""

    code = "INVALID"


def state_not_received(
    shipment_id: int, requester: Requester, comment: str, now: datetime
) -> ParcelStatement:
    """
    Note that a parcel never came, whatever its carrier says; ``ParcelReportedMissing`` follows.

    Stated again it gives what was stated first and changes nothing.

    Args:
        comment: in the customer's own words, up to 2000 characters; may be empty.

    Raises:
        NotFound: there is no such parcel.
        InvalidStatement: ``TOO_LONG``: a comment that can't be kept; ``NOT_SENT_YET``.
    """
    comment = comment.strip()
    if len(comment) > MAX_COMMENT or not is_storable(comment):
        raise InvalidStatement(
            f"Use up to {MAX_COMMENT} characters.", field="comment", code="TOO_LONG"
        )
    with transaction.atomic():
        record, shipment = lock_parcel(shipment_id)
        stated = shipment.statements.filter(kind=NOT_RECEIVED).first()
        if stated:
            return stated
        if is_still_in_the_shop(shipment):
            raise InvalidStatement(
                "This parcel hasn't been sent yet.", field="id", code="NOT_SENT_YET"
            )
        stated = shipment.statements.create(
            kind=NOT_RECEIVED,
            comment=comment,
            stated_by=requester.label[:254],
            stated_at=now,
        )
        publish(ParcelReportedMissing(shipment.pk, record.order_ref))
    return stated


def is_still_in_the_shop(shipment: Shipment) -> bool:
    """Whether the parcel surely never left: only a label was made, or it was taken back."""
    return ShipmentStatus(shipment.status) in _STILL_IN_THE_SHOP


def stated_at(shipment_ids: Iterable[int], *, using: str = "default") -> Dict[int, datetime]:
    """When each parcel was stated not to have come, by its id; one query."""
    rows = ParcelStatement.objects.using(using).filter(
        shipment_id__in=list(shipment_ids), kind=NOT_RECEIVED
    )
    return dict(rows.values_list("shipment_id", "stated_at"))
