"""Reading a vendor's JSON: nothing in it is trusted to be there, of its type or storable."""

from __future__ import annotations

import json
import logging
import math
import re
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import Any, Dict, List, Mapping, Optional, Tuple

from ...values import is_storable
from ..incidents import Reason
from ..statuses import ShipmentStatus
from .base import BadPayload

logger = logging.getLogger(__name__)

#: How deep an event may be nested.
MAX_DEPTH = 16

#: Lengths of our columns.
MAX_NUMBER, MAX_CODE, MAX_DESCRIPTION, MAX_LOCATION, MAX_CARRIER = 255, 128, 1024, 255, 64

_MAX_DIGITS = 40
_EARLIEST = datetime(2000, 1, 1, tzinfo=timezone.utc)
_LATEST = datetime(2100, 1, 1, tzinfo=timezone.utc)

#: First and last moment of a promised delivery; None for what isn't promised.
Promise = Tuple[Optional[datetime], Optional[datetime]]

#: An object in the payload, and where it stands.
Item = Tuple[str, Mapping[str, Any]]


def load(body: bytes) -> Dict[str, Any]:
    """
    The JSON object a push consists of.

    Raises:
        BadPayload: it is none.
    """
    try:
        data = json.loads(body.decode("utf-8"), parse_int=_whole_number)
    except (ValueError, RecursionError):
        raise BadPayload("The body is not JSON in UTF-8.") from None
    if not isinstance(data, dict):
        raise BadPayload("The body must be a JSON object.")
    return data


def _whole_number(digits: str) -> int:
    # Python needs the square of the length in time: a body full of digits would hold a worker.
    if len(digits) > _MAX_DIGITS:
        raise ValueError("too long")
    return int(digits)


def part(data: Mapping[str, Any], name: str, place: str = "") -> Mapping[str, Any]:
    """An object inside another; empty if it is missing or null."""
    value = data.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadPayload("This must be an object.", field=where(place, name))
    return value


def items(data: Mapping[str, Any], name: str, place: str = "") -> List[Item]:
    """Objects of a list, each with its place; none if it is missing or null."""
    value = data.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadPayload("This must be a list.", field=where(place, name))
    found = []
    for index, item in enumerate(value):
        spot = f"{where(place, name)}[{index}]"
        if not isinstance(item, dict):
            raise BadPayload("This must be an object.", field=spot)
        found.append((spot, storable(item, spot)))
    return found


def storable(item: Mapping[str, Any], place: str) -> Mapping[str, Any]:
    """The object itself, sure to fit into our column of payloads."""
    if not is_keepable(item):
        raise BadPayload("This holds a value that can't be stored.", field=place or None)
    return item


def text(data: Mapping[str, Any], name: str, place: str = "", length: int = MAX_CODE) -> str:
    """A word: a code or a number; empty if it is missing or null, never shortened."""
    value = _string(data, name, place)
    if len(value) > length:
        raise BadPayload(
            f"This must be text of up to {length} characters.", field=where(place, name)
        )
    return value


def prose(
    data: Mapping[str, Any], name: str, place: str = "", length: int = MAX_DESCRIPTION
) -> str:
    """What a person reads, cut to our column: the whole is in the event's payload."""
    return _string(data, name, place)[:length].strip()


def address(data: Mapping[str, Any], names: Tuple[str, ...], place: str = "") -> str:
    """A place out of its parts, as ``Orlando, FL, US``."""
    words = [prose(data, name, place, MAX_LOCATION) for name in names]
    return ", ".join(word for word in words if word)[:MAX_LOCATION]


def _string(data: Mapping[str, Any], name: str, place: str) -> str:
    value = data.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadPayload("This must be text.", field=where(place, name))
    if not is_storable(value):
        raise BadPayload("This holds a value that can't be stored.", field=where(place, name))
    return value.strip()


def where(place: str, name: str) -> str:
    """Place of a field in a payload, as ``events[0].status``."""
    return f"{place}.{name}".lstrip(".")


