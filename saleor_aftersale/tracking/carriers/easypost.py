"""EasyPost: pushes ``tracker.created`` and ``tracker.updated``."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ..incidents import Reason
from ..statuses import ShipmentStatus
from . import payloads, signatures
from .base import BadPayload, CarrierUpdate, normalise_number
from .signatures import Scheme

PROVIDER = "easypost"

#: Source of both tables: docs.easypost.com/docs/trackers, ``status`` and ``status_detail``.
STATUS_MAP: Dict[str, ShipmentStatus] = {
    "pre_transit": ShipmentStatus.INFO_RECEIVED,
    "in_transit": ShipmentStatus.IN_TRANSIT,
    "out_for_delivery": ShipmentStatus.OUT_FOR_DELIVERY,
    "available_for_pickup": ShipmentStatus.READY_FOR_PICKUP,
    "delivered": ShipmentStatus.DELIVERED,
    "return_to_sender": ShipmentStatus.RETURNING,
    # Stopped; why is told by the detail.
    "failure": ShipmentStatus.ON_HOLD,
    "cancelled": ShipmentStatus.CANCELLED,
    "unknown": ShipmentStatus.UNKNOWN,
    "error": ShipmentStatus.UNKNOWN,
}

#: Details that say more than ``in_transit`` and ``failure``. Any other detail, old or new,
#: changes nothing: the status beside it is known.
REASON_MAP: Dict[str, ShipmentStatus] = {
    "received_at_origin_facility": ShipmentStatus.PICKED_UP,
    "delayed": ShipmentStatus.DELAYED,
    "weather_delay": ShipmentStatus.DELAYED,
    "missorted": ShipmentStatus.DELAYED,
    "transit_exception": ShipmentStatus.DELAYED,
    "delivery_exception": ShipmentStatus.ATTEMPT_FAILED,
    "address_correction": ShipmentStatus.ON_HOLD,
    "awaiting_information": ShipmentStatus.ON_HOLD,
    "held": ShipmentStatus.ON_HOLD,
    "refused": ShipmentStatus.ON_HOLD,
    "damaged": ShipmentStatus.DAMAGED,
    "lost": ShipmentStatus.LOST,
    "return": ShipmentStatus.RETURNING,
    "cancelled": ShipmentStatus.CANCELLED,
    "expired": ShipmentStatus.EXPIRED,
}

#: Details that tell why, beside whatever status.
INCIDENTS: Dict[str, Reason] = {
    "weather_delay": Reason.WEATHER,
    "missorted": Reason.SORTING_ERROR,
    "transit_exception": Reason.PROCESSING,
    "delivery_exception": Reason.UNKNOWN,
    "address_correction": Reason.WRONG_ADDRESS,
    "awaiting_information": Reason.WRONG_DATA,
    "refused": Reason.REFUSED,
    "damaged": Reason.DAMAGED,
    "lost": Reason.LOST,
}

#: Statuses a detail may refine.
_REFINED = ("in_transit", "failure")

#: EasyPost's name, in lower case -> our code.
CARRIERS: Dict[str, str] = {
    "dhlexpress": "dhl-express",
    "dhlecs": "dhl-ecommerce",
    "dhlglobalmail": "dhl-ecommerce",
    "dhlpaket": "dhl-parcel-de",
    "fedexdefault": "fedex",
    "fedexsmartpost": "fedex",
    "royalmail": "royal-mail",
    "upsdap": "ups",
    "upsmailinnovations": "ups",
}

#: Source: ``validate_webhook`` in easypost-python 10.7.0, ``easypost/util.py``.
SCHEMES = (Scheme("X-Hmac-Signature", prefix="hmac-sha256-hex=", secret_form="NFKD"),)


def parse(body: bytes) -> List[CarrierUpdate]:
    """
    Details of the one parcel a push is about, all of them each time.

    Nothing for pushes about anything else; a tracker nothing is known of gives ``PENDING``.

    Raises:
        BadPayload: with the place of the fault in ``field``.
    """
    data = payloads.load(body)
    name = payloads.text(data, "description")
    if not name:
        raise BadPayload("The name of the event is required.", field="description")
    if not name.startswith("tracker."):
        return []
    tracker = payloads.part(data, "result")
    written = payloads.text(tracker, "tracking_code", "result", payloads.MAX_NUMBER)
    if not normalise_number(written):
        raise BadPayload("A tracking number is required.", field="result.tracking_code")
    events = payloads.items(tracker, "tracking_details", "result")
    found = [_update(event, place, tracker) for place, event in events]
    return [update for update in found if update is not None] or _summary(tracker)


def _update(
    event: Mapping[str, Any], place: str, tracker: Mapping[str, Any]
) -> Optional[CarrierUpdate]:
    # In the zone of the place, or in UTC where EasyPost doesn't know it: always with offset.
    # Source: docs.easypost.com/docs/trackers.
    moment = payloads.moment(event, "datetime", place)
    status, code = _status(event, place)
    if moment is None:
        return None
    location = payloads.part(event, "tracking_location", place)
    promised = _promise(tracker)
    return CarrierUpdate(
        status=status,
        occurred_at=moment,
        tracking_number=_number(tracker),
        raw_code=code,
        description=payloads.prose(event, "message", place),
        location=payloads.address(
            location, ("city", "state", "country"), f"{place}.tracking_location"
        ),
        payload=event,
        carrier=_carrier(tracker),
        promised_from=promised[0],
        promised_until=promised[1],
        reason=payloads.incident(code.partition(".")[2], INCIDENTS),
    )


def _summary(tracker: Mapping[str, Any]) -> List[CarrierUpdate]:
    """What the tracker itself says, before there is any scan."""
    moment = payloads.moment(tracker, "updated_at", "result")
    status, code = _status(tracker, "result")
    if moment is None:
        return []
    promised = _promise(tracker)
    facts = {name: tracker.get(name) for name in ("status", "status_detail", "updated_at")}
    update = CarrierUpdate(
        status=ShipmentStatus.PENDING
        if payloads.text(tracker, "status", "result") == "unknown"
        else status,
        occurred_at=moment,
        tracking_number=_number(tracker),
        raw_code=code,
        payload=payloads.storable(facts, "result"),
        carrier=_carrier(tracker),
        promised_from=promised[0],
        promised_until=promised[1],
        reason=payloads.incident(code.partition(".")[2], INCIDENTS),
    )
    return [update]


def _number(tracker: Mapping[str, Any]) -> str:
    return normalise_number(payloads.text(tracker, "tracking_code", "result", payloads.MAX_NUMBER))


def _carrier(tracker: Mapping[str, Any]) -> str:
    return payloads.carrier_code(payloads.text(tracker, "carrier", "result"), CARRIERS)


def _promise(tracker: Mapping[str, Any]) -> payloads.Promise:
    # A day is written as its midnight.
    day = "est_delivery_date"
    return payloads.promise(tracker, "result", day, day, whole_day=True)


def _status(event: Mapping[str, Any], place: str) -> Tuple[ShipmentStatus, str]:
    """Status, and both words as raw code: ``in_transit.delayed``."""
    word = payloads.text(event, "status", place, 64)
    detail = payloads.text(event, "status_detail", place, 63)
    code = f"{word}.{detail}" if detail else word
    if word not in STATUS_MAP:
        return payloads.unknown(PROVIDER, code), code
    # Back where it came from.
    if (word, detail) == ("return_to_sender", "arrived_at_destination"):
        return ShipmentStatus.RETURNED_TO_SENDER, code
    if word in _REFINED and detail in REASON_MAP:
        return REASON_MAP[detail], code
    return STATUS_MAP[word], code


def verify(body: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> None:
    """Hex HMAC-SHA256 over the body; see ``signatures.verify``."""
    signatures.verify(SCHEMES, body, headers, secrets, now)
