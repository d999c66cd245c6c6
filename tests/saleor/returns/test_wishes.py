"""What a customer would like: one wish for all lines of a request, as their grounds offer it."""

import pytest

from saleor_aftersale.config import settings_of
from saleor_aftersale.returns import actions, changes
from saleor_aftersale.returns.checks import InvalidInput
from saleor_aftersale.returns.policy import Basis
from tests import factories
from tests.factories import CHANNEL, CUSTOMER, nothing_changed
from tests.saleor.returns.resolving import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]


@pytest.fixture
def order():
    factories.activate()
    return factories.delivered_order(lines={"Kettle": 2, "Cup": 1})


def ask(order, *bases, **more):
    """A request with one piece of each line, on these grounds."""
    lines = order.lines.order_by("pk")
    wishes = [actions.WishedLine(str(line.pk), 1, basis) for line, basis in zip(lines, bases)]
    record, settings = factories.keep(order), settings_of(CHANNEL)
    return actions.submit_return(record, wishes, CUSTOMER, settings, now=NOW, **more)


@pytest.mark.parametrize(
    ("bases", "first"),
    [
        ([Basis.WITHDRAWAL], "REFUND_ORIGINAL"),
        ([Basis.NON_CONFORMITY], "REPAIR"),
        ([Basis.DELIVERY_PROBLEM, Basis.NON_CONFORMITY], "REPLACEMENT"),
        ([Basis.WITHDRAWAL, Basis.NON_CONFORMITY], "REFUND_ORIGINAL"),
    ],
)
def test_request_asks_for_the_first_that_all_lines_offer_when_nothing_is_wished(
    order, bases, first
):
    assert ask(order, *bases).resolution == first


def test_wish_is_kept_when_all_lines_offer_it(order):
    request = ask(order, Basis.NON_CONFORMITY, Basis.NON_CONFORMITY, resolution="TERMINATION")

    assert request.resolution == "TERMINATION"


@pytest.mark.parametrize("wish", ["REPAIR", "STORE_CREDIT", "GIFT"])
def test_wish_is_refused_when_one_line_doesnt_offer_it(order, wish):
    with nothing_changed(), pytest.raises(InvalidInput) as refused:
        ask(order, Basis.NON_CONFORMITY, Basis.WITHDRAWAL, resolution=wish)

    assert (refused.value.field, refused.value.code) == ("resolution", "NOT_OFFERED")


def test_wish_of_the_shops_own_offer_is_kept(order):
    factories.activate(extra_resolutions="STORE_CREDIT")

    assert ask(order, Basis.WITHDRAWAL, resolution="STORE_CREDIT").resolution == "STORE_CREDIT"


def change(request, **more):
    settings = settings_of(CHANNEL)
    changes.update_return(str(request.pk), CUSTOMER, settings, now=NOW, **more)
    request.refresh_from_db()


def test_wish_is_changed_and_the_history_tells(order):
    request = ask(order, Basis.NON_CONFORMITY)

    change(request, resolution="REPLACEMENT")

    step = request.transitions.order_by("position").last()
    assert (request.resolution, step.reason) == ("REPLACEMENT", "REPAIR -> REPLACEMENT")


def test_wish_isnt_changed_to_what_isnt_offered(order):
    request = ask(order, Basis.NON_CONFORMITY)

    with nothing_changed(), pytest.raises(InvalidInput) as refused:
        change(request, resolution="RESHIP")

    assert refused.value.code == "NOT_OFFERED"
