"""What follows a statement of withdrawal: its order found, its request made, staff work."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Dict, List, Optional, Sequence, Tuple

from django.db import transaction

from ..config import Settings, settings_of
from ..host import orders
from ..tracking import queries as tracking_queries
from ..tracking.actions import keep_order
from ..values import AftersaleError, NotFound, Order, Requester, Role
from . import policy, queries
from . import withdrawal_rules as rules
from .actions import InvalidInput, WishedLine, check_text, submit_return
from .models import WithdrawalStatement
from .states import STAFF, TransitionNotAllowed
from .withdrawal_rules import StatementState

logger = logging.getLogger(__name__)


def match_statement(statement_id: int, now: datetime) -> None:
    """
    Find the order of a statement and make its return request; may run twice, acts once.

    What can't be matched or made becomes staff work with a code. A fault puts the
    statement back for later, and after several it is staff work too.
    """
    row = _take(statement_id, now)
    if row is None:
        return
    try:
        with transaction.atomic():
            _match(row)
    except Exception:
        logger.exception("Withdrawal %s could not be matched.", row.reference)
        _put_back(statement_id, now)


def _take(statement_id: int, now: datetime) -> Optional[WithdrawalStatement]:
    with transaction.atomic():
        rows = WithdrawalStatement.objects.select_for_update(skip_locked=True)
        row = rows.filter(pk=statement_id, match_due_at__lte=now).first()
        if row is not None:
            row.match_due_at, row.match_attempts = now + rules.LEASE, row.match_attempts + 1
            row.save(update_fields=["match_due_at", "match_attempts"])
    return row


def _put_back(statement_id: int, now: datetime) -> None:
    with transaction.atomic():
        row = locked_statement(statement_id)
        if row.match_due_at is None:
            # Staff were faster.
            return
        row.match_due_at = now + rules.pause_after(row.match_attempts)
        if row.match_attempts >= rules.MAX_MATCH_ATTEMPTS:
            row.match_due_at = None
            row.state = StatementState.NEEDS_MATCHING.value
            row.reason_code = rules.MATCHING_FAILED
        row.save(update_fields=["match_due_at", "state", "reason_code"])


def _match(taken: WithdrawalStatement) -> None:
    # Locked before its order, which isn't known yet: nobody locks them the other way round.
    row = WithdrawalStatement.objects.select_for_update().get(pk=taken.pk)
    if row.match_due_at != taken.match_due_at:
        # Staff were faster.
        return
    order = _order_meant(row)
    if order is None:
        row.state = StatementState.NEEDS_MATCHING.value
        row.reason_code = rules.ORDER_NOT_FOUND
    else:
        _connect(row, order)
    row.match_due_at = None
    row.save()


def _order_meant(row: WithdrawalStatement) -> Optional[Order]:
    """The proven order; else the one order with a number in the words and that mailbox."""
    if row.order_ref:
        refs = [row.order_ref]
    else:
        numbers = rules.numbers_in(row.contract)
        refs = [orders.find_order(number, row.email) for number in numbers]
    found = orders.load_orders([ref for ref in refs if ref], using="default")
    fitting = [order for order in found.values() if order.channel == row.channel]
    return fitting[0] if len(fitting) == 1 else None


def _connect(row: WithdrawalStatement, order: Order) -> None:
    """
    Make the return request as far as the rules permit; the rest is for staff to decide.

    Whether the plugin is still switched on doesn't matter: the statement has been made.
    """
    row.order_ref = order.ref
    record = keep_order(order)
    settings = settings_of(order.channel)
    wishes, reason = _possible(row, order, settings)
    try:
        if wishes:
            row.return_request = submit_return(
                record,
                wishes,
                _customer_of(row),
                settings,
                idempotency_key=f"withdrawal-{row.pk}",
                now=row.stated_at,
            )
    except AftersaleError as fault:
        # Another request took the pieces meanwhile.
        reason = fault.code
    row.reason_code = reason
    row.state = (StatementState.NEEDS_DECISION if reason else StatementState.MATCHED).value


def _customer_of(row: WithdrawalStatement) -> Requester:
    role = Role(row.requester_role)
    if role in STAFF:
        return Requester(role, row.requester_ref)
    return Requester(Role.GUEST if role is Role.ANONYMOUS else role, row.requester_ref, row.email)


def decisions_for(order: Order, settings: Settings, now: datetime) -> Dict[str, policy.Decision]:
    """What every line of the order permits at that moment, by line ref."""
    parcels = tracking_queries.parcels_by_order([order])[order.ref]
    requests = queries.requests_by_order([order.ref])[order.ref]
    return queries.decisions(order, parcels, requests, settings, now)


def _possible(
    row: WithdrawalStatement, order: Order, settings: Settings
) -> Tuple[List[WishedLine], str]:
    """The pieces that can be asked for, and why the others can't; empty: there are none."""
    decisions = decisions_for(order, settings, row.stated_at)
    wanted = {line["line_ref"]: line["quantity"] for line in row.lines}
    whole = {line.ref: line.quantity for line in order.lines}
    wishes, reasons = [], []
    for line_ref, quantity in (wanted or whole).items():
        decision = decisions.get(line_ref)
        if decision is None:
            reasons.append("NOT_OUR_ORDER")
            continue
        option = decision.option(policy.Basis.WITHDRAWAL)
        possible = min(quantity, option.quantity) if option.is_open else 0
        if possible:
            wishes.append(WishedLine(line_ref, possible, policy.Basis.WITHDRAWAL))
        if possible < quantity:
            reasons.append(_why_not(option.refusals))
    return wishes, reasons[0] if reasons else ""


