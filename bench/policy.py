"""Deciding what may be returned: how many lines a second, and what it adds to reading them."""

from __future__ import annotations

import cProfile
import pstats
import time
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any, List, Tuple

from django.utils import timezone as clock

from bench.measure import Claim, ratio_in_turns
from saleor_aftersale.returns import grounds, policy
from saleor_aftersale.returns.bases import Basis, Payer
from saleor_aftersale.returns.shop_rules import Terms
from tests import factories
from tests.factories import global_id

DECISIONS = 100_000
LINES = 3

#: A shop's own goods, some with rules.
TERMS = (
    Terms(),
    Terms(goodwill_days=60, payers=((Basis.WITHDRAWAL, Payer.MERCHANT),)),
    Terms(exception="E"),
    Terms(warranty_months=36),
)

Known = List[Tuple[List[policy.LineFacts], policy.OrderFacts]]


def _known_orders() -> Known:
    """Orders of three lines delivered over half a year to several countries."""
    first_at = datetime(2026, 3, 2, 8, tzinfo=timezone.utc)
    orders: Known = []
    for number in range(DECISIONS // LINES):
        at = first_at + timedelta(minutes=8 * number)
        lines = [
            policy.LineFacts(
                str(line),
                1 + number % 2,
                (number + line) % 3 and 1,
                number % 7 == line,
                at - timedelta(days=line),
                TERMS[(number + line) % len(TERMS)],
                ordered_quantity=1 + number % 2,
            )
            for line in range(LINES)
        ]
        orders.append((lines, policy.OrderFacts(at, ("PL", "BG", "DE", "RO")[number % 4])))
    return orders


def _decide(orders: Known) -> None:
    rules = policy.Policy(return_window_days=30)
    for lines, order in orders:
        policy.decide_all(lines, order, rules, date(2026, 9, 1))


def seconds_of_decisions() -> float:
    """
    Seconds for 100 000 lines on every basis, from facts to reasons, on one core.

    Processor time, from empty caches, best of five: the rest is the
    machine's. Past a second the profile tells where it went.
    """
    orders = _known_orders()
    seconds = []
    for _number in range(5):
        policy._options.cache_clear()
        grounds.options_on.cache_clear()
        started = time.process_time()
        _decide(orders)
        seconds.append(time.process_time() - started)
    if min(seconds) > 1:
        profile = cProfile.Profile()
        profile.runcall(_decide, orders)
        pstats.Stats(profile).sort_stats("tottime").print_stats(12)
    return min(seconds)


OURS = """query ($id: ID!) { order(id: $id) { returnOptions {
  orderLineId quantity proposedBasis bases { basis isOpen until refusals } } } }"""

#: What a storefront's order page asks Saleor for of each line.
THEIRS = """query ($id: ID!) { order(id: $id) { lines {
  id productName variantName translatedProductName translatedVariantName productSku
  isShippingRequired quantity quantityFulfilled taxRate
  unitPrice { currency gross { amount currency } net { amount currency } tax { amount currency } }
  thumbnail(size: 256) { url alt }
  variant { id name sku }
} } }"""


@lru_cache(maxsize=1)
def _big_order() -> Tuple[Any, str]:
    factories.activate(return_rules="category: Category | warranty 12\nprice: > 500 | goodwill 0")
    lines = {f"Kettle {number}": 1 + number % 3 for number in range(100)}
    order = factories.delivered_order(clock.now() - timedelta(days=1), lines=lines)
    return factories.Api(factories.make_staff()), global_id("Order", order.pk)


def options_ratio() -> float:
    """Time of ``returnOptions`` of 100 lines over reading those lines from Saleor."""
    api, order_id = _big_order()
    assert len(api.post(OURS, id=order_id)["order"]["returnOptions"]) == 100
    assert len(api.post(THEIRS, id=order_id)["order"]["lines"]) == 100
    return ratio_in_turns(
        lambda: api.post(OURS, id=order_id), lambda: api.post(THEIRS, id=order_id), rounds=15
    )


CLAIMS = [
    Claim("seconds for 100 000 line decisions", 1.0, seconds_of_decisions),
    Claim("Order.returnOptions of 100 lines over Order.lines", 1.5, options_ratio),
]
