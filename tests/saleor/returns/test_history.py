"""The chain of steps: what was written stays as it was written, or is found out."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from saleor_aftersale.returns import actions
from saleor_aftersale.returns.history import FIRST, first_broken
from saleor_aftersale.returns.models import ReturnTransition
from saleor_aftersale.values import AftersaleError
from tests import factories
from tests.factories import NOON, STAFF

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]


@pytest.fixture
def request_():
    factories.activate()
    return factories.inspected(factories.ask(factories.delivered_order()))


def test_each_step_holds_the_hash_of_the_one_before(request_):
    steps = list(request_.transitions.order_by("position"))

    assert [step.position for step in steps] == [1, 2, 3, 4]
    assert [step.previous_hash for step in steps] == [FIRST] + [step.hash for step in steps[:-1]]
    assert first_broken(request_) is None


def test_step_tells_who_when_and_from_where_to_where(request_):
    step = request_.transitions.get(position=2)

    assert (step.action, step.before, step.after) == ("APPROVE", "SUBMITTED", "APPROVED")
    assert (step.role, step.requester_ref) == ("staff", STAFF.ref)
    assert (step.requester_label, step.reason) == ("clerk@example.com", "")
    assert step.occurred_at == NOON + timedelta(days=2)


@pytest.mark.parametrize(
    "change",
    [
        {"after": "DECLINED"},
        {"before": ""},
        {"action": "CANCEL"},
        {"role": "customer"},
        {"requester_ref": "7"},
        {"requester_label": "somebody else"},
        {"reason": "Because"},
        {"occurred_at": NOON},
        {"hash": "0" * 64},
        {"previous_hash": "1" * 64},
    ],
)
def test_changed_step_is_found(request_, change):
    request_.transitions.filter(position=2).update(**change)

    assert first_broken(request_) == 2


def test_removed_step_is_found(request_):
    request_.transitions.filter(position=2).delete()

    assert first_broken(request_) == 2


def test_moved_steps_are_found(request_):
    ReturnTransition.objects.filter(position=3).update(position=9)

    assert first_broken(request_) == 3


def test_verify_says_that_all_is_well(request_):
    said = StringIO()

    call_command("aftersale", "verify", stdout=said)

    assert said.getvalue() == "1 histories are intact.\n"


def test_verify_names_the_request_whose_history_was_changed(request_):
    intact = factories.ask(factories.delivered_order(email="eve@example.com"))
    request_.transitions.filter(position=2).update(reason="Because")
    said = StringIO()

    with pytest.raises(CommandError, match="^Some histories are not as they were written.$"):
        call_command("aftersale", "verify", stderr=said)

    assert said.getvalue() == f"{request_.number}: step 2 was changed after it was written.\n"
    call_command("aftersale", "verify", intact.number, stdout=StringIO())


def test_verify_refuses_a_number_it_does_not_know(request_):
    with pytest.raises(CommandError, match="^There is no return request R-1.$"):
        call_command("aftersale", "verify", "R-1")


def test_refused_move_writes_no_step(request_):
    before = request_.transitions.count()

    with pytest.raises(AftersaleError):
        actions.approve_return(str(request_.pk), STAFF, now=NOON)

    assert request_.transitions.count() == before
