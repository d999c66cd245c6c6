"""
What doesn't exist and what is somebody else's: the same answer, after the same work.

Work is counted, not timed: the same queries in the same order take the same time, and a
clock would only measure the machine.
"""

import re

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.factories import Api, global_id

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

REQUEST = (
    "query($id: ID, $token: String) { returnRequest(id: $id, accessToken: $token) { number } }"
)
CANCEL = """
mutation($id: ID!, $token: String) { returnRequestCancel(id: $id, accessToken: $token) {
    returnRequest { number } errors { field message code } } }
"""
ACCESS = """
mutation($number: String!, $email: String!) { orderAccessRequest(number: $number, email: $email) {
    accepted errors { field code } } }
"""
WITHDRAW = """
mutation($contract: String!, $email: String!, $channel: String!) { withdrawalDeclare(input: {
    name: "Anna", contract: $contract, email: $email, channel: $channel, language: "en"}) {
    withdrawalStatement { contract email state orderId } errors { field code } } }
"""


@pytest.fixture(autouse=True)
def nothing_follows(monkeypatch):
    """What waits for the commit happens after the answer: here it doesn't happen at all."""

    def forget():
        connection.run_on_commit = []

    monkeypatch.setattr(factories, "commit", forget)


@pytest.fixture
def theirs():
    """A delivered order of somebody else, with a return request."""
    factories.activate()
    order = factories.delivered_order()
    return order, factories.ask(order)


#: Texts and numbers, also those in the names of savepoints and cursors.
_VALUE = re.compile(r"'[^']*'|[0-9]+")


def worked(query, api=None, **variables):
    """The answer, and the queries it took with their values left out."""
    cache.clear()
    with CaptureQueriesContext(connection) as captured:
        answer = (api or Api()).post_raw(query, **variables)
    return answer, [_VALUE.sub("?", item["sql"]) for item in captured]


def number_of(order):
    return str(order.number if factories.IS_3 else order.pk)


@pytest.mark.parametrize("query", [REQUEST, CANCEL])
@pytest.mark.parametrize("who", ["nobody", "customer", "guest"])
def test_request_of_a_stranger_is_answered_as_one_that_does_not_exist(theirs, query, who):
    _order, request = theirs
    proof = {}
    if who == "guest":
        proof = {"token": factories.token_of(factories.make_order(email="mallory@example.com"))}
    user = factories.make_customer("mallory@example.com") if who == "customer" else None
    missing, existing = (global_id("ReturnRequest", key) for key in (request.pk + 1000, request.pk))
    # The first call of all warms caches of the shop.
    worked(query, Api(user), id=missing, **proof)

    answers = [worked(query, Api(user), id=key, **proof) for key in (missing, existing)]

    assert answers[0] == answers[1]
    assert request.number not in str(answers[1])


def test_access_request_is_answered_alike_whether_number_and_mailbox_fit(theirs):
    order, _request = theirs
    fits = (number_of(order), "boris@example.com")
    wrong_mailbox, wrong_number = (fits[0], "boriz@example.com"), ("99999999", fits[1])
    worked(ACCESS, number="1", email="warm@example.com")

    answers = [
        worked(ACCESS, number=number, email=email)
        for number, email in (fits, wrong_mailbox, wrong_number)
    ]

    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0]["data"]["orderAccessRequest"] == {"accepted": True, "errors": []}


def test_withdrawal_of_a_guest_is_answered_alike_whether_the_order_is_known(theirs):
    order, _request = theirs
    words = [(number_of(order), "boris@example.com"), ("99999999", "boris@example.com")]
    words.append((number_of(order), "boriz@example.com"))
    channel = factories.CHANNEL
    worked(WITHDRAW, contract="1", email="warm@example.com", channel=channel)

    answers = []
    for contract, email in words:
        answer, said = worked(WITHDRAW, contract=contract, email=email, channel=channel)
        statement = answer["data"]["withdrawalDeclare"]["withdrawalStatement"]
        assert (statement.pop("contract"), statement.pop("email")) == (contract, email)
        answers.append((answer, said))

    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0]["data"]["withdrawalDeclare"] == {
        "withdrawalStatement": {"state": None, "orderId": None},
        "errors": [],
    }
