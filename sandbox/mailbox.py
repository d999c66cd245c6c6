"""What the shop mailed: the SMTP catcher as an object, and its mails as parsed messages."""

from __future__ import annotations

import email
import email.policy
import sys
import time
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Callable

from . import wheels
from .places import SANDBOX
from .processes import Process, answers, clean_environment, free_port
from .progress import Progress


@dataclass(frozen=True)
class Mail:
    """One caught mail."""

    #: The whole message, as Python's library parses it.
    message: EmailMessage
    #: Where it lies.
    file: Path

    @property
    def subject(self) -> str:
        # A long subject starts on the header's second line, which leaves a blank.
        return str(self.message["Subject"] or "").strip()

    @property
    def to(self) -> list[str]:
        """Who it was really handed to, as the envelope says."""
        return [address.strip() for address in str(self.message["X-Envelope-To"]).split(",")]

    @property
    def text(self) -> str:
        """The plain part, empty when there is none."""
        return self._part("plain")

    @property
    def html(self) -> str:
        """The HTML part, empty when there is none."""
        return self._part("html")

    def _part(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        return str(part.get_content()) if part else ""


class Mailbox:
    """
    Catches every mail of the shop, and can be down.

    `stop()` closes the port, so that the shop's next mail fails as with a broken mail server;
    `start()` opens the same port again. Mails caught so far stay.
    """

    def __init__(self, folder: Path, progress: Progress) -> None:
        self.folder = folder / "mails"
        self.folder.mkdir()
        self.port = free_port()
        self._library = wheels.mail_server(progress)
        self._process: Process | None = None
        self.start()

    def start(self) -> None:
        """Open the port; nothing happens when it is open."""
        if self.is_up:
            return
        command = [sys.executable, SANDBOX / "catcher.py", self.port, self.folder]
        environment = {**clean_environment(), "PYTHONPATH": str(self._library)}
        log = self.folder.parent / "mail.log"
        self._process = Process("The mail catcher", command, log, env=environment)
        self._process.wait_until(lambda: answers(self.port), timeout=20)

    def stop(self) -> None:
        """Close the port."""
        if self._process:
            self._process.kill()

    @property
    def is_up(self) -> bool:
        """Would the shop's next mail be taken?"""
        return self._process is not None and self._process.is_running

    @property
    def mails(self) -> list[Mail]:
        """All mails so far, oldest first."""
        return [_read(file) for file in sorted(self.folder.glob("[!.]*.eml"))]

    def wait_for(self, wanted: Callable[[Mail], bool], timeout: float = 30) -> Mail:
        """
        The first mail for which `wanted(mail)` is true, waiting for it if need be.

        Raises:
            TimeoutError: none came; the message lists the subjects that did.
        """
        deadline = time.monotonic() + timeout
        while True:
            mails = self.mails
            for mail in mails:
                if wanted(mail):
                    return mail
            if time.monotonic() > deadline:
                subjects = "; ".join("{} → {}".format(m.subject, ", ".join(m.to)) for m in mails)
                raise TimeoutError(
                    "No such mail in {:.0f} s. Caught: {}".format(timeout, subjects or "nothing")
                )
            time.sleep(0.1)


def _read(file: Path) -> Mail:
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    return Mail(message, file)
