"""The merchant's settings as one typed object: fields of the Dashboard, checks, defaults."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Callable, Dict, FrozenSet, List, Mapping, Optional, Tuple

from . import appearance
from .host import hooks
from .returns import bases, legal, numbers, shop_rules
from .texts import LANGUAGES
from .tracking import poll_keys, promises, questions

PLUGIN_ID = "saleor.aftersale"

_WITHDRAWAL_DAYS = legal.ROWS["withdrawal.period_days"].floor

#: Mails nobody can switch off: the law wants them, or a guest would have no link.
REQUIRED_MAILS = ("order.link", "withdrawal.acknowledged", "complaint.answered")

#: All the others.
MAIL_KEYS = (
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
    "return.declined",
    "return.send_reminder",
    "return.on_the_way",
    "return.arrived",
    "return.inspected",
    "return.reply",
    "return.closed",
    "refund.issued",
)

#: Those a customer has to do nothing about and hears again within hours: off at first.
QUIET_MAILS = ("shipment.out_for_delivery", "return.on_the_way")

DEFAULT_MAILS = tuple(key for key in MAIL_KEYS if key not in QUIET_MAILS)


class InvalidSetting(ValueError):
    """A value that can't be saved; its text tells the merchant what to write instead."""


@dataclass(frozen=True)
class Settings:
    """Settings of one channel, checked. ``is_active`` False: we do nothing there."""

    is_active: bool
    #: Days after delivery in which the shop takes goods back for any reason.
    return_window_days: int
    #: URL with ``{token}``, or empty for our own page.
    tracking_page_url: str
    return_page_url: str
    #: Days a signed link stays valid.
    link_valid_days: int
    #: Free text of the merchant, may be empty.
    return_instructions: str
    #: Empty: the name in the shop's own mail settings.
    sender_name: str
    enabled_mails: FrozenSet[str]
    #: Languages mails and texts may be in; the first one serves every other customer.
    languages: Tuple[str, ...]
    #: Provider -> secrets that are valid now, for carrier pushes.
    carrier_secrets: Mapping[str, Tuple[str, ...]]
    #: Provider -> key, in the merchant's order: by whom carriers are polled. Karrio's is
    #: ``address|token``.
    carrier_api_keys: Mapping[str, str]
    #: By whom and how fast each shipping method is.
    shipping_methods: Tuple[promises.ShippingRule, ...]
    #: Days of silence that are too long for a carrier whose habits we don't know.
    stalled_after_days: int
    #: Days of silence after which nothing more is expected of a parcel.
    expired_after_days: int
    #: Accent of the pages as ``#rrggbb``; white text on it can be read.
    brand_colour: str
    #: Path on the shop's own host, or a picture as data; empty: the shop's name alone.
    logo: str
    #: A mail address or an https address; may be empty.
    support_contact: str
    #: The merchant's own questions and answers.
    faq: Tuple[questions.Question, ...]
    #: Plain text shown on the tracking page, may be empty.
    care_tips: str
    #: Where the merchant's own systems are told of events; empty: nowhere.
    event_url: str
    #: What those messages are signed with.
    event_secret: str
    #: What the shop says of certain goods, top to bottom.
    return_rules: Tuple[shop_rules.ShopRule, ...]
    #: How goods can come back, of ``bases.METHODS``.
    return_methods: Tuple[str, ...]
    #: Offered beside the refund, of ``bases.EXTRA_RESOLUTIONS``.
    extra_resolutions: Tuple[str, ...]
    #: Price of the cheapest standard delivery; None: all that was paid goes back.
    standard_delivery_price: Optional[Decimal]
    #: A part of an order brings its share of the delivery's price back.
    shares_delivery: bool
    #: Customers are told of the right of withdrawal and of who pays the way back.
    customers_informed: bool
    #: Whoever bills a company may withdraw too.
    withdrawal_for_companies: bool
    #: Countries outside the EU whose own law holds for goods delivered there.
    legal_profiles: FrozenSet[str]
    #: What numbers of return requests look like, see ``returns.numbers``.
    return_number_format: str
    #: Days a question to a customer stays open, a withdrawal's apart.
    info_answer_days: int
    #: Days added to those for sending goods back, before the request ends.
    send_back_grace_days: int


