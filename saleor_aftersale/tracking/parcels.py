"""
Writes about single parcels: further ones of a fulfillment, their contents, their carrier.

The pieces of a fulfillment are shared out among its parcels: what no further parcel has taken
is in the first one. That one stands for Saleor's own tracking field, so only its carrier is
set here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Dict, List, Mapping, Optional, Tuple

from django.db import transaction
from django.utils import timezone

from ..values import AftersaleError, NotFound, is_storable
from . import host_parcels, labels, pushes
from .carriers.base import normalise_number
from .host_parcels import TrackingField
from .labels import Label
from .models import OrderRecord, Shipment, ShipmentLine

#: More than that is a slip of a program.
MAX_PARCELS = 100


class InvalidParcel(AftersaleError):
    """A parcel can't be as it was asked for."""

    code = "INVALID"


@dataclass(frozen=True)
class WishedParcel:
    """What staff or an app say of a parcel; None leaves a thing as it is."""

    #: A number or a link, as Saleor's own field takes it.
    tracking_number: Optional[str] = None
    #: Carrier code in any case; empty: whoever is recognised.
    carrier: Optional[str] = None
    #: Pieces in it by line ref, each at least 1.
    pieces: Optional[Mapping[str, int]] = None


def add_parcel(fulfillment_ref: str, wish: WishedParcel, now: datetime) -> Shipment:
    """
    A further parcel of a fulfillment we keep; its pieces are taken out of the first one.

    Effects in order: row with number and carrier, pieces, pushes about its number read again.

    Raises:
        NotFound: nothing was sent with such a fulfillment, or it hasn't that line.
        InvalidParcel: no number, one that another of its parcels has, more pieces than the
            first parcel holds, a text that is too long.
    """
    meant = Shipment.objects.filter(fulfillment_ref=fulfillment_ref, position=0)
    first_id = meant.values_list("pk", flat=True).first()
    if first_id is None:
        raise NotFound("Nothing was sent with this fulfillment.", field="fulfillment_id")
    with transaction.atomic():
        record, first = lock_parcel(first_id)
        if first.is_cancelled:
            raise NotFound("Nothing was sent with this fulfillment.", field="fulfillment_id")
        parcels = _parcels_of(fulfillment_ref)
        if len(parcels) >= MAX_PARCELS:
            raise InvalidParcel(f"A fulfillment has up to {MAX_PARCELS} parcels.")
        label = _wished_label(record, parcels, None, wish)
        shipment = Shipment.objects.create(
            order=record,
            fulfillment_ref=fulfillment_ref,
            position=parcels[-1].position + 1,
            origin_country=first.origin_country,
            created_at=now,
            watch_at=now,
            **label._asdict(),
        )
        _put_pieces(parcels + [shipment], shipment, wish.pieces or {})
        pushes.requeue_pushes(record.channel, [label.tracking_number], now)
    return shipment


def change_parcel(shipment_id: int, wish: WishedParcel) -> Shipment:
    """
    Set a parcel's number, carrier or contents; what is None stays.

    A carrier that is named stays until another is, or none; what follows from another number
    is told at ``labels.put_label``.

    Raises:
        NotFound: no such parcel, or a line its fulfillment hasn't.
        InvalidParcel: as ``add_parcel``; number or contents of the first parcel.
    """
    with transaction.atomic():
        record, shipment = lock_parcel(shipment_id)
        if shipment.position == 0:
            _check_first(wish)
        parcels = _parcels_of(shipment.fulfillment_ref)
        labels.put_label(record, shipment, _wished_label(record, parcels, shipment, wish))
        if wish.pieces is not None:
            _put_pieces(parcels, shipment, wish.pieces)
    return shipment


def remove_parcel(shipment_id: int, now: datetime) -> None:
    """
    Delete a further parcel nobody has told anything of; its pieces go back to the first.

    Raises:
        NotFound: no such parcel.
        InvalidParcel: ``CANNOT_DELETE``: it is the first one, or something was told of it.
    """
    with transaction.atomic():
        record, shipment = lock_parcel(shipment_id)
        if shipment.position == 0:
            raise InvalidParcel(
                "The first parcel stands for the fulfillment itself: cancel that in the shop.",
                field="id",
                code="CANNOT_DELETE",
            )
        if shipment.events.exists() or shipment.statements.exists():
            raise InvalidParcel(
                "Events or statements are known of this parcel: it stays.",
                field="id",
                code="CANNOT_DELETE",
            )
        _put_pieces(_parcels_of(shipment.fulfillment_ref), shipment, {})
        shipment.delete()
        pushes.requeue_pushes(record.channel, [shipment.tracking_number], now)


