"""
Erases what is known of one person, except what the law wants kept.

Source: Regulation (EU) 2016/679 Art. 17(1) and (3)(b), (e).
"""

from __future__ import annotations

from datetime import datetime
from typing import List

from django.db import transaction
from django.db.models import Q

from ..consents.actions import Proof, Source, object_to_all
from ..consents.basis import Consent, newest_of
from ..consents.mailboxes import Mailbox
from ..consents.models import ConsentDecision, Suppression
from ..consents.queries import said_by
from ..consents.topics import TOPICS
from ..feedback.models import Feedback
from ..followups.schedule import MailState, Skip
from ..tracking.models import OrderRecord
from . import order_erasure
from .outcome import Outcome
from .person import Person, person_of

#: Mails nothing is done with any more.
_DONE = [state.value for state in MailState if state not in (MailState.QUEUED, MailState.SENDING)]


def erase(email: str, now: datetime, *, is_rehearsal: bool) -> Outcome:
    """
    Erase a person, all or nothing; once more changes nothing.

    Effects in order: each order with its parcels and returns, as far as nothing runs and no
    period holds; feedback, mails, consent and suppressions. The mailbox's keyed hash stays
    with what was objected to, and a consent that stood becomes an objection.

    Args:
        is_rehearsal: tell what would happen and leave everything as it is.

    Raises:
        ValueError: that is no mail address.
    """
    person, outcome = person_of(email), Outcome()
    with transaction.atomic():
        running = _erase_orders(person, outcome, now)
        _erase_mails(person, running, outcome)
        _erase_consent(person, outcome, now)
        order_erasure.erase_statements(person, outcome, now)
        if is_rehearsal:
            transaction.set_rollback(True)
    return outcome


def _erase_orders(person: Person, outcome: Outcome, now: datetime) -> List[int]:
    """Gives the keys of orders that are left alone, because something about them runs."""
    running = []
    for record in person.orders.select_for_update():
        why = order_erasure.why_running(record, now)
        if why:
            outcome.kept.append(f"Order {record.number}: {why}. Erase again when it is over.")
            running.append(record.pk)
            continue
        _erase_feedback(record, outcome)
        order_erasure.erase_order(record, outcome, now)
    return running


def _erase_feedback(record: OrderRecord, outcome: Outcome) -> None:
    """The score stays as a figure; the words go, and with them what staff owed an answer to."""
    said = Feedback.objects.filter(order=record).exclude(comment="", answer="", earlier=[])
    outcome.erased["feedback"] += said.update(comment="", answer="", earlier=[], reply_by=None)


def _erase_mails(person: Person, running: List[int], outcome: Outcome) -> None:
    mails = person.mails.exclude(order__in=running)
    waiting = mails.filter(state=MailState.QUEUED.value)
    waiting.update(state=MailState.SKIPPED.value, detail=Skip.CANCELLED.value)
    # What a mail server said may name the mailbox; why a mail was skipped is a code.
    words = mails.filter(state__in=_DONE).exclude(state=MailState.SKIPPED.value)
    words.update(detail="")
    outcome.erased["mails"] += mails.filter(state__in=_DONE).update(to_email="", context={})
    left = mails.filter(state=MailState.SENDING.value).count()
    if left:
        outcome.kept.append(f"{left} mails: they are being sent right now. Erase again.")


def _erase_consent(person: Person, outcome: Outcome, now: datetime) -> None:
    said = said_by(person.hashes)
    newest = [newest_of(said, topic.value) for topic in TOPICS]
    if any(one is not None and one.consent is Consent.OPT_IN for one in newest):
        object_to_all(Mailbox(person.hashes[0], ""), Proof(Source.ERASURE), now)
        outcome.erased["consents"] += 1
    decisions = ConsentDecision.objects.filter(mailbox_hash__in=person.hashes)
    outcome.erased["decisions"] += decisions.exclude(email="").update(email="")
    listed = Suppression.objects.filter(mailbox_hash__in=person.hashes)
    told = listed.filter(~Q(email="") | ~Q(detail=""))
    outcome.erased["suppressions"] += told.update(email="", detail="")
    number = decisions.count() + listed.count()
    if number:
        outcome.kept.append(
            f"{number} decisions and suppressions by their hash alone: who objected isn't "
            "written to again."
        )
