"""Rules of a withdrawal statement: labels, texts kept as said, references, pauses."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_aftersale.returns import withdrawal_rules as rules

NOON = datetime(2026, 6, 20, 12, 0, tzinfo=timezone.utc)


def test_labels_are_those_of_the_domain_when_listed():
    assert {language: tuple(labels) for language, labels in rules.LABELS.items()} == {
        "en": ("withdraw from contract here", "confirm withdrawal"),
        "pl": ("Odstąp od umowy tutaj", "Potwierdź odstąpienie"),
        "bg": ("Откажете се от договора тук", "Потвърдете отказа"),
        "ru": ("Отказаться от договора здесь", "Подтвердить отказ"),
        "de": ("Vertrag widerrufen", "Widerruf bestätigen"),
        "fr": ("renoncer au contrat ici", "confirmer la rétractation"),
        "it": ("recedere dal contratto qui", "conferma recesso"),
        "es": ("desistir del contrato aquí", "confirmar desistimiento"),
    }


def test_labels_are_english_when_the_language_has_none():
    assert rules.labels_of("uk") == rules.LABELS["en"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (" Anna  Nowak\r\nBcc: x ", "Anna Nowak Bcc: x"),
        ("A\x00B", "A\ufffdB"),
        ("A\ud800B", "A\ufffdB"),
        ("\ud83e\uded6", "🫖"),
        ("Łódź 🫖", "Łódź 🫖"),
    ],
)
def test_text_is_kept_as_far_as_it_can_be_stored(text, kept):
    assert rules.storable(text) == kept


@given(st.text())
def test_every_text_can_be_stored(text):
    assert b"\x00" not in rules.storable(text).encode()


@pytest.mark.parametrize(
    "text", ["a@example.com", "a+b.c@x.example.com", "борис@пример.бг", "o'neil@example.ie"]
)
def test_mailbox_is_taken(text):
    assert rules.is_mailbox(text) is True


@pytest.mark.parametrize(
    "text",
    ["", "a", "@", "a@", "@example.com", "a@b", "a@.b", "a b@example.com", "a@b@example.com"]
    + ["a@example.com\nBcc: e@example.com", "A <a@example.com>", "a@example.com,b@example.com"],
)
def test_mailbox_is_not_taken(text):
    assert rules.is_mailbox(text) is False


def test_reference_is_short_and_readable():
    assert rules.reference_of(bytes(range(16)), NOON) == rules.reference_of(bytes(range(16)), NOON)
    assert rules.reference_of(bytes(16), NOON) == "W-2026-AAAA-AAAA"


@given(st.binary(min_size=16, max_size=16))
def test_reference_has_no_letter_that_is_taken_for_another(random_bytes):
    tail = rules.reference_of(random_bytes, NOON)[len("W-2026-") :]

    assert len(tail) == 9
    assert set(tail.replace("-", "")) <= set("ABCDEFGHJKMNPQRSTUVWXYZ23456789")


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (("k", ["a", 1]), ("k", ["a", 1]), True),
        (("k", ["a", 1]), ("l", ["a", 1]), False),
        (("k", ["ab", "c"]), ("k", ["a", "bc"]), False),
    ],
)
def test_identity_is_that_of_key_and_words(one, other, is_same):
    assert (rules.identity_hash(*one) == rules.identity_hash(*other)) is is_same


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("the red kettle", []),
        ("#1042", ["1042"]),
        ("1042 and 1043, and 1042", ["1042", "1043"]),
        ("1234567890", []),
        ("٣٤", []),
        ("1 2 3 4 5 6", ["1", "2", "3", "4", "5"]),
    ],
)
def test_numbers_are_found_in_words(words, numbers):
    assert rules.numbers_in(words) == numbers


def test_pauses_double_up_to_four_hours():
    minutes = [rules.pause_after(tries) // timedelta(minutes=1) for tries in (1, 2, 5, 9, 99)]

    assert minutes == [1, 2, 16, 240, 240]


@pytest.mark.parametrize(("days", "is_tried"), [(0, True), (30, True), (31, False)])
def test_acknowledgement_is_tried_for_a_month(days, is_tried):
    again_at = rules.next_acknowledgement_at(3, NOON, NOON + timedelta(days=days))

    assert (again_at is not None) is is_tried


@pytest.mark.parametrize(("earlier", "hours"), [(0, 0), (4, 0), (5, 1), (10, 2), (9999, 24)])
def test_flood_waits_longer_the_more_there_are(earlier, hours):
    assert rules.flood_pause(earlier) == timedelta(hours=hours)
