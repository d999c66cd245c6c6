"""The table: event -> what follows. The only place that schedules tasks."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any, Callable, List, Mapping, Tuple, Type

from django.db import transaction

from . import tasks
from .consents import suppressing
from .events import (
    AccessRequested,
    AnswerAwaited,
    CarrierPushed,
    Event,
    EventQueued,
    FeedbackAnswered,
    FeedbackGiven,
    LinkWished,
    MailBounced,
    MailboxRefused,
    MailQueued,
    MirrorDue,
    OrderChanged,
    OrderDelivered,
    OrderPlaced,
    OrderUnsent,
    ParcelReportedMissing,
    PickupDue,
    PollsDue,
    RefundDue,
    RefundFailed,
    RefundSettled,
    RemedyDecided,
    RemedySent,
    ReturnMessageWritten,
    ReturnMethodSet,
    ReturnParcelMoved,
    ReturnParcelTold,
    ReturnTransitioned,
    SendBackNear,
    ShipmentLate,
    ShipmentStalled,
    ShipmentStatusChanged,
    StoreCreditIssued,
    VoucherCreated,
    VoucherDue,
    WithdrawalStated,
)
from .followups import actions as followups
from .followups import bounces, deliveries
from .returns import mirror, return_parcels
from .tracking import way_back
from .webhooks import actions as webhooks

logger = logging.getLogger(__name__)


def after_commit(task: Any, *fields: str) -> Callable[[Event], None]:
    """A handler that enqueues a task with those fields of the event once it is committed."""

    def handler(event: Event) -> None:
        arguments = [getattr(event, field) for field in fields]
        transaction.on_commit(partial(_enqueue, task, arguments))

    return handler


def _enqueue(task: Any, arguments: List[Any]) -> None:
    """
    Never raises: the data is committed, and an error here would drop the callbacks of
    others that wait for the same commit. The sweep finds what was not enqueued.
    """
    try:
        task.delay(*arguments)
    except Exception:
        logger.exception(
            "Task %s%r was not enqueued; the sweep will find it.", task.name, arguments
        )


HANDLERS: Mapping[Type[Event], Tuple[Callable[[Event], None], ...]] = {
    OrderChanged: (after_commit(tasks.sync_order, "order_ref"),),
    CarrierPushed: (after_commit(tasks.read_push, "push_id"),),
    PollsDue: (after_commit(tasks.poll_carriers),),
    OrderPlaced: (followups.queue_mails,),
    OrderUnsent: (followups.queue_mails,),
    OrderDelivered: (followups.queue_mails,),
    ShipmentStatusChanged: (
        followups.queue_mails,
        deliveries.note_delivery,
        webhooks.queue_event,
    ),
    ShipmentLate: (followups.queue_mails, webhooks.queue_event),
    ShipmentStalled: (webhooks.queue_event,),
    PickupDue: (followups.queue_mails,),
    ParcelReportedMissing: (webhooks.queue_event,),
    ReturnTransitioned: (
        followups.hold_marketing,
        followups.queue_mails,
        mirror.note_change,
        webhooks.queue_event,
    ),
    ReturnMessageWritten: (followups.queue_mails,),
    SendBackNear: (followups.queue_mails,),
    AnswerAwaited: (followups.queue_mails,),
    RemedyDecided: (followups.queue_mails,),
    RemedySent: (followups.queue_mails,),
    ReturnMethodSet: (followups.queue_mails,),
    ReturnParcelTold: (way_back.track,),
    ReturnParcelMoved: (return_parcels.note_news,),
    RefundDue: (after_commit(tasks.perform_refund, "refund_id"),),
    RefundSettled: (
        followups.queue_mails,
        mirror.note_change,
        webhooks.queue_event,
    ),
    RefundFailed: (followups.queue_mails, webhooks.queue_event),
    StoreCreditIssued: (followups.queue_mails,),
    LinkWished: (after_commit(tasks.send_order_link, "number", "email"),),
    AccessRequested: (followups.queue_mails,),
    MailBounced: (bounces.note_bounce,),
    MailboxRefused: (suppressing.note_refusal,),
    MailQueued: (after_commit(tasks.send_mail, "mail_id"),),
    MirrorDue: (after_commit(tasks.mirror_order, "order_ref"),),
    EventQueued: (after_commit(tasks.deliver_event, "delivery_id"),),
    FeedbackGiven: (followups.queue_mails, webhooks.queue_event),
    FeedbackAnswered: (followups.queue_mails, webhooks.queue_event),
    VoucherCreated: (followups.queue_mails,),
    VoucherDue: (after_commit(tasks.create_voucher, "voucher_id"),),
    WithdrawalStated: (
        after_commit(tasks.acknowledge_withdrawal, "statement_id"),
        after_commit(tasks.match_withdrawal, "statement_id"),
        webhooks.queue_event,
    ),
}
