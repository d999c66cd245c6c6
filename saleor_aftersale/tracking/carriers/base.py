"""What every carrier's news becomes, and how the generic push is signed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Mapping, Optional

from ...values import AftersaleError
from ..statuses import ShipmentStatus


class BadPayload(AftersaleError):
    """The carrier's news can't be read; ``field`` is the place in its payload."""

    code = "INVALID"


class BadSignature(AftersaleError):
    """The news isn't from whom it says."""

    code = "INVALID_SIGNATURE"


@dataclass(frozen=True)
class CarrierUpdate:
    """One piece of news about one parcel, in our words, with the carrier's kept."""

    status: ShipmentStatus
    #: Carrier time with the carrier's own offset.
    occurred_at: datetime
    #: Normalised: upper case, without spaces.
    tracking_number: str = ""
    #: As sent by the carrier.
    raw_code: str = ""
    description: str = ""
    location: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)
    #: Normalised carrier code, or empty.
    carrier: str = ""
    promised_from: Optional[datetime] = None
    promised_until: Optional[datetime] = None
    #: Value of ``incidents.Reason``; empty when all is well or none is told.
    reason: str = ""
    #: Until when it waits at a locker, point or branch.
    collect_by: Optional[datetime] = None


def normalise_number(number: str) -> str:
    """A tracking number as it is compared: upper case, without spaces and dashes."""
    return "".join(number.split()).replace("-", "").upper()


def identity_hash(provider: str, update: CarrierUpdate) -> str:
    """
    What makes a piece of news the same as one we have: SHA-256, 64 characters.

    Identity is provider, parcel, raw code, carrier time and place. A carrier without
    codes is told apart by our status.
    """
    parts = (
        provider,
        update.tracking_number,
        update.raw_code or update.status.value,
        str(int(update.occurred_at.timestamp())),
        update.location,
    )
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
