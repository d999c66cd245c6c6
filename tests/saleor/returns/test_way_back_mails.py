"""Mails that tell how goods come back: with the approval, and when it is said later."""

from datetime import timedelta

import pytest

from saleor_aftersale.followups.models import OutboxMail
from saleor_aftersale.returns import actions, methods
from saleor_aftersale.returns.methods import WishedMethod
from saleor_aftersale.returns.models import ReturnRequest
from saleor_aftersale.returns.policy import Basis
from tests import factories
from tests.factories import NOON, STAFF

pytestmark = pytest.mark.django_db

LATER = NOON + timedelta(days=2)
LABEL = WishedMethod("CARRIER_LABEL", "Drop it at the kiosk.", "https://carrier.example/label/7")


@pytest.fixture
def request_(mailbox):
    factories.activate(return_instructions="To the warehouse.")
    request = factories.ask(factories.delivered_order(), basis=Basis.GOODWILL_RETURN)
    factories.commit()
    return request


def decide(request, wish, now=LATER):
    methods.set_method(str(request.pk), STAFF, wish, now=now)
    factories.commit()


def approve(request):
    actions.approve_return(str(request.pk), STAFF, now=LATER)
    factories.commit()


def last_mail(mailbox):
    return mailbox[-1].subject, mailbox[-1].body


def test_approval_carries_the_label_that_was_set_before(request_, mailbox):
    decide(request_, LABEL)
    approve(request_)

    subject, body = last_mail(mailbox)
    assert subject == f"Your return {request_.number} is approved"
    assert "Please send the items back by" in body
    assert "https://carrier.example/label/7" in body
    assert "Drop it at the kiosk." in body
    assert not OutboxMail.objects.filter(key="return.label").exists()


@pytest.mark.parametrize("method", ["KEEP_ITEM", "DONATE", "NOT_REQUIRED"])
def test_approval_asks_for_nothing_when_nothing_is_to_be_sent(request_, mailbox, method):
    decide(request_, WishedMethod(method))
    approve(request_)

    _subject, body = last_mail(mailbox)
    assert "send the items back" not in body.lower()
    assert "How to send it back" not in body
    assert "nothing has to be sent" in body.lower()
    row = ReturnRequest.objects.get()
    assert (row.send_back_by, row.expires_at) == (None, None)


def test_label_set_after_the_approval_is_mailed_each_time_it_changes(request_, mailbox):
    approve(request_)
    before = len(mailbox)

    decide(request_, LABEL)
    decide(request_, WishedMethod("LOCKER_CODE", code="4711"), LATER + timedelta(hours=1))

    subjects = [message.subject for message in mailbox[before:]]
    assert subjects == [f"Return {request_.number}: how to send it back"] * 2
    assert "https://carrier.example/label/7" in mailbox[-2].body
    assert "4711" in mailbox[-1].body


def test_waiver_after_the_approval_ends_the_wait_and_is_mailed(request_, mailbox):
    approve(request_)

    decide(request_, WishedMethod("KEEP_ITEM"))

    subject, body = last_mail(mailbox)
    assert subject == f"Return {request_.number}: nothing has to be sent back"
    assert "send the items back" not in body.lower()
    assert ReturnRequest.objects.get().expires_at is None


def test_method_of_a_request_nobody_agreed_to_is_not_mailed(request_, mailbox):
    before = len(mailbox)

    decide(request_, LABEL)

    assert len(mailbox) == before


def test_money_of_a_withdrawal_is_due_when_the_goods_stay_with_the_customer(mailbox):
    factories.activate()
    request = factories.ask(factories.delivered_order())
    waiting = ReturnRequest.objects.get().refund_due_at

    decide(request, WishedMethod("KEEP_ITEM"))

    due_at = ReturnRequest.objects.get().refund_due_at
    assert waiting is None
    # Told on 2 June, fourteen days, the end of the day in Warsaw.
    assert due_at.isoformat() == "2026-06-16T22:00:00+00:00"
