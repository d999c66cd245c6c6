"""May this line be returned, on what basis, until when: rules that all run and say why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Callable, Dict, List, Optional, Sequence, Tuple

from . import legal


class Basis(Enum):
    """On what ground a customer gives something back, the most favourable first."""

    #: Statutory right, no reason needed.
    WITHDRAWAL = "WITHDRAWAL"
    #: The merchant's own, wider policy.
    GOODWILL_RETURN = "GOODWILL_RETURN"
    #: Legal guarantee: the goods aren't as they should be.
    NON_CONFORMITY = "NON_CONFORMITY"
    #: Wrong, missing, lost or damaged on the way.
    DELIVERY_PROBLEM = "DELIVERY_PROBLEM"


class Refusal(Enum):
    """Why something isn't possible; the codes are shown in the API."""

    PERIOD_EXPIRED = "PERIOD_EXPIRED"
    NOT_DELIVERED_YET = "NOT_DELIVERED_YET"
    ALREADY_RETURNED = "ALREADY_RETURNED"
    QUANTITY_EXCEEDED = "QUANTITY_EXCEEDED"


#: Why somebody gives something back; asked for politely, never required for a withdrawal.
REASONS: Tuple[str, ...] = (
    "CHANGED_MIND",
    "ORDERED_BY_MISTAKE",
    "BETTER_PRICE",
    "SEVERAL_VARIANTS_ORDERED",
    "UNWANTED_GIFT",
    "TOO_SMALL",
    "TOO_LARGE",
    "POOR_FIT",
    "STYLE_COLOUR",
    "NOT_AS_DESCRIBED",
    "QUALITY_BELOW_EXPECTED",
    "DEFECTIVE_ON_ARRIVAL",
    "DEFECT_APPEARED_LATER",
    "PARTS_MISSING",
    "WRONG_ITEM",
    "DAMAGED_IN_TRANSIT",
    "NOT_RECEIVED",
    "PARTLY_RECEIVED",
    "ARRIVED_LATE",
    "REFUSED_AT_DOOR",
    "SAFETY_RECALL",
    "ALLERGY_REACTION",
    "OTHER",
)

#: Why a merchant declines; a withdrawal only by proven lateness or a coded exception.
DECLINE_CODES: Tuple[str, ...] = (
    "PERIOD_EXPIRED",
    "NOT_DELIVERED_YET",
    "ALREADY_RETURNED",
    "QUANTITY_EXCEEDED",
    "FINAL_SALE_GOODWILL_ONLY",
    "NO_DEFECT_FOUND",
    "DAMAGE_BY_USE",
    "NOT_OUR_ORDER",
) + tuple("EXCEPTION_16_" + letter for letter in "ABCDEFGHIJKLM")

#: Decline codes that hold against a withdrawal. Source: Directive 2011/83/EU Art. 9, 16.
WITHDRAWAL_DECLINE_CODES = frozenset(
    code for code in DECLINE_CODES if code.startswith("EXCEPTION_16_")
) | {"PERIOD_EXPIRED", "ALREADY_RETURNED", "QUANTITY_EXCEEDED", "NOT_OUR_ORDER"}


@dataclass(frozen=True)
class Policy:
    """The channel's own rules; law is applied on top by this module."""

    return_window_days: int


@dataclass(frozen=True)
class LineFacts:
    """What is known of one order line. Quantities in pieces."""

    line_ref: str
    #: Handed over for shipping, cancelled parcels left out.
    sent_quantity: int
    #: Of those, reported as delivered.
    delivered_quantity: int
    #: In requests that were not declined, cancelled or expired.
    requested_quantity: int


@dataclass(frozen=True)
class OrderFacts:
    """What is known of the order as a whole."""

    #: Delivery of the last good; None while any part is not known to be delivered.
    delivered_at: Optional[datetime]


