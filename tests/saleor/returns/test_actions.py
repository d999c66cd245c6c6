"""Return requests: what is written down, who wins a race, what a finding makes of a line."""

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from saleor_aftersale.config import settings_of
from saleor_aftersale.returns import actions, inspection, queries
from saleor_aftersale.returns.models import ReturnRequest, ReturnTransition
from saleor_aftersale.returns.policy import Basis
from saleor_aftersale.returns.states import TransitionNotAllowed
from saleor_aftersale.tracking.statuses import ShipmentStatus
from saleor_aftersale.values import AftersaleError, Requester, Role
from tests import factories
from tests.factories import CHANNEL, CUSTOMER, NOON, STAFF, nothing_changed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

LATER = NOON + timedelta(days=2)


@pytest.fixture
def order():
    factories.activate()
    return factories.delivered_order(lines={"Kettle": 2})


def at_once(*jobs):
    """What each job gave or raised, all started at the same moment in threads of their own."""
    barrier, outcomes = threading.Barrier(len(jobs)), [None] * len(jobs)

    def run(index, job):
        barrier.wait()
        try:
            outcomes[index] = job()
        except AftersaleError as error:
            outcomes[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return outcomes


@pytest.mark.django_db(transaction=True)
def test_one_request_wins_when_two_ask_for_the_last_piece():
    factories.activate()
    order = factories.delivered_order(lines={"Kettle": 1})

    outcomes = at_once(*[lambda: factories.ask(order, 1, now=LATER)] * 2)

    (error,) = [outcome for outcome in outcomes if isinstance(outcome, AftersaleError)]
    assert error.code == "ALREADY_RETURNED"
    assert ReturnRequest.objects.get() in outcomes


@pytest.mark.django_db(transaction=True)
def test_one_request_is_made_when_two_send_the_same_key():
    factories.activate()
    order = factories.delivered_order(lines={"Kettle": 2})

    outcomes = at_once(*[lambda: factories.ask(order, 1, now=LATER, idempotency_key="k")] * 2)

    assert outcomes == [ReturnRequest.objects.get()] * 2


@pytest.mark.django_db(transaction=True)
def test_one_approval_wins_when_two_approve():
    factories.activate()
    request = factories.ask(factories.delivered_order())
    key = str(request.pk)

    outcomes = at_once(*[lambda: actions.approve_return(key, STAFF, now=LATER)] * 2)

    (error,) = [outcome for outcome in outcomes if isinstance(outcome, AftersaleError)]
    assert error.code == "TRANSITION_NOT_ALLOWED"
    steps = ReturnTransition.objects.order_by("position").values_list("position", "action")
    assert list(steps) == [(1, "SUBMIT"), (2, "APPROVE")]


def test_request_keeps_names_and_prices_when_order_changes(order):
    request = factories.ask(order, 2)
    order.lines.update(product_name="Pot", unit_price_gross_amount=1)

    line = request.lines.get()

    assert (line.product_name, line.unit_price, line.currency) == ("Kettle", Decimal("10"), "EUR")


def test_price_shares_a_discount_of_the_whole_order():
    factories.activate()
    order = factories.delivered_order(lines={"Kettle": 2})
    order.total_gross_amount = order.total_net_amount = Decimal("20.00")
    order.save()

    request = factories.ask(order)

    assert request.lines.get().unit_price == Decimal("7.5")


def test_request_is_refused_when_reason_is_unknown(order):
    line = str(order.lines.get().pk)
    wish = actions.WishedLine(line, 1, reason="BECAUSE")
    record, settings = factories.keep(order), settings_of(CHANNEL)
    factories.commit()

    with nothing_changed(), pytest.raises(actions.InvalidInput) as caught:
        actions.submit_return(record, [wish], CUSTOMER, settings, now=LATER)

    assert (caught.value.field, caught.value.message) == ("reason", "There is no such reason.")


def test_second_request_gets_what_the_first_left(order):
    factories.ask(order, 1)
    factories.commit()

    with nothing_changed(), pytest.raises(actions.LineRefused) as caught:
        factories.ask(order, 2)

    assert caught.value.code == "QUANTITY_EXCEEDED"
    assert factories.ask(order, 1).state == "SUBMITTED"


def test_pieces_on_their_way_can_be_withdrawn_from():
    factories.activate()
    order = factories.make_order()
    factories.scan(factories.fulfill(order), ShipmentStatus.IN_TRANSIT)

    request = factories.ask(order)

    assert request.lines.get().basis == "WITHDRAWAL"


@pytest.mark.parametrize("basis", [Basis.GOODWILL_RETURN, Basis.NON_CONFORMITY])
def test_pieces_on_their_way_cannot_be_given_back_otherwise(basis):
    factories.activate()
    order = factories.make_order()
    factories.scan(factories.fulfill(order), ShipmentStatus.IN_TRANSIT)
    factories.commit()

    with nothing_changed(), pytest.raises(actions.LineRefused) as caught:
        factories.ask(order, basis=basis)

    assert caught.value.code == "NOT_DELIVERED_YET"


@pytest.mark.parametrize(
    "free_again",
    [
        lambda key: actions.decline_return(key, STAFF, code="EXCEPTION_16_A", now=LATER),
        lambda key: actions.cancel_return(key, CUSTOMER, now=LATER),
    ],
)
def test_pieces_can_be_asked_for_again_when_request_ended_without_them(order, free_again):
    request = factories.ask(order, 2)

    free_again(str(request.pk))

    assert factories.ask(order, 2, now=LATER).state == "SUBMITTED"


def _two_lines():
    factories.activate()
    order = factories.delivered_order(lines={"Kettle": 1, "Cup": 1})
    kettle, cup = order.lines.order_by("pk")
    wishes = [actions.WishedLine(str(line.pk), 1, Basis.GOODWILL_RETURN) for line in (kettle, cup)]
    request = actions.submit_return(
        factories.keep(order), wishes, CUSTOMER, settings_of(CHANNEL), now=LATER
    )
    return request, list(request.lines.order_by("pk"))


def _states(request):
    return list(request.lines.order_by("pk").values_list("state", flat=True))


def test_line_is_refused_when_it_is_left_out_of_the_approval():
    request, (first, _second) = _two_lines()

    actions.approve_return(str(request.pk), STAFF, quantities={first.pk: 1}, now=LATER)

    assert _states(request) == ["AWAITED", "REFUSED"]


def test_line_is_missing_when_it_never_arrived():
    request, (first, _second) = _two_lines()
    key = str(request.pk)
    actions.approve_return(key, STAFF, now=LATER)
    actions.receive_return(key, STAFF, quantities={first.pk: 1}, now=LATER)

    inspection.inspect_return(
        key, STAFF, findings=[inspection.InspectedLine(first.pk, 1)], now=LATER
    )

    assert _states(request) == ["ACCEPTED", "MISSING"]


@pytest.mark.parametrize(
    ("accepted", "more", "state"),
    [
        (1, {}, "ACCEPTED"),
        (1, {"lost_value": Decimal("0.1"), "note": "Scratched"}, "ACCEPTED_REDUCED"),
        (0, {"note": "Not ours"}, "REJECTED"),
        (0, {"disposition": "RESTOCK"}, "REJECTED"),
    ],
)
def test_line_stands_as_the_finding_says(order, accepted, more, state):
    request = factories.ask(order, 1)
    key = str(request.pk)
    actions.approve_return(key, STAFF, now=LATER)
    actions.receive_return(key, STAFF, now=LATER)
    finding = inspection.InspectedLine(request.lines.get().pk, accepted, **more)

    inspection.inspect_return(key, STAFF, findings=[finding], now=LATER)

    assert _states(request) == [state]


def test_decline_after_inspection_may_name_what_was_found(order):
    request = factories.inspected(factories.ask(order))

    declined = actions.decline_return(
        str(request.pk), STAFF, code="DAMAGE_BY_USE", note="Burnt", now=LATER
    )

    assert (declined.state, declined.decline_code) == ("DECLINED", "DAMAGE_BY_USE")


@pytest.mark.parametrize(
    ("act", "more"),
    [
        (actions.approve_return, {}),
        (actions.decline_return, {"code": "EXCEPTION_16_A"}),
    ],
)
def test_customer_cannot_do_what_is_for_staff(order, act, more):
    request = factories.ask(order)
    factories.commit()

    with nothing_changed(), pytest.raises(TransitionNotAllowed) as caught:
        act(str(request.pk), CUSTOMER, now=LATER, **more)

    assert "is not for customer to do." in caught.value.message


def test_guest_can_cancel(order):
    request = factories.ask(order)

    cancelled = actions.cancel_return(str(request.pk), Requester(Role.GUEST), now=LATER)

    assert cancelled.state == "CANCELLED"


def test_cancel_is_refused_when_goods_have_arrived(order):
    request = factories.ask(order)
    actions.approve_return(str(request.pk), STAFF, now=LATER)
    actions.receive_return(str(request.pk), STAFF, now=LATER)
    factories.commit()

    with nothing_changed(), pytest.raises(TransitionNotAllowed) as caught:
        actions.cancel_return(str(request.pk), CUSTOMER, now=LATER)

    message = "A return request in state RECEIVED can't be changed by CANCEL."
    assert caught.value.message == message


def test_requests_are_grouped_by_order_oldest_first(order):
    first, second = factories.ask(order), factories.ask(order, now=LATER)
    other = factories.delivered_order()

    found = queries.requests_by_order([str(order.pk), str(other.pk)])

    assert found == {str(order.pk): [first, second], str(other.pk): []}


def test_moment_of_submission_counts_not_the_clerks(order):
    request = factories.ask(order, now=LATER)

    actions.approve_return(str(request.pk), STAFF, now=timezone.now())

    request.refresh_from_db()
    assert request.submitted_at == LATER
