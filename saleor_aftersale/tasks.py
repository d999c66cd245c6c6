"""Celery tasks: load by id, call one action. Every task may run twice."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from .events import CarrierPushed, MailQueued, publish
from .followups import actions as followups
from .host import db
from .returns import resolution
from .tracking import actions as tracking
from .tracking import pushes, reading


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
def send_mail(mail_id: int) -> None:
    """Send one mail of the outbox."""
    followups.deliver_mail(mail_id, timezone.now())


@shared_task
@db.allow_writer()
def sweep() -> None:
    """Pick up what dead workers and lost messages left, every minute."""
    now = timezone.now()
    followups.free_expired_leases(now)
    for mail_id in followups.due_mails(now):
        publish(MailQueued(mail_id))
    for push_id in pushes.forgotten_pushes(now):
        publish(CarrierPushed(push_id))
    resolution.reconcile_refunds(now)
