"""When to send a mail, or why not."""

from datetime import timedelta

import pytest

from saleor_aftersale.followups import schedule
from saleor_aftersale.followups.schedule import MailState, Skip, Standing
from tests.unit.orders import NOON, hours


@pytest.mark.parametrize(
    "is_enabled, to_email, reason",
    [
        (True, "anna@example.com", None),
        (True, "anna.o'neil+x@sub.example", None),
        (True, "анна@пример.bg", None),
        (True, "", Skip.NO_ADDRESS),
        (True, "anna@example.com,eve@example.com", Skip.BAD_ADDRESS),
        (True, "anna@example.com eve@example.com", Skip.BAD_ADDRESS),
        (True, "anna@example.com\r\nBcc: eve@example.com", Skip.BAD_ADDRESS),
        (True, "anna@example.com\n", Skip.BAD_ADDRESS),
        (True, "anna@example.com\0", Skip.BAD_ADDRESS),
        (True, "Anna <anna@example.com>", Skip.BAD_ADDRESS),
        (True, "anna", Skip.BAD_ADDRESS),
        (True, "anna@example.com@eve.example", Skip.BAD_ADDRESS),
        (False, "anna@example.com", Skip.MAIL_DISABLED),
        (False, "", Skip.MAIL_DISABLED),
    ],
)
def test_mail_is_skipped_with_a_reason_when_it_can_not_or_must_not_be_sent(
    is_enabled, to_email, reason
):
    assert schedule.skip_reason(to_email, is_enabled=is_enabled) is reason


@pytest.mark.parametrize(
    "context, is_marketing, allowed",
    [
        ({}, False, True),
        ({"promotion": None}, False, True),
        ({"promotion": {"code": "TEA10"}}, False, False),
        ({"promotion": {"code": "TEA10"}}, True, True),
    ],
)
def test_promotion_is_refused_when_mail_is_about_a_contract(context, is_marketing, allowed):
    assert schedule.may_hold(context, is_marketing=is_marketing) is allowed


@pytest.mark.parametrize("jitter, seconds", [(0, 60), (0.5, 66), (1, 72)])
def test_pause_is_up_to_a_fifth_longer_when_it_is_jittered(jitter, seconds):
    assert schedule.next_try_at(1, NOON, jitter=jitter) == NOON + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "attempts, minutes",
    [(1, 1), (2, 2), (3, 4), (9, 256), (10, 480), (11, 480), (15, 480)],
)
def test_pause_doubles_up_to_eight_hours_when_tries_fail(attempts, minutes):
    assert schedule.next_try_at(attempts, NOON) == NOON + timedelta(minutes=minutes)


@pytest.mark.parametrize("attempts", [16, 17, 1000])
def test_mail_is_given_up_when_it_was_tried_too_often(attempts):
    assert schedule.next_try_at(attempts, NOON) is None


def test_mail_is_tried_for_more_than_two_days_when_every_try_fails():
    moment, attempts = NOON, 0
    while moment is not None:
        last, attempts = moment, attempts + 1
        moment = schedule.next_try_at(attempts, last)

    assert (attempts, last - NOON) == (16, timedelta(days=2, hours=8, minutes=31))


@pytest.mark.parametrize(
    "handed_over_at, state", [(None, MailState.QUEUED), (hours(1), MailState.UNCONFIRMED)]
)
def test_mail_is_in_doubt_when_its_worker_died_after_handing_it_over(handed_over_at, state):
    assert schedule.after_lease(handed_over_at) is state


def test_lease_is_ten_minutes_when_read():
    assert timedelta(minutes=10) == schedule.LEASE


@pytest.mark.parametrize(
    "state, attempts, due_at, standing",
    [
        ("QUEUED", 0, hours(0), Standing.QUEUED),
        ("QUEUED", 0, hours(1), Standing.SCHEDULED),
        ("QUEUED", 1, hours(1), Standing.FAILED),
        ("QUEUED", 1, hours(0), Standing.FAILED),
        ("SENDING", 1, hours(1), Standing.SENDING),
        ("SENT", 1, hours(0), Standing.SENT),
        ("SKIPPED", 0, hours(0), Standing.SKIPPED),
        ("DEAD", 16, hours(0), Standing.DEAD),
        ("UNCONFIRMED", 1, hours(0), Standing.UNCONFIRMED),
    ],
)
def test_standing_says_why_a_mail_waits(state, attempts, due_at, standing):
    found = schedule.standing(state, attempts=attempts, due_at=due_at, now=hours(0))

    assert found is standing


@pytest.mark.parametrize("ref", ["shipment:1", "shipment:1:again", "shipment:1:2:3"])
def test_subject_is_the_thing_without_its_moments(ref):
    assert schedule.subject_of(ref) == "shipment:1"
