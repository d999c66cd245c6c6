"""What both hosts' metadata share: only what differs is written."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional


def unwritten(items: Mapping[str, str], stored: Optional[Mapping[str, Any]]) -> Dict[str, str]:
    """The items that aren't stored like that yet; ``stored`` may be null on older rows."""
    held = stored or {}
    return {key: value for key, value in items.items() if held.get(key) != value}
