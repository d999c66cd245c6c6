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
from .checks import InvalidInput, check_text
from .line_states import LineState
from .models import ReturnLine, ReturnRequest


class LineRefused(AftersaleError):
    """A line can't be returned as asked; the code is the first reason's."""


@dataclass(frozen=True)
class WishedLine:
    """What a customer asks for one order line."""

    line_ref: str
    quantity: int
    #: None: the most favourable basis that is open.
    basis: Optional[policy.Basis] = None
    #: One of ``policy.REASONS``, or empty.
    reason: str = ""


def check_wishes(wishes: Sequence[WishedLine], note: str) -> None:
    """
    Check wishes by themselves, before any order is looked at.

    Raises:
        InvalidInput: no lines, a quantity below 1, a line named twice, too long a text.
    """
    if not wishes:
        raise InvalidInput("Name at least one line.", field="lines", code="REQUIRED")
    if len({wish.line_ref for wish in wishes}) < len(wishes):
        raise InvalidInput("A line may be named once.", field="lines", code="DUPLICATED")
    if any(wish.quantity < 1 for wish in wishes):
        raise InvalidInput("The quantity must be at least 1.", field="quantity")
    if any(wish.reason and wish.reason not in policy.REASONS for wish in wishes):
        raise InvalidInput("There is no such reason.", field="reason")
    check_text(note, "note")


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


def decided_lines(
    order: Order,
    wishes: Sequence[WishedLine],
    decisions: dict[str, policy.Decision],
    kept: Sequence[ReturnLine] = (),
) -> List[ReturnLine]:
    """
    Rows for the wishes, not saved yet.

    Args:
        kept: lines asked for before: as many pieces on the same basis need no new decision,
            because the moment of that statement counts.

    Raises:
        LineRefused: a line isn't of this order or can't be returned as asked.
    """
    prices = refunds.unit_prices(order)
    order_lines = {line.ref: line for line in order.lines}
    asked = {(line.line_ref, line.basis): line.quantity for line in kept}
    lines = []
    for wish in wishes:
        decision = decisions.get(wish.line_ref)
        if decision is None:
            raise LineRefused(
                "This line is not part of the order.", field="lines", code="NOT_OUR_ORDER"
            )
        basis = wish.basis or decision.proposed or policy.Basis.WITHDRAWAL
        if wish.quantity > asked.get((wish.line_ref, basis.value), 0):
            _refuse_or_go_on(decision, basis, wish.quantity)
        line = order_lines[wish.line_ref]
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
    What the customer asks for: one decision is made for all lines, so all must offer it.

    Args:
        resolution: of ``bases.RESOLUTIONS``; empty: the first that all lines offer.
        decisions: of the lines' order, as ``decisions_of`` gives them.

    Raises:
        InvalidInput: it isn't offered on the basis of one of the lines.
    """
    offers = [_offered(line, decisions) for line in lines]
    if not resolution:
        common = (word for word in offers[0] if all(word in offer for offer in offers))
        return next(common, MONEY)
    for line, offer in zip(lines, offers):
        if resolution not in offer:
            raise InvalidInput(
                f"{resolution} isn't offered for {line.product_name} as {line.basis}.",
                field="resolution",
                code="NOT_OFFERED",
            )
    return resolution


def _offered(line: ReturnLine, decisions: dict[str, policy.Decision]) -> Sequence[str]:
    decision = decisions.get(line.line_ref)
    return decision.option(policy.Basis(line.basis)).resolutions if decision else ()


def _refuse_or_go_on(decision: policy.Decision, basis: policy.Basis, quantity: int) -> None:
    refusals = policy.refusals_of(decision, basis, quantity)
    if refusals:
        reasons = ", ".join(refusal.value for refusal in refusals)
        raise LineRefused(
            f"This can't be returned as {basis.value}: {reasons}.",
            field="lines",
            code=refusals[0].value,
        )
