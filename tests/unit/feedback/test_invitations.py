"""Public reviews and referral as the merchant writes them."""

import pytest

from saleor_aftersale.feedback import invitations
from saleor_aftersale.feedback.invitations import ReviewLink


def test_review_links_keep_their_order_when_read():
    value = "Ceneo=https://www.ceneo.pl/x?a=b\n\n Google = https://g.page/r/abc "

    assert invitations.review_links(value) == (
        ReviewLink("Ceneo", "https://www.ceneo.pl/x?a=b"),
        ReviewLink("Google", "https://g.page/r/abc"),
    )


@pytest.mark.parametrize("line", ["Google", "=https://g.page/r", "x" * 61 + "=https://g.page/r"])
def test_review_links_are_refused_when_a_line_has_no_name_or_address(line):
    with pytest.raises(ValueError, match="^Write one name=address per line"):
        invitations.review_links(line)


@pytest.mark.parametrize(
    "url",
    [
        "http://g.page/r",
        "javascript:alert(1)",
        "https://",
        "https://user@g.page/r",
        "https://g.page/ r",
        'https://g.page/"onclick',
        "https://g.page/" + "x" * 1000,
    ],
)
def test_address_is_refused_when_it_is_no_plain_https_address(url):
    problem = "^An address must start with https:// and a host name"

    with pytest.raises(ValueError, match=problem):
        invitations.referral_url(url)
    with pytest.raises(ValueError, match=problem):
        invitations.review_links("Google=" + url)


def test_review_links_are_refused_when_there_are_six():
    value = "\n".join(f"Place {number}=https://example.com/{number}" for number in range(6))

    with pytest.raises(ValueError, match="^Name up to 5 places"):
        invitations.review_links(value)


@pytest.mark.parametrize(
    "value, url", [("", ""), (" https://shop.example/f ", "https://shop.example/f")]
)
def test_referral_is_an_address_or_nothing_when_read(value, url):
    assert invitations.referral_url(value) == url
