"""What an erasure did and left: told to whoever has to answer the person."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Counter as Counts
from typing import List


@dataclass
class Outcome:
    """What an erasure did."""

    #: How many rows of each kind were deleted, or lost what told whose they are.
    erased: Counts[str] = field(default_factory=Counter)
    #: What stays, and why: a sentence each.
    kept: List[str] = field(default_factory=list)
