"""The thread of a request: who wrote what, who owes an answer, what nobody else reads."""

from datetime import timedelta

import pytest

from saleor_aftersale.access import RateLimited
from saleor_aftersale.returns import actions, messages
from saleor_aftersale.returns.models import ReturnMessage, ReturnRequest
from saleor_aftersale.returns.states import TransitionNotAllowed
from tests import factories
from tests.factories import CUSTOMER, NOON, STAFF, nothing_changed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

LATER = NOON + timedelta(days=2)


@pytest.fixture
def key():
    factories.activate()
    request = factories.ask(factories.delivered_order())
    factories.commit()
    return str(request.pk)


def owed():
    row = ReturnRequest.objects.get()
    return row.answer_owed_by, row.answer_owed_since


def test_question_waits_for_the_customer(key):
    messages.ask_for_info(key, STAFF, question="Which colour?", now=LATER)

    message = ReturnMessage.objects.get()
    assert ReturnRequest.objects.get().state == "NEEDS_INFO"
    assert (message.kind, message.text) == ("QUESTION", "Which colour?")
    assert owed() == ("CUSTOMER", LATER)


def test_answer_goes_back_to_the_merchant(key):
    messages.ask_for_info(key, STAFF, question="Which colour?", now=LATER)
    answered = LATER + timedelta(hours=1)

    messages.provide_info(key, CUSTOMER, answer="Red", now=answered)

    assert ReturnRequest.objects.get().state == "SUBMITTED"
    assert owed() == ("MERCHANT", answered)


def test_nobody_waits_for_an_answer_when_request_is_cancelled(key):
    messages.ask_for_info(key, STAFF, question="Which colour?", now=LATER)

    actions.cancel_return(key, CUSTOMER, now=LATER)

    assert owed() == ("", None)


def test_merchant_answers_the_first_message_that_waits(key):
    messages.add_message(key, CUSTOMER, text="Hello", now=LATER)
    messages.add_message(key, CUSTOMER, text="Anybody?", now=LATER + timedelta(days=1))
    waiting = owed()

    messages.add_message(key, STAFF, text="Here", now=LATER + timedelta(days=2))

    assert (waiting, owed()) == (("MERCHANT", LATER), ("", None))


def test_note_moves_no_clock(key):
    messages.add_message(key, CUSTOMER, text="Hello", now=LATER)

    messages.add_note(key, STAFF, text="Angry", now=LATER + timedelta(days=1))

    assert owed() == ("MERCHANT", LATER)


@pytest.mark.parametrize("write", [messages.add_message, messages.add_note])
def test_same_words_straight_after_are_written_once(key, write):
    write(key, STAFF, text="Hello", now=LATER)
    factories.commit()

    with nothing_changed():
        write(key, STAFF, text="Hello", now=LATER)


def test_same_words_are_written_again_when_somebody_else_spoke(key):
    messages.add_message(key, CUSTOMER, text="Yes", now=LATER)
    messages.add_message(key, STAFF, text="Really?", now=LATER)

    messages.add_message(key, CUSTOMER, text="Yes", now=LATER)

    assert ReturnMessage.objects.count() == 3


def test_customer_waits_after_many_messages_without_answer(key):
    for number in range(messages.MAX_UNANSWERED):
        messages.add_message(key, CUSTOMER, text=f"Hello {number}", now=LATER)
    factories.commit()

    with nothing_changed(), pytest.raises(RateLimited):
        messages.add_message(key, CUSTOMER, text="Hello again", now=LATER)


def test_customer_writes_no_note(key):
    with nothing_changed(), pytest.raises(TransitionNotAllowed) as caught:
        messages.add_note(key, CUSTOMER, text="Mine", now=LATER)

    assert caught.value.message == "ADD_NOTE is not for customer to do."


@pytest.mark.parametrize(
    ("text", "code"), [(" ", "REQUIRED"), ("x" * 4001, "TOO_LONG"), ("a\x00b", "INVALID")]
)
@pytest.mark.parametrize(
    ("write", "field"),
    [
        (lambda key, text: messages.ask_for_info(key, STAFF, question=text, now=LATER), "question"),
        (lambda key, text: messages.provide_info(key, STAFF, answer=text, now=LATER), "answer"),
        (lambda key, text: messages.add_message(key, CUSTOMER, text=text, now=LATER), "text"),
        (lambda key, text: messages.add_note(key, STAFF, text=text, now=LATER), "text"),
    ],
)
def test_text_is_refused_when_it_is_bad(key, write, field, text, code):
    with nothing_changed(), pytest.raises(actions.InvalidInput) as caught:
        write(key, text)

    assert (caught.value.field, caught.value.code) == (field, code)


def test_question_is_asked_once(key):
    messages.ask_for_info(key, STAFF, question="Which colour?", now=LATER)
    factories.commit()

    with nothing_changed(), pytest.raises(TransitionNotAllowed):
        messages.ask_for_info(key, STAFF, question="Which size?", now=LATER)
