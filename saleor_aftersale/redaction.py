"""What a page behind a link doesn't show: names and mailboxes in what carriers write."""

from __future__ import annotations

import re

_MAILBOX = re.compile(r"[^\s@,;:<>()]+@[^\s@,;:<>()]+")
#: Shorter parts of a name are too often something else.
_SHORTEST_NAME = 3


def redacted(text: str, full_name: str) -> str:
    """
    A carrier's words without mailboxes, and with the customer's names as initials.

    Carriers write "signed by J. KOWALSKI, jan@example.com": a link may be forwarded, and
    who reads it shouldn't learn whose parcel it is.
    """
    text = _MAILBOX.sub("…", text)
    for name in re.findall(r"[^\W\d_]+", full_name):
        if len(name) >= _SHORTEST_NAME:
            text = re.sub(rf"\b{re.escape(name)}\b", name[0] + ".", text, flags=re.I)
    return text
