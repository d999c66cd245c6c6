"""
Whether a marketing mail may go out now: reads what the rules of ``marketing`` ask for.

It is asked while a worker has the mail, just before it is made. Two workers with mails to one
mailbox can't both go on: each has committed that it has its mail before it looks for others,
so at least one of them sees the other's. Whoever does puts its own back.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import FrozenSet, NamedTuple, Optional, Set

from django.db.models import Q
from django.utils.dateparse import parse_datetime

from ..config import Settings
from ..consents import queries as consent_queries
from ..feedback import queries as feedback_queries
from ..returns.models import ReturnRequest
from ..returns.states import IDLE
from ..tracking.models import Shipment
from ..tracking.statuses import ShipmentStatus
from . import catalogue, marketing
from .marketing import GO, PAUSE, Facts, Verdict
from .models import OutboxMail
from .schedule import MailState, Skip

#: In a stored context: until when a marketing mail makes sense.
GOOD_UNTIL = "good_until_at"

#: Until another worker has certainly done with its mail to the same mailbox, or nearly so.
_BUSY_PAUSE = timedelta(minutes=2)

#: A lost parcel that nobody put right by a request stops marketing no longer than this.
_LOST_MEMORY = timedelta(days=90)

_LOST = (ShipmentStatus.LOST.value, ShipmentStatus.DAMAGED.value)


@dataclass(frozen=True)
class Lease:
    """
    Mails the asking worker has itself: they don't stand in each other's way.

    Of those to one mailbox it lets the first through, and the others wait.
    """

    mail_ids: FrozenSet[int] = frozenset()
    until: Optional[datetime] = None
    #: Mailboxes one has gone to already, or is about to.
    gone_to: Set[str] = field(default_factory=set)


def verdict_on(
    row: OutboxMail, settings: Settings, now: datetime, *, lease: Optional[Lease] = None
) -> Verdict:
    """
    What becomes of a mail of the outbox now; with ``GO`` its context holds what only shows now.

    Args:
        row: with its order.
        lease: of the worker that has the mail; None: nobody has, it is only asked.
    """
    kind = catalogue.CATALOGUE[row.key]
    if not kind.is_marketing:
        return GO
    if row.to_email != row.order.customer_email:
        return Verdict(Skip.ADDRESS_CHANGED)
    verdict = _by_rules(row, settings, now, lease or Lease())
    return _refreshed(row, settings) if verdict == GO else verdict


def _by_rules(row: OutboxMail, settings: Settings, now: datetime, lease: Lease) -> Verdict:
    kind = catalogue.CATALOGUE[row.key]
    topic = kind.topic
    assert topic is not None
    country = row.order.country
    consent = consent_queries.standing_of(row.to_email, topic.value, settings=settings)
    skip = marketing.skip_reason(Facts(consent, country))
    if skip is not None:
        # Most mails end here in a shop that asks few customers: nothing else is read.
        return Verdict(skip)
    others = _others(row, lease, now)
    facts = Facts(
        consent,
        country,
        last_sent_at=others.last_sent_at,
        has_open_return=_has_open_return(row.to_email),
        has_lost_parcel=_has_lost_parcel(row.to_email, now),
        has_open_low_score=not kind.is_for_any_score
        and feedback_queries.has_open_low_score(row.to_email),
    )
    kept = row.context.get(GOOD_UNTIL)
    good_until = parse_datetime(kept) if kept else None
    verdict = marketing.verdict(facts, now, good_until=good_until or now + PAUSE)
    if verdict == GO and (others.is_under_way or row.to_email in lease.gone_to):
        return Verdict(wait_until=now + _BUSY_PAUSE * (1 + random.random()))
    return verdict


def _refreshed(row: OutboxMail, settings: Settings) -> Verdict:
    """Puts what only shows now into the row's context; the row isn't saved."""
    refresh = catalogue.CATALOGUE[row.key].refresh
    if refresh is None:
        return GO
    found = refresh(row, settings)
    if found is None:
        return Verdict(Skip.NOTHING_TO_TELL)
    row.context = {**row.context, **found}
    return GO


class _Others(NamedTuple):
    """The other marketing mails to a mailbox, whatever they are about."""

    #: Another worker has one.
    is_under_way: bool
    #: When the last one went out, or may have.
    last_sent_at: Optional[datetime]


def _others(row: OutboxMail, lease: Lease, now: datetime) -> _Others:
    """In one query: what is under way in one and sent in the next would be seen by neither."""
    since = now - PAUSE
    columns = ("pk", "state", "due_at", "sent_at", "handed_over_at")
    rows = (
        OutboxMail.objects.filter(to_email=row.to_email, key__in=catalogue.marketing_keys())
        .exclude(pk=row.pk)
        .filter(
            Q(state=MailState.SENDING.value)
            | Q(state=MailState.SENT.value, sent_at__gt=since)
            | Q(state=MailState.UNCONFIRMED.value, handed_over_at__gt=since)
        )
    )
    moments, is_under_way = [], False
    for mail_id, state, due_at, sent_at, handed_over_at in rows.values_list(*columns):
        if state != MailState.SENDING.value:
            moments.append(sent_at or handed_over_at)
        elif mail_id not in lease.mail_ids or due_at != lease.until:
            is_under_way = True
    return _Others(is_under_way, max(moments, default=None))


def _has_open_return(email: str) -> bool:
    requests = ReturnRequest.objects.filter(order__customer_email=email)
    return bool(requests.exclude(state__in=[state.value for state in IDLE]).exists())


def _has_lost_parcel(email: str, now: datetime) -> bool:
    """One that was put right by a request is over."""
    lost = Shipment.objects.filter(
        order__customer_email=email,
        status__in=_LOST,
        is_cancelled=False,
        last_event_at__gt=now - _LOST_MEMORY,
    )
    return bool(lost.exclude(order__return_requests__state="COMPLETED").exists())
