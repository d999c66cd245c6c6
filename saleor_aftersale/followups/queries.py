"""Reads of follow-up mail: what has been sent about orders."""

from __future__ import annotations

from typing import Dict, Iterable, List

from .models import OutboxMail
from .schedule import MailState


def sent_by_order(
    order_refs: Iterable[str], *, using: str = "default"
) -> Dict[str, List[OutboxMail]]:
    """Mails the mail server took, by order ref, oldest first; one query."""
    found: Dict[str, List[OutboxMail]] = {ref: [] for ref in order_refs}
    rows = (
        OutboxMail.objects.using(using)
        .filter(order__order_ref__in=list(found), state=MailState.SENT.value)
        .select_related("order")
        .order_by("sent_at")
    )
    for row in rows:
        found[row.order.order_ref].append(row)
    return found
