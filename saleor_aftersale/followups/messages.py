"""A mail as it travels: headers, a text and an HTML part, made without a tree of objects."""

from __future__ import annotations

import base64
import binascii
import secrets
import time
from email.header import Header
from email.utils import formataddr, formatdate
from functools import lru_cache
from typing import Dict, NamedTuple, Tuple

from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import sanitize_address

from .rendering import one_line

#: RFC 5322: a line may not be longer.
_LONGEST_LINE = 998

#: What fits into a header's line beside the longest name we use.
_SHORT = 60

_PART = """--{boundary}\r
Content-Type: text/{kind}; charset="utf-8"\r
Content-Transfer-Encoding: {encoding}\r
\r
"""


class Message(NamedTuple):
    """One mail to one mailbox."""

    subject: str
    text: str
    html: str
    #: The shop's name and address.
    from_name: str
    from_email: str
    #: One mailbox; ``schedule.is_one_mailbox`` says so.
    to_email: str
    message_id: str
    #: More headers, in ASCII.
    headers: Dict[str, str] = {}

    def as_bytes(self) -> bytes:
        """
        The mail for a mail server, lines ending in CRLF.

        Raises:
            ValueError: a header holds something that would end it.
        """
        # No encoding of a body makes these two characters beside each other.
        boundary = "=_" + secrets.token_hex(12)
        if boundary in self.text or boundary in self.html:
            return self.as_bytes()
        lines = [f"{name}: {_checked(value)}\r\n" for name, value in self._all_headers().items()]
        return b"".join(
            (
                "".join(lines).encode(),
                f'Content-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n'.encode(),
                _part(boundary, "plain", self.text),
                _part(boundary, "html", self.html),
                f"--{boundary}--\r\n".encode(),
            )
        )

    def _all_headers(self) -> Dict[str, str]:
        return {
            "MIME-Version": "1.0",
            "Subject": _encoded(one_line(self.subject)),
            "From": _mailbox(self.from_name, self.from_email),
            "To": address(self.to_email),
            "Date": _date(int(time.time())),
            "Message-ID": self.message_id,
            "Auto-Submitted": "auto-generated",
            **self.headers,
        }

    def for_django(self) -> EmailMultiAlternatives:
        """The mail for a transport that isn't SMTP."""
        headers = {"Message-ID": self.message_id, "Auto-Submitted": "auto-generated"}
        message = EmailMultiAlternatives(
            subject=one_line(self.subject),
            body=self.text,
            from_email=formataddr((one_line(self.from_name), self.from_email)),
            to=[self.to_email],
            headers={**headers, **self.headers},
        )
        message.attach_alternative(self.html, "text/html")
        return message


def address(email: str) -> str:
    """A mailbox as a mail server reads it: its domain in ASCII."""
    return email if email.isascii() else str(sanitize_address(email, "utf-8"))


@lru_cache(maxsize=1)
def _date(moment: int) -> str:
    return formatdate(moment)


@lru_cache(maxsize=256)
def _mailbox(name: str, email: str) -> str:
    name = one_line(name)
    if name.isascii():
        return formataddr((name, address(email)))
    return f"{_encoded(name)} <{address(email)}>"


def _encoded(text: str) -> str:
    """A header's words, encoded and folded where they must be."""
    if text.isascii() and len(text) <= _SHORT:
        return text
    charset = "us-ascii" if text.isascii() else "utf-8"
    return Header(text, charset, maxlinelen=76, header_name="Subject").encode(linesep="\r\n")


def _checked(value: str) -> str:
    """The value of a header: nothing in it begins another one."""
    unfolded = value.replace("\r\n ", " ")
    if not (unfolded.isascii() and unfolded.isprintable()):
        raise ValueError(f"Not a header: {value!r}")
    return value


def _part(boundary: str, kind: str, text: str) -> bytes:
    encoding, data = _body(text)
    head = _PART.format(boundary=boundary, kind=kind, encoding=encoding)
    # The last line break belongs to the boundary that follows.
    return b"".join((head.encode(), data, b"\r\n"))


def _body(text: str) -> Tuple[str, bytes]:
    """A text as it is, or in the encoding that makes it least longer."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    data = text.replace("\n", "\r\n").encode(errors="replace")
    # Most letters outside ASCII are two bytes.
    foreign = 2 * (len(data) - len(text) - text.count("\n"))
    if not foreign and "\0" not in text and max(map(len, text.split("\n"))) < _LONGEST_LINE:
        return "7bit", data
    if foreign * 6 < len(data):
        quoted = binascii.b2a_qp(data, istext=True)
        # Its own breaks are like the first one it finds.
        return "quoted-printable", quoted if b"\r\n" in data else quoted.replace(b"\n", b"\r\n")
    return "base64", base64.encodebytes(data).replace(b"\n", b"\r\n")
