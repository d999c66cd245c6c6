"""Codes people see: why something is refused, why it is given back, why it is declined."""

from __future__ import annotations

from enum import Enum
from typing import Tuple


class Refusal(Enum):
    """Why something isn't possible; the codes are shown in the API."""

    PERIOD_EXPIRED = "PERIOD_EXPIRED"
    NOT_DELIVERED_YET = "NOT_DELIVERED_YET"
    ALREADY_RETURNED = "ALREADY_RETURNED"
    QUANTITY_EXCEEDED = "QUANTITY_EXCEEDED"
    #: The shop takes these goods back only where the law makes it; never told of a right.
    FINAL_SALE_GOODWILL_ONLY = "FINAL_SALE_GOODWILL_ONLY"
    #: Nobody promised more than the legal guarantee.
    NO_COMMERCIAL_WARRANTY = "NO_COMMERCIAL_WARRANTY"
    #: Bought by a company, and the shop grants those no withdrawal.
    NOT_A_CONSUMER = "NOT_A_CONSUMER"
    #: Nothing is on its way that could be refused at the door.
    NOT_SENT_YET = "NOT_SENT_YET"
    ALREADY_DELIVERED = "ALREADY_DELIVERED"
    #: Directive 2011/83/EU Art. 16, letter by letter.
    EXCEPTION_16_A = "EXCEPTION_16_A"
    EXCEPTION_16_B = "EXCEPTION_16_B"
    EXCEPTION_16_C = "EXCEPTION_16_C"
    EXCEPTION_16_D = "EXCEPTION_16_D"
    EXCEPTION_16_E = "EXCEPTION_16_E"
    EXCEPTION_16_F = "EXCEPTION_16_F"
    EXCEPTION_16_G = "EXCEPTION_16_G"
    EXCEPTION_16_H = "EXCEPTION_16_H"
    EXCEPTION_16_I = "EXCEPTION_16_I"
    EXCEPTION_16_J = "EXCEPTION_16_J"
    EXCEPTION_16_K = "EXCEPTION_16_K"
    EXCEPTION_16_L = "EXCEPTION_16_L"
    EXCEPTION_16_M = "EXCEPTION_16_M"


#: Why somebody gives something back; asked for politely, never required for a withdrawal.
REASONS: Tuple[str, ...] = (
    "CHANGED_MIND",
    "ORDERED_BY_MISTAKE",
    "BETTER_PRICE",
    "SEVERAL_VARIANTS_ORDERED",
    "UNWANTED_GIFT",
    "TOO_SMALL",
    "TOO_LARGE",
    "POOR_FIT",
    "STYLE_COLOUR",
    "NOT_AS_DESCRIBED",
    "QUALITY_BELOW_EXPECTED",
    "DEFECTIVE_ON_ARRIVAL",
    "DEFECT_APPEARED_LATER",
    "PARTS_MISSING",
    "WRONG_ITEM",
    "DAMAGED_IN_TRANSIT",
    "NOT_RECEIVED",
    "PARTLY_RECEIVED",
    "ARRIVED_LATE",
    "REFUSED_AT_DOOR",
    "SAFETY_RECALL",
    "ALLERGY_REACTION",
    "OTHER",
)

#: Why a merchant declines; a withdrawal only by proven lateness or a coded exception.
DECLINE_CODES: Tuple[str, ...] = (
    "PERIOD_EXPIRED",
    "NOT_DELIVERED_YET",
    "ALREADY_RETURNED",
    "QUANTITY_EXCEEDED",
    "FINAL_SALE_GOODWILL_ONLY",
    "NO_DEFECT_FOUND",
    "DAMAGE_BY_USE",
    "NOT_OUR_ORDER",
) + tuple("EXCEPTION_16_" + letter for letter in "ABCDEFGHIJKLM")

#: Decline codes that hold against a withdrawal. Source: Directive 2011/83/EU Art. 9, 16.
WITHDRAWAL_DECLINE_CODES = frozenset(
    code for code in DECLINE_CODES if code.startswith("EXCEPTION_16_")
) | {"PERIOD_EXPIRED", "ALREADY_RETURNED", "QUANTITY_EXCEEDED", "NOT_OUR_ORDER"}
