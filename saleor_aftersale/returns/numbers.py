"""The number of a request as people see it: a format the merchant chooses, a pure rule."""

from __future__ import annotations

import re

#: Numbers may have up to 32 characters: a key of 19 digits, a year and this.
MAX_WORDS = 9

_FIELD = r"\{number(?::0[1-9])?\}"
_FORMAT = re.compile(rf"(?:[A-Z][A-Z._-]*)?(?:\{{year\}}[A-Z._-]+)?{_FIELD}")


def parse(value: str) -> str:
    """
    A format as the merchant wrote it.

    No digits of its own and one key per number: two requests can't get the same one,
    whatever formats the shop had before or has in other channels. It starts with a
    letter or a digit, so that no spreadsheet takes it for a formula.

    Raises:
        ValueError: it isn't one; its text tells what to write instead.
    """
    text = value.strip()
    words = re.sub(r"\{.*?\}", "", text)
    if not _FORMAT.fullmatch(text) or len(words) > MAX_WORDS:
        raise ValueError(
            "Write {number}, before it {year} and capital letters, dots, dashes or underscores "
            f"if you like, as R-{{year}}-{{number:06}}. Up to {MAX_WORDS} signs besides."
        )
    return text


def number_of(form: str, *, year: int, key: int) -> str:
    """The number of the request with that key, in a parsed format."""
    return form.format(year=year, number=key)
