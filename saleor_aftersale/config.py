"""The merchant's settings as one typed object: fields of the Dashboard, checks, defaults."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Callable, Dict, FrozenSet, List, Mapping, Tuple

from .host import hooks
from .returns import legal
from .texts import LANGUAGES

PLUGIN_ID = "saleor.aftersale"

_WITHDRAWAL_DAYS = legal.ROWS["withdrawal.period_days"].floor

MAIL_KEYS = (
    "shipment.sent",
    "shipment.delivered",
    "return.received_request",
    "return.approved",
    "refund.issued",
)


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


def _languages(value: str) -> Tuple[str, ...]:
    languages = _words(LANGUAGES, "language")(value)
    if not languages:
        raise InvalidSetting("Name at least one language.")
    return languages


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
        "Address with {token}, as https://shop.example/returns/{token}. Empty: the tracking page.",
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
        "Keys, one per line or separated by commas. Remove a key to switch that mail off.",
        "\n".join(MAIL_KEYS),
        lambda value: frozenset(_words(MAIL_KEYS, "mail")(value)),
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
