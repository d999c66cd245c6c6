"""What the shop itself says of a parcel: its tracking field, and all of one we don't keep."""

from __future__ import annotations

from dataclasses import dataclass

from ..config import SettingsByChannel
from ..values import Fulfillment, Order
from . import promises
from .carriers import choice, recognise
from .carriers.base import normalise_number
from .parcel_timeline import Parcel, ParcelLine


def parcel_of(order: Order, fulfillment: Fulfillment, settings: SettingsByChannel) -> Parcel:
    """A parcel as the host holds it, with the carrier a parcel we keep would have."""
    names = {
        line.ref: product_name_of(line.product_name, line.variant_name) for line in order.lines
    }
    read = read_tracking(fulfillment.tracking_number, order.country)
    # As for a parcel we keep, see ``labels.new_label``.
    rules = () if read.carrier or not read.number else settings[order.channel].shipping_methods
    usual = promises.carrier_for(rules, order.shipping_method, order.country)
    carrier = choice.carrier_of(read.number, certain=read.carrier, likely=[usual])
    return Parcel(
        ref=fulfillment.ref,
        created_at=fulfillment.created_at,
        carrier=carrier,
        tracking_number=read.number,
        tracking_url=read.url_for(carrier),
        lines=tuple(
            ParcelLine(line.line_ref, names.get(line.line_ref, ""), line.quantity)
            for line in fulfillment.lines
        ),
    )


def product_name_of(product_name: str, variant_name: str) -> str:
    """Name of an order line as people read it."""
    if variant_name and variant_name != product_name:
        return f"{product_name} ({variant_name})"
    return product_name


@dataclass(frozen=True)
class TrackingField:
    """What the shop wrote into Saleor's one field: a number or a link."""

    #: Normalised; empty when a link doesn't tell it.
    number: str
    #: Code of the carrier, when it is certain; else empty.
    carrier: str
    #: As pasted; empty when a number was written.
    url: str
    country: str

    def url_for(self, carrier: str) -> str:
        """Public link: the pasted one, or the page of that carrier."""
        return self.url or recognise.tracking_url(carrier, self.number, country=self.country)


def read_tracking(value: str, country: str) -> TrackingField:
    """
    Number, carrier and link in what the shop wrote.

    Args:
        country: where the parcel goes, ISO 3166 alpha-2.
    """
    if not value.lower().startswith(("https://", "http://")):
        number = normalise_number(value)
        carrier = recognise.recognise(number, country=country) or ""
        return TrackingField(number, carrier, "", country)
    carrier, number = recognise.carrier_of_url(value) or ("", "")
    return TrackingField(number, carrier, value, country)
