"""Money back in Saleor 3.x: transactions of apps, and the older payments of plugins."""

from __future__ import annotations

from typing import Optional

from saleor.order.actions import order_refunded
from saleor.order.models import Order
from saleor.payment import PaymentError, TransactionAction, TransactionEventType, gateway
from saleor.payment.models import Payment, TransactionEvent, TransactionItem
from saleor.plugins.manager import get_plugins_manager

from ...values import AftersaleError, Money, RefundResult


class RefundRefused(AftersaleError):
    """The provider or Saleor said no; nothing was moved."""

    code = "REFUND_REFUSED"


def refund(order_ref: str, amount: Money, *, key: str) -> RefundResult:
    """See ``ports.Payments.refund``."""
    order = Order.objects.select_related("channel").get(pk=order_ref)
    transaction = (
        TransactionItem.objects.filter(order=order, charged_value__gte=amount.amount)
        .order_by("pk")
        .last()
    )
    if transaction is not None:
        return _request_refund(order, transaction, amount, key)
    payment = order.get_last_payment()
    if payment is None or not payment.can_refund():
        raise RefundRefused("No payment of this order can be refunded through Saleor.")
    if amount.amount > payment.captured_amount:
        raise RefundRefused("The order's last payment holds less money than is to be refunded.")
    return _refund_payment(order, payment, amount)


def _refund_payment(order: Order, payment: Payment, amount: Money) -> RefundResult:
    manager = get_plugins_manager(allow_replica=False)
    try:
        done = gateway.refund(payment, manager, order.channel.slug, amount.amount)
    except PaymentError as error:
        raise RefundRefused(str(error)) from error
    order_refunded(order, None, None, amount.amount, payment, manager)
    return RefundResult(is_settled=True, reference=done.token)


def _request_refund(
    order: Order, transaction: TransactionItem, amount: Money, key: str
) -> RefundResult:
    """Ask the payment app; its answer comes later, see ``refund_outcome``."""
    manager = get_plugins_manager(allow_replica=False)
    request = transaction.events.create(
        type=TransactionEventType.REFUND_REQUEST,
        amount_value=amount.amount,
        currency=transaction.currency,
        message=key,
        include_in_calculations=False,
        app_identifier=transaction.app_identifier,
    )
    try:
        gateway.request_refund_action(
            transaction=transaction,
            manager=manager,
            refund_value=amount.amount,
            request_event=request,
            channel_slug=order.channel.slug,
            user=None,
            app=None,
        )
    except PaymentError as error:
        request.delete()
        raise RefundRefused(str(error)) from error
    return RefundResult(is_settled=False, reference=f"{TransactionAction.REFUND}:{request.pk}")


def refund_outcome(reference: str) -> Optional[bool]:
    """See ``ports.Payments.refund_outcome``."""
    kind, _, event_pk = reference.partition(":")
    if kind != TransactionAction.REFUND or not event_pk.isdigit():
        return None
    request = TransactionEvent.objects.filter(pk=event_pk).first()
    if request is None or not request.psp_reference:
        return None
    answers = TransactionEvent.objects.filter(
        transaction_id=request.transaction_id, psp_reference=request.psp_reference
    ).values_list("type", flat=True)
    if TransactionEventType.REFUND_SUCCESS in answers:
        return True
    return False if TransactionEventType.REFUND_FAILURE in answers else None
