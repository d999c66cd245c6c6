"""The mutation that declares a withdrawal: owners, guests with a link, and everybody else."""

from __future__ import annotations

import logging
from typing import Any, List, Optional, Tuple

import graphene
from django.db import transaction
from django.utils import timezone

from .. import config, texts
from ..host import graphql as host
from ..returns import withdrawals as actions
from ..returns.actions import InvalidInput
from ..returns.withdrawal_rules import CameBy, Proof, storable
from ..tracking.queries import product_name_of
from ..values import AftersaleError
from . import callers
from .errors import AftersaleMutation, errors_of
from .withdrawals import WithdrawalStatement, seen

logger = logging.getLogger(__name__)


class WithdrawalLineInput(graphene.InputObjectType):
    """Pieces of one order line to withdraw from."""

    order_line_id = graphene.ID(required=True)
    quantity = graphene.Int(required=True)


class WithdrawalDeclareInput(graphene.InputObjectType):
    """
    A statement: by order id for its owner, by access token for a guest with a link. Without
    either, name, contract and mail address tell who withdraws from what; nothing else is needed.
    """

    order_id = graphene.ID()
    access_token = graphene.String()
    channel = graphene.String(description="Slug; needed without an order in several channels.")
    name = graphene.String(description="Left out: the name of the order.")
    contract = graphene.String(description="Order number, or what else tells the contract.")
    email = graphene.String(
        description="Where the acknowledgement goes. Left out: the order's own."
    )
    lines = graphene.List(
        graphene.NonNull(WithdrawalLineInput), description="Left out: the whole contract."
    )
    language = graphene.String(description="Of statement and acknowledgement, as `pl`.")
    key = graphene.String(description="The same key with the same words gives the same statement.")


class WithdrawalDeclare(AftersaleMutation):
    """Declares a withdrawal."""

    withdrawal_statement = graphene.Field(WithdrawalStatement)

    class Arguments:
        input = WithdrawalDeclareInput(required=True)

    class Meta:
        description = (
            "Declares the withdrawal from a contract, after the customer confirmed it. The "
            "statement counts at once and is acknowledged by mail, also when no order fits: "
            "the answer is the same then."
        )

    @classmethod
    def mutate(cls, _root: Any, info: Any, **data: Any) -> WithdrawalDeclare:
        # Unlike the others in no transaction: the statement stays whatever fails after it.
        with host.writing(info):
            try:
                return cls.perform(info, **data)
            except AftersaleError as error:
                return cls(errors=errors_of(error))

    @classmethod
    def perform(cls, info: Any, **data: Any) -> WithdrawalDeclare:
        wish = data["input"]
        caller = _caller(info, wish)
        channel = caller.order.channel if caller else _channel(wish.get("channel"))
        said = _declaration(wish, channel, caller)
        row = actions.declare(said, timezone.now(), address=host.client_address(info))
        return cls(withdrawal_statement=seen(row), errors=[])


def _caller(info: Any, wish: Any) -> Optional[callers.Caller]:
    """Who proved which order; None without proof, or when the order can't be read now."""
    order_id, access_token = wish.get("order_id"), wish.get("access_token")
    if not order_id and not access_token:
        return None
    try:
        # A savepoint: whatever fails here, the statement can still be written.
        with transaction.atomic():
            return callers.caller_for_order(info, order_id=order_id, access_token=access_token)
    except AftersaleError:
        raise
    except Exception:
        logger.exception("The order of a statement can't be read; the statement goes on.")
        return None


def _channel(slug: Optional[str]) -> str:
    """
    The channel of a statement without an order.

    Raises:
        InvalidInput: the plugin is active in several channels and none is named.
        PluginInactive: it isn't active there.
    """
    if slug is None:
        active = [channel for channel, kept in config.stored().items() if kept.is_active]
        if len(active) > 1:
            raise InvalidInput("Name the channel.", field="channel", code="REQUIRED")
        slug = active[0] if active else ""
    callers.active_settings(slug)
    return slug


def _declaration(wish: Any, channel: str, caller: Optional[callers.Caller]) -> actions.Declaration:
    order = caller.order if caller else None
    settings = caller.settings if caller else callers.active_settings(channel)
    wishes = (wish.get("language") or "", order.language if order else "")
    language = texts.language_for(*wishes, among=settings.languages)
    said = actions.Declaration(
        channel=channel,
        language=language,
        name=_words(wish, "name") or (storable(order.customer_name)[:200] if order else ""),
        contract=_words(wish, "contract")
        or (actions.contract_of(order, language) if order else ""),
        email=_words(wish, "email") or (order.email if order else ""),
        lines=_lines(wish.get("lines") or [], caller),
        key=_words(wish, "key"),
        came_by=CameBy.API,
    )
    if caller is None:
        return said
    proof = Proof.LINK if wish.get("access_token") else Proof.ACCOUNT
    return said.proven(caller.order, caller.requester, proof)


def _words(wish: Any, field: str) -> str:
    return storable(wish.get(field) or "")


def _lines(wishes: List[Any], caller: Optional[callers.Caller]) -> Tuple[actions.StatedLine, ...]:
    """
    The pieces wished, with the names of the proven order.

    Raises:
        InvalidInput: a line isn't of that order, or has fewer pieces.
    """
    known = {line.ref: line for line in caller.order.lines} if caller else None
    found = []
    for wish in wishes:
        line_ref, name = callers.ref_of(wish["order_line_id"], "OrderLine", "order_line_id"), ""
        if known is not None:
            line = known.get(line_ref)
            if line is None:
                raise InvalidInput(
                    "This line is not part of the order.", field="lines", code="NOT_OUR_ORDER"
                )
            if wish["quantity"] > line.quantity:
                raise InvalidInput(
                    f"At most {line.quantity} pieces were ordered.",
                    field="quantity",
                    code="QUANTITY_EXCEEDED",
                )
            name = storable(product_name_of(line.product_name, line.variant_name))
        found.append(actions.StatedLine(line_ref, wish["quantity"], name))
    return tuple(found)
