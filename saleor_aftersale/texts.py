"""
Every sentence shown to people outside templates, by its code.

Codes come from the rules; the words are translated here and nowhere else. All messages
have the context ``aftersale``: Saleor's own catalogue holds some of the same words and
would win otherwise.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Dict, Iterator, Sequence

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

CONTEXT = "aftersale"

#: Languages every text exists in; the first one is the last resort.
LANGUAGES = ("en", "pl", "bg", "ru")

#: Each language's name in itself.
LANGUAGE_NAMES = {"en": "English", "pl": "Polski", "bg": "Български", "ru": "Русский"}


def _(text: str) -> Promise:
    return pgettext_lazy(CONTEXT, text)


TEXTS: Dict[str, Promise] = {
    # The order's bar in words.
    "order.PLACED": _("Order placed"),
    "order.PAID": _("Paid"),
    "order.CONFIRMED": _("Order confirmed"),
    "order.PREPARING": _("Being prepared"),
    "order.CANCELED": _("Order cancelled"),
    "order.EXPIRED": _("Order expired before it was paid"),
    # A parcel's bar in words.
    "parcel.PENDING": _("Registered, waiting for the carrier"),
    "parcel.SENT_UNTRACKED": _("Sent without a tracking number"),
    "parcel.INFO_RECEIVED": _("Label created, waiting for the carrier"),
    "parcel.PICKED_UP": _("Handed to the carrier"),
    "parcel.IN_TRANSIT": _("On the way"),
    "parcel.OUT_FOR_DELIVERY": _("Out for delivery"),
    "parcel.READY_FOR_PICKUP": _("Ready for pick-up"),
    "parcel.ATTEMPT_FAILED": _("Delivery attempt failed"),
    "parcel.DELAYED": _("Delayed, still moving"),
    "parcel.ON_HOLD": _("On hold"),
    "parcel.DELIVERED": _("Delivered"),
    "parcel.RETURNING": _("On the way back to the sender"),
    "parcel.RETURNED_TO_SENDER": _("Returned to the sender"),
    "parcel.LOST": _("Lost by the carrier"),
    "parcel.DAMAGED": _("Damaged, can't be delivered"),
    "parcel.CANCELLED": _("Shipment cancelled"),
    "parcel.EXPIRED": _("No news from the carrier for a long time"),
    "parcel.UNKNOWN": _("News from the carrier"),
    "parcels.delivered": _("%(delivered)s of %(total)s parcels delivered"),
    "parcels.some_unsent": _(
        "%(delivered)s of %(total)s parcels delivered, more are being prepared"
    ),
    "parcels.first_of_several": _("Part of the order is sent, the rest is being prepared"),
    # Milestones.
    "milestone.PLACED": _("Order placed"),
    "milestone.PAID": _("Paid"),
    "milestone.CONFIRMED": _("Order confirmed"),
    "milestone.PREPARING": _("Being prepared"),
    "milestone.SHIPPED": _("Sent"),
    "milestone.DELIVERED": _("Delivered"),
    "milestone_state.DONE": _("Done"),
    "milestone_state.CURRENT": _("In progress"),
    "milestone_state.UPCOMING": _("Still to come"),
    "milestone_state.DROPPED": _("Won't happen"),
    # Headings of parcels on the tracking page.
    "parcel.only": _("Your parcel"),
    "parcel.title": _("Parcel %(position)s of %(total)s"),
    # Return requests, as the customer reads them.
    "return.SUBMITTED": _("Return requested"),
    "return.NEEDS_INFO": _("More information needed"),
    "return.APPROVED": _("Return approved"),
    "return.PARTLY_APPROVED": _("Return approved in part"),
    "return.DECLINED": _("Return declined"),
    "return.IN_TRANSIT": _("Return on the way"),
    "return.PARTLY_RECEIVED": _("Part of the return has arrived"),
    "return.RECEIVED": _("Return has arrived"),
    "return.INSPECTED": _("Return checked"),
    "return.RESOLVING": _("Refund in progress"),
    "return.RESOLUTION_FAILED": _("Refund delayed, we are working on it"),
    "return.COMPLETED": _("Return completed"),
    "return.CANCELLED": _("Return request cancelled"),
    "return.EXPIRED": _("Return request expired"),
    # Money.
    "refund.SETTLED": _("Money refunded"),
    # Mails, as timeline entries.
    "mail.shipment.sent": _("Mail sent: your parcel is on its way"),
    "mail.shipment.delivered": _("Mail sent: your parcel was delivered"),
    "mail.return.received_request": _("Mail sent: we received your return request"),
    "mail.return.approved": _("Mail sent: your return is approved"),
    "mail.refund.issued": _("Mail sent: your money is on its way"),
    "mail.order.link": _("Mail sent: your link to the order"),
    # Why a line can't be returned on a basis.
    "refusal.PERIOD_EXPIRED": _("The period for this has ended."),
    "refusal.NOT_DELIVERED_YET": _("This item has not been delivered yet."),
    "refusal.ALREADY_RETURNED": _("This item has already been returned or is being returned."),
    "refusal.QUANTITY_EXCEEDED": _("That is more than can be returned."),
    "refusal.NOT_OUR_ORDER": _("This item is not part of the order."),
    "refusal.FINAL_SALE_GOODWILL_ONLY": _("This item was sold without a voluntary return."),
    "refusal.NO_DEFECT_FOUND": _("No defect was found."),
    "refusal.DAMAGE_BY_USE": _("The damage comes from use."),
    "refusal.EXCEPTION_16_A": _("The service has been performed in full."),
    "refusal.EXCEPTION_16_B": _("Its price follows a market the shop can't influence."),
    "refusal.EXCEPTION_16_C": _("It was made to order or personalised."),
    "refusal.EXCEPTION_16_D": _("It spoils or expires quickly."),
    "refusal.EXCEPTION_16_E": _("It was sealed for health or hygiene and has been opened."),
    "refusal.EXCEPTION_16_F": _("It has been mixed with other goods and can't be separated."),
    "refusal.EXCEPTION_16_G": _(
        "Its price was agreed long before delivery and follows the market."
    ),
    "refusal.EXCEPTION_16_H": _("The visit was asked for because of an urgent repair."),
    "refusal.EXCEPTION_16_I": _("The seal of the recording or software has been opened."),
    "refusal.EXCEPTION_16_J": _("It is a newspaper or a magazine."),
    "refusal.EXCEPTION_16_K": _("It was bought at a public auction."),
    "refusal.EXCEPTION_16_L": _("It was booked for a certain date or period."),
    "refusal.EXCEPTION_16_M": _("Supply of the digital content has begun, as agreed."),
    # Why somebody returns a line.
    "reason.CHANGED_MIND": _("I changed my mind"),
    "reason.ORDERED_BY_MISTAKE": _("Ordered by mistake"),
    "reason.BETTER_PRICE": _("Found at a better price"),
    "reason.SEVERAL_VARIANTS_ORDERED": _("Ordered several to choose from"),
    "reason.UNWANTED_GIFT": _("Unwanted gift"),
    "reason.TOO_SMALL": _("Too small"),
    "reason.TOO_LARGE": _("Too large"),
    "reason.POOR_FIT": _("Doesn't fit well"),
    "reason.STYLE_COLOUR": _("Don't like the style or colour"),
    "reason.NOT_AS_DESCRIBED": _("Not as described"),
    "reason.QUALITY_BELOW_EXPECTED": _("Quality below expectation"),
    "reason.DEFECTIVE_ON_ARRIVAL": _("Faulty when it arrived"),
    "reason.DEFECT_APPEARED_LATER": _("Fault appeared later"),
    "reason.PARTS_MISSING": _("Parts are missing"),
    "reason.WRONG_ITEM": _("Wrong item"),
    "reason.DAMAGED_IN_TRANSIT": _("Damaged on the way"),
    "reason.NOT_RECEIVED": _("Not received"),
    "reason.PARTLY_RECEIVED": _("Received in part"),
    "reason.ARRIVED_LATE": _("Arrived too late"),
    "reason.REFUSED_AT_DOOR": _("Refused at the door"),
    "reason.SAFETY_RECALL": _("Safety recall"),
    "reason.ALLERGY_REACTION": _("Allergic reaction"),
    "reason.OTHER": _("Other reason"),
    # Pages instead of the one asked for, by error code: heading, then what to do.
    "page.NOT_FOUND": _("This page doesn't exist"),
    "page_help.NOT_FOUND": _("Open the link again from your mail, or ask the shop."),
    "page.INVALID_TOKEN": _("This link doesn't work"),
    "page_help.INVALID_TOKEN": _(
        "It is incomplete or was changed. Open it again from your mail, or ask the shop."
    ),
    "page.EXPIRED_TOKEN": _("This link has expired"),
    "page_help.EXPIRED_TOKEN": _(
        "Links work for a limited time, for your safety. Ask the shop for a new one."
    ),
    "page.RATE_LIMITED": _("Too many requests"),
    "page_help.RATE_LIMITED": _("Please wait a few minutes, then try again."),
    "page.FAILED": _("Something went wrong"),
    "page_help.FAILED": _("Please try again in a few minutes."),
}


def text(code: str, **params: object) -> str:
    """
    The sentence of a code in the active language.

    A code without a sentence gives itself, readably: ``"order.NEW_WORD"`` gives
    ``"New word"``.
    """
    if code not in TEXTS:
        return code.rpartition(".")[2].replace("_", " ").capitalize()
    sentence = _sentence(code, translation.get_language() or LANGUAGES[0])
    return sentence % params if params else sentence


@lru_cache(maxsize=None)
def _sentence(code: str, language: str) -> str:
    """Looked up once per language: a page of orders asks for the same ones again and again."""
    return str(TEXTS[code])


def language_for(*wishes: str, among: Sequence[str] = LANGUAGES) -> str:
    """First wish that is ``among`` those (``"pl-PL"`` counts as ``"pl"``), else the first."""
    for wish in wishes:
        language = wish.replace("_", "-").partition("-")[0].lower()
        if language in among:
            return language
    return among[0]


def in_language(language: str) -> translation.override:
    """Context manager: texts come out in that language."""
    return translation.override(language)


def codes() -> Iterator[str]:
    """Every code that has a sentence."""
    return iter(TEXTS)
