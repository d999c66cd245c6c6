"""What a merchant may put on the pages: colour, logo, contact, text with links."""

from __future__ import annotations

import re
from typing import List, NamedTuple, Tuple

from . import colours

#: A picture inside the page is loaded with every view of it.
MAX_LOGO_CHARACTERS = 8000
MAX_TIPS_CHARACTERS = 2000

_LOGO_PATH = re.compile(r"/(?![/\\])[^\s\"'<>\\]{1,500}")
_LOGO_DATA = re.compile(r"data:image/(?:png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/]+={0,2}")
_MAILBOX = re.compile(r"[A-Za-z0-9.!#$&'*+/=^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_HTTPS = re.compile(r"https://[A-Za-z0-9.-]+(?::\d+)?(?:[/?#][^\s\"'<>\\]*)?")
#: What ends a sentence rather than an address.
_TRAILING = ".,;:!?)"


class TextPart(NamedTuple):
    """A piece of a text; ``url`` is empty where it is no link."""

    text: str
    url: str = ""


def brand_colour(value: str) -> str:
    """
    A colour white text can be read on.

    Raises:
        ValueError: not ``#rrggbb``, or too light.
    """
    value = value.strip().lower()
    if not colours.is_colour(value):
        raise ValueError("Write the colour as # and six digits, as #0b6350.")
    ratio = colours.contrast(value, colours.WHITE)
    if ratio < colours.TEXT_CONTRAST:
        raise ValueError(
            f"White text on this colour has a contrast of {ratio:.2f}:1 and can't be read well. "
            f"Choose a darker one, with {colours.TEXT_CONTRAST}:1 or more."
        )
    return value


def logo(value: str) -> str:
    """
    A path on the shop's own host, or a small picture as data; empty for none.

    Raises:
        ValueError: it would be loaded from elsewhere, or is too large.
    """
    value = value.strip()
    if not value or _LOGO_PATH.fullmatch(value):
        return value
    if not _LOGO_DATA.fullmatch(value):
        raise ValueError(
            "Write a path on the shop's own host, as /media/logo.svg, or a picture as "
            "data:image/png;base64,…: the page loads nothing from elsewhere."
        )
    if len(value) > MAX_LOGO_CHARACTERS:
        raise ValueError(f"Use a picture of up to {MAX_LOGO_CHARACTERS} characters.")
    return value


def support_contact(value: str) -> str:
    """
    A mail address or an https address; empty for none.

    Raises:
        ValueError: it is neither.
    """
    value = value.strip()
    if len(value) > 500 or not (not value or _MAILBOX.fullmatch(value) or _HTTPS.fullmatch(value)):
        raise ValueError("Write a mail address or an address that starts with https://.")
    return value


def contact_url(contact: str) -> str:
    """What a link to the contact opens; empty when there is none."""
    return contact if not contact or contact.startswith("https://") else "mailto:" + contact


def care_tips(value: str) -> str:
    """
    Plain text of the merchant.

    Raises:
        ValueError: it is too long for the page.
    """
    value = value.strip()
    if len(value) > MAX_TIPS_CHARACTERS:
        raise ValueError(f"Use up to {MAX_TIPS_CHARACTERS} characters.")
    return value


def paragraphs(text: str) -> List[Tuple[TextPart, ...]]:
    """
    Text by its lines, https addresses in it told apart; nothing is escaped yet.

    Only https is ever a link: no other scheme can be smuggled in.
    """
    return [tuple(_parts(line.strip())) for line in text.splitlines() if line.strip()]


def _parts(line: str) -> List[TextPart]:
    parts = []
    end = 0
    for match in _HTTPS.finditer(line):
        url = match.group().rstrip(_TRAILING)
        parts += [TextPart(line[end : match.start()]), TextPart(url, url)]
        end = match.start() + len(url)
    return [part for part in [*parts, TextPart(line[end:])] if part.text]
