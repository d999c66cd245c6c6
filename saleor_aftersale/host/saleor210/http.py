"""HTTP calls on Saleor 2.10.1, which has no client of its own and filters no addresses."""

from __future__ import annotations

from typing import Mapping, Optional

import requests

from ...values import HttpAnswer
from ..fetching import fetch

__all__ = ["send"]


def send(
    method: str, url: str, *, headers: Mapping[str, str], body: Optional[bytes] = None
) -> HttpAnswer:
    """See ``ports.Http.send``."""
    return fetch(requests.request, method, url, headers, body)
