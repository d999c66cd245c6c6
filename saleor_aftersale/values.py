"""Plain values all layers share: what an order, a parcel or a person looks like to us."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Dict, FrozenSet, Mapping, Optional, Sequence, Tuple


class AftersaleError(Exception):
    """
    Base of every error a caller can act on.

    Attributes:
        code: stable, upper case; shown in the API as ``AftersaleErrorCode``.
        field: snake_case name of the input at fault, with its place where it is in a list, as
            ``lines.0.quantity``; or None for the whole call.
        message: one English sentence for a developer or a clerk.
    """

    code = "INVALID"

    def __init__(self, message: str, *, field: Optional[str] = None, code: Optional[str] = None):
        super().__init__(message)
        self.message = message
        self.field = field
        self.code = code or self.code
        #: What is wrong besides, each fault on its own.
        self.others: Tuple[AftersaleError, ...] = ()

    @property
    def faults(self) -> Tuple[AftersaleError, ...]:
        """This and what is wrong besides."""
        return (self, *self.others)


def raise_together(faults: Sequence[AftersaleError]) -> None:
    """
    Tell all that is wrong at once.

    Raises:
        AftersaleError: the first fault, with the others; without any nothing is raised.
    """
    if faults:
        first, *others = faults
        first.others = tuple(others)
        raise first


class NotFound(AftersaleError):
    """The object doesn't exist, or the caller may not know that it does."""

    code = "NOT_FOUND"


class PermissionRefused(AftersaleError):
    """The caller may not do this."""

    code = "PERMISSION_DENIED"


class Unsupported(AftersaleError):
    """This version of Saleor can't do what was asked."""

    code = "UNSUPPORTED"


def is_storable(text: str) -> bool:
    """Whether a database can hold the text: no NUL, no half of a surrogate pair."""
    try:
        return b"\x00" not in text.encode()
    except UnicodeEncodeError:
        return False


def folded(name: str) -> str:
    """A name as the merchant's rules compare it: case and spaces don't count."""
    return " ".join(name.split()).casefold()


@dataclass(frozen=True)
class Money:
    """An amount in one currency; never rounded before it is final."""

    amount: Decimal
    currency: str


class OrderStatus(Enum):
    """The order's status, the same words for every host."""

    UNCONFIRMED = "unconfirmed"
    UNFULFILLED = "unfulfilled"
    PARTIALLY_FULFILLED = "partially fulfilled"
    FULFILLED = "fulfilled"
    PARTIALLY_RETURNED = "partially_returned"
    RETURNED = "returned"
    CANCELED = "canceled"
    EXPIRED = "expired"


class FulfillmentStatus(Enum):
    """What became of a fulfillment, the same words for every host."""

    #: Handed over for shipping.
    FULFILLED = "fulfilled"
    #: Packed, a clerk still has to release it.
    WAITING_FOR_APPROVAL = "waiting_for_approval"
    #: Lines came back, whether refunded or not.
    RETURNED = "returned"
    #: Lines came back and are replaced by another order.
    REPLACED = "replaced"
    #: Money went back, the goods stayed with the customer.
    REFUNDED = "refunded"
    CANCELED = "canceled"


@dataclass(frozen=True)
class OrderLine:
    """One line of an order, as the host holds it now."""

    #: The host's id as text.
    ref: str
    product_name: str
    variant_name: str
    sku: str
    #: Pieces ordered.
    quantity: int
    #: Pieces handed over for shipping; not lowered by a return.
    quantity_fulfilled: int
    #: Price paid for the whole line: after line discounts, tax included.
    total: Money


@dataclass(frozen=True)
class FulfillmentLine:
    """Pieces of one order line in one fulfillment."""

    ref: str
    line_ref: str
    quantity: int


@dataclass(frozen=True)
class Fulfillment:
    """One fulfillment with its single tracking number (may be empty, may be a URL)."""

    ref: str
    #: 1, 2, … within the order.
    position: int
    status: FulfillmentStatus
    tracking_number: str
    created_at: datetime
    lines: Tuple[FulfillmentLine, ...] = ()


