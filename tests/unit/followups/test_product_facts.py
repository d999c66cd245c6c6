"""What a product's metadata says for the time after delivery, and what can't be used of it."""

import pytest

from saleor_aftersale.followups.product_facts import NO_FACTS, ProductFacts, facts_of
from saleor_aftersale.values import Product


def facts(language="", **metadata):
    said = {"aftersale." + name.replace("__", "."): value for name, value in metadata.items()}
    return facts_of(Product("1", metadata=said), language)


def test_product_without_metadata_says_nothing():
    assert facts() == NO_FACTS
    assert not NO_FACTS.has_advice


def test_metadata_is_read_as_the_merchant_wrote_it():
    found = facts(
        howto=" Fill it.\nHeat it. ",
        howto_url="https://shop.example/film?a=1",
        care="By hand",
        replenish_days="30",
    )

    assert found == ProductFacts(
        "Fill it.\nHeat it.", "https://shop.example/film?a=1", "By hand", 30
    )


@pytest.mark.parametrize(
    ("language", "words"), [("pl", "Napełnij."), ("bg", "Fill it."), ("", "Fill it.")]
)
def test_text_of_the_customers_language_comes_first(language, words):
    assert facts(language, howto="Fill it.", howto__pl="Napełnij.").howto == words


def test_text_of_a_language_doesnt_count_when_it_is_blank():
    assert facts("pl", howto="Fill it.", howto__pl="  ").howto == "Fill it."


@pytest.mark.parametrize("name", ["howto", "care", "howto_url"])
def test_advice_is_any_of_the_three(name):
    assert facts(**{name: "https://shop.example/x"}).has_advice


def test_days_are_no_advice():
    assert not facts(replenish_days="30").has_advice


def test_long_text_is_cut():
    text = facts(howto="Ж" * 10_000_000).howto

    assert len(text) == 2000
    assert text.endswith("Ж…")


def test_control_characters_are_left_out():
    assert facts(care="By\x00 ha\x07nd\r\nonly").care == "By hand\nonly"


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/x",
        "javascript:alert(1)",
        "https://shop.example/ x",
        'https://shop.example/"x',
        "https://user:password@shop.example/",
        "https://shop.example\\x",
        "//shop.example",
        "https://" + "a" * 1001,
        "https://shop.example/\nBcc: a@b.example",
    ],
)
def test_address_that_is_no_plain_https_is_none(url):
    assert facts(howto_url=url).howto_url == ""


@pytest.mark.parametrize("days", ["0", "1096", "-3", "3.5", "30 days", "٣٠", "", "99999"])
def test_days_that_make_no_sense_are_none(days):
    assert facts(replenish_days=days).replenish_days == 0


@pytest.mark.parametrize("days", ["1", "1095", " 30 "])
def test_days_within_bounds_count(days):
    assert facts(replenish_days=days).replenish_days == int(days)
