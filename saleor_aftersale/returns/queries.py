"""Reads of returns: what an order's lines permit today, requests of orders, histories."""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

from django.db.models import Prefetch, QuerySet

from ..config import Settings
from ..host import products as host_products
from ..tracking import timeline
from ..tracking.statuses import ShipmentStatus
from ..tracking.timeline import Parcel
from ..values import NotFound, Order, OrderLine, Product
from . import legal, pieces, policy, shop_rules
from .models import Refund, ReturnLine, ReturnRequest, ReturnTransition
from .states import ReturnState

logger = logging.getLogger(__name__)


def decisions(
    order: Order,
    parcels: Sequence[Parcel],
    requests: Sequence[ReturnRequest],
    settings: Settings,
    now: datetime,
    *,
    products: Optional[Mapping[str, Product]] = None,
) -> Dict[str, policy.Decision]:
    """
    What every line of an order permits today, by line ref.

    Args:
        parcels: as ``tracking.queries.parcels_by_order`` gives them.
        requests: every request of the order, with lines.
        products: by line ref, as ``host.products`` loads them for many orders at once.
            None: loaded here. Given, there is no query of its own.
    """
    if products is None:
        refs = [line.ref for line in order.lines]
        products = host_products.load_products(refs, using="default")
    standing = pieces.standing_of(order, requests)
    arrived = _arrived(order, parcels)
    terms = _terms_by_line(order, products, settings)
    lines = [
        policy.LineFacts(
            line_ref=line.ref,
            sent_quantity=standing[line.ref].sent,
            delivered_quantity=min(arrived[line.ref].quantity, standing[line.ref].sent),
            requested_quantity=standing[line.ref].requested,
            delivered_at=arrived[line.ref].all_of(line),
            terms=terms[line.ref],
            ordered_quantity=standing[line.ref].ordered,
        )
        for line in order.lines
    ]
    facts = policy.OrderFacts(
        delivered_at(order, parcels), order.country, is_company=bool(order.company_name)
    )
    today = legal.day_of_statement(now, order.country)
    return policy.decide_all(lines, facts, policy_of(settings), today)


def policy_of(settings: Settings) -> policy.Policy:
    """The channel's own rules of returning, as its settings have them."""
    return policy.Policy(
        return_window_days=settings.return_window_days,
        customers_informed=settings.customers_informed,
        withdrawal_for_companies=settings.withdrawal_for_companies,
        profiles=settings.legal_profiles,
        methods=settings.return_methods,
        extra_resolutions=settings.extra_resolutions,
    )


def _terms_by_line(
    order: Order, products: Mapping[str, Product], settings: Settings
) -> Dict[str, shop_rules.Terms]:
    """What the shop says of each line; equal terms are one object, see ``decide_all``."""
    known: Dict[Tuple[str, object], shop_rules.Terms] = {}
    equal: Dict[shop_rules.Terms, shop_rules.Terms] = {}
    found = {}
    for line in order.lines:
        product = products.get(line.ref)
        price = line.total.amount / line.quantity if line.quantity else line.total.amount
        key = (product.ref if product else "", price)
        if key not in known:
            where = shop_rules.Where(product, order.country, price)
            terms = shop_rules.terms_of(where, settings.return_rules)
            known[key] = equal.setdefault(terms, terms)
        found[line.ref] = known[key]
    for product in products.values():
        for fault in shop_rules.faults_of(product):
            _log_once(product.ref, fault)
    return found


@lru_cache(maxsize=1024)
def _log_once(product_ref: str, fault: str) -> None:
    """A product's fault is told once by each process, not with every order it is in."""
    logger.warning("Ignored in the metadata of product %s: %s", product_ref, fault)


def delivered_at(order: Order, parcels: Sequence[Parcel]) -> Optional[datetime]:
    """
    When the last good of the order was delivered; None while any part isn't known to be.

    Parcels the shop took back before the carrier had them don't count.
    """
    if any(line.quantity_fulfilled < line.quantity for line in order.lines):
        return None
    moments = []
    for parcel in parcels:
        status = timeline.status_of(parcel.events, is_cancelled=parcel.is_cancelled)
        if parcel.is_cancelled and status is ShipmentStatus.CANCELLED:
            continue
        if status is not ShipmentStatus.DELIVERED:
            return None
        moments.append(_delivered_at(parcel, order))
    return max((moment for moment in moments if moment), default=None)


