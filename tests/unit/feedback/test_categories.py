"""What feedback can be about."""

from saleor_aftersale.feedback import categories


def test_codes_are_told_once_and_in_their_order_when_listed():
    wished = ["OTHER", "SPEED", "OTHER", "COURIER"]

    assert categories.in_order(wished) == ("SPEED", "COURIER", "OTHER")


def test_codes_are_unknown_when_they_differ_in_case_or_are_none():
    assert categories.unknown(["speed", "SPEED", "", "PRICE"]) == ("speed", "", "PRICE")
