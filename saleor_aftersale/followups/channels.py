"""
The port for other ways than mail: text messages, push.

A shop writes a class, names its Python path in the setting ``mail_senders``, and gets each of
the mails it asks for as a notice of its own. No vendor is known here.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from importlib import import_module
from typing import Any, List, Mapping, NamedTuple, Tuple, Type

from . import samples

#: What tells a notice's row in the outbox from that of its mail: ``pl+sms``.
MARK = "+"

#: Consent to mail is no consent to anything else, and these have a form by law.
MAIL_ONLY = ("withdrawal.acknowledged", "complaint.answered", "staff.refund_failed")

MOST_CHANNELS = 5

_LINE = re.compile(r"([a-z][a-z0-9_]{0,15})\s*=\s*([A-Za-z_][\w.]{0,200})\s*:\s*(.+)")


class Notice(NamedTuple):
    """What a customer is to be told."""

    #: The same for every try: whoever sends on can tell a repetition by it.
    notice_id: str
    key: str
    language: str
    #: The mail's subject and text, in that language.
    subject: str
    text: str
    order_ref: str
    customer_email: str
    #: The values of the mail.
    context: Mapping[str, Any]


class NotSent(Exception):
    """
    The notice didn't go out.

    Attributes:
        is_permanent: trying again won't help.
    """

    def __init__(self, message: str, *, is_permanent: bool) -> None:
        super().__init__(message)
        self.is_permanent = is_permanent


class Sender(ABC):
    """One way to tell customers; made without arguments, once per batch."""

    @abstractmethod
    def send(self, notice: Notice) -> None:
        """
        Hand a notice on; it must give up after some seconds.

        Raises:
            NotSent: it didn't go out. Any other error counts as one that may pass.
        """


class Channel(NamedTuple):
    """One line of the setting."""

    name: str
    path: str
    keys: Tuple[str, ...]

    def sender(self) -> Sender:
        """The shop's own class, ready."""
        return _class_at(self.path)()


def parse(value: str) -> Tuple[Channel, ...]:
    """
    The channels a setting names.

    Raises:
        ValueError: a line can't be used, or there is no such class.
    """
    lines = [line.strip() for line in value.splitlines() if line.strip()]
    if len(lines) > MOST_CHANNELS:
        raise ValueError(f"Use up to {MOST_CHANNELS} lines.")
    found: List[Channel] = []
    for line in lines:
        channel = _channel(line)
        if channel.name in [other.name for other in found]:
            raise ValueError(f"{channel.name} stands here twice.")
        found.append(channel)
    return tuple(found)


def _channel(line: str) -> Channel:
    match = _LINE.fullmatch(line)
    if match is None:
        raise ValueError(f"{line!r}: write name = class: mails, as sms = shop_sms.Sms: order.link.")
    name, path, words = match.groups()
    keys = tuple(word for word in re.split(r"[,\s]+", words) if word)
    unknown = [key for key in keys if key not in samples.SAMPLES]
    refused = [key for key in keys if key in MAIL_ONLY or key in samples.MARKETING]
    if unknown:
        raise ValueError(f"Unknown mail: {', '.join(unknown)}.")
    if refused:
        raise ValueError(f"Goes out by mail only: {', '.join(refused)}.")
    _class_at(path)
    return Channel(name, path, keys)


def _class_at(path: str) -> Type[Sender]:
    module, _dot, name = path.rpartition(".")
    try:
        found = getattr(import_module(module), name)
    except Exception as fault:  # It is the shop's own: anything may be wrong with it.
        raise ValueError(f"There is no {path}: {fault}") from None
    if not (isinstance(found, type) and issubclass(found, Sender)):
        raise ValueError(
            f"{path} is no class made from saleor_aftersale.followups.channels.Sender."
        )
    return found


def language_of(language: str) -> str:
    """The language of a row of the outbox, whatever way it goes."""
    return language.partition(MARK)[0]


def name_of(language: str) -> str:
    """The channel a row of the outbox goes by; empty: by mail."""
    return language.partition(MARK)[2]
