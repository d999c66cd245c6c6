"""What each resolution means: who gets money, by which means, and whether goods move."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Dict, Optional


class Means(Enum):
    """How money goes back to the customer."""

    #: By the way it was paid.
    ORIGINAL = "ORIGINAL"
    #: Transferred by hand.
    BANK = "BANK"
    #: As a gift card of the shop.
    GIFT_CARD = "GIFT_CARD"
    #: It pays for the goods the customer chose instead.
    SET_OFF = "SET_OFF"


@dataclass(frozen=True)
class Remedy:
    """What has to happen for one resolution."""

    #: None: nobody gets money.
    means: Optional[Means] = None
    #: Staff name the amount; otherwise the order's totals tell it.
    has_given_amount: bool = False
    #: Nothing has to come back first.
    goods_stay: bool = False
    #: An order with other goods is made.
    makes_order: bool = False
    #: The goods that come back, or are lost, are booked as replaced.
    replaces: bool = False
    #: Other goods than before may be named.
    has_choice: bool = False
    #: Only with the customer's recorded agreement. Source: Directive 2011/83/EU Art. 13(1).
    needs_agreement: bool = False
    #: The shop gives the very same goods back: they count as the customer's again.
    goods_return: bool = False

    @property
    def leaves_goods(self) -> bool:
        """Afterwards the customer has the goods and may ask again."""
        return self.goods_return or (self.goods_stay and not self.replaces)


#: The order of remedies for goods that aren't as they should be is advice to staff, not
#: here: see ``bases.RESOLUTIONS_OF``.
REMEDIES: Dict[str, Remedy] = {
    "REFUND_ORIGINAL": Remedy(Means.ORIGINAL),
    "REFUND_BANK": Remedy(Means.BANK, needs_agreement=True),
    "STORE_CREDIT": Remedy(Means.GIFT_CARD, needs_agreement=True),
    "EXCHANGE_SAME": Remedy(makes_order=True, replaces=True),
    "EXCHANGE_VARIANT": Remedy(makes_order=True, replaces=True, has_choice=True),
    "EXCHANGE_OTHER": Remedy(Means.SET_OFF, makes_order=True, replaces=True, has_choice=True),
    "REPLACEMENT": Remedy(makes_order=True, replaces=True),
    "REPAIR": Remedy(goods_return=True),
    "MISSING_PART": Remedy(makes_order=True, goods_stay=True),
    "PRICE_REDUCTION": Remedy(Means.ORIGINAL, has_given_amount=True, goods_stay=True),
    "TERMINATION": Remedy(Means.ORIGINAL),
    "RESHIP": Remedy(makes_order=True, replaces=True, goods_stay=True),
    "GOODWILL": Remedy(Means.ORIGINAL, has_given_amount=True, goods_stay=True),
    "NO_ACTION": Remedy(),
}

#: With these the price of the goods went back, in whatever form.
GIVING_PRICE_BACK = tuple(
    name for name, remedy in REMEDIES.items() if remedy.means and not remedy.has_given_amount
)

#: After these the customer has the goods and may ask again.
LEAVING_GOODS = tuple(name for name, remedy in REMEDIES.items() if remedy.leaves_goods)
