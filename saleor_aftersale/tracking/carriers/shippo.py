"""Shippo: push ``track_updated``."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ..incidents import Reason
from ..statuses import ShipmentStatus
from . import payloads, signatures
from .base import BadPayload, CarrierUpdate, normalise_number
from .signatures import TOKEN, Scheme

PROVIDER = "shippo"

#: Source of both tables: docs.goshippo.com/docs/Tracking/Tracking, event definitions, as public
#: clients quote them.
STATUS_MAP: Dict[str, ShipmentStatus] = {
    "PRE_TRANSIT": ShipmentStatus.INFO_RECEIVED,
    "TRANSIT": ShipmentStatus.IN_TRANSIT,
    "DELIVERED": ShipmentStatus.DELIVERED,
    # Going back or back already: Shippo doesn't tell them apart.
    "RETURNED": ShipmentStatus.RETURNING,
    # Stopped; why is told by the sub-status.
    "FAILURE": ShipmentStatus.ON_HOLD,
    "UNKNOWN": ShipmentStatus.UNKNOWN,
}

#: Sub-statuses that say more than ``TRANSIT`` and ``FAILURE``. Any other, old or new,
#: changes nothing: the status beside it is known.
REASON_MAP: Dict[str, ShipmentStatus] = {
    "package_accepted": ShipmentStatus.PICKED_UP,
    "out_for_delivery": ShipmentStatus.OUT_FOR_DELIVERY,
    "pickup_available": ShipmentStatus.READY_FOR_PICKUP,
    "delivery_attempted": ShipmentStatus.ATTEMPT_FAILED,
    "location_inaccessible": ShipmentStatus.ATTEMPT_FAILED,
    "notice_left": ShipmentStatus.ATTEMPT_FAILED,
    "delayed": ShipmentStatus.DELAYED,
    "delivery_rescheduled": ShipmentStatus.DELAYED,
    "address_issue": ShipmentStatus.ON_HOLD,
    "contact_carrier": ShipmentStatus.ON_HOLD,
    # Still on its way: looked at, perhaps delivered all the same.
    "package_damaged": ShipmentStatus.ON_HOLD,
    "package_held": ShipmentStatus.ON_HOLD,
    "reschedule_delivery": ShipmentStatus.ON_HOLD,
    "package_unclaimed": ShipmentStatus.RETURNING,
    "return_to_sender": ShipmentStatus.RETURNING,
    # Disposed of by the carrier: gone.
    "package_disposed": ShipmentStatus.LOST,
    "package_lost": ShipmentStatus.LOST,
}

#: Sub-statuses that tell why, beside whatever status.
INCIDENTS: Dict[str, Reason] = {
    "location_inaccessible": Reason.NO_ACCESS,
    "notice_left": Reason.NOT_HOME,
    "address_issue": Reason.WRONG_ADDRESS,
    "contact_carrier": Reason.UNKNOWN,
    "package_damaged": Reason.DAMAGED,
    "package_unclaimed": Reason.NOT_COLLECTED,
    "package_lost": Reason.LOST,
}

#: Statuses a sub-status may refine.
_REFINED = ("TRANSIT", "FAILURE")

#: Shippo's token -> our code; other tokens are codes or aliases we know.
CARRIERS: Dict[str, str] = {"dhl-germany": "dhl-parcel-de", "deutsche-post": "dhl"}

#: Shippo's staff hands out the secret of the first; until then its documentation proposes the
#: second, a token in the address. Source: docs.goshippo.com/tracking/webhook-security.
#: It names no tolerance: five minutes as for our own push.
SCHEMES = (
    Scheme(
        "Shippo-Auth-Signature",
        message=("timestamp", ".", "body"),
        fields=("t", "v1"),
        tolerance=timedelta(minutes=5),
    ),
    TOKEN,
)


def parse(body: bytes) -> List[CarrierUpdate]:
    """
    History of the one parcel a push is about: Shippo sends all of it each time.

    Nothing for pushes about anything else; a parcel nothing is known of gives ``PENDING``.

    Raises:
        BadPayload: with the place of the fault in ``field``.
    """
    data = payloads.load(body)
    name = payloads.text(data, "event")
    if not name:
        raise BadPayload("The name of the event is required.", field="event")
    if name != "track_updated":
        return []
    track = payloads.part(data, "data")
    written = payloads.text(track, "tracking_number", "data", payloads.MAX_NUMBER)
    if not normalise_number(written):
        raise BadPayload("A tracking number is required.", field="data.tracking_number")
    events = payloads.items(track, "tracking_history", "data")
    newest = payloads.storable(
        payloads.part(track, "tracking_status", "data"), "data.tracking_status"
    )
    if events:
        # The newest is the last of the history too.
        found = [_update(event, place, track) for place, event in events]
    else:
        found = [_pending(_update(newest, "data.tracking_status", track))]
    return [update for update in found if update is not None]


def _pending(update: Optional[CarrierUpdate]) -> Optional[CarrierUpdate]:
    """A parcel without history is one the carrier doesn't know yet."""
    if update is None or update.status is not ShipmentStatus.UNKNOWN:
        return update
    return replace(update, status=ShipmentStatus.PENDING)


def _update(
    event: Mapping[str, Any], place: str, track: Mapping[str, Any]
) -> Optional[CarrierUpdate]:
    # UTC. Source: shippo-javascript-sdk 2.x, docs/models/components/trackingstatus.md.
    moment = payloads.moment(event, "status_date", place)
    status, code = _status(event, place)
    if moment is None:
        return None
    promised = _promise(track)
    number = payloads.text(track, "tracking_number", "data", payloads.MAX_NUMBER)
    location = payloads.part(event, "location", place)
    return CarrierUpdate(
        status=status,
        occurred_at=moment,
        tracking_number=normalise_number(number),
        raw_code=code,
        description=payloads.prose(event, "status_details", place),
        location=payloads.address(location, ("city", "state", "country"), f"{place}.location"),
        payload=event,
        carrier=payloads.carrier_code(payloads.text(track, "carrier", "data"), CARRIERS),
        promised_from=promised[0],
        promised_until=promised[1],
        reason=payloads.incident(code.partition(".")[2], INCIDENTS),
    )


def _promise(track: Mapping[str, Any]) -> payloads.Promise:
    # A day is written as its midnight.
    return payloads.promise(track, "data", "eta", "eta", whole_day=True)


def _status(event: Mapping[str, Any], place: str) -> Tuple[ShipmentStatus, str]:
    """Status, and both words as raw code: ``TRANSIT.notice_left``."""
    word = payloads.text(event, "status", place, 64)
    substatus = payloads.part(event, "substatus", place)
    detail = payloads.text(substatus, "code", f"{place}.substatus", 63)
    code = f"{word}.{detail}" if detail else word
    if word not in STATUS_MAP:
        return payloads.unknown(PROVIDER, code), code
    if word in _REFINED and detail in REASON_MAP:
        return REASON_MAP[detail], code
    return STATUS_MAP[word], code


def verify(body: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> None:
    """Hex HMAC-SHA256 over time and body, or a secret in the address."""
    signatures.verify(SCHEMES, body, headers, secrets, now)
