"""What both hosts' HTTP calls share: limits of time and size, and one kind of error."""

from __future__ import annotations

from contextlib import closing
from time import monotonic
from typing import Any, Callable, Mapping

from ..values import HttpAnswer, HttpFailed

#: Seconds to connect, seconds between two parts of an answer, seconds for all of it.
CONNECT_TIMEOUT, READ_TIMEOUT, WHOLE_TIMEOUT = 5, 15, 30

#: Bytes of an answer, unpacked. Fifty parcels with all their scans are about a tenth of it.
MAX_BYTES = 8 * 1024 * 1024

#: Bytes read at a time.
CHUNK = 64 * 1024


def fetch(
    request: Callable[..., Any], method: str, url: str, headers: Mapping[str, str], body: Any
) -> HttpAnswer:
    """
    One call by a function like ``requests.request``; see ``ports.Http.send``.

    The error names its kind alone: texts of ``requests`` hold the address.
    """
    ends_at = monotonic() + WHOLE_TIMEOUT
    try:
        response = request(
            method,
            url,
            headers=dict(headers),
            data=body,
            auth=_as_it_is,
            timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
            stream=True,
            # The key would go with it.
            allow_redirects=False,
        )
        with closing(response):
            content = _content(response, ends_at)
            names = {name.lower(): value for name, value in response.headers.items()}
            return HttpAnswer(response.status_code, names, content)
    # Errors of ``requests`` are OSErrors; an address it can't parse is a ValueError.
    except (OSError, ValueError) as error:
        raise HttpFailed(f"No answer came: {type(error).__name__}.") from None


def _as_it_is(prepared: Any) -> Any:
    """Without any ``auth`` a ``.netrc`` of the machine would replace our own header."""
    return prepared


def _content(response: Any, ends_at: float) -> bytes:
    content = bytearray()
    for chunk in response.iter_content(CHUNK):
        content += chunk
        if len(content) > MAX_BYTES:
            raise HttpFailed(f"The answer has more than {MAX_BYTES} bytes.")
        if monotonic() > ends_at:
            raise HttpFailed(f"The answer took more than {WHOLE_TIMEOUT} seconds.")
    return bytes(content)
