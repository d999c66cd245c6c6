"""The demo shop on Saleor 2.10.1: one channel nobody sees, prices on the product itself."""

from __future__ import annotations

from typing import Any, Sequence

from .api import Api
from .people import DELIVERY, PLACED, PLUGIN_ID, Order, Person, Product, placed
from .saleor import PluginState, Saleor

SET_LANGUAGES = """
from saleor.order.models import Order
for number, language in {}.items():
    Order.objects.filter(pk=number).update(language_code=language)
"""


class Saleor210(Saleor):
    """Saleor 2.10.1."""

    scheme = "JWT"
    number, placed_at = "pk", "created"
    mail_settings = "EMAIL_URL, as Saleor 2.10.1 itself does"
    # This Saleor has no such statuses: the return stands in the plugin's books only.
    returned = partly_returned = "FULFILLED"

    def plugin_url(self, path: str) -> str:
        return f"{self.shop.web_url}/plugins/{PLUGIN_ID}/{path}"

    def open(self) -> None:
        self.warehouse = self.add_warehouse()
        self.staff.do(
            """mutation($input: SiteDomainInput!) {
                 shopDomainUpdate(input: $input) { errors { field message } } }""",
            input={"domain": self.shop.web_url.partition("//")[2], "name": "Demo shop"},
        )

    def plugin(self, plugin_id: str) -> PluginState:
        found = self.staff.ask(
            """{ plugins(first: 50) { edges { node {
                 id name active configuration { name value } } } } }"""
        )
        for edge in found["plugins"]["edges"]:
            node = edge["node"]
            if node["id"] == plugin_id:
                values = {item["name"]: item["value"] for item in node["configuration"]}
                return PluginState(node["name"], node["active"], values)
        return PluginState("", False, {})

    def set_plugin(
        self, plugin_id: str, values: dict[str, Any], *, active: bool = True
    ) -> list[dict[str, str]]:
        items = [{"name": name, "value": value} for name, value in values.items()]
        saved = self.staff.attempt(
            """mutation($id: ID!, $input: PluginUpdateInput!) {
                 pluginUpdate(id: $id, input: $input) {
                   errors { field message } pluginsErrors { field message code } } }""",
            id=plugin_id,
            input={"active": active, "configuration": items},
        )
        return list(saved["pluginsErrors"] or saved["errors"])

    def add_delivery(self) -> None:
        zone = self.staff.do(
            """mutation($input: ShippingZoneCreateInput!) {
                 shippingZoneCreate(input: $input) {
                   shippingZone { id } errors { field message } } }""",
            input={
                "name": "Europe",
                # Before a checkout has an address, this Saleor takes the visitor for an American.
                "countries": ["PL", "BG", "US"],
                "addWarehouses": [self.warehouse],
            },
        )["shippingZone"]["id"]
        self.staff.do(
            """mutation($input: ShippingPriceInput!) {
                 shippingPriceCreate(input: $input) { errors { field message } } }""",
            input={
                "name": "Courier",
                "type": "PRICE",
                "price": str(DELIVERY),
                "shippingZone": zone,
            },
        )

    def add_product(self, product: Product, kind: str, category: str) -> str:
        made = self.staff.do(
            """mutation($input: ProductCreateInput!) {
                 productCreate(input: $input) {
                   product { variants { id } } errors { field message } } }""",
            input={
                "name": product.name,
                "slug": product.sku.lower(),
                "sku": product.sku,
                "productType": kind,
                "category": category,
                "basePrice": str(product.price),
                "isPublished": True,
                "trackInventory": True,
                "stocks": self.stocks_input(),
            },
        )
        return str(made["product"]["variants"][0]["id"])

    def register(self, person: Person) -> None:
        made = self.anybody.do(
            """mutation($input: AccountRegisterInput!) {
                 accountRegister(input: $input) { user { id } errors { field message } } }""",
            input={
                "email": person.email,
                "password": person.password,
                "redirectUrl": "http://localhost/confirm",
            },
        )
        # The mail that confirms an account has no template in the package on PyPI: staff do it.
        self.staff.do(
            """mutation($id: ID!, $input: CustomerInput!) {
                 customerUpdate(id: $id, input: $input) { errors { field message } } }""",
            id=made["user"]["id"],
            input={"isActive": True},
        )

    def buy(self, api: Api, person: Person, basket: Sequence[tuple[Product, int]]) -> Order:
        checkout = api.do(
            """mutation($input: CheckoutCreateInput!) { checkoutCreate(input: $input) {
                 checkout { id availableShippingMethods { id } } errors { field message } } }""",
            input={
                "email": person.email,
                "lines": self.lines_input(basket),
                "shippingAddress": person.address,
                "billingAddress": person.address,
            },
        )["checkout"]
        chosen = api.do(
            """mutation($id: ID!, $method: ID!) {
                 checkoutShippingMethodUpdate(checkoutId: $id, shippingMethodId: $method) {
                   checkout { totalPrice { gross { amount } } } errors { field message } } }""",
            id=checkout["id"],
            method=checkout["availableShippingMethods"][0]["id"],
        )["checkout"]
        self._pay(api, person, checkout["id"], chosen["totalPrice"]["gross"]["amount"])
        done = api.do(
            f"""mutation($id: ID!) {{ checkoutComplete(checkoutId: $id) {{
                 order {{ {PLACED} }} errors {{ field message }} }} }}""",
            id=checkout["id"],
        )
        return placed(done["order"])

    def _pay(self, api: Api, person: Person, checkout_id: str, amount: float) -> None:
        api.do(
            """mutation($id: ID!, $input: PaymentInput!) {
                 checkoutPaymentCreate(checkoutId: $id, input: $input) {
                   errors { field message } } }""",
            id=checkout_id,
            input={
                "gateway": "mirumee.payments.dummy",
                "token": "paid-in-the-demo",
                "amount": amount,
                "billingAddress": person.address,
            },
        )

    def set_languages(self, orders: dict[str, Person]) -> str:
        wanted = {number: person.language for number, person in orders.items()}
        self.run(SET_LANGUAGES.format(wanted))
        return "This Saleor's API can't set an order's language: done in the database."

    def ship(self, order: Order, quantities: dict[str, int], tracking_number: str) -> str:
        done = self.staff.do(
            """mutation($order: ID!, $input: OrderFulfillInput!) {
                 orderFulfill(order: $order, input: $input) {
                   fulfillments { id } errors { field message } } }""",
            order=order.id,
            input=self.fulfill_input(order, quantities),
        )
        fulfillment = str(done["fulfillments"][0]["id"])
        self.staff.do(
            """mutation($id: ID!, $number: String!) {
                 orderFulfillmentUpdateTracking(id: $id, input: {trackingNumber: $number}) {
                   errors { field message } } }""",
            id=fulfillment,
            number=tracking_number,
        )
        return fulfillment
