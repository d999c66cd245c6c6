"""Return requests in the metadata of the shop's order."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from saleor_aftersale import tasks
from saleor_aftersale.events import ReturnTransitioned
from saleor_aftersale.host import metadata
from saleor_aftersale.returns import actions as returns
from saleor_aftersale.returns import mirror, resolution
from saleor_aftersale.returns.models import OrderMirror
from tests import factories
from tests.factories import IS_3, NOON, STAFF, global_id, nothing_changed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

MINUTE = timedelta(minutes=1)


@pytest.fixture
def order():
    factories.activate()
    order = factories.delivered_order()
    factories.commit()
    return order


@pytest.fixture
def told(monkeypatch):
    """Orders whose metadata apps were told of; 2.10.1 tells nobody."""
    orders = []
    if IS_3:
        from saleor.plugins.manager import PluginsManager  # noqa: PLC0415 -- only on 3.x

        monkeypatch.setattr(
            PluginsManager,
            "order_metadata_updated",
            lambda self, order, **_more: orders.append(str(order.pk)),
        )
    return orders


def public(order):
    order.refresh_from_db()
    return json.loads(order.metadata["aftersale.returns"])


def private(order):
    order.refresh_from_db()
    return json.loads(order.private_metadata["aftersale.returns"])


def test_order_shows_number_and_state_to_everybody_when_a_return_is_asked_for(order, told):
    request = factories.ask(order, note="Call me.")
    factories.commit()

    assert public(order) == [{"number": request.number, "state": "SUBMITTED"}]
    assert told == ([str(order.pk)] if IS_3 else [])


def test_order_shows_details_to_staff_and_apps_when_a_return_is_asked_for(order):
    request = factories.ask(order, note="Call me.")
    factories.commit()

    (kept,) = private(order)
    (line,) = kept["lines"]
    assert kept["id"] == global_id("ReturnRequest", request.pk)
    assert (line["basis"], line["quantity"]) == ("WITHDRAWAL", 1)
    assert line["unitPrice"] == {"amount": "10.00", "currency": "EUR"}
    assert "Call me." not in json.dumps(kept)


def test_order_shows_the_refund_when_it_is_settled(order):
    request = factories.inspected(factories.ask(order))
    factories.commit()
    resolution.resolve_return(
        str(request.pk), STAFF, resolution="REFUND_ORIGINAL", now=timezone.now()
    )
    factories.commit()

    assert public(order) == [{"number": request.number, "state": "COMPLETED"}]
    (refund,) = private(order)[0]["refunds"]
    assert (refund["state"], refund["means"]) == ("SETTLED", "ORIGINAL")


def test_last_state_stands_when_tasks_run_in_any_order(order):
    request = factories.ask(order)
    returns.approve_return(str(request.pk), STAFF, now=NOON)
    factories.commit()

    mirror.note_change(_transition(request))
    tasks.mirror_order(request.order.order_ref)

    assert public(order) == [{"number": request.number, "state": "APPROVED"}]


def _transition(request):
    return ReturnTransitioned(request.pk, request.order.order_ref, "", "SUBMITTED")


def test_nobody_is_told_when_nothing_is_new(order, told):
    request = factories.ask(order)
    factories.commit()
    OrderMirror.objects.update(due_at=NOON)

    assert not mirror.mirror_order(request.order.order_ref, timezone.now())
    assert len(told) == (1 if IS_3 else 0)


def test_second_task_does_nothing_when_the_first_wrote_it_all(order):
    request = factories.ask(order)
    factories.commit()

    with nothing_changed():
        assert not mirror.mirror_order(request.order.order_ref, timezone.now())


def test_own_hook_does_not_echo_when_the_metadata_was_written(order):
    request = factories.ask(order)
    factories.commit()

    with nothing_changed():
        tasks.sync_order(request.order.order_ref)
        factories.commit()


def test_keys_of_others_stay_when_ours_are_written(order):
    order.metadata = {"erp": "1"}
    order.private_metadata = {"secret": "2"}
    order.save()

    request = factories.ask(order)
    factories.commit()

    assert public(order) == [{"number": request.number, "state": "SUBMITTED"}]
    assert (order.metadata["erp"], order.private_metadata["secret"]) == ("1", "2")


def test_nothing_is_mirrored_when_the_plugin_is_switched_off(order):
    request = factories.ask(order)
    factories.activate(active=False)
    factories.commit()

    order.refresh_from_db()
    assert "aftersale.returns" not in order.metadata
    waits_until = OrderMirror.objects.get().due_at
    assert waits_until > timezone.now() + timedelta(minutes=59)
    assert request.state == "SUBMITTED"


def test_request_stands_when_the_metadata_cannot_be_written(order, monkeypatch):
    def fail(*_arguments, **_more):
        raise RuntimeError("The host said no.")

    monkeypatch.setattr(metadata, "write_order_metadata", fail)
    request = factories.ask(order)
    try_to_commit()

    request.refresh_from_db()
    assert request.state == "SUBMITTED"
    assert OrderMirror.objects.get().due_at is not None


def try_to_commit():
    """An eager task raises where a worker's would only be logged."""
    try:
        factories.commit()
    except RuntimeError:
        factories.commit()


def test_sweep_writes_a_mirror_when_its_task_was_lost(order, monkeypatch):
    monkeypatch.setattr(tasks.mirror_order, "delay", lambda *_arguments: None)
    request = factories.ask(order)
    factories.commit()
    monkeypatch.undo()
    OrderMirror.objects.update(due_at=timezone.now() - 2 * MINUTE)

    tasks.sweep()
    factories.commit()

    assert public(order) == [{"number": request.number, "state": "SUBMITTED"}]
    assert OrderMirror.objects.get().due_at is None


def test_forgotten_mirrors_take_turns_when_one_always_fails(order):
    factories.ask(order)
    now = timezone.now() + timedelta(hours=1)

    assert mirror.forgotten_mirrors(now) == [str(order.pk)]
    assert mirror.forgotten_mirrors(now) == []


def test_nothing_is_written_when_the_order_is_gone():
    factories.activate()
    order = factories.delivered_order(paid=False)
    ref = factories.ask(order).order.order_ref
    order.delete()

    assert not mirror.mirror_order(ref, timezone.now())
    assert OrderMirror.objects.get().due_at is None
