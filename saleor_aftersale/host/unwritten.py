"""What both hosts' metadata share: only what differs is written, only what is ours is read."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional

_OURS = "aftersale."


def unwritten(items: Mapping[str, str], stored: Optional[Mapping[str, Any]]) -> Dict[str, str]:
    """The items that aren't stored like that yet; ``stored`` may be null on older rows."""
    held = stored or {}
    return {key: value for key, value in items.items() if held.get(key) != value}


def ours(stored: Optional[Mapping[str, Any]]) -> Dict[str, str]:
    """Of stored metadata what is meant for us; ``stored`` may be null on older rows."""
    return {key: str(value) for key, value in (stored or {}).items() if key.startswith(_OURS)}
