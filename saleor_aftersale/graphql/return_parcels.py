"""Parcels in which goods come back, with what their carriers say."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Callable, Iterable, List, NamedTuple, Optional

import graphene
from django.utils import timezone

from .. import texts, timelines
from ..host import graphql as host
from ..returns.models import ReturnParcel
from ..tracking import coming_back
from ..tracking.carriers import recognise
from ..tracking.parcel_timeline import Parcel
from .returns_parts import RowsByRequestLoader
from .shipment_details import ShipmentStatusEnum
from .tracking import ShipmentEvent


class ParcelsByRequestLoader(RowsByRequestLoader):
    """Parcels of requests as people told of them."""

    context_key = "aftersale_return_parcels"
    model = ReturnParcel


class _TrackedLoader(host.DataLoader):
    """The same as carriers tell of them, by our key: three queries for a whole page."""

    context_key = "aftersale_tracked_return_parcels"

    def batch_load(self, keys: Iterable[int]) -> List[Optional[Parcel]]:
        wanted = [str(key) for key in keys]
        using = getattr(self, "database_connection_name", "default")
        found = coming_back.parcels_by_ref(wanted, using=using)
        return [found.get(key) for key in wanted]


#: Read again after a mutation.
PARCEL_LOADERS = (ParcelsByRequestLoader,)


class SeenParcel(NamedTuple):
    """A parcel and the language it is told in."""

    row: ReturnParcel
    language: str


def seen_parcels(info: Any, request_key: int, order_language: str) -> Any:
    """Parcels of a request, oldest first."""
    language = texts.language_for(order_language)
    found = ParcelsByRequestLoader(info.context).load(request_key)
    return found.then(lambda rows: [SeenParcel(row, language) for row in rows])


def _told(field: str) -> Callable[[SeenParcel, Any], Any]:
    """A resolver: that part of what the carrier tells; null while nothing is tracked."""

    def resolve(root: SeenParcel, info: Any) -> Any:
        def shown(parcel: Optional[Parcel]) -> Any:
            if parcel is None:
                return None
            view = timelines.shipment_view(parcel, timezone.now(), root.language)
            return getattr(view, field)

        return _TrackedLoader(info.context).load(root.row.pk).then(shown)

    return resolve


class ReturnRequestParcel(graphene.ObjectType):
    """A parcel in which goods come back."""

    tracking_number = graphene.String(required=True)
    carrier = graphene.String(required=True, description="Carrier code, empty while unknown.")
    carrier_name = graphene.String(required=True, description="The carrier as people know it.")
    tracking_url = graphene.String(required=True)
    told_at = graphene.Field(host.DateTime, required=True)
    status = graphene.Field(ShipmentStatusEnum, description="Null: it isn't tracked.")
    text = graphene.String(description="Where it is, in the order's language.")
    heard_at = graphene.Field(host.DateTime, description="When the carrier told anything last.")
    events = graphene.Field(
        graphene.List(graphene.NonNull(ShipmentEvent)), description="Newest first."
    )

    resolve_status = staticmethod(_told("status"))
    resolve_text = staticmethod(_told("text"))
    resolve_heard_at = staticmethod(_told("heard_at"))
    resolve_events = staticmethod(_told("events"))

    @staticmethod
    def resolve_tracking_number(root: SeenParcel, _info: Any) -> str:
        return root.row.tracking_number

    @staticmethod
    def resolve_carrier(root: SeenParcel, _info: Any) -> str:
        return root.row.carrier

    @staticmethod
    def resolve_told_at(root: SeenParcel, _info: Any) -> datetime:
        return root.row.told_at

    @staticmethod
    def resolve_carrier_name(root: SeenParcel, _info: Any) -> str:
        return recognise.name_of(root.row.carrier)

    @staticmethod
    def resolve_tracking_url(root: SeenParcel, _info: Any) -> str:
        return recognise.tracking_url(root.row.carrier, root.row.tracking_number)
