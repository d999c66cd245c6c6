"""How many mails are noted together."""

import pytest

from saleor_aftersale.followups.pace import MOST_TOGETHER, Pace


def after(*groups):
    pace = Pace()
    for mails, seconds in groups:
        pace.learn(mails, seconds)
    return pace.together


def test_mails_are_noted_one_by_one_at_first():
    assert after() == 1


@pytest.mark.parametrize(
    ("groups", "together"),
    [
        ([(1, 0.001)], 2),
        ([(1, 0.001), (2, 0.002), (4, 0.004)], 8),
        ([(1, 0.0)] * 9, MOST_TOGETHER),
        ([(1, 0.02)] * 9, 2),
        ([(1, 0.04)], 1),
        ([(1, 0.001), (2, 0.002), (4, 2.0)], 1),
        ([(1, 0.001), (2, 0.002), (4, 0.04)], 5),
    ],
)
def test_mails_are_noted_together_when_they_fit_into_the_time(groups, together):
    assert after(*groups) == together
