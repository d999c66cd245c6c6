"""Topics as people and shops name them."""

import pytest

from saleor_aftersale.consents.topics import TOPICS, Topic, topic_of, topics_in


@pytest.mark.parametrize(
    "word, topic",
    [("offers", Topic.OFFERS), (" CARE ", Topic.CARE), ("", None), ("NEWS", None)],
)
def test_topic_is_found_by_its_name(word, topic):
    assert topic_of(word) is topic


@pytest.mark.parametrize(
    "text, named",
    [
        ("true", TOPICS),
        (" True ", TOPICS),
        ("offers", (Topic.OFFERS,)),
        ("CARE, offers,CARE", (Topic.CARE, Topic.OFFERS)),
        ("care, news", (Topic.CARE,)),
        ("false", ()),
        ("", ()),
        ("yes please", ()),
    ],
)
def test_topics_are_read_from_what_a_shop_wrote(text, named):
    assert topics_in(text) == named
