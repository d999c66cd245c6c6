"""Colours of the pages: contrast by WCAG 2.2, and a dark variant of the shop's colour."""

from __future__ import annotations

import re
from typing import NamedTuple, Tuple

WHITE = "#ffffff"
#: Card of our pages when the device is set to dark; see ``pages/style.css``.
DARK_CARD = "#1f2528"
#: What text needs against its background (WCAG 2.2, 1.4.3).
TEXT_CONTRAST = 4.5

_Rgb = Tuple[int, int, int]


class Palette(NamedTuple):
    """One accent with what is written on it and a pale ground for plain text, as ``#rrggbb``."""

    accent: str
    ink: str
    pale: str


def is_colour(value: str) -> bool:
    """Whether it is written ``#rrggbb``."""
    return bool(re.fullmatch(r"#[0-9a-fA-F]{6}", value))


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21, as WCAG 2.2 defines it."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def light_palette(colour: str) -> Palette:
    """The colour itself, white on it, and a tint for boxes on a white page."""
    return Palette(colour, WHITE, _mixed(colour, WHITE, 0.9))


def dark_palette(colour: str) -> Palette:
    """
    The same hue, lightened until it reads on a dark card, with a nearly black text on it.

    The lightening ends at white, which reads on any dark card: there is always an answer.
    """
    accent = next(
        lighter
        for lighter in (_mixed(colour, WHITE, step / 20) for step in range(21))
        if contrast(lighter, DARK_CARD) >= TEXT_CONTRAST + 1.5
    )
    return Palette(accent, _mixed(colour, "#000000", 0.75), _mixed(colour, DARK_CARD, 0.7))


def _rgb(colour: str) -> _Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _mixed(colour: str, other: str, share: float) -> str:
    """``share`` of the other colour, 0 to 1."""
    parts = [
        round(own + (foreign - own) * share) for own, foreign in zip(_rgb(colour), _rgb(other))
    ]
    return "#{:02x}{:02x}{:02x}".format(*parts)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(part / 255) for part in _rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