def _days(low: int, high: int, floor_reason: str = "") -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,4}", value) or not low <= int(value) <= high:
            raise InvalidSetting(
                f"Write a whole number of days from {low} to {high}. {floor_reason}".strip()
            )
        return int(value)

    return parse


def _page_url(value: str) -> str:
    if not value:
        return ""
    if value.count("{token}") != 1 or re.search(r"[{}]", value.replace("{token}", "")):
        raise InvalidSetting("The address must hold {token} exactly once and no other braces.")
    if not re.match(r"https://[^/\s{}]+|http://(localhost|127\.0\.0\.1)(:\d+)?/", value):
        raise InvalidSetting("The address must start with https:// and a host name.")
    if re.search(r"[\s<>\"']", value):
        raise InvalidSetting("The address must not hold spaces, quotes or angle brackets.")
    return value


def _event_url(value: str) -> str:
    if value and not re.fullmatch(r"https://[^/?#@\s\\]+(/[^#\s\\]*)?", value):
        raise InvalidSetting(
            "The address must start with https:// and a host name, without a password, spaces or #."
        )
    return value


def _event_secret(value: str) -> str:
    if value and not 16 <= len(value) <= 256:
        raise InvalidSetting("The secret must have 16 to 256 characters.")
    return value


def _free_text(value: str) -> str:
    if len(value) > 4000:
        raise InvalidSetting("Use up to 4000 characters.")
    return value.strip()


def _sender_name(value: str) -> str:
    if len(value) > 78 or re.search(r"[\r\n<>@\"]", value):
        raise InvalidSetting("Use up to 78 characters, without line breaks, quotes, @ or < >.")
    return value.strip()


def _words(allowed: Tuple[str, ...], noun: str) -> Callable[[str], Tuple[str, ...]]:
    def parse(value: str) -> Tuple[str, ...]:
        words = tuple(dict.fromkeys(re.split(r"[,\s]+", value.strip()))) if value.strip() else ()
        unknown = [word for word in words if word not in allowed]
        if unknown:
            raise InvalidSetting(
                f"Unknown {noun}: {', '.join(unknown)}. Known: {', '.join(allowed)}."
            )
        return words

    return parse


def _mails(value: str) -> FrozenSet[str]:
    keys = frozenset(_words(MAIL_KEYS + REQUIRED_MAILS, "mail")(value))
    required = [key for key in REQUIRED_MAILS if key in keys]
    if required:
        raise InvalidSetting(
            f"{', '.join(required)}: always sent and can't be switched off. Leave it out here."
        )
    return keys


def _languages(value: str) -> Tuple[str, ...]:
    languages = _words(LANGUAGES, "language")(value)
    if not languages:
        raise InvalidSetting("Name at least one language.")
    return languages


def _return_methods(value: str) -> Tuple[str, ...]:
    methods = _words(bases.METHODS, "method")(value)
    if not methods:
        raise InvalidSetting("Name at least one way for goods to come back.")
    return methods


def _yes_no(value: str) -> bool:
    """What the Dashboard's switch holds: a host stores it as a boolean or as text."""
    if value.lower() not in ("", "true", "false"):
        raise InvalidSetting("Write true or false.")
    return value.lower() == "true"


def _price(value: str) -> Optional[Decimal]:
    """An amount in the channel's currency, or nothing."""
    if not value.strip():
        return None
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,3})?", value.strip()):
        raise InvalidSetting("Write a price as 9.90, or nothing.")
    return Decimal(value.strip())


def _secrets(value: str) -> Dict[str, Tuple[str, ...]]:
    secrets: Dict[str, Tuple[str, ...]] = {}
    for part in filter(None, (part.strip() for part in re.split(r"[\n,]", value))):
        provider, equals, secret = (word.strip() for word in part.partition("="))
        if not equals or not re.fullmatch(r"[a-z0-9_]{2,32}", provider):
            raise InvalidSetting("Write one provider=secret per line, as generic=3f9c…")
        if len(secret) < 16:
            raise InvalidSetting(f"The secret of {provider} must have at least 16 characters.")
        secrets[provider] = secrets.get(provider, ()) + (secret,)
    return secrets


