"""Sends what waits in the outbox: a batch at a time, each mail handed over once."""

from __future__ import annotations

import logging
import random
import time
from datetime import datetime, timedelta
from itertools import groupby
from typing import FrozenSet, List, NamedTuple, Optional, Sequence, Set

from django.db import transaction
from django.utils import timezone

from ..config import Settings, settings_of
from ..events import MailboxRefused, MailQueued, publish
from . import catalogue, claiming, notices, permission, schedule, sender
from .connections import Line, MailFault
from .messages import Message
from .models import OutboxMail
from .pace import Pace
from .schedule import MailState, Skip

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

    Steps: lease a batch; for each channel reach its mail server once; for each group of
    mails render them, have sender and recipient of the first accepted, note that the group
    is about to be handed over, hand it over, note the answers. A temporary fault puts a mail
    back with a later due time, a permanent one ends it. What a dead worker held is freed by
    ``free_expired_leases``. After a full batch another task takes what still waits.
    """
    claim = claiming.claim_mails(now, first=mail_id)
    for channel, rows in groupby(claim.mails, key=lambda row: row.order.channel):
        try:
            _deliver_rows(claim, list(rows), settings_of(channel), now)
        except Exception:
            # Another channel's mails must not wait for the end of this lease.
            logger.exception("Mails of the channel %s wait until their lease ends.", channel)
    if len(claim.mails) == claiming.BATCH_SIZE:
        _go_on(claiming.due_mails(timezone.now(), limit=1))


def _deliver_rows(
    claim: claiming.Claim, rows: List[OutboxMail], settings: Settings, now: datetime
) -> None:
    """Those of one channel of the shop."""
    if not settings.is_active:
        due_at, why = now + INACTIVE_PAUSE, "The plugin is switched off."
        claiming.put_back_untried(claim, _ids(rows), due_at, why)
        return
    mails, others = notices.parted(rows)
    if mails:
        _Batch(claim, mails, settings, now).deliver()
    if others:
        notices.deliver(claim, others, settings, now)


def _go_on(mail_ids: Sequence[int]) -> None:
    """Let another task begin with the first of these mails: their own ones may be over."""
    for mail_id in mail_ids[:1]:
        publish(MailQueued(mail_id))


class _Letter(NamedTuple):
    row: OutboxMail
    message: Message


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
        self._pace = Pace()
        self._lease = permission.Lease(frozenset(_ids(rows)), claim.leased_until)
        self._doubts = 0
        #: Taken by the server, and not noted yet.
        self._taken: List[int] = []
        #: The group that was noted as about to be handed over last.
        self._noted: Set[int] = set()
        #: Those of it that are ours and not begun yet.
        self._coming: Set[int] = set()
        self._last_fault: Optional[MailFault] = None

    def deliver(self) -> None:
        channel = self.rows[0].order.channel
        try:
            account = sender.account_of(channel, self.settings)
        except MailFault as fault:
            self._after_fault(self.rows, fault)
            return
        shop = sender.shop_of(channel, self.settings, account.shop_name)
        try:
            with Line(account.connect) as line:
                self._deliver_by(line, shop, account)
        finally:
            self._note()
            if self._coming:
                claiming.put_back_untried(self.claim, self._coming, timezone.now())

    def _deliver_by(self, line: Line, shop: sender.Shop, account: sender.Account) -> None:
        waiting = self.rows
        while waiting:
            if time.monotonic() > self._latest_start:
                claiming.put_back_untried(self.claim, _ids(waiting), timezone.now())
                _go_on(_ids(waiting))
                return
            group, waiting = waiting[: self._pace.together], waiting[self._pace.together :]
            letters = self._letters(group, shop, account)
            started = time.monotonic()
            rest = self._hand_over(letters, line)
            if rest is not None:
                self._give_back([*rest, *waiting])
                return
            self._pace.learn(len(group), time.monotonic() - started)

    def _letters(
        self, rows: Sequence[OutboxMail], shop: sender.Shop, account: sender.Account
    ) -> List[_Letter]:
        """What is to be sent of these mails, in words; the others are done with."""
        letters = []
        for row in rows:
            skip = _reason_to_skip(row, self.settings)
            if skip is not None:
                claiming.end_mail(self.claim, row.pk, MailState.SKIPPED, skip.value)
                continue
            if catalogue.CATALOGUE[row.key].is_marketing and not self._may_go(row):
                continue
            try:
                letters.append(_Letter(row, sender.compose(row, shop, account)))
            except MailFault as fault:
                self._after_fault([row], fault)
            except Exception as error:
                logger.exception("Mail %s (%s) can't be made.", row.pk, row.key)
                self._after_fault([row], MailFault(repr(error), is_permanent=False))
        return letters

    def _may_go(self, row: OutboxMail) -> bool:
        """Whether a marketing mail goes out now; one that doesn't is left out or put back."""
        verdict = permission.verdict_on(row, self.settings, self.now, lease=self._lease)
        if verdict.skip is not None:
            claiming.end_mail(self.claim, row.pk, MailState.SKIPPED, verdict.skip.value)
        elif verdict.wait_until is not None:
            claiming.put_back_untried(self.claim, [row.pk], verdict.wait_until)
        else:
            self._lease.gone_to.add(row.to_email)
            return True
        return False

    def _hand_over(self, letters: List[_Letter], line: Line) -> Optional[List[OutboxMail]]:
        """Hand over a group; gives the mails that must wait when the server can't go on."""
        for position, letter in enumerate(letters):
            rest = letters[position + 1 :]
            fault = self._hand_over_one(letter, rest, line)
            if fault is not None and (fault.is_server_down or self._doubts >= MOST_DOUBTS):
                self._last_fault = fault
                return [later.row for later in rest]
        return None

    def _hand_over_one(
        self, letter: _Letter, rest: List[_Letter], line: Line
    ) -> Optional[MailFault]:
        row = letter.row
        following = rest[0].message if rest else None
        try:
            line.hand_over(letter.message, lambda: self._before(letter, rest), following)
        except _LeaseLost:
            return None
        except MailFault as fault:
            self._after_fault([row], fault)
            return fault
        except Exception as error:
            logger.exception("Mail %s (%s) can't be handed over.", row.pk, row.key)
            self._after_fault([row], MailFault(repr(error), is_permanent=False))
            return None
        self._taken.append(row.pk)
        self._doubts = 0
        return None

    def _before(self, letter: _Letter, rest: List[_Letter]) -> None:
        """Note this mail and the rest of its group, unless that was done with one before."""
        pk = letter.row.pk
        if pk not in self._noted:
            group = [pk, *(later.row.pk for later in rest)]
            self._coming = set(self._note(group))
            self._noted = set(group)
        if pk not in self._coming:
            raise _LeaseLost
        self._coming.discard(pk)

    def _note(self, coming: Sequence[int] = ()) -> FrozenSet[int]:
        taken, self._taken = self._taken, []
        return claiming.note_progress(self.claim, taken=taken, coming=coming)

    def _give_back(self, rows: Sequence[OutboxMail]) -> None:
        """Have mails wait that can't go out now, because of what happened to the last one."""
        assert self._last_fault is not None
        if self._last_fault.is_server_down:
            self._after_fault(rows, self._last_fault)
        else:
            due_at = timezone.now() + _DOUBT_PAUSE
            claiming.put_back_untried(self.claim, _ids(rows), due_at, str(self._last_fault))
        self._coming -= set(_ids(rows))

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
                self._give_up(row, fault)
            else:
                due_times[row.pk] = retry_at
        claiming.put_back(self.claim, due_times, str(fault))

    def _give_up(self, row: OutboxMail, fault: MailFault) -> None:
        with transaction.atomic():
            claiming.end_mail(self.claim, row.pk, MailState.DEAD, str(fault))
            if fault.is_mailbox_gone:
                publish(MailboxRefused(row.to_email, str(fault), timezone.now()))


def _ids(rows: Sequence[OutboxMail]) -> List[int]:
    return [row.pk for row in rows]


def _reason_to_skip(row: OutboxMail, settings: Settings) -> Optional[Skip]:
    """Why a mail that is due isn't to be sent any more, or None."""
    return schedule.skip_reason(row.to_email, is_enabled=catalogue.is_enabled(row.key, settings))
