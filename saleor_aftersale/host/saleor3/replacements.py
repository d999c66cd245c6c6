"""Goods in place of others in Saleor 3.x: its own replacement orders."""

from __future__ import annotations

from decimal import Decimal
from typing import Dict, Iterable, List, Optional, Sequence

from saleor.order import FulfillmentStatus
from saleor.order.actions import call_order_event, create_replace_order, process_replace
from saleor.order.models import Fulfillment, Order, OrderLine
from saleor.order.utils import create_manual_order_discount
from saleor.plugins.manager import get_plugins_manager
from saleor.product.models import ProductVariant, ProductVariantChannelListing
from saleor.webhook.event_types import WebhookEventAsyncType

from ...values import AftersaleError, Money, NotFound, ReplacedLine, Replacement, Requester
from .orders import WITH_CUSTOMER, people, rows_for, site_settings

__all__ = ["create_draft"]

_CLEARED = (FulfillmentStatus.FULFILLED, FulfillmentStatus.WAITING_FOR_APPROVAL)

#: Where pieces can be whose place others take without being booked so.
_ANYWHERE = (
    *WITH_CUSTOMER,
    FulfillmentStatus.RETURNED,
    FulfillmentStatus.REFUNDED_AND_RETURNED,
    FulfillmentStatus.REPLACED,
)


def create_draft(
    order_ref: str,
    lines: Sequence[ReplacedLine],
    requester: Requester,
    *,
    replaces: bool,
    credit: Optional[Money],
    reason: str,
) -> Replacement:
    """See ``ports.Replacements.create_draft``."""
    order = Order.objects.select_for_update(of=("self",)).get(pk=order_ref)
    draft = _draft_of(order, lines, requester, replaces=replaces)
    _choose_variants(order, draft, lines)
    _choose_delivery(order, draft)
    price = sum((line.total_price_gross_amount for line in draft.lines.all()), Decimal(0))
    discount = price if credit is None else min(price, credit.amount)
    if discount:
        create_manual_order_discount(draft, reason, "fixed", discount)
    manager = get_plugins_manager(allow_replica=False)
    call_order_event(manager, WebhookEventAsyncType.ORDER_UPDATED, order)
    call_order_event(manager, WebhookEventAsyncType.DRAFT_ORDER_CREATED, draft)
    return Replacement(str(draft.pk), Money(price, draft.currency))


def _draft_of(
    order: Order, lines: Sequence[ReplacedLine], requester: Requester, *, replaces: bool
) -> Order:
    statuses = WITH_CUSTOMER if replaces else _ANYWHERE
    rows = [
        row
        for line in lines
        for row in rows_for(order, line.line_ref, line.quantity, statuses=statuses)
    ]
    if not replaces:
        return create_replace_order(
            original_order=order,
            order_lines_to_replace=[],
            fulfillment_lines_to_replace=rows,
            **people(requester),
        )
    _fulfillment, draft = process_replace(
        order=order,
        order_lines=[],
        fulfillment_lines=rows,
        manager=get_plugins_manager(allow_replica=False),
        **people(requester),
        **site_settings(process_replace),
    )
    # Saleor's own action clears them away too, after it called this one.
    Fulfillment.objects.filter(order=order, lines=None, status__in=_CLEARED).delete()
    return draft


def _choose_variants(order: Order, draft: Order, lines: Sequence[ReplacedLine]) -> None:
    """Put each chosen variant into the line Saleor copied from the original's."""
    originals = OrderLine.objects.in_bulk([line.line_ref for line in lines])
    by_ref = {str(key): line for key, line in originals.items()}
    copies = list(draft.lines.all())
    for line in lines:
        copy = _copy_of(by_ref[line.line_ref], line.quantity, copies)
        copies.remove(copy)
        _price(copy, Decimal(copy.unit_price_gross_amount), copy.unit_price_net_amount)
        if line.variant_ref:
            _choose(copy, _variant(line.variant_ref), order, has_own_price=line.has_own_price)
        copy.save()


