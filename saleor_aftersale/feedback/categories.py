"""What feedback can be about: stable codes; their words are in ``texts``."""

from __future__ import annotations

from typing import Sequence, Tuple

#: In the order they are shown in. A code is kept in rows: one may be added, none renamed.
CATEGORIES: Tuple[str, ...] = (
    "SPEED",
    "COURIER",
    "PACKAGING",
    "PRODUCT",
    "DESCRIPTION",
    "COMMUNICATION",
    "OTHER",
)


def unknown(codes: Sequence[str]) -> Tuple[str, ...]:
    """Those that are no categories, as they were given."""
    return tuple(code for code in codes if code not in CATEGORIES)


def in_order(codes: Sequence[str]) -> Tuple[str, ...]:
    """The categories among them, each once, in the order they are shown in."""
    return tuple(code for code in CATEGORIES if code in codes)
