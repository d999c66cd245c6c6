"""Which interfaces carriers are polled by, and the merchant's keys for them: pure rules."""

from __future__ import annotations

import re
from typing import Dict, Mapping, Optional, Tuple
from urllib.parse import urlsplit

#: One carrier's own interface: asked for that carrier's parcels alone, and before any other.
OWN: Dict[str, str] = {"inpost": "inpost"}

#: Ask for parcels of any carrier.
AGGREGATORS: Tuple[str, ...] = ("aftership", "easypost", "17track", "karrio")

POLLED: Tuple[str, ...] = AGGREGATORS + tuple(OWN)

#: In place of a key: the interface InPost offers to everybody.
PUBLIC = "public"

_LOCAL = ("localhost", "127.0.0.1")
_LEAST, _MOST = 8, 500


def parse(value: str) -> Dict[str, str]:
    """
    Key by provider out of the setting, in the merchant's order.

    Raises:
        ValueError: with a sentence that tells what to write instead; never with a key in it.
    """
    keys: Dict[str, str] = {}
    for part in filter(None, (part.strip() for part in re.split(r"[\n,]", value))):
        provider, equals, key = (word.strip() for word in part.partition("="))
        if not equals:
            raise ValueError("Write one provider=key per line, as aftership=asat_3f9c…")
        if provider not in POLLED:
            raise ValueError(f"Nothing here polls by that name. Known: {', '.join(POLLED)}.")
        if provider in keys:
            raise ValueError(f"Write one key only for {provider}.")
        keys[provider] = _karrio_key(key) if provider == "karrio" else _key(provider, key)
    return keys


def _key(provider: str, key: str) -> str:
    if provider == "inpost" and key == PUBLIC:
        return key
    # Goes into a header as it is.
    if not re.fullmatch(r"[!-~]+", key) or not _LEAST <= len(key) <= _MOST:
        raise ValueError(
            f"The key of {provider} must have {_LEAST} to {_MOST} letters, digits or signs, "
            "without spaces."
        )
    return key


def _karrio_key(key: str) -> str:
    address, bar, token = key.partition("|")
    if not bar:
        raise ValueError("Write karrio=https://host|token.")
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 -- raises for a port that is none
    except ValueError:
        raise ValueError(
            "The address of karrio must be a URL, as https://karrio.example."
        ) from None
    is_local = parts.scheme == "http" and parts.hostname in _LOCAL
    if not parts.hostname or not (parts.scheme == "https" or is_local):
        raise ValueError("The address of karrio must start with https:// and a host name.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("The address of karrio must hold neither a login nor ? or #.")
    if not re.fullmatch(r"[!-~]+", address):
        raise ValueError("The address of karrio must not hold spaces.")
    return f"{address.rstrip('/')}|{_key('karrio', token)}"


def provider_for(keys: Mapping[str, str], carrier: str) -> Optional[str]:
    """
    Who is asked about a parcel of that carrier; None: nobody can be.

    The carrier's own interface if there is a key for it, else the first aggregator listed.
    """
    own = OWN.get(carrier)
    if own in keys:
        return own
    return next((provider for provider in keys if provider in AGGREGATORS), None)
