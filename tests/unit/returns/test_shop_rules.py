"""What the shop says of certain goods: reading the setting, and who is heard first."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_aftersale.returns import shop_rules
from saleor_aftersale.returns.bases import Basis, Payer
from saleor_aftersale.returns.shop_rules import Terms, Where
from saleor_aftersale.values import Product

BODY = Product(
    ref="1",
    names=frozenset({"body", "lace-body"}),
    types=frozenset({"clothing"}),
    categories=frozenset({"lingerie", "women"}),
    collections=frozenset({"summer sale", "sale"}),
)


def where(product=BODY, country="PL", price="50"):
    return Where(product, country, Decimal(price))


def terms(text, place=None):
    return shop_rules.terms_of(place or where(), shop_rules.parse(text))


# What a line can say


@pytest.mark.parametrize(
    "what, said",
    [
        ("goodwill 30", {"goodwill_days": 30}),
        ("Goodwill  30  days", {"goodwill_days": 30}),
        ("goodwill 0", {"goodwill_days": 0}),
        (
            "goodwill as store_credit, EXCHANGE_SAME",
            {"resolutions": ("STORE_CREDIT", "EXCHANGE_SAME")},
        ),
        ("exception e", {"exception": "E"}),
        ("exception none", {"exception": ""}),
        ("withdrawal 30", {"withdrawal_days": 30}),
        ("guarantee 36 months", {"guarantee_months": 36}),
        ("warranty 12", {"warranty_months": 12}),
        ("fee 10%", {"fee_percent": 10}),
        ("fee goodwill 10 %", {"fee_percent": 10}),
        ("merchant pays withdrawal", {"payers": ((Basis.WITHDRAWAL, Payer.MERCHANT),)}),
        (
            "customer pays goodwill, refused delivery",
            {
                "payers": (
                    (Basis.GOODWILL_RETURN, Payer.CUSTOMER),
                    (Basis.REFUSED_DELIVERY, Payer.CUSTOMER),
                )
            },
        ),
        ("merchant pays delivery problem", {"payers": ((Basis.DELIVERY_PROBLEM, Payer.MERCHANT),)}),
        ("methods IN_STORE, courier_pickup", {"methods": ("IN_STORE", "COURIER_PICKUP")}),
        (
            "goodwill 0 | exception C | warranty 6",
            {"goodwill_days": 0, "exception": "C", "warranty_months": 6},
        ),
        (
            "merchant pays goodwill | customer pays warranty",
            {
                "payers": (
                    (Basis.GOODWILL_RETURN, Payer.MERCHANT),
                    (Basis.COMMERCIAL_WARRANTY, Payer.CUSTOMER),
                )
            },
        ),
    ],
)
def test_line_says_what_is_written_in_it(what, said):
    assert terms("all | " + what) == Terms(**said)


# Where a line holds


@pytest.mark.parametrize(
    "condition, holds",
    [
        ("all", True),
        ("ALL", True),
        ("category: Lingerie", True),
        ("category: women", True),  # the one above counts too
        ("category: Shoes", False),
        ("category: Shoes, LINGERIE", True),
        ("product type: Clothing", True),
        ("Product  Type:clothing", True),
        ("product: lace-body", True),
        ("product: Lingerie", False),
        ("collection: Summer  Sale", True),
        ("collection: winter", False),
        ("country: pl, bg", True),
        ("country: BG", False),
        ("price: >= 50", True),
        ("price: > 50", False),
        ("price: < 50.01", True),
        ("price: <=49.99", False),
        ("category: Lingerie & country: PL", True),
        ("category: Lingerie & country: BG", False),
    ],
)
def test_line_holds_where_all_its_conditions_do(condition, holds):
    assert terms(condition + " | goodwill 7").goodwill_days == (7 if holds else None)


@pytest.mark.parametrize(
    "condition, holds",
    [("all", True), ("country: PL", True), ("price: > 9", True), ("category: lingerie", False)],
)
def test_line_about_a_product_does_not_hold_when_the_product_is_gone(condition, holds):
    found = terms(condition + " | goodwill 7", where(product=None))

    assert found.goodwill_days == (7 if holds else None)


def test_first_line_that_fits_decides_thing_by_thing():
    text = """
    # The sale is final, except in Bulgaria.
    collection: Sale & country: BG | goodwill 14

    collection: Sale | goodwill 0 | merchant pays goodwill
    category: Lingerie | exception E | goodwill 30 | customer pays goodwill, warranty
    all | goodwill 60 | warranty 12
    """

    assert terms(text) == Terms(
        goodwill_days=0,
        exception="E",
        warranty_months=12,
        payers=(
            (Basis.GOODWILL_RETURN, Payer.MERCHANT),
            (Basis.COMMERCIAL_WARRANTY, Payer.CUSTOMER),
        ),
    )
    assert terms(text, where(country="BG")).goodwill_days == 14
    assert terms(text, where(product=None)) == Terms(goodwill_days=60, warranty_months=12)


def test_semicolon_ends_a_line_where_the_field_has_one_line_only():
    assert terms("country: BG | goodwill 7; all | goodwill 30") == Terms(goodwill_days=30)


def test_nothing_is_said_when_the_setting_is_empty():
    assert shop_rules.parse(" \n\n") == ()
    assert terms("") == Terms()


# What a product says of itself


def carrying(**metadata):
    return Product("1", metadata={f"aftersale.{name}": value for name, value in metadata.items()})


@pytest.mark.parametrize(
    "metadata, said",
    [
        ({"exception": "E"}, Terms(exception="E")),
        ({"exception": " c "}, Terms(exception="C")),
        ({"exception": "none"}, Terms(exception="")),
        ({"warranty_months": "36"}, Terms(exception="B", warranty_months=36)),
        ({"guarantee_months": " 60 "}, Terms(exception="B", guarantee_months=60)),
        # Not understood: as if it weren't there.
        ({"exception": "Z"}, Terms(exception="B")),
        ({"exception": "EF"}, Terms(exception="B")),
        ({"exception": ""}, Terms(exception="B")),
        ({"warranty_months": "two years"}, Terms(exception="B")),
        ({"warranty_months": "-3"}, Terms(exception="B")),
        ({"other": "E"}, Terms(exception="B")),
    ],
)
def test_product_is_heard_before_the_setting_when_it_can_be_understood(metadata, said):
    assert terms("all | exception B", where(carrying(**metadata))) == said


@pytest.mark.parametrize(
    "metadata, faults",
    [
        ({}, []),
        ({"exception": "e", "warranty_months": "12"}, []),
        ({"exception": "none"}, []),
        ({"exception": "Z"}, ["aftersale.exception: there is no exception 'Z'."]),
        (
            {"guarantee_months": "2 y"},
            ["aftersale.guarantee_months: '2 y' is no number of months."],
        ),
    ],
)
def test_what_a_product_says_in_vain_is_told(metadata, faults):
    assert shop_rules.faults_of(carrying(**metadata)) == faults


# What can't be saved


@pytest.mark.parametrize(
    "line, message",
    [
        (
            "goodwill 30",
            "write where | what, as category: Lingerie | goodwill 0 | exception E.",
        ),
        ("all |", "write where | what, as category: Lingerie | goodwill 0 | exception E."),
        (
            "colour: red | goodwill 0",
            "'colour: red' is no condition. Write all, or one of product, product type, "
            "category, collection, country, price with a colon, as country: PL, BG.",
        ),
        (
            "category: | goodwill 0",
            "'category:' is no condition. Write all, or one of product, product type, "
            "category, collection, country, price with a colon, as country: PL, BG.",
        ),
        ("country: Poland | goodwill 0", "a country has two letters, not 'POLAND'."),
        (
            "price: 50 | goodwill 0",
            "a price is compared, as price: >= 100 or price: < 9.50, not '50'.",
        ),
        (
            "all | exception N",
            "there is no exception 'N': the law has A to M, and none lifts one.",
        ),
        ("all | withdrawal 13", "withdrawal 13 is less than the law's 14 days."),
        ("all | guarantee 12", "guarantee 12 is less than the law's 24 months."),
        ("all | fee withdrawal 5 %", "a fee is possible only for goodwill, as fee 10 %."),
        ("all | fee non-conformity 5%", "a fee is possible only for goodwill, as fee 10 %."),
        ("all | fee 101 %", "a fee is at most 100 %."),
        (
            "all | customer pays non-conformity",
            "a customer never pays the way back for a non-conformity.",
        ),
        (
            "all | customer pays goodwill, delivery problem",
            "a customer never pays the way back for a delivery problem.",
        ),
        (
            "all | merchant pays everything",
            "there is no 'everything' to pay for: withdrawal, goodwill, non-conformity, "
            "warranty, delivery problem, refused delivery.",
        ),
        (
            "all | goodwill as REPAIR",
            "unknown REPAIR. Known: REFUND_ORIGINAL, REFUND_BANK, STORE_CREDIT, EXCHANGE_SAME, "
            "EXCHANGE_VARIANT, EXCHANGE_OTHER.",
        ),
        ("all | goodwill 7 | goodwill 8", "'goodwill 8' says the same thing a second time."),
        (
            "all | no returns",
            "'no returns' says nothing known. Write goodwill 30, goodwill as STORE_CREDIT, "
            "exception E, withdrawal 30, guarantee 36, warranty 12, fee 10 %, "
            "merchant pays withdrawal, or methods IN_STORE.",
        ),
    ],
)
def test_line_is_refused_with_its_number_and_a_sentence(line, message):
    with pytest.raises(ValueError) as fault:
        shop_rules.parse("all | warranty 12\n\n" + line)

    assert str(fault.value) == "Line 3: " + message


def test_final_sale_can_not_be_said_of_a_withdrawal():
    with pytest.raises(ValueError, match="withdrawal 0 is less than the law's 14 days"):
        shop_rules.parse("all | withdrawal 0")


@given(st.text(alphabet="al:|&;#\n goodwill0exception E><=price%,ПЛ", max_size=80))
def test_any_text_is_read_or_refused_with_its_line(text):
    try:
        rules = shop_rules.parse(text)
    except ValueError as fault:
        assert str(fault).startswith("Line ")
    else:
        shop_rules.terms_of(where(), rules)
