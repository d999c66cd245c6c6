"""Marketing mail in the API: what its readers choose, and the yes that another system took."""

from __future__ import annotations

from datetime import datetime
from typing import Any, List, NamedTuple, Optional

import graphene
from django.utils import timezone

from .. import access, texts
from ..config import Settings
from ..consents import actions, links, preferences
from ..consents.actions import Proof, Source
from ..consents.basis import Consent
from ..consents.preferences import Owner, Preferences
from ..consents.topics import TOPICS, Topic
from ..followups import schedule
from ..host import graphql as host
from ..tracking import queries as tracking_queries
from ..tracking.models import OrderRecord
from ..values import AftersaleError, PermissionRefused, Role, is_storable
from . import callers
from .errors import AftersaleMutation
from .tracking import list_of

MailTopicEnum = graphene.Enum("MailTopic", [(each.name, each.value) for each in TOPICS])
MailStandingEnum = graphene.Enum(
    "MailStanding",
    [(each.name, each.value) for each in Consent if each is not Consent.BOUNCED],
)
MailDecisionEnum = graphene.Enum(
    "MailDecision", [(each.name, each.value) for each in (Consent.OPT_IN, Consent.OBJECTED)]
)

MAX_WORDING = 4000
MAX_PLACE = 255

_CHANNEL = "Channel slug. Left out: that of the link; needed without a link."
_TOKEN = "From a link to an order or to mail preferences. Left out: the signed-in customer."


class MailPreference(graphene.ObjectType):
    """Where a mailbox stands with one kind of marketing mail."""

    topic = graphene.Field(MailTopicEnum, required=True)
    label = graphene.String(required=True, description="What it is about, to be shown.")
    standing = graphene.Field(MailStandingEnum, required=True)
    is_wanted = graphene.Boolean(
        required=True, description="Such mails may come: the law has a basis for them."
    )


class MailPreferences(graphene.ObjectType):
    """Where a mailbox stands with marketing mail."""

    topics = graphene.Field(list_of(MailPreference))
    is_suppressed = graphene.Boolean(
        required=True, description="None is sent whatever was agreed to: mails came back, or so."
    )


class SeenPreference(NamedTuple):
    """One topic as the API shows it."""

    topic: str
    label: str
    standing: str
    is_wanted: bool


class SeenPreferences(NamedTuple):
    """All topics as the API shows them."""

    topics: List[SeenPreference]
    is_suppressed: bool


class _Place(NamedTuple):
    """Whose preferences somebody may see and change, and where."""

    owner: Owner
    channel: str
    #: Of the link; empty: they have none.
    language: str


def resolve_preferences(
    _root: Any,
    info: Any,
    access_token: str = "",
    channel: str = "",
    language: str = "",
) -> SeenPreferences:
    """``mailPreferences``: of the signed-in customer, or of whom a link was made for."""
    with host.writing(info):
        place = _place_of(info, access_token, channel)
        settings = callers.active_settings(place.channel)
        return _seen(place, settings, language)


def _seen(place: _Place, settings: Settings, language: str) -> SeenPreferences:
    found = preferences.preferences_of(place.owner, settings=settings)
    wishes = (language or "", place.language)
    with texts.in_language(texts.language_for(*wishes, among=settings.languages)):
        topics = [_seen_topic(topic, found) for topic in TOPICS]
    return SeenPreferences(topics, found.is_suppressed)


def _seen_topic(topic: Topic, found: Preferences) -> SeenPreference:
    label = texts.text("topic." + topic.value)
    return SeenPreference(topic.value, label, found.standings[topic].value, topic in found.wanted)


def _place_of(info: Any, access_token: Optional[str], channel: Optional[str]) -> _Place:
    """
    Whose preferences the caller may touch: who holds a link to them, or has that mailbox.

    Raises:
        InvalidLink, ExpiredLink: the token is none of ours, or too old.
        PermissionRefused: nobody is signed in.
    """
    if access_token:
        return _behind_link(access_token)
    requester = host.requester(info)
    if requester.role not in (Role.CUSTOMER, Role.STAFF):
        raise PermissionRefused("Sign in, or send the token of a link.")
    if not channel:
        raise AftersaleError("Name the channel.", field="channel", code="REQUIRED")
    return _Place(_owner_of(requester.label), channel, "")


def _behind_link(token: str) -> _Place:
    try:
        claims = links.read_preferences_token(token)
    except access.InvalidLink:
        record = tracking_queries.record_of_link(token, timezone.now())
        owner = preferences.owner_of(record.customer_email, record.country)
        return _Place(owner, record.channel, record.language)
    return _Place(preferences.owner_behind(claims), claims.channel, claims.language)


def _owner_of(email: str) -> Owner:
    """The owner of an address; they live where their newest order went."""
    records = OrderRecord.objects.filter(customer_email=email.strip().lower())
    country = records.order_by("-pk").values_list("country", flat=True).first()
    return preferences.owner_of(email, country or "")


class MailPreferencesInput(graphene.InputObjectType):
    """What somebody wants and what not: nothing is left as it was."""

    topics = graphene.List(
        graphene.NonNull(MailTopicEnum),
        required=True,
        description="Wanted; all others are refused.",
    )
    shown = graphene.List(
        graphene.NonNull(MailTopicEnum),
        description="Those that stood ticked when the form was shown: leaving one is no consent.",
    )
    wording = graphene.String(
        description="What the person read beside the boxes; needed when topics are wanted."
    )
    language = graphene.String(description="Of the wording.")


