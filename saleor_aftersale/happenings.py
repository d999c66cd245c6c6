"""What happened to orders besides their parcels: statements, returns, refunds, mails."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Callable, Dict, Iterable, List, NamedTuple, Optional

from .followups import staff_mails
from .followups.models import OutboxMail
from .followups.schedule import MailState
from .host.rows import Statement, Trip
from .returns.models import Refund, ReturnRequest, ReturnTransition
from .returns.states import RefundState
from .tracking.models import OrderRecord, ParcelStatement, Shipment


class Happening(NamedTuple):
    """One thing that happened to an order."""

    #: ``STATEMENT``, ``RETURN``, ``REFUND``, ``MAIL`` or, for staff alone, ``SKIPPED_MAIL``.
    kind: str
    at: datetime
    #: What was stated, the return's new state, the mail's key.
    code: str
    #: Tracking number, number of the return request, why a mail was skipped.
    about: str
    amount: Optional[Decimal]
    currency: str


#: One statement for what would be seven: a page of orders is read with every visit.
_SQL = f"""
WITH file AS (
    SELECT id, order_ref FROM {OrderRecord._meta.db_table} WHERE order_ref = ANY(%s)
)
SELECT file.order_ref, 'STATEMENT', said.stated_at, said.kind, parcel.tracking_number,
    NULL::numeric, ''
FROM file
JOIN {Shipment._meta.db_table} parcel ON parcel.order_id = file.id
JOIN {ParcelStatement._meta.db_table} said ON said.shipment_id = parcel.id
UNION ALL
SELECT file.order_ref, 'RETURN', step.occurred_at, step.after, request.number, NULL, ''
FROM file
JOIN {ReturnRequest._meta.db_table} request ON request.order_id = file.id
JOIN {ReturnTransition._meta.db_table} step ON step.request_id = request.id
WHERE step.before <> step.after AND step.after <> 'DRAFT'
UNION ALL
SELECT file.order_ref, 'REFUND', refund.settled_at, refund.state, request.number,
    refund.amount, refund.currency
FROM file
JOIN {ReturnRequest._meta.db_table} request ON request.order_id = file.id
JOIN {Refund._meta.db_table} refund ON refund.request_id = request.id
WHERE refund.state = '{RefundState.SETTLED.value}' AND refund.settled_at IS NOT NULL
UNION ALL
SELECT file.order_ref,
    CASE mail.state WHEN '{MailState.SENT.value}' THEN 'MAIL' ELSE 'SKIPPED_MAIL' END,
    CASE mail.state WHEN '{MailState.SENT.value}' THEN mail.sent_at ELSE mail.due_at END,
    mail.key, mail.detail, NULL, ''
FROM file
JOIN {OutboxMail._meta.db_table} mail ON mail.order_id = file.id
WHERE mail.state = '{MailState.SKIPPED.value}'
    OR mail.state = '{MailState.SENT.value}' AND mail.sent_at IS NOT NULL
        AND NOT starts_with(mail.key, '{staff_mails.PREFIX}')
ORDER BY 3
"""


def ask_happenings(
    order_refs: Iterable[str], trip: Trip
) -> Callable[[], Dict[str, List[Happening]]]:
    """What gives all that happened to each order, oldest first."""
    found: Dict[str, List[Happening]] = {ref: [] for ref in order_refs}
    rows = trip.ask(Statement(_SQL, [list(found)]))

    def told() -> Dict[str, List[Happening]]:
        for order_ref, *facts in rows():
            found[order_ref].append(Happening(*facts))
        return found

    return told
