"""What other systems are told of a return request: codes and pieces, nobody's words or name."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Dict, Optional

import graphene

from .models import Refund, ReturnLine, ReturnRequest


def brief_of(request: ReturnRequest) -> Dict[str, Any]:
    """Number and state: all that everybody with the order's id may read."""
    return {"number": request.number, "state": request.state}


def summary_of(request: ReturnRequest) -> Dict[str, Any]:
    """
    A request as JSON, with lines, bases and amounts.

    What people wrote is left out: customers write about themselves. Amounts are texts, as
    ``"10.00"``: a JSON number would be read as a binary fraction.

    Args:
        request: as ``queries.with_details`` loads it.
    """
    return {
        "id": graphene.Node.to_global_id("ReturnRequest", request.pk),
        **brief_of(request),
        "resolution": request.resolution,
        "submittedAt": request.submitted_at.isoformat(),
        "declineCode": request.decline_code or None,
        "lines": [_line(line) for line in request.lines.all()],
        "refunds": [refund_of(refund) for refund in request.refunds.all()],
    }


def _line(line: ReturnLine) -> Dict[str, Any]:
    return {
        "orderLineId": graphene.Node.to_global_id("OrderLine", line.line_ref),
        "productName": line.product_name,
        "sku": line.sku,
        "basis": line.basis,
        "reason": line.reason or None,
        "state": line.state,
        "quantity": line.quantity,
        "approvedQuantity": line.approved_quantity,
        "receivedQuantity": line.received_quantity,
        "acceptedQuantity": line.accepted_quantity,
        "unitPrice": {"amount": _amount(line.unit_price), "currency": line.currency},
    }


def refund_of(refund: Refund) -> Dict[str, Any]:
    """A refund as JSON."""
    settled_at: Optional[str] = refund.settled_at.isoformat() if refund.settled_at else None
    return {
        "amount": _amount(refund.amount),
        "currency": refund.currency,
        "means": refund.means,
        "state": refund.state,
        "settledAt": settled_at,
    }


def _amount(amount: Decimal) -> str:
    """With two decimals at least, more only where they say something."""
    rounded = amount.quantize(Decimal("0.01"))
    return str(rounded) if rounded == amount else f"{amount.normalize():f}"
