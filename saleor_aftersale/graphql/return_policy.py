"""What other settings would change for the shop's newest orders, before they are saved."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

import graphene
from django.utils import timezone

from .. import config, timelines
from ..host import graphql as host
from ..host import products
from ..returns import queries, simulation
from ..values import AftersaleError
from . import callers
from .errors import AftersaleErrorType, error_of
from .return_options import ReturnBasisOption, SeenOption
from .tracking import list_of

MAX_ORDERS = 500

#: Simulations are for staff: their texts come in English, as errors do.
_LANGUAGE = "en"


class ReturnPolicySettingInput(graphene.InputObjectType):
    """A setting of the plugin as it would be saved."""

    name = graphene.String(required=True)
    value = graphene.String(required=True)


class ReturnPolicyChange(graphene.ObjectType):
    """What would be decided otherwise."""

    order_id = graphene.ID(required=True)
    order_number = graphene.String(required=True)
    order_line_id = graphene.ID(required=True)
    product_name = graphene.String(required=True)
    basis = graphene.String(required=True)
    before = graphene.Field(graphene.NonNull(ReturnBasisOption))
    after = graphene.Field(graphene.NonNull(ReturnBasisOption))

    @staticmethod
    def resolve_order_id(root: simulation.Change, _info: Any) -> str:
        return host.order_global_id(root.order.ref)

    @staticmethod
    def resolve_order_number(root: simulation.Change, _info: Any) -> str:
        return root.order.number

    @staticmethod
    def resolve_order_line_id(root: simulation.Change, _info: Any) -> str:
        return graphene.Node.to_global_id("OrderLine", root.line.ref)

    @staticmethod
    def resolve_product_name(root: simulation.Change, _info: Any) -> str:
        return root.line.product_name

    @staticmethod
    def resolve_basis(root: simulation.Change, _info: Any) -> str:
        return root.before.basis.value

    @staticmethod
    def resolve_before(root: simulation.Change, _info: Any) -> SeenOption:
        return SeenOption(root.before, _LANGUAGE)

    @staticmethod
    def resolve_after(root: simulation.Change, _info: Any) -> SeenOption:
        return SeenOption(root.after, _LANGUAGE)


class ReturnPolicySimulation(graphene.ObjectType):
    """Today's decisions on the newest orders, under the settings saved and those given."""

    orders = graphene.Int(required=True, description="Orders looked at.")
    lines = graphene.Int(required=True, description="Their lines.")
    opened = graphene.Int(required=True, description="Options that would become possible.")
    closed = graphene.Int(required=True, description="Options that would no longer be possible.")
    changes = graphene.Field(list_of(ReturnPolicyChange))
    errors = graphene.Field(
        list_of(AftersaleErrorType),
        description="By name of the setting; when there are any, nothing was compared.",
    )


class Compared(NamedTuple):
    """What the API shows of a simulation."""

    orders: int = 0
    lines: int = 0
    opened: int = 0
    closed: int = 0
    changes: Tuple[simulation.Change, ...] = ()
    errors: Tuple[AftersaleErrorType, ...] = ()


def resolve_simulation(
    _root: Any, info: Any, settings: List[Any], channel: str, last: Optional[int] = None
) -> Compared:
    """``returnPolicySimulate``: for staff and apps with MANAGE_ORDERS in that channel."""
    callers.staff_for(info, channel)
    count = 100 if last is None else last
    wished = {item["name"]: item["value"] for item in settings}
    faults = _faults(wished, count)
    if faults:
        return Compared(errors=tuple(faults))
    with host.reading(info):
        found = _simulate(channel, count, wished, using=host.database(info))
    return Compared(*found)


def _faults(wished: Dict[str, str], count: int) -> List[AftersaleErrorType]:
    faults = []
    if not 1 <= count <= MAX_ORDERS:
        faults.append(error_of(AftersaleError(f"Ask for 1 to {MAX_ORDERS}.", field="last")))
    for name in wished:
        if name not in config.defaults():
            message = "There is no such setting."
            faults.append(AftersaleErrorType(field=name, message=message, code="NOT_FOUND"))
    for name, message in config.check(wished).items():
        faults.append(AftersaleErrorType(field=name, message=message, code="INVALID"))
    return faults


def _simulate(
    channel: str, count: int, wished: Dict[str, str], *, using: str
) -> simulation.Simulation:
    refs = products.newest_orders(channel, limit=count, using=using)
    files = timelines.load(refs, using=using)
    requests = queries.requests_by_order(files, using=using)
    lines = [line.ref for file in files.values() for line in file.order.lines]
    stored = config.stored_values(channel, using=using)
    return simulation.simulate(
        [
            simulation.KnownOrder(files[ref].order, files[ref].parcels, requests[ref])
            for ref in refs
            if ref in files
        ],
        products.load_products(lines, using=using),
        config.typed(True, stored),
        config.typed(True, {**stored, **wished}),
        timezone.now(),
    )
