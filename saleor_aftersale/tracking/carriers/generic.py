"""The generic signed push: for a warehouse system, an own courier, or any middleware."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from django.utils.dateparse import parse_datetime

from ...values import is_storable
from ..incidents import Reason, reason_of
from ..statuses import ShipmentStatus
from . import signatures
from .base import BadPayload, CarrierUpdate, normalise_number
from .payloads import is_keepable, load
from .signatures import Scheme

PROVIDER = "generic"

#: Header names, as the documentation has them.
TIMESTAMP_HEADER = "X-Aftersale-Timestamp"
SIGNATURE_HEADER = "X-Aftersale-Signature"

#: How far the sender's clock may be off, and how long a push can be replayed: a replay
#: within it finds its events stored already.
TOLERANCE = timedelta(minutes=5)

#: Words of the generic push are our own; anything else is kept raw as UNKNOWN.
STATUS_MAP: Dict[str, ShipmentStatus] = {status.value: status for status in ShipmentStatus}

MAX_EVENTS = 100
_MAX_LENGTHS = {"code": 128, "description": 1024, "location": 255}

SCHEME = Scheme(
    SIGNATURE_HEADER,
    message=("timestamp", ".", "body"),
    timestamp_header=TIMESTAMP_HEADER,
    tolerance=TOLERANCE,
)


def sign(body: bytes, timestamp: int, secret: str) -> str:
    """Hex HMAC-SHA256 over ``<timestamp>.<raw body>``, as the sender must make it."""
    return signatures.sign(SCHEME, body, secret, timestamp)


def verify(body: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> None:
    """Check a push before anything in it is read; see ``signatures.verify``."""
    signatures.verify((SCHEME,), body, headers, secrets, now)


def parse(body: bytes) -> List[CarrierUpdate]:
    """
    News in a generic push.

    Shape: ``{"trackingNumber", "carrier"?, "estimatedDelivery"?: {"earliest"?, "latest"},
    "events": [{"occurredAt", "status", "code"?, "description"?, "location"?, "reason"?,
    "collectBy"?}]}``, times in ISO 8601 with offset.

    Raises:
        BadPayload: with the place of the fault in ``field``.
    """
    data = load(body)
    number = normalise_number(_text(data, "trackingNumber", 255))
    if not number:
        raise BadPayload("A tracking number is required.", field="trackingNumber")
    carrier = _text(data, "carrier", 64).lower()
    events = data.get("events")
    if not isinstance(events, list) or not 1 <= len(events) <= MAX_EVENTS:
        raise BadPayload(f"Send 1 to {MAX_EVENTS} events.", field="events")
    earliest, latest = _promise(data.get("estimatedDelivery"))
    return [
        _update(event, f"events[{index}]", number, carrier, earliest, latest)
        for index, event in enumerate(events)
    ]


def _promise(promise: Any) -> Tuple[Optional[datetime], Optional[datetime]]:
    """Earliest and latest moment of delivery, None for what isn't promised."""
    if promise is None:
        return None, None
    if not isinstance(promise, dict):
        raise BadPayload("This must be an object.", field="estimatedDelivery")
    latest = _optional_moment(promise, "latest", "estimatedDelivery.latest")
    earliest = _optional_moment(promise, "earliest", "estimatedDelivery.earliest")
    if latest is None:
        raise BadPayload("This time is required.", field="estimatedDelivery.latest")
    if earliest and earliest > latest:
        raise BadPayload("The range ends before it begins.", field="estimatedDelivery.earliest")
    return earliest, latest


def _update(
    event: Any,
    place: str,
    number: str,
    carrier: str,
    earliest: Optional[datetime],
    latest: Optional[datetime],
) -> CarrierUpdate:
    if not isinstance(event, dict):
        raise BadPayload("An event must be an object.", field=place)
    words = {name: _text(event, name, size, place) for name, size in _MAX_LENGTHS.items()}
    status_word = _text(event, "status", 64, place)
    if not status_word:
        raise BadPayload("A status is required.", field=place + ".status")
    moment = _optional_moment(event, "occurredAt", place + ".occurredAt")
    if moment is None:
        raise BadPayload("This time is required.", field=place + ".occurredAt")
    if not is_keepable(event):
        raise BadPayload("This holds a value that can't be stored.", field=place)
    return CarrierUpdate(
        status=STATUS_MAP.get(status_word.upper(), ShipmentStatus.UNKNOWN),
        occurred_at=moment,
        tracking_number=number,
        raw_code=words["code"] or status_word,
        description=words["description"],
        location=words["location"],
        payload=event,
        carrier=carrier,
        promised_from=earliest,
        promised_until=latest,
        reason=_reason(event, place),
        collect_by=_optional_moment(event, "collectBy", place + ".collectBy"),
    )


def _reason(event: Mapping[str, Any], place: str) -> str:
    """One of our own words; any other one is trouble nobody here understands."""
    word = _text(event, "reason", 64, place)
    return (reason_of(word.upper()) or Reason.UNKNOWN).value if word else ""


def _text(data: Mapping[str, Any], name: str, max_length: int, place: str = "") -> str:
    value = data.get(name)
    where = f"{place}.{name}".lstrip(".")
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > max_length:
        raise BadPayload(f"This must be text of up to {max_length} characters.", field=where)
    if not is_storable(value):
        raise BadPayload("This holds a value that can't be stored.", field=where)
    return value.strip()


def _optional_moment(data: Mapping[str, Any], name: str, where: str) -> Optional[datetime]:
    value = data.get(name)
    if value is None:
        return None
    try:
        moment: Optional[datetime] = parse_datetime(value)
    except (TypeError, ValueError):
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadPayload("Write a time in ISO 8601 with its offset.", field=where)
    if not datetime(2000, 1, 1, tzinfo=timezone.utc) < moment < _FAR_FUTURE:
        raise BadPayload("This time is out of range.", field=where)
    return moment


_FAR_FUTURE = datetime(2100, 1, 1, tzinfo=timezone.utc)
