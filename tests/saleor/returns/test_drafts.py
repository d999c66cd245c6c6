"""Drafts of return requests: saved, changed, sent, discarded; they hold and tell nothing."""

from datetime import timedelta

import pytest
from graphene import Node

from saleor_aftersale.config import settings_of
from saleor_aftersale.returns import actions, changes, drafts, expiry
from saleor_aftersale.returns.actions import InvalidInput, LineRefused, WishedLine
from saleor_aftersale.returns.lists import Wanted, narrowed
from saleor_aftersale.returns.models import OrderMirror, ReturnRequest
from saleor_aftersale.returns.policy import Basis
from saleor_aftersale.returns.states import TransitionNotAllowed
from tests import factories
from tests.factories import CHANNEL, CUSTOMER, NOON, STAFF, nothing_changed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

NEXT_DAY = NOON + timedelta(days=1)
LATER = NOON + timedelta(days=5)


@pytest.fixture
def order():
    factories.activate(event_url="https://shop.example/hook", event_secret="s" * 32)
    return factories.delivered_order(lines={"Kettle": 2}, user=factories.make_customer())


def save(order, quantity=1, **more):
    return factories.ask(order, quantity, basis=Basis.GOODWILL_RETURN, is_draft=True, **more)


def submit(request, who=CUSTOMER, now=LATER):
    return drafts.submit_draft(str(request.pk), who, settings_of(CHANNEL), now=now)


def test_draft_tells_nobody_and_holds_no_piece(order, mailbox):
    factories.commit()
    before = len(mailbox)

    draft = save(order, 2)
    factories.commit()
    other = factories.ask(order, 2, basis=Basis.GOODWILL_RETURN)

    assert (draft.state, other.state) == ("DRAFT", "SUBMITTED")
    assert draft.due_at is None
    assert draft.expires_at == NEXT_DAY + timedelta(days=14)
    assert len(mailbox) == before
    assert OrderMirror.objects.count() == 1


def test_draft_is_sent_as_of_the_moment_it_is_sent(order, mailbox):
    draft = save(order)
    factories.commit()
    before = len(mailbox)

    request = submit(draft)
    factories.commit()

    assert (request.state, request.submitted_at) == ("SUBMITTED", LATER)
    assert request.expires_at is None
    steps = [(step.action, step.before, step.after) for step in request.transitions.all()]
    assert steps == [("SUBMIT", "", "DRAFT"), ("SUBMIT", "DRAFT", "SUBMITTED")]
    subjects = [message.subject for message in mailbox[before:]]
    assert subjects == [f"We received your return request {request.number}"]


def test_draft_stays_when_another_request_took_its_pieces(order):
    draft = save(order, 2)
    factories.ask(order, 1, basis=Basis.GOODWILL_RETURN)

    with nothing_changed(), pytest.raises(LineRefused) as caught:
        submit(draft)

    assert caught.value.code == "QUANTITY_EXCEEDED"


def test_draft_is_refused_when_the_time_is_over_by_then(order):
    draft = save(order)

    with nothing_changed(), pytest.raises(LineRefused) as caught:
        submit(draft, now=NOON + timedelta(days=60))

    assert caught.value.code == "PERIOD_EXPIRED"


def test_draft_is_sent_once(order):
    draft = save(order)
    submit(draft)
    factories.commit()

    with nothing_changed(), pytest.raises(TransitionNotAllowed):
        submit(draft)


@pytest.mark.parametrize(("basis", "code"), [(None, "REQUIRED"), (Basis.WITHDRAWAL, "NOT_LAWFUL")])
def test_withdrawal_is_no_draft(order, basis, code):
    factories.keep(order)

    with nothing_changed(), pytest.raises(InvalidInput) as caught:
        factories.ask(order, basis=basis, is_draft=True)

    assert (caught.value.field, caught.value.code) == ("lines.0.basis", code)


def test_draft_cannot_become_a_withdrawal(order):
    draft = save(order)
    wish = WishedLine(draft.lines.get().line_ref, 1, Basis.WITHDRAWAL)

    with nothing_changed(), pytest.raises(InvalidInput):
        changes.update_return(
            str(draft.pk), CUSTOMER, settings_of(CHANNEL), wishes=[wish], now=LATER
        )


@pytest.mark.parametrize("who", [CUSTOMER, STAFF])
def test_draft_is_changed_by_who_may_send_it(order, who):
    draft = save(order)
    wish = WishedLine(draft.lines.get().line_ref, 2, Basis.NON_CONFORMITY, "WRONG_ITEM")

    changes.update_return(str(draft.pk), who, settings_of(CHANNEL), wishes=[wish], now=LATER)
    request = submit(draft, who)

    line = request.lines.get()
    assert (line.quantity, line.basis, line.reason) == (2, "NON_CONFORMITY", "WRONG_ITEM")


