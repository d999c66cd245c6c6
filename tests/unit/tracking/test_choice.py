"""Which carrier is shown when several things speak of it."""

import pytest

from saleor_aftersale.tracking.carriers import choice

UPS = "1Z999AA10123456784"
#: The format of an InPost number, without a check digit.
INPOST = "620000000000000000000000"
#: Both FedEx and GLS have such numbers.
AMBIGUOUS = "123456789012"


@pytest.mark.parametrize(
    ("number", "known", "expected"),
    [
        (UPS, {"named": "dpd", "certain": "ups", "likely": ["inpost"]}, "dpd"),
        (UPS, {"certain": "ups", "likely": ["inpost"]}, "ups"),
        ("", {"named": "dpd"}, "dpd"),
        ("", {"certain": "inpost"}, "inpost"),
        (INPOST, {"likely": ["inpost"]}, "inpost"),
        (AMBIGUOUS, {"likely": ["gls"]}, "gls"),
        (AMBIGUOUS, {"likely": ["fedex"]}, "fedex"),
        (AMBIGUOUS, {"likely": ["inpost", "gls"]}, "gls"),
        (AMBIGUOUS, {"likely": ["fedex", "gls"]}, "fedex"),
        (AMBIGUOUS, {"likely": ["own_van"]}, "own_van"),
        (AMBIGUOUS, {"likely": ["inpost"]}, ""),
        (AMBIGUOUS, {"likely": [""]}, ""),
        (AMBIGUOUS, {}, ""),
        ("", {"likely": ["own_van"]}, ""),
    ],
)
def test_carrier_is_the_most_trusted_one_that_fits(number, known, expected):
    assert choice.carrier_of(number, **known) == expected
