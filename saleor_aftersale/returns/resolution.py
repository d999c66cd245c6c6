"""Deciding what becomes of a request: goods booked once, money or other goods once."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import List, Mapping, Optional, Sequence

from django.db import transaction

from ..config import settings_of
from ..events import RemedyDecided, publish
from ..host import orders
from ..values import Money, Order, Requester, ReturnedLine, Unsupported
from . import amounts, credits, exchanges, payouts, refunds, remedies, unanswered, unsent
from .checks import InvalidInput
from .endings import complete_if_done, last_decision
from .history import check_permitted, locked_request, move
from .inspection import accept_unsent, accept_without_goods
from .models import Remedy, ReturnLine, ReturnRequest
from .pieces import WITHOUT_GOODS
from .remedies import Means
from .states import BEFORE_ARRIVAL, Action, ReturnState

logger = logging.getLogger(__name__)

#: Everything a request can end with.
RESOLUTIONS = tuple(remedies.REMEDIES)


@dataclass(frozen=True)
class Terms:
    """What staff say beside the resolution."""

    #: Money to give back, only where the order's own totals don't tell it.
    amount: Optional[Decimal] = None
    #: The customer agreed to it.
    customer_agreed: bool = False
    #: Somebody looked at the provider's: a refund that was given up has not been paid.
    is_unpaid: bool = False
    #: The host's variant to send by line key; lines left out get the same again.
    choices: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Wish:
    resolution: str
    plan: remedies.Remedy
    terms: Terms
    without_goods: bool
    now: datetime
    #: Pieces by line key that were withdrawn before they were sent.
    never_sent: Mapping[int, int] = field(default_factory=dict)


def resolve_return(
    request_id: str,
    requester: Requester,
    *,
    resolution: str,
    without_goods: bool = False,
    terms: Terms = Terms(),
    now: datetime,
) -> ReturnRequest:
    """
    Settle an inspected request, or an approved one whose goods don't come back.

    Effects in order, in one transaction: state RESOLVING; the decision is written down;
    accepted pieces with disposition RESTOCK raise the stock and the host books the return,
    each piece once in the request's life, withdrawn ones that were never sent too; then
    what the resolution wants: a refund row and ``RefundDue``, a gift card, a draft order.
    What leaves nothing to do is completed at once.

    After a failure the same decision is tried again, its amount counted anew, or another
    one is made.

    Args:
        without_goods: none are wanted back, or they were lost on their way; only while
            nothing has arrived, and then needed unless the resolution leaves them anyway.

    Raises:
        InvalidInput: no such resolution, goods are still awaited, or terms that don't go
            with it.
        NothingCaptured, AmountExceeded: less money is left than was to be given back.
        Unsupported: this host can't do it.
    """
    wish = _Wish(resolution, _plan(resolution, terms), terms, without_goods, now)
    with transaction.atomic():
        request = locked_request(request_id)
        check_permitted(request, Action.RESOLVE, requester)
        last = _to_try_again(request)
        if wish.plan.means is not None:
            unanswered.check_retry(request, is_unpaid=terms.is_unpaid)
        never_sent = unsent.unsent_lines(request, list(request.lines.all()))
        lines = _lines_for(request, wish, never_sent)
        is_all_unsent = unsent.is_all_unsent(request, lines, never_sent)
        reason = WITHOUT_GOODS if without_goods and not is_all_unsent else ""
        move(request, Action.RESOLVE, ReturnState.RESOLVING, requester, reason=reason, now=now)
        request.resolution = resolution
        request.save(update_fields=["resolution"])
        if last is not None and last.replacement_ref and resolution != "NO_ACTION":
            _try_money_again(last, resolution, now)
        else:
            wish = replace(wish, never_sent=never_sent)
            _carry_out(request, last, lines, requester, wish)
        complete_if_done(request, now)
    return request


def _plan(resolution: str, terms: Terms) -> remedies.Remedy:
    """What the resolution wants, once the terms are known to go with it."""
    plan = remedies.REMEDIES.get(resolution)
    if plan is None:
        raise InvalidInput("There is no such resolution.", field="resolution")
    if plan.needs_agreement and not terms.customer_agreed:
        raise InvalidInput(
            "Only with the customer's agreement.", field="customer_agreed", code="REQUIRED"
        )
    if plan.has_given_amount and terms.amount is None:
        raise InvalidInput("Name the amount.", field="amount", code="REQUIRED")
    if terms.amount is not None and not plan.has_given_amount:
        raise InvalidInput("This amount is counted, not named.", field="amount")
    if terms.choices and not plan.has_choice:
        raise InvalidInput("Here no other goods can be chosen.", field="lines")
    if plan.has_choice and not terms.choices:
        raise InvalidInput("Choose a variant.", field="lines", code="REQUIRED")
    return plan


def _to_try_again(request: ReturnRequest) -> Optional[Remedy]:
    """The decision that failed; None where a new one is made anyway."""
    is_failed = request.state == ReturnState.RESOLUTION_FAILED.value
    return last_decision(request) if is_failed else None


def _lines_for(
    request: ReturnRequest, wish: _Wish, never_sent: Mapping[int, int]
) -> List[ReturnLine]:
    """Lines the decision is about; goods that never come back count as accepted."""
    lines = list(request.lines.order_by("pk"))
    stay = wish.without_goods or wish.plan.goods_stay
    stay = stay or unsent.is_all_unsent(request, lines, never_sent)
    if _is_before_arrival(request, lines):
        if not stay:
            raise InvalidInput("The goods haven't arrived.", field="without_goods")
        if wish.plan.leaves_goods:
            return _chosen([line for line in lines if line.approved_quantity], wish)
        accept_without_goods(lines)
    elif wish.without_goods:
        raise InvalidInput("The goods are here.", field="without_goods")
    elif not wish.plan.leaves_goods:
        accept_unsent(lines, never_sent)
    return _chosen([line for line in lines if line.accepted_quantity], wish)


def _is_before_arrival(request: ReturnRequest, lines: Sequence[ReturnLine]) -> bool:
    state = ReturnState(request.state)
    # What was decided without the goods has failed, and nothing was accepted for it.
    is_untouched = not any(line.received_quantity or line.accepted_quantity for line in lines)
    return state in BEFORE_ARRIVAL or (state is ReturnState.RESOLUTION_FAILED and is_untouched)


def _chosen(lines: List[ReturnLine], wish: _Wish) -> List[ReturnLine]:
    if set(wish.terms.choices) - {line.pk for line in lines}:
        raise InvalidInput("This line is not part of what was accepted.", field="lines")
    if wish.plan.makes_order and not lines:
        raise InvalidInput("Nothing was accepted that could be replaced.", field="resolution")
    return lines


def _try_money_again(last: Remedy, resolution: str, now: datetime) -> None:
    """Goods in place of others are on their way: only their money can be tried again."""
    if resolution != last.resolution:
        raise InvalidInput(
            "An order with other goods is made already: try that again, or end without more.",
            field="resolution",
        )
    payouts.make_due_again(last)


def _carry_out(
    request: ReturnRequest,
    last: Optional[Remedy],
    lines: Sequence[ReturnLine],
    requester: Requester,
    wish: _Wish,
) -> None:
    payouts.reconcile_refunds_of(request.order.order_ref, wish.now)
    amount = _amount(request, lines, payouts.order_of(request), wish)
    decision = last if last and _is_same(last, wish, amount) else None
    if decision is None:
        decision = _decide(request, wish, requester)
    is_booked = any(line.booked_quantity for line in lines)
    if not wish.plan.leaves_goods:
        _take_goods_back(request, lines, requester, wish)
    if wish.plan.makes_order:
        choice = exchanges.Choice(wish.terms.choices, amount, is_booked)
        exchanges.order_replacement(decision, lines, requester, choice)
    if amount is not None:
        _give_back(decision, amount, requester, wish)


def _amount(
    request: ReturnRequest, lines: Sequence[ReturnLine], order: Order, wish: _Wish
) -> Optional[Money]:
    """Money to give back, counted anew at every try; None where none is."""
    if wish.plan.means is None:
        return None
    if wish.terms.amount is not None:
        spent = amounts.spent_of(request.order, but=request)
        return refunds.given_amount(wish.terms.amount, order, spent=spent)
    return amounts.amount_for(request, lines, order, settings_of(request.order.channel))


def _is_same(last: Remedy, wish: _Wish, amount: Optional[Money]) -> bool:
    """A provider takes a key with another amount for a mistake: then it is a new decision."""
    if last.resolution != wish.resolution or amount is None:
        return False
    return not last.refunds.exclude(amount=amount.amount).exists()


def _decide(request: ReturnRequest, wish: _Wish, requester: Requester) -> Remedy:
    plan, terms = wish.plan, wish.terms
    before = last_decision(request)
    decision = Remedy.objects.create(
        request=request,
        # Requests of older releases have refunds and no decisions.
        number=max(before.number if before else 0, request.refunds.count()) + 1,
        resolution=wish.resolution,
        is_without_goods=wish.without_goods,
        amount=terms.amount,
        agreed_at=wish.now if terms.customer_agreed else None,
        agreed_by=requester.label if terms.customer_agreed else "",
        decided_at=wish.now,
        decided_by=requester.label,
        is_awaited=plan.makes_order or plan.goods_return or plan.means is Means.BANK,
    )
    publish(RemedyDecided(decision.pk, request.pk, request.order.order_ref))
    return decision


def _take_goods_back(
    request: ReturnRequest, lines: Sequence[ReturnLine], requester: Requester, wish: _Wish
) -> None:
    returned = []
    for line in lines:
        # A request that was taken up or tried again has booked some before.
        new = line.accepted_quantity - line.booked_quantity
        line.booked_quantity = max(line.accepted_quantity, line.booked_quantity)
        called_off = max(0, min(new, wish.never_sent.get(line.pk, 0)))
        came = new - called_off if line.received_quantity else 0
        if came <= 0 and not called_off:
            continue
        returned.append(ReturnedLine(line.line_ref, came, called_off))
        if came and line.disposition == "RESTOCK":
            orders.restock(line.line_ref, came, line.warehouse_ref)
            line.restocked_at = wish.now
    ReturnLine.objects.bulk_update(lines, ["restocked_at", "booked_quantity"])
    # What is replaced is booked with the order that replaces it.
    if not returned or wish.plan.replaces:
        return
    try:
        orders.complete_return(request.order.order_ref, returned, requester)
    except Unsupported as limit:
        logger.info("Return %s stays in the plugin's books only: %s", request.number, limit)


def _give_back(decision: Remedy, amount: Money, requester: Requester, wish: _Wish) -> None:
    means = wish.plan.means
    if means is Means.SET_OFF:
        exchanges.share_out(decision, amount.currency, wish.now)
    elif means is not None:
        refund = payouts.make_due(decision, amount, means, wish.now)
        if means is Means.GIFT_CARD:
            credits.issue_credit(refund, requester, wish.now)