def test_nobody_approves_a_draft(order):
    draft = save(order)

    with nothing_changed(), pytest.raises(TransitionNotAllowed):
        actions.approve_return(str(draft.pk), STAFF, now=LATER)


@pytest.mark.parametrize("who", [CUSTOMER, STAFF])
def test_discarded_draft_is_gone(order, who):
    draft = save(order)

    drafts.discard_draft(str(draft.pk), who)

    assert not ReturnRequest.objects.exists()


def test_sent_request_is_not_discarded(order):
    request = factories.ask(order)
    factories.commit()

    with nothing_changed(), pytest.raises(TransitionNotAllowed):
        drafts.discard_draft(str(request.pk), CUSTOMER)


def test_forgotten_draft_discards_itself(order):
    save(order)
    kept = [expiry.expire_silent(NEXT_DAY + timedelta(days=13)), ReturnRequest.objects.count()]

    ended = expiry.expire_silent(NEXT_DAY + timedelta(days=14))

    assert kept == [0, 1]
    assert (ended, ReturnRequest.objects.count()) == (1, 0)


def test_same_key_gives_the_same_draft(order):
    first = save(order, idempotency_key="k")

    assert save(order, idempotency_key="k") == first


def test_list_leaves_drafts_out_unless_asked_for_them(order):
    draft, sent = save(order), factories.ask(order, basis=Basis.GOODWILL_RETURN)

    rows = ReturnRequest.objects.all()
    assert list(narrowed(rows, Wanted())) == [sent]
    assert list(narrowed(rows, Wanted(states=["DRAFT"]))) == [draft]


# API


CREATE = """
mutation($order: ID!, $line: ID!, $basis: ReturnBasis) {
    returnRequestCreate(input: {orderId: $order, isDraft: true, lines: [
        {orderLineId: $line, quantity: 1, basis: $basis}]}) {
        returnRequest { id state availableActions } errors { field code } } }
"""
SUBMIT = """
mutation($id: ID!, $token: String) { returnRequestSubmit(id: $id, accessToken: $token) {
    returnRequest { state } errors { field code } } }
"""
DISCARD = """
mutation($id: ID!, $token: String) { returnRequestDiscard(id: $id, accessToken: $token) {
    errors { field code } } }
"""


def draft_by_api(order, api):
    answer = api.post(
        CREATE,
        order=Node.to_global_id("Order", order.pk),
        line=Node.to_global_id("OrderLine", order.lines.first().pk),
        basis="NON_CONFORMITY",
    )["returnRequestCreate"]
    assert answer["errors"] == []
    return answer["returnRequest"]


def test_customer_saves_and_sends_a_draft(order):
    api = factories.Api(order.user)

    draft = draft_by_api(order, api)
    listed = api.post(
        "query($token: UUID!) { orderByToken(token: $token) { returnRequests { state } } }",
        token=factories.public_token(order),
    )
    sent = api.post(SUBMIT, id=draft["id"])["returnRequestSubmit"]

    assert draft["availableActions"] == ["UPDATE", "SUBMIT", "DISCARD"]
    assert listed == {"orderByToken": {"returnRequests": [{"state": "DRAFT"}]}}
    assert sent == {"returnRequest": {"state": "SUBMITTED"}, "errors": []}


@pytest.mark.parametrize("mutation", [SUBMIT, DISCARD])
def test_draft_is_neither_sent_nor_discarded_by_a_stranger(order, mutation):
    draft = draft_by_api(order, factories.Api(order.user))
    other = factories.delivered_order(email="mallory@example.com")
    token = factories.token_of(other)
    people = [
        (factories.Api(), {}),
        (factories.Api(), {"token": token}),
        (factories.Api(factories.make_customer("mallory@example.com")), {}),
        (factories.Api(factories.make_staff(manages_orders=False)), {}),
    ]

    for api, proof in people:
        with nothing_changed():
            (answer,) = api.post(mutation, id=draft["id"], **proof).values()
        assert [error["code"] for error in answer["errors"]] == ["NOT_FOUND"]


def test_guest_with_the_link_discards_a_draft():
    factories.activate()
    order = factories.delivered_order()
    draft = save(order)
    key = Node.to_global_id("ReturnRequest", draft.pk)

    answer = factories.Api().post(DISCARD, id=key, token=factories.token_of(order))

    assert answer == {"returnRequestDiscard": {"errors": []}}
    assert not ReturnRequest.objects.exists()
