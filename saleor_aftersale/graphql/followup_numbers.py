"""Figures on follow-up mail for staff."""

from __future__ import annotations

from datetime import date
from typing import Any, List, NamedTuple, Optional

import graphene
from django.utils import timezone

from ..followups import numbers
from ..followups.numbers import Figures, Numbers
from ..followups.schedule import Skip
from ..host import graphql as host
from ..returns import reports
from ..values import is_storable
from . import callers
from .followups import FollowUpSkippedReasonEnum
from .tracking import list_of


class FollowUpSkippedCount(graphene.ObjectType):
    """How many mails were left out for one reason."""

    reason = graphene.Field(FollowUpSkippedReasonEnum, required=True)
    count = graphene.Int(required=True)


class SkippedCount(NamedTuple):
    """The same as the API shows it."""

    reason: str
    count: int


class FollowUpFigures(graphene.ObjectType):
    """What is said of one kind of mail, or of all."""

    key = graphene.String(required=True, description="As `shipment.sent`; empty for all mails.")
    sent = graphene.Int(required=True, description="The mail server took them.")
    skipped = graphene.Int(required=True, description="Were not to be sent.")
    skipped_by_reason = graphene.Field(
        list_of(FollowUpSkippedCount), description="Most frequent first."
    )
    failed = graphene.Int(required=True, description="A try failed, another one follows.")
    dead = graphene.Int(required=True, description="Given up.")
    unconfirmed = graphene.Int(required=True, description="Perhaps sent: staff decide.")
    waiting = graphene.Int(required=True, description="Wait for their moment, or on their way.")
    median_seconds = graphene.Float(
        description="From what happened to the mail server's yes, of mails about a contract; "
        "null when none was sent. Marketing waits on purpose and isn't in it."
    )
    p90_seconds = graphene.Float(description="Nine in ten are faster.")

    @staticmethod
    def resolve_skipped_by_reason(root: Figures, _info: Any) -> List[SkippedCount]:
        known = {skip.value for skip in Skip}
        return [SkippedCount(*pair) for pair in root.skipped_by_reason if pair[0] in known]


class UnansweredQuestions(graphene.ObjectType):
    """Return requests whose customer wrote and got no answer for over a day."""

    count = graphene.Int(required=True)
    oldest_at = graphene.Field(host.DateTime, description="Since when the longest one waits.")


class FollowUpNumbers(graphene.ObjectType):
    """Figures on the mails that became due in a period."""

    total = graphene.Field(FollowUpFigures, required=True)
    by_key = graphene.Field(list_of(FollowUpFigures), description="Only what became due.")
    unanswered = graphene.Field(
        UnansweredQuestions, required=True, description="As it is now, whatever the period."
    )


def resolve_numbers(
    _root: Any, info: Any, since: date, until: date, channel: Optional[str] = None
) -> Numbers:
    """``followUpNumbers``: for staff and apps with MANAGE_ORDERS, of their channels."""
    requester = callers.staff_for(info, channel)
    channels = requester.channels if channel is None else [channel]
    named = None if channels is None else sorted(filter(is_storable, channels))
    of = reports.period(since, until, named)
    with host.reading(info):
        return numbers.make_numbers(of, timezone.now(), using=host.database(info))
