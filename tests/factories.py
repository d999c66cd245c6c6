"""Builds valid objects with no surprise, in whichever Saleor the tests run in."""

from __future__ import annotations

import itertools
import json
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Dict, Iterator, List, Mapping, Optional

import graphene
from celery.signals import task_prerun
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone as clock
from saleor.account.models import Address, User
from saleor.order.models import Fulfillment, FulfillmentLine, Order, OrderLine
from saleor.payment import ChargeStatus, TransactionKind
from saleor.payment.models import Payment, Transaction
from saleor.plugins.models import PluginConfiguration
from saleor.product.models import Category, Product, ProductType, ProductVariant
from saleor.warehouse.models import Stock, Warehouse

from saleor_aftersale import models
from saleor_aftersale.access import sign_link
from saleor_aftersale.config import PLUGIN_ID, settings_of
from saleor_aftersale.host import PACKAGE, orders
from saleor_aftersale.returns import actions as returns
from saleor_aftersale.returns import inspection
from saleor_aftersale.returns.models import ReturnRequest
from saleor_aftersale.tracking.actions import sync_order
from saleor_aftersale.tracking.carriers.base import CarrierUpdate
from saleor_aftersale.tracking.models import OrderRecord, Shipment
from saleor_aftersale.tracking.news import record_updates
from saleor_aftersale.tracking.queries import link_token
from saleor_aftersale.tracking.statuses import ShipmentStatus
from saleor_aftersale.values import Requester, Role

IS_3 = PACKAGE == "saleor3"

#: Slug of the channel all orders are in.
CHANNEL = "default" if not IS_3 else "main-channel"

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=timezone.utc)

#: People as actions see them.
CUSTOMER = Requester(Role.CUSTOMER, "1", "anna@example.com")
STAFF = Requester(Role.STAFF, "0", "clerk@example.com", may_manage_orders=True)

_count = itertools.count(1)


def make_channel(slug: str = CHANNEL) -> Any:
    """The channel of that slug; None where the host has no channels."""
    if not IS_3:
        return None
    from saleor.channel.models import Channel  # noqa: PLC0415 -- only on 3.x

    return Channel.objects.get_or_create(
        slug=slug, defaults={"name": slug, "currency_code": "EUR", "default_country": "PL"}
    )[0]


def activate(*, active: bool = True, channel: str = CHANNEL, **values: str) -> None:
    """Switch the plugin on with those settings, all others as they come."""
    configuration = [{"name": name, "value": value} for name, value in values.items()]
    where = {"channel": make_channel(channel)} if IS_3 else {}
    PluginConfiguration.objects.update_or_create(
        identifier=PLUGIN_ID,
        **where,
        defaults={"active": active, "configuration": configuration, "name": "After-sales"},
    )


def make_customer(email: str = "anna@example.com") -> User:
    """A customer with an account."""
    return _make_user(email)


def _make_user(email: str, **more: Any) -> User:
    user = User(email=email, is_active=True, **more)
    user.set_password("password")
    user.save()
    return user


def make_admin() -> User:
    """Somebody with every permission."""
    return _make_user(f"admin{next(_count)}@example.com", is_staff=True, is_superuser=True)


def make_staff(*, manages_orders: bool = True, only_channel: Optional[str] = None) -> User:
    """A staff member; on 3.x perhaps restricted to one channel."""
    user = _make_user(f"staff{next(_count)}@example.com", is_staff=True)
    if not IS_3:
        user.user_permissions.set([_manage_orders()] if manages_orders else [])
        return user
    from saleor.account.models import Group  # noqa: PLC0415 -- only on 3.x

    group = Group.objects.create(
        name=f"Group {next(_count)}", restricted_access_to_channels=bool(only_channel)
    )
    group.permissions.set([_manage_orders()] if manages_orders else [])
    group.channels.set([make_channel(only_channel)] if only_channel else [])
    user.groups.add(group)
    return user


