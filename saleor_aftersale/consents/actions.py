"""Writes of consent: a yes or a no, kept with what proves it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Dict, Iterable, List, Mapping, Sequence

from . import queries, topics
from .basis import Consent, Said, newest_of
from .mailboxes import Mailbox
from .models import ConsentDecision
from .topics import TOPICS, Topic


class Source(Enum):
    """Where something was said."""

    #: Ticked when the order was placed.
    CHECKOUT = "CHECKOUT"
    #: On the page behind the link of a mail, or through the shop's own page by the API.
    PAGE = "PAGE"
    #: By the mail program's own button.
    ONE_CLICK = "ONE_CLICK"
    #: By marking a mail as spam.
    COMPLAINT = "COMPLAINT"
    #: To staff, who wrote it down.
    STAFF = "STAFF"
    #: To another system, which told us.
    API = "API"
    #: By having one's data erased.
    ERASURE = "ERASURE"


@dataclass(frozen=True)
class Proof:
    """How something was said: what has to be shown when somebody asks for it."""

    source: Source
    channel: str = ""
    #: Of the wording.
    language: str = ""
    #: The sentence that was agreed to or refused, as it was shown.
    wording: str = ""
    #: What the box of each topic said, by its name; stands before the sentence.
    labels: Mapping[str, str] = field(default_factory=dict)
    #: Who wrote it down, as ``values.Requester.label``.
    author: str = ""
    #: JSON values; no network address: who holds the link or the account said it.
    evidence: Dict[str, Any] = field(default_factory=dict)

    def wording_for(self, topic: str) -> str:
        """All that was read about one topic."""
        return "\n".join(filter(None, (self.labels.get(topic, ""), self.wording)))


def opt_in(mailbox: Mailbox, agreed: Iterable[Topic], proof: Proof, at: datetime) -> None:
    """
    Keep a yes to each of those topics.

    Args:
        at: when it was said: a no said later counts although it was written down before.
    """
    words = [topic.value for topic in agreed]
    _keep(mailbox, words, Consent.OPT_IN, proof, at)


def object_to(mailbox: Mailbox, refused: Iterable[Topic], proof: Proof, at: datetime) -> None:
    """Keep a no to each of those topics that isn't refused already."""
    said = queries.said_by(mailbox.hashes)
    words = [topic.value for topic in refused]
    open_words = [word for word in words if not _is_refused(said, word)]
    _keep(mailbox, open_words, Consent.OBJECTED, proof, at)


def object_to_all(mailbox: Mailbox, proof: Proof, at: datetime) -> bool:
    """Keep a no to all marketing mail, also to topics that come later; False: it is known."""
    said = queries.said_by(mailbox.hashes)
    if all(_is_refused(said, word) for word in (topics.ALL, *(each.value for each in TOPICS))):
        return False
    _keep(mailbox, [topics.ALL], Consent.OBJECTED, proof, at)
    return True


def _is_refused(said: Sequence[Said], topic: str) -> bool:
    newest = newest_of(said, topic)
    return newest is not None and newest.consent is Consent.OBJECTED


def _keep(
    mailbox: Mailbox, words: List[str], decision: Consent, proof: Proof, at: datetime
) -> None:
    ConsentDecision.objects.bulk_create(
        ConsentDecision(
            mailbox_hash=mailbox.hash,
            email=mailbox.email,
            topic=word,
            decision=decision.value,
            source=proof.source.value,
            channel=proof.channel,
            language=proof.language,
            wording=proof.wording_for(word),
            author=proof.author,
            evidence=proof.evidence,
            decided_at=at,
        )
        for word in words
    )