def _delivered_at(parcel: Parcel, order: Order) -> Optional[datetime]:
    """A scan from before the order would start the customer's time too early."""
    return timeline.reached_at(parcel.events, ShipmentStatus.DELIVERED, not_before=order.placed_at)


@dataclass
class _Arrived:
    """Pieces of one line reported as delivered, and when."""

    quantity: int = 0
    moments: List[datetime] = field(default_factory=list)

    def all_of(self, line: OrderLine) -> Optional[datetime]:
        """When the last piece of the line came; None while one hasn't."""
        if self.quantity < line.quantity:
            return None
        return max(self.moments, default=None)


def _arrived(order: Order, parcels: Sequence[Parcel]) -> Dict[str, _Arrived]:
    """What was delivered, by line ref."""
    found: Dict[str, _Arrived] = defaultdict(_Arrived)
    for parcel in parcels:
        if timeline.status_of(parcel.events) is not ShipmentStatus.DELIVERED:
            continue
        moment = _delivered_at(parcel, order)
        for line in parcel.lines:
            found[line.line_ref].quantity += line.quantity
            if moment:
                found[line.line_ref].moments.append(moment)
    return found


def kept_pieces(
    order: Order, parcels: Sequence[Parcel], requests: Sequence[ReturnRequest]
) -> Dict[str, int]:
    """
    Pieces by line ref that the customer has and doesn't want to give back; no query.

    Args:
        requests: every request of the order, with lines.
    """
    arrived, standing = _arrived(order, parcels), pieces.standing_of(order, requests)
    return {
        ref: max(0, min(arrived[ref].quantity, line.sent) - line.requested)
        for ref, line in standing.items()
    }


def with_details(requests: QuerySet[ReturnRequest], *, using: str) -> QuerySet[ReturnRequest]:
    """Requests with order, lines, transitions and refunds: four queries however many."""
    return requests.select_related("order").prefetch_related(
        Prefetch("lines", queryset=ReturnLine.objects.using(using).order_by("id")),
        Prefetch(
            "transitions", queryset=ReturnTransition.objects.using(using).order_by("position")
        ),
        Prefetch("refunds", queryset=Refund.objects.using(using).order_by("id")),
    )


def requests_by_order(
    order_refs: Iterable[str], *, using: str = "default", with_drafts: bool = False
) -> Dict[str, List[ReturnRequest]]:
    """Return requests by order ref, oldest first, with their details."""
    found: Dict[str, List[ReturnRequest]] = {ref: [] for ref in order_refs}
    rows = ReturnRequest.objects.using(using).filter(order__order_ref__in=list(found))
    if not with_drafts:
        rows = rows.exclude(state=ReturnState.DRAFT.value)
    for request in with_details(rows.order_by("id"), using=using):
        found[request.order.order_ref].append(request)
    return found


def get_request(request_id: str, *, using: str = "default") -> ReturnRequest:
    """
    One request with its details.

    Raises:
        NotFound: there is none of that id.
    """
    rows = ReturnRequest.objects.using(using).filter(pk=request_id)
    request = with_details(rows, using=using).first()
    if request is None:
        raise NotFound("There is no such return request.", field="id")
    return request


def plain_request(request_id: str, *, using: str = "default") -> Optional[ReturnRequest]:
    """One request with its order, without further details; None: there is none of that id."""
    rows = ReturnRequest.objects.using(using).select_related("order")
    return rows.filter(pk=request_id).first()


def requests_by_key(keys: Iterable[int], *, using: str = "default") -> Dict[int, ReturnRequest]:
    """Return requests with their details by key, in the same queries however many."""
    rows = ReturnRequest.objects.using(using).filter(pk__in=list(keys))
    return {request.pk: request for request in with_details(rows, using=using)}


def newest_request(order_ref: str, *, using: str = "default") -> ReturnRequest:
    """
    The newest request of an order with its details; a draft only where there is no other.

    Raises:
        NotFound: the order has none.
    """
    requests = requests_by_order([order_ref], using=using, with_drafts=True)[order_ref]
    if not requests:
        raise NotFound("There is no such return request.", field="id")
    sent = [request for request in requests if request.state != ReturnState.DRAFT.value]
    return (sent or requests)[-1]
