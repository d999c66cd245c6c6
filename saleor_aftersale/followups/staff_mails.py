"""Mails to the shop's own people: what they have to look at at once."""

from __future__ import annotations

from typing import Optional

from .. import events
from ..config import Settings
from ..host import mail as host_mail
from ..returns.models import Refund
from ..returns.states import RefundState
from ..values import AftersaleError
from .kinds import TRANSACTIONAL, Draft, mail

#: Keys of these mails start so; no customer sees that they were sent.
PREFIX = "staff."


@mail("staff.refund_failed", TRANSACTIONAL, on=events.RefundFailed, is_required=True)
def staff_refund_failed(event: events.RefundFailed) -> Optional[Draft]:
    """Money didn't go back: why, and where it can be tried again; each failure is told."""
    refund = Refund.objects.select_related("request").get(pk=event.refund_id)
    step = refund.request.transitions.order_by("position").last()
    context = {
        "return_number": refund.request.number,
        "amount": str(refund.amount),
        "currency": refund.currency,
        "fault": event.error,
        "is_given_up": refund.state == RefundState.GIVEN_UP.value,
    }
    subject = f"refund:{refund.pk}:{step.position if step else 0}"
    return Draft(subject, event.order_ref, context, is_for_staff=True)


def mailbox_of(channel: str, settings: Settings) -> str:
    """Where staff read: as the merchant set it, else the shop's own sender; may be empty."""
    if settings.staff_email:
        return settings.staff_email
    try:
        _name, address, _connect = host_mail.account(channel)
    except AftersaleError:
        return ""
    return address
