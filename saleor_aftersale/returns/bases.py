"""The grounds for giving something back, and the words for what follows from each."""

from __future__ import annotations

from enum import Enum
from typing import Dict, Tuple


class Basis(Enum):
    """On what ground a customer gives something back, the most favourable first."""

    #: Statutory right, no reason needed.
    WITHDRAWAL = "WITHDRAWAL"
    #: The merchant's own, wider policy.
    GOODWILL_RETURN = "GOODWILL_RETURN"
    #: Legal guarantee: the goods aren't as they should be.
    NON_CONFORMITY = "NON_CONFORMITY"
    #: Promised by the maker or the shop, beside the legal guarantee.
    COMMERCIAL_WARRANTY = "COMMERCIAL_WARRANTY"
    #: Wrong, missing, lost or damaged on the way.
    DELIVERY_PROBLEM = "DELIVERY_PROBLEM"
    #: Not taken from the carrier; the parcel goes back by itself.
    REFUSED_DELIVERY = "REFUSED_DELIVERY"


class Payer(Enum):
    """Who pays the way back."""

    MERCHANT = "MERCHANT"
    CUSTOMER = "CUSTOMER"


#: What can become of a line.
RESOLUTIONS: Tuple[str, ...] = (
    "REFUND_ORIGINAL",
    "REFUND_BANK",
    "STORE_CREDIT",
    "EXCHANGE_SAME",
    "EXCHANGE_VARIANT",
    "EXCHANGE_OTHER",
    "REPLACEMENT",
    "REPAIR",
    "MISSING_PART",
    "PRICE_REDUCTION",
    "TERMINATION",
    "RESHIP",
    "GOODWILL",
    "NO_ACTION",
)

#: What a shop may offer beside the refund where somebody simply doesn't want the goods.
EXTRA_RESOLUTIONS = RESOLUTIONS[1:6]

#: What a customer may ask for on each basis, in this order; a refund comes first where
#: it is the customer's right. Source: Directive 2011/83/EU Art. 13, 18; Directive (EU)
#: 2019/771 Art. 13: repair or replacement, only then less price or the end of the contract.
RESOLUTIONS_OF: Dict[Basis, Tuple[str, ...]] = {
    Basis.WITHDRAWAL: ("REFUND_ORIGINAL",),
    Basis.GOODWILL_RETURN: ("REFUND_ORIGINAL",),
    Basis.NON_CONFORMITY: ("REPAIR", "REPLACEMENT", "PRICE_REDUCTION", "TERMINATION"),
    Basis.COMMERCIAL_WARRANTY: ("REPAIR", "REPLACEMENT"),
    Basis.DELIVERY_PROBLEM: ("RESHIP", "REPLACEMENT", "MISSING_PART", "REFUND_ORIGINAL"),
    Basis.REFUSED_DELIVERY: ("RESHIP", "REFUND_ORIGINAL"),
}

#: Bases to which the shop's extra resolutions are added.
WITH_EXTRAS = frozenset({Basis.WITHDRAWAL, Basis.GOODWILL_RETURN})

#: How goods can come back.
METHODS: Tuple[str, ...] = (
    "CARRIER_LABEL",
    "QR_NO_PRINT",
    "LOCKER_CODE",
    "DROP_OFF_POINT",
    "COURIER_PICKUP",
    "IN_STORE",
    "OWN_CARRIER",
    "COD_RETURN",
    "KEEP_ITEM",
    "DONATE",
    "NOT_REQUIRED",
)

#: With these nothing is sent.
NOTHING_TO_SEND = frozenset({"KEEP_ITEM", "DONATE", "NOT_REQUIRED"})

#: A parcel sent back for cash on delivery is a custom of one country.
COD_RETURN_COUNTRY = "BG"

#: Who pays the way back unless the shop says otherwise. Source: Directive 2011/83/EU
#: Art. 14(1); Directive (EU) 2019/771 Art. 14.
PAYERS: Dict[Basis, Payer] = {
    Basis.WITHDRAWAL: Payer.CUSTOMER,
    Basis.GOODWILL_RETURN: Payer.CUSTOMER,
    Basis.NON_CONFORMITY: Payer.MERCHANT,
    Basis.COMMERCIAL_WARRANTY: Payer.MERCHANT,
    Basis.DELIVERY_PROBLEM: Payer.MERCHANT,
    Basis.REFUSED_DELIVERY: Payer.MERCHANT,
}

#: Here the customer never pays, whatever a setting says.
MERCHANT_ALWAYS_PAYS = frozenset({Basis.NON_CONFORMITY, Basis.DELIVERY_PROBLEM})
