"""Legal rows and periods. Day names in comments show where a weekend moves the end."""

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_aftersale.returns import legal
from saleor_aftersale.returns.legal import LegalRow, Limit

#: The table of the domain: what a shop gets that sets nothing, and what it can't undercut.
NUMBERS = {
    "withdrawal.period_days": (14, 14, Limit.AT_LEAST),
    "withdrawal.shift_to_working_day": (1, 1, Limit.AT_LEAST),
    "withdrawal.uninformed_extension_months": (12, 12, Limit.AT_LEAST),
    "withdrawal.button_enabled": (1, 1, Limit.AT_LEAST),
    "withdrawal.reason_required": (0, 0, Limit.AT_MOST),
    "withdrawal.account_required": (0, 0, Limit.AT_MOST),
    "withdrawal.partial": (1, 0, Limit.FREE),
    "withdrawal.ack_alarm_hours": (1, 1, Limit.AT_MOST),
    "withdrawal.model_form": (1, 1, Limit.AT_LEAST),
    "withdrawal.b2b": (0, 0, Limit.FREE),
    "refund.deadline_days": (14, 14, Limit.AT_MOST),
    "refund.same_means": (1, 1, Limit.AT_LEAST),
    "return.send_back_days": (14, 14, Limit.AT_LEAST),
    "return.diminished_value": (1, 1, Limit.AT_MOST),
    "return.fees": (0, 0, Limit.AT_MOST),
    "guarantee.period_months": (24, 24, Limit.AT_LEAST),
    "guarantee.presumption_months": (12, 12, Limit.AT_LEAST),
    "guarantee.repair_extension_months": (12, 12, Limit.AT_LEAST),
    "guarantee.inform_before_remedy": (1, 1, Limit.AT_LEAST),
    "complaint.reply_days": (14, 14, Limit.FREE),
    "conformity.deadline_months": (0, 0, Limit.FREE),
    "delivery.max_days": (30, 30, Limit.FREE),
    "notice.guarantee": (1, 1, Limit.AT_LEAST),
    "mail.marketing_opt_in": (0, 0, Limit.AT_LEAST),
    "mail.unsubscribe": (1, 1, Limit.AT_LEAST),
    "mail.honour_unsubscribe_days": (0, 2, Limit.AT_MOST),
    "review.reward": (0, 0, Limit.FREE),
    "automation.deny": (0, 0, Limit.AT_MOST),
    "retention.request_years": (6, 6, Limit.FREE),
    "retention.evidence_years": (10, 10, Limit.FREE),
    "retention.photos_years": (1, 1, Limit.FREE),
    "retention.messages_years": (3, 3, Limit.FREE),
    "retention.scores_years": (2, 2, Limit.FREE),
    "retention.tracking_payload_days": (180, 180, Limit.FREE),
}


def test_rows_are_those_of_the_domain_when_listed():
    rows = {key: (row.default, row.floor, row.limit) for key, row in legal.ROWS.items()}

    assert rows == NUMBERS


def test_words_are_those_of_the_domain_when_listed():
    assert {key: word.value for key, word in legal.WORDS.items()} == {
        "withdrawal.start": "LAST_GOOD_IN_POSSESSION",
        "withdrawal.start_fallback": "NOT_STARTED",
        "withdrawal.day_count": "DAY_AFTER_UNTIL_24_LOCAL",
        "withdrawal.button_label": "BY_LANGUAGE",
        "withdrawal.required_fields": "NAME CONTRACT ADDRESS",
        "withdrawal.ack_content": "STATEMENT DATE TIME REFERENCE",
        "withdrawal.exceptions": "ABCDEFGHIJKLM",
        "refund.withhold_until": "GOODS_OR_PROOF",
        "refund.outbound_delivery": "CHEAPEST_STANDARD",
        "return.cost_payer": "CUSTOMER_IF_INFORMED",
        "guarantee.remedy_order": "REPAIR_OR_REPLACEMENT_FIRST",
        "guarantee.cost_payer": "MERCHANT",
        "risk.passes": "PHYSICAL_POSSESSION",
        "a11y.target": "WCAG_2_2_AA",
    }


def all_rows():
    tables = [legal.ROWS, *legal.NATIONAL.values(), *legal.PROFILES.values()]
    return [(key, row) for table in tables for key, row in table.items()]


@pytest.mark.parametrize("key, row", all_rows())
def test_row_names_its_source_and_keeps_its_own_default(key, row):
    assert row.source
    assert key in legal.ROWS
    assert row.bounded(row.default) == row.default


@pytest.mark.parametrize(
    "key, country, profiles, number",
    [
        ("complaint.reply_days", "PL", set(), 14),
        ("conformity.deadline_months", "BG", set(), 1),
        ("conformity.deadline_months", "PL", set(), 0),
        ("guarantee.period_months", "PT", set(), 36),
        ("guarantee.presumption_months", "PL", set(), 24),
        ("guarantee.presumption_months", "BG", set(), 12),
        ("mail.marketing_opt_in", "PL", set(), 1),
        ("withdrawal.period_days", "RU", set(), 14),
        ("withdrawal.period_days", "RU", {"RU"}, 7),
        ("withdrawal.uninformed_extension_months", "RU", {"RU"}, 3),
        ("refund.deadline_days", "RU", {"RU"}, 10),
        ("withdrawal.period_days", "BG", {"RU"}, 14),
    ],
)
def test_row_is_the_countrys_own_when_it_has_one(key, country, profiles, number):
    assert legal.applied(key, country, profiles=frozenset(profiles)) == number


