"""
Polling a Karrio server, one's own or karrio.io: a tracker has the form of a push's ``data``.

Source: docs.karrio.io/reference/guides/trackers and, of karrio 2026.1,
``modules/manager/karrio/server/manager/views/trackers.py``: its list can be searched for one
number only, so each parcel is a request.
"""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional, Sequence
from urllib.parse import quote

from . import karrio, polls
from .polls import Answer, Asked, Told

PROVIDER = karrio.PROVIDER
BATCH_SIZE = 1
REGISTER_SIZE = 1

#: Our code -> Karrio's connector, where it isn't our code with underscores.
CONNECTORS = {"dhl": "dhl_universal", "la-poste": "laposte", "royal-mail": "royalmail"}


def ask(parcels: Sequence[Asked], key: str) -> Answer:
    """See ``polls.Poller.ask``; ``key`` is ``address|token``."""
    (parcel,) = parcels
    return _answer(parcels, _call("GET", f"/{quote(parcel.number, safe='')}", key))


def register(parcels: Sequence[Asked], key: str) -> Answer:
    """Create a tracker, at a carrier the server has; none where we don't know the carrier."""
    (parcel,) = parcels
    if not parcel.carrier:
        return {}
    name = CONNECTORS.get(parcel.carrier, parcel.carrier.replace("-", "_"))
    tracker = {"tracking_number": parcel.number, "carrier_name": name}
    try:
        # The flag keeps a tracker of which the carrier doesn't know anything yet.
        data = _call("POST", "?pending_pickup=true", key, tracker)
    except polls.RequestRefused:
        return {}
    return _answer(parcels, data)


def _call(method: str, rest: str, key: str, content: Any = None) -> Optional[Dict[str, Any]]:
    address, _bar, token = key.partition("|")
    headers = {"Authorization": f"Token {token}"}
    return polls.find(method, f"{address}/v1/trackers{rest}", headers, content)


def _answer(parcels: Sequence[Asked], tracker: Optional[Mapping[str, Any]]) -> Answer:
    found = [tracker] if tracker else []
    return polls.by_number(parcels, found, "tracking_number", _told)


def _told(tracker: Mapping[str, Any]) -> Told:
    return polls.wrapped(karrio.parse, {"event": "tracker_updated", "data": tracker})
