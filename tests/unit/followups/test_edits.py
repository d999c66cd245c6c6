"""The setting that holds a merchant's own words."""

import pytest

from saleor_aftersale.followups import edits, samples

LANGUAGES = ("en", "pl")


def parsed(value):
    return edits.parse(value, LANGUAGES)


def test_edits_are_read_by_key_and_language():
    value = (
        "[shipment.sent en subject]\nOrder {{order_number}} left\n\n"
        "[shipment.sent en text]\nHello {{customer_name}},\n\n"
        '{{button "See it" page_url}}\n'
        "[order.link pl subject]\nTwój link\n"
    )

    found = parsed(value)

    assert set(found) == {("shipment.sent", "en"), ("order.link", "pl")}
    assert found["order.link", "pl"].text is None
    assert found["order.link", "pl"].subject == ["Twój link"]
    assert found["shipment.sent", "en"].text is not None


@pytest.mark.parametrize("value", ["", "\n \n"])
def test_nothing_is_edited_when_the_setting_is_empty(value):
    assert parsed(value) == {}


def test_edits_are_compiled_once_when_the_words_are_the_same():
    value = "[shipment.sent en subject]\nGone"

    assert parsed(value) is parsed(value)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("Hello", "line 1: Begin with a line as"),
        ("\n[shipment.sent en]\nx", "line 2: Begin with"),
        ("[shipment.gone en text]\nx", "line 1: There is no mail shipment.gone"),
        ("[shipment.sent de text]\nx", "line 1: Unknown language de: en, pl"),
        ("[shipment.sent en text]\n\n[order.link en subject]\nx", "line 1: There are no words"),
        ("[shipment.sent en text]\nx\n\n{{nobody}}", "line 4: There is no nobody"),
        ("[shipment.sent en text]\nx\n[shipment.sent pl text]\n{{#if carrier}}", "line 4"),
        ("[shipment.sent en text]\nx\n[shipment.sent en text]\ny", "line 3: .* stands here twice"),
        ("[shipment.sent en subject]\nx\ny", "line 3: A subject has one line"),
        ('[shipment.sent en subject]\n{{link "x" page_url}}', "line 2: A subject holds no links"),
        ("[order.link en text]\nx", "line 1: The text must hold page_url"),
        ("[withdrawal.acknowledged en text]\nx", "line 1: The law says"),
        ("[complaint.answered en subject]\nx", "line 1: The law says"),
        ('[shipment.sent en text]\n{{button "x" carrier}}', "line 2: button needs a value whose"),
        ("[shipment.sent en text]\n{{link carrier page_url}}", "line 2: link needs words in"),
        ('[shipment.sent en text]\n{{link "x"}}', "line 2: link needs 2 things: text, url"),
        ('[shipment.sent en text]\n{{format_date "x"}}', "line 2: format_date needs the name"),
        ("[shipment.sent en text]\nx\ue000", "line 1: .* character"),
        ("[shipment.sent en text]\n" + "x" * 6001, "line 1: Use up to 6000"),
        ("[shipment.sent en text]\n" + "x" * 60_000, "Use up to 60000"),
    ],
)
def test_edits_are_refused_with_the_line_of_the_fault(value, words):
    with pytest.raises(ValueError, match=words):
        parsed(value)


def test_samples_are_whole():
    for key, sample in samples.SAMPLES.items():
        assert {"shop_name", "order_number", "page_url"} <= set(sample), key
        assert all(value for name, value in sample.items() if name in ("lines", "goods")), key
    assert set(samples.MARKETING) <= set(samples.SAMPLES)
