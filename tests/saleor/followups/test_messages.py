"""A mail as bytes means what Django's own would mean."""

import email
import email.policy
from email.header import decode_header, make_header

import pytest

from saleor_aftersale.followups.messages import Message

LONG_LINE = "word " * 400 + "end"


def message(**values):
    return Message(
        **{
            "subject": "Your order 1 is on its way",
            "text": "Hello,\n\nA line\n",
            "html": "<p>Hello</p>\n",
            "from_name": "Example",
            "from_email": "shop@example.com",
            "to_email": "boris@example.com",
            "message_id": "<1@saleor-aftersale>",
            **values,
        }
    )


def parsed(data):
    found = email.message_from_bytes(data, policy=email.policy.default)
    names = ("Subject", "From", "To", "Message-ID", "Auto-Submitted", "X-More")
    parts = [(part.get_content_type(), part.get_content()) for part in found.iter_parts()]
    return {name: header(data, name) for name in names}, found.get_content_type(), parts


def header(data, name):
    """A header in words; Python 3.8 reads encoded names wrongly under its newer policy."""
    raw = email.message_from_bytes(data)[name]
    return str(make_header(decode_header(raw.replace("\r\n", "")))).strip() if raw else raw


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"subject": "Поръчка 1 е на път · " * 4},
        {"subject": "long ascii words " * 9},
        {"from_name": 'Sklep Łódź, Anna "x" <y>'},
        {"from_name": 'Anna, "x" <y>'},
        {"from_name": "Магазин за чайници и чаши на Анна и нейната сестра " * 2},
        {"to_email": "anna@łódź.example"},
        {"text": "2 × kettle\n"},
        {"text": "Здравейте, Анна\n" * 90, "html": "<p>Чайник</p>\n" * 90},
        {"text": LONG_LINE + "\n"},
        {"text": ".\n..\nFrom me\n.x\n", "html": "Ж\n.\n"},
        {"text": "trailing \t\n= equals =3D\n"},
        {"headers": {"X-More": "<https://shop.example/u/1>"}},
    ],
)
def test_message_means_the_same_as_djangos(values):
    ours = message(**values)

    theirs = ours.for_django().message().as_bytes(linesep="\r\n")

    assert parsed(ours.as_bytes()) == parsed(theirs)


@pytest.mark.parametrize("text", ["Ж" * 3000 + "\n", LONG_LINE, "x\0y\n", "a\rb\r\nc\n", "é" * 70])
def test_message_fits_the_protocol_when_its_text_does_not(text):
    data = message(text=text, html=text).as_bytes()

    lines = data.split(b"\r\n")
    assert max(len(line) for line in lines) < 998
    assert all(b"\n" not in line and b"\r" not in line and b"\0" not in line for line in lines)
    assert data.isascii()


def test_message_has_its_length_when_names_are_ten_megabytes():
    data = message(subject="Ж" * 10_000_000, from_name="x" * 10_000_000).as_bytes()

    assert len(data) < 5000


@pytest.mark.parametrize(
    "values",
    [
        {"subject": "1\r\nBcc: eve@example.com"},
        {"from_name": "Shop\r\nBcc: eve@example.com"},
        {"from_name": "Łódź\r\nBcc: eve@example.com"},
    ],
)
def test_message_has_no_more_headers_when_a_text_holds_line_breaks(values):
    found = email.message_from_bytes(message(**values).as_bytes())

    assert found["Bcc"] is None
    assert found["To"] == "boris@example.com"


@pytest.mark.parametrize(
    "headers", [{"X-More": "1\r\nBcc: e@example.com"}, {"X-More": "1\n 2"}, {"X-More": "é"}]
)
def test_message_is_refused_when_a_header_would_end_early(headers):
    with pytest.raises(ValueError, match="Not a header"):
        message(headers=headers).as_bytes()


def test_boundary_is_in_no_text_when_the_text_guesses_it(monkeypatch):
    guesses = iter(["1" * 24, "2" * 24])
    monkeypatch.setattr("secrets.token_hex", lambda size: next(guesses))

    data = message(text="--=_" + "1" * 24 + "\n").as_bytes()

    assert len(list(email.message_from_bytes(data).walk())) == 3
