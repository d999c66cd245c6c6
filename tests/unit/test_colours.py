"""Contrast by WCAG 2.2, and a dark variant that can always be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_aftersale import colours

COLOURS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)
INK_ON_DARK = "#ecebe7"


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        # Values of the W3C's own examples.
        ("#767676", "#ffffff", 4.54),
        ("#777777", "#ffffff", 4.48),
    ],
)
def test_contrast_is_that_of_wcag(one, other, ratio):
    assert round(colours.contrast(one, other), 2) == ratio
    assert round(colours.contrast(other, one), 2) == ratio


@given(COLOURS.filter(lambda colour: colours.contrast(colour, "#ffffff") >= 4.5))
def test_every_colour_that_is_let_in_can_be_read_in_light_and_dark(colour):
    light, dark = colours.light_palette(colour), colours.dark_palette(colour)

    assert light.accent == colour
    assert colours.contrast(light.accent, light.ink) >= 4.5
    assert colours.contrast("#1d2326", light.pale) >= 4.5
    assert colours.contrast(dark.accent, colours.DARK_CARD) >= 4.5
    assert colours.contrast(dark.accent, dark.ink) >= 4.5
    assert colours.contrast(INK_ON_DARK, dark.pale) >= 4.5


@pytest.mark.parametrize("value", ["", "#fff", "0b6350", "#0b635g", "#0b6350 ", "red"])
def test_colour_is_six_digits(value):
    assert not colours.is_colour(value)
