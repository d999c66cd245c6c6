"""Celery tasks: load by id, call one action. Every task may run twice."""

from __future__ import annotations

import logging
from datetime import datetime

from celery import shared_task
from django.utils import timezone

from .consents import checkout
from .events import (
    CarrierPushed,
    EventQueued,
    MailQueued,
    MirrorDue,
    PollsDue,
    VoucherDue,
    WithdrawalStated,
    publish,
)
from .feedback import vouchers
from .followups import acknowledgement, claiming, delivery, reminders, unsent_orders
from .followups import actions as followups
from .host import db
from .privacy import retention
from .returns import (
    expiry,
    following,
    mirror,
    payouts,
    unanswered,
    withdrawal_matching,
    withdrawals,
)
from .tracking import actions as tracking
from .tracking import polling, pushes, reading, transit_times, watching
from .webhooks import actions as webhooks
from .webhooks import sending

logger = logging.getLogger(__name__)


@shared_task
@db.allow_writer()
def sync_order(order_ref: str) -> None:
    """Bring our rows of an order up to what the shop says, its return requests, its consent."""
    if tracking.sync_order(order_ref):
        following.follow_order(order_ref, timezone.now())
        checkout.keep_consent(order_ref)


@shared_task
@db.allow_writer()
def read_push(push_id: int) -> None:
    """Read a carrier's push, and what waits beside it."""
    reading.read_push(push_id, timezone.now())


@shared_task
@db.allow_writer()
def poll_carriers() -> None:
    """Ask carriers about some of the parcels that are due."""
    polling.poll_due(timezone.now())


@shared_task
@db.allow_writer()
def send_order_link(number: str, email: str) -> None:
    """Mail a link to an order, if there is such an order."""
    followups.queue_order_link(number, email, timezone.now())


@shared_task
@db.allow_writer()
def perform_refund(refund_id: int) -> None:
    """Move the money of one refund."""
    payouts.perform_refund(refund_id, timezone.now())


@shared_task
@db.allow_writer()
def acknowledge_withdrawal(statement_id: int) -> None:
    """Acknowledge one statement of withdrawal."""
    acknowledgement.acknowledge(statement_id, timezone.now())


@shared_task
@db.allow_writer()
def match_withdrawal(statement_id: int) -> None:
    """Find the order of one statement of withdrawal and make its return request."""
    withdrawal_matching.match_statement(statement_id, timezone.now())


@shared_task
@db.allow_writer()
def send_mail(mail_id: int) -> None:
    """Send one mail of the outbox, and what waits beside it."""
    delivery.deliver_mail(mail_id, timezone.now())


@shared_task
@db.allow_writer()
def mirror_order(order_ref: str) -> None:
    """Write what we know of an order's returns into the shop's metadata."""
    mirror.mirror_order(order_ref, timezone.now())


@shared_task
@db.allow_writer()
def deliver_event(delivery_id: int) -> None:
    """Post one event to the merchant's systems."""
    sending.deliver(delivery_id, timezone.now())


@shared_task
@db.allow_writer()
def create_voucher(voucher_id: int) -> None:
    """Make the shop's voucher that was promised for feedback."""
    vouchers.create_voucher(voucher_id, timezone.now())


@shared_task
@db.allow_writer()
def sweep() -> None:
    """
    Pick up what dead workers and lost messages left, every minute.

    A part that fails is logged and doesn't hold up the others.
    """
    now = timezone.now()
    parts = (
        claiming.free_expired_leases,
        _restart_mails,
        _restart_events,
        _restart_news,
        _restart_statements,
        _restart_vouchers,
        acknowledgement.alarm_unacknowledged,
        unanswered.listen,
        payouts.reconcile_refunds,
        expiry.expire_silent,
        reminders.remind_senders,
        reminders.remind_asked,
        unsent_orders.tell_of_unsent,
        watching.look_after,
        transit_times.sum_up,
        retention.forget_old,
    )
    for part in parts:
        try:
            part(now)
        except Exception:
            logger.exception("Part %s of the sweep failed; the others go on.", part.__qualname__)


def _restart_mails(now: datetime) -> None:
    for mail_id in claiming.tasks_due(now):
        publish(MailQueued(mail_id))


def _restart_events(now: datetime) -> None:
    for delivery_id in webhooks.forgotten_deliveries(now):
        publish(EventQueued(delivery_id))
    for order_ref in mirror.forgotten_mirrors(now):
        publish(MirrorDue(order_ref))


def _restart_news(now: datetime) -> None:
    for push_id in pushes.forgotten_pushes(now):
        publish(CarrierPushed(push_id))
    for _ in range(polling.tasks_due(now)):
        publish(PollsDue())


def _restart_statements(now: datetime) -> None:
    for statement_id in withdrawals.waiting_statements(now):
        publish(WithdrawalStated(statement_id))


def _restart_vouchers(now: datetime) -> None:
    for voucher_id in vouchers.forgotten_vouchers(now):
        publish(VoucherDue(voucher_id))
