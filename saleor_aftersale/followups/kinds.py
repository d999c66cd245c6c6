"""What an entry of the mail catalogue is, and the decorator that makes one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Callable, Dict, Optional, Tuple, Type, Union

from ..events import Event

Context = Dict[str, Any]


class MailClass(Enum):
    """What a mail may hold and whether it needs consent."""

    #: About a contract the customer has: no promotion inside, no consent needed.
    TRANSACTIONAL = "T"


TRANSACTIONAL = MailClass.TRANSACTIONAL


@dataclass(frozen=True)
class Draft:
    """One mail that became due; sent once per subject, key and language."""

    #: Kind and key of what it is about, as ``shipment:12``; after a second colon what tells
    #: apart several moments of it.
    subject_ref: str
    order_ref: str
    #: JSON values; names ending in ``_at`` are moments, in ``_until`` dates.
    context: Context


@dataclass(frozen=True)
class MailKind:
    """One entry of the catalogue."""

    #: Also the name of the template folder.
    key: str
    mail_class: MailClass
    #: What triggers it.
    on: Tuple[Type[Event], ...]
    #: Gives what the mail is about and what its templates need, or None: not this time.
    compose: Callable[[Any], Optional[Draft]]
    #: A merchant can't switch it off: the law wants it, or something else wouldn't work.
    is_required: bool = False
    #: Mails of one family tell where the same thing stands: a newer one makes those that
    #: are still unsent pointless. Empty: it is never pointless.
    family: str = ""

    @property
    def is_marketing(self) -> bool:
        """It needs consent, and may hold promotion."""
        return self.mail_class is not TRANSACTIONAL


CATALOGUE: Dict[str, MailKind] = {}

Compose = Callable[[Any], Optional[Draft]]


def mail(
    key: str,
    mail_class: MailClass,
    *,
    on: Union[Type[Event], Tuple[Type[Event], ...]],
    is_required: bool = False,
    family: str = "",
) -> Callable[[Compose], Compose]:
    """Enter a mail in the catalogue; the decorated function composes it from the event."""

    def enter(compose: Compose) -> Compose:
        triggers = on if isinstance(on, tuple) else (on,)
        CATALOGUE[key] = MailKind(key, mail_class, triggers, compose, is_required, family)
        return compose

    return enter
