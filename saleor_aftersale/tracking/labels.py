"""A parcel's label: number, carrier and link, and what follows when they change."""

from __future__ import annotations

from typing import List, NamedTuple, Optional

from django.utils import timezone

from ..config import settings_of
from . import host_parcels, promises, pushes
from .carriers import choice, recognise
from .host_parcels import TrackingField
from .models import OrderRecord, Shipment
from .news import derive

#: Columns that are about a number, and what they are for another one.
_TOLD_OF_A_NUMBER = {
    "promised_from": None,
    "promised_until": None,
    "promise_received_at": None,
    "heard_at": None,
    "late_since": None,
    "stalled_at": None,
    "poll_at": None,
    "poll_failures": 0,
}


class Label(NamedTuple):
    """What is known of a parcel from the outside; named as the columns of ``Shipment``."""

    tracking_number: str
    carrier: str
    is_carrier_set: bool
    tracking_url: str


def label_of(shipment: Shipment) -> Label:
    """The label a parcel has."""
    return Label(*(getattr(shipment, name) for name in Label._fields))


def new_label(record: OrderRecord, read: TrackingField, *, named: str = "") -> Label:
    """
    The label of a parcel we know nothing else of.

    Args:
        named: carrier code from staff or an app, normalised; empty: none.
    """
    certain = named or read.carrier
    usual = "" if certain or not read.number else _usual_carrier(record)
    carrier = choice.carrier_of(read.number, named=named, certain=read.carrier, likely=[usual])
    return Label(read.number, carrier, bool(named), read.url_for(carrier))


def label_now(record: OrderRecord, shipment: Shipment, read: TrackingField) -> Label:
    """
    The label of a parcel whose number was read again.

    The carrier we have, told by news or recognised, stays for the number it was told of. For
    another number it stays if nothing is certain and the number may be its.
    """
    had = shipment.carrier
    if shipment.is_carrier_set or not had:
        return new_label(record, read, named=had)
    if shipment.tracking_number not in ("", read.number):
        usual = "" if read.carrier or not read.number else _usual_carrier(record)
        had = choice.carrier_of(read.number, certain=read.carrier, likely=[had, usual])
    return Label(read.number, had, False, read.url_for(had))


def _usual_carrier(record: OrderRecord) -> str:
    """Whom the merchant sends orders of that shipping method with."""
    rules = settings_of(record.channel).shipping_methods
    return promises.carrier_for(rules, record.shipping_method, record.country)


def field_of(record: OrderRecord, shipment: Shipment) -> TrackingField:
    """What was written on a parcel, as ``read_tracking`` gave it then."""
    number, url = shipment.tracking_number, shipment.tracking_url
    ours = recognise.tracking_url(shipment.carrier, number, country=record.country)
    return host_parcels.read_tracking(number if url in ("", ours) else url, record.country)


def carrier_candidates(shipment: Shipment) -> List[recognise.Candidate]:
    """
    Carriers a parcel's number may be of, verified ones first; none once one is certain.

    Args:
        shipment: with its order.
    """
    number, country = shipment.tracking_number, shipment.order.country
    if shipment.is_carrier_set or recognise.recognise(number, country=country):
        return []
    return recognise.candidates(number)


def put_label(
    record: OrderRecord, shipment: Shipment, label: Label, *, is_cancelled: Optional[bool] = None
) -> None:
    """
    Put a label on a parcel, in the order's lock; nothing happens if it has it already.

    Effects in order: what was promised of another number is dropped, the status derived
    without the other number's news, pushes about both numbers read again.

    Args:
        is_cancelled: whether the shop took the parcel back; None leaves that as it is.
    """
    now_known = label._asdict()
    now_known["is_cancelled"] = shipment.is_cancelled if is_cancelled is None else is_cancelled
    changed = [name for name, value in now_known.items() if getattr(shipment, name) != value]
    if not changed:
        return
    numbers = [shipment.tracking_number, label.tracking_number]
    for name in changed:
        setattr(shipment, name, now_known[name])
    if "tracking_number" in changed:
        # That was told of another parcel; the pushes about this one tell it anew.
        for name, nothing in _TOLD_OF_A_NUMBER.items():
            setattr(shipment, name, nothing)
        changed.extend(_TOLD_OF_A_NUMBER)
    shipment.save(update_fields=changed + ["updated_at"])
    derive(record, shipment)
    if {"tracking_number", "is_cancelled"} & set(changed):
        pushes.requeue_pushes(record.channel, numbers, timezone.now())
