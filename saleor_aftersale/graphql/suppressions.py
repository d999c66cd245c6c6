"""Mailboxes that get no marketing mail, in the API: the list for staff, and what they do."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, Iterable, List, NamedTuple, Optional

import graphene
from django.db.models import QuerySet
from django.utils import timezone

from ..consents import mailboxes, queries, suppressing
from ..consents.models import Suppression
from ..consents.suppressions import SUPPRESSING, Cause
from ..host import graphql as host
from ..tracking.models import OrderRecord
from ..values import AftersaleError, NotFound, Requester, is_storable
from . import callers, connection
from .consents import one_mailbox
from .errors import AftersaleMutation
from .tracking import list_of

MailSuppressionCauseEnum = graphene.Enum(
    "MailSuppressionCause", [(word, word) for word in SUPPRESSING]
)

MAX_NOTE = 1000


class MailSuppression(graphene.ObjectType):
    """A mailbox that gets no marketing mail whatever it agreed to."""

    id = graphene.ID(required=True)
    email = graphene.String(required=True, description="Empty after the address was erased.")
    cause = graphene.Field(MailSuppressionCauseEnum, required=True)
    detail = graphene.String(required=True, description="What the mail server or staff said.")
    times = graphene.Int(required=True, description="How often it was reported.")
    author = graphene.String(required=True, description="Of the staff; empty: a mail server.")
    reported_at = graphene.Field(host.DateTime, required=True)
    lifted_at = graphene.Field(host.DateTime, description="Null: it holds.")
    lifted_by = graphene.String(required=True)


class SeenSuppression(NamedTuple):
    """An entry as the API shows it."""

    id: str
    email: str
    cause: str
    detail: str
    times: int
    author: str
    reported_at: datetime
    lifted_at: Optional[datetime]
    lifted_by: str


def _seen(row: Suppression) -> SeenSuppression:
    columns = {name: getattr(row, name) for name in SeenSuppression._fields[1:]}
    return SeenSuppression(graphene.Node.to_global_id("MailSuppression", row.pk), **columns)


class MailSuppressionCountableEdge(graphene.ObjectType):
    """One entry in a page."""

    node = graphene.Field(MailSuppression, required=True)
    cursor = graphene.String(required=True)


class MailSuppressionCountableConnection(graphene.ObjectType):
    """A page of the list, newest first."""

    page_info = graphene.Field(graphene.relay.PageInfo, required=True)
    edges = graphene.Field(list_of(MailSuppressionCountableEdge))
    total_count = graphene.Int(description="All that match the filter; counted when asked.")

    @staticmethod
    def resolve_total_count(root: connection.Page, info: Any) -> int:
        with host.reading(info):
            return root.rows.count()


class MailSuppressionFilterInput(graphene.InputObjectType):
    """Narrows the list; all conditions hold at once."""

    cause = graphene.List(graphene.NonNull(MailSuppressionCauseEnum))
    email = graphene.String(description="The whole address; its case is no matter.")
    is_lifted = graphene.Boolean(description="True: taken off the list; false: still on it.")


def resolve_suppressions(_root: Any, info: Any, **arguments: Any) -> connection.Page:
    """``mailSuppressions``: for staff and apps with MANAGE_ORDERS, of their channels."""
    requester = callers.staff_for(info)
    wanted, using = arguments.pop("filter", None) or {}, host.database(info)
    with host.reading(info):
        rows = _filtered(_visible(requester, using), wanted)
        page = connection.page_of(rows, column="reported_at", is_descending=True, **arguments)
    edges = [connection.Edge(_seen(row), cursor) for row, cursor in page.edges]
    return connection.Page(edges, page.page_info, rows)


def _visible(requester: Requester, using: str) -> QuerySet[Suppression]:
    """The list; to who works in some channels only, mailboxes of customers there."""
    rows = Suppression.objects.using(using).filter(cause__in=SUPPRESSING)
    if requester.channels is None:
        return rows
    orders = OrderRecord.objects.using(using).filter(channel__in=requester.channels)
    return rows.filter(email__in=orders.values("customer_email")).exclude(email="")


def _filtered(rows: QuerySet[Suppression], wanted: Any) -> QuerySet[Suppression]:
    if wanted.get("cause") is not None:
        rows = rows.filter(cause__in=wanted["cause"])
    if wanted.get("email") is not None:
        # An erased address is still found by who knows it.
        email = wanted["email"] if is_storable(wanted["email"]) else ""
        rows = rows.filter(mailbox_hash__in=mailboxes.hashes_of(email))
    if wanted.get("is_lifted") is not None:
        rows = rows.filter(lifted_at__isnull=not wanted["is_lifted"])
    return rows


class MailSuppressionAdd(AftersaleMutation):
    """Puts a mailbox on the list."""

    mail_suppression = graphene.Field(MailSuppression)

    class Arguments:
        email = graphene.String(required=True)
        note = graphene.String(description="Why; for staff.")

    class Meta:
        description = (
            "No marketing mail goes to that mailbox any more, whatever it agreed to. "
            "Requires MANAGE_ORDERS."
        )

    @classmethod
    def perform(cls, info: Any, **data: Any) -> MailSuppressionAdd:
        requester = callers.staff_for(info)
        mailbox = mailboxes.mailbox_of(one_mailbox(data["email"]))
        note = (data.get("note") or "").strip()
        if len(note) > MAX_NOTE:
            message = f"Use up to {MAX_NOTE} characters."
            raise AftersaleError(message, field="note", code="TOO_LONG")
        if not is_storable(note):
            raise AftersaleError("This holds a value that can't be stored.", field="note")
        author, now = requester.label, timezone.now()
        row = suppressing.suppress(mailbox, Cause.MANUAL, note, now, author=author)
        return cls(mail_suppression=_seen(row), errors=[])


class MailSuppressionLift(AftersaleMutation):
    """Takes a mailbox off the list."""

    mail_suppression = graphene.Field(MailSuppression)

    class Arguments:
        id = graphene.ID(required=True)

    class Meta:
        description = (
            "Takes an entry off the list: marketing mail goes to that mailbox again, as far as "
            "its owner agrees. A complaint stays an objection. Requires MANAGE_ORDERS."
        )

    @classmethod
    def perform(cls, info: Any, **data: Any) -> MailSuppressionLift:
        requester = callers.staff_for(info)
        key = callers.wanted_key(data["id"], "MailSuppression")
        if not _visible(requester, "default").filter(pk=key).exists():
            raise NotFound("There is no such entry.", field="id")
        row = suppressing.lift(key, requester, timezone.now())
        return cls(mail_suppression=_seen(row), errors=[])


class BouncedByMailboxLoader(host.DataLoader):
    """Since when mails to a mailbox come back: one query for a whole page of mails."""

    context_key = "aftersale_bounced_by_mailbox"

    def batch_load(self, keys: Iterable[str]) -> List[Optional[datetime]]:
        using = getattr(self, "database_connection_name", "default")
        found: Dict[str, datetime] = queries.bounced_mailboxes(keys, using=using)
        return [found.get(key) for key in keys]
