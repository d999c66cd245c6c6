"""Ship24: pushes of new events, of one parcel or several."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ..incidents import Reason
from ..statuses import ShipmentStatus
from . import payloads, signatures
from .base import BadPayload, CarrierUpdate, normalise_number
from .signatures import Scheme

PROVIDER = "ship24"

#: ``statusMilestone``: how the parcel stood at the event. Source: docs.ship24.com/status.
STATUS_MAP: Dict[str, ShipmentStatus] = {
    "pending": ShipmentStatus.PENDING,
    "info_received": ShipmentStatus.INFO_RECEIVED,
    "in_transit": ShipmentStatus.IN_TRANSIT,
    "out_for_delivery": ShipmentStatus.OUT_FOR_DELIVERY,
    "failed_attempt": ShipmentStatus.ATTEMPT_FAILED,
    "available_for_pickup": ShipmentStatus.READY_FOR_PICKUP,
    "delivered": ShipmentStatus.DELIVERED,
    # Stopped; why is told by the code.
    "exception": ShipmentStatus.ON_HOLD,
}

#: ``statusCode``: what the event itself means; it wins over the milestone. Codes that aren't
#: here, as ``data_delivery_proposed``, change nothing. Source: docs.ship24.com/status.
REASON_MAP: Dict[str, ShipmentStatus] = {
    "data_order_created": ShipmentStatus.INFO_RECEIVED,
    "data_order_cancelled": ShipmentStatus.CANCELLED,
    "transit_handover": ShipmentStatus.PICKED_UP,
    "transit_origin_country_departure": ShipmentStatus.IN_TRANSIT,
    "destination_arrival": ShipmentStatus.IN_TRANSIT,
    "customs_received": ShipmentStatus.IN_TRANSIT,
    "customs_cleared": ShipmentStatus.IN_TRANSIT,
    "customs_exception": ShipmentStatus.ON_HOLD,
    "customs_rejected": ShipmentStatus.ON_HOLD,
    "delivery_available_for_pickup": ShipmentStatus.READY_FOR_PICKUP,
    "delivery_out_for_delivery": ShipmentStatus.OUT_FOR_DELIVERY,
    "delivery_attempted": ShipmentStatus.ATTEMPT_FAILED,
    "delivery_exception": ShipmentStatus.ON_HOLD,
    "delivery_refused": ShipmentStatus.ON_HOLD,
    "delivery_delivered": ShipmentStatus.DELIVERED,
    "exception_return": ShipmentStatus.RETURNING,
    "exception_lost": ShipmentStatus.LOST,
    # Destroyed by the carrier: gone.
    "exception_discarded": ShipmentStatus.LOST,
}

#: Codes that tell why.
INCIDENTS: Dict[str, Reason] = {
    "customs_exception": Reason.CUSTOMS_INSPECTION,
    "customs_rejected": Reason.CUSTOMS_PROHIBITED,
    "delivery_exception": Reason.UNKNOWN,
    "delivery_refused": Reason.REFUSED,
    "exception_lost": Reason.LOST,
}

#: Ship24's code -> our code; its posts are country and ``post``.
CARRIERS: Dict[str, str] = {
    "us-post": "usps",
    "pl-post": "poczta-polska",
    "ru-post": "pochta",
    "gb-post": "royal-mail",
    "nl-post": "postnl",
    "fr-post": "la-poste",
    "es-post": "correos",
}

#: The same secret each time: the body isn't signed. Source:
#: docs.ship24.com/webhooks/authentication.
SCHEMES = (
    Scheme(
        "Authorization", message=("secret",), algorithm="none", encoding="text", prefix="Bearer "
    ),
)


def parse(body: bytes) -> List[CarrierUpdate]:
    """
    New events, of as many parcels as the account groups into one push.

    Raises:
        BadPayload: with the place of the fault in ``field``.
    """
    data = payloads.load(body)
    if data.get("trackings") is None:
        raise BadPayload("This is required.", field="trackings")
    found: List[Optional[CarrierUpdate]] = []
    for place, tracking in payloads.items(data, "trackings"):
        number = _number(tracking, place)
        promised = _promise(tracking, place)
        for spot, event in payloads.items(tracking, "events", place):
            found.append(_update(event, spot, number, promised))
    return [update for update in found if update is not None]


def _number(tracking: Mapping[str, Any], place: str) -> str:
    """The number the merchant gave: an event may name another one of the same parcel."""
    tracker = payloads.part(tracking, "tracker", place)
    inner = f"{place}.tracker"
    number = normalise_number(payloads.text(tracker, "trackingNumber", inner, payloads.MAX_NUMBER))
    if not number:
        raise BadPayload("A tracking number is required.", field=f"{inner}.trackingNumber")
    return number


def _promise(tracking: Mapping[str, Any], place: str) -> payloads.Promise:
    shipment = payloads.part(tracking, "shipment", place)
    delivery = payloads.part(shipment, "delivery", f"{place}.shipment")
    inner = f"{place}.shipment.delivery"
    window = payloads.part(delivery, "courierEstimatedDeliveryDate", inner)
    spot = f"{inner}.courierEstimatedDeliveryDate"
    promised = payloads.promise(window, spot, "from", "to", whole_day=True)
    if promised[1]:
        return promised
    day = "estimatedDeliveryDate"
    return payloads.promise(delivery, inner, day, day, whole_day=True)


def _update(
    event: Mapping[str, Any], place: str, number: str, promised: payloads.Promise
) -> Optional[CarrierUpdate]:
    # With offset, without, or a date alone, as the courier gave it.
    # Source: docs.ship24.com/data-format, logistics date and time.
    moment = payloads.moment(event, "occurrenceDatetime", place)
    status, code = _status(event, place)
    if moment is None:
        return None
    return CarrierUpdate(
        status=status,
        occurred_at=moment,
        tracking_number=number,
        raw_code=code,
        description=payloads.prose(event, "status", place),
        location=payloads.prose(event, "location", place, payloads.MAX_LOCATION),
        payload=event,
        carrier=payloads.carrier_code(payloads.text(event, "courierCode", place), CARRIERS),
        promised_from=promised[0],
        promised_until=promised[1],
        reason=payloads.incident(code, INCIDENTS),
    )


def _status(event: Mapping[str, Any], place: str) -> Tuple[ShipmentStatus, str]:
    """Status and raw code; an event without code is told by its milestone."""
    code = payloads.text(event, "statusCode", place)
    milestone = payloads.text(event, "statusMilestone", place)
    if code in REASON_MAP:
        return REASON_MAP[code], code
    if milestone not in STATUS_MAP:
        return payloads.unknown(PROVIDER, code or milestone), code or milestone
    return STATUS_MAP[milestone], code or milestone


def verify(body: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> None:
    """The secret as ``Authorization: Bearer``; see ``signatures.verify``."""
    signatures.verify(SCHEMES, body, headers, secrets, now)