def _manage_orders() -> Any:
    if IS_3:
        from saleor.permission.models import Permission  # noqa: PLC0415 -- only on 3.x
    else:
        from django.contrib.auth.models import Permission  # noqa: PLC0415 -- only on 2.10.1
    return Permission.objects.get(codename="manage_orders")


def make_app(*, manages_orders: bool = True) -> tuple[Any, str]:
    """An app and its token."""
    from saleor.app.models import App  # noqa: PLC0415 -- needs the app registry

    app = App.objects.create(name="Warehouse", is_active=True)
    if manages_orders:
        app.permissions.add(_manage_orders())
    if IS_3:
        return app, app.tokens.create(name="x")[1]
    return app, app.tokens.create(name="x").auth_token


def make_warehouse() -> Warehouse:
    """A warehouse."""
    number = next(_count)
    address = Address.objects.create(country="PL", city="Łódź", street_address_1="Piotrkowska 1")
    return Warehouse.objects.create(
        name=f"Warehouse {number}", slug=f"warehouse-{number}", address=address
    )


def make_variant(name: str = "Kettle", *, stock: int = 10) -> tuple[ProductVariant, Stock]:
    """A product variant with stock in one warehouse."""
    number = next(_count)
    kind = ProductType.objects.create(name="Kind", slug=f"kind-{number}")
    category = Category.objects.create(name="Category", slug=f"category-{number}")
    price = {} if IS_3 else {"price_amount": Decimal(10), "currency": "EUR"}
    product = Product.objects.create(
        name=name, slug=f"product-{number}", product_type=kind, category=category, **price
    )
    variant = ProductVariant.objects.create(product=product, sku=f"SKU-{number}", name="")
    shelf = Stock.objects.create(
        warehouse=make_warehouse(), product_variant=variant, quantity=stock
    )
    return variant, shelf


def make_order(
    *,
    lines: Mapping[str, int] = {"Kettle": 1},
    unit_price: str = "10.00",
    shipping: str = "5.00",
    email: str = "boris@example.com",
    user: Optional[User] = None,
    language: str = "en",
    channel: str = CHANNEL,
    paid: bool = True,
    country: str = "PL",
    placed_at: datetime = NOON - timedelta(days=1),
) -> Order:
    """
    A confirmed order with nothing sent.

    Args:
        lines: pieces by product name; every piece costs ``unit_price``.
        paid: with a captured payment of the dummy gateway.
    """
    goods = Decimal(unit_price) * sum(lines.values())
    address = Address.objects.create(first_name="Boris", last_name="Ivanov", country=country)
    where = {"channel": make_channel(channel), "lines_count": len(lines)} if IS_3 else {}
    where["created_at" if IS_3 else "created"] = placed_at
    order = Order.objects.create(
        status="unfulfilled",
        user=user,
        user_email=user.email if user else email,
        language_code=language,
        currency="EUR",
        shipping_address=address,
        billing_address=address,
        shipping_price_net_amount=Decimal(shipping),
        shipping_price_gross_amount=Decimal(shipping),
        total_net_amount=goods + Decimal(shipping),
        total_gross_amount=goods + Decimal(shipping),
        **where,
    )
    for name, quantity in lines.items():
        _make_line(order, name, quantity, Decimal(unit_price))
    if paid:
        pay(order)
    return order


def _make_line(order: Order, name: str, quantity: int, unit_price: Decimal) -> OrderLine:
    variant, _shelf = make_variant(name)
    total = unit_price * quantity
    extra = (
        {
            "currency": "EUR",
            "total_price_net_amount": total,
            "total_price_gross_amount": total,
            "base_unit_price_amount": unit_price,
            "undiscounted_base_unit_price_amount": unit_price,
            "undiscounted_unit_price_net_amount": unit_price,
            "undiscounted_unit_price_gross_amount": unit_price,
            "undiscounted_total_price_net_amount": total,
            "undiscounted_total_price_gross_amount": total,
            "is_gift_card": False,
        }
        if IS_3
        else {"currency": "EUR"}
    )
    return OrderLine.objects.create(
        order=order,
        variant=variant,
        product_name=name,
        variant_name="",
        product_sku=variant.sku,
        is_shipping_required=True,
        quantity=quantity,
        unit_price_net_amount=unit_price,
        unit_price_gross_amount=unit_price,
        tax_rate=0,
        **extra,
    )


