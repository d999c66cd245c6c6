"""Feedback on an order that was delivered, for tests of what becomes of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Optional

from saleor_aftersale.feedback import actions
from saleor_aftersale.feedback.actions import Opinion
from saleor_aftersale.feedback.models import Feedback
from tests import factories
from tests.factories import NOON

#: Tuesday at noon, a day after delivery.
NOW = NOON + timedelta(days=1)


def give(order: Any, score: Optional[int] = 4, *, now: Any = NOW, **said: Any) -> Feedback:
    """Feedback of the customer on an order."""
    opinion = Opinion(score, said.get("comment"), said.get("categories"))
    return actions.give_feedback(factories.keep(order), opinion, language="en", now=now)
