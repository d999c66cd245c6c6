"""When to send a mail, or why not."""

from datetime import timedelta

import pytest

from saleor_aftersale.followups import schedule
from saleor_aftersale.followups.schedule import MailState, Skip
from tests.unit.orders import NOON, hours

ENABLED = frozenset({"shipment.sent"})


@pytest.mark.parametrize(
    "key, to_email, reason",
    [
        ("shipment.sent", "anna@example.com", None),
        ("shipment.sent", "", Skip.NO_ADDRESS),
        ("refund.issued", "anna@example.com", Skip.MAIL_DISABLED),
        ("refund.issued", "", Skip.MAIL_DISABLED),
    ],
)
def test_mail_is_skipped_with_a_reason_when_it_can_not_or_must_not_be_sent(key, to_email, reason):
    assert schedule.skip_reason(key, to_email, ENABLED) is reason


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
