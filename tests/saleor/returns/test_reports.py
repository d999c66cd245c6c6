"""Figures on returns, against requests whose figures are known."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from saleor_aftersale.returns import report_sql, reports
from saleor_aftersale.returns.models import Refund, ReturnLine, ReturnRequest
from saleor_aftersale.returns.report_sql import GroupBy
from saleor_aftersale.returns.reports import InvalidPeriod, Speed
from saleor_aftersale.tracking.models import Shipment
from saleor_aftersale.values import Money
from tests import factories
from tests.factories import CHANNEL, IS_3, NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

DAY = timedelta(days=1)
JUNE = (date(2026, 6, 1), date(2026, 6, 30))


@pytest.fixture(autouse=True)
def active():
    factories.activate()


def returned(product="Kettle", *, sent=1, asked=1, reason="", currency="EUR", days=None, **line):
    """A request submitted at noon of the first of June; with ``days`` refunded so much later."""
    order = factories.delivered_order(lines={product: sent})
    request = factories.ask(order, asked, now=NOON)
    Shipment.objects.filter(order=request.order).update(created_at=NOON)
    ReturnLine.objects.filter(request=request).update(reason=reason, currency=currency, **line)
    if days is not None:
        pay_back(request, 10 * asked, currency, days)
    return request


def pay_back(request, amount, currency="EUR", days=1.0, state="SETTLED"):
    return Refund.objects.create(
        request=request,
        key=f"{request.number}/{Refund.objects.count()}",
        amount=amount,
        currency=currency,
        state=state,
        created_at=NOON,
        settled_at=NOON + days * DAY,
    )


def report(group_by=GroupBy.PRODUCT, *, first=JUNE[0], last=JUNE[1], channels=None):
    return reports.make_report(reports.period(first, last, channels), group_by, using="default")


def test_rate_is_pieces_that_came_back_over_pieces_sent():
    returned("Kettle", sent=4, asked=3, received_quantity=2)
    returned("Mug", sent=4, asked=1, received_quantity=1)

    made = report()

    assert (made.total.returned_pieces, made.total.sent_pieces) == (3, 8)
    assert made.total.return_rate == 0.375
    assert [(one.key, one.requested_pieces, one.return_rate) for one in made.groups] == [
        ("Kettle", 3, 0.5),
        ("Mug", 1, 0.25),
    ]


def test_declined_request_counts_as_a_request_only():
    request = returned(sent=2, asked=2, received_quantity=2)
    ReturnRequest.objects.filter(pk=request.pk).update(state="DECLINED")

    (group,) = report().groups

    assert (group.requests, group.requested_pieces, group.returned_pieces) == (1, 0, 0)


def test_rate_is_unknown_when_nothing_was_sent():
    request = returned(received_quantity=1)
    Shipment.objects.filter(order=request.order).update(created_at=NOON - 60 * DAY)

    assert report().total.return_rate is None


def test_parcel_taken_back_by_the_shop_was_not_sent():
    request = returned()
    Shipment.objects.filter(order=request.order).update(is_cancelled=True)

    assert report().total.sent_pieces == 0


def test_report_is_empty_when_nothing_was_asked_back():
    order = factories.delivered_order(lines={"Kettle": 3})
    Shipment.objects.filter(order=factories.keep(order)).update(created_at=NOON)

    made = report()

    assert (made.total.sent_pieces, made.total.requests, made.groups) == (3, 0, [])
    assert made.total.fit == {"TOO_SMALL": 0, "TOO_LARGE": 0, "POOR_FIT": 0}
    assert made.total.speed == Speed(None, None, None)


@pytest.mark.parametrize(
    ("first", "last", "requests"),
    [
        (date(2026, 6, 1), date(2026, 6, 1), 1),
        (date(2026, 5, 1), date(2026, 5, 31), 0),
        (date(2026, 6, 2), date(2026, 6, 30), 0),
    ],
)
def test_both_ends_of_the_period_are_in_it(first, last, requests):
    returned()

    assert report(first=first, last=last).total.requests == requests


def test_amounts_of_two_currencies_are_never_added():
    returned("Kettle", days=1)
    returned("Kettle", days=1)
    returned("Kettle", currency="PLN", days=1)

    (group,) = report().groups

    wanted = (Money(Decimal("20.00"), "EUR"), Money(Decimal("10.00"), "PLN"))
    assert (group.refunded, report().total.refunded) == (wanted, wanted)


def test_refund_is_shared_out_by_what_was_accepted():
    request = returned("Kettle", asked=1, accepted_quantity=3, unit_price=10)
    line = request.lines.get()
    other = {"product_name": "Mug", "line_ref": "0", "accepted_quantity": 1, "lost_value": 0}
    ReturnLine.objects.create(
        request=request,
        basis=line.basis,
        state=line.state,
        quantity=1,
        unit_price=10,
        currency="EUR",
        **other,
    )
    pay_back(request, 50)

    made = report()

    shares = {one.key: one.refunded for one in made.groups}
    assert shares == {
        "Kettle": (Money(Decimal("37.50"), "EUR"),),
        "Mug": (Money(Decimal("12.50"), "EUR"),),
    }
    assert made.total.refunded == (Money(Decimal("50.00"), "EUR"),)


def test_refund_is_shared_alike_when_nothing_was_accepted():
    returned("Kettle", days=1)

    (group,) = report().groups

    assert group.refunded == (Money(Decimal("10.00"), "EUR"),)


@pytest.mark.parametrize("state", ["DUE", "STARTED", "REQUESTED", "FAILED"])
def test_refund_counts_only_when_it_is_confirmed(state):
    pay_back(returned(), 10, state=state)

    made = report()

    assert (made.total.refunded, made.total.speed) == ((), Speed())


def test_days_to_the_money_are_median_and_ninetieth_percentile():
    for days in (1, 2, 3, 4, 10):
        returned(days=days)

    speed = report().total.speed

    assert (speed.median_days, speed.p90_days) == (3.0, pytest.approx(7.6))


@pytest.mark.parametrize(
    ("days", "moments", "share"),
    [
        (14, {"sent_at": NOON + DAY}, 1.0),
        (15, {"sent_at": NOON + DAY}, 0.0),
        # The shop may wait for the goods or a proof that they were sent.
        (20, {}, 1.0),
        (20, {"received_at": NOON + 20 * DAY}, 1.0),
        (20, {"received_at": NOON + 20 * DAY, "sent_at": NOON + 2 * DAY}, 0.0),
        (21, {"received_at": NOON + 20 * DAY}, 0.0),
    ],
)
def test_withdrawal_is_paid_in_time_when_within_the_legal_deadline(days, moments, share):
    request = returned(days=days)
    ReturnRequest.objects.filter(pk=request.pk).update(**moments)

    assert report().total.speed.in_time_share == share


def test_share_in_time_is_of_withdrawals_only():
    returned(days=30, basis="GOODWILL")

    assert report().total.speed.in_time_share is None


def test_variant_shows_how_it_fits():
    returned("Shoe", sent=5, asked=2, reason="TOO_SMALL")
    sku = ReturnLine.objects.get().sku
    ReturnLine.objects.update(quantity=2)

    (group,) = report(GroupBy.VARIANT).groups

    assert (group.key, group.label, group.sent_pieces) == (sku, "Shoe", 5)
    assert group.fit == {"TOO_SMALL": 2, "TOO_LARGE": 0, "POOR_FIT": 0}


def test_reason_is_measured_against_everything_sent():
    returned(sent=5, asked=1, reason="TOO_LARGE", received_quantity=1)
    returned(sent=5, asked=1, received_quantity=1)

    rates = {one.key: one.return_rate for one in report(GroupBy.REASON).groups}

    assert rates == {"": 0.1, "TOO_LARGE": 0.1}


def test_months_come_in_their_order():
    returned(sent=1, asked=1)
    july = returned(sent=3, asked=3)
    ReturnRequest.objects.filter(pk=july.pk).update(submitted_at=NOON + 30 * DAY)
    Shipment.objects.filter(order=july.order).update(created_at=NOON + 30 * DAY)

    groups = report(GroupBy.MONTH, last=date(2026, 7, 31)).groups

    assert [(one.key, one.requested_pieces, one.sent_pieces) for one in groups] == [
        ("2026-06", 1, 1),
        ("2026-07", 3, 3),
    ]


@pytest.mark.skipif(not IS_3, reason="2.10.1 has no channels")
def test_channels_are_told_apart():
    returned("Kettle")
    factories.activate(channel="other")
    order = factories.delivered_order(channel="other")
    returned("Mug")
    ReturnRequest.objects.filter(lines__product_name="Mug").update(channel="other")

    by_channel = [(one.key, one.requests) for one in report(GroupBy.CHANNEL).groups]

    assert by_channel == [(CHANNEL, 1), ("other", 1)]
    assert report(channels=["other"]).total.requests == 1
    assert report(channels=[]).total.requests == 0
    assert order


def test_product_keeps_its_name_when_the_shop_has_lost_the_line():
    request = returned("Kettle")
    ReturnLine.objects.filter(request=request).update(line_ref="not-a-line")

    assert [one.key for one in report().groups] == ["Kettle"]


def test_groups_are_limited_to_those_with_the_most_pieces(monkeypatch):
    monkeypatch.setattr(report_sql, "MAX_GROUPS", 1)
    returned("Mug")
    returned("Kettle", sent=2, asked=2)

    made = report()

    assert [one.key for one in made.groups] == ["Kettle"]
    assert made.total.requested_pieces == 3


@pytest.mark.parametrize("number", [1, 4])
def test_number_of_queries_does_not_grow_with_requests(number):
    for _ in range(number):
        returned(days=1)

    with CaptureQueriesContext(connection) as queries:
        report()

    assert len(queries) == 8


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (date(2026, 6, 2), date(2026, 6, 1), "The period ends before it starts."),
        (date(2020, 1, 1), date(2026, 1, 1), "Ask for at most 1100 days."),
        (date(9999, 12, 1), date(9999, 12, 31), "There is no such day."),
    ],
)
def test_period_is_refused_when_it_is_none(first, last, said):
    with pytest.raises(InvalidPeriod) as refusal:
        reports.period(first, last, None)

    assert refusal.value.message == said
