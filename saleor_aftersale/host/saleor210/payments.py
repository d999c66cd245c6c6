"""Money back in Saleor 2.10.1: payments of gateway plugins."""

from __future__ import annotations

from typing import Optional

from saleor.order.actions import order_refunded
from saleor.order.models import Order
from saleor.payment import PaymentError, gateway

from ...values import AftersaleError, Money, RefundResult


class RefundRefused(AftersaleError):
    """The provider or Saleor said no; nothing was moved."""

    code = "REFUND_REFUSED"


def refund(order_ref: str, amount: Money, *, key: str) -> RefundResult:
    """See ``ports.Payments.refund``."""
    order = Order.objects.get(pk=order_ref)
    payment = order.get_last_payment()
    if payment is None or not payment.can_refund():
        raise RefundRefused("This order's payment can't be refunded through Saleor.")
    if amount.amount > payment.captured_amount:
        raise RefundRefused("The order's last payment holds less money than is to be refunded.")
    try:
        transaction = gateway.refund(payment, amount.amount)
    except PaymentError as error:
        raise RefundRefused(str(error)) from error
    order_refunded(order, None, amount.amount, payment)
    return RefundResult(is_settled=True, reference=transaction.token)


def refund_outcome(reference: str) -> Optional[bool]:
    """See ``ports.Payments.refund_outcome``: here every refund is settled at once."""
    return None
