"""Mails about the order as such, and about a withdrawal whose order may be unknown."""

from __future__ import annotations

from typing import List, Optional

from .. import events
from ..config import settings_of
from ..feedback.models import Feedback
from ..host import orders
from ..returns import withdrawals
from ..returns.models import WithdrawalStatement
from ..tracking.queries import product_name_of
from ..values import Order, OrderStatus
from . import unsent_orders
from .kinds import TRANSACTIONAL, Context, Draft, mail

_OVER = frozenset({OrderStatus.CANCELED, OrderStatus.EXPIRED})


@mail("order.received", TRANSACTIONAL, on=events.OrderPlaced)
def order_received(event: events.OrderPlaced) -> Optional[Draft]:
    """The order is there; off at first, for Saleor sends one of its own."""
    order = _order(event.order_ref)
    if order is None or order.status in _OVER:
        return None
    context = {
        "lines": _lines(order),
        "amount": str(order.total.amount),
        "currency": order.total.currency,
    }
    return Draft(f"order:{order.ref}", order.ref, context)


@mail("order.preparing", TRANSACTIONAL, on=events.OrderUnsent)
def order_preparing(event: events.OrderUnsent) -> Optional[Draft]:
    """Two working days without a parcel: the order isn't forgotten."""
    return None if event.is_promise_broken else _unsent(event)


@mail("order.delayed_before_shipping", TRANSACTIONAL, on=events.OrderUnsent)
def order_delayed_before_shipping(event: events.OrderUnsent) -> Optional[Draft]:
    """The day by which the shop promised to send it is over."""
    return _unsent(event) if event.is_promise_broken else None


def _unsent(event: events.OrderUnsent) -> Optional[Draft]:
    order = _order(event.order_ref)
    if order is None:
        return None
    last_on = unsent_orders.promised_on(order, settings_of(order.channel))
    context = {
        "lines": _lines(order),
        "promised_until": last_on.isoformat() if last_on else None,
    }
    return Draft(f"order:{order.ref}", order.ref, context)


def _order(order_ref: str) -> Optional[Order]:
    return orders.load_orders([order_ref], using="default").get(order_ref)


def _lines(order: Order) -> List[Context]:
    return [
        {
            "product_name": product_name_of(line.product_name, line.variant_name),
            "quantity": line.quantity,
        }
        for line in order.lines
    ]


@mail("feedback.reply", TRANSACTIONAL, on=events.FeedbackAnswered)
def feedback_reply(event: events.FeedbackAnswered) -> Optional[Draft]:
    """The shop's answer to what the customer said of the order."""
    row = Feedback.objects.get(pk=event.feedback_id)
    if not row.answer or row.answered_at is None:
        return None
    context = {"score": row.score, "comment": row.comment, "answer": row.answer}
    return Draft(f"feedback:{row.pk}:{row.answered_at:%Y%m%d%H%M%S}", event.order_ref, context)


@mail("order.link", TRANSACTIONAL, on=events.AccessRequested, is_required=True)
def order_link(event: events.AccessRequested) -> Optional[Draft]:
    """Somebody who knows number and mailbox asked for a link."""
    return Draft(f"order:{event.order_ref}:{event.request_key}", event.order_ref, {})


@mail("withdrawal.acknowledged", TRANSACTIONAL, on=events.WithdrawalStated, is_required=True)
def withdrawal_acknowledged(event: events.WithdrawalStated) -> Optional[Draft]:
    """Somebody declared a withdrawal; see ``acknowledgement``, which sends it."""
    row = WithdrawalStatement.objects.get(pk=event.statement_id)
    context = {
        "reference": row.reference,
        "stated_at": row.stated_at.isoformat(),
        "sentence": row.sentence,
        "name": row.name,
        "contract": row.contract,
        "email": row.email,
        "lines": [
            dict(line, product_name=line["product_name"] or line["line_ref"]) for line in row.lines
        ],
        "form_url": withdrawals.form_url(row.channel),
    }
    # Whether the order is known is no matter here.
    return Draft(f"withdrawal:{row.pk}", "", context)
