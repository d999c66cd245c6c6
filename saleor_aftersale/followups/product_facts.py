"""What a product's metadata says for the time after delivery: pure rules."""

from __future__ import annotations

import re
from typing import Mapping, NamedTuple

from ..values import Product

#: A mail isn't a manual; longer texts are cut, a page can hold the rest.
MAX_TEXT = 2000
MAX_URL = 1000

#: Nothing is used up more slowly.
MAX_DAYS = 1095

_ADDRESS = re.compile(r"https://[^/?#@\s\\<>\"']+(?:[/?#][^\s\\<>\"']*)?")


class ProductFacts(NamedTuple):
    """What the merchant wrote about using a product; empty or 0 where nothing is said."""

    howto: str = ""
    #: A page or film about it, https.
    howto_url: str = ""
    care: str = ""
    #: After so many days it is used up.
    replenish_days: int = 0

    @property
    def has_advice(self) -> bool:
        """Whether there is something about use or care."""
        return bool(self.howto or self.howto_url or self.care)


NO_FACTS = ProductFacts()


def facts_of(product: Product, language: str = "") -> ProductFacts:
    """
    What a product's metadata says, its type's where its own doesn't.

    Keys are ``aftersale.howto``, ``aftersale.howto_url``, ``aftersale.care`` and
    ``aftersale.replenish_days``; what stands under a key with a language added, as
    ``aftersale.howto.pl``, comes first for customers of that language. A value that can't be
    used counts as none.
    """
    said = product.metadata
    return ProductFacts(
        howto=_text(_said(said, "howto", language)),
        howto_url=_url(_said(said, "howto_url", language)),
        care=_text(_said(said, "care", language)),
        replenish_days=_days(_said(said, "replenish_days", "")),
    )


def _said(metadata: Mapping[str, str], name: str, language: str) -> str:
    own = metadata.get(f"aftersale.{name}.{language}", "")
    return (own.strip() or metadata.get(f"aftersale.{name}", "")).strip()


def _text(value: str) -> str:
    # Not one character more is looked at than could be needed: it may be megabytes.
    start = value[: 2 * MAX_TEXT]
    plain = "".join(char for char in start if char.isprintable() or char == "\n")
    return plain if len(plain) <= MAX_TEXT else plain[: MAX_TEXT - 1].rstrip() + "…"


def _url(value: str) -> str:
    return value if len(value) <= MAX_URL and _ADDRESS.fullmatch(value) else ""


def _days(value: str) -> int:
    is_number = re.fullmatch(r"[0-9]{1,4}", value, re.ASCII)
    return int(value) if is_number and int(value) <= MAX_DAYS else 0
