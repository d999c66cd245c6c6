"""Who the customer is doesn't show in what carriers write."""

import pytest

from saleor_aftersale.redaction import redacted


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Signed by J. KOWALSKI", "Signed by J. K."),
        ("Doręczono: jan kowalski", "Doręczono: J. K."),
        ("Mail to jan.kowalski@example.com, done", "Mail to …, done"),
        ("Kowalskie Góry", "Kowalskie Góry"),
        ("Locker WAW22A, Puławska 2", "Locker WAW22A, Puławska 2"),
    ],
)
def test_names_become_initials_and_mailboxes_go(text, shown):
    assert redacted(text, "Jan Kowalski") == shown


@pytest.mark.parametrize("name", ["", "Li Wu", "(.*", "+"])
def test_text_stays_when_the_name_says_too_little(name):
    assert redacted("Signed by Li (a+b) in Wu", name) == "Signed by Li (a+b) in Wu"
