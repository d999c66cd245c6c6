"""Which fulfillments are parcels of their own, and which only hold what was moved."""

from dataclasses import replace

import pytest

from saleor_aftersale.tracking import moved_goods
from saleor_aftersale.values import Fulfillment, FulfillmentLine, FulfillmentStatus
from tests.unit.orders import NOON, make_order

F = FulfillmentStatus


def fulfillment(ref, status, **pieces):
    lines = tuple(
        FulfillmentLine(ref + line_ref, line_ref, quantity) for line_ref, quantity in pieces.items()
    )
    return Fulfillment(ref, 1, status, "", NOON, lines)


def order(*fulfillments):
    return replace(make_order(), fulfillments=fulfillments)


@pytest.mark.parametrize("status", [F.RETURNED, F.REPLACED, F.REFUNDED])
@pytest.mark.parametrize(
    "line_refs, was_sent", [(["a"], True), (["a", "b"], True), (["a", "c"], False), ([], False)]
)
def test_goods_were_sent_when_all_of_them_were_moved(status, line_refs, was_sent):
    shop = order(fulfillment("2", status, a=1, b=2))

    assert moved_goods.was_sent(line_refs, shop) == was_sent


@pytest.mark.parametrize("status", [F.FULFILLED, F.CANCELED, F.WAITING_FOR_APPROVAL])
def test_goods_were_not_moved_when_they_are_still_to_be_or_were_sent(status):
    assert not moved_goods.was_sent(["a"], order(fulfillment("2", status, a=1)))


@pytest.mark.parametrize("status", list(F))
def test_fulfillment_is_a_parcel_when_nothing_of_it_is_kept(status):
    made = fulfillment("1", status, a=1)

    found = moved_goods.unkept(order(made), (), {})

    assert found == ([made] if status in (F.FULFILLED, F.REFUNDED) else [])


@pytest.mark.parametrize(
    "kept, count",
    [
        # Two of three were refunded: all three are in the parcel we keep.
        ({"a": 3}, 0),
        # We keep what was left alone: the refunded ones were a parcel before we knew of it.
        ({"a": 1}, 1),
        ({}, 1),
    ],
)
def test_refunded_pieces_are_a_parcel_when_no_other_holds_them(kept, count):
    shop = order(fulfillment("1", F.FULFILLED, a=1), fulfillment("2", F.REFUNDED, a=2))

    assert len(moved_goods.unkept(shop, {"1"}, kept)) == count


def test_pieces_that_came_back_count_as_sent():
    shop = order(fulfillment("2", F.REFUNDED, a=2), fulfillment("3", F.RETURNED, a=1))

    assert moved_goods.unkept(shop, (), {"a": 2}) == [shop.fulfillments[0]]
    assert moved_goods.unkept(shop, (), {"a": 3}) == []


def test_second_parcel_is_a_parcel_whatever_is_kept():
    shop = order(fulfillment("1", F.FULFILLED, a=1), fulfillment("2", F.FULFILLED, a=1))

    assert moved_goods.unkept(shop, {"1"}, {"a": 2}) == [shop.fulfillments[1]]
