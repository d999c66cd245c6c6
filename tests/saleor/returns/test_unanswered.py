"""Refunds a provider never answers: given up by a person, tried again, answered late."""

from datetime import timedelta
from decimal import Decimal

import pytest
from graphene import Node

from saleor_aftersale.followups.models import OutboxMail
from saleor_aftersale.host import payments
from saleor_aftersale.returns import payouts, unanswered
from saleor_aftersale.returns.checks import InvalidInput
from saleor_aftersale.returns.models import Refund, ReturnTransition
from saleor_aftersale.returns.states import TransitionNotAllowed
from saleor_aftersale.values import RefundResult, Requester, Role
from tests import factories
from tests.factories import CUSTOMER, STAFF, nothing_changed
from tests.saleor.returns.resolving import NOW, decide, ready, state_of

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def provider(monkeypatch):
    """A payment app: takes every refund, and says what a test has it say."""
    asked, said = [], {}

    def refund(order_ref, amount, *, key):
        asked.append((key, amount.amount))
        return RefundResult(is_settled=False, reference=f"event:{len(asked)}")

    monkeypatch.setattr(payments, "refund", refund)
    monkeypatch.setattr(payments, "refund_outcome", said.get)
    return asked, said


@pytest.fixture
def order(mailbox):
    factories.activate(staff_email="alarm@shop.example")
    return factories.delivered_order(lines={"Kettle": 2}, user=factories.make_customer())


def waiting(order, quantity=1):
    """A request whose refund the provider was asked for."""
    request = ready(order, quantity)
    decide(request)
    factories.commit()
    return request


def give_up(request, requester=STAFF, reason="Their hotline knows nothing."):
    unanswered.give_up_refund(str(request.pk), requester, reason=reason, now=LATER)
    factories.commit()


def rows(request):
    return [(row.key, row.state) for row in Refund.objects.filter(request=request).order_by("pk")]


def test_given_up_refund_lets_the_next_one_of_the_order_go(order, provider):
    asked, _said = provider
    first, second = waiting(order), waiting(order)
    before = (len(asked), rows(second))

    give_up(first)
    payouts.reconcile_refunds(LATER + timedelta(minutes=5))
    factories.commit()

    assert before == (1, [(f"{second.number}/1", "DUE")])
    assert state_of(first) == "RESOLUTION_FAILED"
    assert rows(first) == [(f"{first.number}/1", "GIVEN_UP")]
    assert [key for key, _amount in asked] == [f"{first.number}/1", f"{second.number}/1"]
    step = ReturnTransition.objects.filter(request=first).last()
    assert (step.action, step.reason) == ("GIVE_UP", "Their hotline knows nothing.")


def test_staff_are_told_by_mail_and_the_customer_is_not(order, provider, mailbox):
    request = waiting(order)
    before = len(mailbox)

    give_up(request)

    (message,) = mailbox[before:]
    assert message.to == ["alarm@shop.example"]
    number = order.pk if not factories.IS_3 else order.number
    assert message.subject == f"Refund failed: return {request.number} of order {number}"
    assert "Their hotline knows nothing." in message.body
    assert "Boris" not in message.body


def test_staff_are_told_at_the_shops_own_address_when_none_is_set(order, provider, mailbox):
    factories.activate()

    give_up(waiting(order))

    row = OutboxMail.objects.get(key="staff.refund_failed")
    assert (row.to_email, row.state) == ("shop@example.com", "SENT")


def test_mail_to_staff_is_in_no_customers_timeline(order, provider):
    give_up(waiting(order))

    query = (
        "query($token: UUID!) { orderByToken(token: $token) { timeline { entries { title } } } }"
    )
    found = factories.Api(order.user).post(query, token=factories.public_token(order))

    titles = [entry["title"] for entry in found["orderByToken"]["timeline"]["entries"]]
    assert any(title.startswith("Mail sent") for title in titles)
    assert not any("staff" in title for title in titles)


def test_given_up_refund_is_tried_again_only_after_somebody_looked(order, provider):
    asked, _said = provider
    request = waiting(order)
    give_up(request)

    with nothing_changed(), pytest.raises(InvalidInput) as caught:
        decide(request)
    decide(request, is_unpaid=True)
    factories.commit()

    assert (caught.value.field, caught.value.code) == ("is_unpaid", "REQUIRED")
    assert asked == [(f"{request.number}/1", Decimal("10.00"))] * 2
    assert rows(request) == [(f"{request.number}/1", "REQUESTED")]


def test_late_yes_settles_what_was_given_up(order, provider):
    _asked, said = provider
    request = waiting(order)
    give_up(request)

    said["event:1"] = True
    with nothing_changed(), pytest.raises(TransitionNotAllowed, match="has paid"):
        decide(request, is_unpaid=True)
    unanswered.listen(LATER)

    assert state_of(request) == "COMPLETED"
    assert rows(request) == [(f"{request.number}/1", "SETTLED")]


def test_late_no_needs_no_second_look(order, provider):
    _asked, said = provider
    request = waiting(order)
    give_up(request)

    said["event:1"] = False
    unanswered.listen(LATER)
    decide(request)

    assert rows(request) == [(f"{request.number}/1", "DUE")]


def test_ending_without_money_needs_no_look(order, provider):
    request = waiting(order)
    give_up(request)

    decide(request, "NO_ACTION")

    assert state_of(request) == "COMPLETED"


@pytest.mark.parametrize("who", [CUSTOMER, Requester(Role.APP, "1", "app", True)])
def test_only_a_person_of_staff_gives_up(order, provider, who):
    request = waiting(order)

    with nothing_changed(), pytest.raises(TransitionNotAllowed):
        give_up(request, who)


def test_answered_refund_is_not_given_up(order, provider):
    _asked, said = provider
    request = waiting(order)
    said["event:1"] = True

    with nothing_changed(), pytest.raises(TransitionNotAllowed, match="has answered"):
        give_up(request)


def test_giving_up_needs_a_reason(order, provider):
    request = waiting(order)

    with nothing_changed(), pytest.raises(InvalidInput) as caught:
        give_up(request, reason=" ")

    assert (caught.value.field, caught.value.code) == ("reason", "REQUIRED")


def test_transfer_by_hand_is_not_given_up(order, provider):
    request = ready(order)
    decide(request, "REFUND_BANK", customer_agreed=True)
    factories.commit()

    with nothing_changed(), pytest.raises(TransitionNotAllowed, match="waits for an answer"):
        give_up(request)


GIVE_UP = """
mutation($id: ID!) { returnRequestRefundGiveUp(id: $id, reason: "Silence") {
    returnRequest { state availableActions refunds { state } }
    errors { field code }
} }
"""


def test_api_gives_up_for_staff_and_for_nobody_else(order, provider):
    request = waiting(order)
    key = Node.to_global_id("ReturnRequest", request.pk)
    refused = []
    for user in (None, order.user, factories.make_staff(manages_orders=False)):
        with nothing_changed():
            answer = factories.Api(user).post(GIVE_UP, id=key)["returnRequestRefundGiveUp"]
        refused.append([error["code"] for error in answer["errors"]])

    answer = factories.Api(factories.make_staff()).post(GIVE_UP, id=key)

    assert refused == [["PERMISSION_DENIED"]] * 3
    found = answer["returnRequestRefundGiveUp"]["returnRequest"]
    assert (found["state"], found["refunds"]) == ("RESOLUTION_FAILED", [{"state": "GIVEN_UP"}])
    assert "RESOLVE" in found["availableActions"]
