"""When a marketing mail may go out, and when nobody is disturbed."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from saleor_aftersale.followups import marketing
from saleor_aftersale.followups.marketing import Consent, Facts, Verdict
from saleor_aftersale.followups.schedule import Skip

NOW = datetime(2026, 3, 4, 12, tzinfo=timezone.utc)
DAY = timedelta(days=1)
WELCOME = Facts(Consent.OPT_IN, "PL")


def utc(*parts):
    return datetime(*parts, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "change, skip",
    [
        ({}, None),
        ({"consent": Consent.OBJECTED}, Skip.NO_CONSENT),
        ({"consent": Consent.NONE}, Skip.NO_CONSENT),
        ({"consent": Consent.SOFT_OPT_IN}, Skip.NO_CONSENT),
        ({"consent": Consent.SOFT_OPT_IN, "country": "BG"}, None),
        ({"consent": Consent.SOFT_OPT_IN, "country": ""}, Skip.NO_CONSENT),
        ({"consent": Consent.BOUNCED}, Skip.SUPPRESSED),
        ({"has_open_return": True}, Skip.OPEN_RETURN),
        ({"has_lost_parcel": True}, Skip.PARCEL_LOST),
        ({"has_open_low_score": True}, Skip.LOW_SCORE),
        ({"consent": Consent.NONE, "has_open_return": True}, Skip.NO_CONSENT),
        ({"has_open_return": True, "has_lost_parcel": True}, Skip.OPEN_RETURN),
        ({"has_open_return": True, "last_sent_at": NOW}, Skip.OPEN_RETURN),
    ],
)
def test_marketing_is_skipped_with_its_gravest_reason(change, skip):
    verdict = marketing.verdict(replace(WELCOME, **change), NOW, good_until=NOW + 14 * DAY)

    assert verdict == Verdict(skip)


@pytest.mark.parametrize(
    "since, wait_until",
    [
        (timedelta(days=7), None),
        (timedelta(days=7, seconds=-1), NOW + timedelta(seconds=1)),
        (timedelta(0), NOW + timedelta(days=7)),
        # Seven days later it is half past nine in the evening.
        (timedelta(hours=-8, minutes=-30), utc(2026, 3, 12, 8)),
    ],
)
def test_marketing_waits_when_another_one_went_out_within_a_week(since, wait_until):
    facts = replace(WELCOME, last_sent_at=NOW - since)

    verdict = marketing.verdict(facts, NOW, good_until=NOW + 14 * DAY)

    assert verdict == Verdict(wait_until=wait_until)


def test_marketing_waits_for_the_morning_when_it_is_due_at_night():
    evening = utc(2026, 3, 4, 19)

    verdict = marketing.verdict(WELCOME, evening, good_until=evening + 14 * DAY)

    assert verdict == Verdict(wait_until=utc(2026, 3, 5, 8))


@pytest.mark.parametrize(
    "last_sent_at, now, good_until, skip",
    [
        (None, NOW, NOW - timedelta(seconds=1), Skip.TOO_LATE),
        (None, utc(2026, 3, 4, 19), utc(2026, 3, 5, 7), Skip.TOO_LATE),
        (NOW - DAY, NOW, NOW + 5 * DAY, Skip.TOO_SOON),
        (NOW - DAY, NOW, NOW - DAY, Skip.TOO_LATE),
    ],
)
def test_marketing_is_skipped_when_it_would_wait_too_long(last_sent_at, now, good_until, skip):
    facts = replace(WELCOME, last_sent_at=last_sent_at)

    assert marketing.verdict(facts, now, good_until=good_until) == Verdict(skip)


@pytest.mark.parametrize(
    "country, moment, until",
    [
        ("PL", utc(2026, 3, 4, 8), utc(2026, 3, 4, 8)),
        ("PL", utc(2026, 3, 4, 7, 59), utc(2026, 3, 4, 8)),
        ("PL", utc(2026, 3, 4, 18, 59), utc(2026, 3, 4, 18, 59)),
        ("PL", utc(2026, 3, 4, 19), utc(2026, 3, 5, 8)),
        ("PL", utc(2026, 7, 4, 18), utc(2026, 7, 5, 7)),
        ("PL", utc(2026, 3, 28, 19), utc(2026, 3, 29, 7)),
        ("BG", utc(2026, 3, 4, 18), utc(2026, 3, 5, 7)),
        ("RU", utc(2026, 3, 4, 12), utc(2026, 3, 5, 7)),
        ("RU", utc(2026, 3, 4, 7, 30), utc(2026, 3, 4, 7, 30)),
    ],
)
def test_marketing_waits_for_the_morning_when_it_is_night(country, moment, until):
    assert marketing.quiet_until(moment, country) == until


def test_delay_counts_working_days_when_a_weekend_lies_between():
    friday = utc(2026, 3, 6, 11)

    assert marketing.due_after(friday, 1, "PL") == utc(2026, 3, 9, 11)
    assert marketing.due_after(utc(2026, 3, 6, 22), 1, "PL") == utc(2026, 3, 10, 8)
