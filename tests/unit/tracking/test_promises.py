"""What the merchant says of shipping methods: read, chosen, counted in working days."""

from datetime import date

import pytest

from saleor_aftersale.tracking.promises import (
    ShippingRule,
    carrier_for,
    parse,
    promised_range,
    rule_for,
)

RULES = parse(
    """
    InPost Paczkomaty | PL | inpost | 1-2
    InPost Paczkomaty | *  | inpost |
    Courier           | *  | dpd    | 3
    *                 | BG | speedy | 2-4
    *                 | *  |        | 5-10
    """
)


def test_parse_reads_every_column():
    text = "InPost  Paczkomaty | pl | InPost | 1 – 2\n\nCourier|*|dpd\n*|*||3"

    assert parse(text) == (
        ShippingRule("inpost paczkomaty", "PL", "inpost", (1, 2)),
        ShippingRule("courier", "*", "dpd", None),
        ShippingRule("*", "*", "", (3, 3)),
    )


def test_parse_gives_nothing_when_text_is_blank():
    assert parse(" \n\n") == ()


SHAPE = "write name | country | carrier | days, as InPost Paczkomaty | PL | inpost | 1-2."


@pytest.mark.parametrize(
    "line, message",
    [
        ("Courier", SHAPE),
        ("| PL | dpd | 1", SHAPE),
        ("Courier | PL | dpd | 1 | 2", SHAPE),
        ("Courier | Poland | dpd | 1", "the country must be two letters or *, not 'Poland'."),
        ("Courier | ПЛ | dpd | 1", "the country must be two letters or *, not 'ПЛ'."),
        ("Courier | | dpd | 1", "the country must be two letters or *, not ''."),
        ("Courier | PL | D P D | 1", "the carrier must be a code such as inpost, not 'D P D'."),
        ("Courier | PL | dpd | soon", "the days must be 2 or 1-3, up to 120, not 'soon'."),
        ("Courier | PL | dpd | 3-1", "the days must be 2 or 1-3, up to 120, not '3-1'."),
        ("Courier | PL | dpd | 121", "the days must be 2 or 1-3, up to 120, not '121'."),
        ("Courier | PL | dpd | ٣", "the days must be 2 or 1-3, up to 120, not '٣'."),
        ("Courier | PL | |", "name a carrier, days or both."),
        ("other | pl | dpd |", "line 1 is about the same method and country."),
    ],
)
def test_parse_names_the_line_that_it_refuses(line, message):
    with pytest.raises(ValueError) as fault:
        parse("Other | PL | dpd | 1\n" + line)

    assert str(fault.value) == f"Line 2: {message}"


@pytest.mark.parametrize(
    "method, country, carrier, days",
    [
        ("InPost Paczkomaty", "PL", "inpost", (1, 2)),
        ("INPOST  paczkomaty", "pl", "inpost", (1, 2)),
        # Its own line promises nothing there: the line of the country does.
        ("InPost Paczkomaty", "BG", "inpost", (2, 4)),
        ("Courier", "BG", "dpd", (3, 3)),
        ("Pigeon", "BG", "speedy", (2, 4)),
        ("Pigeon", "DE", "", (5, 10)),
        ("", "", "", (5, 10)),
    ],
)
def test_most_specific_line_that_says_it_wins(method, country, carrier, days):
    rule = rule_for(RULES, method, country)

    assert carrier_for(RULES, method, country) == carrier
    assert rule is not None
    assert rule.days == days


def test_nothing_is_said_of_a_method_no_line_fits():
    rules = parse("Courier | PL | dpd | 3")

    assert carrier_for(rules, "Courier", "DE") == ""
    assert rule_for(rules, "Courier", "DE") is None
    assert rule_for(rules, "", "PL") is None


def test_promise_counts_working_days_of_the_destination():
    rule = ShippingRule("courier", "*", "dpd", (1, 3))
    # A Tuesday; Wednesday 11 November is a holiday in Poland, none in Bulgaria.
    sent_on = date(2026, 11, 10)

    found = [promised_range(rule, sent_on, country) for country in ("PL", "BG")]

    assert found == [
        (date(2026, 11, 12), date(2026, 11, 16)),
        (date(2026, 11, 11), date(2026, 11, 13)),
    ]


def test_promise_counts_from_the_day_after_hand_over_when_sent_on_a_weekend():
    rule = ShippingRule("courier", "*", "", (1, 1))

    assert promised_range(rule, date(2026, 11, 14), "PL") == (date(2026, 11, 16),) * 2


def test_rule_without_days_promises_nothing():
    assert promised_range(ShippingRule("courier", "*", "dpd"), date(2026, 11, 10), "PL") is None