@pytest.mark.parametrize(
    "key, country, wished, number",
    [
        ("withdrawal.period_days", "PL", 7, 14),
        ("withdrawal.period_days", "PL", 30, 30),
        ("guarantee.period_months", "ES", 24, 36),
        ("guarantee.period_months", "ES", 60, 60),
        ("refund.deadline_days", "PL", 30, 14),
        ("refund.deadline_days", "PL", 5, 5),
        ("return.fees", "PL", 1, 0),
        ("conformity.deadline_months", "BG", 3, 1),
        ("delivery.max_days", "PL", 60, 60),
    ],
)
def test_floor_comes_last_when_a_setting_wishes_something(key, country, wished, number):
    assert legal.applied(key, country, wished) == number


def test_fixed_row_stays_as_it_is_whatever_is_wished():
    assert LegalRow(1, 1, "law", Limit.FIXED).bounded(5) == 1


@pytest.mark.parametrize("wished, days", [(-1, 14), (0, 14), (13, 14), (14, 14), (30, 30)])
def test_at_least_raises_to_the_floor_when_less_is_wished(wished, days):
    assert legal.at_least("withdrawal.period_days", wished) == days


@pytest.mark.parametrize(
    "moment, day",
    [
        ("2026-06-01T20:59:59+00:00", date(2026, 6, 1)),
        ("2026-06-01T21:00:00+00:00", date(2026, 6, 2)),
        # The same instants as a carrier may write them.
        ("2026-06-01T22:59:59+02:00", date(2026, 6, 1)),
        ("2026-06-01T23:00:00+02:00", date(2026, 6, 2)),
        ("2026-06-01T20:00:00-05:00", date(2026, 6, 2)),
        ("2026-12-31T21:00:00+00:00", date(2027, 1, 1)),
    ],
)
def test_day_of_event_is_that_of_the_eastmost_zone_when_zones_differ(moment, day):
    assert legal.day_of_event(datetime.fromisoformat(moment)) == day


@pytest.mark.parametrize(
    "moment, day",
    [
        ("2026-06-02T00:59:59+00:00", date(2026, 6, 1)),
        ("2026-06-02T01:00:00+00:00", date(2026, 6, 2)),
        ("2026-06-02T02:59:59+02:00", date(2026, 6, 1)),
        ("2026-06-02T03:00:00+02:00", date(2026, 6, 2)),
        ("2026-06-01T20:30:00-05:00", date(2026, 6, 2)),
    ],
)
def test_day_of_statement_is_that_of_the_westmost_zone_when_zones_differ(moment, day):
    assert legal.day_of_statement(datetime.fromisoformat(moment)) == day


@pytest.mark.parametrize(
    "event_on, last_on",
    [
        (date(2026, 6, 1), date(2026, 6, 15)),  # Monday to Monday
        (date(2026, 6, 5), date(2026, 6, 19)),  # Friday to Friday
        (date(2026, 6, 6), date(2026, 6, 22)),  # Saturday 20 -> Monday
        (date(2026, 6, 7), date(2026, 6, 22)),  # Sunday 21 -> Monday
        (date(2026, 2, 17), date(2026, 3, 3)),  # over the end of February
        (date(2028, 2, 16), date(2028, 3, 1)),  # the same in a leap year
        (date(2026, 12, 25), date(2027, 1, 8)),  # over the end of the year
    ],
)
def test_last_day_is_the_fourteenth_or_the_next_monday_when_days_are_counted(event_on, last_on):
    assert legal.last_day(event_on, 14) == last_on


@pytest.mark.parametrize(
    "event_on, months, last_on",
    [
        (date(2026, 6, 1), 24, date(2028, 6, 1)),  # Thursday
        (date(2026, 6, 3), 24, date(2028, 6, 5)),  # Saturday -> Monday
        (date(2026, 6, 4), 24, date(2028, 6, 5)),  # Sunday -> Monday
        (date(2028, 2, 29), 24, date(2030, 2, 28)),  # no 29 February
        (date(2024, 2, 29), 48, date(2028, 2, 29)),  # there is one
        (date(2026, 3, 31), 1, date(2026, 4, 30)),  # no 31 April
        (date(2026, 1, 31), 1, date(2026, 3, 2)),  # Saturday 28 February -> Monday
        (date(2026, 12, 1), 1, date(2027, 1, 1)),  # over the end of the year
        (date(2026, 11, 30), 1, date(2026, 12, 30)),  # December is month 12
    ],
)
def test_last_day_has_the_events_number_when_months_are_counted(event_on, months, last_on):
    assert legal.last_day_of_months(event_on, months) == last_on


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 400))
def test_last_day_is_a_working_day_at_most_two_days_later_when_any_day_starts_it(day, days):
    last_on = legal.last_day(day, days)

    assert last_on.weekday() < 5
    assert timedelta(0) <= last_on - (day + timedelta(days=days)) <= timedelta(days=2)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 60))
def test_last_day_of_months_is_a_working_day_when_any_day_starts_it(day, months):
    last_on = legal.last_day_of_months(day, months)

    passed = (last_on.year - day.year) * 12 + last_on.month - day.month
    assert last_on.weekday() < 5
    # A weekend at the end of the month moves the end into the next one.
    assert passed == months or (passed == months + 1 and last_on.day <= 2)


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),
    st.integers(-12, 14).map(lambda offset: timezone(timedelta(hours=offset))),
)
def test_days_are_the_same_when_a_moment_is_written_in_another_zone(naive, zone):
    moment = naive.replace(tzinfo=timezone.utc)
    written = moment.astimezone(zone)

    assert legal.day_of_event(written) == legal.day_of_event(moment)
    assert legal.day_of_statement(written) == legal.day_of_statement(moment)
    assert legal.day_of_statement(moment) <= legal.day_of_event(moment)
