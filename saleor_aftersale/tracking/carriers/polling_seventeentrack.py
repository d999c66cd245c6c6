"""
Polling 17TRACK, API v2.2: what is accepted has the form of a push's ``data``.

Source: asset.17track.net/api/document/v2.2_en/index.html (header ``17token``, ``register``,
``gettrackinfo``, 40 numbers, ``accepted`` and ``rejected``); codes of errors:
help.17track.net/hc/en-us/articles/37570440168473-Error-Codes-and-Troubleshooting.
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Sequence

from . import polls, seventeentrack
from .polls import Answer, Asked, PollFailed, RequestRefused, Told

PROVIDER = seventeentrack.PROVIDER
BATCH_SIZE = 40
REGISTER_SIZE = 40

URL = "https://api.17track.net/track/v2.2"

#: Address not allowed, key wrong, account disabled, no access.
_REFUSED = (-18010001, -18010002, -18010004, -18010005)
_OUR_FAULT = range(-18010099, -18010009)


def ask(parcels: Sequence[Asked], key: str) -> Answer:
    """See ``polls.Poller.ask``. A number that isn't registered is among the rejected ones."""
    data = _call("gettrackinfo", [{"number": parcel.number} for parcel in parcels], key)
    accepted = polls.rows(data, "data", "accepted")
    return polls.by_number(parcels, accepted, "number", _told)


def register(parcels: Sequence[Asked], key: str) -> Answer:
    """Register numbers, each of which counts against the quota; 17TRACK finds the carrier."""
    wishes = [{"number": parcel.number, "auto_detection": True} for parcel in parcels]
    accepted = polls.rows(_call("register", wishes, key), "data", "accepted")
    return polls.by_number(parcels, accepted, "number", lambda _row: Told(()))


def _call(name: str, wishes: List[Dict[str, Any]], key: str) -> Mapping[str, Any]:
    data = polls.call("POST", f"{URL}/{name}", {"17token": key}, wishes)
    code = data.get("code")
    if code == 0:
        return data
    if code in _REFUSED:
        raise PollFailed(f"17TRACK {code}: the key or its account is refused.", permanent=True)
    if code in _OUR_FAULT:
        raise RequestRefused(f"17TRACK {code}: the request is refused.")
    raise PollFailed("17TRACK answers with an error of its own.")


def _told(item: Mapping[str, Any]) -> Told:
    if item.get("track_info") is None:
        # Registered, but nobody has looked yet.
        return Told(())
    return polls.wrapped(seventeentrack.parse, {"event": "TRACKING_UPDATED", "data": item})