class MailPreferencesUpdate(AftersaleMutation):
    """Keeps what a mailbox's owner wants."""

    # Too many yeses are refused, but what was objected to in the same call is kept.
    is_atomic = False

    mail_preferences = graphene.Field(MailPreferences)

    class Arguments:
        input = MailPreferencesInput(required=True)
        access_token = graphene.String(description=_TOKEN)
        channel = graphene.String(description=_CHANNEL)

    class Meta:
        description = (
            "Keeps which marketing mails somebody wants, with what proves it. For the "
            "signed-in customer, or who holds a link. No topics: no such mails any more."
        )

    @classmethod
    def perform(cls, info: Any, **data: Any) -> MailPreferencesUpdate:
        place = _place_of(info, data.get("access_token"), data.get("channel"))
        settings = callers.active_settings(place.channel)
        said, now = data["input"], timezone.now()
        ticked = frozenset(map(Topic, said["topics"]))
        language = _text(said, "language", 35)
        proof = Proof(Source.PAGE, place.channel, language, _text(said, "wording", MAX_WORDING))
        if not ticked:
            actions.object_to_all(place.owner.mailbox, proof, now)
        elif not proof.wording:
            raise AftersaleError("Say what the person read.", field="wording", code="REQUIRED")
        else:
            shown = frozenset(map(Topic, said.get("shown") or ()))
            preferences.save(place.owner, ticked, proof, now, settings=settings, shown=shown)
        return cls(mail_preferences=_seen(place, settings, language), errors=[])


class MarketingConsentInput(graphene.InputObjectType):
    """A yes or a no that was said elsewhere."""

    email = graphene.String(required=True)
    channel = graphene.String(required=True, description="Channel slug.")
    topics = graphene.List(graphene.NonNull(MailTopicEnum), description="Left out: all there are.")
    decision = graphene.Field(MailDecisionEnum, required=True)
    wording = graphene.String(description="What the person read; needed for OPT_IN.")
    language = graphene.String(description="Of the wording.")
    source = graphene.String(required=True, description="Where it was said, as `newsletter form`.")
    decided_at = graphene.Field(
        host.DateTime, description="When it was said; left out: now. What was said later counts."
    )


class MarketingConsentRecord(AftersaleMutation):
    """Keeps a yes or a no that was said elsewhere."""

    mail_preferences = graphene.Field(MailPreferences)

    class Arguments:
        input = MarketingConsentInput(required=True)

    class Meta:
        description = (
            "Keeps somebody's consent to marketing mail, or their objection, as another system "
            "or staff took it. Requires MANAGE_ORDERS."
        )

    @classmethod
    def perform(cls, info: Any, **data: Any) -> MarketingConsentRecord:
        said = data["input"]
        requester = callers.staff_for(info, said["channel"])
        settings = callers.active_settings(said["channel"])
        email, decided_at = one_mailbox(said["email"]), _moment(said.get("decided_at"))
        proof = Proof(
            Source.API if requester.role is Role.APP else Source.STAFF,
            said["channel"],
            _text(said, "language", 35),
            _text(said, "wording", MAX_WORDING),
            author=requester.label,
            evidence={"told_source": _required(said, "source", MAX_PLACE)},
        )
        place = _Place(_owner_of(email), said["channel"], proof.language)
        _record(place.owner, said, proof, decided_at)
        return cls(mail_preferences=_seen(place, settings, proof.language), errors=[])


def _record(owner: Owner, said: Any, proof: Proof, at: datetime) -> None:
    topics = [Topic(word) for word in said.get("topics") or ()] or list(TOPICS)
    if said["decision"] == Consent.OPT_IN.value:
        if not proof.wording:
            raise AftersaleError("Say what the person read.", field="wording", code="REQUIRED")
        actions.opt_in(owner.mailbox, topics, proof, at)
    elif said.get("topics"):
        actions.object_to(owner.mailbox, topics, proof, at)
    else:
        actions.object_to_all(owner.mailbox, proof, at)


def _moment(wish: Optional[datetime]) -> datetime:
    now = timezone.now()
    if wish is not None and (timezone.is_naive(wish) or wish > now):
        raise AftersaleError("Give a moment that has passed, with offset.", field="decided_at")
    return wish or now


def one_mailbox(written: str) -> str:
    """
    The address, when it is one.

    Raises:
        AftersaleError: it isn't one mailbox.
    """
    address = written.strip()
    if len(address) > 254 or not is_storable(address) or not schedule.is_one_mailbox(address):
        raise AftersaleError("Give one mail address.", field="email")
    return address


def _required(said: Any, name: str, most: int) -> str:
    text = _text(said, name, most)
    if not text:
        raise AftersaleError("This is needed.", field=name, code="REQUIRED")
    return text


def _text(said: Any, name: str, most: int) -> str:
    text = (said.get(name) or "").strip()
    if len(text) > most:
        raise AftersaleError(f"Use up to {most} characters.", field=name, code="TOO_LONG")
    if not is_storable(text):
        raise AftersaleError("This holds a value that can't be stored.", field=name)
    return text
