"""The merchant's settings as one typed object, by channel."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Callable, Dict, FrozenSet, List, Mapping, Optional, Tuple

from .feedback import invitations, rewards
from .followups import channels, edits
from .host import hooks
from .host.rows import Trip
from .returns import shop_rules
from .setting_checks import InvalidSetting
from .setting_fields import FIELDS
from .tracking import incidents, promises, questions
from .values import StoredSettings

PLUGIN_ID = "saleor.aftersale"


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
    #: Where staff are told of alarms; empty: the sender's own address.
    staff_email: str
    enabled_mails: FrozenSet[str]
    #: The merchant's own subjects and texts, by key and language.
    mail_texts: edits.Edits
    #: By whom mails are told on other ways, too.
    mail_senders: Tuple[channels.Channel, ...]
    #: Languages mails and texts may be in; the first one serves every other customer.
    languages: Tuple[str, ...]
    #: Provider -> secrets that are valid now, for carrier pushes.
    carrier_secrets: Mapping[str, Tuple[str, ...]]
    #: Provider -> key, in the merchant's order: by whom carriers are polled. Karrio's is
    #: ``address|token``.
    carrier_api_keys: Mapping[str, str]
    #: By whom and how fast each shipping method is.
    shipping_methods: Tuple[promises.ShippingRule, ...]
    #: Whom customs ask about a parcel: the customer (DAP) or the merchant (DDP).
    importer: incidents.Actor
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
    #: Customers are told at checkout of mails about similar goods, and can refuse them there.
    soft_opt_in: bool
    #: Secrets that are valid now, for reports of mails that came back.
    bounce_secrets: Tuple[str, ...]
    #: Working days in which staff answer a low score.
    feedback_reply_days: int
    #: Public places where an order can be reviewed; shown whatever the score is.
    review_links: Tuple[invitations.ReviewLink, ...]
    #: Page for whoever brings a friend; may be empty.
    referral_url: str
    #: The voucher for feedback, whatever the score is; None: there is none.
    voucher_value: Optional[rewards.Reward]
    #: Days that voucher can be used.
    voucher_valid_days: int
    #: Address with ``{slug}``; empty: mails link to no product.
    product_page_url: str
    #: Working days in which a paid order is sent; 0: nothing is promised.
    dispatch_days: int


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
        self._told: Optional[Callable[[], Dict[str, StoredSettings]]] = None
        self._stored: Optional[Dict[str, StoredSettings]] = None

    def ask(self, trip: Trip) -> None:
        """Have them come with that trip, unless they were asked for before."""
        self._told = self._told or hooks.ask_settings(PLUGIN_ID, trip)

    def __getitem__(self, channel: str) -> Settings:
        if self._stored is None:
            self._told = self._told or hooks.ask_settings(PLUGIN_ID, Trip(self._using))
            self._stored = self._told()
        if channel not in self._settings:
            stored = self._stored.get(channel)
            self._settings[channel] = (
                typed(stored.is_active, stored.values) if stored else typed(False, {})
            )
        return self._settings[channel]


def settings_of(channel: str) -> Settings:
    """Settings of one channel as they are now."""
    return SettingsByChannel()[channel]


def stored(using: str = "default") -> Dict[str, StoredSettings]:
    """Raw settings by channel as they are stored; channels without any are missing."""
    return hooks.ask_settings(PLUGIN_ID, Trip(using))()


def stored_values(channel: str, *, using: str) -> Dict[str, Any]:
    """Raw settings of one channel as they are stored; empty where there are none."""
    kept = stored(using).get(channel)
    return dict(kept.values) if kept else {}


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
