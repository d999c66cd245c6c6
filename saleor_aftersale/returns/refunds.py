"""How much to give back: pure arithmetic on the order's own totals."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Dict, Sequence

from ..values import AftersaleError, Money, Order


class NothingCaptured(AftersaleError):
    """There is no money of the customer left to give back."""

    code = "NOTHING_TO_REFUND"


@dataclass(frozen=True)
class AcceptedLine:
    """Pieces of an order line that the merchant took back."""

    line_ref: str
    #: Pieces, at least 1.
    quantity: int
    #: Price paid for one piece, tax included, unrounded.
    unit_price: Decimal
    #: Share of the price lost by use, 0 to 1; only with evidence.
    lost_value: Decimal = Decimal(0)


def unit_prices(order: Order) -> Dict[str, Decimal]:
    """
    Price paid for one piece of each line, tax included, unrounded, by line ref.

    An order-wide discount that the lines don't show is shared out in proportion to the
    lines, so that all pieces together cost what the order cost without delivery.
    """
    listed = sum((line.total.amount for line in order.lines), Decimal(0))
    paid = max(Decimal(0), order.total.amount - order.shipping.amount)
    share = min(Decimal(1), paid / listed) if listed else Decimal(0)
    return {
        line.ref: line.total.amount * share / line.quantity for line in order.lines if line.quantity
    }


def refund_amount(
    lines: Sequence[AcceptedLine],
    order: Order,
    *,
    with_delivery: bool,
    paid: Decimal = Decimal(0),
) -> Money:
    """
    Amount to give back for accepted lines of one order.

    Args:
        lines: at least one.
        order: as the host holds it now; prices include tax, in ``order.currency``.
        with_delivery: the customer withdraws from the whole order: what was paid for
            outbound delivery goes back too.
        paid: given back for the same lines before.

    Returns:
        Money in the order's currency, rounded half up to its minor unit; never above
        what was captured and not refunded yet.

    Raises:
        NothingCaptured: nothing would be left to give back.

    Source: Directive 2011/83/EU Art. 13(1)-(2), Art. 14(2).
    """
    amount = sum(
        (line.unit_price * line.quantity * (1 - line.lost_value) for line in lines),
        Decimal(0),
    )
    if with_delivery:
        amount += order.shipping.amount
    step = Decimal(1).scaleb(-order.minor_units)
    left = order.captured.amount - order.refunded.amount
    amount = amount.quantize(step, ROUND_HALF_UP) - paid
    amount = min(amount, left.quantize(step, ROUND_DOWN))
    if amount <= 0:
        raise NothingCaptured("Nothing is left to refund for this order.")
    return Money(amount, order.currency)
