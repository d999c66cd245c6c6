"""Money back through the shop's own payments."""

from decimal import Decimal

import pytest

from saleor_aftersale.host import payments
from saleor_aftersale.returns import payouts, resolution
from saleor_aftersale.returns.models import Refund, ReturnRequest
from saleor_aftersale.values import Money, RefundResult
from tests import factories, gateway
from tests.factories import IS_3, NOON, STAFF

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

only_on_3 = pytest.mark.skipif(not IS_3, reason="2.10.1 has no transactions")


def euros(amount):
    return Money(Decimal(amount), "EUR")


def refund(order, amount):
    return payments.refund(str(order.pk), euros(amount), key="R-1/1")


def held(order):
    """Money the order's only payment still holds."""
    return order.payments.get().captured_amount


def test_refund_gives_money_back_at_once():
    order = factories.make_order(lines={"Kettle": 2})

    result = refund(order, "10.00")

    assert result == RefundResult(is_settled=True, reference="refund-1")
    assert gateway.refunds == [Decimal("10.00")]
    assert held(order) == Decimal("15.00")


def test_refund_is_noted_in_the_orders_history():
    order = factories.make_order()

    refund(order, "10.00")
    factories.commit()

    assert order.events.filter(type="payment_refunded").count() == 1


def test_refund_can_be_made_in_parts_until_all_is_given_back():
    order = factories.make_order(lines={"Kettle": 2})

    refund(order, "10.00")
    refund(order, "15.00")

    assert held(order) == Decimal("0.00")
    assert order.payments.get().charge_status == "fully-refunded"


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda order: gateway.answers.append("Card expired"), "Card expired"),
        (lambda order: order.payments.update(charge_status="not-charged"), "be refunded"),
        (lambda order: order.payments.update(captured_amount=5), "holds less money"),
    ],
)
def test_refund_is_refused_and_moves_nothing(spoil, message):
    order = factories.make_order()
    spoil(order)
    before = held(order)

    with pytest.raises(payments.RefundRefused, match=message):
        refund(order, "10.00")

    assert held(order) == before


def test_refund_is_refused_without_a_payment():
    with pytest.raises(payments.RefundRefused, match="can(.t| be)"):
        refund(factories.make_order(paid=False), "10.00")

    assert gateway.refunds == []


@pytest.mark.parametrize("reference", ["", "refund-1", "refund:", "refund:x", "refund:999999"])
def test_outcome_is_unknown_when_reference_is_of_no_request(reference):
    assert payments.refund_outcome(reference) is None


# Transactions of payment apps


@pytest.fixture
def order():
    """Paid by an app: 10 for a kettle, 5 for delivery."""
    factories.activate()
    made = factories.delivered_order(paid=False)
    made.payment_transactions.create(currency="EUR", charged_value=15, name="App")
    return made


def _answer(order, kind, **values):
    """What the app reports of the refund it was asked for."""
    item = order.payment_transactions.get()
    item.events.filter(type="refund_request").update(psp_reference="psp-1")
    item.events.create(type=kind, psp_reference="psp-1", currency="EUR", amount_value=10)
    order.payment_transactions.update(**values)


@only_on_3
def test_refund_is_asked_for_when_an_app_was_paid(order):
    result = refund(order, "10.00")

    event = order.payment_transactions.get().events.get()
    assert result == RefundResult(is_settled=False, reference=f"refund:{event.pk}")
    assert (event.type, event.amount_value, event.message) == (
        "refund_request",
        Decimal("10"),
        "R-1/1",
    )
    assert gateway.refunds == [Decimal("10.00")]
    assert payments.refund_outcome(result.reference) is None


@only_on_3
@pytest.mark.parametrize(("kind", "outcome"), [("refund_success", True), ("refund_failure", False)])
def test_outcome_is_what_the_app_reported(order, kind, outcome):
    reference = refund(order, "10.00").reference
    _answer(order, kind)

    assert payments.refund_outcome(reference) is outcome


@only_on_3
def test_refund_is_refused_when_no_app_listens(order, settings):
    settings.PLUGINS = [name for name in settings.PLUGINS if "gateway" not in name]

    with pytest.raises(payments.RefundRefused, match="No app or plugin is configured"):
        refund(order, "10.00")


@only_on_3
@pytest.mark.parametrize(
    ("kind", "values", "states"),
    [
        (
            "refund_success",
            {"charged_value": 0, "refunded_value": 15},
            ("COMPLETED", "SETTLED"),
        ),
        ("refund_failure", {}, ("RESOLUTION_FAILED", "FAILED")),
        (
            "refund_request",
            {"charged_value": 0, "refund_pending_value": 15},
            ("RESOLVING", "REQUESTED"),
        ),
    ],
)
def test_request_follows_what_the_app_reports(order, kind, values, states):
    request = factories.inspected(factories.ask(order))
    resolution.resolve_return(str(request.pk), STAFF, resolution="REFUND_ORIGINAL", now=NOON)
    factories.commit()
    _answer(order, kind, **values)

    payouts.reconcile_refunds(NOON)

    assert (ReturnRequest.objects.get().state, Refund.objects.get().state) == states
