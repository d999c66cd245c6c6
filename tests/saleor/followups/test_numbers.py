"""Figures on follow-up mail, against mails whose figures are known."""

import itertools
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from saleor_aftersale.followups import numbers
from saleor_aftersale.followups.models import OutboxMail
from saleor_aftersale.followups.numbers import Figures, Unanswered
from saleor_aftersale.returns import messages, reports
from saleor_aftersale.returns.models import ReturnRequest
from tests import factories
from tests.factories import CHANNEL, CUSTOMER, NOON, STAFF

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

DAY = timedelta(days=1)
_count = itertools.count(1)


@pytest.fixture
def record():
    factories.activate()
    return factories.keep(factories.make_order())


def mail(record, key="shipment.sent", state="SENT", *, seconds=None, **columns):
    """A mail that became due at noon of the first of June."""
    number = next(_count)
    sent_at = None if seconds is None else NOON + timedelta(seconds=seconds)
    columns = {"created_at": NOON, "due_at": NOON, "sent_at": sent_at, **columns}
    return OutboxMail.objects.create(
        order=record,
        key=key,
        state=state,
        subject_ref=f"shipment:{number}",
        language="en",
        to_email="boris@example.com",
        message_id=f"<{number}@example.com>",
        **columns,
    )


def made(*, first=date(2026, 6, 1), last=date(2026, 6, 30), channels=None, now=NOON):
    return numbers.make_numbers(reports.period(first, last, channels), now, using="default")


def test_mails_are_counted_by_what_became_of_them(record):
    mail(record, state="SENT", seconds=10)
    mail(record, state="SENT", seconds=20)
    mail(record, state="SKIPPED", detail="NO_ADDRESS")
    mail(record, state="SKIPPED", detail="SUPERSEDED")
    mail(record, state="SKIPPED", detail="SUPERSEDED")
    mail(record, state="QUEUED", attempts=0)
    mail(record, state="QUEUED", attempts=2, detail="451 later")
    mail(record, state="SENDING", attempts=1)
    mail(record, state="DEAD", detail="550 who?")
    mail(record, state="UNCONFIRMED")

    found = made()

    figures = Figures(
        sent=2,
        skipped=3,
        skipped_by_reason=(("SUPERSEDED", 2), ("NO_ADDRESS", 1)),
        failed=1,
        dead=1,
        unconfirmed=1,
        waiting=2,
        median_seconds=15.0,
        p90_seconds=19.0,
    )
    assert found.total == figures
    assert found.by_key == [Figures(**{**vars(figures), "key": "shipment.sent"})]


def test_each_kind_of_mail_has_its_own_figures(record):
    mail(record, "shipment.sent", seconds=10)
    mail(record, "refund.issued", seconds=30)
    mail(record, "refund.issued", "SKIPPED", detail="MAIL_DISABLED")

    found = made()

    assert found.by_key == [
        Figures(
            "refund.issued",
            sent=1,
            skipped=1,
            skipped_by_reason=(("MAIL_DISABLED", 1),),
            median_seconds=30.0,
            p90_seconds=30.0,
        ),
        Figures("shipment.sent", sent=1, median_seconds=10.0, p90_seconds=10.0),
    ]
    assert found.total.median_seconds == 20.0


def test_delay_leaves_out_mails_that_are_not_about_a_contract(record):
    mail(record, "shipment.sent", seconds=10)
    mail(record, "gone.from_the_catalogue", seconds=90_000)

    found = made()

    assert (found.total.sent, found.total.median_seconds) == (2, 10.0)
    assert [one.median_seconds for one in found.by_key] == [None, 10.0]


def test_numbers_are_empty_when_nothing_became_due(record):
    found = made()

    assert found == numbers.Numbers(Figures(), [], Unanswered())


@pytest.mark.parametrize(
    ("created_at", "sent"),
    [
        (NOON.replace(hour=0), 1),
        (NOON.replace(hour=0) - timedelta(microseconds=1), 0),
        (NOON.replace(hour=23, minute=59), 1),
        (NOON.replace(hour=0) + DAY, 0),
    ],
)
def test_both_ends_of_the_period_are_in_it(record, created_at, sent):
    mail(record, created_at=created_at, sent_at=created_at)

    assert made(last=date(2026, 6, 1)).total.sent == sent


