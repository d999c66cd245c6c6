"""Marketing goes out only with consent, in peace, once a week: asked when it is sent."""

import email.utils
import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from saleor_aftersale.config import settings_of
from saleor_aftersale.consents.links import Links
from saleor_aftersale.consents.mailboxes import mailbox_of
from saleor_aftersale.consents.suppressing import suppress
from saleor_aftersale.consents.suppressions import Cause
from saleor_aftersale.consents.topics import Topic
from saleor_aftersale.feedback import actions as feedback
from saleor_aftersale.followups import actions, claiming, delivery, permission
from saleor_aftersale.followups.kinds import Draft
from saleor_aftersale.followups.marketing import GO
from saleor_aftersale.followups.models import OutboxMail
from saleor_aftersale.returns.models import ReturnRequest
from saleor_aftersale.tracking.models import OrderRecord
from saleor_aftersale.tracking.statuses import ShipmentStatus
from tests import factories
from tests.factories import CHANNEL, NOON, STAFF
from tests.saleor.feedback.given import give
from tests.saleor.followups.asked import (
    BORIS,
    agree,
    fate_of,
    mail_of,
    refuse,
    send_at_its_time,
    send_due,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

DAY, HOUR = timedelta(days=1), timedelta(hours=1)

#: Due a working day after delivery.
KEY = "feedback.delivery"


@pytest.fixture(autouse=True)
def active():
    factories.activate(enabled_mails=f"{KEY}, shipment.delivered, order.preparing")


@pytest.fixture
def order(clock):
    """An order that was delivered just now."""
    return factories.delivered_order()


def queue(order, key=KEY, subject="order:1"):
    """One marketing mail more, due now."""
    with transaction.atomic():
        return actions.queue_mail(key, Draft(subject, factories.keep(order).order_ref, {}))


# Consent


@pytest.mark.parametrize(
    ("country", "is_told", "has_ticked", "fate"),
    [
        ("BG", False, False, ("SKIPPED", "NO_CONSENT")),
        ("BG", True, False, ("SENT", "")),
        ("BG", False, True, ("SENT", "")),
        ("PL", True, False, ("SKIPPED", "NO_CONSENT")),
        ("PL", False, True, ("SENT", "")),
        ("", True, False, ("SKIPPED", "NO_CONSENT")),
        ("", False, True, ("SENT", "")),
        ("RU", True, False, ("SENT", "")),
    ],
)
def test_marketing_needs_the_basis_of_its_country(clock, country, is_told, has_ticked, fate):
    factories.activate(enabled_mails=KEY, soft_opt_in=str(is_told).lower())
    order = factories.delivered_order(country=country or "PL")
    OrderRecord.objects.filter(order_ref=str(order.pk)).update(country=country)
    if has_ticked:
        agree()

    assert send_at_its_time(KEY, clock) == fate


def test_marketing_is_left_out_when_consent_is_withdrawn_while_it_waits(clock, order, mailbox):
    agree()
    clock.now += HOUR
    refuse(Topic.FEEDBACK, at=clock.now)

    fate = send_at_its_time(KEY, clock)

    assert fate == ("SKIPPED", "NO_CONSENT")
    assert [message.subject for message in mailbox if "How was" in message.subject] == []


def test_consent_counts_for_its_topic_only(clock, order):
    agree(Topic.CARE, Topic.OFFERS)

    assert send_at_its_time(KEY, clock) == ("SKIPPED", "NO_CONSENT")


def test_consent_counts_when_it_is_given_while_the_mail_waits(clock, order):
    clock.now += HOUR
    agree(at=clock.now)

    assert send_at_its_time(KEY, clock) == ("SENT", "")


def test_consent_of_somebody_else_is_none(clock, order):
    agree(email="anna@example.com")

    assert send_at_its_time(KEY, clock) == ("SKIPPED", "NO_CONSENT")


@pytest.mark.parametrize("cause", [Cause.BOUNCE, Cause.MANUAL, Cause.COMPLAINT])
def test_marketing_is_left_out_when_the_mailbox_is_on_the_list(clock, order, cause):
    agree()
    suppress(mailbox_of(BORIS), cause, "", NOON)

    assert send_at_its_time(KEY, clock) == ("SKIPPED", "SUPPRESSED")


def test_mail_about_the_contract_needs_no_consent(clock, order):
    refuse()
    suppress(mailbox_of(BORIS), Cause.BOUNCE, "", NOON)

    send_due(clock)

    assert fate_of("shipment.delivered") == ("SENT", "")


# Trouble


def test_marketing_is_left_out_when_a_return_of_another_order_is_open(clock, order):
    agree()
    other = factories.delivered_order(NOON - 2 * DAY)
    OutboxMail.objects.filter(order__order_ref=str(other.pk)).delete()
    factories.ask(other)

    assert send_at_its_time(KEY, clock) == ("SKIPPED", "OPEN_RETURN")


def test_marketing_goes_out_when_the_return_has_ended(clock, order):
    agree()
    other = factories.delivered_order(NOON - 2 * DAY)
    OutboxMail.objects.filter(order__order_ref=str(other.pk)).delete()
    request = factories.ask(other)
    ReturnRequest.objects.filter(pk=request.pk).update(state="COMPLETED")

    assert send_at_its_time(KEY, clock) == ("SENT", "")


def test_marketing_that_waits_is_left_out_at_once_when_a_return_opens(clock, order):
    agree()
    before = mail_of(KEY).state
    far = queue(order, subject="order:far")
    OutboxMail.objects.filter(pk=far.pk).update(due_at=NOON + 90 * DAY)
    other = queue(factories.make_order(email="anna@example.com"), subject="order:other")

    factories.ask(order)

    assert before == "QUEUED"
    assert fate_of(KEY, subject_ref=f"order:{order.pk}") == ("SKIPPED", "OPEN_RETURN")
    assert fate_of(KEY, pk=far.pk)[0] == fate_of(KEY, pk=other.pk)[0] == "QUEUED"
    assert fate_of("shipment.delivered")[0] == "QUEUED"


@pytest.mark.parametrize("status", [ShipmentStatus.LOST, ShipmentStatus.DAMAGED])
def test_marketing_is_left_out_when_a_parcel_is_lost(clock, order, status):
    agree()
    factories.scan(factories.fulfill(factories.make_order()), status, NOON)

    assert send_at_its_time(KEY, clock) == ("SKIPPED", "PARCEL_LOST")


def test_marketing_goes_out_when_a_parcel_was_lost_long_ago(clock, order):
    agree()
    lost = factories.fulfill(factories.make_order())
    factories.scan(lost, ShipmentStatus.LOST, NOON - 100 * DAY)

    assert send_at_its_time(KEY, clock) == ("SENT", "")


def test_marketing_is_left_out_while_a_low_score_has_no_answer(clock, order):
    agree()
    other = factories.delivered_order(NOON - 2 * DAY)
    OutboxMail.objects.filter(order__order_ref=str(other.pk)).delete()
    said = give(other, 1, now=NOON)
    first = send_at_its_time(KEY, clock)
    feedback.answer_feedback(said.pk, STAFF, text="Sorry.", now=clock.now)

    later = queue(order, subject="order:later")
    send_due(clock)

    assert first == ("SKIPPED", "LOW_SCORE")
    assert fate_of(KEY, pk=later.pk) == ("SENT", "")


@pytest.mark.parametrize(
    ("key", "skip"), [(KEY, "LOW_SCORE"), ("voucher.thanks", "NOTHING_TO_TELL")]
)
def test_thanks_promised_for_any_score_are_not_held_up_by_a_low_one(clock, order, key, skip):
    agree()
    give(factories.delivered_order(NOON - 2 * DAY), 1, now=NOON)
    row = queue(order, key, "order:thanks")

    verdict = permission.verdict_on(row, settings_of(CHANNEL), clock.now)

    # There is no voucher yet, and that is all that is wrong.
    assert verdict.skip.value == skip


def test_marketing_is_left_out_when_the_order_has_another_mailbox(clock, order):
    agree()
    agree(email="new@example.com")
    OrderRecord.objects.update(customer_email="new@example.com")

    assert send_at_its_time(KEY, clock) == ("SKIPPED", "ADDRESS_CHANGED")


# Time


def test_marketing_waits_for_the_morning_when_it_is_late(clock, order):
    agree()
    clock.now = mail_of(KEY).due_at.replace(hour=19)

    send_due(clock)

    row = mail_of(KEY)
    # Nine in the morning in Poland.
    assert (row.state, row.due_at) == ("QUEUED", (clock.now + DAY).replace(hour=7))
    assert row.attempts == 0


def test_second_marketing_mail_waits_a_week(clock, order, mailbox):
    agree()
    first = send_at_its_time(KEY, clock)
    sent_at = clock.now
    second = queue(order, subject="order:2")
    clock.now += HOUR
    send_due(clock)
    waiting = OutboxMail.objects.get(pk=second.pk)

    clock.now = waiting.due_at
    send_due(clock)

    assert first == ("SENT", "")
    assert (waiting.state, waiting.due_at) == ("QUEUED", sent_at + 7 * DAY)
    assert fate_of(KEY, pk=second.pk) == ("SENT", "")


def test_marketing_is_skipped_when_it_would_wait_longer_than_it_makes_sense(clock, order):
    agree()
    send_at_its_time(KEY, clock)
    second = queue(order, subject="order:2")
    row = mail_of(KEY, pk=second.pk)
    row.context["good_until_at"] = (clock.now + 6 * DAY).isoformat()
    row.save()

    send_due(clock)

    assert fate_of(KEY, pk=second.pk) == ("SKIPPED", "TOO_SOON")


def test_marketing_is_skipped_when_it_lay_too_long(clock, order):
    agree()
    clock.now = mail_of(KEY).due_at + 15 * DAY

    send_due(clock)

    assert fate_of(KEY) == ("SKIPPED", "TOO_LATE")


def test_marketing_to_others_goes_out_in_the_same_week(clock, order):
    agree()
    agree(email="anna@example.com")
    send_at_its_time(KEY, clock)
    other = queue(factories.make_order(email="anna@example.com"), subject="order:anna")

    send_due(clock)

    assert fate_of(KEY, pk=other.pk) == ("SENT", "")


# Two at once


def two_mails(clock, order):
    agree()
    OutboxMail.objects.all().delete()
    return queue(order, subject="order:1"), queue(order, subject="order:2")


def test_one_batch_sends_one_of_two_to_a_mailbox(clock, order, mailbox):
    first, second = two_mails(clock, order)

    delivery.deliver_mail(second.pk, clock.now)

    states = [mail_of(KEY, pk=row.pk).state for row in (first, second)]
    waiting = OutboxMail.objects.get(state="QUEUED")
    assert sorted(states) == ["QUEUED", "SENT"]
    assert clock.now < waiting.due_at <= clock.now + timedelta(minutes=4)
    assert waiting.attempts == 0
    assert len(mailbox) == 1


def test_worker_puts_its_mail_back_when_another_has_one_to_the_mailbox(clock, order, monkeypatch):
    monkeypatch.setattr(claiming, "BATCH_SIZE", 1)
    first, second = two_mails(clock, order)
    ones, others = (claiming.claim_mails(clock.now, first=row.pk) for row in (first, second))
    settings = settings_of(CHANNEL)

    def verdict(claim):
        lease = permission.Lease(frozenset([claim.mails[0].pk]), claim.leased_until)
        return permission.verdict_on(claim.mails[0], settings, clock.now, lease=lease)

    both = [verdict(ones), verdict(others)]
    claiming.put_back_untried(others, [second.pk], clock.now + HOUR)
    alone = verdict(ones)

    assert [one.skip for one in both] == [None, None]
    assert all(clock.now < one.wait_until for one in both)
    assert alone == GO


@pytest.mark.parametrize("state", ["SENT", "UNCONFIRMED"])
def test_mail_that_may_have_been_sent_counts(clock, order, state):
    first, second = two_mails(clock, order)
    moments = {"sent_at": clock.now} if state == "SENT" else {"handed_over_at": clock.now}
    OutboxMail.objects.filter(pk=first.pk).update(state=state, **moments)

    send_due(clock)

    assert mail_of(KEY, pk=second.pk).due_at == clock.now + 7 * DAY


@pytest.mark.django_db(transaction=True)
def test_only_one_goes_out_when_workers_race(clock, mailbox, monkeypatch):
    monkeypatch.setattr(claiming, "BATCH_SIZE", 1)
    # No task is started for them: the threads are the workers.
    monkeypatch.setattr(actions, "publish", lambda event: None)
    order = factories.delivered_order()
    agree()
    OutboxMail.objects.all().delete()
    rows = [queue(order, subject=f"order:{number}") for number in range(6)]
    start = threading.Barrier(3)

    def work(mine):
        start.wait()
        for row in mine:
            delivery.deliver_mail(row.pk, clock.now)
        connection.close()

    threads = [threading.Thread(target=work, args=(rows[one::3],)) for one in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Whoever yielded comes back; by then everything is quiet.
    clock.now += HOUR
    send_due(clock)

    states = sorted(OutboxMail.objects.values_list("state", flat=True))
    assert states == ["QUEUED"] * 5 + ["SENT"]
    assert len(mailbox) == 1


# Headers


def test_marketing_names_the_way_out_for_mail_programs(clock, order, mailbox, settings):
    agree()
    send_at_its_time(KEY, clock)

    message = next(one for one in mailbox if "How was" in one.subject)
    headers = message.extra_headers
    url = headers["List-Unsubscribe"].strip("<>")
    assert "/unsubscribe/" in url
    assert url in message.body
    assert url in message.alternatives[0][0]
    assert BORIS not in url and email.utils.quote(BORIS) not in url


@pytest.mark.parametrize(
    ("url", "post"),
    [
        ("https://shop.example/u/1/", "List-Unsubscribe=One-Click"),
        ("http://shop.example/u/1/", None),
    ],
)
def test_one_click_is_offered_when_the_page_is_secure(
    clock, order, mailbox, monkeypatch, url, post
):
    agree()
    links = links_to(url)
    monkeypatch.setattr("saleor_aftersale.consents.links.links_of", lambda *args: links)

    send_at_its_time(KEY, clock)

    message = next(one for one in mailbox if "How was" in one.subject)
    assert message.extra_headers["List-Unsubscribe"] == f"<{url}>"
    assert message.extra_headers.get("List-Unsubscribe-Post") == post


def links_to(url):
    return Links(preferences_url="https://shop.example/p/1/", unsubscribe_url=url)


def test_mail_about_the_contract_has_no_way_out(clock, order, mailbox):
    send_due(clock)

    (message,) = mailbox
    assert [name for name in message.extra_headers if name.startswith("List-")] == []
    assert "nsubscribe" not in message.body + message.alternatives[0][0]
