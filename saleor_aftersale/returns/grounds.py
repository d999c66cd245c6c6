"""What holds of each basis before anybody counts pieces: until when, who pays, what follows."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from typing import Callable, FrozenSet, NamedTuple, Optional, Tuple

from . import bases, legal
from .bases import Basis, Payer
from .codes import Refusal
from .shop_rules import NO_TERMS, Terms


class Policy(NamedTuple):
    """The channel's own rules; law is applied on top by this module."""

    #: Voluntary return for any reason; rules of the shop may say otherwise line by line.
    return_window_days: int
    #: Customers are told of the right of withdrawal and of who pays the way back.
    customers_informed: bool = True
    #: Companies may withdraw like consumers.
    withdrawal_for_companies: bool = True
    #: Countries whose own, lesser law is switched on.
    profiles: FrozenSet[str] = legal.NO_PROFILES
    #: Of ``bases.METHODS``.
    methods: Tuple[str, ...] = ("OWN_CARRIER",)
    #: Offered beside the refund, of ``bases.EXTRA_RESOLUTIONS``.
    extra_resolutions: Tuple[str, ...] = ()


class OrderFacts(NamedTuple):
    """What is known of the order as a whole."""

    #: Delivery of the last good; None while any part is not known to be delivered.
    delivered_at: Optional[datetime]
    #: Where it was delivered, ISO 3166 alpha-2; may be empty.
    country: str = ""
    #: The bill names a company.
    is_company: bool = False


class Option(NamedTuple):
    """
    One basis for one line: open until a day, or refused with every reason.

    A named tuple, as a page of orders makes thousands of them.
    """

    basis: Basis
    refusals: Tuple[Refusal, ...]
    #: Last day, inclusive. None: no end is known, because delivery isn't.
    until: Optional[date]
    #: Pieces that can still be asked for on this basis.
    quantity: int
    #: Of the way back.
    payer: Payer = Payer.MERCHANT
    #: What the customer may ask for, the first choice first.
    resolutions: Tuple[str, ...] = ()
    #: How the goods can come back.
    methods: Tuple[str, ...] = ()
    #: Restocking fee in percent of the price; 0 wherever a right is used.
    fee_percent: int = 0

    @property
    def is_open(self) -> bool:
        """Whether the customer may use this basis today."""
        return not self.refusals


class Delivery(NamedTuple):
    """When and to whom goods were delivered, in days where they were."""

    #: The order's last good.
    order_on: Optional[date]
    #: The line's last piece.
    line_on: Optional[date]
    country: str
    is_company: bool


def last_good_on(order: OrderFacts) -> Optional[date]:
    """Day of the order's last good, where it was delivered."""
    return legal.day_of_event(order.delivered_at, order.country) if order.delivered_at else None


def delivery_of(
    order: OrderFacts, order_on: Optional[date], line_delivered_at: Optional[datetime]
) -> Delivery:
    """
    The days that count for a line; where its own isn't known, the order's does.

    Args:
        order_on: as ``last_good_on`` gives it, once for all lines.
    """
    line_on = order_on
    if line_delivered_at and line_delivered_at != order.delivered_at:
        line_on = legal.day_of_event(line_delivered_at, order.country)
    return Delivery(order_on, line_on, order.country, order.is_company)


def until(
    basis: Basis, delivery: Delivery, policy: Policy, terms: Terms = NO_TERMS
) -> Optional[date]:
    """
    Last day on which the basis can be used; None while delivery is unknown.

    Withdrawal and goodwill count from the order's last good, which is when the statutory
    period starts; guarantees from the last piece of the line.

    Source: Directive 2011/83/EU Art. 9(2)(b), 10; Directive (EU) 2019/771 Art. 10.
    """
    country = delivery.country
    from_order = basis is Basis.WITHDRAWAL or basis is Basis.GOODWILL_RETURN
    start = delivery.order_on if from_order else delivery.line_on
    if start is None or basis is Basis.REFUSED_DELIVERY:
        return None
    if basis is Basis.WITHDRAWAL:
        return _withdrawal_until(start, country, policy, terms)
    if basis is Basis.GOODWILL_RETURN:
        days = goodwill_days(policy, terms)
        return legal.last_day(start, days, country) if days else None
    months = terms.warranty_months
    if basis is not Basis.COMMERCIAL_WARRANTY:
        wished = terms.guarantee_months
        months = legal.applied("guarantee.period_months", country, wished, policy.profiles)
    return legal.last_day_of_months(start, months, country) if months else None


