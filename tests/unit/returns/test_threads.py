"""Who owes an answer in the thread of a request, and since when."""

from datetime import datetime, timedelta, timezone

import pytest

from saleor_aftersale.returns.threads import NO_DEBT, Debt, Kind, Side, debt_after
from saleor_aftersale.values import Role

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=timezone.utc)
LATER = NOON + timedelta(hours=1)

ASKED = Debt(Side.CUSTOMER, NOON)
WAITING = Debt(Side.MERCHANT, NOON)


@pytest.mark.parametrize(
    "before, kind, role, after",
    [
        (NO_DEBT, Kind.MESSAGE, Role.CUSTOMER, Debt(Side.MERCHANT, LATER)),
        (NO_DEBT, Kind.MESSAGE, Role.GUEST, Debt(Side.MERCHANT, LATER)),
        # The first unanswered message starts the clock, not the last.
        (WAITING, Kind.MESSAGE, Role.CUSTOMER, WAITING),
        (WAITING, Kind.MESSAGE, Role.STAFF, NO_DEBT),
        (WAITING, Kind.MESSAGE, Role.APP, NO_DEBT),
        (WAITING, Kind.QUESTION, Role.STAFF, Debt(Side.CUSTOMER, LATER)),
        (ASKED, Kind.ANSWER, Role.CUSTOMER, Debt(Side.MERCHANT, LATER)),
        (ASKED, Kind.ANSWER, Role.STAFF, NO_DEBT),
        (NO_DEBT, Kind.MESSAGE, Role.STAFF, NO_DEBT),
        (WAITING, Kind.NOTE, Role.STAFF, WAITING),
    ],
)
def test_debt_is_whose_turn_it_is(before, kind, role, after):
    assert debt_after(before, kind, role, LATER) == after
