"""Other goods in place of those a request is about: a draft order, until they are sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Mapping, Optional, Sequence

from django.db import transaction

from ..events import RemedySent, ReplacementOrdered, publish
from ..host import replacements
from ..values import Money, Order, OrderStatus, ReplacedLine, Requester
from .checks import InvalidInput, check_text
from .endings import complete_if_done, last_decision
from .history import locked_request
from .models import Remedy, ReturnLine, ReturnRequest
from .payouts import MAX_REFERENCE, make_due
from .remedies import REMEDIES, Means
from .states import RefundState, ReturnState, TransitionNotAllowed

#: With this one the customer chooses among all goods and the difference counts.
_PRICED = "EXCHANGE_OTHER"


@dataclass(frozen=True)
class Choice:
    """What is to be sent, and what it may cost."""

    #: The host's variant by line key; lines left out get the same again.
    variants: Mapping[int, str]
    #: What the goods that came back are worth. None: the new goods cost nothing.
    credit: Optional[Money]
    #: The host has those goods as come back already.
    is_booked: bool


def order_replacement(
    decision: Remedy, lines: Sequence[ReturnLine], requester: Requester, choice: Choice
) -> None:
    """
    Make the draft order of a decision, once, inside the caller's transaction.

    Effects in order: the host makes the draft and books the goods as replaced, price and
    difference are written down, ``ReplacementOrdered`` is published.
    """
    if decision.replacement_ref:
        return
    request = decision.request
    replacement = replacements.create_draft(
        request.order.order_ref,
        [
            ReplacedLine(
                line.line_ref,
                line.accepted_quantity or line.approved_quantity,
                choice.variants.get(line.pk, ""),
                has_own_price=decision.resolution == _PRICED and line.pk in choice.variants,
            )
            for line in lines
        ],
        requester,
        replaces=REMEDIES[decision.resolution].replaces and not choice.is_booked,
        credit=choice.credit,
        reason=request.number,
    )
    price = replacement.price.amount
    decision.replacement_ref, decision.price = replacement.order_ref, price
    decision.difference = price - choice.credit.amount if choice.credit else Decimal(0)
    decision.save(update_fields=["replacement_ref", "price", "difference"])
    publish(
        ReplacementOrdered(
            return_request_id=request.pk,
            order_ref=request.order.order_ref,
            replacement_ref=replacement.order_ref,
        )
    )


def share_out(decision: Remedy, currency: str, now: datetime) -> None:
    """Write down how much of the credit paid for the new goods, and that the rest goes back."""
    assert decision.price is not None and decision.difference is not None
    used = min(decision.price, decision.price - decision.difference)
    surplus = max(Decimal(0), -decision.difference)
    if used:
        set_off = make_due(decision, Money(used, currency), Means.SET_OFF, now)
        set_off.state, set_off.settled_at = RefundState.SETTLED.value, now
        set_off.reference = decision.replacement_ref
        set_off.save(update_fields=["state", "settled_at", "reference"])
    if surplus:
        make_due(decision, Money(surplus, currency), Means.ORIGINAL, now)


def finish_by_hand(
    request_id: str, requester: Requester, *, reference: str, now: datetime
) -> ReturnRequest:
    """
    Note that a repaired or replaced good was sent; completes the request when no money is
    left to pay.

    Raises:
        TransitionNotAllowed: nothing like that is awaited.
    """
    check_text(reference, "reference")
    if len(reference) > MAX_REFERENCE:
        message = f"Use up to {MAX_REFERENCE} characters."
        raise InvalidInput(message, field="reference", code="TOO_LONG")
    with transaction.atomic():
        request = locked_request(request_id)
        decision = _awaited(request)
        if decision is None:
            raise TransitionNotAllowed("This return request awaits nothing to be sent.")
        _finish(request, decision, requester.label, reference.strip(), now)
    return request


def _awaited(request: ReturnRequest) -> Optional[Remedy]:
    decision = last_decision(request)
    open_states = (ReturnState.RESOLVING.value, ReturnState.RESOLUTION_FAILED.value)
    if decision is None or request.state not in open_states:
        return None
    plan = REMEDIES[decision.resolution]
    is_to_send = plan.makes_order or plan.goods_return
    return decision if is_to_send and decision.done_at is None else None


def _finish(
    request: ReturnRequest, decision: Remedy, label: str, reference: str, now: datetime
) -> None:
    decision.done_at, decision.done_by, decision.reference = now, label, reference
    decision.save(update_fields=["done_at", "done_by", "reference"])
    publish(RemedySent(decision.pk, request.pk, request.order.order_ref))
    complete_if_done(request, now)


def finish_when_sent(order: Order, now: datetime) -> None:
    """End the request whose replacement order the shop has sent in full; safe to repeat."""
    if order.status is not OrderStatus.FULFILLED:
        return
    waiting = Remedy.objects.filter(replacement_ref=order.ref, done_at=None)
    for request_id in list(waiting.values_list("request_id", flat=True)):
        with transaction.atomic():
            request = locked_request(str(request_id))
            decision = _awaited(request)
            if decision is not None and decision.replacement_ref == order.ref:
                _finish(request, decision, "aftersale", order.number, now)
