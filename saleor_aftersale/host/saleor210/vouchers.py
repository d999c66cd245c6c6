"""Vouchers of Saleor 2.10.1, where a voucher is its code and no plugin is told of it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from babel.numbers import get_currency_precision
from django.conf import settings
from saleor.discount import DiscountValueType, VoucherType
from saleor.discount.models import Voucher

from ...values import AftersaleError, NotFound
from .orders import CHANNEL

__all__ = ["VoucherRefused", "create"]


class VoucherRefused(AftersaleError):
    """The shop can't hold such a voucher; nothing was made."""

    code = "VOUCHER_REFUSED"


def create(
    code: str,
    *,
    channel: str,
    value: Decimal,
    is_percentage: bool,
    name: str,
    valid_until: datetime,
) -> str:
    """See ``ports.Vouchers.create``."""
    if channel != CHANNEL:
        raise NotFound("There is no such channel.", field="channel")
    places = get_currency_precision(settings.DEFAULT_CURRENCY)
    if not is_percentage and value != round(value, places):
        raise VoucherRefused(
            f"An amount in {settings.DEFAULT_CURRENCY} has at most {places} decimals."
        )
    kind = DiscountValueType.PERCENTAGE if is_percentage else DiscountValueType.FIXED
    voucher, _is_new = Voucher.objects.get_or_create(
        code=code,
        defaults={
            "type": VoucherType.ENTIRE_ORDER,
            "name": name,
            "usage_limit": 1,
            "end_date": valid_until,
            "discount_value_type": kind,
            "discount_value": value,
            "currency": settings.DEFAULT_CURRENCY,
        },
    )
    return str(voucher.pk)
