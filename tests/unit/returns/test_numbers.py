"""Numbers of return requests: formats a merchant may write, and none that could clash."""

import pytest

from saleor_aftersale.returns.numbers import number_of, parse


@pytest.mark.parametrize(
    "form, number",
    [
        ("R-{year}-{number:06}", "R-2026-000123"),
        (" R-{year}-{number:06} ", "R-2026-000123"),
        ("{number}", "123"),
        ("{year}-{number:04}", "2026-0123"),
        ("RET_{number:09}", "RET_000000123"),
    ],
)
def test_number_is_made_when_format_is_good(form, number):
    assert number_of(parse(form), year=2026, key=123) == number


@pytest.mark.parametrize(
    "form",
    [
        "",
        "R-{year}",
        "{year}{number}",
        "{number}-{year}",
        "R1-{number}",
        "r-{number}",
        "={number}",
        "-{number}",
        "@{number}",
        "R/{number}",
        "R {number}",
        "{number}{number}",
        "{number:0}",
        "{number:6}",
        "{number.__class__}",
        "{number!r}",
        "{0}",
        "ABCDEFGHIJ{number}",
    ],
)
def test_format_is_refused_when_numbers_could_clash_or_be_misread(form):
    with pytest.raises(ValueError, match=r"^Write \{number\}"):
        parse(form)


def test_number_fits_its_column_when_key_is_the_largest():
    assert len(number_of(parse("ABCD-{year}-{number:06}"), year=2026, key=2**63 - 1)) <= 32
