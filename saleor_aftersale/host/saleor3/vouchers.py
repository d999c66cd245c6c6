"""Vouchers of Saleor 3.x, made as its own API makes them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from babel.numbers import get_currency_precision
from saleor.channel.models import Channel
from saleor.core.utils.events import call_event
from saleor.discount import DiscountValueType, VoucherType
from saleor.discount.models import Voucher, VoucherChannelListing, VoucherCode
from saleor.plugins.manager import get_plugins_manager

from ...values import AftersaleError, NotFound

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
    earlier = VoucherCode.objects.filter(code=code).first()
    if earlier is not None:
        return str(earlier.voucher_id)
    where = Channel.objects.filter(slug=channel).first()
    if where is None:
        raise NotFound("There is no such channel.", field="channel")
    _check_precision(value, where.currency_code, is_percentage)
    kind = DiscountValueType.PERCENTAGE if is_percentage else DiscountValueType.FIXED
    voucher = Voucher.objects.create(
        type=VoucherType.ENTIRE_ORDER,
        name=name,
        usage_limit=1,
        single_use=True,
        end_date=valid_until,
        discount_value_type=kind,
    )
    made = VoucherCode.objects.create(voucher=voucher, code=code)
    VoucherChannelListing.objects.create(
        voucher=voucher, channel=where, discount_value=value, currency=where.currency_code
    )
    manager = get_plugins_manager(allow_replica=False)
    call_event(manager.voucher_codes_created, [made])
    call_event(manager.voucher_created, voucher, code)
    return str(voucher.pk)


def _check_precision(value: Decimal, currency: str, is_percentage: bool) -> None:
    """Saleor's API refuses the same; a price of half a yen breaks its checkout."""
    places = get_currency_precision(currency)
    if not is_percentage and value != round(value, places):
        raise VoucherRefused(f"An amount in {currency} has at most {places} decimals.")