def lock_parcel(shipment_id: int) -> Tuple[OrderRecord, Shipment]:
    """
    A parcel and its order, the order locked until the transaction ends.

    Raises:
        NotFound: there is no such parcel.
    """
    meant = Shipment.objects.filter(pk=shipment_id)
    record = OrderRecord.objects.select_for_update().filter(pk__in=meant.values("order_id")).first()
    # Only now: what is read before the lock may be old by then.
    shipment = meant.first() if record else None
    if record is None or shipment is None:
        raise NotFound("There is no such shipment.", field="id")
    shipment.order = record
    return record, shipment


def _parcels_of(fulfillment_ref: str) -> List[Shipment]:
    return list(Shipment.objects.filter(fulfillment_ref=fulfillment_ref).order_by("position"))


def _check_first(wish: WishedParcel) -> None:
    if wish.tracking_number is not None:
        raise InvalidParcel(
            "This parcel's number is Saleor's own field: "
            "change it with orderFulfillmentUpdateTracking.",
            field="tracking_number",
        )
    if wish.pieces is not None:
        raise InvalidParcel(
            "The first parcel holds what the further ones don't: change their lines.",
            field="lines",
        )


def _wished_label(
    record: OrderRecord, parcels: List[Shipment], shipment: Optional[Shipment], wish: WishedParcel
) -> Label:
    """The label a new or changed parcel gets."""
    named = _checked_carrier(wish.carrier)
    if wish.tracking_number is None and shipment is not None:
        if named is None:
            return labels.label_of(shipment)
        read = labels.field_of(record, shipment)
    else:
        written = _checked_number(wish.tracking_number or "")
        read = host_parcels.read_tracking(written, record.country)
        _check_is_free(read, [parcel for parcel in parcels if parcel != shipment])
    if shipment is None or named is not None:
        return labels.new_label(record, read, named=named or "")
    return labels.label_now(record, shipment, read)


def _checked_carrier(carrier: Optional[str]) -> Optional[str]:
    code = None if carrier is None else carrier.strip().lower()
    if code and (len(code) > 64 or not is_storable(code)):
        raise InvalidParcel("Use up to 64 characters.", field="carrier")
    return code


def _checked_number(written: str) -> str:
    written = written.strip()
    if not normalise_number(written):
        raise InvalidParcel(
            "A further parcel needs a number or a link.", field="tracking_number", code="REQUIRED"
        )
    longest = 2000 if written.lower().startswith(("https://", "http://")) else 255
    if len(written) > longest or not is_storable(written):
        raise InvalidParcel(f"Use up to {longest} characters.", field="tracking_number")
    return written


def _check_is_free(read: TrackingField, others: List[Shipment]) -> None:
    """One number is one parcel: an app that asks twice gets one."""
    taken = {parcel.tracking_number or parcel.tracking_url for parcel in others}
    if (read.number or read.url) in taken:
        raise InvalidParcel(
            "Another parcel of this fulfillment has this number.",
            field="tracking_number",
            code="DUPLICATED",
        )


def _put_pieces(parcels: List[Shipment], target: Shipment, pieces: Mapping[str, int]) -> None:
    """
    Give a further parcel its pieces and the first one the rest, which the sweep then looks at:
    it may hold nothing now, or something again.

    The sum over all parcels stays what was sent: what the customer sends back later doesn't
    change what was in the boxes.
    """
    rows = list(ShipmentLine.objects.filter(shipment__in=parcels).order_by("id"))
    names = {row.line_ref: row.product_name for row in rows}
    rest: Dict[str, int] = Counter()
    for row in rows:
        if row.shipment_id in (parcels[0].pk, target.pk):
            rest[row.line_ref] += row.quantity
    for line_ref, quantity in pieces.items():
        if line_ref not in names:
            raise NotFound("This line isn't in the fulfillment.", field="lines")
        if quantity < 1:
            raise InvalidParcel("Send at least one piece of a line.", field="lines")
        if quantity > rest[line_ref]:
            raise InvalidParcel(
                f"Only {rest[line_ref]} of these are in no other parcel.",
                field="lines",
                code="QUANTITY_EXCEEDED",
            )
        rest[line_ref] -= quantity
    Shipment.objects.filter(pk=parcels[0].pk).update(watch_at=timezone.now())
    ShipmentLine.objects.filter(shipment__in=[parcels[0], target]).delete()
    ShipmentLine.objects.bulk_create(
        ShipmentLine(
            shipment=shipment, line_ref=line_ref, product_name=names[line_ref], quantity=quantity
        )
        for shipment, held in ((parcels[0], rest), (target, pieces))
        for line_ref, quantity in held.items()
        if quantity
    )
