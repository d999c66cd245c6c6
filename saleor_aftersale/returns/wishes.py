"""What a customer asks for, line by line: checked, decided, made rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import List, Optional, Sequence

from ..config import Settings
from ..host import orders
from ..tracking import queries as tracking_queries
from ..tracking.models import OrderRecord
from ..values import AftersaleError, NotFound, Order
from . import policy, queries, refunds
from .line_states import LineState
from .models import ReturnLine, ReturnRequest


class LineRefused(AftersaleError):
    """A line can't be returned as asked, for one reason."""


@dataclass(frozen=True)
class WishedLine:
    """What a customer asks for one order line."""

    #: Empty: what was named is no order line.
    line_ref: str
    quantity: int
    #: None: the most favourable basis that is open.
    basis: Optional[policy.Basis] = None
    #: One of ``policy.REASONS``, or empty.
    reason: str = ""


def order_of(record: OrderRecord) -> Order:
    """
    The order as the shop holds it now.

    Raises:
        NotFound: the shop no longer has it.
    """
    found = orders.load_orders([record.order_ref], using="default")
    if record.order_ref not in found:
        raise NotFound("There is no such order.", field="order_id")
    return found[record.order_ref]


def decisions_of(
    order: Order, settings: Settings, now: datetime, *, without: Optional[ReturnRequest] = None
) -> dict[str, policy.Decision]:
    """
    What every line of a locked order permits at that moment, by line ref.

    Args:
        without: a request whose pieces don't count as asked for.
    """
    parcels = tracking_queries.parcels_by_order([order])[order.ref]
    requests = queries.requests_by_order([order.ref])[order.ref]
    others = [request for request in requests if request != without]
    return queries.decisions(order, parcels, others, settings, now)


def basis_of(wish: WishedLine, decision: policy.Decision) -> policy.Basis:
    """On what ground pieces are asked for."""
    return wish.basis or decision.proposed or policy.Basis.WITHDRAWAL


def decided_lines(
    order: Order, wishes: Sequence[WishedLine], decisions: dict[str, policy.Decision]
) -> List[ReturnLine]:
    """Rows for wishes in which ``wish_faults`` found no fault, not saved yet."""
    prices = refunds.unit_prices(order)
    order_lines = {line.ref: line for line in order.lines}
    lines = []
    for wish in wishes:
        line, decision = order_lines[wish.line_ref], decisions[wish.line_ref]
        basis = basis_of(wish, decision)
        lines.append(
            ReturnLine(
                line_ref=line.ref,
                product_name=tracking_queries.product_name_of(line.product_name, line.variant_name),
                sku=line.sku,
                basis=basis.value,
                reason=wish.reason,
                state=LineState.REQUESTED.value,
                quantity=wish.quantity,
                unit_price=prices[line.ref],
                currency=order.currency,
                fee_percent=_fee_percent(decision, basis),
            )
        )
    return lines


def _fee_percent(decision: policy.Decision, basis: policy.Basis) -> int:
    """Only of a goodwill return may a part of the price be kept."""
    goodwill = policy.Basis.GOODWILL_RETURN
    return decision.option(goodwill).fee_percent if basis is goodwill else 0


def terms_of(lines: Sequence[ReturnLine]) -> str:
    """Fees as the step that made a request holds them: that step can't be changed any more."""
    kept = [line for line in lines if line.fee_percent]
    return "; ".join(f"fee {line.fee_percent} % of line {line.line_ref}" for line in kept)


#: What a request asks for when its lines offer nothing in common.
MONEY = "REFUND_ORIGINAL"


def wished_resolution(
    resolution: str, lines: Sequence[ReturnLine], decisions: dict[str, policy.Decision]
) -> str:
    """
    What the customer asks for as far as it is offered: one decision is made for all lines.

    Args:
        resolution: of ``bases.RESOLUTIONS``. Empty, or not offered for one of the lines: the
            first that all of them offer.
        decisions: of the lines' order, as ``decisions_of`` gives them.
    """
    offers = [offered(line, decisions) for line in lines]
    if resolution and all(resolution in offer for offer in offers):
        return resolution
    common = (word for word in offers[0] if all(word in offer for offer in offers))
    return next(common, MONEY)


def offered(line: ReturnLine, decisions: dict[str, policy.Decision]) -> Sequence[str]:
    """Resolutions a line's basis offers."""
    decision = decisions.get(line.line_ref)
    return decision.option(policy.Basis(line.basis)).resolutions if decision else ()
