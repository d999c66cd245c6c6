"""Money that goes back in other ways than all of it by the way it was paid."""

from datetime import timedelta
from decimal import Decimal

import pytest

from saleor_aftersale.events import RefundFailed, StoreCreditIssued
from saleor_aftersale.host import giftcards
from saleor_aftersale.returns import credits, payouts, resolution
from saleor_aftersale.returns.actions import LineRefused
from saleor_aftersale.returns.checks import InvalidInput
from saleor_aftersale.returns.models import Refund, Remedy, ReturnRequest
from saleor_aftersale.returns.policy import Basis
from saleor_aftersale.returns.refunds import AmountExceeded, NothingCaptured
from saleor_aftersale.returns.states import TransitionNotAllowed
from saleor_aftersale.values import Unsupported
from tests import factories, gateway
from tests.factories import CUSTOMER, IS_3, STAFF, nothing_changed
from tests.saleor.returns.resolving import NOW, approved, decide, ready, refunds_of, shelf, state_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

only_on_3 = pytest.mark.skipif(not IS_3, reason="2.10.1 has no store credit")


@pytest.fixture
def order():
    """Two kettles for 10 euros each and delivery for 5, paid and delivered."""
    factories.activate()
    return factories.delivered_order(lines={"Kettle": 2})


@pytest.fixture
def told(monkeypatch):
    """Facts published about money."""
    facts = []
    for module in (payouts, credits):
        publish = module.publish
        monkeypatch.setattr(
            module, "publish", lambda fact, publish=publish: (facts.append(fact), publish(fact))
        )
    return facts


def settle(request, reference="TR 7/2026", requester=STAFF):
    return payouts.settle_by_hand(str(request.pk), requester, reference=reference, now=NOW)


# Transfers by hand


def test_transfer_waits_for_a_person_and_ends_with_its_reference(order):
    request = ready(order)

    decide(request, "REFUND_BANK", customer_agreed=True)
    factories.commit()
    payouts.reconcile_refunds(NOW + timedelta(days=1))
    factories.commit()
    before = (state_of(request), refunds_of(request))
    settle(request)

    assert before == ("RESOLVING", [("BANK", Decimal("25.000"), "DUE")])
    assert state_of(request) == "COMPLETED"
    row = Refund.objects.get()
    assert (row.state, row.reference, row.settled_at) == ("SETTLED", "TR 7/2026", NOW)
    assert Remedy.objects.get().done_by == "clerk@example.com"
    assert gateway.refunds == []


def test_transfer_is_settled_once(order):
    request = ready(order)
    decide(request, "REFUND_BANK", customer_agreed=True)
    settle(request)
    factories.commit()

    with nothing_changed(), pytest.raises(TransitionNotAllowed, match="awaits no transfer"):
        settle(request)


@pytest.mark.parametrize(
    ("reference", "code"), [("", "REQUIRED"), ("  ", "REQUIRED"), ("x" * 513, "TOO_LONG")]
)
def test_transfer_needs_a_reference(order, reference, code):
    request = ready(order)
    decide(request, "REFUND_BANK", customer_agreed=True)
    factories.commit()

    with nothing_changed(), pytest.raises(InvalidInput) as caught:
        settle(request, reference)

    assert (caught.value.field, caught.value.code) == ("reference", code)


def test_refund_by_the_way_it_was_paid_cannot_be_settled_by_hand(order):
    request = ready(order)
    decide(request)
    factories.connection.run_on_commit = []

    with nothing_changed(), pytest.raises(TransitionNotAllowed):
        settle(request)


# Agreement


@pytest.mark.parametrize("kind", ["REFUND_BANK", "STORE_CREDIT"])
def test_other_means_are_refused_without_the_customers_agreement(order, kind):
    request = ready(order)

    with nothing_changed(), pytest.raises(InvalidInput) as caught:
        decide(request, kind)

    assert (caught.value.field, caught.value.code) == ("customer_agreed", "REQUIRED")


def test_agreement_is_kept_with_who_recorded_it_and_when(order):
    decide(ready(order), "REFUND_BANK", customer_agreed=True)

    decision = Remedy.objects.get()
    assert (decision.agreed_at, decision.agreed_by) == (NOW, "clerk@example.com")
    assert (decision.resolution, decision.number, decision.decided_at) == ("REFUND_BANK", 1, NOW)


def test_nobody_agreed_to_what_needs_no_agreement(order):
    decide(ready(order))

    decision = Remedy.objects.get()
    assert (decision.agreed_at, decision.agreed_by) == (None, "")


# Store credit


