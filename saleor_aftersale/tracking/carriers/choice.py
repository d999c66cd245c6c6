"""Which carrier a parcel is said to be with, when several things speak of it: a pure rule."""

from __future__ import annotations

from typing import Sequence

from . import recognise


def carrier_of(
    number: str, *, named: str = "", certain: str = "", likely: Sequence[str] = ()
) -> str:
    """
    The carrier to show, or empty: nothing is guessed.

    Args:
        number: normalised; may be empty.
        named: whom staff or an app named: wins over everything.
        certain: whom the number or a pasted link tells beyond doubt.
        likely: in order of trust; one counts only if the number has a format of its own.
    """
    if named or certain or not number:
        return named or certain
    return next((code for code in likely if code and recognise.may_be_of(number, code)), "")
