"""Who and what the story is about: the people, the goods, an order as the story keeps it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

PLUGIN_ID = "saleor.aftersale"
CARRIER = "speedy"
#: What the carrier signs its pushes with.
CARRIER_SECRET = "the-courier-and-the-shop-know-this"


@dataclass(frozen=True)
class Person:
    """Somebody with a mailbox and a language."""

    name: str
    email: str
    #: As the shop writes it in lower case.
    language: str
    #: As Saleor's `AddressInput`.
    address: dict[str, str] = field(compare=False)
    #: Empty for a guest.
    password: str = ""


@dataclass(frozen=True)
class Product:
    """Something on the shelf; the price includes tax."""

    sku: str
    name: str
    price: Decimal


@dataclass(frozen=True)
class Order:
    """An order that was placed."""

    id: str
    number: str
    #: Saleor's own public token of the order.
    token: str
    #: Id of the order line by SKU.
    lines: dict[str, str]
    total: Decimal
    delivery: Decimal
    currency: str


STAFF_EMAIL, STAFF_PASSWORD = "staff@shop.example.com", "staff-of-the-shop"

ANNA = Person(
    "Anna",
    "anna@customers.example.com",
    "pl",
    {
        "firstName": "Anna",
        "lastName": "Kowalska",
        "streetAddress1": "ul. Krucza 50",
        "city": "Warszawa",
        "postalCode": "00-025",
        "country": "PL",
        "phone": "+48221234567",
    },
    password="anna-and-her-mugs",
)
BORIS = Person(
    "Boris",
    "boris@guests.example.com",
    "bg",
    {
        "firstName": "Boris",
        "lastName": "Petrov",
        "streetAddress1": "ul. Rakovski 99",
        "city": "Sofia",
        "postalCode": "1000",
        "country": "BG",
        "phone": "+35929876543",
    },
)
EMMA = Person(
    "Emma",
    "emma@guests.example.com",
    "en",
    {
        "firstName": "Emma",
        "lastName": "Brown",
        "streetAddress1": "ul. Dobra 56",
        "city": "Warszawa",
        "postalCode": "00-312",
        "country": "PL",
        "phone": "+48226543210",
    },
)
VERA = Person(
    "Vera",
    "vera@guests.example.com",
    "ru",
    {
        "firstName": "Vera",
        "lastName": "Orlova",
        "streetAddress1": "ul. Solec 22",
        "city": "Warszawa",
        "postalCode": "00-410",
        "country": "PL",
        "phone": "+48227654321",
    },
)
WAREHOUSE = {
    "name": "Warehouse",
    "slug": "warehouse",
    "email": "warehouse@shop.example.com",
    "address": {
        "streetAddress1": "ul. Magazynowa 1",
        "city": "Warszawa",
        "postalCode": "00-025",
        "country": "PL",
    },
}

MUG = Product("MUG", "Mug", Decimal(49))
LAMP = Product("LAMP", "Lamp", Decimal(120))
#: Made to order: nobody may withdraw from it.
ENGRAVED = Product("ENGRAVED", "Engraved mug", Decimal(65))
PRODUCTS = (MUG, LAMP, ENGRAVED)
IN_STOCK = 10
DELIVERY = Decimal(15)


def placed(order: dict[str, Any]) -> Order:
    """An order from what `checkoutComplete` gives of it; see `PLACED`."""
    return Order(
        id=order["id"],
        number=order["number"],
        token=order["token"],
        lines={line["productSku"]: line["id"] for line in order["lines"]},
        total=Decimal(str(order["total"]["gross"]["amount"])),
        delivery=Decimal(str(order["shippingPrice"]["gross"]["amount"])),
        currency=order["total"]["gross"]["currency"],
    )


#: What to ask of a new order.
PLACED = """
    id number token lines { id productSku }
    total { gross { amount currency } } shippingPrice { gross { amount } }
"""
