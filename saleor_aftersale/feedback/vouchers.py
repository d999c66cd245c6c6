"""
The voucher for feedback: promised with the first feedback of an order, made once.

The promise is a row with our own code, written with the feedback. A task makes the shop's
voucher and says so in the row in one transaction: whatever dies on the way leaves both or
neither, and the sweep finds what is still due.
"""

from __future__ import annotations

import logging
import secrets
from datetime import datetime, timedelta
from enum import Enum
from typing import List, Optional

from django.db import transaction

from ..config import Settings, settings_of
from ..events import VoucherCreated, VoucherDue, publish
from ..host import vouchers as host_vouchers
from ..returns import local_days
from ..tracking.actions import lock_order
from ..tracking.models import OrderRecord
from ..values import NotFound
from .models import ThanksVoucher
from .rewards import ALPHABET, CODE_LENGTH, Reward

logger = logging.getLogger(__name__)

#: After so many failures staff have to look.
MAX_ATTEMPTS = 6

#: The task is enqueued with the promise; the sweep leaves it so long before it steps in.
GRACE = timedelta(minutes=1)

#: Before the second try; doubled before each further one.
FIRST_PAUSE = timedelta(minutes=5)

#: While the plugin is switched off in a channel its vouchers wait this long at a time.
INACTIVE_PAUSE = timedelta(hours=1)


class VoucherState(Enum):
    """How far a promised voucher is."""

    #: Promised; the shop has it not yet.
    DUE = "DUE"
    #: The customer can use it.
    CREATED = "CREATED"
    #: The shop refused it again and again: staff have to look.
    FAILED = "FAILED"


def promise(
    record: OrderRecord, reward: Reward, settings: Settings, now: datetime
) -> ThanksVoucher:
    """
    Promise a voucher in the caller's transaction, which has locked the order.

    ``VoucherDue`` follows. An order that has its voucher gets no other.
    """
    expires_on = local_days.first_day_of(now, record.country) + timedelta(
        days=settings.voucher_valid_days
    )
    row, is_new = ThanksVoucher.objects.get_or_create(
        order=record,
        defaults={
            "code": new_code(),
            "state": VoucherState.DUE.value,
            "is_percentage": reward.is_percentage,
            "value": reward.value,
            "expires_on": expires_on,
            "due_at": now,
            "created_at": now,
        },
    )
    if is_new:
        publish(VoucherDue(row.pk))
    return row


def new_code() -> str:
    """A code nobody can guess, easy to read and to type."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def create_voucher(voucher_id: int, now: datetime) -> bool:
    """
    Make the shop's voucher for a promise; may run twice, makes it once.

    ``VoucherCreated`` follows. A failure is noted and tried again later, at last given up.
    Gives whether it was made now.
    """
    try:
        with transaction.atomic():
            row = _locked(voucher_id)
            if row is None or not _may_be_made(row, now):
                return False
            _make(row)
    except Exception as fault:
        # Whatever the shop's own code or a plugin in it raises: the promise stands.
        logger.exception("Voucher %s for feedback was not made.", voucher_id)
        _note_failure(voucher_id, fault, now)
        return False
    return True


def _locked(voucher_id: int) -> Optional[ThanksVoucher]:
    meant = ThanksVoucher.objects.filter(pk=voucher_id).select_related("order").first()
    if meant is None:
        return None
    record = lock_order(meant.order.order_ref)
    # Only now: another worker may have made it while this one waited.
    row = ThanksVoucher.objects.get(pk=voucher_id)
    row.order = record
    return row


def _may_be_made(row: ThanksVoucher, now: datetime) -> bool:
    if row.state != VoucherState.DUE.value:
        return False
    is_active = settings_of(row.order.channel).is_active
    if not is_active:
        row.due_at = now + INACTIVE_PAUSE
        row.save(update_fields=["due_at"])
    return is_active


def _make(row: ThanksVoucher) -> None:
    record = row.order
    row.voucher_ref = host_vouchers.create(
        row.code,
        channel=record.channel,
        value=row.value,
        is_percentage=row.is_percentage,
        name=f"Thanks for feedback, order {record.number}",
        valid_until=local_days.last_end_of(row.expires_on, record.country),
    )
    row.state, row.detail = VoucherState.CREATED.value, ""
    row.save(update_fields=["voucher_ref", "state", "detail"])
    publish(VoucherCreated(row.pk, record.order_ref))


def _note_failure(voucher_id: int, fault: Exception, now: datetime) -> None:
    with transaction.atomic():
        row = _locked(voucher_id)
        if row is None or row.state != VoucherState.DUE.value:
            return
        row.attempts += 1
        row.due_at = now + FIRST_PAUSE * 2 ** (row.attempts - 1)
        row.detail = f"{type(fault).__name__}: {fault}"[:1000]
        if row.attempts >= MAX_ATTEMPTS:
            row.state = VoucherState.FAILED.value
        row.save(update_fields=["attempts", "due_at", "detail", "state"])


def retry_voucher(feedback_id: int, now: datetime) -> ThanksVoucher:
    """
    Try a voucher again that was given up; ``VoucherDue`` follows. One that isn't, is left.

    Raises:
        NotFound: that feedback has no voucher.
    """
    with transaction.atomic():
        meant = ThanksVoucher.objects.filter(order__feedback__pk=feedback_id).first()
        row = _locked(meant.pk) if meant else None
        if row is None:
            raise NotFound("No voucher was promised for this feedback.", field="id")
        if row.state == VoucherState.FAILED.value:
            row.state, row.attempts, row.due_at = VoucherState.DUE.value, 0, now
            row.save(update_fields=["state", "attempts", "due_at"])
            publish(VoucherDue(row.pk))
    return row


def forgotten_vouchers(now: datetime, *, limit: int = 500) -> List[int]:
    """
    Keys of vouchers that wait longer than a task takes to start.

    Each is put off for the next sweeps, so that one whose worker dies again and again
    doesn't hold up others.
    """
    is_late = {"state": VoucherState.DUE.value, "due_at__lte": now - GRACE}
    rows = ThanksVoucher.objects.filter(**is_late).order_by("due_at", "pk")
    found = list(rows.values_list("pk", flat=True)[:limit])
    ThanksVoucher.objects.filter(pk__in=found, **is_late).update(due_at=now + FIRST_PAUSE)
    return found
