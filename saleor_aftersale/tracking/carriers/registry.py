"""Every provider that may push carrier news, by the name in its URL."""

from __future__ import annotations

from datetime import datetime
from importlib import import_module
from typing import Dict, List, Mapping, Protocol, Sequence, cast

from .base import CarrierUpdate


class Provider(Protocol):
    """What a module in this folder offers."""

    PROVIDER: str

    def verify(
        self, body: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime
    ) -> None:
        """Raises ``BadSignature`` unless one of the secrets fits; compares in constant time."""

    def parse(self, body: bytes) -> List[CarrierUpdate]:
        """News in our words, perhaps about several parcels; ``BadPayload`` if unreadable."""


#: Module in this folder by the provider's name in its URL.
PROVIDERS: Dict[str, str] = {
    "generic": "generic",
    "aftership": "aftership",
    "easypost": "easypost",
    "shippo": "shippo",
    "17track": "seventeentrack",
    "ship24": "ship24",
    "karrio": "karrio",
    "inpost": "inpost",
}


def provider(name: str) -> Provider:
    """The module of a provider in ``PROVIDERS``, imported when its first push comes."""
    return cast(Provider, import_module(f"{__package__}.{PROVIDERS[name]}"))
