"""Merchants' text with links: only https, nothing around it."""

import pytest

from saleor_aftersale import appearance
from saleor_aftersale.appearance import TextPart


def test_text_is_split_into_lines_and_links():
    text = "Rinse it.\n\n See https://shop.example/care?a=1&b=<x>, or (https://shop.example).\n"

    found = appearance.paragraphs(text)

    url, home = "https://shop.example/care?a=1&b=", "https://shop.example"
    assert found == [
        (TextPart("Rinse it."),),
        (
            TextPart("See "),
            TextPart(url, url),
            TextPart("<x>, or ("),
            TextPart(home, home),
            TextPart(")."),
        ),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "http://shop.example",
        "data:text/html,x",
        "//shop.example",
        "https:shop.example",
        "https://",
    ],
)
def test_nothing_but_https_is_a_link(text):
    assert appearance.paragraphs(text) == [(TextPart(text),)]


@pytest.mark.parametrize(
    ("contact", "url"),
    [
        ("", ""),
        ("help@shop.example", "mailto:help@shop.example"),
        ("https://shop.example/help", "https://shop.example/help"),
    ],
)
def test_contact_is_a_link(contact, url):
    assert appearance.contact_url(contact) == url
