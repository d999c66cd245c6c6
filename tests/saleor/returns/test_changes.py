"""A request changed after it was sent: what may change, and what stays booked and paid."""

from datetime import timedelta
from decimal import Decimal

import pytest

from saleor_aftersale.config import settings_of
from saleor_aftersale.returns import actions, changes, inspection, resolution
from saleor_aftersale.returns.models import Refund, ReturnRequest
from saleor_aftersale.returns.policy import Basis
from saleor_aftersale.returns.states import TransitionNotAllowed
from tests import factories, gateway
from tests.factories import CHANNEL, CUSTOMER, NOON, STAFF, nothing_changed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

LATER = NOON + timedelta(days=2)


@pytest.fixture
def order():
    factories.activate()
    return factories.delivered_order(lines={"Kettle": 2, "Cup": 1})


def update(request, *wishes, who=CUSTOMER, now=LATER, **more):
    wished = [actions.WishedLine(*wish) for wish in wishes] or None
    settings = settings_of(CHANNEL)
    key = str(request.pk)
    return changes.update_return(key, who, settings, wishes=wished, now=now, **more)


def reopen(request, who=CUSTOMER, note="It was unused"):
    settings = settings_of(CHANNEL)
    return changes.reopen_return(str(request.pk), who, settings, note=note, now=LATER)


def refs(order):
    keys = dict(order.lines.values_list("product_name", "pk"))
    return str(keys["Kettle"]), str(keys["Cup"])


def lines_of(request):
    return list(request.lines.order_by("pk").values_list("product_name", "quantity"))


def test_lines_and_note_are_as_the_customer_wants_them(order):
    request = factories.ask(order, 1)
    kettle, cup = refs(order)

    update(request, (kettle, 2), (cup, 1), note="All of it")

    request.refresh_from_db()
    assert lines_of(request) == [("Kettle", 2), ("Cup", 1)]
    assert (request.customer_note, request.state) == ("All of it", "SUBMITTED")


def test_history_tells_what_was_changed(order):
    request = factories.ask(order, 1)
    _kettle, cup = refs(order)

    update(request, (cup, 1, Basis.WITHDRAWAL))

    step = request.transitions.last()
    assert (step.action, step.before, step.after) == ("UPDATE", "SUBMITTED", "SUBMITTED")
    assert step.reason == "Kettle: WITHDRAWAL 1 -> nothing; Cup: nothing -> WITHDRAWAL 1"


def test_same_change_again_writes_nothing(order):
    request = factories.ask(order, 1)
    kettle, _cup = refs(order)
    update(request, (kettle, 2), note="Two")
    factories.commit()

    with nothing_changed():
        update(request, (kettle, 2), note="Two")


def test_what_was_asked_in_time_stays_in_time(order):
    request = factories.ask(order, 2)
    kettle, _cup = refs(order)
    much_later = NOON + timedelta(days=60)

    update(request, (kettle, 1, Basis.WITHDRAWAL), now=much_later)
    factories.commit()

    assert lines_of(request) == [("Kettle", 1)]
    with nothing_changed(), pytest.raises(actions.LineRefused) as caught:
        update(request, (kettle, 2, Basis.WITHDRAWAL), now=much_later)
    assert caught.value.code == "PERIOD_EXPIRED"


def test_change_takes_no_more_than_there_is(order):
    request = factories.ask(order, 1)
    kettle, _cup = refs(order)
    factories.ask(order, 1)
    factories.commit()

    with nothing_changed(), pytest.raises(actions.LineRefused) as caught:
        update(request, (kettle, 2))

    assert caught.value.code == "QUANTITY_EXCEEDED"


def test_staff_does_not_change_what_a_customer_asks_for(order):
    request = factories.ask(order, 1)
    factories.commit()

    with nothing_changed(), pytest.raises(TransitionNotAllowed) as caught:
        update(request, who=STAFF, note="Mine")

    assert caught.value.message == "UPDATE is not for staff to do."


def test_nothing_is_changed_once_the_merchant_has_decided(order):
    request = factories.ask(order, 1)
    actions.approve_return(str(request.pk), STAFF, now=LATER)
    factories.commit()

    with nothing_changed(), pytest.raises(TransitionNotAllowed):
        update(request, note="Too late")


def decline(request):
    return actions.decline_return(str(request.pk), STAFF, code="EXCEPTION_16_E", now=LATER)