def _by_rule(rule: Callable[[str], Any]) -> Callable[[str], Any]:
    """A rule's complaint, made one about a setting."""

    def parse(value: str) -> Any:
        try:
            return rule(value)
        except ValueError as fault:
            raise InvalidSetting(str(fault)) from None

    return parse


@dataclass(frozen=True)
class Field:
    """One setting as the Dashboard shows it."""

    name: str
    #: Name of a ``ConfigurationTypeField``; a host without it takes the nearest.
    kind: str
    label: str
    help_text: str
    default: str
    parse: Callable[[str], Any]


FIELDS: Tuple[Field, ...] = (
    Field(
        "return_window_days",
        "STRING",
        "Return window in days",
        "How long after delivery customers may return goods for any reason. "
        f"At least {_WITHDRAWAL_DAYS}: the right of withdrawal can't be shortened.",
        str(_WITHDRAWAL_DAYS),
        _days(_WITHDRAWAL_DAYS, 3650, "The right of withdrawal can't be shorter."),
    ),
    Field(
        "tracking_page_url",
        "STRING",
        "Tracking page of the storefront",
        "Address with {token}, as https://shop.example/track/{token}. "
        "Empty: the page built into this plugin.",
        "",
        _page_url,
    ),
    Field(
        "return_page_url",
        "STRING",
        "Return page of the storefront",
        "Address with {token}, as https://shop.example/returns/{token}. "
        "Empty: the page built into this plugin.",
        "",
        _page_url,
    ),
    Field(
        "link_valid_days",
        "STRING",
        "Days a link in a mail stays valid",
        "Signed links open one order without a password. From 1 to 730.",
        "180",
        _days(1, 730),
    ),
    Field(
        "return_instructions",
        "MULTILINE",
        "How to send goods back",
        "Address, carrier, what to write on the parcel. Part of the mail that approves a return.",
        "",
        _free_text,
    ),
    Field(
        "sender_name",
        "STRING",
        "Sender name of the mails",
        "Empty: the name in the shop's mail settings.",
        "",
        _sender_name,
    ),
    Field(
        "enabled_mails",
        "MULTILINE",
        "Mails that are sent",
        "Keys, one per line or separated by commas. Remove a key to switch that mail off. "
        f"Off at first: {', '.join(QUIET_MAILS)}: they tell the customer the least, and the "
        "next mail follows soon. Always sent, for the law or a guest's access needs them: "
        f"{', '.join(REQUIRED_MAILS)}.",
        "\n".join(DEFAULT_MAILS),
        _mails,
    ),
    Field(
        "languages",
        "STRING",
        "Languages",
        "Languages of mails and pages, separated by commas; customers with another "
        f"language get the first. Available: {', '.join(LANGUAGES)}.",
        ", ".join(LANGUAGES),
        _languages,
    ),
    Field(
        "carrier_secrets",
        "SECRET_MULTILINE",
        "Secrets of carrier pushes",
        "One provider=secret per line. Two lines for one provider are both valid, so that "
        "a secret can be changed without losing news.",
        "",
        _secrets,
    ),
    Field(
        "carrier_api_keys",
        "SECRET_MULTILINE",
        "Keys to ask carriers for news",
        "For shops without carrier pushes. One provider=key per line, as aftership=asat_…; "
        "karrio=https://host|token; inpost=public asks InPost without a key. InPost's parcels "
        f"are asked for there, all others at the first of: {', '.join(poll_keys.AGGREGATORS)}.",
        "",
        _by_rule(poll_keys.parse),
    ),
    Field(
        "shipping_methods",
        "MULTILINE",
        "Shipping methods",
        "One per line: name | country | carrier | days, as InPost Paczkomaty | PL | inpost | "
        "1-2. Working days after hand-over; * means any method or country; carrier or days "
        "may be empty.",
        "",
        _by_rule(promises.parse),
    ),
    Field(
        "stalled_after_days",
        "STRING",
        "Days of silence until a parcel counts as stalled",
        "For carriers whose usual pace isn't known from the shop's own parcels. From 1 to 60.",
        "7",
        _days(1, 60),
    ),
    Field(
        "expired_after_days",
        "STRING",
        "Days of silence until a parcel is given up",
        "It is then shown as expired; a later scan brings it back. From 7 to 365.",
        "30",
        _days(7, 365),
    ),
    Field(
        "brand_colour",
        "STRING",
        "Colour of the pages",
        "As #0b6350; dark enough for white text. The dark mode makes its own of it.",
        "#0b6350",
        _by_rule(appearance.brand_colour),
    ),
    Field(
        "logo",
        "STRING",
        "Logo on the pages",
        "Path on the shop's own host, as /media/logo.svg, or a small picture as "
        "data:image/…;base64,…. Empty: the shop's name.",
        "",
        _by_rule(appearance.logo),
    ),
    Field(
        "support_contact",
        "STRING",
        "Where customers may ask",
        "A mail address, or the address of a contact page that starts with https://.",
        "",
        _by_rule(appearance.support_contact),
    ),
    Field(
        "faq",
        "MULTILINE",
        "Questions and answers on the tracking page",
        "One per line, as DELIVERED: Where is it? = Ask your neighbours first. With a language: "
        "DELIVERED[pl]: …. They replace the built-in ones of their topic: "
        + ", ".join(questions.Topic.__members__)
        + ".",
        "",
        _by_rule(lambda value: questions.parse(value, LANGUAGES)),
    ),
    Field(
        "care_tips",
        "MULTILINE",
        "Care tips on the tracking page",
        "Plain text, one paragraph per line; https:// addresses become links.",
        "",
        _by_rule(appearance.care_tips),
    ),
    Field(
        "event_url",
        "STRING",
        "Address that is told of events",
        "An address of yours that starts with https://. Every step of a return and every change "
        "of a parcel is posted there as JSON, signed. Empty: nothing is sent.",
        "",
        _event_url,
    ),
    Field(
        "event_secret",
        "SECRET",
        "Secret that signs events",
        "At least 16 characters. Your system proves with it that a message is the shop's: "
        "X-Aftersale-Signature is the HMAC-SHA256 of time, dot and body.",
        "",
        _event_secret,
    ),
    Field(
        "return_rules",
        "MULTILINE",
        "Return rules for certain goods",
        "One per line: where | what | what, as category: Lingerie | goodwill 0 | exception E. "
        "Where: all, or product, product type, category, collection, country, price, joined by "
        "&. What: goodwill 30, goodwill as STORE_CREDIT, exception A to M or none, withdrawal "
        "30, guarantee 36, warranty 12, fee 10 %, merchant pays withdrawal, methods IN_STORE. "
        "For each thing the first line that fits decides; what a product's metadata says "
        "comes before. Nothing here can take a right away.",
        "",
        _by_rule(shop_rules.parse),
    ),
    Field(
        "return_methods",
        "MULTILINE",
        "How goods can come back",
        f"Words, separated by commas: {', '.join(bases.METHODS)}. "
        "COD_RETURN is offered in Bulgaria only.",
        "OWN_CARRIER",
        _return_methods,
    ),
    Field(
        "extra_resolutions",
        "STRING",
        "Offered beside the refund",
        "Words, separated by commas; the customer chooses, a refund stays possible: "
        f"{', '.join(bases.EXTRA_RESOLUTIONS)}.",
        "",
        _words(bases.EXTRA_RESOLUTIONS, "resolution"),
    ),
    Field(
        "standard_delivery_price",
        "STRING",
        "Price of the cheapest standard delivery",
        "In the channel's currency, tax included, as 9.90. Who withdraws from a whole order "
        "gets this much of the delivery back, at most what was paid. Empty: all that was paid.",
        "",
        _price,
    ),
    Field(
        "shares_delivery",
        "BOOLEAN",
        "Give back a share of the delivery with a part of an order",
        "Off: only who withdraws from the whole order gets the delivery back.",
        "false",
        _yes_no,
    ),
    Field(
        "customers_informed",
        "BOOLEAN",
        "Customers are informed of their right of withdrawal",
        "Before they order, with the model form, and of who pays the way back. Off: they have "
        "twelve months more, and the shop pays the way back.",
        "true",
        _yes_no,
    ),
    Field(
        "withdrawal_for_companies",
        "BOOLEAN",
        "Companies may withdraw too",
        "Off: no withdrawal when the billing address names a company. That name proves little: "
        "a consumer may have it sent to work, and in Poland some sole traders have the right. "
        "Decide with your counsel.",
        "true",
        _yes_no,
    ),
    Field(
        "legal_profiles",
        "STRING",
        "Laws of countries outside the EU",
        "Countries whose own, shorter periods hold for goods delivered there, separated by "
        f"commas: {', '.join(legal.PROFILES)}. Empty: the EU's periods everywhere.",
        "",
        lambda value: frozenset(_words(tuple(legal.PROFILES), "country")(value)),
    ),
    Field(
        "return_number_format",
        "STRING",
        "Numbers of return requests",
        "As R-{year}-{number:06} for R-2026-000123: {number}, before it {year} and capital "
        "letters with dots, dashes or underscores. Requests that exist keep theirs.",
        "R-{year}-{number:06}",
        _by_rule(numbers.parse),
    ),
    Field(
        "info_answer_days",
        "STRING",
        "Days for the answer to a question",
        "After so many days without an answer a return request ends by itself; a withdrawal "
        "never does. From 3 to 365.",
        "30",
        _days(3, 365),
    ),
    Field(
        "send_back_grace_days",
        "STRING",
        "Days of grace for goods sent back",
        "So many days after the last day for sending, an approved return request without "
        "goods ends by itself; a withdrawal never does. From 0 to 365.",
        "14",
        _days(0, 365),
    ),
)


