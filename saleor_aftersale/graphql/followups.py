"""Follow-up mails for staff: the list, calling back, sending again, seeing one beforehand."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple, Optional

import graphene
from django.db.models import QuerySet
from django.utils import timezone

from .. import access
from ..followups import outbox, preview, queries, schedule
from ..followups.models import OutboxMail
from ..followups.schedule import MailState, Skip, Standing
from ..host import graphql as host
from ..tracking.models import OrderRecord
from ..values import AftersaleError, NotFound, Requester, is_storable
from . import callers, connection
from .errors import AftersaleMutation
from .suppressions import BouncedByMailboxLoader
from .tracking import list_of

FollowUpStateEnum = graphene.Enum("FollowUpState", [(one.name, one.value) for one in Standing])
FollowUpSkippedReasonEnum = graphene.Enum(
    "FollowUpSkippedReason", [(one.name, one.value) for one in Skip]
)

#: Test mails of one person in an hour.
MOST_TESTS = 30


class WrongState(AftersaleError):
    """The mail isn't where that can be done to it."""

    code = "TRANSITION_NOT_ALLOWED"


class FollowUp(graphene.ObjectType):
    """One mail to a customer: sent, waiting, or left out."""

    id = graphene.ID(required=True)
    key = graphene.String(required=True, description="Which mail, as `shipment.sent`.")
    language = graphene.String(required=True)
    order_id = graphene.ID(required=True)
    order_number = graphene.String(required=True)
    channel = graphene.String(required=True)
    recipient = graphene.String(required=True)
    recipient_bounced = graphene.Boolean(
        required=True,
        description="Mails to that mailbox come back: find another way to the customer.",
    )
    state = graphene.Field(FollowUpStateEnum, required=True)
    skipped_reason = graphene.Field(FollowUpSkippedReasonEnum, description="Only when SKIPPED.")
    last_error = graphene.String(required=True, description="Of the last try; else empty.")
    attempts = graphene.Int(required=True)
    due_at = graphene.Field(host.DateTime, description="Null: nothing is left to do.")
    created_at = graphene.Field(host.DateTime, required=True)
    sent_at = graphene.Field(host.DateTime, description="When the mail server took it.")
    message_id = graphene.String(required=True, description="The same for every try.")

    @staticmethod
    def resolve_recipient_bounced(root: SeenFollowUp, info: Any) -> Any:
        since = BouncedByMailboxLoader(info.context).load(root.recipient)
        return since.then(lambda moment: moment is not None)


class SeenFollowUp(NamedTuple):
    """A mail as the API shows it."""

    id: str
    key: str
    language: str
    order_id: str
    order_number: str
    channel: str
    recipient: str
    state: str
    skipped_reason: Optional[str]
    last_error: str
    attempts: int
    due_at: Optional[datetime]
    created_at: datetime
    sent_at: Optional[datetime]
    message_id: str


def _seen(row: OutboxMail, now: datetime) -> SeenFollowUp:
    standing = schedule.standing(row.state, attempts=row.attempts, due_at=row.due_at, now=now)
    is_skipped = standing is Standing.SKIPPED
    return SeenFollowUp(
        id=graphene.Node.to_global_id("FollowUp", row.pk),
        key=row.key,
        language=row.language,
        order_id=host.order_global_id(row.order.order_ref),
        order_number=row.order.number,
        channel=row.order.channel,
        recipient=row.to_email,
        state=standing.value,
        skipped_reason=row.detail if is_skipped else None,
        last_error="" if is_skipped else row.detail,
        attempts=row.attempts,
        due_at=row.due_at if row.state == MailState.QUEUED.value else None,
        created_at=row.created_at,
        sent_at=row.sent_at,
        message_id=row.message_id,
    )


class FollowUpCountableEdge(graphene.ObjectType):
    """One mail in a page."""

    node = graphene.Field(FollowUp, required=True)
    cursor = graphene.String(required=True)


class FollowUpCountableConnection(graphene.ObjectType):
    """A page of mails, newest first."""

    page_info = graphene.Field(graphene.relay.PageInfo, required=True)
    edges = graphene.Field(list_of(FollowUpCountableEdge))
    total_count = graphene.Int(description="All that match the filter; counted when asked.")

    @staticmethod
    def resolve_total_count(root: connection.Page, info: Any) -> int:
        with host.reading(info):
            return root.rows.count()


class FollowUpFilterInput(graphene.InputObjectType):
    """Narrows a list of mails; all conditions hold at once."""

    state = graphene.List(graphene.NonNull(FollowUpStateEnum))
    key = graphene.List(graphene.NonNull(graphene.String))
    channels = graphene.List(graphene.NonNull(graphene.String), description="Channel slugs.")
    order_number = graphene.String()
    recipient = graphene.String(description="The whole address; its case is no matter.")
    skipped_reason = graphene.List(graphene.NonNull(FollowUpSkippedReasonEnum))


def resolve_follow_ups(_root: Any, info: Any, **arguments: Any) -> connection.Page:
    """``followUps``: for staff and apps with MANAGE_ORDERS, of their channels."""
    requester = callers.staff_for(info)
    wanted, now = arguments.pop("filter", None) or {}, timezone.now()
    with host.reading(info):
        rows = OutboxMail.objects.using(host.database(info)).select_related("order")
        rows = _filtered(_visible(rows, requester), wanted, now)
        page = connection.page_of(rows, column="created_at", is_descending=True, **arguments)
    edges = [connection.Edge(_seen(row, now), cursor) for row, cursor in page.edges]
    return connection.Page(edges, page.page_info, rows)


