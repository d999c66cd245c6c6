"""Where customers may tell others: public reviews and a friend's link. Pure rules."""

from __future__ import annotations

import re
from typing import Dict, NamedTuple, Tuple

#: More would be a list nobody reads.
MAX_REVIEW_LINKS = 5

_ADDRESS = re.compile(r"https://[^/?#@\s\\<>\"']+(?:[/?][^\s\\<>\"']*)?")


class ReviewLink(NamedTuple):
    """A public place where an order can be reviewed."""

    #: As people know it.
    name: str
    url: str


def review_links(value: str) -> Tuple[ReviewLink, ...]:
    """
    Places in the merchant's order, one ``name=https address`` a line.

    Raises:
        ValueError: a line is something else, or there are too many.
    """
    links: Dict[str, str] = {}
    for line in filter(None, map(str.strip, value.splitlines())):
        name, equals, url = (part.strip() for part in line.partition("="))
        if not equals or not 1 <= len(name) <= 60:
            raise ValueError("Write one name=address per line, as Google=https://g.page/r/…")
        links[name] = _address(url)
    if len(links) > MAX_REVIEW_LINKS:
        raise ValueError(f"Name up to {MAX_REVIEW_LINKS} places.")
    return tuple(ReviewLink(name, url) for name, url in links.items())


def referral_url(value: str) -> str:
    """
    The page for whoever brings a friend, or nothing.

    Raises:
        ValueError: it is no https address.
    """
    return _address(value.strip()) if value.strip() else ""


def _address(url: str) -> str:
    if not _ADDRESS.fullmatch(url) or len(url) > 1000:
        raise ValueError("An address must start with https:// and a host name.")
    return url
