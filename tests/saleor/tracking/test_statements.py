"""A customer says that a parcel never came."""

from datetime import timedelta

import pytest

from saleor_aftersale import timelines
from saleor_aftersale.tracking import statements
from saleor_aftersale.tracking.models import ParcelStatement, Shipment
from saleor_aftersale.tracking.statements import InvalidStatement, state_not_received
from saleor_aftersale.tracking.statuses import ShipmentStatus
from saleor_aftersale.values import NotFound
from tests import factories
from tests.factories import CUSTOMER, NOON, STAFF, nothing_changed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

S = ShipmentStatus


@pytest.fixture
def published(monkeypatch):
    """What is published, in order."""
    events = []
    monkeypatch.setattr(statements, "publish", events.append)
    return events


@pytest.fixture
def delivered():
    """A parcel its carrier delivered."""
    factories.activate()
    return factories.scan(factories.fulfill(factories.make_order()), S.DELIVERED)


def test_statement_is_kept_as_it_was_said(delivered, published):
    stated = state_not_received(delivered.pk, CUSTOMER, " Nobody rang. ", NOON)

    kept = ParcelStatement.objects.get()
    assert kept == stated
    assert (kept.shipment_id, kept.kind, kept.comment) == (
        delivered.pk,
        "NOT_RECEIVED",
        "Nobody rang.",
    )
    assert (kept.stated_by, kept.stated_at) == ("anna@example.com", NOON)
    (told,) = published
    assert (told.shipment_id, told.order_ref) == (delivered.pk, delivered.order.order_ref)


def test_statement_said_again_gives_the_first(delivered, published):
    first = state_not_received(delivered.pk, CUSTOMER, "Nobody rang.", NOON)
    factories.commit()

    with nothing_changed():
        again = state_not_received(delivered.pk, STAFF, "Other", NOON + timedelta(days=1))

    assert again == first
    assert len(published) == 1


def test_statement_is_on_the_order_timeline(delivered):
    state_not_received(delivered.pk, CUSTOMER, "Nobody rang.", NOON + timedelta(days=1))

    file = timelines.load([delivered.order.order_ref])[delivered.order.order_ref]
    entry = timelines.view(file, NOON + timedelta(days=2), "en").entries[0]
    assert entry == (
        NOON + timedelta(days=1),
        "SHIPMENT",
        "NOT_RECEIVED",
        "Reported as not received",
        "1ZTEST",
    )


def test_statements_tell_when_each_parcel_was_missed(delivered):
    other = factories.scan(factories.fulfill(factories.make_order()), S.DELIVERED)
    state_not_received(delivered.pk, CUSTOMER, "", NOON)

    assert statements.stated_at([delivered.pk, other.pk]) == {delivered.pk: NOON}
    assert statements.stated_at([]) == {}


@pytest.mark.parametrize("status", [S.PENDING, S.PICKED_UP, S.RETURNING, S.LOST, S.EXPIRED])
def test_statement_is_taken_when_the_parcel_may_have_left(status):
    factories.activate()
    parcel = factories.scan(factories.fulfill(factories.make_order()), status)

    assert state_not_received(parcel.pk, CUSTOMER, "", NOON).comment == ""


@pytest.mark.parametrize("status", [S.INFO_RECEIVED, S.CANCELLED])
def test_statement_is_refused_when_the_parcel_never_left(status, published):
    factories.activate()
    parcel = factories.scan(factories.fulfill(factories.make_order()), status)
    factories.commit()

    with nothing_changed(), pytest.raises(InvalidStatement) as refused:
        state_not_received(parcel.pk, CUSTOMER, "", NOON)

    assert (refused.value.field, refused.value.code) == ("id", "NOT_SENT_YET")
    assert refused.value.message == "This parcel hasn't been sent yet."
    assert published == []


@pytest.mark.parametrize("comment", ["x" * 2001, "\x00", "\ud800"])
def test_statement_is_refused_when_comment_cannot_be_kept(delivered, comment):
    factories.commit()

    with nothing_changed(), pytest.raises(InvalidStatement) as refused:
        state_not_received(delivered.pk, CUSTOMER, comment, NOON)

    assert (refused.value.field, refused.value.code) == ("comment", "TOO_LONG")
    assert refused.value.message == "Use up to 2000 characters."


def test_statement_about_an_unknown_parcel_is_not_found(delivered):
    with pytest.raises(NotFound):
        state_not_received(Shipment.objects.latest("pk").pk + 1, CUSTOMER, "", NOON)

    assert not ParcelStatement.objects.exists()
