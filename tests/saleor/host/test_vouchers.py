"""Vouchers as the shop holds them."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from django.conf import settings
from django.utils import timezone as clock
from prices import Money
from saleor.discount.models import Voucher

from saleor_aftersale.host import vouchers
from saleor_aftersale.values import NotFound
from tests import factories
from tests.factories import CHANNEL, IS_3

pytestmark = pytest.mark.django_db

UNTIL = datetime(2027, 1, 31, 23, 0, tzinfo=timezone.utc)


def create(code="BCDF2345GHJK", **more):
    facts = {
        "channel": CHANNEL,
        "value": Decimal("10.00"),
        "is_percentage": True,
        "name": "Thanks",
        "valid_until": UNTIL,
    }
    factories.make_channel()
    return vouchers.create(code, **{**facts, **more})


def off(voucher, price="50.00"):
    """What the voucher takes off a price, as the shop's own code reckons."""
    money = Money(Decimal(price), currency())
    where = (factories.make_channel(),) if IS_3 else ()
    return voucher.get_discount_amount_for(money, *where).amount


def currency():
    return "EUR" if IS_3 else settings.DEFAULT_CURRENCY


@pytest.mark.parametrize(
    "is_percentage, value, taken_off",
    [(True, "10.00", "5.00"), (False, "7.50", "7.50"), (False, "80", "50.00")],
)
def test_voucher_takes_off_what_was_promised_when_used(is_percentage, value, taken_off):
    ref = create(value=Decimal(value), is_percentage=is_percentage)

    voucher = Voucher.objects.get(pk=ref)
    assert off(voucher) == Decimal(taken_off)
    assert (voucher.usage_limit, voucher.end_date, voucher.name) == (1, UNTIL, "Thanks")
    assert (voucher.type, voucher.code) == ("entire_order", "BCDF2345GHJK")


def test_same_code_gives_the_same_voucher_when_made_again():
    first = create()

    assert create(value=Decimal(99), name="Another") == first
    assert Voucher.objects.get().name == "Thanks"
    assert create("GHJK2345BCDF") != first


def test_voucher_can_be_found_until_it_ends_when_the_shop_looks():
    create()
    if IS_3:
        type(factories.make_channel()).objects.update(is_active=True)

    assert usable(UNTIL) == ["BCDF2345GHJK"]
    assert usable(UNTIL + timedelta(seconds=1)) == []


def usable(at):
    found = Voucher.objects.active_in_channel(at, CHANNEL) if IS_3 else Voucher.objects.active(at)
    return [row.code for row in found]


@pytest.mark.skipif(not IS_3, reason="2.10.1 has no codes beside the voucher")
def test_code_is_spent_when_the_shop_counts_its_use():
    from saleor.discount.utils.voucher import increase_voucher_usage  # noqa: PLC0415 -- only on 3.x

    voucher = Voucher.objects.get(pk=create())
    code = voucher.codes.get()

    increase_voucher_usage(voucher, code, "anna@example.com")

    code.refresh_from_db()
    assert (code.used, code.is_active, voucher.single_use) == (1, False, True)


@pytest.mark.skipif(IS_3, reason="3.x counts by code")
def test_voucher_is_spent_when_the_shop_counts_its_use():
    from saleor.discount.utils import increase_voucher_usage  # noqa: PLC0415 -- only on 2.10.1

    create()
    increase_voucher_usage(Voucher.objects.get())

    assert list(Voucher.objects.active(clock.now())) == []


@pytest.mark.skipif(not IS_3, reason="2.10.1 tells no plugin of vouchers")
def test_apps_hear_of_the_voucher_when_it_is_committed(monkeypatch):
    from saleor.plugins.manager import PluginsManager  # noqa: PLC0415 -- only on 3.x

    heard = []
    monkeypatch.setattr(
        PluginsManager,
        "voucher_created",
        lambda _self, voucher, code: heard.append((str(voucher.pk), code)),
    )
    monkeypatch.setattr(
        PluginsManager,
        "voucher_codes_created",
        lambda _self, codes, webhooks=None: heard.append([code.code for code in codes]),
    )

    ref = create()
    assert heard == []
    factories.commit()

    assert heard == [["BCDF2345GHJK"], (ref, "BCDF2345GHJK")]


def test_voucher_is_refused_when_the_currency_has_no_such_coins(settings):
    if IS_3:
        channel = factories.make_channel()
        channel.currency_code = "JPY"
        channel.save()
    else:
        settings.DEFAULT_CURRENCY = "JPY"

    with pytest.raises(vouchers.VoucherRefused, match=r"^An amount in JPY has at most 0 decimals"):
        create(is_percentage=False, value=Decimal("7.50"))

    assert Voucher.objects.count() == 0


def test_voucher_is_refused_when_there_is_no_such_channel():
    with pytest.raises(NotFound):
        create(channel="elsewhere")

    assert Voucher.objects.count() == 0
