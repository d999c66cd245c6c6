"""Mutations of parcels that customers call, with an account or by link, and staff for them."""

from __future__ import annotations

from typing import Any, Optional, Tuple

import graphene
from django.utils import timezone

from ..host import graphql as host
from ..tracking import statements
from ..tracking.models import Shipment as ShipmentRow
from ..values import NotFound, Requester
from . import callers
from .errors import AftersaleMutation
from .shipments import shown_again
from .tracking import Shipment


class ShipmentReportNotReceived(AftersaleMutation):
    """Notes that a parcel never came."""

    shipment = graphene.Field(Shipment)

    class Arguments:
        id = graphene.ID(required=True)
        access_token = graphene.String(description="From a signed link to the order.")
        comment = graphene.String(description="In the customer's own words.")

    class Meta:
        description = (
            "States that a parcel never came, whatever its carrier says. Stated again, it gives "
            "what was stated first. For the order's customer, also by link, and for staff."
        )

    @classmethod
    def perform(cls, info: Any, **data: Any) -> ShipmentReportNotReceived:
        requester, row = _seen_shipment(info, data["id"], data.get("access_token"))
        callers.active_settings(row.order.channel)
        comment = data.get("comment") or ""
        statements.state_not_received(row.pk, requester, comment, timezone.now())
        return cls(shipment=shown_again(info, row.pk), errors=[])


def _seen_shipment(
    info: Any, global_id: str, access_token: Optional[str]
) -> Tuple[Requester, ShipmentRow]:
    """
    In which capacity the caller speaks of a parcel, and the parcel.

    What doesn't exist and what isn't theirs takes the same queries: the same time.

    Raises:
        NotFound: no such parcel, or not theirs.
        InvalidLink, ExpiredLink: the token doesn't open an order.
    """
    requester = host.requester(info)
    opened = callers.check_link(info, access_token)
    key = callers.wanted_key(global_id, "Shipment")
    row = ShipmentRow.objects.filter(pk=key).select_related("order").first()
    speaking = callers.in_capacity_for(requester, opened, row.order) if row else None
    if row is None or speaking is None:
        raise NotFound("There is no such shipment.", field="id")
    return speaking, row
