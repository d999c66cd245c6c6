"""Erasing a person: what goes, what stays, and that nobody else is touched."""

from datetime import timedelta

import pytest
from django.utils import timezone

from saleor_aftersale import models
from saleor_aftersale.config import settings_of
from saleor_aftersale.consents import queries
from saleor_aftersale.consents.basis import Consent
from saleor_aftersale.privacy import erasure
from saleor_aftersale.tracking.statuses import ShipmentStatus
from tests import factories
from tests.factories import CHANNEL, NOON, nothing_changed
from tests.saleor.privacy import lives
from tests.saleor.privacy.lives import DAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

ANNA = "anna@example.com"
BORIS = "boris@example.com"
YEAR = timedelta(days=366)


@pytest.fixture(autouse=True)
def active():
    factories.activate(soft_opt_in="true")


@pytest.fixture
def boris():
    """Somebody else with the same life; his rows."""
    lives.live(BORIS, "boris")
    return lives.rows()


def erase(now, email=ANNA):
    return erasure.erase(email, now, is_rehearsal=False)


def words_left(email=ANNA):
    """Tables in which the address can still be read, in whatever case."""
    return sorted({name for (name, _key), row in lives.rows().items() if email in str(row).lower()})


def untouched(before):
    after = lives.rows()
    return {key: after.get(key) for key in before} == before


def test_nothing_of_a_person_is_left_when_every_period_is_over(boris):
    lives.live(ANNA, "anna")

    outcome = erase(NOON + 11 * YEAR)

    assert words_left() == []
    assert untouched(boris)
    mails = models.OutboxMail.objects.exclude(to_email=BORIS)
    assert dict(outcome.erased) == {
        "feedback": 1,
        "return requests": 1,
        "carrier events": 1,
        "carrier pushes": 1,
        "statements about parcels": 1,
        "orders": 1,
        "mails": mails.count(),
        "consents": 1,
        "decisions": 3,
        "suppressions": 1,
        "statements of withdrawal": 1,
    }
    assert outcome.kept == [
        "5 decisions and suppressions by their hash alone: who objected isn't written to again."
    ]


def test_second_erasure_changes_nothing():
    lives.live(ANNA, "anna")
    erase(NOON + 11 * YEAR)

    with nothing_changed():
        outcome = erase(NOON + 11 * YEAR)

    assert sum(outcome.erased.values()) == 0


def test_what_claims_need_is_kept_and_named_until_its_period_ends(boris):
    lives.live(ANNA, "anna")
    number = models.ReturnRequest.objects.latest("pk").number
    order = models.OrderRecord.objects.latest("pk").number

    outcome = erase(NOON + DAY)

    assert outcome.kept == [
        f"Photos of {number}, until 2027-06-01: the request may be taken up again.",
        f"Messages of {number}, until 2029-06-01: claims from it can still be raised.",
        f"Return request {number}, until 2032-06-01: claims from it can still be raised.",
        f"Statement that a parcel of order {order} never came, until 2029-06-01: claims from it "
        "can still be raised.",
        "5 decisions and suppressions by their hash alone: who objected isn't written to again.",
        "Statement of withdrawal W-anna, until 2032-06-01: claims from it can still be raised.",
    ]
    assert words_left() == [
        "OrderRecord",
        "ParcelStatement",
        "ReturnAttachment",
        "ReturnMessage",
        "ReturnRequest",
        "ReturnTransition",
        "WithdrawalStatement",
    ]
    assert untouched(boris)
    with nothing_changed():
        assert erase(NOON + DAY).kept == outcome.kept


@pytest.mark.parametrize(
    "years, photos, messages, note",
    [(0, 1, 2, True), (2, 0, 2, True), (4, 0, 0, True), (7, 0, 0, False)],
)
def test_each_part_of_a_return_goes_when_its_own_period_ends(years, photos, messages, note):
    request = lives.live(ANNA, "anna")

    erase(NOON + years * YEAR + DAY)

    request.refresh_from_db()
    assert request.attachments.count() == photos
    assert request.messages.count() == messages
    assert bool(request.customer_note) is note
    assert ("too small" in request.search_text) is note
    assert request.transitions.count() == 2


def test_feedback_keeps_its_score_only():
    lives.live(ANNA, "anna")

    erase(NOON + DAY)

    row = models.Feedback.objects.get()
    assert (row.score, row.comment, row.earlier, row.reply_by) == (2, "", [], None)


def test_scan_stays_without_the_name_and_the_raw_record():
    lives.live(ANNA, "anna")

    erase(NOON + DAY)

    event = models.TrackingEvent.objects.get()
    assert (event.status, event.description, event.payload) == ("DELIVERED", "Signed by I.", {})


def test_mails_are_known_as_sent_but_not_to_whom():
    lives.live(ANNA, "anna")
    sent = models.OutboxMail.objects.filter(state="SENT")
    keys = sorted(sent.values_list("key", flat=True))

    erase(NOON + DAY)

    assert sorted(sent.values_list("key", flat=True)) == keys
    assert "shipment.delivered" in keys
    assert set(sent.values_list("to_email", "detail")) == {("", "")}
    assert [row.context for row in sent] == [{}] * len(keys)


