"""Which marketing mails an order leads to, when they are due, and what they show when sent."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from saleor_aftersale import setting_checks, workdays
from saleor_aftersale.events import (
    FeedbackAnswered,
    OrderDelivered,
    ReturnTransitioned,
    VoucherCreated,
    publish,
)
from saleor_aftersale.feedback.models import Feedback, ThanksVoucher
from saleor_aftersale.followups import kept_goods
from saleor_aftersale.followups.catalogue import CATALOGUE, marketing_keys
from saleor_aftersale.followups.models import OutboxMail
from saleor_aftersale.returns.bases import Basis
from saleor_aftersale.returns.models import ReturnLine, ReturnRequest
from saleor_aftersale.tracking.statuses import ShipmentStatus
from saleor_aftersale.values import Money, ShopProduct
from tests import factories
from tests.factories import NOON, STAFF
from tests.saleor.feedback.given import give
from tests.saleor.followups.asked import (
    agree,
    fate_of,
    mail_of,
    refuse,
    send_at_its_time,
    send_due,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SHOP = "https://shop.example/products/{slug}"
CUP = ShopProduct("7", "Cup & saucer", "cup-1", Money(Decimal("9.90"), "EUR"))


@pytest.fixture(autouse=True)
def active(clock):
    activate()
    agree()


def activate(**values):
    factories.activate(enabled_mails="\n".join(setting_checks.MAIL_KEYS), **values)


def says(order, name="Kettle", **metadata):
    """Have the product of a line say that."""
    product = order.lines.get(product_name=name).variant.product
    product.metadata = {"aftersale." + key.replace("__", "."): metadata[key] for key in metadata}
    product.save()
    return product


def deliver(order, at=NOON):
    factories.scan(factories.fulfill(order), ShipmentStatus.DELIVERED, at)
    return order


def queued(order):
    """Keys of marketing mails and their due times, by key."""
    rows = OutboxMail.objects.filter(order__order_ref=str(order.pk), key__in=marketing_keys())
    return {row.key: row.due_at for row in rows}


def in_working_days(count):
    return workdays.add_working_days(NOON.date(), count, "PL").day


def working_day(*day):
    return workdays.working_day_from(date(*day), "PL").day


def sent(mailbox, word):
    """The mail whose subject has that word in it."""
    (message,) = [message for message in mailbox if word in message.subject]
    return message


def test_every_marketing_mail_has_a_topic_and_nothing_else_has():
    with_topic = {key for key, kind in CATALOGUE.items() if kind.topic}

    assert with_topic == set(marketing_keys())
    assert {key: CATALOGUE[key].topic.name for key in with_topic} == {
        "feedback.delivery": "FEEDBACK",
        "feedback.product_review": "FEEDBACK",
        "howto.product": "CARE",
        "guarantee.reminder": "CARE",
        "replenish.reminder": "OFFERS",
        "recommend.related": "OFFERS",
        "referral.ask": "OFFERS",
        "voucher.thanks": "OFFERS",
        "winback.goodwill": "OFFERS",
    }


# Due


def test_delivery_leads_to_what_the_shop_has_to_ask_and_to_tell():
    activate(product_page_url=SHOP)
    order = factories.make_order(placed_at=NOON - DAY)
    says(order, howto="Fill it.", replenish_days="30")

    deliver(order)

    assert queued(order) == {
        "howto.product": NOON + DAY,
        "feedback.delivery": NOON + DAY + HOUR,
        "feedback.product_review": NOON.replace(day=in_working_days(8)),
        "recommend.related": NOON + 16 * DAY,
        "replenish.reminder": NOON + 30 * DAY,
        # A month before 1 June 2028, on a working day.
        "guarantee.reminder": NOON.replace(year=2028, month=5, day=working_day(2028, 5, 1)),
    }


def test_delivery_leads_to_few_mails_when_products_say_nothing():
    order = deliver(factories.make_order(placed_at=NOON - DAY))

    assert set(queued(order)) == {
        "feedback.delivery",
        "feedback.product_review",
        "guarantee.reminder",
    }


def test_order_leads_to_nothing_while_a_parcel_is_on_its_way():
    order = factories.make_order(lines={"Kettle": 1, "Cup": 1}, placed_at=NOON - DAY)
    first = factories.fulfill(order, {"Kettle": 1})
    second = factories.fulfill(order, {"Cup": 1}, tracking_number="2")

    factories.scan(first, ShipmentStatus.DELIVERED, NOON)
    before = queued(order)
    factories.scan(second, ShipmentStatus.DELIVERED, NOON + HOUR)

    assert before == {}
    assert queued(order)["feedback.delivery"] == NOON + DAY + 2 * HOUR


def test_order_leads_to_each_mail_once_when_delivery_is_told_again(clock):
    order = deliver(factories.make_order(placed_at=NOON - DAY))
    before = OutboxMail.objects.count()

    publish(OrderDelivered(str(order.pk), NOON + DAY))

    assert OutboxMail.objects.count() == before


def test_order_delivered_long_ago_leads_only_to_what_is_still_ahead(clock):
    clock.now = NOON + 60 * DAY

    order = deliver(factories.make_order(placed_at=NOON - DAY))

    assert set(queued(order)) == {"guarantee.reminder"}


def test_goods_with_another_guarantee_have_a_reminder_of_their_own():
    order = factories.make_order(lines={"Kettle": 1, "Cup": 1}, placed_at=NOON - DAY)
    says(order, guarantee_months="36")

    deliver(order)

    rows = OutboxMail.objects.filter(key="guarantee.reminder").order_by("due_at")
    assert [row.context["months"] for row in rows] == [24, 36]
    assert [row.context["guarantee_until"][:4] for row in rows] == ["2028", "2029"]


def test_guarantee_is_never_shorter_than_the_law():
    order = factories.make_order(placed_at=NOON - DAY, country="ES")
    says(order, guarantee_months="6")

    deliver(order)

    assert mail_of("guarantee.reminder").context["months"] == 36


@pytest.mark.parametrize(
    ("score", "url", "is_asked"),
    [
        (5, "https://shop.example/friends", True),
        (4, "https://shop.example/friends", False),
        (5, "", False),
    ],
)
def test_friends_are_asked_for_after_the_best_score(score, url, is_asked):
    activate(referral_url=url)
    order = deliver(factories.make_order(placed_at=NOON - DAY))

    give(order, score, now=NOON)

    assert OutboxMail.objects.filter(key="referral.ask").exists() is is_asked


@pytest.mark.parametrize(
    ("basis", "resolution", "is_thanked"),
    [
        (Basis.NON_CONFORMITY, "REPLACEMENT", True),
        (Basis.DELIVERY_PROBLEM, "RESHIP", True),
        (Basis.WITHDRAWAL, "REFUND_ORIGINAL", False),
        (Basis.NON_CONFORMITY, "NO_ACTION", False),
    ],
)
def test_patience_is_thanked_for_when_the_shop_put_its_fault_right(basis, resolution, is_thanked):
    order = factories.delivered_order()
    request = factories.ask(order)
    ReturnLine.objects.update(basis=basis.value)
    ReturnRequest.objects.update(state="COMPLETED", resolution=resolution)

    publish(ReturnTransitioned(request.pk, str(order.pk), "RESOLVING", "COMPLETED"))

    assert OutboxMail.objects.filter(key="winback.goodwill").exists() is is_thanked


# Shown


def test_score_links_lead_to_the_page_of_the_order(clock, mailbox):
    order = deliver(factories.make_order(placed_at=NOON - DAY))

    fate = send_at_its_time("feedback.delivery", clock)

    text = sent(mailbox, "How was").body
    assert fate == ("SENT", "")
    assert [line for line in text.splitlines() if line[:2] in ("1:", "5:")] != []
    assert "/feedback/" in text and "?score=5" in text
    assert str(order.pk) not in mail_of("feedback.delivery").context


def test_nobody_is_asked_how_it_was_who_has_said_so(clock):
    order = deliver(factories.make_order(placed_at=NOON - DAY))
    give(order, 4, now=NOON)

    assert send_at_its_time("feedback.delivery", clock) == ("SKIPPED", "NOTHING_TO_TELL")


def test_review_is_asked_of_what_was_kept(clock, mailbox):
    activate(review_links="Google=https://g.page/r/shop")
    order = factories.make_order(lines={"Kettle": 3, "Cup": 1}, placed_at=NOON - DAY)
    deliver(order)
    OutboxMail.objects.exclude(key="feedback.product_review").delete()
    # Both lines were made at the same moment of the clock: none of them is the first.
    request = factories.ask(order, 2, line=order.lines.get(product_name="Kettle"))
    ReturnRequest.objects.filter(pk=request.pk).update(state="COMPLETED")
    ReturnLine.objects.update(accepted_quantity=2, booked_quantity=2)
    OutboxMail.objects.update(state="QUEUED", detail="")

    send_at_its_time("feedback.product_review", clock)

    text = sent(mailbox, "What do you think").body
    assert "- 1 × Kettle" in text and "- 1 × Cup" in text
    assert "Google: https://g.page/r/shop" in text


def test_review_is_not_asked_when_nothing_was_kept(clock):
    order = deliver(factories.make_order(placed_at=NOON - DAY))
    request = factories.ask(order)
    ReturnRequest.objects.filter(pk=request.pk).update(state="COMPLETED")
    ReturnLine.objects.update(accepted_quantity=1)
    OutboxMail.objects.exclude(key="feedback.product_review").delete()
    OutboxMail.objects.update(state="QUEUED", detail="")

    fate = send_at_its_time("feedback.product_review", clock)

    assert fate == ("SKIPPED", "NOTHING_TO_TELL")


def test_advice_is_in_the_customers_language_and_about_kept_goods(clock, mailbox):
    order = factories.make_order(lines={"Kettle": 1, "Cup": 1}, placed_at=NOON - DAY, language="pl")
    says(
        order,
        howto="Fill it.",
        howto__pl="Napełnij <go>.",
        howto_url="https://shop.example/film",
        care="Only <b>water</b>",
    )
    deliver(order)

    send_at_its_time("howto.product", clock)

    message = next(one for one in mailbox if "Napełnij" in one.body)
    html = message.alternatives[0][0]
    assert "Napełnij <go>." in message.body and "Napełnij &lt;go&gt;." in html
    assert "Only &lt;b&gt;water&lt;/b&gt;" in html
    assert 'href="https://shop.example/film"' in html
    assert "Cup" not in message.body


def test_advice_is_what_the_shop_says_when_it_is_sent(clock):
    order = factories.make_order(placed_at=NOON - DAY)
    says(order, howto="Fill it.")
    deliver(order)
    says(order)

    assert send_at_its_time("howto.product", clock) == ("SKIPPED", "NOTHING_TO_TELL")


def test_guarantee_reminder_names_goods_and_day(clock, mailbox):
    deliver(factories.make_order(lines={"Kettle": 2}, placed_at=NOON - DAY))
    OutboxMail.objects.exclude(key="guarantee.reminder").delete()

    fate = send_at_its_time("guarantee.reminder", clock)

    text = sent(mailbox, "guarantee").body
    assert fate == ("SENT", "")
    assert "- 2 × Kettle" in text
    assert "June 2028" in text


def test_replenishment_links_to_the_product(clock, mailbox):
    activate(product_page_url=SHOP)
    order = factories.make_order(placed_at=NOON - DAY)
    product = says(order, replenish_days="30")
    deliver(order)
    OutboxMail.objects.exclude(key="replenish.reminder").delete()

    send_at_its_time("replenish.reminder", clock)

    assert SHOP.format(slug=product.slug) in sent(mailbox, "more").body


def test_related_goods_are_shown_with_price_and_page(clock, mailbox, monkeypatch):
    activate(product_page_url=SHOP)
    order = deliver(factories.make_order(placed_at=NOON - DAY))
    wishes = []

    def related(line_refs, wish):
        wishes.append((list(line_refs), wish))
        return [CUP]

    monkeypatch.setattr(kept_goods.products, "related_products", related)
    OutboxMail.objects.exclude(key="recommend.related").delete()

    send_at_its_time("recommend.related", clock)

    text = sent(mailbox, "also like").body
    ((refs, wish),) = wishes
    assert "- Cup & saucer, €9.90\n  https://shop.example/products/cup-1" in text
    assert refs == [str(order.lines.get().pk)]
    assert wish.bought_in == (str(order.pk),)
    assert (wish.country, wish.language, wish.limit) == ("PL", "en", 4)


def test_nothing_is_recommended_when_nothing_fits(clock):
    activate(product_page_url=SHOP)
    deliver(factories.make_order(placed_at=NOON - DAY))
    OutboxMail.objects.exclude(key="recommend.related").delete()

    assert send_at_its_time("recommend.related", clock) == ("SKIPPED", "NOTHING_TO_TELL")


def make_voucher(order, **more):
    facts = {
        "code": "ABCDEFGH",
        "state": "CREATED",
        "is_percentage": True,
        "value": Decimal("10.000"),
        "expires_on": NOON.date() + 90 * DAY,
        "due_at": NOON,
        "created_at": NOON,
        **more,
    }
    return ThanksVoucher.objects.create(order=factories.keep(order), **facts)


@pytest.mark.parametrize(
    ("is_percentage", "value", "words"),
    [(True, "10.000", "Value: 10 %"), (False, "5.000", "Value: €5.00")],
)
def test_voucher_is_mailed_once_and_its_code_is_kept_nowhere(
    clock, mailbox, is_percentage, value, words
):
    order = factories.make_order()
    voucher = make_voucher(order, is_percentage=is_percentage, value=Decimal(value))
    for _ in range(2):
        publish(VoucherCreated(voucher.pk, str(order.pk)))

    send_due(clock)

    message = sent(mailbox, "voucher")
    assert "Code: ABCDEFGH" in message.body and words in message.body
    assert "until 30 August 2026" in message.body
    assert "ABCDEFGH" not in str(list(OutboxMail.objects.values()))


@pytest.mark.parametrize("state", ["DUE", "FAILED"])
def test_voucher_that_cannot_be_used_is_not_mailed(clock, state):
    order = factories.make_order()
    voucher = make_voucher(order, state=state)
    publish(VoucherCreated(voucher.pk, str(order.pk)))

    send_due(clock)

    assert fate_of("voucher.thanks") == ("SKIPPED", "NOTHING_TO_TELL")


def test_answer_to_feedback_goes_out_without_consent(clock, mailbox):
    refuse()
    order = deliver(factories.make_order(placed_at=NOON - DAY))
    said = give(order, 1, now=NOON, comment="Broken <b>box</b>")
    Feedback.objects.filter(pk=said.pk).update(answer="We are sorry.", answered_at=NOON)

    publish(FeedbackAnswered(said.pk, str(order.pk)))
    send_due(clock)

    message = sent(mailbox, "our answer")
    assert "We are sorry." in message.body and "Broken <b>box</b>" in message.body
    assert "Broken &lt;b&gt;box&lt;/b&gt;" in message.alternatives[0][0]
    assert fate_of("feedback.reply") == ("SENT", "")
    assert STAFF.label not in message.body