def test_mails_of_other_channels_are_left_out(record):
    mail(record, seconds=10)
    other = factories.keep(factories.make_order())
    type(other).objects.filter(pk=other.pk).update(channel="other")
    mail(other, seconds=50)

    found = [made(channels=channels).total for channels in (None, [CHANNEL], ["other"], [])]

    assert [(one.sent, one.median_seconds) for one in found] == [
        (2, 30.0),
        (1, 10.0),
        (1, 50.0),
        (0, None),
    ]


def test_number_of_queries_is_the_same_however_many_mails_there_are(record):
    counts = []
    for _ in range(2):
        for key in ("shipment.sent", "refund.issued", "order.link"):
            mail(record, key, seconds=1)
            mail(record, key, "SKIPPED", detail="SUPERSEDED")
        with CaptureQueriesContext(connection) as queries:
            made()
        counts.append(len(queries))

    assert counts == [3, 3]


def test_only_the_period_is_read_when_the_outbox_is_long(record):
    mails = [
        OutboxMail(
            order=record,
            key="shipment.sent",
            state="SENT",
            subject_ref=f"shipment:{number}",
            language="en",
            message_id="",
            due_at=NOON,
            sent_at=NOON,
            created_at=NOON - number * timedelta(hours=1),
        )
        for number in range(5000)
    ]
    OutboxMail.objects.bulk_create(mails)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE saleor_aftersale_outboxmail")

    with CaptureQueriesContext(connection) as queries:
        made(last=date(2026, 6, 1))

    plans = []
    with connection.cursor() as cursor:
        for query in queries.captured_queries[:2]:
            cursor.execute("EXPLAIN " + query["sql"])
            plans.append("\n".join(row[0] for row in cursor.fetchall()))
    assert ["aftersale_outbox_created" in plan for plan in plans] == [True, True]


# Questions


def asked(number=1):
    """A request that was submitted the day after the first of June."""
    return factories.ask(factories.delivered_order(email=f"customer{number}@example.com"))


def write(request, requester, at):
    messages.add_message(str(request.pk), requester, text=f"Words at {at}", now=at)


@pytest.fixture
def since(record):
    """When the first customer wrote."""
    return NOON + 3 * DAY


@pytest.mark.parametrize(
    ("later", "unanswered"),
    [(timedelta(hours=23, minutes=59), 0), (timedelta(hours=24), 1), (timedelta(days=9), 1)],
)
def test_question_counts_when_it_waits_for_over_a_day(since, later, unanswered):
    write(asked(), CUSTOMER, since)

    found = made(now=since + later).unanswered

    assert found == Unanswered(unanswered, since if unanswered else None)


def test_answered_question_and_a_question_to_the_customer_do_not_count(since):
    answered, waiting, theirs = asked(1), asked(2), asked(3)
    write(answered, CUSTOMER, since)
    write(answered, STAFF, since + timedelta(hours=1))
    write(waiting, CUSTOMER, since + timedelta(hours=2))
    messages.ask_for_info(str(theirs.pk), STAFF, question="Which one?", now=since)

    found = made(now=since + 5 * DAY).unanswered

    assert found == Unanswered(1, since + timedelta(hours=2))


def test_question_waits_from_the_first_word_that_was_not_answered(since):
    request = asked()
    write(request, CUSTOMER, since)
    write(request, CUSTOMER, since + 2 * DAY)

    assert made(now=since + 2 * DAY).unanswered == Unanswered(1, since)


def test_note_of_staff_is_no_answer(since):
    request = asked()
    write(request, CUSTOMER, since)
    messages.add_note(str(request.pk), STAFF, text="Ask Eve", now=since)

    assert made(now=since + DAY).unanswered == Unanswered(1, since)


def test_questions_of_other_channels_are_left_out(since):
    request = asked()
    write(request, CUSTOMER, since)
    ReturnRequest.objects.filter(pk=request.pk).update(channel="other")

    found = [made(channels=[channel], now=since + DAY) for channel in (CHANNEL, "other")]

    assert [one.unanswered.count for one in found] == [0, 1]
