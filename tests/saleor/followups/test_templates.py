"""Every mail and page comes out right: four languages, missing and hostile values."""

import re
from datetime import date, datetime, timezone
from html.parser import HTMLParser
from pathlib import Path

import django
import pytest
from django.conf import settings
from django.template.backends.django import DjangoTemplates

import saleor_aftersale

PACKAGE = Path(saleor_aftersale.__file__).parent
TEMPLATES = PACKAGE / "templates"

if not settings.configured:
    settings.configure(
        INSTALLED_APPS=[],
        USE_I18N=True,
        USE_TZ=True,
        TIME_ZONE="UTC",
        LOCALE_PATHS=[str(PACKAGE / "locale")],
    )
    django.setup()

from django.utils import timezone as clock  # noqa: E402 -- settings first
from django.utils import translation  # noqa: E402 -- settings first

from saleor_aftersale import texts  # noqa: E402 -- settings first

ENGINE = DjangoTemplates(
    {
        "NAME": "templates",
        "DIRS": [str(TEMPLATES)],
        "APP_DIRS": False,
        "OPTIONS": {"string_if_invalid": "MISSING(%s)"},
    }
)

NASTY = "<script>alert(1)</script>\" onload='x' & {{ 7 }} {% now %}\r\nBcc: a@b.example"
LONG = "Ж&<" * 3500
VOID = {"meta", "link", "br", "input", "img", "hr"}

PAGE_URL = "https://shop.example/orders/abc:1?x=1&y=2"
RETURN_URL = "https://shop.example/returns/abc:1?x=1&y=2"
NOON = datetime(2026, 3, 5, 12, 0, tzinfo=timezone.utc)
GOODS = [
    {"product_name": "Tom & <b>Anna</b>", "quantity": 2, "reason_text": ""},
    {"product_name": "Кружка", "quantity": 1, "reason_text": "5 < 6"},
]

PARCEL = {
    "carrier": "InPost",
    "tracking_number": "6051",
    "tracking_url": "https://carrier.example/?n=6051&l=pl",
    "lines": GOODS,
}
RETURN = {"return_number": "R-2026-000123", "return_page_url": RETURN_URL}
FINDINGS = [
    {**GOODS[0], "outcome_text": "5 < 6", "deduction": "12.5", "note": "5 > 4"},
    {**GOODS[1], "outcome_text": "6 > 5", "deduction": "", "note": ""},
]

WAY = {
    "send_back_until": date(2026, 3, 22),
    "is_nothing_to_send": False,
    "method_text": "8 < 9",
    "return_instructions": "Lipowa 7\nWarszawa & <Praga>",
    "return_code": "LOCK & 7",
    "drop_off_point": "Kiosk <7>",
    "label_url": "https://carrier.example/label?a=1&b=2",
    "has_label_file": False,
}

PARCELS = [{"carrier": "DPD", "tracking_number": "77", "tracking_url": "", "lines": GOODS[:1]}]

#: Mails that need consent; ``test_marketing_templates`` reads them.
MARKETING = {
    "feedback.delivery",
    "feedback.product_review",
    "guarantee.reminder",
    "howto.product",
    "recommend.related",
    "referral.ask",
    "replenish.reminder",
    "voucher.thanks",
    "winback.goodwill",
}

