"""Reads of consent: where a mailbox stands, which mailboxes aren't to be written to."""

from __future__ import annotations

from datetime import datetime
from typing import Dict, Iterable, List, Optional, Sequence

from ..config import Settings
from . import basis, mailboxes
from .basis import Consent, Said
from .models import ConsentDecision, Suppression
from .suppressions import SUPPRESSING, Cause


def standing_of(email: str, topic: str, *, settings: Settings) -> Consent:
    """
    Where a mailbox stands with one topic now, in two queries.

    Args:
        topic: a value of ``topics.Topic``.
        settings: of the channel the mail is about.
    """
    hashes = mailboxes.hashes_of(email)
    return basis.standing(
        said_by(hashes),
        topic,
        is_suppressed=bool(causes_against(hashes)),
        is_told_at_checkout=settings.soft_opt_in,
    )


def is_suppressed(email: str, *, using: str = "default") -> bool:
    """Whether a mailbox gets no marketing whatever it agreed to."""
    return bool(causes_against(mailboxes.hashes_of(email), using=using))


def bounced_since(email: str, *, using: str = "default") -> Optional[datetime]:
    """When mails to a mailbox first came back for good, or None: staff have to look."""
    return bounced_mailboxes([email], using=using).get(email)


def bounced_mailboxes(emails: Iterable[str], *, using: str = "default") -> Dict[str, datetime]:
    """Those of the mailboxes whose mails came back for good, and since when; one query."""
    hashes = {email: mailboxes.hashes_of(email) for email in set(emails)}
    rows = Suppression.objects.using(using).filter(
        mailbox_hash__in=[one for each in hashes.values() for one in each],
        cause=Cause.BOUNCE.value,
        lifted_at__isnull=True,
    )
    since = dict(rows.values_list("mailbox_hash", "reported_at"))
    return {email: since[one] for email, each in hashes.items() for one in each if one in since}


def said_by(hashes: Sequence[str], *, using: str = "default") -> List[Said]:
    """All that was ever said by the mailbox that has those hashes."""
    rows = ConsentDecision.objects.using(using).filter(mailbox_hash__in=hashes)
    columns = rows.values_list("topic", "decision", "decided_at")
    return [Said(topic, Consent(decision), at) for topic, decision, at in columns]


def causes_against(hashes: Sequence[str], *, using: str = "default") -> List[str]:
    """Why the mailbox gets no marketing whatever it agreed to, of ``suppressions.Cause``."""
    rows = Suppression.objects.using(using).filter(
        mailbox_hash__in=hashes, cause__in=SUPPRESSING, lifted_at__isnull=True
    )
    return sorted(set(rows.values_list("cause", flat=True)))
