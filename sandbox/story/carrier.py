"""What the carrier says, by the API or by a signed push over HTTP."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from datetime import datetime, timedelta, timezone
from typing import Any

from .api import Answer, send
from .people import CARRIER, CARRIER_SECRET
from .stage import Stage

RECORD = """mutation($input: ShipmentEventsRecordInput!) { shipmentEventsRecord(input: $input) {
    recorded repeated shipment { trackingNumber status } errors { field message code } } }"""


class Parcel:
    """One parcel and the carrier's clock."""

    def __init__(self, stage: Stage, fulfillment: str, tracking_number: str) -> None:
        self.stage = stage
        self.fulfillment = fulfillment
        self.tracking_number = tracking_number
        self.started = datetime.now(timezone.utc)

    def event(self, status: str, step: int, location: str = "", *, days: int = 0) -> dict[str, Any]:
        """
        One scan; steps are fractions of a second apart, for a story that takes seconds.

        Args:
            days: so long ago.
        """
        moment = self.started + timedelta(days=-days, milliseconds=200 * step)
        return {"occurredAt": moment.isoformat(), "status": status, "location": location}

    def promise(self) -> dict[str, str]:
        """The carrier says: tomorrow or the day after."""
        days = [self.started + timedelta(days=number) for number in (1, 2)]
        return {"earliest": days[0].isoformat(), "latest": days[1].isoformat()}

    def record(self, event: dict[str, Any]) -> tuple[int, int]:
        """Staff type it in; gives how many events were new and how many known."""
        news = {"fulfillmentId": self.fulfillment, "carrier": CARRIER, "events": [event]}
        done = self.stage.saleor.staff.do(RECORD, input=news)
        return done["recorded"], done["repeated"]

    def push(self, event: dict[str, Any], *, secret: str = CARRIER_SECRET, **more: Any) -> Answer:
        """The carrier's own system sends it, signed; the shop's worker reads it soon."""
        news = {"trackingNumber": self.tracking_number, "carrier": CARRIER, "events": [event]}
        body = json.dumps({**news, **more}).encode()
        moment = str(int(time.time()))
        message = moment.encode() + b"." + body
        headers = {
            "Content-Type": "application/json",
            "X-Aftersale-Timestamp": moment,
            "X-Aftersale-Signature": hmac.new(secret.encode(), message, hashlib.sha256).hexdigest(),
        }
        return send(self.stage.saleor.plugin_url("carriers/generic/"), body, headers)


def told(answer: Answer) -> tuple[int, Any]:
    """Status and what it says, for a check: accepted or repeated, or the codes of the errors."""
    said = json.loads(answer.text)
    errors = [error["code"] for error in said.get("errors", ())]
    return answer.status, errors or ("repeated" if said["repeated"] else "accepted")


#: What a push is answered that the shop keeps and its worker reads.
ACCEPTED = (200, "accepted")
REPEATED = (200, "repeated")
