"""17TRACK, API v2.2 and later: pushes ``TRACKING_UPDATED`` and ``TRACKING_STOPPED``."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ..incidents import Reason
from ..statuses import ShipmentStatus
from . import payloads, signatures
from .base import BadPayload, CarrierUpdate, normalise_number
from .signatures import Scheme

PROVIDER = "17track"

#: Main statuses, and milestones of single events (``stage``).
#: Source of both tables: api.17track.net/en/doc, as public receivers quote it.
STATUS_MAP: Dict[str, ShipmentStatus] = {
    "NotFound": ShipmentStatus.PENDING,
    "InfoReceived": ShipmentStatus.INFO_RECEIVED,
    "PickedUp": ShipmentStatus.PICKED_UP,
    "InTransit": ShipmentStatus.IN_TRANSIT,
    "Departure": ShipmentStatus.IN_TRANSIT,
    "Arrival": ShipmentStatus.IN_TRANSIT,
    "OutForDelivery": ShipmentStatus.OUT_FOR_DELIVERY,
    "AvailableForPickup": ShipmentStatus.READY_FOR_PICKUP,
    "DeliveryFailure": ShipmentStatus.ATTEMPT_FAILED,
    "Delivered": ShipmentStatus.DELIVERED,
    "Expired": ShipmentStatus.EXPIRED,
    "Returning": ShipmentStatus.RETURNING,
    "Returned": ShipmentStatus.RETURNED_TO_SENDER,
}

#: Sub-statuses that say more than what stands before their underscore.
REASON_MAP: Dict[str, ShipmentStatus] = {
    "InTransit_PickedUp": ShipmentStatus.PICKED_UP,
    "InTransit_CustomsRequiringInformation": ShipmentStatus.ON_HOLD,
    "DeliveryFailure_Security": ShipmentStatus.ON_HOLD,
    "DeliveryFailure_Rejected": ShipmentStatus.ON_HOLD,
    "DeliveryFailure_InvalidAddress": ShipmentStatus.ON_HOLD,
    # No reason known yet, recipient not found, customs or security, refused.
    "Exception": ShipmentStatus.ON_HOLD,
    "Exception_Other": ShipmentStatus.ON_HOLD,
    "Exception_NoBody": ShipmentStatus.ON_HOLD,
    "Exception_Security": ShipmentStatus.ON_HOLD,
    "Exception_Rejected": ShipmentStatus.ON_HOLD,
    "Exception_Delayed": ShipmentStatus.DELAYED,
    "Exception_Returning": ShipmentStatus.RETURNING,
    "Exception_Returned": ShipmentStatus.RETURNED_TO_SENDER,
    "Exception_Damage": ShipmentStatus.DAMAGED,
    "Exception_Lost": ShipmentStatus.LOST,
    # Destroyed by the carrier or an authority: gone.
    "Exception_Destroyed": ShipmentStatus.LOST,
    "Exception_Cancel": ShipmentStatus.CANCELLED,
}

#: Sub-statuses that tell why. ``Security`` stands for fees and customs too: nobody knows which.
INCIDENTS: Dict[str, Reason] = {
    "InTransit_CustomsRequiringInformation": Reason.CUSTOMS_DOCUMENTS,
    "DeliveryFailure_NoBody": Reason.NOT_HOME,
    "DeliveryFailure_Security": Reason.SECURITY,
    "DeliveryFailure_Rejected": Reason.REFUSED,
    "DeliveryFailure_InvalidAddress": Reason.WRONG_ADDRESS,
    "Exception": Reason.UNKNOWN,
    "Exception_Other": Reason.UNKNOWN,
    "Exception_NoBody": Reason.NOT_HOME,
    "Exception_Security": Reason.SECURITY,
    "Exception_Rejected": Reason.REFUSED,
    "Exception_Damage": Reason.DAMAGED,
    "Exception_Lost": Reason.LOST,
}

#: 17TRACK's alias of a carrier, in lower case with dashes -> our code.
CARRIERS: Dict[str, str] = {
    "dhl-paket": "dhl-parcel-de",
    "inpost-pl": "inpost",
    "paczkomaty-inpost": "inpost",
}

#: A plain hash, no HMAC. The vendor's page couldn't be read: source is what public receivers
#: do that are in use, all alike.
SCHEMES = (Scheme("sign", message=("body", "/", "secret"), algorithm="sha256"),)


def parse(body: bytes) -> List[CarrierUpdate]:
    """
    Events of the one parcel a push is about, of each carrier on its way, all of them each time.

    Nothing when 17TRACK stops to follow a parcel. Expiry is told at the time of the last look.

    Raises:
        BadPayload: with the place of the fault in ``field``.
    """
    data = payloads.load(body)
    name = payloads.text(data, "event")
    if not name:
        raise BadPayload("The name of the event is required.", field="event")
    if name != "TRACKING_UPDATED":
        return []
    track = payloads.part(data, "data")
    number = normalise_number(payloads.text(track, "number", "data", payloads.MAX_NUMBER))
    if not number:
        raise BadPayload("A tracking number is required.", field="data.number")
    place = "data.track_info"
    if track.get("track_info") is None:
        raise BadPayload("This is required; use API v2.2 or later.", field=place)
    info = payloads.part(track, "track_info", "data")
    promised = _promise(info)
    found: List[Optional[CarrierUpdate]] = []
    providers = payloads.part(info, "tracking", place)
    for spot, provider in payloads.items(providers, "providers", f"{place}.tracking"):
        carrier = _carrier(provider, spot)
        for inner, event in payloads.items(provider, "events", spot):
            found.append(_update(event, inner, number, carrier, promised))
        found.append(_expiry(info, provider, spot, number))
    return [update for update in found if update is not None]


def _carrier(provider: Mapping[str, Any], place: str) -> str:
    names = payloads.part(provider, "provider", place)
    inner = f"{place}.provider"
    name = payloads.prose(names, "alias", inner, 64) or payloads.prose(names, "name", inner, 64)
    return payloads.carrier_code(name, CARRIERS)


def _promise(info: Mapping[str, Any]) -> payloads.Promise:
    place = "data.track_info.time_metrics"
    metrics = payloads.part(info, "time_metrics", "data.track_info")
    estimate = payloads.part(metrics, "estimated_delivery_date", place)
    inner = f"{place}.estimated_delivery_date"
    return payloads.promise(estimate, inner, "from", "to", whole_day=True)


def _update(
    event: Mapping[str, Any], place: str, number: str, carrier: str, promised: payloads.Promise
) -> Optional[CarrierUpdate]:
    # ``time_iso`` has the offset of the place, ``time_utc`` is the same in UTC.
    moment = payloads.moment(event, "time_iso", place) or payloads.moment(event, "time_utc", place)
    status, code = _status(event, place)
    if moment is None:
        return None
    return CarrierUpdate(
        status=status,
        occurred_at=moment,
        tracking_number=number,
        raw_code=code,
        description=payloads.prose(event, "description", place),
        location=_location(event, place),
        payload=event,
        carrier=carrier,
        promised_from=promised[0],
        promised_until=promised[1],
        reason=payloads.incident(code, INCIDENTS),
    )


def _location(event: Mapping[str, Any], place: str) -> str:
    whole = payloads.prose(event, "location", place, payloads.MAX_LOCATION)
    inner = payloads.part(event, "address", place)
    return whole or payloads.address(inner, ("city", "state", "country"), f"{place}.address")


def _status(event: Mapping[str, Any], place: str) -> Tuple[ShipmentStatus, str]:
    """
    Status and raw code.

    A new sub-status counts as its main status, a new reason of trouble as none. An event
    without any word is a message by the way.
    """
    code = payloads.text(event, "sub_status", place)
    stage = payloads.text(event, "stage", place)
    if code in REASON_MAP:
        return REASON_MAP[code], code
    main, _underscore, _detail = code.partition("_")
    known = STATUS_MAP.get(main) or STATUS_MAP.get(stage)
    if code and known is None:
        return payloads.unknown(PROVIDER, code), code
    if stage and known is None:
        return payloads.unknown(PROVIDER, stage), stage
    return known or ShipmentStatus.UNKNOWN, code or stage


def _expiry(
    info: Mapping[str, Any], provider: Mapping[str, Any], place: str, number: str
) -> Optional[CarrierUpdate]:
    latest = payloads.part(info, "latest_status", "data.track_info")
    if payloads.text(latest, "status", "data.track_info.latest_status") != "Expired":
        return None
    moment = payloads.moment(provider, "latest_sync_time", place)
    if moment is None:
        return None
    return CarrierUpdate(
        status=ShipmentStatus.EXPIRED,
        occurred_at=moment,
        tracking_number=number,
        raw_code="Expired",
        payload=payloads.storable(latest, "data.track_info.latest_status"),
    )


def verify(body: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> None:
    """Hex SHA-256 over body, slash and API key; see ``signatures.verify``."""
    signatures.verify(SCHEMES, body, headers, secrets, now)
