"""How a push proves who sent it: one verifier, driven by a description of each scheme."""

from __future__ import annotations

import base64
import hashlib
import hmac
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Dict, List, Mapping, Optional, Sequence, Tuple

from .base import BadSignature

#: Where a secret is looked for that the sender can only put into the address: ``with_token``
#: hands the query's ``token`` on under this name. Who can set headers may send it as one.
TOKEN_HEADER = "X-Aftersale-Token"


@dataclass(frozen=True)
class Scheme:
    """
    One way to sign a push.

    ``message`` names in order what is hashed: ``body``, ``timestamp`` and ``secret`` stand
    for themselves, anything else is taken literally.
    """

    #: Header with the signature.
    header: str
    message: Tuple[str, ...] = ("body",)
    #: ``hmac-sha256``, ``sha256`` (the secret is part of the message) or ``none`` (the
    #: message itself is sent).
    algorithm: str = "hmac-sha256"
    #: ``hex``, ``base64`` or ``text``.
    encoding: str = "hex"
    #: What stands before the encoded signature.
    prefix: str = ""
    #: Header with the Unix time in seconds. Empty: no time is signed, or it is in ``fields``.
    timestamp_header: str = ""
    #: Names of time and signature in a header as ``t=1780315200,v1=5257a8…``.
    fields: Tuple[str, str] = ("", "")
    #: How far the sender's clock may be off; None: no time is signed.
    tolerance: Optional[timedelta] = None
    #: Unicode form the secret is brought to before its bytes are taken.
    secret_form: str = ""

    @property
    def time_place(self) -> str:
        """Header that holds the time."""
        return self.timestamp_header or self.header


#: For a sender that signs nothing: a secret in the address.
TOKEN = Scheme(TOKEN_HEADER, message=("secret",), algorithm="none", encoding="text")


def sign(scheme: Scheme, body: bytes, secret: str, timestamp: int = 0) -> str:
    """The signature as the sender must write it, prefix included."""
    return scheme.prefix + _encoded(scheme, _digest(scheme, body, secret, timestamp))


def with_token(headers: Mapping[str, str], token: Optional[str]) -> Dict[str, str]:
    """The headers of a push, and the ``token`` of its address where a token is looked for."""
    sent = dict(headers.items())
    return {**sent, TOKEN_HEADER: token} if token else sent


def verify(
    schemes: Sequence[Scheme],
    body: bytes,
    headers: Mapping[str, str],
    secrets: Sequence[str],
    now: datetime,
) -> None:
    """
    Check a push before anything in it is read.

    Args:
        schemes: the first one whose header was sent decides; without any, the first.
        headers: names as sent, any case.
        secrets: all that are valid now; none means that nobody may push.

    Raises:
        BadSignature: no secret fits, or the time is too far off.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    sent = [scheme for scheme in schemes if scheme.header.lower() in lowered]
    _verify(sent[0] if sent else schemes[0], body, lowered, secrets, now)


def _verify(
    scheme: Scheme, body: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime
) -> None:
    timestamp, given = _read(scheme, headers)
    expected = [sign(scheme, body, secret, timestamp) for secret in secrets if secret]
    # No short cut: all secrets are compared, each in constant time.
    fits = [_is_same(one, other) for one in expected for other in given]
    if not any(fits):
        raise BadSignature(f"Header {scheme.header} does not fit {_what(scheme)}.")
    if scheme.tolerance is None:
        return
    if abs(now.timestamp() - timestamp) > scheme.tolerance.total_seconds():
        raise BadSignature(f"Header {scheme.time_place} is too far from the present time.")


def _read(scheme: Scheme, headers: Mapping[str, str]) -> Tuple[int, List[str]]:
    """The time that was sent (0 if none is signed), and the signatures."""
    value = headers.get(scheme.header.lower(), "")
    if not any(scheme.fields):
        if not scheme.timestamp_header:
            return 0, [value]
        return _seconds(scheme, headers.get(scheme.timestamp_header.lower(), "")), [value]
    parts: Dict[str, List[str]] = {}
    for item in value.split(",")[:8]:
        name, _equals, content = item.strip().partition("=")
        parts.setdefault(name, []).append(content)
    time_name, signature_name = scheme.fields
    times = parts.get(time_name, [""])
    return _seconds(scheme, times[0]), parts.get(signature_name, [])


def _seconds(scheme: Scheme, written: str) -> int:
    if not (written.isascii() and written.isdigit() and len(written) <= 12):
        raise BadSignature(f"Header {scheme.time_place} must hold the Unix time in seconds.")
    return int(written)


def _digest(scheme: Scheme, body: bytes, secret: str, timestamp: int) -> bytes:
    if scheme.secret_form == "NFKD":
        secret = unicodedata.normalize("NFKD", secret)
    key = secret.encode()
    known = {"body": body, "secret": key, "timestamp": str(timestamp).encode()}
    message = b"".join(known.get(part, part.encode()) for part in scheme.message)
    if scheme.algorithm == "none":
        return message
    if scheme.algorithm == "sha256":
        return hashlib.sha256(message).digest()
    return hmac.new(key, message, hashlib.sha256).digest()


def _encoded(scheme: Scheme, digest: bytes) -> str:
    if scheme.encoding == "base64":
        return base64.b64encode(digest).decode()
    return digest.decode() if scheme.encoding == "text" else digest.hex()


def _is_same(one: str, other: str) -> bool:
    # Hashed first: the time taken doesn't tell the length of a secret that is sent as it is.
    first, second = (hashlib.sha256(text.encode("utf-8", "surrogatepass")) for text in (one, other))
    return hmac.compare_digest(first.digest(), second.digest())


def _what(scheme: Scheme) -> str:
    if scheme.algorithm == "none":
        return "any secret"
    return "the body and time" if scheme.tolerance else "the body"
