"""Statements that go to the database together, and reads that are worked out once."""

from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from saleor_aftersale.host.rows import Reading, Statement, Trip
from saleor_aftersale.tracking.models import OrderRecord
from tests import factories
from tests.factories import CHANNEL, IS_3

pytestmark = pytest.mark.django_db

ONE = Statement("SELECT 1", [])
NONE = Statement("SELECT 2 WHERE FALSE", [])
SEVERAL = Statement("SELECT n, %s FROM unnest(%s) n ORDER BY n", ["50% ; -- said", [3, 4]])


def test_each_statement_gets_its_own_rows_when_asked_together():
    trip = Trip("default")
    one, none, several = trip.ask(ONE), trip.ask(NONE), trip.ask(SEVERAL)

    with CaptureQueriesContext(connection) as captured:
        assert several() == [(3, "50% ; -- said"), (4, "50% ; -- said")]
        assert (one(), none()) == ([(1,)], [])

    assert len(captured) == (1 if IS_3 else 3)


def test_each_statement_goes_by_itself_when_the_driver_tells_only_one(monkeypatch):
    monkeypatch.setattr(connection, "Database", SimpleNamespace())
    trip = Trip("default")
    one, several = trip.ask(ONE), trip.ask(SEVERAL)

    with CaptureQueriesContext(connection) as captured:
        assert [row[0] for row in several()] == [3, 4]
        assert one() == [(1,)]

    assert len(captured) == 2


def test_nothing_more_can_be_asked_when_the_trip_is_over():
    trip = Trip("default")
    trip.ask(NONE)()

    with pytest.raises(AssertionError):
        trip.ask(ONE)


def test_reading_gives_rows_of_the_keys_alone_under_its_names():
    factories.activate()
    kept = [factories.keep(factories.make_order()) for _ in range(3)]
    reading = Reading(
        lambda keys: OrderRecord.objects.filter(pk__in=keys, channel=CHANNEL).order_by("pk"),
        {"key": "pk", "ref": "order_ref"},
        keys=int,
    )

    found = reading.ask([record.pk for record in kept[:2]], Trip("default"))()
    again = reading.ask([kept[2].pk], Trip("default"))()

    assert found == [{"key": record.pk, "ref": record.order_ref} for record in kept[:2]]
    assert again == [{"key": kept[2].pk, "ref": kept[2].order_ref}]
