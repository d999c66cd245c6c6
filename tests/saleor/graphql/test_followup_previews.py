"""Previews of mails of every kind: what staff read, and why one would not be sent."""

import itertools
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from saleor_aftersale import setting_checks
from saleor_aftersale.feedback.models import Feedback, ThanksVoucher
from saleor_aftersale.followups import kept_goods, preview
from saleor_aftersale.followups.catalogue import marketing_keys
from saleor_aftersale.followups.models import OutboxMail
from saleor_aftersale.returns import exchanges, resolution
from saleor_aftersale.returns.models import ReturnLine
from saleor_aftersale.values import Money, NotFound, ShopProduct
from tests import factories
from tests.factories import NOON, STAFF, Api, global_id
from tests.saleor.feedback.given import give
from tests.saleor.followups.asked import Clock, agree, refuse, send_at_its_time

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

DAY = timedelta(days=1)
SHOP = "https://shop.example/products/{slug}"
CUP = ShopProduct("7", "Cup & saucer", "cup-1", Money(Decimal("9.90"), "EUR"))

PREVIEW = """
query ($key: String!, $orderId: ID!) {
  followUpPreview(key: $key, orderId: $orderId) {
    subject html text wouldBeSent skippedReason
  }
}
"""


@pytest.fixture
def clock(monkeypatch):
    standing = Clock(NOON)
    monkeypatch.setattr(timezone, "now", standing)
    return standing


@pytest.fixture(autouse=True)
def active(clock, monkeypatch):
    factories.activate(
        enabled_mails="\n".join(setting_checks.MAIL_KEYS),
        product_page_url=SHOP,
        referral_url="https://shop.example/friends",
    )
    monkeypatch.setattr(kept_goods.products, "related_products", lambda refs, wish: [CUP])


@pytest.fixture
def order():
    """A delivered order with a product that says something, rated and thanked for."""
    made = factories.make_order(lines={"Kettle": 2}, placed_at=NOON - DAY)
    product = made.lines.get().variant.product
    product.metadata = {"aftersale.howto": "Fill it.", "aftersale.replenish_days": "30"}
    product.save()
    factories.scan(factories.fulfill(made), factories.ShipmentStatus.DELIVERED, NOON)
    return made


def rate(order):
    said = give(order, 5, now=NOON)
    Feedback.objects.filter(pk=said.pk).update(answer="Thank you.", answered_at=NOON)
    ThanksVoucher.objects.create(
        order=factories.keep(order),
        code="ABCDEFGH",
        state="CREATED",
        is_percentage=True,
        value=10,
        expires_on=NOON.date() + 90 * DAY,
        due_at=NOON,
        created_at=NOON,
    )


def put_right(order, word):
    """A request of the order about a fault, put right that way."""
    request = factories.inspected(factories.ask(order))
    ReturnLine.objects.filter(request=request).update(basis="NON_CONFORMITY")
    resolution.resolve_return(str(request.pk), STAFF, resolution=word, now=NOON + 2 * DAY)
    exchanges.finish_by_hand(str(request.pk), STAFF, reference="1Z", now=NOON + 2 * DAY)


def seen(order, key):
    OutboxMail.objects.all().delete()
    return preview.preview_mail(key, factories.keep(order))


def test_every_marketing_mail_can_be_seen_before_there_is_one(order, clock):
    agree()
    rate(order)
    before = {key: seen(order, key) for key in marketing_keys() if key != "winback.goodwill"}
    put_right(order, "REPAIR")
    before["winback.goodwill"] = seen(order, "winback.goodwill")

    reasons = {key: one.skipped_reason for key, one in before.items() if one.skipped_reason}

    assert set(before) == set(marketing_keys())
    # This customer has said how it was.
    assert reasons == {"feedback.delivery": "NOTHING_TO_TELL"}
    assert "Fill it." in before["howto.product"].rendered.text
    assert "Cup & saucer" in before["recommend.related"].rendered.text
    assert "Code: ABCDEFGH" in before["voucher.thanks"].rendered.text
    for one, part in itertools.product(before.values(), ("text", "html")):
        assert "/unsubscribe/" in getattr(one.rendered, part)


@pytest.mark.parametrize(
    "key", ["order.received", "feedback.reply", "repair.started", "repair.sent", "return.closed"]
)
def test_mails_about_the_contract_can_be_seen_too(order, clock, key):
    rate(order)
    put_right(order, "REPAIR")
    factories.activate(
        enabled_mails="order.received, feedback.reply, repair.started, return.closed"
    )

    found = seen(order, key)

    assert found.rendered.subject
    assert found.skipped_reason == ("MAIL_DISABLED" if key == "repair.sent" else "")
    assert "nsubscribe" not in found.rendered.text


@pytest.mark.parametrize("key", ["order.preparing", "order.delayed_before_shipping"])
def test_mails_before_the_parcel_can_be_seen_while_there_is_none(order, clock, key):
    waiting = factories.make_order()
    factories.keep(waiting)

    assert seen(waiting, key).skipped_reason == ""
    with pytest.raises(NotFound):
        seen(order, key)


def test_preview_says_why_when_there_is_no_consent(order):
    staff = Api(factories.make_staff())

    def look():
        return staff.post(PREVIEW, key="howto.product", orderId=global_id("Order", order.pk))

    never = look()["followUpPreview"]
    agree()
    agreed = look()["followUpPreview"]
    refuse(at=NOON + DAY)
    refused = look()["followUpPreview"]

    assert (never["wouldBeSent"], never["skippedReason"]) == (False, "NO_CONSENT")
    assert "Fill it." in never["text"] and "Fill it." in never["html"]
    # One is queued already; it is the one that would go.
    assert agreed["skippedReason"] == "ALREADY_QUEUED"
    assert refused["skippedReason"] == "NO_CONSENT"


def test_preview_of_a_sent_mail_says_so(order, clock):
    agree()
    send_at_its_time("howto.product", clock)

    found = preview.preview_mail("howto.product", factories.keep(order))

    assert found.skipped_reason == "ALREADY_QUEUED"


def test_nobody_sees_a_preview_without_permission(order):
    rate(order)
    agree()
    variables = {"key": "voucher.thanks", "orderId": global_id("Order", order.pk)}

    for caller in (
        Api(),
        Api(factories.make_customer()),
        Api(factories.make_staff(manages_orders=False)),
    ):
        answer = caller.post_raw(PREVIEW, **variables)

        assert "ABCDEFGH" not in str(answer)
        assert answer["errors"]
