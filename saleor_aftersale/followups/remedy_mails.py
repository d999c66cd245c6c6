"""Mails about goods that come instead of others, or come back repaired."""

from __future__ import annotations

from typing import Optional

from .. import events
from ..returns.models import Remedy
from ..returns.remedies import REMEDIES
from .kinds import TRANSACTIONAL, Context, Draft, mail

_REPAIR = "REPAIR"

#: The mail that tells of a sent remedy, so that ``return.closed`` needn't.
SENT_KEYS = {_REPAIR: "repair.sent"}
_EXCHANGE = "exchange.sent"


def key_of_sending(resolution: str) -> str:
    """The mail that tells when what was decided has been sent; empty: none does."""
    plan = REMEDIES[resolution]
    return SENT_KEYS.get(resolution) or (_EXCHANGE if plan.makes_order else "")


@mail("exchange.sent", TRANSACTIONAL, on=events.RemedySent)
def exchange_sent(event: events.RemedySent) -> Optional[Draft]:
    """The goods that take the place of others are on their way."""
    return _sent(event, _EXCHANGE)


@mail("repair.started", TRANSACTIONAL, on=events.RemedyDecided)
def repair_started(event: events.RemedyDecided) -> Optional[Draft]:
    """The shop has the goods and repairs them."""
    decision = _decision(event.remedy_id)
    return _draft(decision) if decision.resolution == _REPAIR else None


@mail("repair.sent", TRANSACTIONAL, on=events.RemedySent)
def repair_sent(event: events.RemedySent) -> Optional[Draft]:
    """The repaired goods are on their way back."""
    return _sent(event, SENT_KEYS[_REPAIR])


def _sent(event: events.RemedySent, key: str) -> Optional[Draft]:
    decision = _decision(event.remedy_id)
    if key_of_sending(decision.resolution) != key:
        return None
    return _draft(decision, reference=decision.reference)


def _decision(remedy_id: int) -> Remedy:
    return Remedy.objects.select_related("request__order").get(pk=remedy_id)


def _draft(decision: Remedy, **more: str) -> Draft:
    request = decision.request
    lines = request.lines.filter(approved_quantity__gt=0).order_by("pk")
    context: Context = {
        "return_number": request.number,
        "lines": [
            {
                "product_name": line.product_name,
                "quantity": line.accepted_quantity or line.approved_quantity,
            }
            for line in lines
        ],
        **more,
    }
    subject = f"return:{request.pk}:{decision.number}"
    return Draft(subject, request.order.order_ref, context)
