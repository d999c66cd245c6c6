"""How much to give back: pure arithmetic on the order's own totals."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Dict, Optional, Sequence

from ..values import AftersaleError, Money, Order


class NothingCaptured(AftersaleError):
    """There is no money of the customer left to give back."""

    code = "NOTHING_TO_REFUND"


class AmountExceeded(AftersaleError):
    """More was to be given back than is left of what the customer paid."""

    code = "AMOUNT_EXCEEDED"


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
    #: Given back by right of withdrawal: what was paid for delivery goes back too.
    is_withdrawn: bool = False
    #: The shop keeps that much of a goodwill return, 0 to 100; no right ever costs a fee.
    fee_percent: int = 0

    @property
    def price(self) -> Decimal:
        """What the customer paid for the pieces, unrounded."""
        return self.unit_price * self.quantity

    @property
    def lost(self) -> Decimal:
        """What they lost by use, unrounded."""
        return self.price * self.lost_value

    @property
    def fee(self) -> Decimal:
        """
        What the shop keeps of the rest, unrounded.

        Source: Directive 2011/83/EU Art. 13(1): a withdrawal costs nothing.
        """
        percent = 0 if self.is_withdrawn else self.fee_percent
        return (self.price - self.lost) * percent / 100

    @property
    def worth(self) -> Decimal:
        """What goes back for them, unrounded."""
        return self.price - self.lost - self.fee


@dataclass(frozen=True)
class DeliveryRule:
    """What goes back of the price of outbound delivery."""

    #: Price of the cheapest standard delivery; None: not known, all that was paid.
    standard: Optional[Decimal] = None
    #: A part of the order brings its share of the delivery back, not only the whole.
    is_shared: bool = False


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
    earlier: Sequence[AcceptedLine] = (),
    given: Decimal = Decimal(0),
    delivery: DeliveryRule = DeliveryRule(),
    spent: Decimal = Decimal(0),
) -> Money:
    """
    Amount to give back for accepted lines of one order.

    It is what all lines together are worth, less what went back for the earlier ones:
    however the pieces are spread over requests, rounding never adds up.

    Args:
        lines: at least one.
        order: as the host holds it now; prices include tax, in ``order.currency``.
        earlier: lines of this order whose price has gone back already, ``given`` in all.
        delivery: the channel's rule; the whole order withdrawn brings back the cheapest
            standard delivery, in the request that completes it.
        spent: money of this order promised already that the host's books don't show.

    Returns:
        Money in the order's currency, rounded half up to its minor unit; never above
        what was captured and not refunded yet.

    Raises:
        NothingCaptured: nothing would be left to give back.

    Source: Directive 2011/83/EU Art. 13(1)-(2), Art. 14(2).
    """
    step = Decimal(1).scaleb(-order.minor_units)
    together = _worth([*earlier, *lines], order, delivery).quantize(step, ROUND_HALF_UP)
    amount = min(together - given, left_of(order, spent))
    if amount <= 0:
        raise NothingCaptured("Nothing is left to refund for this order.")
    return Money(amount, order.currency)


def left_of(order: Order, spent: Decimal) -> Decimal:
    """What of the customer's money is still the shop's, in whole minor units."""
    step = Decimal(1).scaleb(-order.minor_units)
    left = order.captured.amount - order.refunded.amount - spent
    return left.quantize(step, ROUND_DOWN)


def given_amount(amount: Decimal, order: Order, *, spent: Decimal) -> Money:
    """
    An amount staff named, checked.

    Raises:
        AmountExceeded: it isn't positive, finer than the currency, or more than is left.
    """
    step = Decimal(1).scaleb(-order.minor_units)
    left = left_of(order, spent)
    if not amount.is_finite() or not 0 < amount <= left:
        raise AmountExceeded(
            f"Name an amount above 0 and up to {max(left, Decimal(0))}.", field="amount"
        )
    if amount != amount.quantize(step):
        raise AmountExceeded(
            f"This currency has {order.minor_units} decimals.", field="amount", code="INVALID"
        )
    return Money(amount.quantize(step), order.currency)


def _worth(lines: Sequence[AcceptedLine], order: Order, delivery: DeliveryRule) -> Decimal:
    goods = sum((line.worth for line in lines), Decimal(0))
    return goods + _delivery(lines, order, delivery)


@dataclass(frozen=True)
class Breakdown:
    """How an amount comes about: ``goods`` less the next two, plus the last two, is the amount."""

    goods: Decimal
    lost_value: Decimal
    fee: Decimal
    delivery: Decimal
    #: Given back before, or never paid; below 0 as a rule.
    other: Decimal


def breakdown(amount: Decimal, lines: Sequence[AcceptedLine], *, minor_units: int) -> Breakdown:
    """
    How the amount of one refund comes about, each part in whole minor units.

    Args:
        amount: as ``refund_amount`` gave it for these lines.
        minor_units: decimals of the currency.
    """
    step = Decimal(1).scaleb(-minor_units)
    goods, lost, worth = (
        sum((getattr(line, part) for line in lines), Decimal(0)).quantize(step, ROUND_HALF_UP)
        for part in ("price", "lost", "worth")
    )
    # What is taken off is never split into more than was taken off.
    lost = min(lost, goods - worth) if any(line.fee for line in lines) else goods - worth
    rest = amount.quantize(step) - worth
    is_delivery = rest > 0 and any(line.is_withdrawn for line in lines)
    delivery = rest if is_delivery else rest - rest
    return Breakdown(goods, lost, goods - worth - lost, delivery, rest - delivery)


def _delivery(lines: Sequence[AcceptedLine], order: Order, rule: DeliveryRule) -> Decimal:
    """The part of the delivery's price that withdrawn lines bring back, unrounded."""
    withdrawn = [line for line in lines if line.is_withdrawn]
    paid = order.shipping.amount
    standard = paid if rule.standard is None else min(paid, rule.standard)
    pieces = sum(line.quantity for line in order.lines)
    back = sum(line.quantity for line in withdrawn)
    if back >= pieces:
        return standard
    if not rule.is_shared:
        return Decimal(0)
    prices = unit_prices(order)
    goods = sum((prices[line.ref] * line.quantity for line in order.lines), Decimal(0))
    worth = sum((line.unit_price * line.quantity for line in withdrawn), Decimal(0))
    share = worth / goods if goods else Decimal(back) / pieces
    return standard * min(Decimal(1), share)
