"""One connection to a mail server that carries many mails, opened anew when it breaks."""

from __future__ import annotations

import smtplib
import socket
from contextlib import suppress
from typing import Any, Callable, Optional, Union

from .dialogue import CLOSING, Dialogue, RecipientRefused
from .messages import Message
from .refusals import is_mailbox_gone


class MailFault(Exception):
    """
    A mail that didn't go out.

    Attributes:
        is_permanent: trying again won't help.
        is_doubtful: the mail server may have taken it before the line went dead.
        is_server_down: other mails for the same server would meet the same now.
        is_mailbox_gone: there is no such mailbox, says the server.
    """

    def __init__(
        self,
        message: str,
        *,
        is_permanent: bool,
        is_doubtful: bool = False,
        is_server_down: bool = False,
        is_mailbox_gone: bool = False,
    ):
        super().__init__(message)
        self.is_permanent = is_permanent
        self.is_doubtful = is_doubtful
        self.is_server_down = is_server_down
        self.is_mailbox_gone = is_mailbox_gone


class Line:
    """
    A way to a mail server; use it as a context manager.

    Nothing is opened before the first mail. A connection that turns out dead before a
    message was begun is opened anew once, and so a mail that breaks it harms no other.
    """

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self._backend: Any = None
        #: None for a transport that isn't SMTP, which takes whole messages only.
        self._dialogue: Optional[Dialogue] = None

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_fault: object) -> None:
        self.close()

    def hand_over(
        self,
        message: Message,
        before: Callable[[], None] = lambda: None,
        following: Optional[Message] = None,
    ) -> None:
        """
        Give one mail to the server.

        Args:
            before: called when sender and recipient are accepted, just before the message
                itself: what fails up to here has surely not been sent.
            following: the mail that is handed over next: its sender and recipient may be
                named together with this message.

        Raises:
            MailFault: it didn't go out, or nobody can tell.
        """
        data = message.as_bytes()
        self._announce(message)
        try:
            before()
        except BaseException:
            self.close()
            raise
        self._transmit(message, data, following)

    def close(self) -> None:
        """Say goodbye; the next mail opens the connection anew."""
        backend, self._backend = self._backend, None
        dialogue, self._dialogue = self._dialogue, None
        # The messages have been answered for; being polite is all that can fail.
        with suppress(smtplib.SMTPException, OSError):
            if dialogue is not None and dialogue.is_in_the_middle:
                dialogue.smtp.close()
            if backend is not None:
                backend.close()

    def _open(self) -> bool:
        """Whether a new connection had to be made."""
        if self._backend is not None:
            return False
        backend = self._connect()
        try:
            backend.open()
            session = getattr(backend, "connection", None)
            is_smtp = isinstance(session, smtplib.SMTP)
            self._dialogue = Dialogue(session) if is_smtp else None
        except (smtplib.SMTPException, OSError) as error:
            raise MailFault(
                f"The mail server can't be reached: {error!r}",
                is_permanent=False,
                is_server_down=True,
            ) from error
        self._backend = backend
        return True

    def _announce(self, message: Message) -> None:
        is_new = self._open()
        if self._dialogue is None:
            return
        try:
            self._dialogue.announce(message)
        except smtplib.SMTPResponseException as error:
            if error.smtp_code != CLOSING or is_new:
                raise self._refused(error) from error
            self._announce_anew(message)
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            if is_new or _is_slow(error):
                raise _broken(error) from error
            self._announce_anew(message)

    def _announce_anew(self, message: Message) -> None:
        self.close()
        self._announce(message)

    def _transmit(self, message: Message, data: bytes, following: Optional[Message]) -> None:
        try:
            if self._dialogue is None:
                self._backend.send_messages([message.for_django()])
            else:
                self._begin(self._dialogue, message)
                self._dialogue.transmit(data, following)
        except smtplib.SMTPRecipientsRefused as error:
            answers = list(error.recipients.values())
            raise MailFault(
                repr(error),
                is_permanent=all(code >= 500 for code, _words in answers),
                is_mailbox_gone=all(is_mailbox_gone(code, _text(words)) for code, words in answers),
            ) from error
        except smtplib.SMTPResponseException as error:
            raise self._refused(error) from error
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise MailFault(repr(error), is_permanent=False, is_doubtful=True) from error

    def _begin(self, dialogue: Dialogue, message: Message) -> None:
        try:
            dialogue.begin(message)
        except smtplib.SMTPResponseException:
            raise
        except (smtplib.SMTPException, OSError) as error:
            # Nothing of the message has left yet.
            self.close()
            raise _broken(error) from error

    def _refused(self, error: smtplib.SMTPResponseException) -> MailFault:
        is_closing = error.smtp_code == CLOSING
        if is_closing:
            self.close()
        words = _text(error.smtp_error)
        return MailFault(
            f"{error.smtp_code} {words}",
            is_permanent=error.smtp_code >= 500,
            is_server_down=is_closing,
            is_mailbox_gone=isinstance(error, RecipientRefused)
            and is_mailbox_gone(error.smtp_code, words),
        )


def _text(words: Union[bytes, str]) -> str:
    """On one line; a column of text takes no NUL."""
    said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return " ".join(said.replace("\0", "").split())


def _broken(error: Exception) -> MailFault:
    return MailFault(repr(error), is_permanent=False, is_server_down=_is_slow(error))


def _is_slow(error: Exception) -> bool:
    """Whether the server didn't answer in time; ``smtplib`` makes that a lost connection."""
    return isinstance(error, socket.timeout) or isinstance(error.__context__, socket.timeout)
