"""The plugin's mails as the story reads them: each one once, in order, told by recipient."""

from __future__ import annotations

import re
import time
from pathlib import Path

from ..mailbox import Mail, Mailbox
from .people import Person
from .telling import Teller

#: Saleor's own mails, which a 3.x sends too, have another one.
OUR_MESSAGE_ID = "@saleor-aftersale>"
#: Seconds to wait for a mail.
PATIENCE = 60
LINK = re.compile(r"https?://\S+/track/([^/\s]+)/")


class Post:
    """What the catcher holds of the plugin's mails."""

    def __init__(self, mailbox: Mailbox, teller: Teller) -> None:
        self.mailbox = mailbox
        self.teller = teller
        #: Mails read so far.
        self._read: set[Path] = set()

    @property
    def ours(self) -> list[Mail]:
        """Every mail of the plugin, oldest first."""
        return [mail for mail in self.mailbox.mails if is_ours(mail)]

    def to(self, person: Person) -> list[Mail]:
        """The plugin's mails to one person, oldest first."""
        return [mail for mail in self.ours if mail.to == [person.email]]

    def next(self, person: Person, about: str, number: str) -> Mail | None:
        """
        Wait for the next mail to somebody about one thing, and check its language.

        Args:
            about: for the teller, as "the parcel is on its way".
            number: of the order or return; the subject must hold it. Mails about something
                else may come before it.
        """
        deadline = time.monotonic() + PATIENCE
        while not (found := self._unread(person, number)):
            if time.monotonic() > deadline:
                self.teller.check(f"A mail tells {person.name} that {about}", True, False)
                return None
            time.sleep(0.1)
        mail = found[0]
        self._read.add(mail.file)
        self.teller.say(f"✉ {person.name}: “{mail.subject}”")
        self.teller.check(
            f"A mail in HTML and text tells {person.name} that {about}; its language",
            (person.language, True),
            (language_of(mail), bool(mail.text.strip())),
        )
        return mail

    def unread(self, person: Person) -> int:
        """How many mails came that the story doesn't know of."""
        return len(self._unread(person, ""))

    def _unread(self, person: Person, number: str) -> list[Mail]:
        """Mails to somebody that the story hasn't told of, oldest first."""
        word = re.compile(rf"(?<![\w-]){re.escape(number)}(?![\w-])")
        mails = (mail for mail in self.to(person) if mail.file not in self._read)
        return [mail for mail in mails if not number or word.search(mail.subject)]


def is_ours(mail: Mail) -> bool:
    """Was it the plugin that sent this mail?"""
    return str(mail.message["Message-ID"] or "").strip().endswith(OUR_MESSAGE_ID)


def language_of(mail: Mail) -> str:
    """The language a mail's HTML says it is in."""
    found = re.search(r'<html[^>]*\blang="([^"]*)"', mail.html)
    return found.group(1) if found else ""


def link_in(mail: Mail) -> str:
    """The signed link in a mail's text."""
    found = LINK.search(mail.text)
    return found.group(0) if found else ""


def token_in(mail: Mail) -> str:
    """The token of that link."""
    found = LINK.search(mail.text)
    return found.group(1) if found else ""
