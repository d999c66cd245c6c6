"""
Polling EasyPost: a tracker has the form of a push's ``result``.

Source: docs.easypost.com/docs/trackers; ``POST /trackers/batch`` and its recorded answer in
EasyPost/easypost-python, ``tests/cassettes/test_tracker_retrieve_batch.yaml``. How many codes
it takes isn't documented: 20 is a page of every list (docs.easypost.com/docs/pagination).
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any, Mapping, Sequence

from . import easypost, polls
from .polls import Answer, Asked, Told

PROVIDER = easypost.PROVIDER
BATCH_SIZE = 20
REGISTER_SIZE = 1

URL = "https://api.easypost.com/v2/trackers"


def ask(parcels: Sequence[Asked], key: str) -> Answer:
    """See ``polls.Poller.ask``. A code that several carriers use is told by all its trackers."""
    codes = [parcel.number for parcel in parcels]
    data = polls.call("POST", f"{URL}/batch", _headers(key), {"tracking_codes": codes})
    return polls.by_number(parcels, polls.rows(data, "trackers"), "tracking_code", _told)


def register(parcels: Sequence[Asked], key: str) -> Answer:
    """Create a tracker, for which EasyPost may charge; a second one of a code is the first."""
    (parcel,) = parcels
    content = {"tracker": {"tracking_code": parcel.number}}
    try:
        tracker = polls.call("POST", URL, _headers(key), content)
    except polls.RequestRefused:
        return {}
    return polls.by_number(parcels, [tracker], "tracking_code", _told)


def _headers(key: str) -> Mapping[str, str]:
    login = b64encode(f"{key}:".encode()).decode()
    return {"Authorization": f"Basic {login}"}


def _told(tracker: Mapping[str, Any]) -> Told:
    return polls.wrapped(easypost.parse, {"description": "tracker.updated", "result": tracker})
