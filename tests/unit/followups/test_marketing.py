"""When a marketing mail may go out, and when nobody is disturbed."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from saleor_aftersale.followups import marketing
from saleor_aftersale.followups.marketing import Consent, Facts
from saleor_aftersale.followups.schedule import Skip

NOW = datetime(2026, 3, 4, 12, tzinfo=timezone.utc)
WELCOME = Facts(Consent.OPT_IN, "PL")


def utc(*parts):
    return datetime(*parts, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "consent, country, permitted",
    [
        (Consent.OPT_IN, "PL", True),
        (Consent.OPT_IN, "", True),
        (Consent.SOFT_OPT_IN, "BG", True),
        (Consent.SOFT_OPT_IN, "PL", False),
        (Consent.SOFT_OPT_IN, "", False),
        (Consent.NONE, "BG", False),
        (Consent.OBJECTED, "BG", False),
        (Consent.BOUNCED, "BG", False),
    ],
)
def test_marketing_needs_the_basis_the_country_asks_for(consent, country, permitted):
    assert marketing.is_permitted(consent, country) is permitted


def test_sale_is_no_basis_when_merchant_asks_for_a_ticked_box():
    assert not marketing.is_permitted(Consent.SOFT_OPT_IN, "BG", is_opt_in_only=True)


@pytest.mark.parametrize(
    "change, skip",
    [
        ({}, None),
        ({"consent": Consent.OBJECTED}, Skip.NO_CONSENT),
        ({"has_open_return": True}, Skip.OPEN_RETURN),
        ({"has_lost_parcel": True}, Skip.PARCEL_LOST),
        ({"last_sent_at": NOW - timedelta(days=7)}, None),
        ({"last_sent_at": NOW - timedelta(days=7) + timedelta(seconds=1)}, Skip.TOO_SOON),
        ({"consent": Consent.NONE, "has_open_return": True}, Skip.NO_CONSENT),
        ({"has_open_return": True, "last_sent_at": NOW}, Skip.OPEN_RETURN),
    ],
)
def test_marketing_is_skipped_with_its_gravest_reason(change, skip):
    assert marketing.skip_reason(replace(WELCOME, **change), NOW) is skip


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


@pytest.mark.parametrize("minutes, together", [(-1, False), (0, True), (30, True), (31, False)])
def test_parcels_are_told_of_together_when_sent_close_to_each_other(minutes, together):
    moment = NOW + timedelta(minutes=minutes)

    assert marketing.told_with(NOW, moment) is together
