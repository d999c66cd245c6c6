"""The demo shop on Saleor 3.x: a channel of its own, prices and plugins per channel."""

from __future__ import annotations

import time
from typing import Any, Sequence

from .api import Api, Refused
from .people import DELIVERY, PLACED, PLUGIN_ID, Order, Person, Product, placed
from .saleor import PluginState, Saleor

CHANNEL = "poland"
MAIL_PLUGIN = "mirumee.notifications.user_email"
DUMMY = "mirumee.payments.dummy"


class Saleor3(Saleor):
    """Saleor 3.21 and later."""

    scheme = "Bearer"
    number, placed_at = "number", "created_at"
    mail_settings = "the channel's own plugin 'User emails'"
    returned, partly_returned = "RETURNED", "PARTIALLY_RETURNED"
    channel = ""
    has_dummy = False

    def plugin_url(self, path: str) -> str:
        return f"{self.shop.web_url}/plugins/channel/{CHANNEL}/{PLUGIN_ID}/{path}"

    def open(self) -> None:
        self._join_group()
        self.has_dummy = DUMMY in self._plugin_ids()
        self.warehouse = self.add_warehouse()
        self.channel = self.staff.do(
            """mutation($input: ChannelCreateInput!) {
                 channelCreate(input: $input) { channel { id } errors { field message } } }""",
            input={
                "name": "Poland",
                "slug": CHANNEL,
                "currencyCode": "PLN",
                "defaultCountry": "PL",
                "isActive": True,
                "addWarehouses": [self.warehouse],
                # Where there is no dummy gateway, staff mark orders as paid.
                "orderSettings": {"allowUnpaidOrders": not self.has_dummy},
            },
        )["channel"]["id"]
        self.staff.do(
            """mutation($input: ShopSettingsInput!) {
                 shopSettingsUpdate(input: $input) { errors { field message } } }""",
            input={"enableAccountConfirmationByEmail": False},
        )

    def _join_group(self) -> None:
        """Even a superuser may touch a channel's orders only as member of a group."""
        me = self.staff.ask("{ me { id } }")["me"]["id"]
        self.staff.do(
            """mutation($input: PermissionGroupCreateInput!) {
                 permissionGroupCreate(input: $input) { errors { field message } } }""",
            input={
                "name": "Shop staff",
                "addUsers": [me],
                "addPermissions": ["MANAGE_ORDERS", "MANAGE_PRODUCTS", "MANAGE_PLUGINS"],
                "restrictedAccessToChannels": False,
            },
        )

    def _plugin_ids(self) -> list[str]:
        found = self.staff.ask("{ plugins(first: 50) { edges { node { id } } } }")
        return [edge["node"]["id"] for edge in found["plugins"]["edges"]]

    def set_up_mail(self) -> list[dict[str, str]]:
        values = {
            "host": "127.0.0.1",
            "port": str(self.shop.mail_port),
            "username": "demo",
            "password": "demo",
            "sender_name": "Demo shop",
            "sender_address": "poland@shop.example.com",
            "use_tls": False,
            "use_ssl": False,
        }
        return self.set_plugin(MAIL_PLUGIN, values)

    def plugin(self, plugin_id: str) -> PluginState:
        found = self.staff.ask(
            """{ plugins(first: 50) { edges { node { id name
                 channelConfigurations { channel { slug } active configuration { name value } }
                 } } } }"""
        )
        for edge in found["plugins"]["edges"]:
            node = edge["node"]
            for item in node["channelConfigurations"]:
                if node["id"] == plugin_id and item["channel"]["slug"] == CHANNEL:
                    values = {field["name"]: field["value"] for field in item["configuration"]}
                    return PluginState(node["name"], item["active"], values)
        return PluginState("", False, {})

    def set_plugin(
        self, plugin_id: str, values: dict[str, Any], *, active: bool = True
    ) -> list[dict[str, str]]:
        items = [{"name": name, "value": value} for name, value in values.items()]
        saved = self.staff.attempt(
            """mutation($id: ID!, $channel: ID!, $input: PluginUpdateInput!) {
                 pluginUpdate(id: $id, channelId: $channel, input: $input) {
                   errors { field message code } } }""",
            id=plugin_id,
            channel=self.channel,
            input={"active": active, "configuration": items},
        )
        return list(saved["errors"])

    def add_delivery(self) -> None:
        zone = self.staff.do(
            """mutation($input: ShippingZoneCreateInput!) {
                 shippingZoneCreate(input: $input) {
                   shippingZone { id } errors { field message } } }""",
            input={
                "name": "Europe",
                "countries": ["PL", "BG"],
                "addWarehouses": [self.warehouse],
                "addChannels": [self.channel],
            },
        )["shippingZone"]["id"]
        method = self.staff.do(
            """mutation($input: ShippingPriceInput!) {
                 shippingPriceCreate(input: $input) {
                   shippingMethod { id } errors { field message } } }""",
            input={"name": "Courier", "type": "PRICE", "shippingZone": zone},
        )["shippingMethod"]["id"]
        self.staff.do(
            """mutation($id: ID!, $input: ShippingMethodChannelListingInput!) {
                 shippingMethodChannelListingUpdate(id: $id, input: $input) {
                   errors { field message } } }""",
            id=method,
            input={"addChannels": [{"channelId": self.channel, "price": str(DELIVERY)}]},
        )

    def add_product(self, product: Product, kind: str, category: str) -> str:
        made = self.staff.do(
            """mutation($input: ProductCreateInput!) {
                 productCreate(input: $input) { product { id } errors { field message } } }""",
            input={
                "name": product.name,
                "slug": product.sku.lower(),
                "productType": kind,
                "category": category,
            },
        )["product"]["id"]
        listing = {"channelId": self.channel, "isPublished": True, "isAvailableForPurchase": True}
        self.staff.do(
            """mutation($id: ID!, $input: ProductChannelListingUpdateInput!) {
                 productChannelListingUpdate(id: $id, input: $input) {
                   errors { field message } } }""",
            id=made,
            input={"updateChannels": [listing]},
        )
        return self._add_variant(product, made)

    def _add_variant(self, product: Product, product_id: str) -> str:
        variant = self.staff.do(
            """mutation($input: ProductVariantCreateInput!) {
                 productVariantCreate(input: $input) {
                   productVariant { id } errors { field message } } }""",
            input={
                "product": product_id,
                "sku": product.sku,
                "attributes": [],
                "trackInventory": True,
                "stocks": self.stocks_input(),
            },
        )["productVariant"]["id"]
        self.staff.do(
            """mutation($id: ID!, $input: [ProductVariantChannelListingAddInput!]!) {
                 productVariantChannelListingUpdate(id: $id, input: $input) {
                   errors { field message } } }""",
            id=variant,
            input=[{"channelId": self.channel, "price": str(product.price)}],
        )
        return str(variant)

    def register(self, person: Person) -> None:
        self.anybody.do(
            """mutation($input: AccountRegisterInput!) {
                 accountRegister(input: $input) { errors { field message } } }""",
            input={
                "email": person.email,
                "password": person.password,
                "firstName": person.name,
                "languageCode": person.language.upper(),
                "channel": CHANNEL,
            },
        )
        self._wait_for_account(person)

    def _wait_for_account(self, person: Person) -> None:
        """The worker finishes an account, so that nobody learns which mailboxes have one."""
        for _attempt in range(100):
            try:
                self.sign_in(person.email, person.password)
                return
            except Refused:
                time.sleep(0.2)

    def buy(self, api: Api, person: Person, basket: Sequence[tuple[Product, int]]) -> Order:
        checkout = api.do(
            """mutation($input: CheckoutCreateInput!) { checkoutCreate(input: $input) {
                 checkout { id shippingMethods { id } } errors { field message } } }""",
            input={
                "channel": CHANNEL,
                "email": person.email,
                "lines": self.lines_input(basket),
                "languageCode": person.language.upper(),
                "shippingAddress": person.address,
                "billingAddress": person.address,
            },
        )["checkout"]
        api.do(
            """mutation($id: ID!, $method: ID!) {
                 checkoutDeliveryMethodUpdate(id: $id, deliveryMethodId: $method) {
                   errors { field message } } }""",
            id=checkout["id"],
            method=checkout["shippingMethods"][0]["id"],
        )
        if self.has_dummy:
            self._pay(api, checkout["id"])
        done = api.do(
            f"""mutation($id: ID!) {{ checkoutComplete(id: $id) {{
                 order {{ {PLACED} }} errors {{ field message }} }} }}""",
            id=checkout["id"],
        )
        order = placed(done["order"])
        if not self.has_dummy:
            self._mark_as_paid(order)
        return order

    def _pay(self, api: Api, checkout_id: str) -> None:
        api.do(
            """mutation($id: ID!, $input: PaymentInput!) {
                 checkoutPaymentCreate(id: $id, input: $input) { errors { field message } } }""",
            id=checkout_id,
            input={"gateway": DUMMY, "token": "paid-in-the-demo"},
        )

    def _mark_as_paid(self, order: Order) -> None:
        """Saleor 3.24 has no dummy gateway any more; staff confirm what came unpaid."""
        for step in ("orderMarkAsPaid", "orderConfirm"):
            self.staff.do(
                f"mutation($id: ID!) {{ {step}(id: $id) {{ errors {{ field message }} }} }}",
                id=order.id,
            )

    def set_languages(self, orders: dict[str, Person]) -> str:
        return ""

    def ship(self, order: Order, quantities: dict[str, int], tracking_number: str) -> str:
        done = self.staff.do(
            """mutation($order: ID!, $input: OrderFulfillInput!) {
                 orderFulfill(order: $order, input: $input) {
                   fulfillments { id } errors { field message } } }""",
            order=order.id,
            input={**self.fulfill_input(order, quantities), "trackingNumber": tracking_number},
        )
        return str(done["fulfillments"][0]["id"])
