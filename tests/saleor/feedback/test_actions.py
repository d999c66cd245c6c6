"""What a customer says of an order, what staff answer, and until when."""

import threading
from datetime import datetime, timedelta, timezone

import pytest
from django.db import connection

from saleor_aftersale import events, handlers
from saleor_aftersale.events import FeedbackAnswered, FeedbackGiven
from saleor_aftersale.feedback import actions, queries
from saleor_aftersale.feedback.actions import MAX_COMMENT, MAX_EARLIER, InvalidFeedback
from saleor_aftersale.feedback.models import Feedback
from saleor_aftersale.tracking.statuses import ShipmentStatus
from saleor_aftersale.values import NotFound
from tests import factories
from tests.factories import NOON, STAFF, nothing_changed
from tests.saleor.feedback.given import NOW, give

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

#: Two working days after Tuesday, at midnight in Prague, where that week has no holiday.
THURSDAY_ENDS = datetime(2026, 6, 4, 22, 0, tzinfo=timezone.utc)


@pytest.fixture
def order():
    factories.activate()
    return factories.delivered_order(country="CZ")


@pytest.fixture
def told(monkeypatch):
    """Events of feedback in the order they were published."""
    heard = []
    table = {
        **handlers.HANDLERS,
        FeedbackGiven: (heard.append,),
        FeedbackAnswered: (heard.append,),
    }
    monkeypatch.setattr(events, "_table", lambda: table)
    return heard


def test_feedback_is_one_row_and_told_once_when_the_same_is_said_twice(order, told):
    row = give(order, 4, comment=" Fine. ", categories=("OTHER", "SPEED"))

    again = give(order, 4, comment="Fine.", categories=("SPEED", "OTHER", "SPEED"), now=NOON)

    assert again == row == Feedback.objects.get()
    assert (row.score, row.comment, row.categories) == (4, "Fine.", ["SPEED", "OTHER"])
    assert (row.given_at, row.changed_at, row.earlier) == (NOW, NOW, [])
    assert (row.reply_by, row.language) == (None, "en")
    assert told == [FeedbackGiven(row.pk, str(order.pk), 0, 4)]


def test_feedback_keeps_what_was_said_before_when_it_is_changed(order, told):
    give(order, 4, comment="Fine.", categories=("SPEED",))

    row = give(order, 5, now=NOW + timedelta(hours=1))

    assert (row.score, row.comment, row.categories) == (5, "Fine.", ["SPEED"])
    assert (row.given_at, row.changed_at) == (NOW, NOW + timedelta(hours=1))
    assert row.earlier == [
        {"score": 4, "comment": "Fine.", "categories": ["SPEED"], "at": NOW.isoformat()}
    ]
    assert told[1:] == [FeedbackGiven(row.pk, str(order.pk), 4, 5)]


def test_feedback_takes_words_without_a_score_when_one_stands(order):
    give(order, 2)

    row = give(order, None, comment="Torn box", categories=("PACKAGING",))

    assert (row.score, row.comment, row.categories) == (2, "Torn box", ["PACKAGING"])


def test_feedback_keeps_the_first_and_the_newest_when_it_is_changed_very_often(order):
    for number in range(MAX_EARLIER + 3):
        give(order, 1 + number % 2, now=NOW + timedelta(minutes=number))

    earlier = Feedback.objects.get().earlier

    assert len(earlier) == MAX_EARLIER
    assert earlier[0]["at"] == NOW.isoformat()
    assert earlier[-1]["at"] == (NOW + timedelta(minutes=MAX_EARLIER + 1)).isoformat()


@pytest.mark.parametrize("score", [0, 6, -1, True])
def test_feedback_is_refused_when_the_score_is_none(order, score):
    with nothing_changed(), pytest.raises(InvalidFeedback) as refused:
        give(order, score)

    assert (refused.value.field, refused.value.code) == ("score", "INVALID")
    assert refused.value.message == "Give a score from 1 to 5."


@pytest.mark.parametrize(
    "said, field, code",
    [
        ({"comment": "x" * (MAX_COMMENT + 1)}, "comment", "TOO_LONG"),
        ({"comment": "x" * 1024 * 1024}, "comment", "TOO_LONG"),
        ({"comment": "\x00"}, "comment", "INVALID"),
        ({"comment": "\ud800"}, "comment", "INVALID"),
        ({"categories": ("SPEED", "speed")}, "categories", "INVALID"),
        ({"categories": ("'; DROP TABLE",)}, "categories", "INVALID"),
    ],
)
def test_feedback_is_refused_when_its_words_cannot_be_kept(order, said, field, code):
    give(order, 3)

    with nothing_changed(), pytest.raises(InvalidFeedback) as refused:
        give(order, 4, **said)

    assert (refused.value.field, refused.value.code) == (field, code)


def test_feedback_is_refused_when_there_is_no_score_yet(order):
    with nothing_changed(), pytest.raises(InvalidFeedback) as refused:
        give(order, None, comment="Hello")

    assert (refused.value.field, refused.value.code) == ("score", "REQUIRED")


def test_feedback_keeps_html_as_text_when_somebody_sends_it(order):
    assert give(order, 3, comment="<script>alert(1)</script>").comment == (
        "<script>alert(1)</script>"
    )