@dataclass(frozen=True)
class Option:
    """One basis for one line: open until a day, or refused with every reason."""

    basis: Basis
    refusals: Tuple[Refusal, ...]
    #: Last day, inclusive. None: no end is known, because delivery isn't.
    until: Optional[date]
    #: Pieces that can still be asked for on this basis.
    quantity: int

    @property
    def is_open(self) -> bool:
        """Whether the customer may use this basis today."""
        return not self.refusals


@dataclass(frozen=True)
class Decision:
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


def until(basis: Basis, order: OrderFacts, policy: Policy) -> Optional[date]:
    """
    Last day on which the basis can be used; None while delivery is unknown.

    The statutory period hasn't started before the last good is in the customer's hands.

    Source: Directive 2011/83/EU Art. 9(2)(b); Directive (EU) 2019/771 Art. 10.
    """
    if order.delivered_at is None:
        return None
    start = legal.day_of_event(order.delivered_at)
    if basis in (Basis.NON_CONFORMITY, Basis.DELIVERY_PROBLEM):
        return legal.last_day_of_months(start, legal.ROWS["guarantee.period_months"].floor)
    days = legal.ROWS["withdrawal.period_days"].floor
    if basis is Basis.GOODWILL_RETURN:
        days = legal.at_least("withdrawal.period_days", policy.return_window_days)
    return legal.last_day(start, days)


Rule = Callable[[LineFacts, Basis, Optional[date], date], Optional[Refusal]]


def _period_is_over(
    line: LineFacts, basis: Basis, last_on: Optional[date], today: date
) -> Optional[Refusal]:
    return Refusal.PERIOD_EXPIRED if last_on is not None and today > last_on else None


def _pieces_there(line: LineFacts, basis: Basis) -> int:
    """
    A customer may withdraw from goods on their way and report that they never came;
    everything else needs the goods in hand.
    """
    on_the_way_is_enough = basis in (Basis.WITHDRAWAL, Basis.DELIVERY_PROBLEM)
    return line.sent_quantity if on_the_way_is_enough else line.delivered_quantity


def _nothing_there_yet(
    line: LineFacts, basis: Basis, last_on: Optional[date], today: date
) -> Optional[Refusal]:
    return None if _pieces_there(line, basis) else Refusal.NOT_DELIVERED_YET


def _all_asked_for(
    line: LineFacts, basis: Basis, last_on: Optional[date], today: date
) -> Optional[Refusal]:
    there = _pieces_there(line, basis)
    return Refusal.ALREADY_RETURNED if 0 < there <= line.requested_quantity else None


RULES: Tuple[Rule, ...] = (_nothing_there_yet, _period_is_over, _all_asked_for)


def decide(line: LineFacts, order: OrderFacts, policy: Policy, today: date) -> Decision:
    """
    What the customer can do with one line, on every basis.

    Args:
        today: the day of the statement, see ``legal.day_of_statement``.

    Returns:
        A decision whose refused options carry all reasons, not only the first.
    """
    options = []
    for basis in Basis:
        last_on = until(basis, order, policy)
        refusals = [rule(line, basis, last_on, today) for rule in RULES]
        found = tuple(refusal for refusal in refusals if refusal)
        left = max(0, _pieces_there(line, basis) - line.requested_quantity)
        options.append(Option(basis, found, last_on, left))
    quantity = max(0, line.sent_quantity - line.requested_quantity)
    return Decision(line.line_ref, quantity, tuple(options))


def decide_all(
    lines: Sequence[LineFacts], order: OrderFacts, policy: Policy, today: date
) -> Dict[str, Decision]:
    """Decisions by line ref."""
    return {line.line_ref: decide(line, order, policy, today) for line in lines}


def refusals_of(decision: Decision, basis: Basis, quantity: int) -> List[Refusal]:
    """Every reason why that many pieces can't be asked for on that basis; empty: go ahead."""
    option = decision.option(basis)
    refusals = list(option.refusals)
    # With no piece left at all, the option's own refusals say so.
    if quantity > option.quantity > 0:
        refusals.append(Refusal.QUANTITY_EXCEEDED)
    return refusals
