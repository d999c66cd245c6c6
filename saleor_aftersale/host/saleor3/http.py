"""HTTP calls on Saleor 3.x: by its own client, which reaches public addresses only."""

from __future__ import annotations

from typing import Mapping, Optional

from saleor.core.http_client import HTTPClient

from ...values import HttpAnswer
from ..fetching import fetch

__all__ = ["send"]


def send(
    method: str, url: str, *, headers: Mapping[str, str], body: Optional[bytes] = None
) -> HttpAnswer:
    """
    See ``ports.Http.send``.

    ``HTTP_IP_FILTER_ENABLED`` and ``HTTP_IP_FILTER_ALLOW_LOOPBACK_IPS``, Saleor's settings,
    decide whether a server inside one's own network may be asked.
    """
    return fetch(HTTPClient.send_request, method, url, headers, body)