#: What each mail gets besides the values all of them get.
CONTEXTS = {
    "order.received": {"lines": GOODS, "amount_text": "249,90 zł"},
    "order.preparing": {"lines": GOODS, "promised_until": date(2026, 3, 9)},
    "order.delayed_before_shipping": {"lines": GOODS, "promised_until": date(2026, 3, 4)},
    "shipment.sent": {**PARCEL, "promised_at": NOON, "more_parcels": PARCELS},
    "shipment.split": {
        **PARCEL,
        "promised_at": NOON,
        "rest": GOODS[1:],
        "more_parcels": PARCELS,
    },
    "shipment.out_for_delivery": PARCEL,
    "shipment.ready_for_pickup": {**PARCEL, "place": "WAW04N", "collect_by_at": NOON},
    "shipment.pickup_reminder": {
        **PARCEL,
        "place": "WAW04N",
        "collect_by_at": NOON,
        "is_last_day": True,
    },
    "shipment.attempt_failed": {**PARCEL, "incident_text": "5 < 6", "act_text": "7 > 6"},
    "shipment.action_required": {**PARCEL, "incident_text": "5 < 6", "act_text": "7 > 6"},
    "shipment.delayed": {**PARCEL, "incident_text": "5 < 6", "promised_at": NOON},
    "shipment.returning": {**PARCEL, "incident_text": "5 < 6"},
    "shipment.lost": {**PARCEL, "is_damaged": False},
    "shipment.delivered": {
        "lines": GOODS,
        "delivered_at": NOON,
        "return_until": date(2026, 3, 19),
        "return_page_url": RETURN_URL,
    },
    "return.received_request": {**RETURN, "lines": GOODS, "submitted_at": NOON},
    "return.needs_info": {**RETURN, "question": "Lipowa 7?\nWarszawa & <Praga>?"},
    "return.approved": {
        **RETURN,
        "lines": GOODS,
        **WAY,
    },
    "return.label": {**RETURN, "lines": GOODS, **WAY},
    "staff.refund_failed": {
        "return_number": "R-2026-000123",
        "amount_text": "249,90 zł",
        "fault": "Lipowa 7 & <Praga>",
        "is_given_up": False,
    },
    "return.declined": {
        **RETURN,
        "lines": GOODS,
        "refusal_text": "5 < 6",
        "decline_note": "Lipowa 7\nWarszawa & <Praga>",
    },
    "complaint.answered": {
        **RETURN,
        "lines": GOODS,
        "submitted_at": NOON,
        "decided_at": NOON,
        "is_accepted": False,
        "is_partial": False,
        "refusal_text": "5 < 6",
        "decline_note": "Lipowa 7\nWarszawa & <Praga>",
    },
    "return.send_reminder": {
        **RETURN,
        "lines": GOODS,
        "send_back_until": date(2026, 3, 22),
        "return_instructions": "Lipowa 7\nWarszawa & <Praga>",
    },
    "return.on_the_way": {**RETURN, "tracking_number": "6051"},
    "return.arrived": {**RETURN, "lines": GOODS, "is_partial": False},
    "return.inspected": {**RETURN, "lines": FINDINGS, "has_deduction": True},
    "return.reply": {**RETURN, "message": "Lipowa 7\nWarszawa & <Praga>"},
    "return.closed": {**RETURN, "lines": GOODS, "ending": "COMPLETED"},
    "refund.issued": {
        "return_number": "R-2026-000123",
        "amount_text": "249,90 zł",
        "card_code": "ABCD-1234",
    },
    "exchange.sent": {**RETURN, "lines": GOODS, "reference": "1043"},
    "repair.started": {**RETURN, "lines": GOODS},
    "repair.sent": {**RETURN, "lines": GOODS, "reference": "6051"},
    "feedback.reply": {
        "score": 2,
        "comment": "Lipowa 7\nWarszawa & <Praga>",
        "answer": "Lipowa 7\nWarszawa & <Praga>",
    },
    "order.link": {"valid_days": 30},
    "withdrawal.acknowledged": {
        "reference": "W-2026-7KQ3-9FHD",
        "stated_at": NOON,
        "sentence": "Tom & <b>Anna</b>",
        "name": "Tom & <b>Anna</b>",
        "contract": "Tom & <b>Anna</b>",
        "email": "tom@example.com",
        "lines": GOODS,
        # Its only link: it knows no order.
        "form_url": PAGE_URL,
    },
}
SUBJECTS = {
    "shipment.sent": "Your order 1042 is on its way",
    "shipment.split": "Part of your order 1042 is on its way",
    "shipment.out_for_delivery": "Your order 1042 comes today",
    "shipment.ready_for_pickup": "Your order 1042: parcel ready for pick-up",
    "shipment.pickup_reminder": "Your order 1042: please collect your parcel today",
    "shipment.attempt_failed": "Your order 1042: the parcel couldn't be delivered",
    "shipment.action_required": "Your order 1042: the parcel needs your help",
    "shipment.delayed": "Your order 1042: the parcel is delayed",
    "shipment.returning": "Your order 1042: the parcel goes back to us",
    "shipment.lost": "Your order 1042: the parcel won't arrive",
    "shipment.delivered": "Your order 1042: parcel delivered",
    "return.received_request": "We received your return request R-2026-000123",
    "return.needs_info": "Order 1042: a question about your return R-2026-000123",
    "return.approved": "Your return R-2026-000123 is approved",
    "return.label": "Return R-2026-000123: how to send it back",
    "staff.refund_failed": "Refund failed: return R-2026-000123 of order 1042",
    "return.declined": "Order 1042: our decision on your return R-2026-000123",
    "complaint.answered": "Order 1042: our answer to your complaint R-2026-000123",
    "return.send_reminder": "Order 1042: please send your return R-2026-000123 soon",
    "return.on_the_way": "Order 1042: your return R-2026-000123 is on its way",
    "return.arrived": "Order 1042: your return R-2026-000123 has arrived",
    "return.inspected": "Order 1042: we have checked your return R-2026-000123",
    "return.reply": "Order 1042: a message about your return R-2026-000123",
    "return.closed": "Order 1042: your return request R-2026-000123 is closed",
    "refund.issued": "Your refund for order 1042",
    "order.received": "We have your order 1042",
    "order.preparing": "Your order 1042 is being prepared",
    "order.delayed_before_shipping": "Your order 1042 leaves later than promised",
    "exchange.sent": "Order 1042: your replacement is on its way",
    "repair.started": "Order 1042: your goods are being repaired",
    "repair.sent": "Order 1042: your repaired goods are on their way",
    "feedback.reply": "Order 1042: our answer to your feedback",
    "order.link": "Your link to order 1042",
    "withdrawal.acknowledged": "We received your withdrawal W-2026-7KQ3-9FHD",
}
#: Values the contract allows to be missing, and how they are missing.
MISSING = {
    "customer_name": "",
    "carrier": "",
    "tracking_number": "",
    "tracking_url": "",
    "promised_at": None,
    "return_until": None,
    "return_instructions": "",
    "incident_text": "",
    "act_text": "",
    "refusal_text": "",
    "decline_note": "",
    "question": "",
    "message": "",
    "place": "",
    "collect_by_at": None,
    "rest": [],
    "more_parcels": [],
    "promised_until": None,
    "reference": "",
    "comment": "",
    "answer": "",
    "is_last_day": False,
    "is_damaged": True,
    "is_accepted": True,
    "is_partial": True,
    "has_deduction": False,
    "ending": "EXPIRED",
    "card_code": "",
}
STATUTORY = ("withdrawal.acknowledged",)
#: Values people outside the shop's staff can choose, or that come from elsewhere.
PARAGRAPHS = (
    "return_instructions",
    "decline_note",
    "question",
    "message",
    "comment",
    "answer",
    "fault",
)
FOREIGN = ("shop_name", "customer_name", "carrier", "tracking_number", "place", *PARAGRAPHS)

