"""What marketing mail can be about: kinds people may refuse one by one. Pure rules."""

from __future__ import annotations

from enum import Enum
from typing import Optional, Tuple

#: In a decision: it is about all topics, also those that come later.
ALL = ""


class Topic(Enum):
    """One kind of marketing mail."""

    #: How was it: questions about delivery and goods, reviews.
    FEEDBACK = "FEEDBACK"
    #: How to use and care for what was bought, the end of its guarantee.
    CARE = "CARE"
    #: Other goods, vouchers, a friend's discount.
    OFFERS = "OFFERS"


TOPICS: Tuple[Topic, ...] = tuple(Topic)


def topic_of(word: str) -> Optional[Topic]:
    """The topic of that name, whatever its case, or None."""
    return Topic.__members__.get(word.strip().upper())


def topics_in(text: str) -> Tuple[Topic, ...]:
    """
    Topics a shop names in one text: ``true`` for all, or names separated by commas.

    Anything else is no yes: a word we don't know names nothing.
    """
    if text.strip().lower() == "true":
        return TOPICS
    named = map(topic_of, text.split(","))
    return tuple(dict.fromkeys(topic for topic in named if topic is not None))
