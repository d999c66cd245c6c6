"""Questions customers ask at each point of a parcel's way, and the merchant's own answers."""

from __future__ import annotations

import re
from enum import Enum
from typing import Dict, List, NamedTuple, Sequence, Tuple

from .statuses import ShipmentStatus

#: Languages a line may name; a line without one serves all.
_LINE = re.compile(r"([A-Z_]+)(?:\[([a-z]{2})\])?\s*:\s*(.+)", re.S)

MAX_QUESTIONS = 100
MAX_CHARACTERS = 600


class Topic(Enum):
    """What a customer may want to know, by where the parcel is."""

    #: Nothing is on its way yet.
    PREPARING = "PREPARING"
    ON_THE_WAY = "ON_THE_WAY"
    OUT_FOR_DELIVERY = "OUT_FOR_DELIVERY"
    READY_FOR_PICKUP = "READY_FOR_PICKUP"
    ATTEMPT_FAILED = "ATTEMPT_FAILED"
    #: Later than planned, or silent for longer than is usual.
    DELAYED = "DELAYED"
    ON_HOLD = "ON_HOLD"
    DELIVERED = "DELIVERED"
    RETURNING = "RETURNING"
    #: Lost or damaged: it won't come.
    LOST = "LOST"
    CANCELLED = "CANCELLED"


TOPICS: Dict[ShipmentStatus, Topic] = {
    ShipmentStatus.PENDING: Topic.PREPARING,
    ShipmentStatus.INFO_RECEIVED: Topic.PREPARING,
    ShipmentStatus.PICKED_UP: Topic.ON_THE_WAY,
    ShipmentStatus.IN_TRANSIT: Topic.ON_THE_WAY,
    ShipmentStatus.UNKNOWN: Topic.ON_THE_WAY,
    ShipmentStatus.OUT_FOR_DELIVERY: Topic.OUT_FOR_DELIVERY,
    ShipmentStatus.READY_FOR_PICKUP: Topic.READY_FOR_PICKUP,
    ShipmentStatus.ATTEMPT_FAILED: Topic.ATTEMPT_FAILED,
    ShipmentStatus.DELAYED: Topic.DELAYED,
    ShipmentStatus.EXPIRED: Topic.DELAYED,
    ShipmentStatus.ON_HOLD: Topic.ON_HOLD,
    ShipmentStatus.DELIVERED: Topic.DELIVERED,
    ShipmentStatus.RETURNING: Topic.RETURNING,
    ShipmentStatus.RETURNED_TO_SENDER: Topic.RETURNING,
    ShipmentStatus.LOST: Topic.LOST,
    ShipmentStatus.DAMAGED: Topic.LOST,
    ShipmentStatus.CANCELLED: Topic.CANCELLED,
}

#: Where a parcel that is late or silent has another topic than its status says.
_STILL_COMING = (Topic.PREPARING, Topic.ON_THE_WAY)


class Question(NamedTuple):
    """One line of the merchant's setting."""

    topic: Topic
    #: Two letters; empty: any language.
    language: str
    question: str
    answer: str


class BadLine(ValueError):
    """A line that can't be read; its text tells the merchant what to write instead."""


def topic_of(status: ShipmentStatus, *, is_delayed: bool) -> Topic:
    """
    What people ask about a parcel.

    Args:
        is_delayed: late, or silent for longer than is usual.
    """
    topic = TOPICS[status]
    return Topic.DELAYED if is_delayed and topic in _STILL_COMING else topic


def parse(text: str, languages: Sequence[str]) -> Tuple[Question, ...]:
    """
    The merchant's questions, one a line: ``TOPIC: Question? = Answer``, or with a language
    ``TOPIC[pl]: …``. Empty lines are left out.

    Raises:
        BadLine: a line is not of that form, or there are too many.
    """
    lines = [line.strip() for line in text.splitlines()]
    found = [_read(number, line, languages) for number, line in enumerate(lines, 1) if line]
    if len(found) > MAX_QUESTIONS:
        raise BadLine(f"Write up to {MAX_QUESTIONS} questions.")
    return tuple(found)


def _read(number: int, line: str, languages: Sequence[str]) -> Question:
    match = _LINE.fullmatch(line)
    question, equals, answer = match.group(3).partition("=") if match else ("", "", "")
    if not (match and equals and question.strip() and answer.strip()):
        raise BadLine(
            f"Line {number}: write TOPIC: Question? = Answer, "
            "as DELIVERED: Where is it? = Ask your neighbours first."
        )
    if match.group(1) not in Topic.__members__:
        known = ", ".join(Topic.__members__)
        raise BadLine(f"Line {number}: {match.group(1)} is no topic. Known: {known}.")
    language = match.group(2) or ""
    if language and language not in languages:
        known = ", ".join(languages)
        raise BadLine(f"Line {number}: {language} is no language of ours. Known: {known}.")
    if max(len(question), len(answer)) > MAX_CHARACTERS:
        raise BadLine(f"Line {number}: use up to {MAX_CHARACTERS} characters for each part.")
    return Question(Topic[match.group(1)], language, question.strip(), answer.strip())


def own_answers(
    questions: Sequence[Question], topic: Topic, language: str
) -> List[Tuple[str, str]]:
    """
    The merchant's questions and answers on a topic: those in that language, else those
    in any. Empty: the built-in ones are shown.
    """
    for wanted in (language, ""):
        found = [
            (item.question, item.answer)
            for item in questions
            if item.topic is topic and item.language == wanted
        ]
        if found:
            return found
    return []