def _why_not(refusals: Sequence[policy.Refusal]) -> str:
    return (refusals[0] if refusals else policy.Refusal.QUANTITY_EXCEEDED).value


def match_by_hand(statement_id: int, order: Order, requester: Requester) -> WithdrawalStatement:
    """
    Connect a statement with the order staff found for it; it counts from when it was made.

    Raises:
        NotFound: there is no such statement.
        TransitionNotAllowed: it has its request already, or was closed.
    """
    with transaction.atomic():
        row = locked_statement(statement_id)
        _refuse_if_done(row)
        _connect(row, order)
        row.match_due_at, row.handled_by = None, requester.label
        row.save()
    return row


def close_statement(
    statement_id: int, requester: Requester, *, code: str, note: str = ""
) -> WithdrawalStatement:
    """
    End staff work on a statement with a code; it stays kept, and is still acknowledged
    unless it is spam.

    Raises:
        InvalidInput: no such code, or too long a note.
        NotFound: there is no such statement.
        TransitionNotAllowed: it was closed already.
    """
    if code not in rules.CLOSE_CODES:
        raise InvalidInput("There is no such code.", field="code")
    check_text(note, "note")
    with transaction.atomic():
        row = locked_statement(statement_id)
        if row.state == StatementState.CLOSED.value:
            raise TransitionNotAllowed("This statement is closed.")
        row.state, row.reason_code, row.note = StatementState.CLOSED.value, code, note
        row.match_due_at, row.handled_by = None, requester.label
        if code == "SPAM":
            row.ack_due_at = None
        row.save()
    return row


def locked_statement(statement_id: int) -> WithdrawalStatement:
    """
    A statement, locked until the transaction ends.

    Raises:
        NotFound: there is none of that id.
    """
    row = WithdrawalStatement.objects.select_for_update().filter(pk=statement_id).first()
    if row is None:
        raise NotFound("There is no such statement.", field="id")
    return row


def _refuse_if_done(row: WithdrawalStatement) -> None:
    if row.return_request_id or row.state == StatementState.CLOSED.value:
        raise TransitionNotAllowed("This statement has its return request, or is closed.")
