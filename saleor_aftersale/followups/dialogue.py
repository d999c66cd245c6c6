"""
What is said to a mail server about one mail after another.

Where the server offers it, commands go out together and answers are read in order: a mail
then costs one round trip instead of four.

Source: RFC 5321, 4.1.1 and 4.3.2; RFC 2920, 3.1 and 3.2.
"""

from __future__ import annotations

import smtplib
from typing import List, Optional, Tuple

from .messages import Message, address

#: The server closes the connection, often because it carried enough mails.
CLOSING = 421

#: What the server says to a command it follows.
_FINE = (250, 251)
_GO_ON = (354,)


class RecipientRefused(smtplib.SMTPResponseException):
    """The server took the sender, and not the recipient."""


class Dialogue:
    """One SMTP session; raises what ``smtplib`` raises."""

    def __init__(self, smtp: smtplib.SMTP) -> None:
        smtp.ehlo_or_helo_if_needed()
        self.smtp = smtp
        self._is_pipelining = smtp.has_extn("pipelining")
        #: Its commands went out with the mail before; their answers are still to be read.
        self._asked: Optional[Message] = None
        #: The server waits for its text.
        self._begun: Optional[Message] = None

    @property
    def is_in_the_middle(self) -> bool:
        """The server waits for a message: only hanging up ends it without sending one."""
        return self._asked is not None or self._begun is not None

    def announce(self, message: Message) -> None:
        """Have sender and recipient accepted; nothing of the message itself is sent."""
        if self._asked is message:
            self._hear_answers(message)
        elif self.is_in_the_middle:
            raise smtplib.SMTPServerDisconnected("The server waits for another mail.")
        elif self._is_pipelining:
            self.smtp.send(b"".join(_parties(message)))
            self._refuse_unless_both_fine([self._answer(), self._answer()])
        else:
            heard: List[Tuple[int, bytes]] = []
            for command in _parties(message):
                self.smtp.send(command)
                heard.append(self._answer())
                self._refuse_unless_both_fine(heard)

    def begin(self, message: Message) -> None:
        """Have the server wait for a message whose parties it accepted."""
        if self._begun is not message:
            self.smtp.send(b"DATA\r\n")
            self._refuse_unless_begun(self._answer())
            self._begun = message

    def transmit(self, data: bytes, following: Optional[Message]) -> None:
        """
        Hand over the message that was begun.

        Args:
            following: the mail that is announced next, if there is one: its commands may go
                out with this message.
        """
        self._begun = None
        self._asked = following if self._is_pipelining else None
        commands = [*_parties(self._asked), b"DATA\r\n"] if self._asked else []
        self.smtp.send(b"".join([_dotted(data), b".\r\n", *commands]))
        code, answer = self._answer()
        if code != _FINE[0]:
            raise smtplib.SMTPDataError(code, answer)

    def _hear_answers(self, message: Message) -> None:
        """The answers to commands that went out with the mail before."""
        parties, go_on = [self._answer(), self._answer()], self._answer()
        self._asked = None
        if all(code in _FINE for code, _words in parties) and go_on[0] in _GO_ON:
            self._begun = message
            return
        if go_on[0] in _GO_ON:
            # Some ask for the text although nobody is to get it (RFC 2920, 3.1).
            self.smtp.send(b".\r\n")
            self._answer()
        self._refuse_unless_both_fine(parties)
        self._refuse_unless_begun(go_on)

    def _refuse_unless_both_fine(self, answers: List[Tuple[int, bytes]]) -> None:
        """Answers about the sender and, if it was asked for already, the recipient."""
        for (code, words), fault in zip(answers, (smtplib.SMTPResponseException, RecipientRefused)):
            if code not in _FINE:
                self.smtp.rset()
                raise fault(code, words)

    def _refuse_unless_begun(self, answer: Tuple[int, bytes]) -> None:
        if answer[0] not in _GO_ON:
            self.smtp.rset()
            raise smtplib.SMTPResponseException(*answer)

    def _answer(self) -> Tuple[int, bytes]:
        code, words = self.smtp.getreply()
        if code == CLOSING:
            raise smtplib.SMTPResponseException(code, words)
        return code, words


def _parties(message: Message) -> List[bytes]:
    people = (("MAIL FROM", message.from_email), ("RCPT TO", message.to_email))
    return [f"{word}:<{address(email)}>\r\n".encode("ascii") for word, email in people]


def _dotted(data: bytes) -> bytes:
    """The message with what would end it too early told apart."""
    return data.replace(b"\r\n.", b"\r\n..") if b"\r\n." in data else data
