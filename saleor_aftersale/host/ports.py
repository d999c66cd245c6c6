"""
What we ask of a host: the signatures both host packages implement, module by module.

A test compares these with what ``saleor3`` and ``saleor210`` export. What a host can't
do raises ``values.Unsupported``; a host never answers with silence.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import (
    Any,
    Callable,
    ContextManager,
    Dict,
    Iterable,
    List,
    Mapping,
    Optional,
    Protocol,
    Sequence,
    Tuple,
)

from ..values import (
    HttpAnswer,
    Money,
    Order,
    Product,
    RefundResult,
    ReplacedLine,
    Replacement,
    Requester,
    ReturnedLine,
    ShopProduct,
    StoredSettings,
    Wish,
)
from .rows import Trip


class Db(Protocol):
    """``host.db``: what differs in the database layer."""

    #: A JSON column, the same in migrations of every Django.
    JSONField: Any

    def allow_writer(self) -> ContextManager[None]:
        """Permit the writer connection; also usable as a decorator of a task."""


class Hooks(Protocol):
    """``host.hooks``: the plugin base class and the plugin's own row."""

    #: The host's class of setting types.
    ConfigurationTypeField: Any
    #: Base of our plugin: turns each of the host's hooks into ``on_order(order_ref)``,
    #: after commit, only when active, never raising.
    HostPlugin: Any

    def ask_settings(self, plugin_id: str, trip: Trip) -> Callable[[], Dict[str, StoredSettings]]:
        """What gives the settings by channel slug; channels without a row are missing."""

    def page_path(self, plugin_id: str, channel: str, path: str) -> str:
        """The same without scheme and host."""

    def page_url(self, plugin_id: str, channel: str, path: str) -> str:
        """Absolute URL of one of our own pages; ``path`` without leading slash."""


class Orders(Protocol):
    """``host.orders``: reading orders, and the host's part of a return."""

    def load_orders(self, order_refs: Iterable[str], *, using: str) -> Dict[str, Order]:
        """
        Orders by ref in a fixed number of queries; unknown refs and drafts are missing.

        Pieces that were refunded before they were sent are in no fulfillment.
        """

    def ask_orders(self, order_refs: Iterable[str], trip: Trip) -> Callable[[], Dict[str, Order]]:
        """The same with other statements of a trip; what is returned gives them."""

    def owner_and_channel(self, order_ref: str) -> Optional[Tuple[str, str]]:
        """
        The account's id, perhaps empty, and the channel's slug; None for what ``load_orders``
        doesn't know. The same single query for every text.
        """

    def find_order(self, number: str, email: str) -> Optional[str]:
        """Ref of the order with that number and mailbox (case ignored), else None."""

    def order_of_fulfillment(self, fulfillment_ref: str) -> Optional[str]:
        """Ref of the order a fulfillment belongs to, or None."""

    def origin_country(self, fulfillment_ref: str) -> str:
        """Country of the warehouse it left: two letters, upper case; empty when unknown."""

    def orders_since(self, moment: datetime) -> List[str]:
        """Refs of orders placed since then, oldest first."""

    def has_warehouse(self, warehouse_ref: str) -> bool:
        """Whether stock can be raised there."""

    def restock(self, line_ref: str, quantity: int, warehouse_ref: str) -> None:
        """
        Put pieces back on the shelf, inside the caller's transaction.

        Raises:
            NotFound: the line, its variant or the warehouse is gone.
        """

    def complete_return(
        self, order_ref: str, lines: Sequence[ReturnedLine], requester: Requester
    ) -> None:
        """
        Tell the host that pieces came back, inside the caller's transaction.

        The host then moves them to a returned fulfillment and sets the order's status. Pieces
        that were never sent are no longer to be sent, and free for others to buy.

        Raises:
            NotFound: fewer such pieces are fulfilled than said to have come back.
            Unsupported: this host knows no returns (2.10.1).
        """


class Products(Protocol):
    """``host.products``: what the shop says of the goods in order lines."""

    def load_products(self, line_refs: Iterable[str], *, using: str) -> Dict[str, Product]:
        """
        Products by order line ref, as they are today, in a fixed number of queries.

        Lines whose product is gone are missing. Lines of one product share the object.
        """

    def related_products(self, line_refs: Iterable[str], wish: Wish) -> List[ShopProduct]:
        """
        What else customers can buy in a category or collection of those lines' products.

        Published and visible in the channel, priced, in stock where it is to be sent, and in
        none of ``wish.bought_in``. Those of the same category come first, then the newest;
        a fixed number of queries.
        """

    def newest_orders(self, channel: str, *, limit: int, using: str) -> List[str]:
        """Refs of the newest orders of a channel, newest first; no drafts."""


class Lines(Protocol):
    """``host.lines``: the shop's order lines inside our own SQL."""

    def join_lines(self, line_ref: str, alias: str) -> str:
        """
        A LEFT JOIN of the shop's order lines to rows of ours.

        Args:
            line_ref: SQL of our column with the line's ref; one the shop can't have had
                joins nothing.
            alias: what the joined table is called; it has ``product_name``,
                ``variant_name`` and ``product_sku``.
        """


class Metadata(Protocol):
    """``host.metadata``: what apps read on the shop's own objects."""

    def read_order_metadata(self, order_ref: str, *, using: str) -> Dict[str, str]:
        """Public metadata of an order under keys that start with ``aftersale.``."""

    def write_order_metadata(
        self, order_ref: str, *, public: Mapping[str, str], private: Mapping[str, str]
    ) -> bool:
        """
        Set those keys of an order and leave all others; gives whether anything changed.

        3.x then tells the apps that listen to ORDER_METADATA_UPDATED, after commit; 2.10.1 has
        no such event. An order that is gone is left alone.
        """


