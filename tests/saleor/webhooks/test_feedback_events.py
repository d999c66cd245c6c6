"""What the merchant's systems are told of feedback."""

import json
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from saleor_aftersale.events import FeedbackGiven, publish
from saleor_aftersale.feedback import actions as feedback
from saleor_aftersale.feedback.models import Feedback
from saleor_aftersale.values import HttpAnswer
from saleor_aftersale.webhooks import messages, sending
from saleor_aftersale.webhooks.models import EventDelivery
from tests import factories
from tests.factories import CHANNEL, STAFF, global_id
from tests.network import Network
from tests.saleor.feedback.given import NOW, give

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

HOUR = timedelta(hours=1)
URL, SECRET = "https://erp.example.com/aftersale", "0123456789abcdef"


@pytest.fixture
def network(monkeypatch):
    network = Network(monkeypatch)
    network.answer()
    return network


@pytest.fixture
def order():
    """A delivered order, the merchant's address, and nothing on its way there."""
    factories.activate(event_url=URL, event_secret=SECRET)
    order = factories.delivered_order()
    EventDelivery.objects.all().delete()
    connection.run_on_commit = []
    return order


def rows():
    return EventDelivery.objects.order_by("pk")


def told():
    return list(rows().values_list("sequence", "type", "facts"))


def test_feedback_given_changed_and_answered_is_queued_in_order(order):
    row = give(order, 2)
    give(order, 1, now=NOW + HOUR)
    give(order, None, comment="Still broken.", now=NOW + 2 * HOUR)
    feedback.answer_feedback(row.pk, STAFF, text="Sorry.", now=NOW + 3 * HOUR)

    assert told() == [
        (1, "FEEDBACK_GIVEN", {"before": None, "after": 2}),
        (2, "FEEDBACK_CHANGED", {"before": 2, "after": 1}),
        (3, "FEEDBACK_CHANGED", {"before": 1, "after": 1}),
        (4, "FEEDBACK_ANSWERED", {}),
    ]
    assert list(rows().values_list("occurred_at", flat=True)) == [
        NOW + hours * HOUR for hours in range(4)
    ]


def test_nothing_is_queued_when_the_same_is_said_again(order):
    row = give(order, 2, comment="Late.")
    give(order, 2, comment="Late.", now=NOW + HOUR)
    feedback.answer_feedback(row.pk, STAFF, text="Sorry.", now=NOW + 2 * HOUR)
    feedback.answer_feedback(row.pk, STAFF, text="Sorry.", now=NOW + 3 * HOUR)

    assert [kind for _number, kind, _facts in told()] == ["FEEDBACK_GIVEN", "FEEDBACK_ANSWERED"]


def test_event_is_queued_once_when_it_is_published_twice(order):
    row = give(order, 2)

    publish(FeedbackGiven(row.pk, str(order.pk), 0, 2))

    assert len(told()) == 1


def test_second_answer_is_told_when_the_customer_was_still_let_down(order):
    row = give(order, 2)
    feedback.answer_feedback(row.pk, STAFF, text="Sorry.", now=NOW + HOUR)
    give(order, 1, now=NOW + 2 * HOUR)
    feedback.answer_feedback(row.pk, STAFF, text="Sorry.", now=NOW + 3 * HOUR)

    kinds = [kind for _number, kind, _facts in told()]

    assert kinds == ["FEEDBACK_GIVEN", "FEEDBACK_ANSWERED", "FEEDBACK_CHANGED", "FEEDBACK_ANSWERED"]


def test_nothing_is_queued_when_no_address_is_set(order):
    factories.activate()

    give(order, 2)

    assert not rows().exists()


def test_nothing_is_queued_when_the_feedback_is_not_kept(order):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        give(order, 2)
        1 / 0  # noqa: B018

    assert not rows().exists()


def test_feedback_is_posted_with_its_figures_and_without_anybodys_words(order, network):
    row = give(order, 2, comment="Boris was here.", categories=("PRODUCT", "SPEED"))
    feedback.answer_feedback(row.pk, STAFF, text="Sorry, Boris.", now=NOW + HOUR)
    factories.commit()

    given, answered = (sent.content for sent in network.sent)
    row.refresh_from_db()
    assert given == {
        "id": rows()[0].reference,
        "type": "FEEDBACK_GIVEN",
        "occurredAt": NOW.isoformat(),
        "sequence": 1,
        "order": {
            "id": global_id("Order", order.pk),
            "number": row.order.number,
            "channel": CHANNEL,
        },
        "before": None,
        "after": 2,
        "feedback": {
            "id": global_id("OrderFeedback", row.pk),
            "score": 2,
            "categories": ["SPEED", "PRODUCT"],
            "hasComment": True,
            "givenAt": NOW.isoformat(),
            "changedAt": NOW.isoformat(),
            "replyBy": row.reply_by.isoformat(),
            "answeredAt": (NOW + HOUR).isoformat(),
        },
    }
    assert (answered["type"], answered["feedback"]) == ("FEEDBACK_ANSWERED", given["feedback"])
    for private in ("Boris", "boris@example.com", "Sorry", "clerk"):
        assert private not in json.dumps([given, answered])


def test_same_body_is_posted_when_tried_again_after_a_change(order, network):
    network.answers = [HttpAnswer(503, {}, b""), HttpAnswer(200, {}, b"")]
    give(order, 2)
    connection.run_on_commit = []
    row = rows().get()
    now = timezone.now()
    sending.deliver(row.pk, now)
    Feedback.objects.update(score=5)

    sending.deliver(row.pk, now + HOUR)

    row.refresh_from_db()
    assert (row.state, row.attempts) == ("DELIVERED", 2)
    first, second = network.sent
    assert first.content == second.content
    assert first.content["feedback"]["score"] == 2


def test_event_is_posted_when_the_feedback_was_forgotten_meanwhile(order, network):
    give(order, 2)
    Feedback.objects.all().delete()

    factories.commit()

    assert network.sent[0].content["feedback"] is None
    assert rows().get().state == "DELIVERED"


def test_every_kind_of_message_has_a_subject():
    assert set(messages._SUBJECTS) == set(messages.MessageType)
