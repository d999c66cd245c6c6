"""
Goods in place of others in Saleor 2.10.1, which knows no replacement: a draft order.

What was replaced stays in the plugin's own books only. This Saleor counts a discount anew
from vouchers alone whenever a draft is edited: so the draft comes with its delivery chosen,
free of charge, and is ready to be completed as it is.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Optional, Sequence

from saleor.account.models import User
from saleor.order import OrderStatus, events
from saleor.order.models import Order, OrderLine
from saleor.order.utils import recalculate_order
from saleor.product.models import ProductVariant

from ...values import AftersaleError, Money, NotFound, ReplacedLine, Replacement, Requester, Role

__all__ = ["create_draft"]

#: Private metadata that names the order a draft was made for.
KEY = "aftersale.replaces"

_COPIED = (
    "user",
    "language_code",
    "user_email",
    "currency",
    "display_gross_prices",
    "shipping_method",
    "shipping_method_name",
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
    draft = Order.objects.create(
        status=OrderStatus.DRAFT,
        billing_address=order.billing_address and order.billing_address.get_copy(),
        shipping_address=order.shipping_address and order.shipping_address.get_copy(),
        private_metadata={KEY: order_ref},
        **{name: getattr(order, name) for name in _COPIED},
    )
    made = [_line(order, draft, line) for line in lines]
    price = sum((line.unit_price_gross_amount * line.quantity for line in made), Decimal(0))
    draft.discount_amount = price if credit is None else min(price, credit.amount)
    draft.discount_name = reason
    draft.save(update_fields=["discount_amount", "discount_name"])
    recalculate_order(draft, update_voucher_discount=False)
    is_user = requester.role is Role.STAFF
    user = User.objects.filter(pk=requester.ref).first() if is_user else None
    events.draft_order_created_event(order=draft, user=user)
    return Replacement(str(draft.pk), Money(price, draft.currency))


def _line(order: Order, draft: Order, line: ReplacedLine) -> OrderLine:
    copy = order.lines.filter(pk=line.line_ref).first()
    if copy is None:
        raise NotFound("The order no longer has this line.", field="lines")
    copy.pk, copy.order = None, draft
    copy.quantity, copy.quantity_fulfilled = line.quantity, 0
    if line.variant_ref:
        _choose(copy, line)
    copy.save()
    return copy


def _choose(copy: OrderLine, line: ReplacedLine) -> None:
    found = ProductVariant.objects.select_related("product__product_type")
    variant = found.filter(pk=line.variant_ref).first() if line.variant_ref.isdigit() else None
    if variant is None:
        raise NotFound("There is no such variant.", field="variant_id")
    if not line.has_own_price:
        _check_same_product(copy, variant)
    copy.variant = variant
    copy.product_name, copy.variant_name = str(variant.product), str(variant)
    copy.translated_product_name = copy.translated_variant_name = ""
    copy.product_sku, copy.is_shipping_required = variant.sku, variant.is_shipping_required()
    if line.has_own_price:
        gross = variant.get_price().amount
        copy.unit_price_gross_amount = gross
        net = gross / (1 + Decimal(copy.tax_rate or 0))
        copy.unit_price_net_amount = net.quantize(Decimal("0.001"))


def _check_same_product(line: OrderLine, variant: ProductVariant) -> None:
    if line.variant is None or line.variant.product_id != variant.product_id:
        raise AftersaleError(
            "This is a variant of another product.", field="variant_id", code="OTHER_PRODUCT"
        )