@dataclass(frozen=True)
class Order:
    """
    One placed order, as the host holds it now. Drafts are never given out.

    Money is tax included and in ``currency``. ``minor_units`` is the number of
    decimals of the currency.
    """

    ref: str
    number: str
    #: The channel's slug; ``"default"`` where the host has no channels.
    channel: str
    status: OrderStatus
    currency: str
    minor_units: int
    #: Mailbox of the customer, normalised to lower case; may be empty.
    email: str
    customer_name: str
    #: The account's id as text, or empty for a guest order.
    user_ref: str
    #: Language code of the order, as ``"pl"``.
    language: str
    #: Two letters, upper case, of the delivery address; may be empty.
    country: str
    placed_at: datetime
    total: Money
    #: Outbound delivery as paid.
    shipping: Money
    #: Money taken so far, refunds not subtracted.
    captured: Money
    #: Money given back so far.
    refunded: Money
    #: Name of the shipping method as the customer chose it; may be empty.
    shipping_method: str = ""
    #: Company in the billing address; may be empty.
    company_name: str = ""
    confirmed_at: Optional[datetime] = None
    paid_at: Optional[datetime] = None
    lines: Tuple[OrderLine, ...] = ()
    fulfillments: Tuple[Fulfillment, ...] = ()

    @property
    def is_paid(self) -> bool:
        """Whether nothing is left to pay."""
        return self.captured.amount >= self.total.amount


class Role(Enum):
    """In which capacity somebody acts."""

    ANONYMOUS = "anonymous"
    CUSTOMER = "customer"
    #: Holds a signed link to one order.
    GUEST = "guest"
    STAFF = "staff"
    APP = "app"
    SYSTEM = "system"


@dataclass(frozen=True)
class Requester:
    """Who asks. ``ref`` is the account's or app's id as text, empty when unknown."""

    role: Role
    ref: str = ""
    #: Shown in histories: a mail address or an app's name.
    label: str = ""
    #: Holds MANAGE_ORDERS.
    may_manage_orders: bool = False
    #: Slugs a staff member is restricted to; None means every channel.
    channels: Optional[FrozenSet[str]] = None

    def may_manage(self, channel: str) -> bool:
        """Whether the person may work on orders of that channel."""
        return self.may_manage_orders and (self.channels is None or channel in self.channels)


SYSTEM = Requester(Role.SYSTEM, label="aftersale")


@dataclass(frozen=True)
class ReturnedLine:
    """Pieces of an order line that came back, for the host's own books."""

    line_ref: str
    quantity: int
    #: Further pieces that were never sent, and aren't to be any more.
    unsent_quantity: int = 0


@dataclass(frozen=True)
class ReplacedLine:
    """Pieces of an order line that other goods take the place of."""

    line_ref: str
    quantity: int
    #: The host's id of the variant to send; empty: the same again.
    variant_ref: str = ""
    #: At the shop's price of today, not at what was paid for the line: only then it may be a
    #: variant of another product.
    has_own_price: bool = False


@dataclass(frozen=True)
class Replacement:
    """A draft order the host made for goods that take the place of others."""

    order_ref: str
    #: What its goods cost before anything was set off, tax included.
    price: Money


@dataclass(frozen=True)
class RefundResult:
    """What became of a refund call."""

    #: False: the provider will tell later.
    is_settled: bool
    #: The provider's id of the refund, may be empty.
    reference: str = ""


@dataclass(frozen=True)
class Product:
    """The product of an order line as the shop holds it today, as far as returns care."""

    #: The host's id as text.
    ref: str
    #: Name and slug, folded for comparison; those below likewise.
    names: FrozenSet[str] = frozenset()
    types: FrozenSet[str] = frozenset()
    #: Of its category and all above it.
    categories: FrozenSet[str] = frozenset()
    collections: FrozenSet[str] = frozenset()
    #: Public metadata under keys that start with ``aftersale.``; the product's own hides
    #: that of its type.
    metadata: Mapping[str, str] = field(default_factory=dict)
    #: As the shop's addresses have it; empty when unknown.
    slug: str = ""


@dataclass(frozen=True)
class ShopProduct:
    """A product of the shop's catalogue that customers can buy now."""

    #: The host's id as text.
    ref: str
    #: In the language asked for, where the shop has it.
    name: str
    slug: str
    #: Of its cheapest variant, tax included; None where the shop's prices are without tax.
    price: Optional[Money] = None


@dataclass(frozen=True)
class Wish:
    """Which other products a customer may like."""

    channel: str
    #: Where they are to be sent: two letters, upper case; empty: anywhere.
    country: str
    #: Of their names, as ``"pl"``.
    language: str
    #: Refs of orders whose products the customer knows already.
    bought_in: Tuple[str, ...]
    limit: int
    #: Connection to read from.
    using: str


@dataclass(frozen=True)
class StoredSettings:
    """The plugin's row as the host keeps it, before ``config`` types it."""

    is_active: bool
    values: Dict[str, Any] = field(default_factory=dict)


class HttpFailed(AftersaleError):
    """A call to another server brought no answer; calling again later may."""

    code = "UNAVAILABLE"


@dataclass(frozen=True)
class HttpAnswer:
    """What another server answered, whatever it means."""

    status: int
    #: By name in lower case.
    headers: Mapping[str, str]
    body: bytes
