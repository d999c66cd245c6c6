"""What a mailbox's owner sees of marketing mail, and what follows from what they tick."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Dict, FrozenSet, NamedTuple

from django.db import transaction

from ..access import limit_rate
from ..config import Settings
from ..tracking.models import OrderRecord
from . import actions, basis, mailboxes, queries
from .actions import Proof
from .basis import Consent
from .links import Claims
from .mailboxes import Mailbox
from .topics import TOPICS, Topic

#: Times a mailbox may say yes in an hour; a no is never counted.
MOST_CHANGES = 30


class Owner(NamedTuple):
    """Whose preferences they are."""

    mailbox: Mailbox
    #: Where they live, two letters; empty: unknown.
    country: str


class Preferences(NamedTuple):
    """Where a mailbox stands."""

    standings: Dict[Topic, Consent]
    country: str
    is_suppressed: bool

    @property
    def wanted(self) -> FrozenSet[Topic]:
        """Topics there is a basis for: mails about them come, unless the mailbox is dead."""
        return frozenset(
            topic
            for topic, consent in self.standings.items()
            if basis.is_permitted(consent, self.country)
        )

    @property
    def is_all_refused(self) -> bool:
        """Whether the owner said no to everything."""
        return all(consent is Consent.OBJECTED for consent in self.standings.values())


def owner_of(email: str, country: str) -> Owner:
    """The owner of an address that is known."""
    return Owner(mailboxes.mailbox_of(email), country)


def owner_behind(claims: Claims) -> Owner:
    """
    The owner a link was made for.

    Their address is taken from the order the link names, if that is still theirs; without
    it the hash says enough to keep what they decide.
    """
    record = OrderRecord.objects.filter(pk=claims.record_id).first()
    if record is not None and claims.mailbox_hash in mailboxes.hashes_of(record.customer_email):
        # By the hash of the shop's present key, whichever the link was made with.
        return owner_of(record.customer_email, record.country)
    return Owner(Mailbox(claims.mailbox_hash, ""), "")


def preferences_of(owner: Owner, *, settings: Settings, using: str = "default") -> Preferences:
    """Where a mailbox stands with every topic."""
    hashes = owner.mailbox.hashes
    # That the mailbox is dead is told on its own: what was agreed to stays to be seen.
    said = queries.said_by(hashes, using=using)
    standings = {
        topic: basis.standing(
            said,
            topic.value,
            is_suppressed=False,
            is_told_at_checkout=settings.soft_opt_in,
        )
        for topic in TOPICS
    }
    is_suppressed = bool(queries.causes_against(hashes, using=using))
    return Preferences(standings, owner.country, is_suppressed)


def save(
    owner: Owner,
    ticked: FrozenSet[Topic],
    proof: Proof,
    at: datetime,
    *,
    settings: Settings,
    shown: FrozenSet[Topic] = frozenset(),
) -> None:
    """
    Keep what somebody ticked and what they did not.

    Args:
        shown: topics that stood ticked already when they saw them: leaving a box as it was
            is no consent (judgment of the EU Court C-673/17, Planet49), and a form that lay
            open for a day takes back no objection made meanwhile.

    Raises:
        RateLimited: too many yeses; every no is kept all the same.
    """
    wanted = preferences_of(owner, settings=settings).wanted
    refused = [topic for topic in TOPICS if topic not in ticked and topic in wanted | shown]
    with transaction.atomic():
        actions.object_to(owner.mailbox, refused, proof, at)
    agreed = [topic for topic in TOPICS if topic in ticked - wanted - shown]
    if not agreed:
        return
    period = timedelta(hours=1)
    limit_rate("mail_preferences", owner.mailbox.hash, tries=MOST_CHANGES, period=period)
    with transaction.atomic():
        actions.opt_in(owner.mailbox, agreed, proof, at)
