"""A payment gateway without a network: answers as it was told and keeps what it was asked."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, List

from saleor.payment import TransactionKind
from saleor.payment.interface import GatewayResponse
from saleor.plugins.base_plugin import BasePlugin

#: Amounts it was asked to give back; ``tests/saleor/conftest.py`` empties it before each test.
refunds: List[Decimal] = []

#: What it answers to the next refunds: nothing is well; an exception is raised, words refuse.
answers: List[Any] = []


class GatewayPlugin(BasePlugin):
    """Stands where the dummy gateway stands, which not every Saleor has."""

    PLUGIN_ID = "mirumee.payments.dummy"
    PLUGIN_NAME = "Gateway of the tests"
    DEFAULT_ACTIVE = True
    CONFIGURATION_PER_CHANNEL = True

    def refund_payment(self, payment_information: Any, previous_value: Any) -> GatewayResponse:
        refunds.append(payment_information.amount)
        answer = answers.pop(0) if answers else ""
        if isinstance(answer, BaseException):
            raise answer
        return GatewayResponse(
            is_success=not answer,
            action_required=False,
            kind=TransactionKind.REFUND,
            amount=payment_information.amount,
            currency=payment_information.currency,
            transaction_id=f"refund-{len(refunds)}",
            error=answer or None,
        )

    # 3.x asks whichever plugin has this; the answer comes later, from an app.
    def transaction_refund_requested(self, transaction_data: Any, previous_value: Any) -> None:
        refunds.append(transaction_data.action_value)