def test_waiting_mail_is_called_back_and_one_on_its_way_is_left():
    record = factories.keep(factories.make_order(email=ANNA, placed_at=NOON - 400 * DAY))
    for state in ("QUEUED", "SENDING", "SKIPPED"):
        models.OutboxMail.objects.create(
            key="shipment.sent",
            subject_ref=f"shipment:{state}",
            language="en",
            order=record,
            to_email=ANNA,
            context={"a": 1},
            state=state,
            detail="NO_ADDRESS" if state == "SKIPPED" else "",
            due_at=NOON,
            message_id=state,
            created_at=NOON,
        )

    outcome = erase(NOON)

    found = models.OutboxMail.objects.order_by("pk").values_list("state", "detail", "to_email")
    assert list(found) == [
        ("SKIPPED", "CANCELLED", ""),
        ("SENDING", "", ANNA),
        ("SKIPPED", "NO_ADDRESS", ""),
    ]
    assert outcome.kept == ["1 mails: they are being sent right now. Erase again."]


def test_mail_to_an_earlier_address_of_the_order_is_left():
    record = factories.keep(factories.make_order(email=ANNA, placed_at=NOON - 400 * DAY))
    models.OutboxMail.objects.create(
        key="shipment.sent",
        subject_ref="shipment:1",
        language="en",
        order=record,
        to_email=BORIS,
        state="SENT",
        due_at=NOON,
        message_id="1",
        created_at=NOON,
    )

    erase(NOON)

    assert models.OutboxMail.objects.get().to_email == BORIS


@pytest.mark.parametrize("written", ["ANNA@example.com", "  Anna@Example.COM "])
def test_case_of_the_address_is_no_matter(written):
    lives.live(ANNA, "anna")

    erase(NOON + 11 * YEAR, written)

    assert words_left() == []


@pytest.mark.parametrize("written", ["", " ", "anna", "@", "anna@", "@example.com"])
def test_erasure_is_refused_when_that_is_no_address(written, boris):
    models.OrderRecord.objects.update(customer_email="")

    with nothing_changed(), pytest.raises(ValueError, match="is no mail address"):
        erase(NOON, written)


def test_part_of_an_address_erases_nobody(boris):
    for email in ("b@example.com", "boris@example.co", "xboris@example.com", "%@example.com"):
        with nothing_changed():
            erase(NOON + 11 * YEAR, email)


def test_rehearsal_tells_the_same_and_changes_nothing():
    lives.live(ANNA, "anna")

    with nothing_changed():
        told = erasure.erase(ANNA, NOON + 11 * YEAR, is_rehearsal=True)

    assert told == erase(NOON + 11 * YEAR)


# What runs is left alone


def test_order_with_an_open_return_is_left_whole():
    order = factories.delivered_order(email=ANNA)
    number = factories.ask(order).number
    factories.commit()
    before = lives.rows()

    outcome = erase(NOON + 2 * DAY)

    assert untouched(before)
    assert outcome.kept == [
        f"Order {factories.host_order(order).number}: return request {number} is open. "
        "Erase again when it is over."
    ]


@pytest.mark.parametrize("days, is_left", [(59, True), (61, False)])
def test_order_with_a_parcel_under_way_is_left_whole(days, is_left):
    order = factories.make_order(email=ANNA)
    parcel = factories.scan(factories.fulfill(order), ShipmentStatus.IN_TRANSIT)
    factories.commit()

    outcome = erase(parcel.created_at + timedelta(days=days))

    assert (models.OrderRecord.objects.get().customer_email == ANNA) is is_left
    assert bool(outcome.kept) is is_left


def test_statement_that_waits_for_staff_is_left():
    lives.statement(ANNA, "1", state="NEEDS_MATCHING")

    with nothing_changed():
        outcome = erase(NOON + 11 * YEAR)

    assert outcome.kept == [
        "Statement of withdrawal W-1: it waits for staff. Erase again when it is settled."
    ]


def test_push_that_tells_of_other_parcels_is_kept(boris):
    lives.live(ANNA, "anna")
    parcels = list(models.Shipment.objects.order_by("pk"))
    shared = lives.push("about both", *parcels)
    unknown = lives.push("about an unknown one", parcels[1])
    models.PushedParcel.objects.create(push=unknown, tracking_number="1Z?", shipment=None)

    erase(NOON + DAY)

    left = models.CarrierPush.objects.order_by("pk").values_list("body_hash", flat=True)
    assert list(left) == ["body of boris", shared.body_hash, unknown.body_hash]


# Consent outlives the address


def standing(email=ANNA):
    return queries.standing_of(email, "OFFERS", settings=settings_of(CHANNEL))


def test_who_was_erased_is_never_written_to_again():
    lives.live(ANNA, "anna")

    erase(NOON + DAY)

    assert standing() is Consent.OBJECTED
    assert queries.is_suppressed(ANNA)
    newest = models.ConsentDecision.objects.latest("pk")
    assert (newest.source, newest.topic, newest.email) == ("ERASURE", "", "")
    assert models.ConsentDecision.objects.first().wording == "Yes."


def test_who_never_agreed_has_not_objected_by_being_erased():
    factories.keep(factories.make_order(email=ANNA, placed_at=NOON - 400 * DAY))

    erase(timezone.now())

    assert models.ConsentDecision.objects.count() == 0
    assert models.OrderRecord.objects.values_list("customer_email", "link_generation").get() == (
        "",
        2,
    )
