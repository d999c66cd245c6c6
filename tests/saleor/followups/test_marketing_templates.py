"""Marketing mails come out right: what they show, the way out, hostile values."""

import re
from datetime import date

import pytest

from tests.saleor.followups.test_templates import (
    GOODS,
    LONG,
    MARKETING,
    NASTY,
    PAGE_URL,
    RETURN_URL,
    Page,
    links_of,
    mail,
)

LEAVE_URL = "https://shop.example/unsubscribe/abc:1/"
CHOOSE_URL = "https://shop.example/preferences/abc:1/"
FEEDBACK_URL = "https://shop.example/feedback/abc:1/"
PRODUCT_URL = "https://shop.example/products/cup"

OFFERED = [
    {"name": "Cup & <b>saucer</b>", "url": PRODUCT_URL, "price_text": "€10.00"},
    {"name": "Кружка", "url": "", "price_text": ""},
]
ADVICE = [
    {
        "name": "Tom & <b>Anna</b>",
        "howto": "Fill it.\nHeat it <slowly>.",
        "howto_url": "https://shop.example/film?a=1&b=2",
        "care": "No & never",
        "replenish_days": 0,
    },
    {"name": "Cup", "howto": "", "howto_url": "", "care": "By hand", "replenish_days": 0},
]

#: What each mail gets besides the values all of them get, and what it links to.
CONTEXTS = {
    "feedback.delivery": (
        {
            "feedback_url": FEEDBACK_URL,
            "scores": [
                {"score": score, "url": f"{FEEDBACK_URL}?score={score}"} for score in (1, 5)
            ],
        },
        {f"{FEEDBACK_URL}?score=1", f"{FEEDBACK_URL}?score=5"},
    ),
    "feedback.product_review": (
        {
            "lines": GOODS,
            "feedback_url": FEEDBACK_URL,
            "reviews": [{"name": "Google", "url": "https://g.page/r/x?a=1&b=2"}],
        },
        {FEEDBACK_URL, "https://g.page/r/x?a=1&b=2"},
    ),
    "howto.product": ({"goods": ADVICE}, {PAGE_URL, "https://shop.example/film?a=1&b=2"}),
    "guarantee.reminder": (
        {"lines": GOODS, "guarantee_until": date(2028, 3, 5), "return_page_url": RETURN_URL},
        {PAGE_URL, RETURN_URL},
    ),
    "replenish.reminder": ({"promotion": {"goods": OFFERED}}, {PRODUCT_URL}),
    "recommend.related": ({"promotion": {"goods": OFFERED}}, {PRODUCT_URL}),
    "referral.ask": ({"promotion": {"url": PRODUCT_URL}}, {PRODUCT_URL}),
    "voucher.thanks": (
        {"promotion": {"code": "AB & CD", "value": "10 %"}, "voucher_until": date(2026, 6, 3)},
        set(),
    ),
    "winback.goodwill": ({"promotion": {"goods": OFFERED}}, {PRODUCT_URL}),
}
SUBJECTS = {
    "feedback.delivery": "How was the delivery of your order 1042?",
    "feedback.product_review": "What do you think of the goods of your order 1042?",
    "howto.product": "How to use what you ordered (1042)",
    "guarantee.reminder": "Order 1042: your legal guarantee ends soon",
    "replenish.reminder": "Time for more?",
    "recommend.related": "You may also like these, after your order 1042",
    "referral.ask": "Do you know somebody who would like our shop?",
    "voucher.thanks": "Your voucher for feedback on order 1042",
    "winback.goodwill": "Thank you for your patience with order 1042",
}

every_mail = pytest.mark.parametrize("key", sorted(CONTEXTS))


def context_of(key, **more):
    return {
        "shop_name": "Anna's Shop",
        "customer_name": "Maria Nowak",
        "order_number": "1042",
        "page_url": PAGE_URL,
        "language": "en",
        "unsubscribe_url": LEAVE_URL,
        "preferences_url": CHOOSE_URL,
        **CONTEXTS[key][0],
        **more,
    }


def hostile(key, value):
    """The context with a hostile value wherever a merchant or a product can bring one in."""
    context = context_of(key, shop_name=value, customer_name=value)
    if "lines" in context:
        context["lines"] = [{"product_name": value, "quantity": 1, "reason_text": ""}]
    if "goods" in context:
        context["goods"] = [{**ADVICE[0], "name": value, "howto": NASTY, "care": NASTY}]
    promotion = context.get("promotion", {})
    if "goods" in promotion:
        context["promotion"] = {"goods": [{**OFFERED[0], "name": value}]}
    return context


def test_marketing_mails_are_those_of_the_catalogue():
    assert set(CONTEXTS) == MARKETING


@every_mail
def test_subject_is_one_short_line_when_rendered(key):
    assert mail(key, "subject.txt", context_of(key)) == SUBJECTS[key]


@every_mail
def test_both_bodies_link_to_the_same_pages_and_to_the_way_out(key):
    context = context_of(key)

    html = Page(mail(key, "body.html", context))
    text = mail(key, "body.txt", context)

    wanted = CONTEXTS[key][1] | {LEAVE_URL, CHOOSE_URL}
    assert set(html.links) == set(links_of(text)) == wanted


@every_mail
@pytest.mark.parametrize("value", ["Cup", NASTY, LONG])
def test_bodies_are_whole_when_values_are_hostile(key, value):
    context = hostile(key, value)

    html, text = (mail(key, part, context) for part in ("body.html", "body.txt"))

    page = Page(html)
    assert page.named("script") == []
    assert [name for _, attrs in page.tags for name in attrs if name.startswith("on")] == []
    assert re.findall(r"MISSING|{{ [^7]|{% [^n]|None|&amp;amp;", html) == []
    assert re.findall(r"&(?:amp|lt|gt|quot|#)|MISSING|None", text) == []
    assert text == text.strip() + "\n"
    assert re.findall(r"\n{3,}|[ \t]+\n", text.replace("\r", "")) == []
    assert len(html) < 14000 and len(text) < 4000


@every_mail
def test_html_can_be_read_aloud_and_loads_nothing(key):
    page = Page(mail(key, "body.html", context_of(key)))

    assert len(page.named("h1")) == 1
    assert {table.get("role") for table in page.named("table")} == {"presentation"}
    assert [tag for tag, attrs in page.tags if "src" in attrs or tag == "link"] == []


def test_advice_keeps_its_lines_and_is_escaped():
    context = context_of("howto.product")

    html = mail("howto.product", "body.html", context)
    text = mail("howto.product", "body.txt", context)

    assert "Fill it.<br>Heat it &lt;slowly&gt;." in html
    assert "Fill it.\nHeat it <slowly>." in text


@pytest.mark.parametrize(
    "key", ["feedback.delivery", "feedback.product_review", "guarantee.reminder", "howto.product"]
)
def test_mail_shows_no_promotion_when_it_asks_or_helps(key):
    context = context_of(key, promotion={"goods": OFFERED, "code": "ABCD", "url": PRODUCT_URL})

    for part in ("body.html", "body.txt"):
        assert PRODUCT_URL not in mail(key, part, context)
        assert "ABCD" not in mail(key, part, context)
