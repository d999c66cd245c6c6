"""May this line be returned, on what basis, until when: rules that all run and say why not."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from typing import Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

from .bases import Basis as Basis
from .bases import Payer as Payer
from .codes import DECLINE_CODES as DECLINE_CODES
from .codes import REASONS as REASONS
from .codes import WITHDRAWAL_DECLINE_CODES as WITHDRAWAL_DECLINE_CODES
from .codes import Refusal as Refusal
from .grounds import Delivery, delivery_of, last_good_on, options_on
from .grounds import Option as Option
from .grounds import OrderFacts as OrderFacts
from .grounds import Policy as Policy
from .shop_rules import NO_TERMS, Terms


class LineFacts(NamedTuple):
    """What is known of one order line. Quantities in pieces."""

    line_ref: str
    #: Handed over for shipping, cancelled parcels left out.
    sent_quantity: int
    #: Of those, reported as delivered.
    delivered_quantity: int
    #: In requests that were not declined, cancelled or expired.
    requested_quantity: int
    #: Delivery of the line's last piece; None: taken from the order.
    delivered_at: Optional[datetime] = None
    #: What the shop says of it.
    terms: Terms = NO_TERMS
    #: Part of the contract, sent or not; less than sent means: as many.
    ordered_quantity: int = 0


class Decision(NamedTuple):
    """All that can be done with one line today."""

    line_ref: str
    #: Pieces that can still be asked for, on whatever basis.
    quantity: int
    #: One per basis, in the order of ``Basis``.
    options: Tuple[Option, ...]

    def option(self, basis: Basis) -> Option:
        """The option of one basis."""
        return next(option for option in self.options if option.basis is basis)

    @property
    def proposed(self) -> Optional[Basis]:
        """The most favourable basis open today."""
        return next((option.basis for option in self.options if option.is_open), None)


class Pieces(NamedTuple):
    """What counts of a line beside its ground."""

    ordered: int
    sent: int
    delivered: int
    requested: int
    #: A letter of Directive 2011/83/EU Art. 16, or empty.
    exception: str


LineRule = Callable[[Pieces, Basis], Optional[Refusal]]

#: On these a customer may ask for goods still on their way: say that they never came,
#: refuse them. A withdrawal needs no goods at all; everything else needs them in hand.
_ON_THE_WAY_IS_ENOUGH = frozenset({Basis.DELIVERY_PROBLEM, Basis.REFUSED_DELIVERY})

#: Exceptions that begin with what somebody does to goods in hand: unsealing, mixing.
_ONLY_IN_HAND = frozenset("EFI")


def _pieces_there(line: Pieces, basis: Basis) -> int:
    if basis is Basis.WITHDRAWAL:
        return line.ordered
    if basis in _ON_THE_WAY_IS_ENOUGH:
        return line.sent
    return line.delivered


def _pieces_left(line: Pieces, basis: Basis) -> int:
    """Pieces that can still be asked for, never below 0."""
    left = _pieces_there(line, basis) - line.requested
    letter = line.exception
    if basis is Basis.REFUSED_DELIVERY:
        left = min(left, line.sent - line.delivered)
    elif basis is Basis.WITHDRAWAL and letter:
        left = min(left, line.ordered - line.delivered) if letter in _ONLY_IN_HAND else 0
    return left if left > 0 else 0


def _nothing_there_yet(line: Pieces, basis: Basis) -> Optional[Refusal]:
    if _pieces_there(line, basis):
        return None
    if basis is Basis.WITHDRAWAL:
        # All of it was withdrawn from before it was sent.
        return Refusal.ALREADY_RETURNED
    is_refusal = basis is Basis.REFUSED_DELIVERY
    return Refusal.NOT_SENT_YET if is_refusal else Refusal.NOT_DELIVERED_YET


def _is_excepted(line: Pieces, basis: Basis) -> Optional[Refusal]:
    letter = line.exception
    if not letter or basis is not Basis.WITHDRAWAL:
        return None
    if letter in _ONLY_IN_HAND and line.delivered < line.ordered:
        return None
    return _EXCEPTED[letter]


def _is_delivered(line: Pieces, basis: Basis) -> Optional[Refusal]:
    if basis is not Basis.REFUSED_DELIVERY:
        return None
    is_all_there = 0 < line.sent <= line.delivered
    return Refusal.ALREADY_DELIVERED if is_all_there else None


def _all_asked_for(line: Pieces, basis: Basis) -> Optional[Refusal]:
    there = _pieces_there(line, basis)
    return Refusal.ALREADY_RETURNED if 0 < there <= line.requested else None


_EXCEPTED = {refusal.value[-1]: refusal for refusal in Refusal if "_16_" in refusal.value}

#: Refusals that depend on the pieces of one line; those of the ground come after the first.
LINE_RULES: Tuple[LineRule, ...] = (
    _nothing_there_yet,
    _is_excepted,
    _is_delivered,
    _all_asked_for,
)


def decide(line: LineFacts, order: OrderFacts, policy: Policy, today: date) -> Decision:
    """
    What the customer can do with one line, on every basis.

    Args:
        today: the day of the statement, see ``legal.day_of_statement``.

    Returns:
        A decision whose refused options carry all reasons, not only the first.
    """
    return decide_all([line], order, policy, today)[line.line_ref]


def decide_all(
    lines: Sequence[LineFacts], order: OrderFacts, policy: Policy, today: date
) -> Dict[str, Decision]:
    """Decisions by line ref."""
    order_on = last_good_on(order)
    deliveries: Dict[Optional[datetime], Delivery] = {}
    decisions = {}
    for line_ref, sent, delivered, requested, delivered_at, terms, ordered in lines:
        if delivered_at not in deliveries:
            deliveries[delivered_at] = delivery_of(order, order_on, delivered_at)
        ordered = ordered if ordered > sent else sent
        pieces = Pieces(ordered, sent, delivered, requested, terms.exception)
        options = _options(pieces, deliveries[delivered_at], policy, terms, today)
        left = ordered - requested
        decisions[line_ref] = Decision(line_ref, left if left > 0 else 0, options)
    return decisions


@lru_cache(maxsize=16384)
def _options(
    pieces: Pieces, delivery: Delivery, policy: Policy, terms: Terms, today: date
) -> Tuple[Option, ...]:
    """Kept, because most lines are one piece that nobody has asked for."""
    common = options_on(delivery, policy, terms, today)
    return tuple(_with_pieces(option, pieces) for option in common)


def _with_pieces(option: Option, pieces: Pieces) -> Option:
    basis = option.basis
    nothing, *others = (rule(pieces, basis) for rule in LINE_RULES)
    found = (nothing, *option.refusals, *others)
    return option._replace(
        refusals=tuple(refusal for refusal in found if refusal),
        quantity=_pieces_left(pieces, basis),
    )


def refusals_of(decision: Decision, basis: Basis, quantity: int) -> List[Refusal]:
    """Every reason why that many pieces can't be asked for on that basis; empty: go ahead."""
    option = decision.option(basis)
    refusals = list(option.refusals)
    # With no piece left at all, the option's own refusals say so.
    if quantity > option.quantity > 0:
        refusals.append(Refusal.QUANTITY_EXCEEDED)
    return refusals