def defaults() -> Dict[str, str]:
    """Every setting's default as the Dashboard holds it."""
    return {field.name: field.default for field in FIELDS}


def check(values: Mapping[str, Any]) -> Dict[str, str]:
    """What is wrong with raw settings: sentence by field name; empty when all is well."""
    faults = {}
    for field in FIELDS:
        try:
            field.parse(str(values.get(field.name, field.default) or ""))
        except InvalidSetting as fault:
            faults[field.name] = str(fault)
    has_address = "event_url" not in faults and values.get("event_url")
    if has_address and not values.get("event_secret"):
        faults["event_secret"] = "Events are only sent signed: write a secret."
    return faults


def typed(is_active: bool, values: Mapping[str, Any]) -> Settings:
    """
    Settings from raw values. A value that no longer passes its check counts as default.

    That can only be one stored by an older release: saving checks.
    """
    parsed: Dict[str, Any] = {}
    for field in FIELDS:
        raw = values.get(field.name, field.default)
        try:
            parsed[field.name] = field.parse(str(raw or ""))
        except InvalidSetting:
            parsed[field.name] = field.parse(field.default)
    return Settings(is_active=is_active, **parsed)


class SettingsByChannel:
    """Settings of all channels, read in one query on first use. Don't keep it for long."""

    def __init__(self, using: str = "default"):
        self._using = using
        self._settings: Dict[str, Settings] = {}
        self._stored: Any = None

    def __getitem__(self, channel: str) -> Settings:
        if self._stored is None:
            self._stored = hooks.stored_settings(PLUGIN_ID, using=self._using)
        if channel not in self._settings:
            stored = self._stored.get(channel)
            self._settings[channel] = (
                typed(stored.is_active, stored.values) if stored else typed(False, {})
            )
        return self._settings[channel]


def settings_of(channel: str) -> Settings:
    """Settings of one channel as they are now."""
    return SettingsByChannel()[channel]


def stored_values(channel: str, *, using: str) -> Dict[str, Any]:
    """Raw settings of one channel as they are stored; empty where there are none."""
    stored = hooks.stored_settings(PLUGIN_ID, using=using).get(channel)
    return dict(stored.values) if stored else {}


def structure(types: Any) -> Dict[str, Dict[str, str]]:
    """The Dashboard's form; ``types`` is the host's class of field types."""
    fallback = {"SECRET_MULTILINE": "SECRET", "MULTILINE": "STRING"}
    return {
        field.name: {
            "type": getattr(types, field.kind, None) or getattr(types, fallback[field.kind]),
            "label": field.label,
            "help_text": field.help_text,
        }
        for field in FIELDS
    }


def default_configuration() -> List[Dict[str, str]]:
    """Defaults in the shape a Saleor plugin wants them."""
    return [{"name": name, "value": value} for name, value in defaults().items()]