def pay(order: Order) -> Payment:
    """Capture the whole order through the dummy gateway."""
    payment = Payment.objects.create(
        gateway="mirumee.payments.dummy",
        order=order,
        is_active=True,
        charge_status=ChargeStatus.FULLY_CHARGED,
        total=order.total_gross_amount,
        captured_amount=order.total_gross_amount,
        currency=order.currency,
        billing_email=order.user_email,
    )
    Transaction.objects.create(
        payment=payment,
        amount=payment.total,
        currency=payment.currency,
        kind=TransactionKind.CAPTURE,
        is_success=True,
        gateway_response={},
        token="captured",
    )
    return payment


def fulfill(
    order: Order, quantities: Optional[Dict[str, int]] = None, *, tracking_number: str = "1ZTEST"
) -> Fulfillment:
    """A fulfillment of those pieces by product name (all of them when left out)."""
    fulfillment = Fulfillment.objects.create(order=order, tracking_number=tracking_number)
    for line in order.lines.all():
        quantity = (quantities or {}).get(line.product_name, 0) if quantities else line.quantity
        if quantity:
            FulfillmentLine.objects.create(
                fulfillment=fulfillment,
                order_line=line,
                quantity=quantity,
                stock=line.variant.stocks.first(),
            )
            line.quantity_fulfilled += quantity
            line.save(update_fields=["quantity_fulfilled"])
    unsent = sum(line.quantity - line.quantity_fulfilled for line in order.lines.all())
    order.status = "partially fulfilled" if unsent else "fulfilled"
    order.save(update_fields=["status"])
    return fulfillment


def keep(order: Order) -> OrderRecord:
    """Our row of an order, in step with the shop."""
    record = sync_order(str(order.pk))
    assert record is not None
    return record


def scan(
    fulfillment: Fulfillment, status: ShipmentStatus, at: datetime = NOON, **more: Any
) -> Shipment:
    """A carrier scan of a fulfillment's parcel."""
    keep(fulfillment.order)
    shipment = Shipment.objects.get(fulfillment_ref=str(fulfillment.pk))
    update = CarrierUpdate(
        status, at, tracking_number=shipment.tracking_number, raw_code=status.value, **more
    )
    return record_updates(shipment.pk, [update], provider="api", now=at).shipment


def delivered_order(at: datetime = NOON, **order: Any) -> Order:
    """An order all of which was delivered at that moment, a day after it was placed."""
    made = make_order(**{"placed_at": at - timedelta(days=1), **order})
    scan(fulfill(made), ShipmentStatus.DELIVERED, at)
    return made


def ask(
    order: Order, quantity: int = 1, *, now: datetime = NOON + timedelta(days=1), **more: Any
) -> ReturnRequest:
    """A return request for pieces of one line of the order, the first one if none is named."""
    line = more.pop("line", None) or order.lines.first()
    wish = returns.WishedLine(str(line.pk), quantity, more.pop("basis", None))
    return returns.submit_return(
        keep(order), [wish], CUSTOMER, settings_of(CHANNEL), now=now, **more
    )


def inspected(
    request: ReturnRequest, *, now: datetime = NOON + timedelta(days=2), **finding: Any
) -> ReturnRequest:
    """The same request approved, received and inspected; every piece accepted."""
    key = str(request.pk)
    returns.approve_return(key, STAFF, now=now)
    returns.receive_return(key, STAFF, now=now)
    line = request.lines.get()
    found = inspection.InspectedLine(line.pk, line.quantity, **finding)
    return inspection.inspect_return(key, STAFF, findings=[found], now=now)


