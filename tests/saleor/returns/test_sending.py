"""Goods sent back: number and proof, what they stop, what the approval makes of them."""

from datetime import timedelta

import pytest

from saleor_aftersale.returns import actions, sending
from saleor_aftersale.returns.models import ReturnParcel, ReturnRequest
from saleor_aftersale.returns.policy import Basis
from saleor_aftersale.returns.states import TransitionNotAllowed
from tests import factories
from tests.factories import CUSTOMER, NOON, STAFF, nothing_changed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

LATER = NOON + timedelta(days=2)
NUMBER = "1Z999AA10123456784"


@pytest.fixture
def approved():
    factories.activate()
    request = factories.ask(factories.delivered_order())
    return actions.approve_return(str(request.pk), STAFF, now=LATER)


def send(request, number=NUMBER, who=CUSTOMER, **more):
    """The request after somebody told of a parcel."""
    sending.provide_shipping(str(request.pk), who, tracking_number=number, now=LATER, **more)
    return ReturnRequest.objects.get(pk=request.pk)


@pytest.mark.parametrize("who", [CUSTOMER, STAFF])
def test_request_is_in_transit_when_a_parcel_is_told(approved, who):
    request = send(approved, "1z 999-aa10123456784", who)

    parcel = ReturnParcel.objects.get()
    assert (request.state, request.sent_at) == ("IN_TRANSIT", LATER)
    assert request.lines.get().state == "AWAITED"
    assert (parcel.tracking_number, parcel.carrier) == (NUMBER, "ups")
    assert parcel.role == who.role.value


def test_same_number_again_changes_nothing(approved):
    send(approved)
    factories.commit()

    with nothing_changed():
        send(approved, NUMBER.lower())


def test_second_parcel_keeps_the_first_moment_of_sending(approved):
    send(approved)
    later = LATER + timedelta(days=1)

    sending.provide_shipping(str(approved.pk), CUSTOMER, tracking_number="12345678", now=later)

    assert ReturnRequest.objects.get().sent_at == LATER
    assert ReturnParcel.objects.count() == 2


def test_goods_of_a_withdrawal_may_be_sent_before_anybody_answers():
    factories.activate()
    request = factories.ask(factories.delivered_order())

    sent = send(request)
    actions.approve_return(str(request.pk), STAFF, now=LATER)

    approved = ReturnRequest.objects.get()
    assert (sent.state, sent.sent_at) == ("SUBMITTED", LATER)
    assert approved.state == "IN_TRANSIT"


def test_goods_are_not_sent_before_approval_when_it_is_no_withdrawal():
    factories.activate()
    request = factories.ask(factories.delivered_order(), basis=Basis.GOODWILL_RETURN)
    factories.commit()

    with nothing_changed(), pytest.raises(TransitionNotAllowed):
        send(request)


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"number": " "}, "tracking_number", "Write the tracking number."),
        ({"number": "12"}, "tracking_number", "This is no tracking number."),
        ({"number": "a\x00bcdef"}, "tracking_number", "This is no tracking number."),
        ({"number": "<script>1</script>"}, "tracking_number", "This is no tracking number."),
        ({"number": "9" * 41}, "tracking_number", "This is no tracking number."),
        ({"carrier": "=cmd"}, "carrier", "Name the carrier by its code, as ups or dhl."),
    ],
)
def test_parcel_is_refused_when_input_is_bad(approved, change, field, message):
    factories.commit()

    with nothing_changed(), pytest.raises(actions.InvalidInput) as caught:
        send(approved, **change)

    assert (caught.value.field, caught.value.message) == (field, message)


def test_named_carrier_wins_over_the_number(approved):
    send(approved, carrier="My Courier")

    assert ReturnParcel.objects.get().carrier == "my_courier"
