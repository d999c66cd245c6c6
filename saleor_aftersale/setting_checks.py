"""What a setting may hold: each check gives the typed value or says what to write instead."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Callable, Dict, FrozenSet, Optional, Tuple

from .returns import bases
from .texts import LANGUAGES

#: Mails nobody can switch off: the law wants them, a guest would have no link, or staff
#: wouldn't know that money didn't go back.
REQUIRED_MAILS = (
    "order.link",
    "withdrawal.acknowledged",
    "complaint.answered",
    "staff.refund_failed",
)

#: All the others.
MAIL_KEYS = (
    "order.received",
    "order.preparing",
    "order.delayed_before_shipping",
    "shipment.sent",
    "shipment.split",
    "shipment.out_for_delivery",
    "shipment.ready_for_pickup",
    "shipment.pickup_reminder",
    "shipment.attempt_failed",
    "shipment.action_required",
    "shipment.delayed",
    "shipment.returning",
    "shipment.lost",
    "shipment.delivered",
    "return.received_request",
    "return.needs_info",
    "return.approved",
    "return.label",
    "return.declined",
    "return.send_reminder",
    "return.on_the_way",
    "return.arrived",
    "return.inspected",
    "return.reply",
    "return.closed",
    "refund.issued",
    "exchange.sent",
    "repair.started",
    "repair.sent",
    "feedback.reply",
    # Marketing: they go out only with consent.
    "feedback.delivery",
    "feedback.product_review",
    "howto.product",
    "guarantee.reminder",
    "replenish.reminder",
    "recommend.related",
    "referral.ask",
    "voucher.thanks",
    "winback.goodwill",
)

#: Those a customer has to do nothing about and hears again within hours, and the one Saleor
#: sends itself: off at first.
QUIET_MAILS = ("order.received", "shipment.out_for_delivery", "return.on_the_way")

DEFAULT_MAILS = tuple(key for key in MAIL_KEYS if key not in QUIET_MAILS)


class InvalidSetting(ValueError):
    """A value that can't be saved; its text tells the merchant what to write instead."""


def days(low: int, high: int, floor_reason: str = "") -> Callable[[str], int]:
    """A whole number of days within bounds."""

    def parse(value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,4}", value) or not low <= int(value) <= high:
            raise InvalidSetting(
                f"Write a whole number of days from {low} to {high}. {floor_reason}".strip()
            )
        return int(value)

    return parse


def page_url(value: str) -> str:
    """An address with ``{token}``, or nothing."""
    if not value:
        return ""
    if value.count("{token}") != 1 or re.search(r"[{}]", value.replace("{token}", "")):
        raise InvalidSetting("The address must hold {token} exactly once and no other braces.")
    if not re.match(r"https://[^/\s{}]+|http://(localhost|127\.0\.0\.1)(:\d+)?/", value):
        raise InvalidSetting("The address must start with https:// and a host name.")
    if re.search(r"[\s<>\"']", value):
        raise InvalidSetting("The address must not hold spaces, quotes or angle brackets.")
    return value


def product_page_url(value: str) -> str:
    """An https address with ``{slug}``, or nothing."""
    if not value:
        return ""
    if value.count("{slug}") != 1 or re.search(r"[{}]", value.replace("{slug}", "")):
        raise InvalidSetting("The address must hold {slug} exactly once and no other braces.")
    if len(value) > 500 or not re.fullmatch(r"https://[^/?#@\s\\<>\"'{}]+/[^\s\\<>\"']*", value):
        raise InvalidSetting(
            "The address must start with https:// and a host name, without spaces or quotes."
        )
    return value


def event_url(value: str) -> str:
    """An https address, or nothing."""
    if value and not re.fullmatch(r"https://[^/?#@\s\\]+(/[^#\s\\]*)?", value):
        raise InvalidSetting(
            "The address must start with https:// and a host name, without a password, spaces or #."
        )
    return value


def event_secret(value: str) -> str:
    """A secret long enough to sign with, or nothing."""
    if value and not 16 <= len(value) <= 256:
        raise InvalidSetting("The secret must have 16 to 256 characters.")
    return value


