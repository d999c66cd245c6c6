"""What is the same on both hosts when a shop is filled: the base of `Saleor210` and `Saleor3`."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple, Sequence

from ..running import Shop
from .api import Api, Refused
from .people import IN_STOCK, STAFF_EMAIL, STAFF_PASSWORD, WAREHOUSE, Order, Person, Product

#: The one thing Saleor's API can't do: make its first user.
FIRST_USER = """
from django.contrib.auth import get_user_model
user = get_user_model()(email={!r}, is_staff=True, is_superuser=True)
user.set_password({!r})
user.save()
"""


#: Nor can it move in time.
SET_BACK = """
from datetime import timedelta
from django.utils import timezone
from saleor.order.models import Order
from saleor_aftersale.tracking.models import OrderRecord
moment = timezone.now() - timedelta(days={days})
Order.objects.filter({number_column}={number!r}).update({moment_column}=moment)
OrderRecord.objects.filter(number={number!r}).update(placed_at=moment)
"""


class PluginState(NamedTuple):
    """A plugin as the `plugins` query lists it."""

    name: str
    is_active: bool
    values: dict[str, Any]


class Money(NamedTuple):
    """What an order's payments say."""

    captured: Decimal
    refunds: tuple[Decimal, ...]


class Saleor:
    """One shop filled through its own API; a subclass per host knows what differs."""

    #: Word before the token in the Authorization header.
    scheme: str
    #: Which of the shop's own settings mails go through.
    mail_settings: str
    #: Column of the moment an order was placed, and the one that holds its number.
    placed_at: str
    number: str
    #: Order status once all or some of what was sent has come back.
    returned: str
    partly_returned: str

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.anybody = Api(shop.api_url)
        self.staff = self.anybody
        self.warehouse = ""
        #: Variant id by SKU.
        self.variants: dict[str, str] = {}

    def plugin_url(self, path: str) -> str:
        """Where the plugin answers HTTP."""
        raise NotImplementedError

    def open(self) -> None:
        """Make what must be there before a plugin can be switched on."""
        raise NotImplementedError

    def plugin(self, plugin_id: str) -> PluginState:
        """One plugin as staff see it."""
        raise NotImplementedError

    def set_plugin(
        self, plugin_id: str, values: dict[str, Any], *, active: bool = True
    ) -> list[dict[str, str]]:
        """Save a plugin's settings; gives the errors."""
        raise NotImplementedError

    def set_up_mail(self) -> list[dict[str, str]]:
        """Lead the shop's mails to the catcher where they don't go there anyway; the errors."""
        return []

    def add_delivery(self) -> None:
        """Make a shipping zone with one method."""
        raise NotImplementedError

    def add_product(self, product: Product, kind: str, category: str) -> str:
        """Put one product on the shelf; gives its variant's id."""
        raise NotImplementedError

    def register(self, person: Person) -> None:
        """Open a customer account that can sign in."""
        raise NotImplementedError

    def buy(self, api: Api, person: Person, basket: Sequence[tuple[Product, int]]) -> Order:
        """Check out and pay."""
        raise NotImplementedError

    def set_languages(self, orders: dict[str, Person]) -> str:
        """Make orders speak their customers' languages; says how, empty if they do already."""
        raise NotImplementedError

    def ship(self, order: Order, quantities: dict[str, int], tracking_number: str) -> str:
        """Fulfill an order from the warehouse; gives the fulfillment's id."""
        raise NotImplementedError

    def set_back(self, order: Order, days: int) -> None:
        """Make an order as if it had been placed so many days earlier."""
        columns = {"number_column": self.number, "moment_column": self.placed_at}
        self.run(SET_BACK.format(number=order.number, days=days, **columns))

    def run(self, program: str) -> str:
        """Run Python inside the shop; gives what it prints."""
        return self.shop.python("-c", "import django; django.setup()\n" + program)

    def hire_staff(self) -> None:
        """Make the first user and sign in."""
        self.run(FIRST_USER.format(STAFF_EMAIL, STAFF_PASSWORD))
        self.staff = self.sign_in(STAFF_EMAIL, STAFF_PASSWORD)

    def sign_in(self, email: str, password: str) -> Api:
        """The API as that user sees it; raises `Refused` for a wrong password."""
        signed_in = self.anybody.do(
            """mutation($email: String!, $password: String!) {
                 tokenCreate(email: $email, password: $password) {
                   token errors { field message } } }""",
            email=email,
            password=password,
        )
        if not signed_in["token"]:
            raise Refused(f"{email} can't sign in.")
        return Api(self.shop.api_url, f"{self.scheme} {signed_in['token']}")

    def add_warehouse(self) -> str:
        """Build the warehouse; gives its id."""
        made = self.staff.do(
            """mutation($input: WarehouseCreateInput!) {
                 createWarehouse(input: $input) { warehouse { id } errors { field message } } }""",
            input=WAREHOUSE,
        )
        return str(made["warehouse"]["id"])

    def fill_shelves(self, products: Sequence[Product]) -> None:
        """A product type, a category, and the products with stock."""
        kind = self.staff.do(
            """mutation($input: ProductTypeInput!) {
                 productTypeCreate(input: $input) {
                   productType { id } errors { field message } } }""",
            input={
                "name": "Things",
                "slug": "things",
                "hasVariants": False,
                "isShippingRequired": True,
            },
        )["productType"]["id"]
        category = self.staff.do(
            """mutation($input: CategoryInput!) {
                 categoryCreate(input: $input) { category { id } errors { field message } } }""",
            input={"name": "Home", "slug": "home"},
        )["category"]["id"]
        for product in products:
            self.variants[product.sku] = self.add_product(product, kind, category)

    def lines_input(self, basket: Sequence[tuple[Product, int]]) -> list[dict[str, Any]]:
        """A basket as `CheckoutLineInput`s."""
        return [
            {"variantId": self.variants[product.sku], "quantity": quantity}
            for product, quantity in basket
        ]

    def stocks_input(self) -> list[dict[str, Any]]:
        """What a new product has in the warehouse."""
        return [{"warehouse": self.warehouse, "quantity": IN_STOCK}]

    def fulfill_input(self, order: Order, quantities: dict[str, int]) -> dict[str, Any]:
        """Pieces by SKU as `OrderFulfillInput`."""
        return {
            "notifyCustomer": False,
            "lines": [
                {
                    "orderLineId": order.lines[sku],
                    "stocks": [{"warehouse": self.warehouse, "quantity": quantity}],
                }
                for sku, quantity in quantities.items()
            ],
        }

    def stock(self, product: Product) -> int:
        """Pieces in the warehouse, as Saleor's API says."""
        found = self.staff.ask(
            "query($id: ID!) { productVariant(id: $id) { stocks { quantity } } }",
            id=self.variants[product.sku],
        )
        return sum(stock["quantity"] for stock in found["productVariant"]["stocks"])

    def order_status(self, order: Order) -> str:
        """Saleor's own status of an order."""
        found = self.staff.ask("query($id: ID!) { order(id: $id) { status } }", id=order.id)
        return str(found["order"]["status"])

    def money(self, order: Order) -> Money:
        """What the order's payments hold, and what was refunded from them."""
        found = self.staff.ask(
            """query($id: ID!) { order(id: $id) { payments {
                 capturedAmount { amount }
                 transactions { kind isSuccess amount { amount } } } } }""",
            id=order.id,
        )
        payments = found["order"]["payments"]
        captured = [amount_of(item["capturedAmount"]) for item in payments]
        refunds = [
            amount_of(step["amount"])
            for item in payments
            for step in item["transactions"]
            if step["kind"] == "REFUND" and step["isSuccess"]
        ]
        return Money(sum(captured, Decimal(0)), tuple(refunds))


def amount_of(money: dict[str, Any]) -> Decimal:
    """An amount as the API gives it, without the noise of floating point."""
    return Decimal(str(money["amount"])).quantize(Decimal("0.01"))
