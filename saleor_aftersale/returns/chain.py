"""The chain of steps of a request: what each one says, its hash, where the chain breaks."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import NamedTuple, Optional, Sequence

#: What the first step has for the hash of the one before.
FIRST = "0" * 64


class Step(NamedTuple):
    """One step of a request, as a row or a file holds it; field names are the row's."""

    request_id: int
    #: 1, 2, … within the request.
    position: int
    action: str
    before: str
    after: str
    role: str
    requester_ref: str
    requester_label: str
    reason: str
    occurred_at: datetime
    previous_hash: str
    hash: str = ""


def hash_of(step: Step) -> str:
    """SHA-256 over everything a step says, the hash of the one before included."""
    said = [
        step.request_id,
        step.position,
        step.action,
        step.before,
        step.after,
        step.role,
        step.requester_ref,
        step.requester_label,
        step.reason,
        step.occurred_at.timestamp(),
        step.previous_hash,
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def first_broken(steps: Sequence[Step]) -> Optional[int]:
    """Position of the first step that was changed after it was written, or None."""
    previous = FIRST
    for position, step in enumerate(steps, 1):
        intact = (step.position, step.previous_hash) == (position, previous)
        if not intact or hash_of(step) != step.hash:
            return position
        previous = step.hash
    return None
