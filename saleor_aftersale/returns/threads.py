"""The thread between customer and merchant: kinds of messages, and who owes an answer."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import NamedTuple, Optional

from ..values import Role
from .states import CUSTOMER


class Kind(Enum):
    """What somebody wrote."""

    MESSAGE = "MESSAGE"
    #: Asked by the merchant: the request waits for the answer.
    QUESTION = "QUESTION"
    ANSWER = "ANSWER"
    #: Only staff ever see it.
    NOTE = "NOTE"


class Side(Enum):
    """Who owes an answer."""

    CUSTOMER = "CUSTOMER"
    MERCHANT = "MERCHANT"


class Debt(NamedTuple):
    """An answer that is owed; nothing is when ``side`` is None."""

    side: Optional[Side] = None
    since: Optional[datetime] = None


NO_DEBT = Debt()


def debt_after(debt: Debt, kind: Kind, role: Role, now: datetime) -> Debt:
    """
    Who owes an answer once that was written, and since when.

    A customer's words are to be answered, from the first one that wasn't. The merchant's
    words answer them and ask for nothing, unless they are a question.
    """
    if kind is Kind.NOTE:
        return debt
    if kind is Kind.QUESTION:
        return Debt(Side.CUSTOMER, now)
    if role in CUSTOMER:
        return debt if debt.side is Side.MERCHANT else Debt(Side.MERCHANT, now)
    return NO_DEBT
