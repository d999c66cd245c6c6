"""What every act works with: the shop, the people's views of it, and what has happened so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..running import Shop
from .api import Api
from .people import Order
from .post import Post
from .saleor import Saleor
from .saleor3 import Saleor3
from .saleor210 import Saleor210
from .telling import Teller

if TYPE_CHECKING:
    from .carrier import Parcel

#: All that a storefront would show of an order.
TIMELINE = """
    number language status progress text
    milestones { code label state reachedAt }
    shipments {
      carrier trackingNumber status progress text isReturning collectBy
      estimate { source earliest latest lateSince }
      events { occurredAt status code location }
      lines { orderLineId productName quantity } }
    entries { at kind code title detail }
"""
MINE = f"""query {{ me {{ orders(first: 10) {{ edges {{ node {{
    id number
    timeline {{ {TIMELINE} }}
    returnOptions {{
      orderLineId quantity proposedBasis bases {{ basis isOpen until refusals }} }}
    returnRequests {{ number state }} }} }} }} }} }}"""
BY_TOKEN = f"query($token: String!) {{ orderTimeline(accessToken: $token) {{ {TIMELINE} }} }}"


class Stage:
    """The story's state; acts fill it as they go."""

    anna: Api
    annas: Order
    boriss: Order
    #: Anna's first parcel and first return request.
    parcel: Parcel
    request: dict[str, Any]
    #: Of Boris's order, from a mail.
    token: str
    link: str
    #: Emma's: order, link's token from a mail, request about the broken mug.
    emmas: Order
    emmas_request: dict[str, Any]
    #: The order with the mug that took the lamp's place, of which nothing came back.
    emmas_new: Order
    #: Of a mail that asks Emma for her opinion: the link of a low score.
    score_url: str
    #: Anna's second order, its link's token, and her complaint about it.
    engraved: Order
    engraved_token: str
    complaint: dict[str, Any]
    #: Vera's: order, then parcel, link and token, by tracking number.
    veras_orders: dict[str, Order]
    veras: dict[str, tuple[Parcel, str, str]]

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.veras = {}
        self.veras_orders = {}
        self.emmas_token = ""
        self.teller = Teller(shop.progress)
        self.post = Post(shop.mailbox, self.teller)
        self.saleor: Saleor = Saleor3(shop) if shop.host.is_3 else Saleor210(shop)

    def mine(self) -> dict[str, Any]:
        """Anna's order as she sees it."""
        orders = self.anna.ask(MINE)["me"]["orders"]["edges"]
        return dict(next(edge["node"] for edge in orders if edge["node"]["id"] == self.annas.id))

    def timeline(self) -> dict[str, Any]:
        """The timeline of Anna's order, as she sees it."""
        return dict(self.mine()["timeline"])

    def mails_told(self) -> list[str]:
        """Keys of the mails that Anna's timeline tells of, oldest first."""
        entries = reversed(self.timeline()["entries"])
        return [entry["code"] for entry in entries if entry["kind"] == "MAIL"]

    def guest_timeline(self) -> dict[str, Any]:
        """The timeline of Boris's order, by the link from his mail."""
        return dict(self.saleor.anybody.ask(BY_TOKEN, token=self.token)["orderTimeline"])