@pytest.mark.parametrize("who", [CUSTOMER, STAFF])
def test_declined_request_is_submitted_again_with_its_moment(order, who):
    request = factories.ask(order, 1)
    decline(request)

    reopen(request, who)

    request.refresh_from_db()
    steps = list(request.transitions.order_by("position").values_list("action", "after"))
    assert steps[-2:] == [("REOPEN", "REOPENED"), ("SUBMIT", "SUBMITTED")]
    assert (request.decline_code, request.submitted_at) == ("", NOON + timedelta(days=1))
    assert request.lines.get().state == "REQUESTED"
    assert request.messages.get().text == "It was unused"


def test_request_is_not_reopened_when_its_pieces_are_in_another(order):
    request = factories.ask(order, 2)
    decline(request)
    factories.ask(order, 1)
    factories.commit()

    with nothing_changed(), pytest.raises(actions.LineRefused) as caught:
        reopen(request)

    assert caught.value.code == "ALREADY_RETURNED"


def test_request_is_not_reopened_without_a_reason(order):
    request = decline(factories.ask(order, 1))
    factories.commit()

    with nothing_changed(), pytest.raises(actions.InvalidInput) as caught:
        reopen(request, note=" ")

    assert (caught.value.field, caught.value.code) == ("note", "REQUIRED")


def test_cancelled_request_stays_cancelled(order):
    request = factories.ask(order, 1)
    actions.cancel_return(str(request.pk), CUSTOMER, now=LATER)
    factories.commit()

    with nothing_changed(), pytest.raises(TransitionNotAllowed):
        reopen(request)


def settle(request):
    resolution.resolve_return(str(request.pk), STAFF, resolution="REFUND_ORIGINAL", now=LATER)
    factories.commit()


def judge_again(request, accepted, **finding):
    key = str(request.pk)
    actions.approve_return(key, STAFF, now=LATER)
    found = inspection.InspectedLine(request.lines.get().pk, accepted, **finding)
    inspection.inspect_return(key, STAFF, findings=[found], now=LATER)


def test_reopened_request_pays_only_what_was_not_paid_and_shelves_nothing_twice(order):
    warehouse = order.lines.first().variant.stocks.get()
    shelf = {"disposition": "RESTOCK", "warehouse_ref": str(warehouse.warehouse_id)}
    taken_off = {"lost_value": Decimal("0.5"), "note": "Scratched"}
    before = warehouse.quantity
    request = factories.inspected(factories.ask(order, 1), **shelf, **taken_off)
    settle(request)

    reopen(request)
    judge_again(request, 1, **shelf)
    settle(request)

    warehouse.refresh_from_db()
    assert ReturnRequest.objects.get().state == "COMPLETED"
    assert [Decimal("5.00"), Decimal("5.00")] == gateway.refunds
    assert list(Refund.objects.order_by("pk").values_list("key", flat=True)) == [
        f"{request.number}/1",
        f"{request.number}/2",
    ]
    assert warehouse.quantity == before + 1


def test_goods_that_are_here_need_not_be_sent_again(order):
    request = factories.inspected(factories.ask(order, 1))
    settle(request)
    reopen(request)

    actions.approve_return(str(request.pk), STAFF, now=LATER)

    assert ReturnRequest.objects.get().state == "RECEIVED"


def test_booked_pieces_stay_booked_when_reopened_request_is_declined(order):
    request = factories.inspected(factories.ask(order, 2))
    settle(request)
    reopen(request)
    decline(request)
    factories.commit()

    with nothing_changed(), pytest.raises(actions.LineRefused) as caught:
        factories.ask(order, 1)

    assert caught.value.code == "ALREADY_RETURNED"


def test_refund_without_goods_is_paid_and_shelves_nothing(order):
    warehouse = order.lines.first().variant.stocks.get()
    request = factories.ask(order, 1)
    key = str(request.pk)
    actions.approve_return(key, STAFF, now=LATER)

    resolution.resolve_return(
        key, STAFF, resolution="REFUND_ORIGINAL", without_goods=True, now=LATER
    )
    factories.commit()

    line = request.lines.get()
    assert ReturnRequest.objects.get().state == "COMPLETED"
    assert [Decimal("10.00")] == gateway.refunds
    assert (line.state, line.received_quantity, line.accepted_quantity) == ("RESOLVED", 0, 1)
    assert warehouse.quantity == order.lines.first().variant.stocks.get().quantity


def test_refund_waits_for_goods_unless_they_are_waived(order):
    request = factories.ask(order, 1)
    actions.approve_return(str(request.pk), STAFF, now=LATER)
    factories.commit()

    with nothing_changed(), pytest.raises(actions.InvalidInput) as caught:
        settle(request)

    assert (caught.value.field, caught.value.message) == (
        "without_goods",
        "The goods haven't arrived.",
    )
