"""Mails about the order as such, and about a withdrawal whose order may be unknown."""

from __future__ import annotations

from typing import Optional

from .. import events
from ..returns import withdrawals
from ..returns.models import WithdrawalStatement
from .kinds import TRANSACTIONAL, Draft, mail


@mail("order.link", TRANSACTIONAL, on=events.AccessRequested, is_required=True)
def order_link(event: events.AccessRequested) -> Optional[Draft]:
    """Somebody who knows number and mailbox asked for a link."""
    return Draft(f"order:{event.order_ref}:{event.request_key}", event.order_ref, {})


@mail("withdrawal.acknowledged", TRANSACTIONAL, on=events.WithdrawalStated, is_required=True)
def withdrawal_acknowledged(event: events.WithdrawalStated) -> Optional[Draft]:
    """Somebody declared a withdrawal; see ``acknowledgement``, which sends it."""
    row = WithdrawalStatement.objects.get(pk=event.statement_id)
    context = {
        "reference": row.reference,
        "stated_at": row.stated_at.isoformat(),
        "sentence": row.sentence,
        "name": row.name,
        "contract": row.contract,
        "email": row.email,
        "lines": [
            dict(line, product_name=line["product_name"] or line["line_ref"]) for line in row.lines
        ],
        "form_url": withdrawals.form_url(row.channel),
    }
    # Whether the order is known is no matter here.
    return Draft(f"withdrawal:{row.pk}", "", context)