def token_of(order: Order) -> str:
    """A signed link to the order, as a mail would carry it."""
    return link_token(keep(order), settings_of(CHANNEL), clock.now())


def expired_token(order: Order) -> str:
    """A genuine link whose time is over."""
    record = keep(order)
    ended_at = clock.now() - timedelta(seconds=1)
    return sign_link(record.order_ref, record.link_generation, expires_at=ended_at)


def public_token(order: Order) -> str:
    """What ``orderByToken`` wants: in no Saleor does it need a permission."""
    return str(order.pk if IS_3 else order.token)


_OURS = [getattr(models, name) for name in models.__all__]


def _rows() -> List[Any]:
    stocks = list(Stock.objects.order_by("pk").values("pk", "quantity"))
    orders = list(Order.objects.order_by("pk").values("pk", "status"))
    return [list(model.objects.order_by("pk").values()) for model in _OURS] + [stocks, orders]


@contextmanager
def nothing_changed() -> Iterator[None]:
    """Fails unless all our rows, all stock, all orders and all mailboxes stay as they are."""
    started: List[str] = []

    def note(task: Any, **_more: Any) -> None:
        if task.name.startswith("saleor_aftersale."):
            started.append(task.name)

    commit()
    before, mails = _rows(), len(mail.outbox)
    task_prerun.connect(note)
    try:
        yield
    finally:
        task_prerun.disconnect(note)
    assert _rows() == before
    assert len(mail.outbox) == mails
    assert started == []


def host_order(order: Order) -> Any:
    """The order as our code sees it."""
    return orders.load_orders([str(order.pk)], using="default")[str(order.pk)]


def commit() -> None:
    """Run what waits for the commit that a test's own transaction never makes."""
    while connection.run_on_commit:
        waiting, connection.run_on_commit = connection.run_on_commit, []
        for entry in waiting:
            entry[1]()


class Api:
    """A client of the shop's GraphQL API, in one person's name."""

    def __init__(self, user: Optional[User] = None, *, app_token: str = ""):
        self._headers: Dict[str, str] = {}
        if app_token:
            name = "HTTP_AUTHORIZATION_BEARER" if IS_3 else "HTTP_AUTHORIZATION"
            self._headers[name] = app_token if IS_3 else f"Bearer {app_token}"
        elif user is not None:
            self._headers["HTTP_AUTHORIZATION"] = f"JWT {_token(user)}"

    @property
    def authorization(self) -> str:
        """What a browser in that person's name sends."""
        return self._headers["HTTP_AUTHORIZATION"]

    def post(self, query: str, **variables: Any) -> Dict[str, Any]:
        """The answer's data; fails on GraphQL errors. What waits for the commit is run."""
        answer = self.post_raw(query, **variables)
        assert "errors" not in answer, answer["errors"]
        data: Dict[str, Any] = answer["data"]
        return data

    def post_raw(self, query: str, **variables: Any) -> Dict[str, Any]:
        """The whole answer, with whatever errors."""
        body = json.dumps({"query": query, "variables": variables}, default=str)
        response = Client().post(
            "/graphql/", body, content_type="application/json", **self._headers
        )
        commit()
        answer: Dict[str, Any] = response.json()
        return answer


def _token(user: User) -> str:
    if IS_3:
        from saleor.core.jwt import create_access_token  # noqa: PLC0415 -- only on 3.x

        return create_access_token(user)
    from graphql_jwt.shortcuts import get_token  # noqa: PLC0415 -- only on 2.10.1

    return get_token(user)


def global_id(kind: str, key: Any) -> str:
    """The id by which the API names a thing."""
    return graphene.Node.to_global_id(kind, key)
