"""
Writes of withdrawals: a statement is kept before anything else is asked or done.

It counts from the moment it was confirmed. Nothing that comes after it can undo it: no
order that isn't found, no rule, no mail. See ``withdrawal_matching`` for what comes after.
"""

from __future__ import annotations

import logging
import secrets
import uuid
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Dict, List, Tuple

from django.db import transaction

from .. import access, texts
from ..config import PLUGIN_ID
from ..events import WithdrawalStated, publish
from ..host import hooks
from ..values import Order, Requester, Role
from . import withdrawal_rules as rules
from .actions import InvalidInput
from .models import WithdrawalStatement
from .withdrawal_rules import CameBy, Proof, StatementState

logger = logging.getLogger(__name__)

#: Statements from one address within an hour that are answered at once.
TRIES_PER_ADDRESS = 30

_NOBODY = Requester(Role.ANONYMOUS)


def page_url(channel: str, token: str = "") -> str:
    """Address of the withdrawal function: for one order, or the public one for everybody."""
    path = f"withdraw/{token}/" if token else "withdraw/"
    return hooks.page_url(PLUGIN_ID, channel, path)


def form_url(channel: str) -> str:
    """Address of the model withdrawal form, to be printed and posted."""
    return hooks.page_url(PLUGIN_ID, channel, "withdraw/form/")


@dataclass(frozen=True)
class StatedLine:
    """Pieces of one order line; the name as the person read it."""

    line_ref: str
    quantity: int
    product_name: str = ""


@dataclass(frozen=True)
class Declaration:
    """What somebody declares, before it is kept."""

    channel: str
    language: str
    name: str
    #: What identifies the contract, in the person's own words.
    contract: str
    email: str
    #: Empty: the whole contract.
    lines: Tuple[StatedLine, ...] = ()
    #: The client's: the same key with the same words is said once. Empty: said anew.
    key: str = ""
    came_by: CameBy = CameBy.PAGE
    proof: Proof = Proof.NONE
    #: Of the proven order; empty when there is no proof.
    order_ref: str = ""
    requester: Requester = _NOBODY
    is_suspicious: bool = False

    def proven(self, order: Order, requester: Requester, proof: Proof) -> Declaration:
        """The same by somebody who proved that it is about that order."""
        return replace(self, order_ref=order.ref, requester=requester, proof=proof)


def contract_of(order: Order, language: str) -> str:
    """How the contract of a known order is named."""
    with texts.in_language(language):
        return texts.text("withdrawal.order", number=order.number)


def faults_of(said: Declaration) -> Dict[str, str]:
    """
    What is missing or wrong: code by field, ``REQUIRED``, ``TOO_LONG`` or ``INVALID``.

    Name, contract and mail address: more can't be asked for.

    Source: Directive 2011/83/EU Art. 11a(2).
    """
    faults = {}
    limits = {
        "name": rules.MAX_NAME,
        "contract": rules.MAX_CONTRACT,
        "email": rules.MAX_EMAIL,
    }
    for field, limit in limits.items():
        value = getattr(said, field)
        if not value:
            faults[field] = "REQUIRED"
        elif len(value) > limit:
            faults[field] = "TOO_LONG"
    if "email" not in faults and not rules.is_mailbox(said.email):
        faults["email"] = "INVALID"
    quantities = [line.quantity for line in said.lines]
    if len({line.line_ref for line in said.lines}) < len(said.lines):
        faults["lines"] = "DUPLICATED"
    if any(not 1 <= quantity < 1_000_000 for quantity in quantities):
        faults["lines"] = "INVALID"
    if len(quantities) > rules.MAX_LINES:
        faults["lines"] = "TOO_LONG"
    if len(said.key) > rules.MAX_KEY:
        faults["key"] = "TOO_LONG"
    return faults


def sentence_of(said: Declaration) -> str:
    """The sentence the person confirms, in the declaration's language."""
    code = "withdrawal.some" if said.lines else "withdrawal.whole"
    with texts.in_language(said.language):
        return texts.text(code, contract=said.contract)


