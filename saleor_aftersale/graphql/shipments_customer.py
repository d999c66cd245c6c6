"""Mutations of parcels that customers call, with an account or by link, and staff for them."""

from __future__ import annotations

from typing import Any, Optional

import graphene
from django.utils import timezone

from .. import access
from ..host import graphql as host
from ..tracking import queries as tracking_queries
from ..tracking import statements
from ..tracking.models import Shipment as ShipmentRow
from ..values import NotFound, Requester, Role
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
        token = data.get("access_token")
        callers.check_link(info, token)
        key = callers.own_key(data["id"], "Shipment", "id")
        row = ShipmentRow.objects.filter(pk=key).select_related("order").first()
        requester = _requester_of(info, row, token) if row else None
        if row is None or requester is None:
            raise NotFound("There is no such shipment.", field="id")
        callers.active_settings(row.order.channel)
        comment = data.get("comment") or ""
        statements.state_not_received(row.pk, requester, comment, timezone.now())
        return cls(shipment=shown_again(info, row.pk), errors=[])


def _requester_of(info: Any, row: ShipmentRow, token: Optional[str]) -> Optional[Requester]:
    """In which capacity the caller speaks of a parcel; None: not at all."""
    requester, record = host.requester(info), row.order
    if access.may_see_order(requester, record.user_ref, record.channel):
        return requester
    if token:
        opened = tracking_queries.record_of_link(token, timezone.now())
        if opened.pk == record.pk:
            return Requester(Role.GUEST, label=record.customer_email)
    return None
