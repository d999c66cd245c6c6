"""One connection to a mail server that carries many mails, opened anew when it breaks."""

from __future__ import annotations

import smtplib
from contextlib import suppress
from typing import Any, Callable, Optional

from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import sanitize_address

#: The server closes the connection, often because it carried enough mails.
_CLOSING = 421


class MailFault(Exception):
    """
    A mail that didn't go out.

    Attributes:
        is_permanent: trying again won't help.
        is_doubtful: the mail server may have taken it before the line went dead.
        is_server_down: other mails for the same server would meet the same now.
    """

    def __init__(
        self,
        message: str,
        *,
        is_permanent: bool,
        is_doubtful: bool = False,
        is_server_down: bool = False,
    ):
        super().__init__(message)
        self.is_permanent = is_permanent
        self.is_doubtful = is_doubtful
        self.is_server_down = is_server_down


class Line:
    """
    A way to a mail server; use it as a context manager.

    Nothing is opened before the first mail. A connection that turns out dead before a
    message was begun is opened anew once, and so a mail that breaks it harms no other.
    """

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self._backend: Any = None

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_fault: object) -> None:
        self.close()

    def hand_over(self, message: EmailMultiAlternatives, before: Callable[[], None]) -> None:
        """
        Give one mail to the server.

        Args:
            before: called when sender and recipient are accepted, just before the message
                itself: what fails up to here has surely not been sent.

        Raises:
            MailFault: it didn't go out, or nobody can tell.
        """
        # Made first: one that can't be made leaves no half-told transaction behind.
        data = message.message().as_bytes(linesep="\r\n")
        self._announce(message)
        try:
            before()
        except BaseException:
            self.close()
            raise
        self._transmit(message, data)

    def close(self) -> None:
        """Say goodbye; the next mail opens the connection anew."""
        backend, self._backend = self._backend, None
        if backend is not None:
            # The messages have been answered for; being polite is all that can fail.
            with suppress(smtplib.SMTPException, OSError):
                backend.close()

    def _open(self) -> bool:
        """Whether a new connection had to be made."""
        if self._backend is not None:
            return False
        backend = self._connect()
        try:
            backend.open()
        except (smtplib.SMTPException, OSError) as error:
            raise MailFault(
                f"The mail server can't be reached: {error!r}",
                is_permanent=False,
                is_server_down=True,
            ) from error
        self._backend = backend
        return True

    @property
    def _smtp(self) -> Optional[smtplib.SMTP]:
        """None for a transport of another kind, which takes whole messages only."""
        session = getattr(self._backend, "connection", None)
        return session if isinstance(session, smtplib.SMTP) else None

    def _announce(self, message: EmailMultiAlternatives) -> None:
        is_new = self._open()
        try:
            self._name_parties(message)
        except smtplib.SMTPResponseException as error:
            if error.smtp_code == _CLOSING and not is_new:
                self._announce_anew(message)
            else:
                raise self._refused(error) from error
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            if is_new or isinstance(error, TimeoutError):
                raise _broken(error) from error
            self._announce_anew(message)

    def _announce_anew(self, message: EmailMultiAlternatives) -> None:
        self.close()
        self._announce(message)

    def _name_parties(self, message: EmailMultiAlternatives) -> None:
        smtp = self._smtp
        if smtp is None:
            return
        encoding = message.encoding or "utf-8"
        sender = sanitize_address(message.from_email, encoding)
        smtp.ehlo_or_helo_if_needed()
        code, answer = smtp.mail(sender)
        if code != 250:
            raise smtplib.SMTPSenderRefused(code, answer, sender)
        (recipient,) = message.to
        code, answer = smtp.rcpt(sanitize_address(recipient, encoding))
        if code not in (250, 251):
            raise smtplib.SMTPResponseException(code, answer)

    def _transmit(self, message: EmailMultiAlternatives, data: bytes) -> None:
        try:
            if self._smtp is None:
                self._backend.send_messages([message])
            else:
                _transmit_data(self._smtp, data)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _answer in error.recipients.values()]
            raise MailFault(repr(error), is_permanent=all(code >= 500 for code in codes)) from error
        except smtplib.SMTPResponseException as error:
            raise self._refused(error) from error
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise MailFault(repr(error), is_permanent=False, is_doubtful=True) from error

    def _refused(self, error: smtplib.SMTPResponseException) -> MailFault:
        is_closing = error.smtp_code == _CLOSING
        try:
            if is_closing or self._smtp is None or self._smtp.rset()[0] != 250:
                self.close()
        except (smtplib.SMTPException, OSError):
            self.close()
        return MailFault(
            repr(error), is_permanent=error.smtp_code >= 500, is_server_down=is_closing
        )


def _transmit_data(smtp: smtplib.SMTP, data: bytes) -> None:
    code, answer = smtp.data(data)
    if code != 250:
        raise smtplib.SMTPDataError(code, answer)


def _broken(error: Exception) -> MailFault:
    is_slow = isinstance(error, TimeoutError)
    return MailFault(repr(error), is_permanent=False, is_server_down=is_slow)
