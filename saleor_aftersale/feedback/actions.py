"""Writes of feedback: what a customer says of an order, and what staff answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Dict, List, Optional, Tuple

from django.db import transaction

from ..config import Settings, settings_of
from ..events import FeedbackAnswered, FeedbackGiven, publish
from ..tracking.actions import lock_order
from ..tracking.models import OrderRecord
from ..values import AftersaleError, NotFound, Requester, is_storable
from . import categories, queries, scores, vouchers
from .models import Feedback

MAX_COMMENT = 2000

MAX_ANSWER = 4000

#: Times that one order may be rated, or rated otherwise: for those who take down what is said.
TRIES_AN_HOUR = 60

NOTHING_ARRIVED = "Nothing of this order has arrived yet."

#: Earlier statements that are kept of one order: the first one and the newest.
MAX_EARLIER = 50


class InvalidFeedback(AftersaleError):
    """Something about an order that can't be taken, or can't be taken yet."""

    code = "INVALID"


@dataclass(frozen=True)
class Opinion:
    """What somebody says of an order; None: as it was said before, or nothing."""

    score: Optional[int] = None
    comment: Optional[str] = None
    #: Of ``categories.CATEGORIES``.
    categories: Optional[Tuple[str, ...]] = None


def give_feedback(
    record: OrderRecord, opinion: Opinion, *, language: str, now: datetime
) -> Feedback:
    """
    Take down what a customer says of an order; said again, it takes the place of the former.

    Effects in order: the row, of which there is one per order, with what it said before in
    ``earlier``; the clock of staff's answer; for the first feedback the voucher the merchant
    promises, whatever the score is; ``FeedbackGiven``. The same again changes nothing.

    Args:
        language: in which it was asked and answered.

    Raises:
        InvalidFeedback: ``REQUIRED`` or ``INVALID`` (score, categories), ``TOO_LONG``
            (comment), ``NOT_DELIVERED_YET``: nothing of the order can be judged so far.
    """
    _check(opinion)
    settings = settings_of(record.channel)
    with transaction.atomic():
        record = lock_order(record.order_ref)
        row = Feedback.objects.filter(order=record).first()
        if row is None:
            return _first(record, opinion, language, settings, now)
        if not _is_news(row, opinion):
            return row
        before = row.score
        row.earlier = _kept(row)
        _say(row, opinion, language, now)
        _set_clock(row, settings, now)
        row.save()
        publish(FeedbackGiven(row.pk, record.order_ref, before, row.score))
    return row


def _first(
    record: OrderRecord, opinion: Opinion, language: str, settings: Settings, now: datetime
) -> Feedback:
    if opinion.score is None:
        raise InvalidFeedback("Give a score from 1 to 5.", field="score", code="REQUIRED")
    if not queries.may_be_rated(record, now):
        raise InvalidFeedback(NOTHING_ARRIVED, field="order_id", code="NOT_DELIVERED_YET")
    row = Feedback(order=record, given_at=now)
    _say(row, opinion, language, now)
    _set_clock(row, settings, now)
    row.save()
    if settings.voucher_value:
        vouchers.promise(record, settings.voucher_value, settings, now)
    publish(FeedbackGiven(row.pk, record.order_ref, 0, row.score))
    return row


def _check(opinion: Opinion) -> None:
    if opinion.score is not None and not scores.is_score(opinion.score):
        raise InvalidFeedback("Give a score from 1 to 5.", field="score")
    comment = opinion.comment or ""
    if len(comment) > MAX_COMMENT:
        message = f"Use up to {MAX_COMMENT} characters."
        raise InvalidFeedback(message, field="comment", code="TOO_LONG")
    if not is_storable(comment):
        raise InvalidFeedback(
            "The comment holds a character that can't be stored.", field="comment"
        )
    if categories.unknown(opinion.categories or ()):
        known = ", ".join(categories.CATEGORIES)
        raise InvalidFeedback(f"Choose from {known}.", field="categories")


def _is_news(row: Feedback, opinion: Opinion) -> bool:
    said = (opinion.score, _stripped(opinion.comment), _listed(opinion.categories))
    stands = (row.score, row.comment, row.categories)
    return any(new is not None and new != old for new, old in zip(said, stands))


def _say(row: Feedback, opinion: Opinion, language: str, now: datetime) -> None:
    if opinion.score is not None:
        row.score = opinion.score
    if opinion.comment is not None:
        row.comment = opinion.comment.strip()
    if opinion.categories is not None:
        row.categories = _listed(opinion.categories)
    row.language, row.changed_at = language[:35], now


def _stripped(comment: Optional[str]) -> Optional[str]:
    return None if comment is None else comment.strip()


def _listed(codes: Optional[Tuple[str, ...]]) -> Optional[List[str]]:
    return None if codes is None else list(categories.in_order(codes))


def _kept(row: Feedback) -> List[Dict[str, Any]]:
    """What was said before, with what says the row now as the newest."""
    said: Dict[str, Any] = {
        "score": row.score,
        "comment": row.comment,
        "categories": row.categories,
        "at": row.changed_at.isoformat(),
    }
    if row.answered_at is not None:
        said["answer"] = row.answer
        said["answered_by"] = row.answered_by
        said["answered_at"] = row.answered_at.isoformat()
    kept = [*row.earlier, said]
    return kept if len(kept) <= MAX_EARLIER else [kept[0], *kept[2:]]


def _set_clock(row: Feedback, settings: Settings, now: datetime) -> None:
    """
    Staff owe an answer to a low score, from the first one they haven't answered.

    Who raises the score needs none any more. An answer that was given stays, unless the
    customer is still, or again, let down and says so: that is owed a new one.
    """
    if scores.is_low(row.score):
        if row.answered_at is not None:
            row.answered_at, row.answered_by, row.answer, row.reply_by = None, "", "", None
        if row.reply_by is None:
            days, country = settings.feedback_reply_days, row.order.country
            row.reply_by = scores.reply_by(now, days, country)
    elif row.answered_at is None:
        row.reply_by = None


def answer_feedback(
    feedback_id: int, requester: Requester, *, text: str, now: datetime
) -> Feedback:
    """
    Answer a customer; closes the clock and publishes ``FeedbackAnswered``.

    The same answer again, as after a lost connection, changes nothing.

    Args:
        requester: staff; access is checked by the caller.

    Raises:
        InvalidFeedback: no text, too long a one, or ``TRANSITION_NOT_ALLOWED``: what stands
            is answered already.
        NotFound: there is no such feedback.
    """
    text = text.strip()
    _check_answer(text)
    with transaction.atomic():
        row = locked_feedback(feedback_id)
        if row.answered_at is not None and row.answer == text:
            return row
        if row.answered_at is not None:
            raise InvalidFeedback(
                "This feedback is answered already.", field="id", code="TRANSITION_NOT_ALLOWED"
            )
        row.answer, row.answered_by, row.answered_at = text, requester.label[:254], now
        row.save(update_fields=["answer", "answered_by", "answered_at"])
        publish(FeedbackAnswered(row.pk, row.order.order_ref))
    return row


def _check_answer(text: str) -> None:
    if not text:
        raise InvalidFeedback("Write something.", field="text", code="REQUIRED")
    if len(text) > MAX_ANSWER:
        message = f"Use up to {MAX_ANSWER} characters."
        raise InvalidFeedback(message, field="text", code="TOO_LONG")
    if not is_storable(text):
        raise InvalidFeedback("The text holds a character that can't be stored.", field="text")


def locked_feedback(feedback_id: int) -> Feedback:
    """
    Feedback with its order, locked until the transaction ends.

    Raises:
        NotFound: there is none.
    """
    meant = Feedback.objects.filter(pk=feedback_id).select_related("order").first()
    if meant is None:
        raise NotFound("There is no such feedback.", field="id")
    record = lock_order(meant.order.order_ref)
    # Only now: what is read before the lock may be old by then.
    row = Feedback.objects.get(pk=feedback_id)
    row.order = record
    return row
