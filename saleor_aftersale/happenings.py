"""What happened to orders besides their parcels: statements, returns, refunds, mails."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Dict, Iterable, List, NamedTuple, Optional

from django.db import connections

from .followups import staff_mails
from .followups.models import OutboxMail
from .followups.schedule import MailState
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
    SELECT id, order_ref FROM {OrderRecord._meta.db_table} WHERE order_ref = ANY(%(order_refs)s)
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
SELECT file.order_ref, 'MAIL', mail.sent_at, mail.key, '', NULL, ''
FROM file
JOIN {OutboxMail._meta.db_table} mail ON mail.order_id = file.id
WHERE mail.state = '{MailState.SENT.value}' AND mail.sent_at IS NOT NULL
    AND NOT starts_with(mail.key, '{staff_mails.PREFIX}')
UNION ALL
SELECT file.order_ref, 'SKIPPED_MAIL', mail.due_at, mail.key, mail.detail, NULL, ''
FROM file
JOIN {OutboxMail._meta.db_table} mail ON mail.order_id = file.id
WHERE mail.state = '{MailState.SKIPPED.value}'
ORDER BY 3
"""


def happenings_by_order(
    order_refs: Iterable[str], *, using: str = "default"
) -> Dict[str, List[Happening]]:
    """What happened to each order, oldest first; one query."""
    found: Dict[str, List[Happening]] = {ref: [] for ref in order_refs}
    with connections[using].cursor() as cursor:
        cursor.execute(_SQL, {"order_refs": list(found)})
        for order_ref, *facts in cursor.fetchall():
            found[order_ref].append(Happening(*facts))
    return found