class Payments(Protocol):
    """``host.payments``: giving money back."""

    def refund(self, order_ref: str, amount: Money, *, key: str) -> RefundResult:
        """
        Give money back by the way it came. Calls the provider: never in a transaction.

        Args:
            key: tells this refund from any other; stored with the host where it can.

        Raises:
            RefundRefused: the provider or the host said no; nothing was moved.
        """

    def refund_outcome(self, reference: str) -> Optional[bool]:
        """What the provider said of a refund that was not settled at once; None: nothing."""


class Giftcards(Protocol):
    """``host.giftcards``: store credit."""

    def issue(self, amount: Money, *, key: str, requester: Requester) -> str:
        """
        Make a gift card, inside the caller's transaction; ref of it, never its code.

        Args:
            key: the same key gives the same card.

        Raises:
            Unsupported: this host has no store credit (2.10.1).
        """

    def code_of(self, card_ref: str) -> str:
        """
        What the customer types to spend it: for their eyes only, never for a log.

        Raises:
            NotFound: the card is gone.
            Unsupported: this host has no store credit (2.10.1).
        """


class Vouchers(Protocol):
    """``host.vouchers``: codes that make the next order cheaper."""

    def create(
        self,
        code: str,
        *,
        channel: str,
        value: Decimal,
        is_percentage: bool,
        name: str,
        valid_until: datetime,
    ) -> str:
        """
        Make a voucher for one use on a whole order, inside the caller's transaction; its ref.

        The same code gives the same voucher, as it was made first.

        Args:
            code: up to 12 characters.
            value: an amount in the channel's currency, or a share of 100.
            name: how staff find it in the shop's own list.
            valid_until: the first moment at which it can't be used any more.

        Raises:
            NotFound: there is no such channel.
            VoucherRefused: the shop can't hold such a value, as cents of a currency that has
                none.
        """


class Replacements(Protocol):
    """``host.replacements``: draft orders with goods that take the place of others."""

    def create_draft(
        self,
        order_ref: str,
        lines: Sequence[ReplacedLine],
        requester: Requester,
        *,
        replaces: bool,
        credit: Optional[Money],
        reason: str,
    ) -> Replacement:
        """
        Make a draft order, inside the caller's transaction.

        Args:
            replaces: the pieces are booked as replaced, where the host keeps such books.
            credit: set off against the price, up to all of it. None: it costs nothing.
            reason: shown at what was set off.

        Raises:
            NotFound: a line or variant is gone or isn't sold in the order's channel, or
                fewer such pieces are fulfilled.
            AftersaleError: ``OTHER_PRODUCT``: a variant without its own price isn't one of the
                line's product.
        """


class Http(Protocol):
    """``host.http``: calls to a carrier's interface."""

    def send(
        self, method: str, url: str, *, headers: Mapping[str, str], body: Optional[bytes] = None
    ) -> HttpAnswer:
        """
        One call with limits of time and size; follows no redirect. Never in a transaction.

        Raises:
            HttpFailed: no whole answer came in time, it was too large, or the host doesn't
                let us call that address.
        """


class Mail(Protocol):
    """``host.mail``: the shop's own mail settings."""

    def account(self, channel: str) -> Tuple[str, str, Callable[[], Any]]:
        """
        Sender name, sender address, and a factory of Django mail connections.

        Raises:
            MailNotConfigured: the shop has no mail settings for that channel.
        """


class Graphql(Protocol):
    """``host.graphql``: the shop's schema."""

    #: The host's own types: a second one of that name would break the schema.
    Money: Any
    DateTime: Any
    Date: Any
    DateTimeRangeInput: Any
    OrderDirection: Any
    #: A file of a multipart request: its key in ``info.context.FILES``.
    Upload: Any
    #: Class of fields added to the host's types.
    Field: Any
    #: Base of data loaders: ``context_key`` and ``batch_load(keys)``.
    DataLoader: Any

    def extend_schema(
        self,
        queries: Mapping[str, Tuple[Any, Callable[..., Any]]],
        mutations: Mapping[str, Any],
        order_fields: Mapping[str, Tuple[Any, Callable[..., Any]]],
        fulfillment_fields: Mapping[str, Tuple[Any, Callable[..., Any]]],
    ) -> None:
        """
        Add fields with their resolvers to Query, Mutation, Order and Fulfillment, once, at
        start-up.

        Raises:
            ImproperlyConfigured: the host's schema is built already: too late.
        """

    def order_ref(self, root: Any) -> str:
        """Ref of the order behind the host's ``Order`` type."""

    def fulfillment_refs(self, root: Any) -> Tuple[str, str]:
        """Refs of the order and of the fulfillment behind the host's ``Fulfillment`` type."""

    def order_global_id(self, order_ref: str) -> str:
        """The id by which the API names that order."""

    def requester(self, info: Any) -> Requester:
        """Who asks: app, staff, customer or nobody. Loaded once per request."""

    def ask_requester(self, context: Any, trip: Trip) -> None:
        """For a loader: have what ``requester`` will want to know come with that trip."""

    def staff_member(self, user_ref: str) -> Optional[Requester]:
        """The active staff member of that id, with what they may do; None: there is none."""

    def database(self, info: Any) -> str:
        """Connection to read from: the replica in queries, the writer after a mutation."""

    def reading(self, info: Any) -> ContextManager[None]:
        """Permit reading from ``database(info)`` outside a data loader."""

    def writing(self, info: Any) -> ContextManager[None]:
        """Permit writing for a mutation, and reading one's own writes after it."""

    def client_address(self, info: Any) -> str:
        """Network address of the caller, for rate limits."""
