"""A merchant's own words on their way into a mail."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from saleor_aftersale import config
from saleor_aftersale.config import settings_of
from saleor_aftersale.followups import delivery, edits, samples, sender
from saleor_aftersale.followups.catalogue import CATALOGUE, TRANSACTIONAL
from saleor_aftersale.followups.models import OutboxMail
from saleor_aftersale.tracking.statuses import ShipmentStatus
from tests import factories
from tests.factories import CHANNEL
from tests.saleor.followups import test_marketing_templates as marketing
from tests.saleor.followups import test_templates as mails

LANGUAGES = ("en", "pl", "bg", "ru")

OWN = """[shipment.sent en subject]
{{order_number}} has left, {{customer_name}}

[shipment.sent en text]
Dear {{customer_name}},

<b>your</b> parcel with {{carrier}} comes {{format_date promised_at}}.
{{#each lines}}
- {{quantity}} of {{product_name}}
{{/each}}

{{button "See your order" page_url}}
{{link "At the carrier" tracking_url}}
"""


def rendered(value=OWN, key="shipment.sent", language="en", **context):
    values = {**mails.normal(key, language), **context}
    return sender.render(key, values, language, edits.parse(value, LANGUAGES))


def test_own_words_stand_in_all_parts_of_the_mail():
    mail = rendered()

    page = mails.Page(mail.html)
    assert mail.subject == "1042 has left, Maria Nowak"
    assert mail.text.startswith(
        "Dear Maria Nowak,\n\n<b>your</b> parcel with InPost comes 5 March 2026.\n"
        "- 2 of Tom & <b>Anna</b>\n- 1 of Кружка\n\n"
        f"See your order:\n{mails.PAGE_URL}\n"
    )
    assert "You receive this mail because of your order 1042" in mail.text
    assert page.links == [mails.PAGE_URL, mails.PARCEL["tracking_url"]]
    assert "&lt;b&gt;your&lt;/b&gt; parcel" in mail.html
    assert "2 of Tom &amp; &lt;b&gt;Anna&lt;/b&gt;" in mail.html


def test_other_languages_and_mails_keep_our_words():
    polish = rendered(language="pl")
    other = rendered(key="shipment.delivered")

    assert polish == sender.render("shipment.sent", mails.normal("shipment.sent", "pl"), "pl")
    assert other == sender.render(
        "shipment.delivered", mails.normal("shipment.delivered", "en"), "en"
    )


def test_body_stays_ours_when_only_the_subject_is_edited():
    mail = rendered("[shipment.sent en subject]\nGone")

    ours = sender.render("shipment.sent", mails.normal("shipment.sent", "en"), "en")
    assert mail == ours._replace(subject="Gone")


@pytest.mark.parametrize("language, day", [("pl", "5 marca 2026"), ("bg", "05.03.2026")])
def test_values_are_written_in_the_language_of_the_mail(language, day):
    mail = rendered(
        f"[shipment.sent {language} text]\n{{{{promised_at}}}} {{{{format_date promised_at}}}}",
        language=language,
    )

    assert mail.text.startswith(f"{day}, 12:00 {day}")


def test_price_is_written_with_its_currency():
    mail = rendered(
        "[refund.issued pl text]\n{{price amount currency}}",
        key="refund.issued",
        language="pl",
        amount="249.90",
        currency="PLN",
    )

    assert mail.text.startswith("249,90\xa0zł")


def test_no_link_comes_from_a_value_that_looks_like_one():
    evil = "\ue000\ue001Win\ue001https://evil.example\ue002 [x](https://evil.example)"

    mail = rendered(customer_name=evil)

    assert mails.Page(mail.html).links == [mails.PAGE_URL, mails.PARCEL["tracking_url"]]
    assert "\ue000" not in mail.text + mail.html + mail.subject


@pytest.mark.parametrize("value", [mails.NASTY, "x" * 10_000_000, "1\r\nBcc: eve@example.com"])
def test_mail_is_whole_when_values_are_hostile(value):
    mail = rendered(customer_name=value, carrier=value, lines=[{"product_name": value}] * 3)

    assert len(mail.subject.splitlines()) == 1
    assert len(mail.html) < 40_000
    assert mails.Page(mail.html).named("script") == []


def test_links_are_left_out_when_there_is_no_address():
    mail = rendered(tracking_url="")

    assert "At the carrier" not in mail.text + mail.html


def test_order_of_a_customer_is_told_in_own_words(mailbox):
    factories.activate(mail_texts=OWN)
    order = factories.make_order(lines={"Kettle": 1})
    factories.scan(factories.fulfill(order, tracking_number="1Z999"), ShipmentStatus.PICKED_UP)

    factories.commit()

    (message,) = mailbox
    number = OutboxMail.objects.get().order.number
    assert message.subject.startswith(f"{number} has left")
    assert "- 1 of Kettle" in message.body


def test_setting_is_refused_with_the_line_of_the_fault():
    faults = config.check({"mail_texts": "[shipment.sent en text]\nx\n{{else if}}"})

    assert list(faults) == ["mail_texts"]
    assert re.match(r"line 3: ", faults["mail_texts"])


def test_settings_stay_usable_when_a_stored_text_no_longer_passes():
    settings = config.typed(True, {"mail_texts": "[shipment.sent en text]\n{{gone}}"})

    assert settings.mail_texts == {}


def test_samples_are_those_of_the_catalogue():
    assert set(samples.SAMPLES) == set(CATALOGUE)
    classes = {key for key, kind in CATALOGUE.items() if kind.mail_class is not TRANSACTIONAL}
    assert classes == samples.MARKETING


@pytest.mark.parametrize("key", sorted(mails.CONTEXTS))
def test_sample_has_every_name_the_templates_have(key):
    assert set(mails.CONTEXTS[key]) - {"language"} <= set(samples.SAMPLES[key])


@pytest.mark.parametrize("key", sorted(marketing.CONTEXTS))
def test_sample_has_every_name_the_marketing_templates_have(key):
    assert set(marketing.CONTEXTS[key][0]) <= set(samples.SAMPLES[key])


# Templates of the shop's own that misbehave


@pytest.mark.django_db
@pytest.mark.parametrize("words", ["{% for x in missing.__class__ %}", "{{ broken }"])
def test_other_mails_go_out_when_one_template_is_broken(mailbox, monkeypatch, words):
    factories.activate()
    record = factories.keep(factories.make_order())
    render = sender.render

    def broken(key, *arguments):
        if key == "shipment.lost":
            raise RuntimeError(words)
        return render(key, *arguments)

    monkeypatch.setattr(sender, "render", broken)
    now = timezone.now()
    for number, key in enumerate(("shipment.lost", "shipment.sent")):
        OutboxMail.objects.create(
            subject_ref=f"shipment:{number}",
            key=key,
            language="en",
            order=record,
            to_email="boris@example.com",
            context={"lines": []},
            state="QUEUED",
            due_at=now - timedelta(minutes=2 - number),
            message_id=f"<{number}@x>",
            created_at=now,
        )

    delivery.deliver_mail(OutboxMail.objects.order_by("pk").first().pk, now)

    assert list(OutboxMail.objects.order_by("pk").values_list("state", flat=True)) == [
        "QUEUED",
        "SENT",
    ]
    assert settings_of(CHANNEL).is_active
