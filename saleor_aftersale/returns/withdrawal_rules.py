"""A statement of withdrawal: labels, states, reference, limits and pauses."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime, timedelta
from enum import Enum
from typing import Dict, List, NamedTuple, Optional, Sequence

from . import legal
from .policy import WITHDRAWAL_DECLINE_CODES


class Labels(NamedTuple):
    """What stands on the two buttons of the function."""

    function: str
    confirmation: str


#: By language. EN is the directive's own wording, DE, FR and IT that of the national acts.
#: PL and BG are to be checked against the final acts, ES is still to be passed there; RU
#: has no EU text. Source: Directive 2011/83/EU Art. 11a(1) and (3).
LABELS: Dict[str, Labels] = {
    "en": Labels("withdraw from contract here", "confirm withdrawal"),
    "pl": Labels("Odstąp od umowy tutaj", "Potwierdź odstąpienie"),
    "bg": Labels("Откажете се от договора тук", "Потвърдете отказа"),
    "ru": Labels("Отказаться от договора здесь", "Подтвердить отказ"),
    "de": Labels("Vertrag widerrufen", "Widerruf bestätigen"),
    "fr": Labels("renoncer au contrat ici", "confirmer la rétractation"),
    "it": Labels("recedere dal contratto qui", "conferma recesso"),
    "es": Labels("desistir del contrato aquí", "confirmar desistimiento"),
}


def labels_of(language: str) -> Labels:
    """Labels in that language, else in English."""
    return LABELS.get(language, LABELS["en"])


class StatementState(Enum):
    """What became of a statement; whatever it is, the statement stands."""

    #: Kept, nobody has looked yet which order it is about.
    RECEIVED = "RECEIVED"
    #: All of it is in a return request.
    MATCHED = "MATCHED"
    #: Staff have to find the order.
    NEEDS_MATCHING = "NEEDS_MATCHING"
    #: The order is known, but not all of it could be made a request: staff decide.
    NEEDS_DECISION = "NEEDS_DECISION"
    #: Staff ended it with a code.
    CLOSED = "CLOSED"


#: Why staff have to look, besides the codes of ``policy.Refusal``.
ORDER_NOT_FOUND = "ORDER_NOT_FOUND"
MATCHING_FAILED = "MATCHING_FAILED"

#: With what staff end a statement: lawful refusals, and what needs none.
CLOSE_CODES = tuple(sorted(WITHDRAWAL_DECLINE_CODES)) + ("SETTLED", "DUPLICATE", "SPAM")


class CameBy(Enum):
    """By what way a statement came in."""

    PAGE = "PAGE"
    API = "API"


class Proof(Enum):
    """How the order was known when the statement was made."""

    #: Whoever it was typed what identifies the contract.
    NONE = "NONE"
    LINK = "LINK"
    ACCOUNT = "ACCOUNT"


MAX_NAME = 200
MAX_CONTRACT = 1000
MAX_EMAIL = 254
MAX_LINES = 1000
MAX_KEY = 64

#: Unlike ``validate_email`` it takes any alphabet: a statement isn't turned away for a
#: mailbox that may exist.
_MAILBOX = re.compile(r"[^\s@<>()\[\],;:\"\\\x00-\x1f\x7f]+@[^\s@<>()\[\],;:\"\\\x00-\x1f\x7f]+")


def is_mailbox(text: str) -> bool:
    """Whether the text can be a mail address, in whatever alphabet."""
    _local, _at, domain = text.partition("@")
    return bool(_MAILBOX.fullmatch(text)) and "." in domain.strip(".")


def storable(text: str, *, is_line: bool = True) -> str:
    """
    The text as a database can hold it: nothing that was said is refused for a character.

    NUL and halves of surrogate pairs become U+FFFD; in a line, breaks become spaces.
    """
    kept = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    kept = kept.replace("\x00", "\ufffd")
    return " ".join(kept.split()) if is_line else kept.strip()


#: No letter or digit that is taken for another when it is read out.
_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


def reference_of(random_bytes: bytes, stated_at: datetime) -> str:
    """
    A reference for people, as ``W-2026-7KQ3-9FHD``.

    Args:
        random_bytes: eight or more; a reference opens nothing, but isn't counted up either.
    """
    number = int.from_bytes(random_bytes, "big")
    letters = ""
    for _place in range(8):
        number, rest = divmod(number, len(_ALPHABET))
        letters += _ALPHABET[rest]
    return f"W-{stated_at.year}-{letters[:4]}-{letters[4:]}"


def identity_hash(key: str, said: Sequence[object]) -> str:
    """SHA-256 of the client's key and all that was said: both alike is said once."""
    return hashlib.sha256(json.dumps([key, list(said)]).encode()).hexdigest()


#: More numbers than these in one statement aren't looked at.
MAX_NUMBERS = 5


def numbers_in(contract: str) -> List[str]:
    """What may be order numbers in somebody's words, each once, in their order."""
    found = re.findall(r"(?<![0-9])[0-9]{1,9}(?![0-9])", contract)
    return list(dict.fromkeys(found))[:MAX_NUMBERS]


#: How long a worker may keep a statement before another may take it.
LEASE = timedelta(minutes=5)

#: From then on the missing acknowledgement is an alarm.
ALARM_AFTER = timedelta(hours=legal.ROWS["withdrawal.ack_alarm_hours"].floor)

#: No mail server that takes a mail at all refuses it for so long.
GIVE_UP_AFTER = timedelta(days=30)

#: Failed tries to find the order before staff have to.
MAX_MATCH_ATTEMPTS = 8

_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=4)


def pause_after(attempts: int) -> timedelta:
    """How long to wait after that many failed tries (1 or more): doubles up to four hours."""
    return min(_FIRST_PAUSE * (1 << min(attempts - 1, 10)), _LONGEST_PAUSE)


def next_acknowledgement_at(
    attempts: int, stated_at: datetime, now: datetime
) -> Optional[datetime]:
    """When to try again to acknowledge; None: never, staff have been alarmed long ago."""
    return None if now - stated_at > GIVE_UP_AFTER else now + pause_after(attempts)


#: Statements of one mailbox within a day that are answered at once.
_AT_ONCE = 5


def flood_pause(earlier_today: int) -> timedelta:
    """
    How long what follows a statement waits, by how many the mailbox had that day.

    Only what follows: the statement itself counts from when it was made.
    """
    return min(timedelta(hours=1) * (earlier_today // _AT_ONCE), timedelta(hours=24))
