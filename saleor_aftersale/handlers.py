"""The table: event -> what follows. The only place that schedules tasks."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any, Callable, List, Mapping, Tuple, Type

from django.db import transaction

from . import tasks
from .events import (
    AccessRequested,
    CarrierPushed,
    Event,
    EventQueued,
    LinkWished,
    MailQueued,
    MirrorDue,
    OrderChanged,
    ParcelReportedMissing,
    PickupDue,
    PollsDue,
    RefundDue,
    RefundSettled,
    ReturnMessageWritten,
    ReturnTransitioned,
    SendBackNear,
    ShipmentLate,
    ShipmentStalled,
    ShipmentStatusChanged,
    StoreCreditIssued,
    WithdrawalStated,
)
from .followups import actions as followups
from .returns import mirror
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
    ShipmentStatusChanged: (followups.queue_mails, webhooks.queue_event),
    ShipmentLate: (followups.queue_mails, webhooks.queue_event),
    ShipmentStalled: (webhooks.queue_event,),
    PickupDue: (followups.queue_mails,),
    ParcelReportedMissing: (webhooks.queue_event,),
    ReturnTransitioned: (
        followups.queue_mails,
        mirror.note_change,
        webhooks.queue_event,
    ),
    ReturnMessageWritten: (followups.queue_mails,),
    SendBackNear: (followups.queue_mails,),
    RefundDue: (after_commit(tasks.perform_refund, "refund_id"),),
    RefundSettled: (
        followups.queue_mails,
        mirror.note_change,
        webhooks.queue_event,
    ),
    StoreCreditIssued: (followups.queue_mails,),
    LinkWished: (after_commit(tasks.send_order_link, "number", "email"),),
    AccessRequested: (followups.queue_mails,),
    MailQueued: (after_commit(tasks.send_mail, "mail_id"),),
    MirrorDue: (after_commit(tasks.mirror_order, "order_ref"),),
    EventQueued: (after_commit(tasks.deliver_event, "delivery_id"),),
    WithdrawalStated: (
        after_commit(tasks.acknowledge_withdrawal, "statement_id"),
        after_commit(tasks.match_withdrawal, "statement_id"),
        webhooks.queue_event,
    ),
}
