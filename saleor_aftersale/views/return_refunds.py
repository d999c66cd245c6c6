"""What the page of a return request shows of its money: state, way, and how much for what."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from babel.numbers import format_currency, format_percent, get_currency_precision

from .. import texts
from ..returns import amounts
from ..returns.models import Refund, Remedy, ReturnLine, ReturnRequest
from ..returns.refunds import Breakdown
from ..returns.remedies import Means
from ..returns.states import RefundState


class Part(NamedTuple):
    """One line of the sum an amount comes about by."""

    label: str
    #: With its sign, as text.
    amount: str
    #: Why it is so, one sentence each; as staff wrote it, nothing is escaped yet.
    why: Tuple[str, ...] = ()


def shown_refunds(
    request: ReturnRequest, remedies: Sequence[Remedy], language: str
) -> List[Dict[str, Any]]:
    """
    What went back, and what the last decision gives back; no query.

    Args:
        request: with its details.
        remedies: what was decided, the last one last; one that was replaced promises
            nothing any more.
        language: the one that is active.
    """
    last = remedies[-1].pk if remedies else None
    rows = [
        row
        for row in request.refunds.all()
        if row.state == RefundState.SETTLED.value or row.remedy_id == last
    ]
    return [
        {**_refund(request, row, language), "title": _title(number, len(rows))}
        for number, row in enumerate(rows, 1)
    ]


def _title(number: int, total: int) -> str:
    """Tells several from one another; one needs no name beside the heading."""
    return "" if total == 1 else texts.text("refund.title", position=number, total=total)


def _refund(request: ReturnRequest, row: Refund, language: str) -> Dict[str, Any]:
    is_settled = row.state == RefundState.SETTLED.value
    is_by_bank = row.means == Means.ORIGINAL.value
    return {
        "state_text": _state_text(row),
        "is_trouble": row.state in (RefundState.FAILED.value, RefundState.GIVEN_UP.value),
        "amount": format_currency(row.amount, row.currency, locale=language),
        "means_text": texts.text("means." + row.means),
        "at": row.settled_at if is_settled else None,
        "help": texts.text("refund.HOW_SOON") if is_settled and is_by_bank else "",
        "parts": _parts(request, row, language),
    }


def _state_text(row: Refund) -> str:
    own = f"refund.{row.state}.{row.means}"
    return texts.text(own if own in texts.TEXTS else "refund." + row.state)


def _parts(request: ReturnRequest, row: Refund, language: str) -> List[Part]:
    """The sum, without what is nothing; empty where the amount isn't one."""
    minor_units = get_currency_precision(row.currency)
    found = amounts.breakdown_of(request, row, minor_units=minor_units)
    if found is None:
        return []
    return [
        Part(
            texts.text("refund_part." + name),
            format_currency(amount, row.currency, locale=language),
            tuple(_why(name, request.lines.all(), language)),
        )
        for name, amount in _summands(found).items()
        if amount or name == "goods"
    ]


def _summands(found: Breakdown) -> Dict[str, Decimal]:
    """What the amount is the sum of, by its name."""
    return {
        "goods": found.goods,
        "lost_value": -found.lost_value,
        "fee": -found.fee,
        "delivery": found.delivery,
        "more" if found.other > 0 else "given": found.other,
    }


def _why(name: str, lines: Iterable[ReturnLine], language: str) -> List[str]:
    reason = {"lost_value": _loss, "fee": _fee}.get(name)
    found = [reason(line, language) for line in lines if line.accepted_quantity] if reason else []
    # Several lines may have the same fee: it is said once.
    return list(dict.fromkeys(filter(None, found)))


def _loss(line: ReturnLine, language: str) -> Optional[str]:
    """Nothing is taken off what never left the shop."""
    if not line.lost_value or not line.received_quantity:
        return None
    return f"{line.product_name} ({_percent(line.lost_value, language)}): {line.inspection_note}"


def _fee(line: ReturnLine, language: str) -> Optional[str]:
    percent = amounts.fee_percent_of(line)
    return _percent(Decimal(percent) / 100, language) if percent else None


def _percent(share: Decimal, language: str) -> str:
    return str(format_percent(share, locale=language, decimal_quantization=False))
