"""Fulfilling an order with the plugin switched on against switched off."""

from __future__ import annotations

from typing import Any, Iterator

from bench.measure import Claim, ratio_in_turns
from tests import factories
from tests.factories import IS_3, global_id

ROUNDS = 80

FULFILL = """
mutation ($order: ID!, $input: OrderFulfillInput!) {
  orderFulfill(order: $order, input: $input) { errors { field message } fulfillments { id } }
}
"""


def _inputs() -> Iterator[Any]:
    while True:
        order = factories.make_order(lines={"Kettle": 1})
        line = order.lines.get()
        warehouse = line.variant.stocks.get().warehouse
        stocks = [{"quantity": 1, "warehouse": global_id("Warehouse", warehouse.pk)}]
        lines = [{"orderLineId": global_id("OrderLine", line.pk), "stocks": stocks}]
        more = {"allowStockToBeExceeded": True} if IS_3 else {}
        order_id = global_id("Order", order.pk)
        yield order_id, {"lines": lines, "notifyCustomer": False, **more}


def fulfill_ratio() -> float:
    """Time of the mutation with active hooks over inactive ones."""
    api = factories.Api(factories.make_staff())
    made = _inputs()
    waiting = [next(made) for _number in range(2 * ROUNDS + 2)]

    def fulfill() -> None:
        order_id, wish = waiting.pop()
        answer = api.post(FULFILL, order=order_id, input=wish)
        assert not answer["orderFulfill"]["errors"], answer

    return ratio_in_turns(
        fulfill,
        fulfill,
        rounds=ROUNDS,
        before_ours=lambda: factories.activate(active=True),
        before_theirs=lambda: factories.activate(active=False),
    )


CLAIMS = [Claim("orderFulfill with the plugin active over inactive", 1.05, fulfill_ratio)]
