"""What an entry of the mail catalogue is, and the decorator that makes one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Sequence, Tuple, Type, Union

from ..config import Settings
from ..consents.topics import Topic
from ..events import Event

if TYPE_CHECKING:
    from .models import OutboxMail

Context = Dict[str, Any]


class MailClass(Enum):
    """What a mail may hold and whether it needs consent."""

    #: About a contract the customer has: no promotion inside, no consent needed.
    TRANSACTIONAL = "T"
    #: Everything else: needs consent, names a way out, keeps to rules of its own.
    MARKETING = "M"


TRANSACTIONAL = MailClass.TRANSACTIONAL
MARKETING = MailClass.MARKETING

#: A marketing mail that couldn't go out for so long after it was due is left out.
GOOD_FOR = timedelta(days=14)


@dataclass(frozen=True)
class Draft:
    """One mail that became due; sent once per subject, key and language."""

    #: Kind and key of what it is about, as ``shipment:12``; after a second colon what tells
    #: apart several moments of it.
    subject_ref: str
    order_ref: str
    #: JSON values; names ending in ``_at`` are moments, in ``_until`` dates.
    context: Context
    #: Before that it waits; None: it is due now.
    due_at: Optional[datetime] = None
    #: Goes to the shop's own people, not to the customer.
    is_for_staff: bool = False


#: What a mail's function gives: nothing this time, one mail, or several.
Drafts = Union[Draft, Sequence[Draft], None]

#: What only shows when the mail goes out, or None: nothing is left to tell.
Refresh = Callable[["OutboxMail", Settings], Optional[Context]]


@dataclass(frozen=True)
class MailKind:
    """One entry of the catalogue."""

    #: Also the name of the template folder.
    key: str
    mail_class: MailClass
    #: What triggers it.
    on: Tuple[Type[Event], ...]
    #: Gives what the mail is about and what its templates need, or None: not this time.
    compose: Callable[[Any], Drafts]
    #: A merchant can't switch it off: the law wants it, or something else wouldn't work.
    is_required: bool = False
    #: Mails of one family tell where the same thing stands: a newer one makes those that
    #: are still unsent pointless. Empty: it is never pointless.
    family: str = ""
    #: What a marketing mail is about: people refuse topics one by one.
    topic: Optional[Topic] = None
    #: Asked just before the mail goes out, for what may change while it waits.
    refresh: Optional[Refresh] = None
    #: How long after it was due a marketing mail still makes sense.
    good_for: timedelta = GOOD_FOR
    #: Thanks that were promised for any score: a low one doesn't hold them up.
    is_for_any_score: bool = False

    @property
    def is_marketing(self) -> bool:
        """It needs consent, and may hold promotion."""
        return self.mail_class is not TRANSACTIONAL

    def drafts_on(self, event: Event) -> List[Draft]:
        """The mails an event leads to."""
        drafts = self.compose(event)
        if drafts is None:
            return []
        return [drafts] if isinstance(drafts, Draft) else list(drafts)


CATALOGUE: Dict[str, MailKind] = {}

Compose = Callable[[Any], Drafts]


def mail(
    key: str,
    mail_class: MailClass,
    *,
    on: Union[Type[Event], Tuple[Type[Event], ...]],
    **more: Any,
) -> Callable[[Compose], Compose]:
    """
    Enter a mail in the catalogue; the decorated function composes it from the event.

    Args:
        more: other fields of ``MailKind``. A marketing mail needs its ``topic``.
    """
    if (mail_class is MARKETING) != ("topic" in more):
        raise TypeError(f"{key}: a marketing mail has a topic, no other has one.")

    def enter(compose: Compose) -> Compose:
        triggers = on if isinstance(on, tuple) else (on,)
        CATALOGUE[key] = MailKind(key, mail_class, triggers, compose, **more)
        return compose

    return enter