def _choose_delivery(order: Order, draft: Order) -> None:
    """
    The original's delivery, free of charge: without one Saleor completes no draft, and with
    one chosen by hand the customer would owe its price.
    """
    if order.shipping_method is None:
        return
    draft.shipping_method = order.shipping_method
    draft.shipping_method_name = order.shipping_method_name
    draft.save(update_fields=["shipping_method", "shipping_method_name"])


def _copy_of(original: OrderLine, quantity: int, copies: Iterable[OrderLine]) -> OrderLine:
    for copy in copies:
        same = (copy.variant_id, copy.product_name, copy.unit_price_gross_amount)
        wanted = (original.variant_id, original.product_name, original.unit_price_gross_amount)
        if same == wanted and copy.quantity == quantity:
            return copy
    raise NotFound("Saleor copied no such line.", field="lines")


def _variant(variant_ref: str) -> ProductVariant:
    found = ProductVariant.objects.select_related("product__product_type")
    variant = found.filter(pk=variant_ref).first() if variant_ref.isdigit() else None
    if variant is None:
        raise NotFound("There is no such variant.", field="variant_id")
    return variant


def _choose(line: OrderLine, variant: ProductVariant, order: Order, *, has_own_price: bool) -> None:
    listing = variant.channel_listings.filter(channel_id=order.channel_id).first()
    if listing is None or listing.price_amount is None:
        raise NotFound("The variant isn't sold in this channel.", field="variant_id")
    if not has_own_price:
        _check_same_product(line, variant)
    line.variant = variant
    line.product_name, line.variant_name = str(variant.product), str(variant)
    line.translated_product_name = line.translated_variant_name = ""
    line.product_sku, line.product_variant_id = variant.sku, variant.get_global_id()
    line.is_shipping_required = variant.is_shipping_required()
    line.is_gift_card = variant.is_gift_card()
    for name, value in _kind_of(variant).items():
        setattr(line, name, value)
    if has_own_price:
        gross, net = _prices(listing, line, order)
        _price(line, gross, net)
        base = gross if _is_gross(order) else net
        line.base_unit_price_amount = line.undiscounted_base_unit_price_amount = base


def _check_same_product(line: OrderLine, variant: ProductVariant) -> None:
    if line.variant is None or line.variant.product_id != variant.product_id:
        raise AftersaleError(
            "This is a variant of another product.", field="variant_id", code="OTHER_PRODUCT"
        )


def _kind_of(variant: ProductVariant) -> Dict[str, int]:
    """3.22 and later keep the product type with the line."""
    fields: List[str] = [field.name for field in OrderLine._meta.get_fields()]
    return (
        {"product_type_id": variant.product.product_type_id} if "product_type_id" in fields else {}
    )


def _is_gross(order: Order) -> bool:
    tax = getattr(order.channel, "tax_configuration", None)
    return tax is None or tax.prices_entered_with_tax


def _prices(
    listing: ProductVariantChannelListing, line: OrderLine, order: Order
) -> tuple[Decimal, Decimal]:
    """The shop's price of today with and without tax; the draft counts it anew when opened."""
    amount = listing.discounted_price_amount
    amount = listing.price_amount if amount is None else amount
    rate = 1 + Decimal(line.tax_rate or 0)
    cent = Decimal("0.001")
    if _is_gross(order):
        return amount, (amount / rate).quantize(cent)
    return (amount * rate).quantize(cent), amount


def _price(line: OrderLine, gross: Decimal, net: Decimal) -> None:
    """The line at that price for a piece; Saleor copies the total of all original pieces."""
    line.unit_price_gross_amount, line.unit_price_net_amount = gross, net
    line.total_price_gross_amount = gross * line.quantity
    line.total_price_net_amount = net * line.quantity
    line.undiscounted_unit_price_gross_amount = gross
    line.undiscounted_unit_price_net_amount = net
    line.undiscounted_total_price_gross_amount = gross * line.quantity
    line.undiscounted_total_price_net_amount = net * line.quantity