def test_feedback_is_refused_when_nothing_has_arrived():
    factories.activate()
    order = factories.make_order(placed_at=NOON)
    factories.scan(factories.fulfill(order), ShipmentStatus.OUT_FOR_DELIVERY, NOON)
    factories.delivered_order(email="other@example.com")

    with nothing_changed(), pytest.raises(InvalidFeedback) as refused:
        give(order, now=NOON + timedelta(hours=1))

    assert (refused.value.field, refused.value.code) == ("order_id", "NOT_DELIVERED_YET")


def test_feedback_is_taken_when_the_parcel_was_lost():
    factories.activate()
    order = factories.make_order(placed_at=NOON)
    factories.scan(factories.fulfill(order), ShipmentStatus.LOST, NOON)

    assert give(order, 1).score == 1


def test_low_score_starts_the_clock_once_when_it_stays_low(order):
    assert give(order, 2).reply_by == THURSDAY_ENDS

    assert give(order, 1, now=NOW + timedelta(days=1)).reply_by == THURSDAY_ENDS


def test_clock_has_the_merchants_days_when_they_are_set(order):
    factories.activate(feedback_reply_days="1")

    assert give(order, 2).reply_by == THURSDAY_ENDS - timedelta(days=1)


def test_raised_score_closes_the_clock_when_nobody_has_answered(order):
    give(order, 1)

    assert give(order, 3).reply_by is None
    assert queries.has_open_low_score("boris@example.com") is False


def test_raised_score_keeps_the_answer_when_staff_have_given_one(order):
    row = answered(give(order, 1))

    raised = give(order, 4, now=NOW + timedelta(hours=2))

    assert (raised.reply_by, raised.answer) == (THURSDAY_ENDS, "We are sorry.")
    assert raised.answered_at == row.answered_at


def test_customer_is_owed_a_new_answer_when_still_let_down_after_the_first(order):
    answered(give(order, 2, comment="Late"))

    row = give(order, None, comment="Still not here", now=NOW + timedelta(days=1))

    assert (row.answer, row.answered_by, row.answered_at) == ("", "", None)
    assert row.reply_by == datetime(2026, 6, 5, 22, 0, tzinfo=timezone.utc)
    assert row.earlier == [
        {
            "score": 2,
            "comment": "Late",
            "categories": [],
            "at": NOW.isoformat(),
            "answer": "We are sorry.",
            "answered_by": "clerk@example.com",
            "answered_at": (NOW + timedelta(hours=1)).isoformat(),
        }
    ]


def answered(row, text="We are sorry."):
    return actions.answer_feedback(row.pk, STAFF, text=text, now=NOW + timedelta(hours=1))


def test_answer_is_kept_and_told_once_when_sent_twice(order, told):
    row = give(order, 1)

    answered(row)
    answered(row, " We are sorry. ")

    row.refresh_from_db()
    assert (row.answer, row.answered_by) == ("We are sorry.", "clerk@example.com")
    assert row.answered_at == NOW + timedelta(hours=1)
    assert told[1:] == [FeedbackAnswered(row.pk, str(order.pk))]
    assert queries.has_open_low_score("boris@example.com") is False


def test_second_answer_is_refused_when_one_stands(order):
    row = answered(give(order, 1))

    with nothing_changed(), pytest.raises(InvalidFeedback) as refused:
        answered(row, "Another one")

    assert (refused.value.field, refused.value.code) == ("id", "TRANSITION_NOT_ALLOWED")


@pytest.mark.parametrize(
    "text, code", [(" ", "REQUIRED"), ("x" * 4001, "TOO_LONG"), ("\x00", "INVALID")]
)
def test_answer_is_refused_when_it_cannot_be_kept(order, text, code):
    row = give(order, 1)

    with nothing_changed(), pytest.raises(InvalidFeedback) as refused:
        answered(row, text)

    assert (refused.value.field, refused.value.code) == ("text", code)


def test_answer_is_refused_when_there_is_no_such_feedback(order):
    give(order, 1)

    with nothing_changed(), pytest.raises(NotFound):
        actions.answer_feedback(0, STAFF, text="Hello", now=NOW)


def test_low_score_is_open_for_its_own_mailbox_only_when_unanswered(order):
    give(order, 2)
    give(factories.delivered_order(email="happy@example.com"), 3)

    assert queries.has_open_low_score("Boris@Example.com") is True
    assert queries.has_open_low_score("happy@example.com") is False
    assert queries.has_open_low_score("") is False


def at_once(*jobs):
    """Run jobs in threads that start together; results in their order."""
    barrier, results = threading.Barrier(len(jobs)), [None] * len(jobs)

    def run(place, job):
        barrier.wait()
        try:
            results[place] = job()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return results


@pytest.mark.django_db(transaction=True)
def test_both_opinions_are_kept_when_two_are_sent_at_once():
    factories.activate(voucher_value="10%")
    record = factories.keep(factories.delivered_order())

    def say(score):
        opinion = actions.Opinion(score)
        return actions.give_feedback(record, opinion, language="en", now=NOW)

    at_once(lambda: say(2), lambda: say(5))

    row = Feedback.objects.get()
    assert sorted([row.score, row.earlier[0]["score"]]) == [2, 5]
    assert len(row.earlier) == 1
    assert record.thanks_voucher.order_id == record.pk
