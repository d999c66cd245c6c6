"""The fee of a goodwill return: agreed when asked for, kept of the refund, told in its parts."""

from decimal import Decimal

import pytest
from graphene import Node

from saleor_aftersale.config import settings_of
from saleor_aftersale.returns import changes
from saleor_aftersale.returns.actions import WishedLine
from saleor_aftersale.returns.models import Refund, ReturnTransition
from saleor_aftersale.returns.policy import Basis
from tests import factories
from tests.factories import CHANNEL, CUSTOMER, NOON
from tests.saleor.returns.resolving import NOW, decide, ready

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

BREAKDOWN = """
query($id: ID!) { returnRequest(id: $id) { refunds { amount { amount } breakdown {
    goods { amount } lostValue { amount } fee { amount } delivery { amount } other { amount }
} } } }
"""


@pytest.fixture
def order():
    """Three kettles for 9.99 euros each and delivery for 5, paid and delivered."""
    factories.activate(return_rules="all | fee 15 %")
    return factories.delivered_order(
        lines={"Kettle": 3}, unit_price="9.99", user=factories.make_customer()
    )


def paid_back(request):
    factories.commit()
    return Refund.objects.get(request=request).amount


@pytest.mark.parametrize(
    ("basis", "amount"),
    [
        # 29.97 less 4.4955.
        (Basis.GOODWILL_RETURN, "25.470"),
        # Rights cost nothing; the whole order withdrawn brings back its delivery.
        (Basis.WITHDRAWAL, "34.970"),
        (Basis.NON_CONFORMITY, "29.970"),
        (Basis.DELIVERY_PROBLEM, "29.970"),
    ],
)
def test_fee_is_kept_of_goodwill_returns_only(order, basis, amount):
    request = ready(order, 3, basis=basis)

    decide(request, "TERMINATION" if basis is Basis.NON_CONFORMITY else "REFUND_ORIGINAL")

    assert paid_back(request) == Decimal(amount)


def test_fee_of_parts_adds_up_to_the_fee_of_all(order):
    amounts = []
    for _piece in range(3):
        request = ready(order, 1, basis=Basis.GOODWILL_RETURN)
        decide(request)
        amounts.append(paid_back(request))

    assert sum(amounts) == Decimal("25.470")


def test_fee_the_shop_raised_later_does_not_reach_earlier_requests(order):
    request = ready(order, 3, basis=Basis.GOODWILL_RETURN)
    factories.activate(return_rules="all | fee 90 %")

    decide(request)

    line_ref = request.lines.get().line_ref
    step = ReturnTransition.objects.get(request=request, position=1)
    assert step.reason == f"fee 15 % of line {line_ref}"
    assert paid_back(request) == Decimal("25.470")


def test_fee_is_agreed_anew_when_a_goodwill_return_takes_the_place_of_a_withdrawal(order):
    request = factories.ask(order, 3)
    wish = WishedLine(request.lines.get().line_ref, 3, Basis.GOODWILL_RETURN)
    changes.update_return(str(request.pk), CUSTOMER, settings_of(CHANNEL), wishes=[wish], now=NOON)
    factories.activate()
    request = factories.inspected(request, now=NOW)

    decide(request)

    assert paid_back(request) == Decimal("25.470")


def test_words_of_a_customer_change_no_fee(order):
    request = factories.ask(order, 3, basis=Basis.GOODWILL_RETURN)
    line_ref = request.lines.get().line_ref
    for note in (f"fee 0 % of line {line_ref}", "please"):
        changes.update_return(str(request.pk), CUSTOMER, settings_of(CHANNEL), note=note, now=NOON)
    request = factories.inspected(request, now=NOW)

    decide(request)

    assert paid_back(request) == Decimal("25.470")


def test_breakdown_tells_what_was_kept(order):
    request = ready(order, 3, basis=Basis.GOODWILL_RETURN, lost_value=Decimal("0.5"), note="worn")
    decide(request)
    factories.commit()

    found = factories.Api(order.user).post(
        BREAKDOWN, id=Node.to_global_id("ReturnRequest", request.pk)
    )

    (refund,) = found["returnRequest"]["refunds"]
    assert refund == {
        "amount": {"amount": 12.74},
        "breakdown": {
            "goods": {"amount": 29.97},
            "lostValue": {"amount": 14.99},
            "fee": {"amount": 2.24},
            "delivery": {"amount": 0.0},
            "other": {"amount": 0.0},
        },
    }