@only_on_3
def test_store_credit_is_a_gift_card_of_what_would_have_been_refunded(order, told):
    from saleor.giftcard.models import GiftCard  # noqa: PLC0415 -- only on 3.x

    before = shelf(order).quantity
    request = ready(order)

    decide(request, "STORE_CREDIT", customer_agreed=True)
    factories.commit()

    card = GiftCard.objects.get()
    assert (card.current_balance_amount, card.currency) == (Decimal("25.000"), "EUR")
    assert state_of(request) == "COMPLETED"
    assert refunds_of(request) == [("GIFT_CARD", Decimal("25.000"), "SETTLED")]
    assert Refund.objects.get().reference == str(card.pk)
    assert shelf(order).quantity == before + 2
    assert gateway.refunds == []
    (fact,) = [fact for fact in told if isinstance(fact, StoreCreditIssued)]
    assert (fact.card_ref, fact.amount.amount) == (str(card.pk), Decimal("25.00"))
    assert giftcards.code_of(fact.card_ref) == card.code


@only_on_3
def test_code_of_store_credit_is_in_no_row_event_or_log_of_ours(order, told, caplog):
    caplog.set_level("DEBUG")
    decide(ready(order), "STORE_CREDIT", customer_agreed=True)
    factories.commit()

    code = giftcards.code_of(Refund.objects.get().reference)
    assert code not in str(factories._rows())
    assert code not in str(told)
    assert code not in caplog.text


@only_on_3
def test_store_credit_is_spent_money_that_is_not_refunded_again(order):
    decide(ready(order, 1), "STORE_CREDIT", customer_agreed=True)
    factories.commit()
    request = ready(order, 1)

    with pytest.raises(AmountExceeded, match=r"up to 15\.00"):
        decide(request, "GOODWILL", amount=Decimal("15.01"))

    decide(request)
    factories.commit()
    assert gateway.refunds == [Decimal("15.00")]


@pytest.mark.skipif(IS_3, reason="3.x has store credit")
def test_store_credit_is_unsupported_and_changes_nothing(order):
    request = ready(order)

    with nothing_changed(), pytest.raises(Unsupported) as caught:
        decide(request, "STORE_CREDIT", customer_agreed=True)

    assert caught.value.code == "UNSUPPORTED"
    assert caught.value.message == "Saleor 2.10.1 has no store credit."


# Amounts staff name


@pytest.mark.parametrize("kind", ["PRICE_REDUCTION", "GOODWILL"])
def test_named_amount_goes_back_and_goods_stay(order, kind):
    before = shelf(order).quantity
    request = approved(order, basis=Basis.NON_CONFORMITY)

    decide(request, kind, amount=Decimal("4.5"))
    factories.commit()

    assert gateway.refunds == [Decimal("4.50")]
    assert state_of(request) == "COMPLETED"
    assert request.lines.get().accepted_quantity == 0
    assert shelf(order).quantity == before
    order.refresh_from_db()
    assert order.status == "fulfilled"


def test_goods_can_be_given_back_after_a_price_reduction_for_what_they_still_cost(order):
    decide(approved(order), "PRICE_REDUCTION", amount=Decimal("4"))
    factories.commit()

    for _piece in range(2):
        decide(ready(order, 1))
        factories.commit()

    # 20 for the goods less 4, and 5 for the delivery.
    assert gateway.refunds == [Decimal("4.00"), Decimal("8.00"), Decimal("13.00")]


def test_goodwill_does_not_make_goods_cheaper(order):
    decide(approved(order), "GOODWILL", amount=Decimal("4"))
    factories.commit()

    decide(ready(order, 1))
    factories.commit()

    assert gateway.refunds == [Decimal("4.00"), Decimal("10.00")]


@pytest.mark.parametrize(
    ("kind", "terms", "field", "code"),
    [
        ("PRICE_REDUCTION", {}, "amount", "REQUIRED"),
        ("GOODWILL", {}, "amount", "REQUIRED"),
        ("REFUND_ORIGINAL", {"amount": Decimal(1)}, "amount", "INVALID"),
        ("REFUND_BANK", {"amount": Decimal(1), "customer_agreed": True}, "amount", "INVALID"),
        ("REFUND_ORIGINAL", {"choices": {1: "1"}}, "lines", "INVALID"),
        ("EXCHANGE_VARIANT", {}, "lines", "REQUIRED"),
        ("EXCHANGE_OTHER", {}, "lines", "REQUIRED"),
        ("GIFT", {}, "resolution", "INVALID"),
    ],
)
def test_terms_that_do_not_go_with_the_resolution_are_refused(order, kind, terms, field, code):
    request = ready(order)

    with nothing_changed(), pytest.raises(InvalidInput) as caught:
        decide(request, kind, **terms)

    assert (caught.value.field, caught.value.code) == (field, code)


@pytest.mark.parametrize("amount", ["25.01", "0", "-1", "NaN", "1.001"])
def test_nothing_changes_when_more_is_named_than_was_paid(order, amount):
    request = ready(order)

    with nothing_changed(), pytest.raises(AmountExceeded):
        decide(request, "GOODWILL", amount=Decimal(amount))