def _withdrawal_until(start: date, country: str, policy: Policy, terms: Terms) -> date:
    """
    Last day of a withdrawal; a year later for a customer who was never told of it.

    Source: Directive 2011/83/EU Art. 9(1), 10(1).
    """
    wished, profiles = terms.withdrawal_days, policy.profiles
    days = legal.applied("withdrawal.period_days", country, wished, profiles)
    end = legal.last_day(start, days, country)
    if policy.customers_informed:
        return end
    months = legal.applied("withdrawal.uninformed_extension_months", country, profiles=profiles)
    return legal.last_day_of_months(end, months, country)


def goodwill_days(policy: Policy, terms: Terms) -> int:
    """
    Days of a voluntary return; 0: there is none.

    Goods excepted from the right of withdrawal are not taken back in its stead unless the
    shop says so.
    """
    if terms.goodwill_days is not None:
        return terms.goodwill_days
    if terms.exception:
        return 0
    return legal.at_least("withdrawal.period_days", policy.return_window_days)


class Ground(NamedTuple):
    """One basis as it stands for all lines of an order under the same terms."""

    basis: Basis
    delivery: Delivery
    policy: Policy
    terms: Terms
    until: Optional[date]
    today: date


GroundRule = Callable[[Ground], Optional[Refusal]]


def _period_is_over(ground: Ground) -> Optional[Refusal]:
    is_over = ground.until is not None and ground.today > ground.until
    return Refusal.PERIOD_EXPIRED if is_over else None


def _is_final_sale(ground: Ground) -> Optional[Refusal]:
    if ground.basis is not Basis.GOODWILL_RETURN or goodwill_days(ground.policy, ground.terms):
        return None
    return Refusal.FINAL_SALE_GOODWILL_ONLY


def _has_no_warranty(ground: Ground) -> Optional[Refusal]:
    if ground.basis is not Basis.COMMERCIAL_WARRANTY or ground.terms.warranty_months:
        return None
    return Refusal.NO_COMMERCIAL_WARRANTY


def _is_no_consumer(ground: Ground) -> Optional[Refusal]:
    if ground.basis is not Basis.WITHDRAWAL or ground.policy.withdrawal_for_companies:
        return None
    return Refusal.NOT_A_CONSUMER if ground.delivery.is_company else None


#: Refusals that don't depend on the pieces.
GROUND_RULES: Tuple[GroundRule, ...] = (
    _period_is_over,
    _is_final_sale,
    _has_no_warranty,
    _is_no_consumer,
)


def _payer(basis: Basis, policy: Policy, terms: Terms) -> Payer:
    """
    Who pays the way back: the shop's wish, then the law.

    Source: Directive 2011/83/EU Art. 14(1); Directive (EU) 2019/771 Art. 14.
    """
    uninformed = basis is Basis.WITHDRAWAL and not policy.customers_informed
    if uninformed or basis in bases.MERCHANT_ALWAYS_PAYS:
        return Payer.MERCHANT
    return dict(terms.payers).get(basis, bases.PAYERS[basis])


def _resolutions(basis: Basis, policy: Policy, terms: Terms) -> Tuple[str, ...]:
    if basis is Basis.GOODWILL_RETURN and terms.resolutions:
        return terms.resolutions
    extras = policy.extra_resolutions if basis in bases.WITH_EXTRAS else ()
    return bases.RESOLUTIONS_OF[basis] + extras


def _methods(basis: Basis, country: str, policy: Policy, terms: Terms) -> Tuple[str, ...]:
    if basis is Basis.REFUSED_DELIVERY:
        return ("NOT_REQUIRED",)
    methods = policy.methods if terms.methods is None else terms.methods
    if country != bases.COD_RETURN_COUNTRY:
        methods = tuple(method for method in methods if method != "COD_RETURN")
    return methods


def _option_on(ground: Ground) -> Option:
    """What all lines under the same terms have in common; without their pieces."""
    basis, delivery, policy, terms = ground[:4]
    refusals = (rule(ground) for rule in GROUND_RULES)
    return Option(
        basis,
        tuple(refusal for refusal in refusals if refusal),
        ground.until,
        0,
        _payer(basis, policy, terms),
        _resolutions(basis, policy, terms),
        _methods(basis, delivery.country, policy, terms),
        terms.fee_percent if basis is Basis.GOODWILL_RETURN else 0,
    )


@lru_cache(maxsize=4096)
def options_on(delivery: Delivery, policy: Policy, terms: Terms, today: date) -> Tuple[Option, ...]:
    """
    Options on every basis for lines under the same terms; their pieces are still 0.

    Kept: thousands of orders were delivered on the same few days.
    """
    options = []
    for basis in Basis:
        last_on = until(basis, delivery, policy, terms)
        options.append(_option_on(Ground(basis, delivery, policy, terms, last_on, today)))
    return tuple(options)
