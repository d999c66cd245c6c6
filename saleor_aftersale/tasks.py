"""Celery tasks: load by id, call one action. Every task may run twice."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from .events import (
    CarrierPushed,
    EventQueued,
    MailQueued,
    MirrorDue,
    PollsDue,
    WithdrawalStated,
    publish,
)
from .followups import acknowledgement
from .followups import actions as followups
from .host import db
from .returns import expiry, mirror, resolution, withdrawal_matching, withdrawals
from .tracking import actions as tracking
from .tracking import polling, pushes, reading, transit_times, watching
from .webhooks import actions as webhooks
from .webhooks import sending


@shared_task
@db.allow_writer()
def sync_order(order_ref: str) -> None:
    """Bring our rows of an order up to what the shop says, and settle refunds it shows."""
    if tracking.sync_order(order_ref):
        resolution.reconcile_refunds_of(order_ref, timezone.now())


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
    resolution.perform_refund(refund_id, timezone.now())


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
    """Send one mail of the outbox."""
    followups.deliver_mail(mail_id, timezone.now())


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
def sweep() -> None:
    """Pick up what dead workers and lost messages left, every minute."""
    now = timezone.now()
    followups.free_expired_leases(now)
    for mail_id in followups.due_mails(now):
        publish(MailQueued(mail_id))
    for delivery_id in webhooks.forgotten_deliveries(now):
        publish(EventQueued(delivery_id))
    for order_ref in mirror.forgotten_mirrors(now):
        publish(MirrorDue(order_ref))
    for push_id in pushes.forgotten_pushes(now):
        publish(CarrierPushed(push_id))
    for _ in range(polling.tasks_due(now)):
        publish(PollsDue())
    for statement_id in withdrawals.waiting_statements(now):
        publish(WithdrawalStated(statement_id))
    acknowledgement.alarm_unacknowledged(now)
    resolution.reconcile_refunds(now)
    expiry.expire_silent(now)
    watching.look_after(now)
    transit_times.sum_up(now)
