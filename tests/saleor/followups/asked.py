"""A customer who agreed to marketing or didn't, and a clock: for tests of what is sent when."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Tuple

from saleor_aftersale.consents import actions as consents
from saleor_aftersale.consents.actions import Proof, Source
from saleor_aftersale.consents.mailboxes import mailbox_of
from saleor_aftersale.consents.topics import TOPICS, Topic
from saleor_aftersale.followups import claiming, delivery
from saleor_aftersale.followups.models import OutboxMail
from tests import factories

#: Mailbox of ``factories.make_order``.
BORIS = "boris@example.com"


class Clock:
    """What time it is for the code under test."""

    def __init__(self, now: datetime):
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def agree(*topics: Topic, email: str = BORIS, at: datetime = factories.NOON) -> None:
    """The customer ticked the boxes of these topics; of all, when none is named."""
    consents.opt_in(mailbox_of(email), topics or TOPICS, Proof(Source.CHECKOUT), at)


def refuse(*topics: Topic, email: str = BORIS, at: datetime = factories.NOON) -> None:
    """The customer unticked them."""
    consents.object_to(mailbox_of(email), topics or TOPICS, Proof(Source.PAGE), at)


def send_due(clock: Clock) -> None:
    """What workers do with all that is due now."""
    factories.commit()
    for mail_id in claiming.due_mails(clock.now):
        delivery.deliver_mail(mail_id, clock.now)


def send_at_its_time(key: str, clock: Clock) -> Tuple[str, str]:
    """Let the clock run until that mail is due, and send what is; gives its state and why."""
    row = mail_of(key)
    clock.now = max(clock.now, row.due_at)
    send_due(clock)
    return fate_of(key)


def mail_of(key: str, **where: Any) -> OutboxMail:
    """The newest mail of that key."""
    row = OutboxMail.objects.filter(key=key, **where).order_by("pk").last()
    assert row is not None
    return row


def fate_of(key: str, **where: Any) -> Tuple[str, str]:
    """State of the newest mail of that key, and why."""
    row = mail_of(key, **where)
    return row.state, row.detail
