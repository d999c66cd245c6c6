"""
Polling InPost ShipX (Poland): the history of one parcel, open to everybody.

Source: dokumentacja-inpost.atlassian.net/wiki/spaces/PL/pages/18153479 ("Tracking"): one
number a request, no history on the sandbox. The organisation's own list of shipments
(``/v1/organizations/…/shipments``) tells but the last status of each, so it isn't used.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Mapping, Sequence
from urllib.parse import quote

from .. import poll_keys
from . import inpost, payloads, polls
from .polls import Answer, Asked, Told

PROVIDER = inpost.PROVIDER
BATCH_SIZE = 1
REGISTER_SIZE = 1

URL = "https://api-shipx-pl.easypack24.net/v1/tracking"


def ask(parcels: Sequence[Asked], key: str) -> Answer:
    """See ``polls.Poller.ask``. With a token of the organisation its own limits count."""
    (parcel,) = parcels
    headers = {} if key == poll_keys.PUBLIC else {"Authorization": f"Bearer {key}"}
    data = polls.find("GET", f"{URL}/{quote(parcel.number, safe='')}", headers)
    return polls.by_number(parcels, [data] if data else [], "tracking_number", _told)


def register(parcels: Sequence[Asked], key: str) -> Answer:
    """InPost knows its parcels: there is nothing to register."""
    return {}


def _told(data: Mapping[str, Any]) -> Told:
    found = Told(())
    # Newest first.
    for detail in reversed(polls.rows(data, "tracking_details")):
        if not payloads.is_keepable(detail):
            return Told((), "tracking_details: This holds a value that can't be stored.")
        told = polls.wrapped(inpost.parse, _as_push(data, detail))
        if told.fault:
            return told
        updates = tuple(replace(update, payload=detail) for update in told.updates)
        found = found.and_also(told._replace(updates=updates))
    return found


def _as_push(data: Mapping[str, Any], detail: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "event": "shipment_status_changed",
        "event_ts": detail.get("datetime"),
        "payload": {
            "tracking_number": data.get("tracking_number"),
            "status": detail.get("status"),
        },
        # Not in a push: kept beside it for a reading that may know more one day.
        "tracking_detail": detail,
    }
