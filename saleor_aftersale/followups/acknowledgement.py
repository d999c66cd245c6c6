"""
The acknowledgement of a withdrawal: sent at once, and again until a mail server took it.

It isn't in the outbox, whose rows belong to an order: this mail leaves before anybody knows
the order, and whether there is one. Of the statement only the columns ``ack_…``,
``acknowledged_at`` and ``alarmed_at`` are written here.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Optional

from django.db import transaction
from django.utils import timezone

from ..config import settings_of
from ..events import WithdrawalStated
from ..returns import withdrawal_rules as rules
from ..returns.models import WithdrawalStatement
from . import catalogue, sender

logger = logging.getLogger(__name__)

KEY = "withdrawal.acknowledged"


def acknowledge(statement_id: int, now: datetime) -> None:
    """
    Send the acknowledgement of one statement; may run twice, is taken by a server once.

    When nobody can tell whether the server took it, it is sent again: the customer has a
    right to it, and twice is better than never. The merchant can't switch it off.

    Source: Directive 2011/83/EU Art. 11a(4).
    """
    row = _take(statement_id, now)
    if row is None:
        return
    try:
        _send(row)
    except Exception as fault:
        # A warning only: the alarm follows if it is still missing after an hour.
        logger.warning("Withdrawal %s is not acknowledged yet: %r", row.reference, fault)
        row.ack_due_at = rules.next_acknowledgement_at(row.ack_attempts, row.stated_at, now)
        row.ack_error = repr(fault)
    else:
        row.ack_due_at, row.ack_error, row.acknowledged_at = None, "", timezone.now()
    row.save(update_fields=["ack_due_at", "ack_error", "acknowledged_at"])


def _take(statement_id: int, now: datetime) -> Optional[WithdrawalStatement]:
    with transaction.atomic():
        rows = WithdrawalStatement.objects.select_for_update(skip_locked=True)
        row = rows.filter(pk=statement_id, ack_due_at__lte=now).first()
        if row is not None:
            row.ack_due_at, row.ack_attempts = now + rules.LEASE, row.ack_attempts + 1
            row.save(update_fields=["ack_due_at", "ack_attempts"])
    return row


def _send(row: WithdrawalStatement) -> None:
    draft = catalogue.CATALOGUE[KEY].compose(WithdrawalStated(row.pk))
    assert draft is not None
    settings = settings_of(row.channel)
    account = sender.account_of(row.channel, settings)
    context = {
        **sender.typed_context(draft.context),
        **sender.look_of(row.channel, settings),
        "shop_name": account.shop_name,
        "language": row.language,
    }
    rendered = sender.render(KEY, context, row.language)
    sender.deliver(rendered, account, to_email=row.email, message_id=row.message_id)


def alarm_unacknowledged(now: datetime) -> None:
    """Tell staff, once each, of statements without acknowledgement after an hour."""
    rows = WithdrawalStatement.objects.filter(
        acknowledged_at=None,
        alarmed_at=None,
        ack_due_at__isnull=False,
        stated_at__lte=now - rules.ALARM_AFTER,
    )
    for reference in list(rows.values_list("reference", flat=True)):
        logger.error("Withdrawal %s is not acknowledged after an hour.", reference)
        rows.filter(reference=reference).update(alarmed_at=now)