every_mail = pytest.mark.parametrize("key", sorted(CONTEXTS))
every_language = pytest.mark.parametrize("language", texts.LANGUAGES)
every_translation = pytest.mark.parametrize("language", texts.LANGUAGES[1:])


def normal(key, language):
    shared = {"shop_name": "Anna's Shop", "customer_name": "Maria Nowak"}
    order = {"order_number": "1042", "language": language}
    # The page is the customer's.
    page = {} if is_for_staff(key) else {"page_url": PAGE_URL}
    return {**shared, **order, **page, **CONTEXTS[key]}


def is_for_staff(key):
    return key.startswith("staff.")


def sparse(key, language):
    context = normal(key, language)
    # A withdrawal always has the reference that the law asks for.
    missing = {**MISSING, **({"reference": context["reference"]} if key in STATUTORY else {})}
    return {name: missing.get(name, value) for name, value in context.items()}


def filled(key, language, value):
    """The normal context with a hostile value wherever one can come in."""
    context = normal(key, language)
    context.update({name: value for name in FOREIGN if name in context})
    line = {"product_name": value, "quantity": 1, "reason_text": value}
    if "has_deduction" in context:
        line = {**line, "outcome_text": "5 < 6", "deduction": "1", "note": value}
    for name in {"lines", "rest"} & set(context):
        context[name] = [line]
    return context


