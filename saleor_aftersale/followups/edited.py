"""Fills in a merchant's own words, and puts them into the frame of our mails."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any, Dict, List, Mapping, NamedTuple, Sequence

from babel.core import UnknownLocaleError
from babel.numbers import format_currency
from django.utils import formats, timezone
from django.utils.translation import pgettext

from .. import texts
from . import handlebars
from .handlebars import Part

#: A value that is longer was never meant to be one; a message of the shop may be.
LONGEST_VALUE = 2_000

#: Around the label and the address of a link, in a text that is filled in but not shown yet.
_BUTTON, _BETWEEN, _END = "\ue000", "\ue001", "\ue002"
_LINK = re.compile(f"({_BUTTON}?){_BETWEEN}([^{_BETWEEN}]*){_BETWEEN}([^{_END}]*){_END}")
_MARKS = str.maketrans(dict.fromkeys((_BUTTON, _BETWEEN, _END)))


class Piece(NamedTuple):
    """Words, or a link when there is an address."""

    text: str
    url: str = ""
    is_button: bool = False


def filled(parts: Sequence[Part], context: Mapping[str, Any], language: str) -> str:
    """Words with the values of a mail in their places; links stay marked."""
    helpers = {
        "": _words,
        "format_date": _day,
        "price": partial(_price, language),
        "link": partial(_link, ""),
        "button": partial(_link, _BUTTON),
    }
    return handlebars.fill(parts, dict(context), helpers)


def plain(marked: str) -> str:
    """The words as a text: each address beside its label."""
    words = _LINK.sub(lambda match: f"{match.group(2)}:\n{match.group(3)}", marked)
    return re.sub(r"\n{3,}", "\n\n", words).strip()


def paragraphs(marked: str) -> List[List[Piece]]:
    """The words by paragraphs, links told apart; nothing is escaped yet."""
    blocks = (block.strip() for block in re.split(r"\n[ \t]*\n", marked))
    return [_pieces(block) for block in blocks if block]


def _pieces(block: str) -> List[Piece]:
    found, end = [], 0
    for match in _LINK.finditer(block):
        found.append(Piece(block[end : match.start()]))
        found.append(Piece(match.group(2), match.group(3), bool(match.group(1))))
        end = match.end()
    found.append(Piece(block[end:]))
    return [piece for piece in found if piece.text.strip()]


def _words(value: Any) -> str:
    """A value as a person writes it, in the active language."""
    if value is None or isinstance(value, (bool, list, dict)):
        return ""
    if isinstance(value, datetime):
        return _formatted(timezone.localtime(value), "j E Y, H:i")
    if isinstance(value, date):
        return _formatted(value, "j E Y")
    return str(value)[:LONGEST_VALUE].translate(_MARKS)


def _formatted(value: date, layout: str) -> str:
    return str(formats.date_format(value, pgettext(texts.CONTEXT, layout)))


def _day(value: Any) -> str:
    if isinstance(value, datetime):
        value = timezone.localtime(value).date()
    return _words(value)


def _price(language: str, amount: Any, currency: Any) -> str:
    try:
        return str(format_currency(Decimal(str(amount)), str(currency), locale=language))
    except (InvalidOperation, UnknownLocaleError):
        return f"{_words(amount)} {_words(currency)}"


def _link(kind: str, label: Any, url: Any) -> str:
    address = _words(url)
    return f"{kind}{_BETWEEN}{_words(label)}{_BETWEEN}{address}{_END}" if address else ""


def context_of(marked: str, subject: str, context: Mapping[str, Any]) -> Dict[str, Any]:
    """What the frame needs to show the words."""
    return {
        **context,
        "subject": subject,
        "own_text": plain(marked),
        "own_paragraphs": paragraphs(marked),
    }
