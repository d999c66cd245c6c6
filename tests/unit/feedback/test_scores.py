"""Scores and the clock of the answer to a low one."""

from datetime import datetime, timezone

import pytest

from saleor_aftersale.feedback import scores

#: Monday at noon.
MONDAY = datetime(2026, 6, 1, 12, 0, tzinfo=timezone.utc)


@pytest.mark.parametrize("value", [0, 6, -1, True, 4.0, "4", None])
def test_value_is_no_score_when_it_is_none_of_the_five(value):
    assert scores.is_score(value) is False


def test_scores_are_low_and_high_at_their_ends_only_when_judged():
    assert [scores.is_score(score) for score in scores.SCORES] == [True] * 5
    assert [scores.is_low(score) for score in scores.SCORES] == [True, True, False, False, False]
    assert [scores.is_high(score) for score in scores.SCORES] == [False] * 4 + [True]


def test_reply_is_due_at_local_midnight_when_two_working_days_are_over():
    # Wednesday's end in Warsaw, in summer.
    assert scores.reply_by(MONDAY, 2, "PL") == datetime(2026, 6, 3, 22, 0, tzinfo=timezone.utc)


def test_reply_skips_the_weekend_when_score_is_given_on_friday():
    friday = datetime(2026, 6, 12, 12, 0, tzinfo=timezone.utc)

    assert scores.reply_by(friday, 2, "PL") == datetime(2026, 6, 16, 22, 0, tzinfo=timezone.utc)


def test_reply_day_starts_at_home_when_it_is_still_yesterday_in_utc():
    # 22:30 UTC on Monday is Tuesday in Sofia: two working days later it is Thursday.
    late = datetime(2026, 6, 1, 22, 30, tzinfo=timezone.utc)

    assert scores.reply_by(late, 2, "BG") == datetime(2026, 6, 4, 21, 0, tzinfo=timezone.utc)


def test_reply_is_due_first_in_the_eastmost_zone_when_country_is_unknown():
    assert scores.reply_by(MONDAY, 1, "") == datetime(2026, 6, 2, 21, 0, tzinfo=timezone.utc)
