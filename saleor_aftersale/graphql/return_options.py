"""What can be done with the lines of an order: types, and one load for a page of orders."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Tuple

import graphene
from django.utils import timezone

from .. import texts, timelines
from ..host import graphql as host
from ..host import products
from ..returns import policy, queries
from ..returns.models import ReturnRequest
from ..timelines import OrderFile
from ..values import Product
from . import callers
from .returns_parts import RequestsByOrderLoader
from .tracking import OrderFileByRefLoader, list_of, visible_file

ReturnPayerEnum = graphene.Enum(
    "ReturnPayer", [(payer.name, payer.value) for payer in policy.Payer]
)


class ReturnReason(NamedTuple):
    """A refusal in words."""

    code: str
    text: str


class ReturnRefusal(graphene.ObjectType):
    """Why something isn't possible."""

    code = graphene.String(required=True)
    text = graphene.String(required=True, description="For the customer, in their language.")


class SeenOption(NamedTuple):
    """An option and the language it is told in."""

    option: policy.Option
    language: str


class ReturnBasisOption(graphene.ObjectType):
    """One ground for giving a line back: open until a day, or refused with reasons."""

    basis = graphene.String(required=True)
    is_open = graphene.Boolean(required=True)
    until = graphene.Field(host.Date, description="Last day; null while the delivery isn't known.")
    quantity = graphene.Int(required=True, description="Pieces possible on this basis.")
    payer = graphene.Field(ReturnPayerEnum, required=True, description="Of the way back.")
    fee_percent = graphene.Int(
        required=True, description="Restocking fee; 0 wherever a right is used."
    )
    resolutions = graphene.Field(
        list_of(graphene.String), description="What may be asked for, the first choice first."
    )
    methods = graphene.Field(list_of(graphene.String), description="How goods can come back.")
    refusals = graphene.Field(list_of(graphene.String), description="Every reason, as codes.")
    reasons = graphene.Field(list_of(ReturnRefusal), description="Every reason, in words too.")

    @staticmethod
    def resolve_basis(root: SeenOption, _info: Any) -> str:
        return root.option.basis.value

    @staticmethod
    def resolve_is_open(root: SeenOption, _info: Any) -> bool:
        return root.option.is_open

    @staticmethod
    def resolve_until(root: SeenOption, _info: Any) -> Any:
        return root.option.until

    @staticmethod
    def resolve_quantity(root: SeenOption, _info: Any) -> int:
        return root.option.quantity

    @staticmethod
    def resolve_payer(root: SeenOption, _info: Any) -> str:
        return root.option.payer.value

    @staticmethod
    def resolve_fee_percent(root: SeenOption, _info: Any) -> int:
        return root.option.fee_percent

    @staticmethod
    def resolve_resolutions(root: SeenOption, _info: Any) -> Tuple[str, ...]:
        return root.option.resolutions

    @staticmethod
    def resolve_methods(root: SeenOption, _info: Any) -> Tuple[str, ...]:
        return root.option.methods

    @staticmethod
    def resolve_refusals(root: SeenOption, _info: Any) -> List[str]:
        return [refusal.value for refusal in root.option.refusals]

    @staticmethod
    def resolve_reasons(root: SeenOption, _info: Any) -> List[ReturnReason]:
        with texts.in_language(root.language):
            return [
                ReturnReason(refusal.value, texts.text("refusal." + refusal.value))
                for refusal in root.option.refusals
            ]


class SeenDecision(NamedTuple):
    """A decision and the language it is told in."""

    decision: policy.Decision
    language: str


class ReturnOption(graphene.ObjectType):
    """What can be done with one order line today."""

    order_line_id = graphene.ID(required=True)
    quantity = graphene.Int(required=True, description="Pieces that can still be asked for.")
    proposed_basis = graphene.String(description="The most favourable open basis.")
    bases = graphene.Field(list_of(ReturnBasisOption))

    @staticmethod
    def resolve_order_line_id(root: SeenDecision, _info: Any) -> str:
        return graphene.Node.to_global_id("OrderLine", root.decision.line_ref)

    @staticmethod
    def resolve_quantity(root: SeenDecision, _info: Any) -> int:
        return root.decision.quantity

    @staticmethod
    def resolve_proposed_basis(root: SeenDecision, _info: Any) -> Optional[str]:
        proposed = root.decision.proposed
        return proposed.value if proposed else None

    @staticmethod
    def resolve_bases(root: SeenDecision, _info: Any) -> List[SeenOption]:
        return [SeenOption(option, root.language) for option in root.decision.options]


class ProductsByLinesLoader(host.DataLoader):
    """Products of whole orders: one load for a page, however many lines there are."""

    context_key = "aftersale_products_by_lines"

    def batch_load(self, keys: Iterable[Tuple[str, ...]]) -> List[Dict[str, Product]]:
        using = getattr(self, "database_connection_name", "default")
        found = products.load_products([ref for refs in keys for ref in refs], using=using)
        return [{ref: found[ref] for ref in refs if ref in found} for refs in keys]


def resolve_return_options(root: Any, info: Any, language: Optional[str] = None) -> Any:
    """``Order.returnOptions``: null for strangers."""

    def decided(file: Optional[OrderFile]) -> Any:
        visible = visible_file(info, file)
        if visible is None:
            return None
        refs = tuple(line.ref for line in visible.order.lines)

        def with_products(requests: List[ReturnRequest]) -> Any:
            loading = ProductsByLinesLoader(info.context).load(refs)
            return loading.then(lambda found: _options(info, visible, requests, found, language))

        return RequestsByOrderLoader(info.context).load(visible.order.ref).then(with_products)

    return OrderFileByRefLoader(info.context).load(host.order_ref(root)).then(decided)


def _options(
    info: Any,
    file: OrderFile,
    requests: List[ReturnRequest],
    found: Dict[str, Product],
    language: Optional[str],
) -> List[SeenDecision]:
    order = file.order
    settings = callers.settings_by_channel(info)[order.channel]
    decisions = queries.decisions(
        order, file.parcels, requests, settings, timezone.now(), products=found
    )
    chosen = timelines.language_of(order, settings, language)
    return [SeenDecision(decision, chosen) for decision in decisions.values()]
