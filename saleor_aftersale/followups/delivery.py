"""Sends what waits in the outbox: a batch at a time, each mail handed over once."""

from __future__ import annotations

import logging
import random
import time
from datetime import datetime, timedelta
from itertools import groupby
from typing import List, Optional, Sequence

from django.utils import timezone

from ..config import Settings, settings_of
from . import catalogue, claiming, schedule, sender
from .connections import Line, MailFault
from .models import OutboxMail
from .schedule import MailState

logger = logging.getLogger(__name__)

#: While the plugin is switched off in a channel its mails wait this long at a time.
INACTIVE_PAUSE = timedelta(hours=1)

#: Mails in a row that nobody can tell about, before the rest of a batch waits instead.
MOST_DOUBTS = 2

_DOUBT_PAUSE = timedelta(minutes=1)

#: No mail is begun later in a lease than this: a slow server must not outlast it.
_LATEST_START = schedule.LEASE / 2


class _LeaseLost(Exception):
    """Somebody freed the mail meanwhile."""


def deliver_mail(mail_id: int, now: datetime) -> None:
    """
    Send one mail and those that wait beside it; may run twice, hands each over once.

    Steps: lease a batch; for each channel reach its mail server once; for each mail render
    it, have sender and recipient accepted, note that it is about to be handed over, hand it
    over, note the answer. A temporary fault puts a mail back with a later due time, a
    permanent one ends it. What a dead worker held is freed by ``free_expired_leases``.
    """
    claim = claiming.claim_mails(now, first=mail_id)
    for channel, rows in groupby(claim.mails, key=lambda row: row.order.channel):
        _Batch(claim, list(rows), settings_of(channel), now).deliver()


class _Batch:
    """The mails of one channel in a claim."""

    def __init__(
        self, claim: claiming.Claim, rows: List[OutboxMail], settings: Settings, now: datetime
    ) -> None:
        self.claim = claim
        self.rows = rows
        self.settings = settings
        self.now = now
        self._latest_start = time.monotonic() + _LATEST_START.total_seconds()
        self._doubts = 0
        #: Taken by the server, and not noted yet.
        self._taken: Optional[claiming.TakenMail] = None

    def deliver(self) -> None:
        if not self.settings.is_active:
            due_at, why = self.now + INACTIVE_PAUSE, "The plugin is switched off."
            claiming.put_back_untried(self.claim, _ids(self.rows), due_at, why)
            return
        try:
            account = sender.account_of(self.rows[0].order.channel, self.settings)
        except MailFault as fault:
            self._after_fault(self.rows, fault)
            return
        try:
            with Line(account.connect) as line:
                self._deliver_by(line, account)
        finally:
            self._note()

    def _deliver_by(self, line: Line, account: sender.Account) -> None:
        for position, row in enumerate(self.rows):
            rest = self.rows[position + 1 :]
            if time.monotonic() > self._latest_start:
                claiming.put_back_untried(self.claim, _ids(self.rows[position:]), timezone.now())
                return
            fault = self._deliver_one(row, line, account)
            if fault is not None and fault.is_server_down:
                self._after_fault(rest, fault)
                return
            if self._doubts >= MOST_DOUBTS:
                due_at = timezone.now() + _DOUBT_PAUSE
                claiming.put_back_untried(self.claim, _ids(rest), due_at, str(fault))
                return

    def _deliver_one(
        self, row: OutboxMail, line: Line, account: sender.Account
    ) -> Optional[MailFault]:
        skip = schedule.skip_reason(
            row.to_email, is_enabled=catalogue.is_enabled(row.key, self.settings)
        )
        if skip is not None:
            claiming.end_mail(self.claim, row.pk, MailState.SKIPPED, skip.value)
            return None
        try:
            message = sender.compose(row, self.settings, account)
            line.hand_over(message, before=lambda: self._note(row))
        except _LeaseLost:
            return None
        except MailFault as fault:
            self._after_fault([row], fault)
            return fault
        except Exception as error:
            logger.exception("Mail %s (%s) can't be made.", row.pk, row.key)
            self._after_fault([row], MailFault(repr(error), is_permanent=False))
            return None
        self._taken, self._doubts = claiming.TakenMail(row.pk, timezone.now()), 0
        return None

    def _note(self, row: Optional[OutboxMail] = None) -> None:
        is_ours = claiming.note_progress(
            self.claim, taken=self._taken, next_id=row.pk if row else None
        )
        self._taken = None
        if not is_ours:
            raise _LeaseLost

    def _after_fault(self, rows: Sequence[OutboxMail], fault: MailFault) -> None:
        self._note()
        due_times = {}
        for row in rows:
            retry_at = schedule.next_try_at(row.attempts, self.now, jitter=random.random())
            if fault.is_doubtful:
                self._doubts += 1
                logger.error("Mail %s may or may not have been sent: %s", row.pk, fault)
                claiming.end_mail(self.claim, row.pk, MailState.UNCONFIRMED, str(fault))
            elif fault.is_permanent or retry_at is None:
                logger.error("Mail %s (%s) is given up: %s", row.pk, row.key, fault)
                claiming.end_mail(self.claim, row.pk, MailState.DEAD, str(fault))
            else:
                due_times[row.pk] = retry_at
        claiming.put_back(self.claim, due_times, str(fault))


def _ids(rows: Sequence[OutboxMail]) -> List[int]:
    return [row.pk for row in rows]
