"""AfterShip Tracking: pushes ``tracking_update``, ``edd_revise``, ``tracking_pending_time``."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ..incidents import Reason
from ..statuses import ShipmentStatus
from . import payloads, signatures
from .base import BadPayload, CarrierUpdate, normalise_number
from .signatures import Scheme

PROVIDER = "aftership"

#: Tags. Source: aftership.com/docs/tracking/enum/delivery-statuses.
STATUS_MAP: Dict[str, ShipmentStatus] = {
    "Pending": ShipmentStatus.PENDING,
    "InfoReceived": ShipmentStatus.INFO_RECEIVED,
    "InTransit": ShipmentStatus.IN_TRANSIT,
    "OutForDelivery": ShipmentStatus.OUT_FOR_DELIVERY,
    "AttemptFail": ShipmentStatus.ATTEMPT_FAILED,
    "AvailableForPickup": ShipmentStatus.READY_FOR_PICKUP,
    "Delivered": ShipmentStatus.DELIVERED,
    "Expired": ShipmentStatus.EXPIRED,
}

#: Sub-statuses; they win over the tag. Source: aftership.com/docs/tracking/enum/
#: delivery-sub-statuses, and support.aftership.com/en/article/
#: learn-about-delivery-sub-statuses-1b0hdlx for Exception_016 and later (March 2026).
REASON_MAP: Dict[str, ShipmentStatus] = {
    **{f"Pending_00{number}": ShipmentStatus.PENDING for number in range(1, 7)},
    "InfoReceived_001": ShipmentStatus.INFO_RECEIVED,
    "InTransit_001": ShipmentStatus.IN_TRANSIT,
    # Acceptance scan: the first sign that the carrier has it.
    "InTransit_002": ShipmentStatus.PICKED_UP,
    **{f"InTransit_00{number}": ShipmentStatus.IN_TRANSIT for number in range(3, 10)},
    "OutForDelivery_001": ShipmentStatus.OUT_FOR_DELIVERY,
    "OutForDelivery_003": ShipmentStatus.OUT_FOR_DELIVERY,
    "OutForDelivery_004": ShipmentStatus.OUT_FOR_DELIVERY,
    "AvailableForPickup_001": ShipmentStatus.READY_FOR_PICKUP,
    "AttemptFail_001": ShipmentStatus.ATTEMPT_FAILED,
    "AttemptFail_002": ShipmentStatus.ATTEMPT_FAILED,
    "AttemptFail_003": ShipmentStatus.ATTEMPT_FAILED,
    **{f"Delivered_00{number}": ShipmentStatus.DELIVERED for number in range(1, 6)},
    # No reason known yet.
    "Exception_001": ShipmentStatus.ON_HOLD,
    # Moved, refused, not collected, non-compliant: they normally lead to a return.
    "Exception_002": ShipmentStatus.ON_HOLD,
    "Exception_003": ShipmentStatus.ON_HOLD,
    "Exception_008": ShipmentStatus.ON_HOLD,
    "Exception_009": ShipmentStatus.ON_HOLD,
    # Customs, external factors.
    "Exception_004": ShipmentStatus.DELAYED,
    "Exception_005": ShipmentStatus.DELAYED,
    # Payment, address, documents.
    "Exception_006": ShipmentStatus.ON_HOLD,
    "Exception_007": ShipmentStatus.ON_HOLD,
    "Exception_018": ShipmentStatus.ON_HOLD,
    "Exception_010": ShipmentStatus.RETURNING,
    "Exception_011": ShipmentStatus.RETURNED_TO_SENDER,
    "Exception_012": ShipmentStatus.DAMAGED,
    "Exception_013": ShipmentStatus.LOST,
    # Processing, weather, late flight.
    "Exception_016": ShipmentStatus.DELAYED,
    "Exception_017": ShipmentStatus.DELAYED,
    "Exception_019": ShipmentStatus.DELAYED,
    "Exception_020": ShipmentStatus.CANCELLED,
    # Disposed of by the carrier: gone.
    "Exception_021": ShipmentStatus.LOST,
    "Expired_001": ShipmentStatus.EXPIRED,
}

#: Sub-statuses that tell why; sources as above. 16 is a fault within the carrier's network, 18
#: are papers that an authority wants.
INCIDENTS: Dict[str, Reason] = {
    "AttemptFail_002": Reason.NOT_HOME,
    "AttemptFail_003": Reason.CLOSED,
    "Exception_001": Reason.UNKNOWN,
    "Exception_002": Reason.WRONG_ADDRESS,
    "Exception_003": Reason.REFUSED,
    "Exception_004": Reason.CUSTOMS_DELAY,
    "Exception_005": Reason.UNKNOWN,
    "Exception_006": Reason.NOT_PAID,
    "Exception_007": Reason.WRONG_ADDRESS,
    "Exception_008": Reason.NOT_COLLECTED,
    "Exception_009": Reason.PACKAGING,
    "Exception_012": Reason.DAMAGED,
    "Exception_013": Reason.LOST,
    "Exception_016": Reason.PROCESSING,
    "Exception_017": Reason.WEATHER,
    "Exception_018": Reason.CUSTOMS_DOCUMENTS,
    "Exception_019": Reason.VEHICLE_PROBLEM,
}

#: AfterShip's slug -> our code; other slugs are codes or aliases we know.
CARRIERS: Dict[str, str] = {"inpost-paczkomaty": "inpost"}

#: News that isn't a scan: no checkpoint tells it.
_WITHOUT_CHECKPOINT = ("Expired", "Pending")

#: The first signs Tracking's pushes, over the body alone: nothing tells a replay from a
#: repetition, which changes nothing. Source: aftership.com/docs/tracking/webhook/
#: webhook-signature. The second is sent for organisations made before 25 October 2022;
#: source: aftership.com/docs/returns/2024-07/webhook/signature.
SCHEMES = (
    Scheme("aftership-hmac-sha256", encoding="base64"),
    Scheme("am-webhook-signature", encoding="base64", prefix="hmac-sha256="),
)


def parse(body: bytes) -> List[CarrierUpdate]:
    """
    Checkpoints of the one parcel a push is about: AfterShip sends all of them each time.

    Expiry, and a parcel nothing is known of yet, are told by the push itself at the time it
    was made.

    Raises:
        BadPayload: with the place of the fault in ``field``.
    """
    data = payloads.load(body)
    message = payloads.part(data, "msg")
    number = normalise_number(payloads.text(message, "tracking_number", "msg", payloads.MAX_NUMBER))
    if not number:
        raise BadPayload("A tracking number is required.", field="msg.tracking_number")
    promised = _promise(message)
    carrier = payloads.carrier_code(payloads.text(message, "slug", "msg"), CARRIERS)
    events = payloads.items(message, "checkpoints", "msg")
    found = [_update(event, place, number, carrier, promised) for place, event in events]
    updates = [update for update in found if update is not None]
    tag = payloads.text(message, "tag", "msg")
    if tag in _WITHOUT_CHECKPOINT and (tag == "Expired" or not updates):
        updates += _summary(data, message, number, carrier)
    return updates


def _update(
    event: Mapping[str, Any], place: str, number: str, carrier: str, promised: payloads.Promise
) -> Optional[CarrierUpdate]:
    """None for a checkpoint without time: the courier gave none, it has no place in a line."""
    # Its documentation has four forms: empty, a date, local time, time with offset.
    moment = payloads.moment(event, "checkpoint_time", place)
    status, code = _status(event, place)
    if moment is None:
        return None
    own = payloads.carrier_code(payloads.text(event, "slug", place), CARRIERS)
    return CarrierUpdate(
        status=status,
        occurred_at=moment,
        tracking_number=number,
        raw_code=code,
        description=payloads.prose(event, "message", place),
        location=_location(event, place),
        payload=event,
        carrier=own or carrier,
        promised_from=promised[0],
        promised_until=promised[1],
        reason=payloads.incident(code, INCIDENTS),
    )


def _summary(
    data: Mapping[str, Any], message: Mapping[str, Any], number: str, carrier: str
) -> List[CarrierUpdate]:
    moment = payloads.unix_time(data, "ts")
    if moment is None:
        return []
    status, code = _status(message, "msg")
    facts = {name: message.get(name) for name in ("tag", "subtag", "subtag_message")}
    update = CarrierUpdate(
        status=status,
        occurred_at=moment,
        tracking_number=number,
        raw_code=code,
        description=payloads.prose(message, "subtag_message", "msg"),
        payload=payloads.storable({"ts": data["ts"], **facts}, "msg"),
        carrier=carrier,
    )
    return [update]


def _status(event: Mapping[str, Any], place: str) -> Tuple[ShipmentStatus, str]:
    """Status and raw code: a new sub-status counts as its tag, a new reason of trouble as none."""
    tag, code = payloads.text(event, "tag", place), payloads.text(event, "subtag", place)
    if code in REASON_MAP:
        return REASON_MAP[code], code
    if not code and tag == "Exception":
        return ShipmentStatus.ON_HOLD, tag
    if not code and tag in STATUS_MAP:
        return STATUS_MAP[tag], tag
    status = payloads.unknown(PROVIDER, code or tag)
    return STATUS_MAP.get(tag, status), code or tag


def _location(event: Mapping[str, Any], place: str) -> str:
    whole = payloads.prose(event, "location", place, payloads.MAX_LOCATION)
    return whole or payloads.address(event, ("city", "state", "country_name"), place)


def _promise(message: Mapping[str, Any]) -> payloads.Promise:
    """What AfterShip thinks now, else the courier's own day."""
    place = "msg.latest_estimated_delivery"
    newest = payloads.part(message, "latest_estimated_delivery", "msg")
    for first, last in (("datetime_min", "datetime_max"), ("datetime", "datetime")):
        promised = payloads.promise(newest, place, first, last, whole_day=True)
        if promised[1]:
            return promised
    day = "expected_delivery"
    return payloads.promise(message, "msg", day, day, whole_day=True)


def verify(body: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> None:
    """Base64 HMAC-SHA256 over the body; see ``signatures.verify``."""
    signatures.verify(SCHEMES, body, headers, secrets, now)
