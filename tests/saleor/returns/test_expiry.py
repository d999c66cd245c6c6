"""Silence ends requests, but never a withdrawal."""

from datetime import timedelta

import pytest

from saleor_aftersale.returns import actions, messages, sending
from saleor_aftersale.returns.expiry import expire_silent
from saleor_aftersale.returns.models import ReturnRequest
from saleor_aftersale.returns.policy import Basis
from tests import factories
from tests.factories import CUSTOMER, NOON, STAFF, nothing_changed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

LATER = NOON + timedelta(days=2)
IN_A_YEAR = NOON + timedelta(days=365)
MOMENT = timedelta(seconds=1)


def asked(basis=Basis.GOODWILL_RETURN):
    factories.activate()
    return factories.ask(factories.delivered_order(), basis=basis)


def approve(request):
    actions.approve_return(str(request.pk), STAFF, now=LATER)


def ask(request):
    messages.ask_for_info(str(request.pk), STAFF, question="Which?", now=LATER)


#: 3 June and 14 days: the 17th ends at 22:00 UTC in Poland; 14 days of grace.
APPROVED_ENDS = LATER.replace(day=17, hour=22) + timedelta(days=14)
QUESTION_ENDS = LATER + timedelta(days=30)


@pytest.mark.parametrize(
    ("prepare", "ends_at", "reason"),
    [(approve, APPROVED_ENDS, "NOTHING_SENT"), (ask, QUESTION_ENDS, "NO_ANSWER")],
)
def test_request_expires_at_its_moment_and_not_before(prepare, ends_at, reason):
    request = asked()
    prepare(request)

    early, late = expire_silent(ends_at - MOMENT), expire_silent(ends_at)

    request.refresh_from_db()
    step = request.transitions.last()
    assert (early, late) == (0, 1)
    assert (request.state, request.expires_at) == ("EXPIRED", None)
    assert (step.action, step.role, step.reason) == ("EXPIRE", "system", reason)


@pytest.mark.parametrize("prepare", [lambda request: None, approve, ask])
def test_withdrawal_never_expires(prepare):
    prepare(asked(Basis.WITHDRAWAL))
    factories.commit()

    with nothing_changed():
        assert expire_silent(IN_A_YEAR) == 0


def test_submitted_request_never_expires_by_silence_of_the_merchant():
    asked()
    factories.commit()

    with nothing_changed():
        assert expire_silent(IN_A_YEAR) == 0


def test_request_does_not_expire_when_goods_were_sent():
    request = asked()
    approve(request)
    sending.provide_shipping(str(request.pk), CUSTOMER, tracking_number="12345678", now=LATER)
    factories.commit()

    with nothing_changed():
        assert expire_silent(IN_A_YEAR) == 0


def test_request_does_not_expire_when_question_was_answered():
    request = asked()
    ask(request)
    messages.provide_info(str(request.pk), CUSTOMER, answer="This", now=LATER)
    factories.commit()

    with nothing_changed():
        assert expire_silent(IN_A_YEAR) == 0


def test_second_sweep_does_nothing():
    approve(asked())
    expire_silent(IN_A_YEAR)
    factories.commit()

    with nothing_changed():
        assert expire_silent(IN_A_YEAR) == 0


def test_one_that_fails_does_not_hold_up_the_others():
    first, second = asked(), asked()
    approve(first)
    approve(second)
    # As an older release might have left it.
    first.lines.update(basis="WITHDRAWAL")

    assert expire_silent(IN_A_YEAR) == 1
    assert list(ReturnRequest.objects.order_by("pk").values_list("state", flat=True)) == [
        "APPROVED",
        "EXPIRED",
    ]


def test_nothing_expires_while_the_plugin_is_switched_off():
    request = asked()
    approve(request)
    factories.activate(active=False)

    assert expire_silent(IN_A_YEAR) == 0
    request.refresh_from_db()
    assert (request.state, request.expires_at) == ("APPROVED", IN_A_YEAR + timedelta(days=1))


def test_pieces_are_free_again_when_request_expired():
    request = asked()
    approve(request)
    expire_silent(APPROVED_ENDS)

    again = factories.ask(request_order(request), 1, basis=Basis.GOODWILL_RETURN, now=LATER)

    assert again.state == "SUBMITTED"


def request_order(request):
    from saleor.order.models import Order  # noqa: PLC0415 -- after the host's apps are ready

    return Order.objects.get(pk=request.order.order_ref)