def is_keepable(value: Any, depth: int = 0) -> bool:
    """Whether the database takes it: all of a payload is kept, what we don't know too."""
    if isinstance(value, str):
        return is_storable(value)
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, (dict, list)):
        parts = [*value.keys(), *value.values()] if isinstance(value, dict) else value
        return depth < MAX_DEPTH and all(is_keepable(inner, depth + 1) for inner in parts)
    return True


# Times.

_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2})"
    r"(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?)?"
    r"\s*(Z|UTC|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)


def moment(data: Mapping[str, Any], name: str, place: str = "") -> Optional[datetime]:
    """
    A time as ISO 8601, also with a space before its offset; None if missing, null or empty.

    A time without offset is the carrier's local time at a place whose zone nobody tells:
    it is taken as UTC, at most half a day wrong and in the right order at one place. A date
    alone is its first moment.

    Raises:
        BadPayload: it isn't a time between 2000 and 2100.
    """
    written = text(data, name, place)
    return _moment(written, where(place, name)) if written else None


def moment_of(written: str, place: str) -> datetime:
    """``moment`` of a text that was put together out of several fields."""
    return _moment(written, place)


def unix_time(data: Mapping[str, Any], name: str) -> Optional[datetime]:
    """Seconds since 1970; None if missing or null."""
    seconds = data.get(name)
    if seconds is None:
        return None
    is_number = isinstance(seconds, int) and not isinstance(seconds, bool)
    if not is_number or not _EARLIEST.timestamp() < seconds < _LATEST.timestamp():
        raise BadPayload("This must be a Unix time in seconds.", field=name)
    return datetime.fromtimestamp(seconds, tz=timezone.utc)


def _moment(written: str, place: str) -> datetime:
    found = _TIME.fullmatch(written)
    if found is None:
        raise BadPayload("Write a time in ISO 8601.", field=place)
    day, hour, minute, second, offset = found.groups()
    try:
        read = datetime.combine(
            date.fromisoformat(day),
            time(int(hour or 0), int(minute or 0), int(second or 0), tzinfo=_zone(offset)),
        )
    except ValueError:
        raise BadPayload("There is no such time.", field=place) from None
    if not _EARLIEST < read < _LATEST:
        raise BadPayload("This time is out of range.", field=place)
    return read


def _zone(offset: Optional[str]) -> timezone:
    if offset in (None, "Z", "UTC"):
        return timezone.utc
    assert offset is not None
    minutes = int(offset[1:3]) * 60 + int(offset[-2:])
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))


def promise(
    data: Mapping[str, Any], place: str, first: str, last: str, *, whole_day: bool = False
) -> Promise:
    """
    When delivery is promised, out of two fields (they may be the same one).

    A date alone, or with ``whole_day`` midnight too, stands for all of that day: vendors
    write a day as its midnight.
    """
    until = _end(data, last, place, whole_day)
    if until is None:
        return None, None
    since = moment(data, first, place)
    return (since if since is not None and since < until else None), until


def _end(data: Mapping[str, Any], name: str, place: str, whole_day: bool) -> Optional[datetime]:
    read = moment(data, name, place)
    if read is None:
        return None
    is_day = len(text(data, name, place)) == len("2026-06-01")
    is_midnight = (read.hour, read.minute, read.second) == (0, 0, 0)
    if is_day or (whole_day and is_midnight):
        return read.replace(hour=23, minute=59, second=59)
    return read


# Codes.


def unknown(provider: str, code: str) -> ShipmentStatus:
    """``UNKNOWN`` for a code nobody has mapped; it is logged the first time."""
    _log_unknown(provider, code)
    return ShipmentStatus.UNKNOWN


@lru_cache(maxsize=1024)
def _log_unknown(provider: str, code: str) -> None:
    """Logs once: a second call with the same words is answered from the cache."""
    logger.warning("Unknown code %r of %s: kept raw.", code, provider)


def incident(code: str, incidents: Mapping[str, Reason]) -> str:
    """The reason a code tells, as it is stored; empty when it tells none."""
    reason = incidents.get(code)
    return reason.value if reason else ""


def carrier_code(name: str, known: Mapping[str, str]) -> str:
    """Our code of a carrier: looked up, else its name in lower case with dashes."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return known.get(plain, plain)[:MAX_CARRIER].strip("-")
