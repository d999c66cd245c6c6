"""Karrio, self-hosted or not: pushes ``tracker_created`` and ``tracker_updated``."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Dict, List, Mapping, Sequence, Tuple

from ..incidents import Reason
from ..statuses import ShipmentStatus
from . import payloads, signatures
from .base import BadPayload, CarrierUpdate, normalise_number
from .signatures import Scheme

PROVIDER = "karrio"

#: Source of both tables: karrio 2026.1, ``modules/sdk/karrio/core/units.py``,
#: ``TrackingStatus`` and ``TrackingIncidentReason``.
STATUS_MAP: Dict[str, ShipmentStatus] = {
    "pending": ShipmentStatus.INFO_RECEIVED,
    # The carrier has it; Shopify's word of the same name means the customer.
    "picked_up": ShipmentStatus.PICKED_UP,
    "in_transit": ShipmentStatus.IN_TRANSIT,
    "out_for_delivery": ShipmentStatus.OUT_FOR_DELIVERY,
    "ready_for_pickup": ShipmentStatus.READY_FOR_PICKUP,
    # Refused or not at home: told apart by the reason.
    "delivery_failed": ShipmentStatus.ATTEMPT_FAILED,
    "delivery_delayed": ShipmentStatus.DELAYED,
    "on_hold": ShipmentStatus.ON_HOLD,
    "delivered": ShipmentStatus.DELIVERED,
    "return_to_sender": ShipmentStatus.RETURNING,
    "cancelled": ShipmentStatus.CANCELLED,
    "unknown": ShipmentStatus.UNKNOWN,
}

#: Reasons of an incident that say more than the status beside them.
REASON_MAP: Dict[str, ShipmentStatus] = {
    "carrier_damaged_parcel": ShipmentStatus.DAMAGED,
    "carrier_parcel_lost": ShipmentStatus.LOST,
    "carrier_sorting_error": ShipmentStatus.DELAYED,
    "carrier_not_enough_time": ShipmentStatus.DELAYED,
    "carrier_vehicle_issue": ShipmentStatus.DELAYED,
    "carrier_capacity_exceeded": ShipmentStatus.DELAYED,
    "carrier_mechanical_delay": ShipmentStatus.DELAYED,
    "carrier_address_not_found": ShipmentStatus.ON_HOLD,
    "retailer_incorrect_data": ShipmentStatus.ON_HOLD,
    "retailer_incorrect_parcel": ShipmentStatus.ON_HOLD,
    "retailer_incorrect_dimensions": ShipmentStatus.ON_HOLD,
    "retailer_packaging_issue": ShipmentStatus.ON_HOLD,
    # Normally leads to a return.
    "consignee_refused": ShipmentStatus.ON_HOLD,
    "consignee_cancelled": ShipmentStatus.ON_HOLD,
    "consignee_verification_failed": ShipmentStatus.ON_HOLD,
    "consignee_incorrect_address": ShipmentStatus.ON_HOLD,
    "consignee_business_closed": ShipmentStatus.ATTEMPT_FAILED,
    "consignee_not_available": ShipmentStatus.ATTEMPT_FAILED,
    "consignee_not_home": ShipmentStatus.ATTEMPT_FAILED,
    "consignee_access_restricted": ShipmentStatus.ATTEMPT_FAILED,
    "consignee_safe_place_unavailable": ShipmentStatus.ATTEMPT_FAILED,
    "customs_delay": ShipmentStatus.DELAYED,
    "customs_documentation": ShipmentStatus.ON_HOLD,
    "customs_duties_unpaid": ShipmentStatus.ON_HOLD,
    "customs_prohibited": ShipmentStatus.ON_HOLD,
    "customs_inspection": ShipmentStatus.ON_HOLD,
    "weather_delay": ShipmentStatus.DELAYED,
    "natural_disaster": ShipmentStatus.DELAYED,
    "force_majeure": ShipmentStatus.DELAYED,
    "parcel_being_researched": ShipmentStatus.ON_HOLD,
    "security_issue": ShipmentStatus.ON_HOLD,
    "regulatory_hold": ShipmentStatus.ON_HOLD,
}

#: The same reasons in our words.
INCIDENTS: Dict[str, Reason] = {
    "carrier_damaged_parcel": Reason.DAMAGED,
    "carrier_parcel_lost": Reason.LOST,
    "carrier_sorting_error": Reason.SORTING_ERROR,
    "carrier_not_enough_time": Reason.CAPACITY,
    "carrier_vehicle_issue": Reason.VEHICLE_PROBLEM,
    "carrier_capacity_exceeded": Reason.CAPACITY,
    "carrier_mechanical_delay": Reason.VEHICLE_PROBLEM,
    "carrier_address_not_found": Reason.WRONG_ADDRESS,
    "retailer_incorrect_data": Reason.WRONG_DATA,
    "retailer_incorrect_parcel": Reason.WRONG_DATA,
    "retailer_incorrect_dimensions": Reason.WRONG_DATA,
    "retailer_packaging_issue": Reason.PACKAGING,
    "consignee_refused": Reason.REFUSED,
    "consignee_cancelled": Reason.REFUSED,
    "consignee_verification_failed": Reason.IDENTITY_NOT_PROVEN,
    "consignee_incorrect_address": Reason.WRONG_ADDRESS,
    "consignee_business_closed": Reason.CLOSED,
    "consignee_not_available": Reason.NOT_HOME,
    "consignee_not_home": Reason.NOT_HOME,
    "consignee_access_restricted": Reason.NO_ACCESS,
    "consignee_safe_place_unavailable": Reason.NO_ACCESS,
    "customs_delay": Reason.CUSTOMS_DELAY,
    "customs_documentation": Reason.CUSTOMS_DOCUMENTS,
    "customs_duties_unpaid": Reason.CUSTOMS_DUTIES,
    "customs_prohibited": Reason.CUSTOMS_PROHIBITED,
    "customs_inspection": Reason.CUSTOMS_INSPECTION,
    "weather_delay": Reason.WEATHER,
    "natural_disaster": Reason.FORCE_MAJEURE,
    "force_majeure": Reason.FORCE_MAJEURE,
    "parcel_being_researched": Reason.INVESTIGATION,
    "security_issue": Reason.SECURITY,
    "regulatory_hold": Reason.REGULATION,
}

#: Statuses a reason may refine; the others say where the parcel is.
_REFINED = ("delivery_failed", "delivery_delayed", "on_hold", "in_transit", "unknown")

#: Karrio's connector -> our code; other names are codes or aliases we know.
CARRIERS: Dict[str, str] = {
    "dhl-poland": "dhl",
    "dhl-universal": "dhl",
    "dpd-meta": "dpd",
    "fedex-ws": "fedex",
    "usps-international": "usps",
}

#: The webhook's secret itself, in a header: the body isn't signed. Source: karrio 2026.1,
#: ``modules/events/karrio/server/events/task_definitions/base/webhook.py``; its guide
#: ``apps/www/docs/reference/guides/webhooks.mdx`` says the same.
SCHEMES = (Scheme("X-Event-Id", message=("secret",), algorithm="none", encoding="text"),)


def parse(body: bytes) -> List[CarrierUpdate]:
    """
    Events of the one parcel a push is about: Karrio sends all of them each time.

    Nothing for pushes about anything else.

    Raises:
        BadPayload: with the place of the fault in ``field``.
    """
    data = payloads.load(body)
    name = payloads.text(data, "event")
    if not name:
        raise BadPayload("The name of the event is required.", field="event")
    if not name.startswith("tracker_"):
        return []
    tracker = payloads.part(data, "data")
    number = payloads.text(tracker, "tracking_number", "data", payloads.MAX_NUMBER)
    if not normalise_number(number):
        raise BadPayload("A tracking number is required.", field="data.tracking_number")
    events = [
        (moment, place, event)
        for place, event in payloads.items(tracker, "events", "data")
        for moment in _moments(event, place)
    ]
    newest = max((moment for moment, _place, _event in events), default=None)
    return [
        _update(event, place, moment, tracker, is_newest=moment == newest)
        for moment, place, event in events
    ]


def _moments(event: Mapping[str, Any], place: str) -> List[datetime]:
    """
    Time of an event, or none.

    Connectors give a timestamp, or a date with a time as ``20:34`` or ``08:34 PM``; neither
    has the zone of the place.
    """
    stamp = payloads.moment(event, "timestamp", place)
    if stamp:
        return [stamp]
    day = payloads.text(event, "date", place)
    clock = _day_clock(payloads.text(event, "time", place))
    return [payloads.moment_of(f"{day} {clock}".strip(), f"{place}.date")] if day else []


def _day_clock(written: str) -> str:
    """``08:34 PM`` as ``20:34``; anything else as it is."""
    found = re.fullmatch(r"(\d{1,2}):(\d{2})(?::\d{2})? ?([AP])M", written.upper(), re.ASCII)
    if found is None:
        return written
    hour = int(found[1]) % 12 + (12 if found[3] == "P" else 0)
    return f"{hour:02}:{found[2]}"


def _update(
    event: Mapping[str, Any],
    place: str,
    moment: datetime,
    tracker: Mapping[str, Any],
    *,
    is_newest: bool,
) -> CarrierUpdate:
    # Older connectors give no status to an event: the parcel's own is that of the newest.
    fallback = payloads.text(tracker, "status", "data", 64) if is_newest else ""
    status, code = _status(event, place, fallback)
    number = payloads.text(tracker, "tracking_number", "data", payloads.MAX_NUMBER)
    day = "estimated_delivery"
    promised = payloads.promise(tracker, "data", day, day, whole_day=True)
    return CarrierUpdate(
        status=status,
        occurred_at=moment,
        tracking_number=normalise_number(number),
        raw_code=code,
        description=payloads.prose(event, "description", place),
        location=payloads.prose(event, "location", place, payloads.MAX_LOCATION),
        payload=event,
        carrier=payloads.carrier_code(payloads.text(tracker, "carrier_name", "data"), CARRIERS),
        promised_from=promised[0],
        promised_until=promised[1],
        reason=payloads.incident(payloads.text(event, "reason", place, 63), INCIDENTS),
    )


def _status(event: Mapping[str, Any], place: str, fallback: str) -> Tuple[ShipmentStatus, str]:
    """Status, and as raw code the carrier's own, else Karrio's words."""
    word = payloads.text(event, "status", place, 64)
    reason = payloads.text(event, "reason", place, 63)
    own = payloads.text(event, "code", place)
    code = own or (f"{word}.{reason}" if reason else word)
    word = word or fallback
    if word in _REFINED and reason in REASON_MAP:
        return REASON_MAP[reason], code
    if word in STATUS_MAP:
        return STATUS_MAP[word], code or word
    return (payloads.unknown(PROVIDER, word) if word else ShipmentStatus.UNKNOWN), code or word


def verify(body: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> None:
    """The webhook's secret as ``X-Event-Id``; see ``signatures.verify``."""
    signatures.verify(SCHEMES, body, headers, secrets, now)
