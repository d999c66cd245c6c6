"""
Every mail by key; the entries stand in the modules of ``ROOMS``.

Each is one decorated function and one folder of templates with the key's name.
"""

from __future__ import annotations

from typing import List

from .. import texts
from ..config import Settings
from ..events import Event
from ..host import giftcards
from . import (
    marketing_mails,
    order_mails,
    product_mails,
    remedy_mails,
    return_mails,
    shipment_mails,
    staff_mails,
)
from .kinds import CATALOGUE, MARKETING, TRANSACTIONAL, Context, Draft, MailClass, MailKind

__all__ = [
    "CATALOGUE",
    "MARKETING",
    "ROOMS",
    "TRANSACTIONAL",
    "Context",
    "Draft",
    "MailClass",
    "MailKind",
]

#: Importing them enters their mails.
ROOMS = (
    order_mails,
    shipment_mails,
    return_mails,
    remedy_mails,
    product_mails,
    marketing_mails,
    staff_mails,
)

#: Name of a code in a stored context -> where its sentence is found in ``texts``.
_CODES = {
    "incident": "incident.",
    "act": "act.",
    "refusal": "refusal.",
    "outcome": "judged.",
    "method": "method.",
}


def kinds_on(event: Event) -> List[MailKind]:
    """Mails that event may trigger."""
    return [kind for kind in CATALOGUE.values() if type(event) in kind.on]


def marketing_keys() -> List[str]:
    """Keys of all mails that need consent."""
    return [key for key, kind in CATALOGUE.items() if kind.is_marketing]


def context_in_words(context: Context) -> Context:
    """A stored context with codes turned into the active language."""
    lines = [_line_in_words(line) for line in context.get("lines", [])]
    found = dict(context, lines=lines, **_in_words(context))
    if context.get("card_ref"):
        found["card_code"] = giftcards.code_of(context["card_ref"])
    return found


def _line_in_words(line: Context) -> Context:
    reason = texts.text("reason." + line["reason"]) if line.get("reason") else ""
    return dict(line, reason_text=reason, **_in_words(line))


def _in_words(values: Context) -> Context:
    return {
        name + "_text": texts.text(prefix + values[name]) if values[name] else ""
        for name, prefix in _CODES.items()
        if name in values
    }


def is_enabled(key: str, settings: Settings) -> bool:
    """Whether the merchant lets this mail out."""
    return CATALOGUE[key].is_required or key in settings.enabled_mails