def _visible(rows: QuerySet[OutboxMail], requester: Requester) -> QuerySet[OutboxMail]:
    if requester.channels is None:
        return rows
    return rows.filter(order__channel__in=requester.channels)


def _filtered(rows: QuerySet[OutboxMail], wanted: Any, now: datetime) -> QuerySet[OutboxMail]:
    if wanted.get("state") is not None:
        rows = rows.filter(queries.standing_is(wanted["state"], now))
    if wanted.get("skipped_reason") is not None:
        rows = rows.filter(state=MailState.SKIPPED.value, detail__in=wanted["skipped_reason"])
    if wanted.get("recipient") is not None:
        rows = rows.filter(to_email__iexact=_storable(wanted["recipient"]))
    if wanted.get("order_number") is not None:
        rows = rows.filter(order__number=_storable(wanted["order_number"]))
    for argument, column in (("key", "key__in"), ("channels", "order__channel__in")):
        if wanted.get(argument) is not None:
            rows = rows.filter(**{column: [word for word in wanted[argument] if is_storable(word)]})
    return rows


def _storable(text: str) -> str:
    """The text, or one that nothing has: the database refuses some characters."""
    return text if is_storable(text) else "-"


def _row_of_staff(info: Any, global_id: str) -> OutboxMail:
    requester = callers.staff_for(info)
    key = callers.wanted_key(global_id, "FollowUp")
    row = OutboxMail.objects.select_related("order").filter(pk=key).first()
    if row is None or not requester.may_manage(row.order.channel):
        raise NotFound("There is no such mail.", field="id")
    callers.active_settings(row.order.channel)
    return row


def _reread(row: OutboxMail) -> SeenFollowUp:
    row.refresh_from_db()
    return _seen(row, timezone.now())


class FollowUpCancel(AftersaleMutation):
    """Calls a mail back."""

    follow_up = graphene.Field(FollowUp)

    class Arguments:
        id = graphene.ID(required=True)

    class Meta:
        description = "Calls a mail back that still waits. Requires MANAGE_ORDERS."

    @classmethod
    def perform(cls, info: Any, **data: Any) -> FollowUpCancel:
        row = _row_of_staff(info, data["id"])
        if not outbox.cancel_mail(row.pk):
            raise WrongState("Only a mail that waits can be called back.", field="id")
        return cls(follow_up=_reread(row), errors=[])


class FollowUpResend(AftersaleMutation):
    """Sends a mail again."""

    follow_up = graphene.Field(FollowUp)

    class Arguments:
        id = graphene.ID(required=True)

    class Meta:
        description = (
            "Sends a mail again that is UNCONFIRMED (the customer may get it twice) or DEAD. "
            "Requires MANAGE_ORDERS."
        )

    @classmethod
    def perform(cls, info: Any, **data: Any) -> FollowUpResend:
        row = _row_of_staff(info, data["id"])
        if not outbox.resend_unconfirmed(row.pk, timezone.now()):
            raise WrongState("Only an UNCONFIRMED or DEAD mail can be sent again.", field="id")
        return cls(follow_up=_reread(row), errors=[])


class FollowUpPreview(graphene.ObjectType):
    """A mail about an order as it would be sent now."""

    subject = graphene.String(required=True)
    html = graphene.String(required=True)
    text = graphene.String(required=True)
    would_be_sent = graphene.Boolean(required=True)
    skipped_reason = graphene.Field(
        FollowUpSkippedReasonEnum, description="Why not; null when it would be sent."
    )


class SeenPreview(NamedTuple):
    """A preview as the API shows it."""

    subject: str
    html: str
    text: str
    would_be_sent: bool
    skipped_reason: Optional[str]


def resolve_preview(
    _root: Any, info: Any, key: str, order_id: str, language: str = ""
) -> SeenPreview:
    """``followUpPreview``: for staff and apps with MANAGE_ORDERS in the order's channel."""
    requester = callers.staff_for(info)
    # Composed as for sending, which reads where it writes.
    with host.writing(info):
        record = _record(requester, order_id)
        seen = preview.preview_mail(key, record, language or "")
    subject, text, html = seen.rendered
    reason = seen.skipped_reason
    return SeenPreview(subject, html, text, not reason, reason or None)


def _record(requester: Requester, order_id: str) -> OrderRecord:
    order_ref = callers.wanted_ref(order_id, "Order")
    record = OrderRecord.objects.filter(order_ref=order_ref).first()
    if record is None or not requester.may_manage(record.channel):
        raise NotFound("There is no such order.", field="order_id")
    return record


class FollowUpSendTest(AftersaleMutation):
    """Sends one mail to somebody of the shop."""

    # Talks to a mail server, which no transaction should wait for.
    is_atomic = False

    class Arguments:
        key = graphene.String(required=True)
        order_id = graphene.ID(required=True)
        language = graphene.String(description="Left out: the order's own.")
        email = graphene.String(required=True)

    class Meta:
        description = (
            "Sends a mail about an order to the given address, marked as a test; the customer "
            "gets nothing. Its link opens that order. Requires MANAGE_ORDERS."
        )

    @classmethod
    def perform(cls, info: Any, **data: Any) -> FollowUpSendTest:
        requester = callers.staff_for(info)
        record = _record(requester, data["order_id"])
        callers.active_settings(record.channel)
        if not schedule.is_one_mailbox(data["email"]):
            raise AftersaleError("Give one mail address.", field="email")
        access.limit_rate("mail_test", requester.ref, tries=MOST_TESTS, period=timedelta(hours=1))
        preview.send_test(data["key"], record, data.get("language") or "", data["email"])
        return cls(errors=[])