def without_paragraphs(context):
    return {name: "" if name in PARAGRAPHS else value for name, value in context.items()}


def nasty(key, language):
    return filled(key, language, NASTY)


def long(key, language):
    return filled(key, language, LONG)


def rendered(name, context):
    zone = timezone.utc
    with translation.override(context["language"]), clock.override(zone):
        return ENGINE.get_template("saleor_aftersale/" + name).render(context)


def mail(key, part, context):
    return rendered(f"mail/{key}/{part}", context)


class Page(HTMLParser):
    """An HTML document, read: its tags, links and visible text; refuses a tag left open."""

    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.tags, self.links, self.text, self.open = [], [], "", []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "a":
            self.links.append(dict(attrs)["href"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        assert tag in VOID
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open and "title" not in self.open:
            self.text += data

    def named(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


def links_of(text):
    return re.findall(r"https?://\S+", text)


def english_sentences():
    """Our sentences; of those with values in them, the longer pieces between the values."""
    with translation.override(None):
        found = {str(sentence) for sentence in texts.TEXTS.values()}
    for file in TEMPLATES.rglob("*.*"):
        source = file.read_text(encoding="utf-8") if file.is_file() else ""
        found |= set(re.findall(r'{% trans "([^"]+)"', source))
        for block in re.findall(r"{% blocktrans[^%]*%}(.*?){% endblocktrans %}", source):
            pieces = re.split(r"{{.*?}}|{% plural %}", block)
            found |= {piece.strip() for piece in pieces if len(piece.strip()) > 7}
    return found


def english_left_in(text):
    """Our English sentences in a text."""
    found = [
        sentence
        for sentence in english_sentences()
        if re.search(rf"(?<!\w){re.escape(sentence)}(?!\w)", text)
    ]
    return sorted(found)


#: What stands beside the mails' folders: the frame, its source, and the merchant's own words in it.
FRAMES = {"base.html", "base.mjml", "base.txt", "edited.html", "edited.txt"}


def test_mail_folders_are_the_keys_when_listed():
    folders = {file.name for file in (TEMPLATES / "saleor_aftersale/mail").iterdir()}

    assert folders == set(CONTEXTS) | MARKETING | FRAMES


@every_mail
def test_mail_folder_has_three_templates_when_listed(key):
    files = {file.name for file in (TEMPLATES / "saleor_aftersale/mail" / key).iterdir()}

    assert files == {"subject.txt", "body.txt", "body.html"}


@every_mail
def test_subject_says_what_happened_when_english(key):
    assert mail(key, "subject.txt", normal(key, "en")) == SUBJECTS[key]


@every_language
@every_mail
@pytest.mark.parametrize("context", [normal, sparse, nasty, long])
def test_subject_is_one_short_line_when_rendered(key, language, context):
    subject = mail(key, "subject.txt", context(key, language))

    assert subject == subject.strip()
    assert len(subject.splitlines()) == 1
    assert len(subject) < 80


@every_mail
def test_subject_keeps_a_number_as_it_is_when_it_has_markup(key):
    numbers = dict.fromkeys(("order_number", "return_number", "reference"), "1 & <2>")
    context = {**normal(key, "en"), **numbers}

    assert "1 & <2>" in mail(key, "subject.txt", context)


@every_language
@every_mail
@pytest.mark.parametrize("context", [normal, sparse, nasty, long])
def test_mail_has_the_same_links_in_both_bodies_when_rendered(key, language, context):
    values = context(key, language)
    wanted = {url for name, url in values.items() if name.endswith("_url") and url}

    page = Page(mail(key, "body.html", values))
    text = mail(key, "body.txt", values)

    assert set(page.links) == set(links_of(text)) == wanted


@every_mail
def test_mail_links_once_when_the_shop_has_no_return_page(key):
    elsewhere = {"tracking_url": "", "label_url": ""}
    context = {**normal(key, "en"), "return_page_url": PAGE_URL, **elsewhere}
    if is_for_staff(key):
        del context["return_page_url"]

    links = [] if is_for_staff(key) else [PAGE_URL]
    assert Page(mail(key, "body.html", context)).links == links
    assert links_of(mail(key, "body.txt", context)) == links


def test_delivered_mail_offers_no_withdrawal_when_the_shop_has_no_return_page():
    context = dict(normal("shipment.delivered", "en"), return_page_url=PAGE_URL)

    for part in ("body.txt", "body.html"):
        assert "withdraw" not in mail("shipment.delivered", part, context)


@every_language
@every_mail
@pytest.mark.parametrize("context", [normal, sparse])
def test_mail_has_nothing_unresolved_when_rendered(key, language, context):
    for part in ("subject.txt", "body.txt", "body.html"):
        output = mail(key, part, context(key, language))

        assert re.findall(r"MISSING|{{|{%|#}|None|%\(", output) == []


@every_language
@every_mail
@pytest.mark.parametrize("context", [normal, sparse, nasty])
def test_text_body_is_tidy_when_rendered(key, language, context):
    text = mail(key, "body.txt", context(key, language))

    assert text == text.strip() + "\n"
    assert re.findall(r"\n{3,}|[ \t]+\n", text.replace("\r", "")) == []


@every_mail
def test_html_body_escapes_when_values_have_markup(key):
    html = mail(key, "body.html", nasty(key, "en"))

    page = Page(html)

    assert page.named("script") == []
    assert [name for _, attrs in page.tags for name in attrs if name.startswith("on")] == []
    assert "&amp;amp;" not in html and "&amp;lt;" not in html


@every_mail
def test_text_body_is_plain_when_values_have_markup(key):
    text = mail(key, "body.txt", nasty(key, "en"))

    assert re.findall(r"&(?:amp|lt|gt|quot|#)", text) == []
    assert "<script>alert(1)</script>" in text


@every_mail
def test_names_stay_on_their_line_when_they_hold_line_breaks(key):
    context = without_paragraphs(nasty(key, "en"))

    assert re.findall(r"^Bcc", mail(key, "body.txt", context), re.M) == []


@every_mail
def test_mail_stays_small_when_names_are_long(key):
    context = without_paragraphs(long(key, "ru"))

    assert len(mail(key, "body.html", context)) < 16000
    assert len(mail(key, "body.txt", context)) < 3000


@every_language
@every_mail
def test_html_body_can_be_read_aloud_when_rendered(key, language):
    page = Page(mail(key, "body.html", normal(key, language)))

    assert [tag["lang"] for tag in page.named("html")] == [language]
    assert len(page.named("h1")) == 1
    assert {table.get("role") for table in page.named("table")} == {"presentation"}


@every_language
@every_mail
def test_html_body_loads_nothing_when_opened(key, language):
    html = mail(key, "body.html", normal(key, language))

    remote = [tag for tag, attrs in Page(html).tags if "src" in attrs or tag == "link"]

    assert remote == []
    assert re.findall(r"url\(|@import", html) == []


@every_mail
def test_english_is_found_when_a_mail_is_english(key):
    assert len(english_left_in(mail(key, "body.txt", normal(key, "en")))) > 5


@every_translation
@every_mail
@pytest.mark.parametrize("context", [normal, sparse])
def test_mail_has_no_english_left_when_translated(key, language, context):
    values = context(key, language)

    subject = mail(key, "subject.txt", values)
    text = mail(key, "body.txt", values)
    visible = Page(mail(key, "body.html", values)).text

    assert english_left_in("\n".join((subject, text, visible))) == []


@pytest.mark.parametrize(
    "language, moment",
    [
        ("en", "5 March 2026, 12:00 (UTC+00:00)"),
        ("pl", "5 marca 2026, 12:00 (UTC+00:00)"),
        ("bg", "05.03.2026, 12:00 (UTC+00:00)"),
        ("ru", "5 марта 2026, 12:00 (UTC+00:00)"),
    ],
)
def test_request_mail_says_when_it_was_received_when_rendered(language, moment):
    context = normal("return.received_request", language)

    assert moment in mail("return.received_request", "body.txt", context)
    assert moment in Page(mail("return.received_request", "body.html", context)).text


@pytest.mark.parametrize(
    "language, days, sentence",
    [
        ("en", 1, "The link works for 1 day."),
        ("en", 30, "The link works for 30 days."),
        ("pl", 1, "Link działa przez 1 dzień."),
        ("pl", 3, "Link działa przez 3 dni."),
        ("bg", 1, "Връзката важи 1 ден."),
        ("bg", 7, "Връзката важи 7 дни."),
        ("ru", 21, "Ссылка действует 21 день."),
        ("ru", 3, "Ссылка действует 3 дня."),
        ("ru", 30, "Ссылка действует 30 дней."),
    ],
)
def test_link_mail_counts_days_when_rendered(language, days, sentence):
    context = dict(normal("order.link", language), valid_days=days)

    assert sentence in mail("order.link", "body.txt", context)


@every_language
def test_link_mail_names_nobody_when_the_name_is_known(language):
    context = normal("order.link", language)

    for part in ("subject.txt", "body.txt", "body.html"):
        assert "Maria" not in mail("order.link", part, context)


def test_instructions_keep_their_lines_when_approved():
    context = normal("return.approved", "pl")

    html = mail("return.approved", "body.html", context)
    text = mail("return.approved", "body.txt", context)

    assert "Lipowa 7<br>Warszawa &amp; &lt;Praga&gt;" in html
    assert "Lipowa 7\nWarszawa & <Praga>" in text


def error(language, name="Tom & Anna"):
    page = {"style_url": "/style.css", "languages": [], "title": name, "message": name}
    return {"shop_name": name, "language": language, **page}


@every_language
def test_message_page_is_whole_when_rendered(language):
    html = rendered("pages/message.html", error(language))

    page = Page(html)

    assert page.named("html") == [{"lang": language}]
    assert [len(page.named(tag)) for tag in ("main", "h1", "title")] == [1, 1, 1]
    assert re.findall(r"MISSING|{{|{%|None", html) == []


@every_language
@pytest.mark.parametrize("value", [NASTY, LONG])
def test_message_page_obeys_its_content_policy_when_values_are_hostile(language, value):
    page = Page(rendered("pages/message.html", error(language, value)))

    forbidden = [tag for tag, _ in page.tags if tag in ("script", "style", "iframe", "b")]
    attributes = {name for _, attrs in page.tags for name in attrs}

    assert forbidden == []
    assert [name for name in attributes if name.startswith("on") or name == "style"] == []


def test_style_is_the_same_when_loaded_as_a_template():
    name = "saleor_aftersale/pages/style.css"

    assert ENGINE.get_template(name).render({}) == (TEMPLATES / name).read_text(encoding="utf-8")