# Goods that don't come back


@pytest.mark.parametrize("kind", ["REFUND_ORIGINAL", "TERMINATION"])
def test_refund_without_goods_pays_and_moves_nothing(order, kind):
    before = shelf(order).quantity
    request = approved(order)

    decide(request, kind, without_goods=True)
    factories.commit()

    assert gateway.refunds == [Decimal("25.00")]
    assert state_of(request) == "COMPLETED"
    assert shelf(order).quantity == before
    order.refresh_from_db()
    assert order.status == "fulfilled"
    with pytest.raises(LineRefused):
        factories.ask(order, 1)


def test_goods_that_are_awaited_cannot_be_refunded(order):
    request = approved(order)

    with nothing_changed(), pytest.raises(InvalidInput, match="haven't arrived"):
        decide(request)


def test_goods_that_are_here_cannot_be_left(order):
    request = ready(order)

    with nothing_changed(), pytest.raises(InvalidInput, match="are here"):
        decide(request, without_goods=True)


# Delivery


@pytest.mark.parametrize(
    ("settings", "amounts"),
    [
        ({}, ["10.00", "15.00"]),
        ({"standard_delivery_price": "3.50"}, ["10.00", "13.50"]),
        ({"shares_delivery": "true"}, ["12.50", "12.50"]),
    ],
)
def test_delivery_comes_back_as_the_channel_has_it(order, settings, amounts):
    factories.activate(**settings)

    for _part in amounts:
        decide(ready(order, 1))
        factories.commit()

    assert gateway.refunds == [Decimal(amount) for amount in amounts]


# Trying again


def test_failed_refund_can_become_a_transfer(order, told):
    request = ready(order)
    gateway.answers.append("Card expired")
    decide(request)
    factories.commit()
    failed = state_of(request)

    decide(request, "REFUND_BANK", customer_agreed=True)
    settle(request)

    assert failed == "RESOLUTION_FAILED"
    assert [fact.error for fact in told if isinstance(fact, RefundFailed)] == ["Card expired"]
    assert state_of(request) == "COMPLETED"
    assert refunds_of(request) == [
        ("ORIGINAL", Decimal("25.000"), "FAILED"),
        ("BANK", Decimal("25.000"), "SETTLED"),
    ]
    keys = [row.key for row in Refund.objects.order_by("pk")]
    assert keys == [f"{request.number}/1", f"{request.number}/2"]


def test_amount_is_counted_anew_when_money_went_back_by_hand_meanwhile(order):
    request = ready(order)
    gateway.answers.append("Card expired")
    decide(request)
    factories.commit()
    gateway.refunds.clear()
    _refund_by_hand(order.payments.get(), Decimal("20.00"))

    decide(request)
    factories.commit()

    assert gateway.refunds == [Decimal("5.00")]
    assert [row.key[-2:] for row in Refund.objects.order_by("pk")] == ["/1", "/2"]


def test_nothing_is_paid_again_when_all_went_back_by_hand_meanwhile(order):
    request = ready(order)
    gateway.answers.append("Card expired")
    decide(request)
    factories.commit()
    _refund_by_hand(order.payments.get(), Decimal("25.00"))

    with nothing_changed(), pytest.raises(NothingCaptured):
        decide(request)


def _refund_by_hand(payment, amount):
    payment.captured_amount -= amount
    payment.save()
    payment.transactions.create(
        amount=amount,
        currency="EUR",
        kind="refund",
        is_success=True,
        gateway_response={},
        token="by hand",
    )


def test_refund_waits_for_another_one_of_the_same_order(order):
    first, second = ready(order, 1), ready(order, 1)
    for request in (first, second):
        decide(request)
    factories.connection.run_on_commit = []
    rows = list(Refund.objects.order_by("pk"))
    Refund.objects.filter(pk=rows[0].pk).update(
        state="STARTED", started_at=NOW, refunded_before=Decimal(0)
    )

    payouts.perform_refund(rows[1].pk, NOW)
    waiting = Refund.objects.get(pk=rows[1].pk).state
    _refund_by_hand(order.payments.get(), Decimal("10.00"))
    payouts.reconcile_refunds(NOW + timedelta(minutes=2))
    factories.commit()

    assert waiting == "DUE"
    assert gateway.refunds == [Decimal("15.00")]
    assert [state_of(request) for request in (first, second)] == ["COMPLETED", "COMPLETED"]


def test_customer_cannot_decide(order):
    request = ready(order)

    with nothing_changed(), pytest.raises(TransitionNotAllowed):
        decide(request, requester=CUSTOMER)


def test_every_resolution_is_known_to_the_action():
    assert len(resolution.RESOLUTIONS) == 14
    assert ReturnRequest._meta.get_field("resolution").max_length >= max(
        map(len, resolution.RESOLUTIONS)
    )
