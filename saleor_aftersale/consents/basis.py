"""
Whether marketing mail has a basis in law: pure rules over what a mailbox's owner said.

Source: Directive 2002/58/EC Art. 13(1)-(2), Regulation (EU) 2016/679 Art. 7 and 21(2)-(3).
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Iterable, NamedTuple, Optional, Tuple

from .topics import ALL


class Consent(Enum):
    """What a customer said about marketing mail."""

    #: Ticked a box, which was not ticked before.
    OPT_IN = "OPT_IN"
    #: Bought something similar and was told of the right to object; never objected.
    SOFT_OPT_IN = "SOFT_OPT_IN"
    #: Nothing is known.
    NONE = "NONE"
    #: Said no, unsubscribed or complained: outweighs all that was said before.
    OBJECTED = "OBJECTED"
    #: The mailbox is suppressed: it sent mails back for good, or staff said so.
    BOUNCED = "BOUNCED"


#: Where a sale is no basis: a ticked box is needed.
#: Source: Polish Electronic Communications Law of 12 July 2024, Art. 398.
OPT_IN_ONLY = frozenset({"PL"})


class Said(NamedTuple):
    """One yes or no of a mailbox's owner."""

    #: Of ``topics``; ``topics.ALL`` for everything.
    topic: str
    #: ``Consent.OPT_IN`` or ``Consent.OBJECTED``.
    consent: Consent
    decided_at: datetime


def is_permitted(consent: Consent, country: str, *, is_opt_in_only: bool = False) -> bool:
    """
    Whether marketing has a basis; where the country is unknown, only a ticked box is one.

    Source: Directive 2002/58/EC Art. 13(1)-(2).
    """
    if consent is Consent.SOFT_OPT_IN:
        return bool(country) and country not in OPT_IN_ONLY and not is_opt_in_only
    return consent is Consent.OPT_IN


def newest_of(decisions: Iterable[Said], topic: str) -> Optional[Said]:
    """
    What was said last about a topic, be it about all of them; None: nothing ever.

    Of a yes and a no said in the same moment the no counts.
    """
    about = [said for said in decisions if said.topic in (topic, ALL)]
    return max(about, key=_weight, default=None)


def _weight(said: Said) -> Tuple[datetime, bool]:
    return said.decided_at, said.consent is Consent.OBJECTED


def standing(
    decisions: Iterable[Said], topic: str, *, is_suppressed: bool, is_told_at_checkout: bool
) -> Consent:
    """
    Where a mailbox stands with one topic.

    Args:
        is_told_at_checkout: the merchant says that customers are told of mails about similar
            goods when they buy, and can refuse them there: only then a sale is a basis.

    A no is told before a dead mailbox: it outlives the mailbox's recovery.
    """
    newest = newest_of(decisions, topic)
    if newest is not None and newest.consent is Consent.OBJECTED:
        return Consent.OBJECTED
    if is_suppressed:
        return Consent.BOUNCED
    if newest is not None:
        return Consent.OPT_IN
    return Consent.SOFT_OPT_IN if is_told_at_checkout else Consent.NONE
