"""
Polling AfterShip Tracking, API 2025-07: a tracking has the form of a push's ``msg``.

Source: aftership.com/docs/tracking/jh865r66gc6hi-get-trackings (up to 50 numbers, comma
between them, pages of up to 200), aftership.com/docs/tracking/sxafu5cay1usl-create-a-tracking
(the tracking's fields are the body itself, not under ``tracking`` as in v4),
aftership.com/docs/tracking/quickstart/rate-limit; the client of AfterShip/tracking-sdk-python
for ``as-api-key`` and the shape of lists.
"""

from __future__ import annotations

from typing import Any, Mapping, Sequence
from urllib.parse import urlencode

from . import aftership, polls
from .polls import Answer, Asked, Told

PROVIDER = aftership.PROVIDER
BATCH_SIZE = 50
REGISTER_SIZE = 1

URL = "https://api.aftership.com/tracking/2025-07/trackings"

#: Our code -> AfterShip's slug, where it must be named: for others AfterShip finds it itself.
SLUGS = {code: slug for slug, code in aftership.CARRIERS.items()}


def ask(parcels: Sequence[Asked], key: str) -> Answer:
    """See ``polls.Poller.ask``. A number that several couriers have is told by all of them."""
    numbers = ",".join(parcel.number for parcel in parcels)
    query = urlencode({"tracking_numbers": numbers, "limit": 200})
    data = polls.call("GET", f"{URL}?{query}", _headers(key))
    return polls.by_number(parcels, polls.rows(data, "data", "trackings"), "tracking_number", _told)


def register(parcels: Sequence[Asked], key: str) -> Answer:
    """Create a tracking. One that exists is refused (4003), as is one no courier is found for."""
    (parcel,) = parcels
    tracking = {"tracking_number": parcel.number}
    if parcel.carrier in SLUGS:
        tracking["slug"] = SLUGS[parcel.carrier]
    try:
        polls.call("POST", URL, _headers(key), tracking)
    except polls.RequestRefused:
        return {}
    return {parcel.number: Told(())}


def _headers(key: str) -> Mapping[str, str]:
    return {"as-api-key": key}


def _told(tracking: Mapping[str, Any]) -> Told:
    # Without ``ts``, the time a push is made: what only that time tells, as "Pending", isn't
    # an event here, or each poll would bring another one.
    return polls.wrapped(aftership.parse, {"event": "tracking_update", "msg": tracking})
