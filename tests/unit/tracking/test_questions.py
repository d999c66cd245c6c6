"""What people ask at each point of a parcel's way."""

import pytest

from saleor_aftersale.tracking import questions
from saleor_aftersale.tracking.questions import Question, Topic
from saleor_aftersale.tracking.statuses import ShipmentStatus


def test_every_status_has_a_topic():
    assert set(questions.TOPICS) == set(ShipmentStatus)
    assert set(questions.TOPICS.values()) == set(Topic)


@pytest.mark.parametrize(
    ("status", "is_delayed", "topic"),
    [
        (ShipmentStatus.IN_TRANSIT, False, Topic.ON_THE_WAY),
        (ShipmentStatus.IN_TRANSIT, True, Topic.DELAYED),
        (ShipmentStatus.PENDING, True, Topic.DELAYED),
        (ShipmentStatus.OUT_FOR_DELIVERY, True, Topic.OUT_FOR_DELIVERY),
        (ShipmentStatus.ATTEMPT_FAILED, True, Topic.ATTEMPT_FAILED),
    ],
)
def test_late_parcel_has_another_topic_until_something_more_pressing_is_told(
    status, is_delayed, topic
):
    assert questions.topic_of(status, is_delayed=is_delayed) is topic


OWN = (
    Question(Topic.LOST, "", "Lost?", "Yes."),
    Question(Topic.LOST, "pl", "Zaginęła?", "Tak."),
    Question(Topic.DELIVERED, "pl", "Jest?", "Tak."),
)


@pytest.mark.parametrize(
    ("topic", "language", "found"),
    [
        (Topic.LOST, "pl", [("Zaginęła?", "Tak.")]),
        (Topic.LOST, "bg", [("Lost?", "Yes.")]),
        (Topic.DELIVERED, "bg", []),
        (Topic.ON_HOLD, "pl", []),
    ],
)
def test_merchants_answers_are_in_the_language_that_is_read(topic, language, found):
    assert questions.own_answers(OWN, topic, language) == found