def free_text(value: str) -> str:
    """Text of the merchant's own."""
    if len(value) > 4000:
        raise InvalidSetting("Use up to 4000 characters.")
    return value.strip()


def sender_name(value: str) -> str:
    """A name that fits into a From line."""
    if len(value) > 78 or re.search(r"[\r\n<>@\"]", value):
        raise InvalidSetting("Use up to 78 characters, without line breaks, quotes, @ or < >.")
    return value.strip()


def staff_mailbox(value: str) -> str:
    """One mailbox, or nothing."""
    value = value.strip()
    if value and not re.fullmatch(
        r"[^\s@<>,;:\"()]{1,64}@[^\s@<>,;:\"()]+\.[^\s@<>,;:\"()]+", value
    ):
        raise InvalidSetting("Write one mail address, as returns@shop.example.")
    return value


def words(allowed: Tuple[str, ...], noun: str) -> Callable[[str], Tuple[str, ...]]:
    """Words out of a list, separated by commas or lines."""

    def parse(value: str) -> Tuple[str, ...]:
        words = tuple(dict.fromkeys(re.split(r"[,\s]+", value.strip()))) if value.strip() else ()
        unknown = [word for word in words if word not in allowed]
        if unknown:
            raise InvalidSetting(
                f"Unknown {noun}: {', '.join(unknown)}. Known: {', '.join(allowed)}."
            )
        return words

    return parse


def mails(value: str) -> FrozenSet[str]:
    """Keys of mails that are sent."""
    keys = frozenset(words(MAIL_KEYS + REQUIRED_MAILS, "mail")(value))
    required = [key for key in REQUIRED_MAILS if key in keys]
    if required:
        raise InvalidSetting(
            f"{', '.join(required)}: always sent and can't be switched off. Leave it out here."
        )
    return keys


def languages(value: str) -> Tuple[str, ...]:
    """Languages, the first of which serves everybody else."""
    languages = words(LANGUAGES, "language")(value)
    if not languages:
        raise InvalidSetting("Name at least one language.")
    return languages


def return_methods(value: str) -> Tuple[str, ...]:
    """Ways for goods to come back, one at least."""
    methods = words(bases.METHODS, "method")(value)
    if not methods:
        raise InvalidSetting("Name at least one way for goods to come back.")
    return methods


def yes_no(value: str) -> bool:
    """What the Dashboard's switch holds: a host stores it as a boolean or as text."""
    if value.lower() not in ("", "true", "false"):
        raise InvalidSetting("Write true or false.")
    return value.lower() == "true"


def price(value: str) -> Optional[Decimal]:
    """An amount in the channel's currency, or nothing."""
    if not value.strip():
        return None
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,3})?", value.strip()):
        raise InvalidSetting("Write a price as 9.90, or nothing.")
    return Decimal(value.strip())


def secrets(value: str) -> Dict[str, Tuple[str, ...]]:
    """Secrets by provider, one ``provider=secret`` a line."""
    secrets: Dict[str, Tuple[str, ...]] = {}
    for part in filter(None, (part.strip() for part in re.split(r"[\n,]", value))):
        provider, equals, secret = (word.strip() for word in part.partition("="))
        if not equals or not re.fullmatch(r"[a-z0-9_]{2,32}", provider):
            raise InvalidSetting("Write one provider=secret per line, as generic=3f9c…")
        if len(secret) < 16:
            raise InvalidSetting(f"The secret of {provider} must have at least 16 characters.")
        secrets[provider] = secrets.get(provider, ()) + (secret,)
    return secrets


def plain_secrets(value: str) -> Tuple[str, ...]:
    """Secrets, one a line."""
    found = tuple(dict.fromkeys(filter(None, (line.strip() for line in value.splitlines()))))
    if any(not 16 <= len(secret) <= 256 for secret in found):
        raise InvalidSetting("Each secret must have 16 to 256 characters.")
    return found


def by_rule(rule: Callable[[str], Any]) -> Callable[[str], Any]:
    """A rule's complaint, made one about a setting."""

    def parse(value: str) -> Any:
        try:
            return rule(value)
        except ValueError as fault:
            raise InvalidSetting(str(fault)) from None

    return parse