def declare(said: Declaration, now: datetime, *, address: str = "") -> WithdrawalStatement:
    """
    Take a statement of withdrawal; it counts from ``now``.

    Effects in order: the row is written and committed on its own; only then the flood
    limits are asked, and ``WithdrawalStated`` leads to acknowledgement and matching.
    Whatever fails after the row is caught up by the sweep.

    Args:
        said: texts already ``storable``.
        address: where it came from, for the flood limit; empty when unknown.

    Raises:
        InvalidInput: see ``faults_of``; nothing is kept.
    """
    for field, code in faults_of(said).items():
        raise InvalidInput(f"This field is {code.lower()}.", field=field, code=code)
    row = _keep(said, now)
    try:
        _follow_up(row, address, now)
    except Exception:
        logger.exception("Withdrawal %s is kept; the sweep will follow it up.", row.reference)
    return row


def _keep(said: Declaration, now: datetime) -> WithdrawalStatement:
    lines = [asdict(line) for line in said.lines]
    words = [said.channel, said.name, said.contract, said.email, said.order_ref]
    # Names of products aren't part of it: they can be read or not be read of the same order.
    pieces = [[line.line_ref, line.quantity] for line in said.lines]
    identity = rules.identity_hash(said.key or secrets.token_hex(16), words + [pieces])
    for _try in range(5):
        row = WithdrawalStatement(
            reference=rules.reference_of(secrets.token_bytes(16), now),
            identity_hash=identity,
            channel=said.channel,
            language=said.language,
            sentence=sentence_of(said),
            name=said.name,
            contract=said.contract,
            email=said.email,
            lines=lines,
            stated_at=now,
            came_by=said.came_by.value,
            proof=said.proof.value,
            requester_role=said.requester.role.value,
            requester_ref=said.requester.ref,
            is_suspicious=said.is_suspicious,
            state=StatementState.RECEIVED.value,
            order_ref=said.order_ref,
            match_due_at=now,
            ack_due_at=now,
            message_id=f"<{uuid.uuid4()}@saleor-aftersale>",
        )
        with transaction.atomic():
            WithdrawalStatement.objects.bulk_create([row], ignore_conflicts=True)
        kept = WithdrawalStatement.objects.filter(identity_hash=identity).first()
        if kept is not None:
            return kept
        # The reference was taken: one in a trillion.
    raise RuntimeError("No free reference was found.")


def _follow_up(row: WithdrawalStatement, address: str, now: datetime) -> None:
    pause = _flood_pause(row, address)
    if pause:
        # What is done already has no due time and stays done.
        rows = WithdrawalStatement.objects.filter(pk=row.pk)
        rows.filter(match_due_at=now).update(match_due_at=now + pause)
        rows.filter(ack_due_at=now).update(ack_due_at=now + pause)
        return
    publish(WithdrawalStated(row.pk))


def _flood_pause(row: WithdrawalStatement, address: str) -> timedelta:
    earlier = WithdrawalStatement.objects.filter(
        email=row.email, stated_at__gt=row.stated_at - timedelta(days=1), pk__lt=row.pk
    )
    pause = rules.flood_pause(earlier.count())
    try:
        if address:
            hour = timedelta(hours=1)
            access.limit_rate("withdrawal", address, tries=TRIES_PER_ADDRESS, period=hour)
    except access.RateLimited:
        pause = max(pause, timedelta(hours=1))
    return pause


def waiting_statements(now: datetime, *, limit: int = 200) -> List[int]:
    """Ids of statements that wait for their order or acknowledgement, oldest first."""
    rows = WithdrawalStatement.objects.order_by("stated_at").values_list("pk", flat=True)
    unmatched = list(rows.filter(match_due_at__lte=now)[:limit])
    unanswered = list(rows.filter(ack_due_at__lte=now)[:limit])
    return list(dict.fromkeys(unanswered + unmatched))
