"""Return requests: what is written down, who wins a race, what a finding makes of a line."""

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from saleor_aftersale.config import settings_of
from saleor_aftersale.returns import actions, inspection, messages, queries, sending
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


RACES = {
    "approve and decline": lambda key: (
        lambda: actions.approve_return(key, STAFF, now=LATER),
        lambda: actions.decline_return(key, STAFF, code="EXCEPTION_16_A", now=LATER),
    ),
    "approve and cancel": lambda key: (
        lambda: actions.decline_return(key, STAFF, code="EXCEPTION_16_A", now=LATER),
        lambda: actions.cancel_return(key, CUSTOMER, now=LATER),
    ),
    "approve and ask": lambda key: (
        lambda: actions.approve_return(key, STAFF, now=LATER),
        lambda: messages.ask_for_info(key, STAFF, question="Which?", now=LATER),
    ),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("race", list(RACES))
def test_one_wins_and_one_hears_it_when_two_decide_at_once(race):
    factories.activate()
    request = factories.ask(factories.delivered_order())

    outcomes = at_once(*RACES[race](str(request.pk)))

    (error,) = [outcome for outcome in outcomes if isinstance(outcome, AftersaleError)]
    assert error.code == "TRANSITION_NOT_ALLOWED"
    assert ReturnTransition.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_goods_are_received_once_when_two_receive():
    factories.activate()
    request = factories.ask(factories.delivered_order())
    key = str(request.pk)
    actions.approve_return(key, STAFF, now=LATER)

    outcomes = at_once(*[lambda: actions.receive_return(key, STAFF, now=LATER)] * 2)

    (error,) = [outcome for outcome in outcomes if isinstance(outcome, AftersaleError)]
    assert error.code == "TRANSITION_NOT_ALLOWED"
    assert request.lines.get().received_quantity == 1


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

    assert (caught.value.field, caught.value.message) == (
        "lines.0.reason",
        "There is no such reason.",
    )


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

    assert _states(request) == ["AUTHORISED", "REFUSED"]


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
    request = factories.inspected(factories.ask(order, basis=Basis.GOODWILL_RETURN))

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


def test_pieces_asked_for_never_exceed_those_delivered(order):
    factories.ask(order, 1)
    factories.ask(order, 1)
    factories.commit()

    with nothing_changed(), pytest.raises(actions.LineRefused) as caught:
        factories.ask(order, 1)

    assert caught.value.code == "ALREADY_RETURNED"


def test_program_cannot_decline(order):
    app = Requester(Role.APP, "1", "Robot", may_manage_orders=True)
    request = factories.ask(order, basis=Basis.GOODWILL_RETURN)
    factories.commit()

    with nothing_changed(), pytest.raises(TransitionNotAllowed) as caught:
        actions.decline_return(str(request.pk), app, code="PERIOD_EXPIRED", now=LATER)

    assert caught.value.message == "DECLINE is not for app to do."


def test_program_cannot_refuse_pieces(order):
    app = Requester(Role.APP, "1", "Robot", may_manage_orders=True)
    request = factories.ask(order, 2, basis=Basis.GOODWILL_RETURN)
    cut = {request.lines.get().pk: 1}
    factories.commit()

    with nothing_changed(), pytest.raises(TransitionNotAllowed) as caught:
        actions.approve_return(str(request.pk), app, quantities=cut, now=LATER)

    assert caught.value.message == "Refusing pieces is for a person to do."


def test_staff_cannot_cancel_a_withdrawal(order):
    request = factories.ask(order)
    factories.commit()

    with nothing_changed(), pytest.raises(TransitionNotAllowed) as caught:
        actions.cancel_return(str(request.pk), STAFF, now=LATER)

    assert caught.value.message == "CANCEL is not for staff to do."


@pytest.mark.parametrize("code", ["DAMAGE_BY_USE", "NO_DEFECT_FOUND", "FINAL_SALE_GOODWILL_ONLY"])
def test_withdrawal_is_not_declined_for_an_unlawful_code_even_after_inspection(order, code):
    request = factories.inspected(factories.ask(order))
    factories.commit()

    with nothing_changed(), pytest.raises(actions.InvalidInput) as caught:
        actions.decline_return(str(request.pk), STAFF, code=code, note="Worn", now=LATER)

    assert caught.value.code == "NOT_LAWFUL"


def test_withdrawal_in_time_is_not_declined_as_late(order):
    request = factories.ask(order)
    factories.commit()

    with nothing_changed(), pytest.raises(actions.InvalidInput) as caught:
        actions.decline_return(str(request.pk), STAFF, code="PERIOD_EXPIRED", now=LATER)

    message = "No delivery we know of proves that this withdrawal came late."
    assert (caught.value.code, caught.value.message) == ("NOT_LAWFUL", message)


def test_withdrawal_is_declined_when_its_submission_is_proven_late(order):
    request = factories.ask(order)
    # As a statement that was matched by hand: it counts from when it was made.
    ReturnRequest.objects.update(submitted_at=NOON + timedelta(days=40))

    declined = actions.decline_return(str(request.pk), STAFF, code="PERIOD_EXPIRED", now=LATER)

    assert declined.state == "DECLINED"


def test_decline_after_inspection_needs_evidence(order):
    request = factories.inspected(factories.ask(order, basis=Basis.GOODWILL_RETURN))
    factories.commit()

    with nothing_changed(), pytest.raises(actions.InvalidInput) as caught:
        actions.decline_return(str(request.pk), STAFF, code="DAMAGE_BY_USE", note=" ", now=LATER)

    assert (caught.value.field, caught.value.code) == ("note", "REQUIRED")


def test_history_keeps_code_and_note_of_a_decline(order):
    request = factories.ask(order)

    actions.decline_return(
        str(request.pk), STAFF, code="EXCEPTION_16_E", note="Seal broken", now=LATER
    )

    assert request.transitions.last().reason == "EXCEPTION_16_E: Seal broken"


@pytest.mark.parametrize(
    ("form", "number"), [("R-{year}-{number:06}", "R-2026-%06d"), ("RET{number}", "RET%d")]
)
def test_number_is_as_the_merchant_wants_it(form, number):
    factories.activate(return_number_format=form)

    request = factories.ask(factories.delivered_order())

    assert request.number == number % request.pk


def test_clocks_of_a_withdrawal_run_from_the_statement_whatever_staff_do(order):
    request = factories.ask(order, now=LATER)
    stated = request.send_back_by

    messages.ask_for_info(str(request.pk), STAFF, question="Why?", now=LATER)

    request.refresh_from_db()
    # The 17th ends at 22:00 UTC in Poland, where summer time is two hours ahead.
    assert request.send_back_by == stated == LATER.replace(day=17, hour=22)
    assert request.expires_at is None


def test_refund_is_due_once_goods_are_sent_and_not_before(order):
    request = factories.ask(order, now=LATER)
    actions.approve_return(str(request.pk), STAFF, now=LATER)
    before = ReturnRequest.objects.get()

    sending.provide_shipping(str(request.pk), CUSTOMER, tracking_number="RR123456785PL", now=LATER)

    after = ReturnRequest.objects.get()
    due = LATER.replace(day=17, hour=22)
    assert (before.refund_due_at, before.due_at) == (None, None)
    assert (after.refund_due_at, after.due_at, after.sent_at) == (due, due, LATER)


def test_nothing_is_due_when_request_has_ended(order):
    request = factories.ask(order, now=LATER)
    sending.provide_shipping(str(request.pk), CUSTOMER, tracking_number="RR123456785PL", now=LATER)

    actions.cancel_return(str(request.pk), CUSTOMER, now=LATER)

    row = ReturnRequest.objects.get()
    assert (row.refund_due_at, row.reply_due_at, row.send_back_by, row.due_at) == (None,) * 4
