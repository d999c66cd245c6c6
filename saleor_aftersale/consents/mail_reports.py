"""
What mail servers and relays report of mails: read into one shape. Pure rules.

Three kinds of body: our own JSON, and the two formats mail servers write themselves, a
delivery status notification (RFC 3464) and a complaint of a mailbox provider (RFC 5965).
"""

from __future__ import annotations

import email
import email.policy
import json
import re
from datetime import datetime, timezone
from email.message import Message
from enum import Enum
from typing import Any, Dict, List, NamedTuple, Optional

from ..values import AftersaleError, is_storable

MAX_DETAIL = 1000
_MAX_EMAIL = 254
_MAX_MESSAGE_ID = 255
_EARLIEST = datetime(2000, 1, 1, tzinfo=timezone.utc)
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:?\d\d)", re.ASCII)


class BadReport(AftersaleError):
    """What was posted is no report of a mail; ``field`` names the place."""

    code = "INVALID"


class ReportType(Enum):
    """What became of the mail."""

    #: It came back.
    BOUNCE = "bounce"
    #: Its reader marked it as spam.
    COMPLAINT = "complaint"


class Report(NamedTuple):
    """One mail that came back or was complained about."""

    type: ReportType
    #: It came back for good; False: for now, or it is a complaint.
    is_permanent: bool
    #: As reported, not normalised.
    email: str
    #: In angle brackets; empty: not told.
    message_id: str
    #: None: not told.
    occurred_at: Optional[datetime]
    #: What the mail server said, cut to ``MAX_DETAIL``.
    detail: str


def reports_of(body: bytes) -> List[Report]:
    """
    What a body reports; one mail to several people may come back several times.

    Raises:
        BadReport: it is none of the three kinds.
    """
    if body.lstrip()[:1] == b"{":
        return [_of_json(body)]
    return _of_mail(body)


def _of_json(body: bytes) -> Report:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise BadReport("This is no JSON.") from None
    words = {kind.value: kind for kind in ReportType}
    kind = words.get(_text(data, "type", 16))
    if kind is None:
        raise BadReport("Write bounce or complaint.", field="type")
    permanence = _text(data, "permanence", 16)
    if kind is ReportType.BOUNCE and permanence not in ("permanent", "temporary"):
        raise BadReport("Write permanent or temporary.", field="permanence")
    return Report(
        type=kind,
        is_permanent=permanence == "permanent" and kind is ReportType.BOUNCE,
        email=_mailbox(_text(data, "email", _MAX_EMAIL)),
        message_id=_bracketed(_text(data, "message_id", _MAX_MESSAGE_ID - 2)),
        occurred_at=_moment(_text(data, "occurred_at", 64)),
        detail=_text(data, "detail", 10_000)[:MAX_DETAIL],
    )


def _text(data: Dict[str, Any], name: str, max_length: int) -> str:
    value = data.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > max_length or not is_storable(value):
        raise BadReport(f"This must be text of up to {max_length} characters.", field=name)
    return value.strip()


def _mailbox(text: str) -> str:
    if text.count("@") != 1 or re.search(r"[\s<>,;]", text) or text[0] == "@" or text[-1] == "@":
        raise BadReport("Give one mail address.", field="email")
    return text


def _bracketed(message_id: str) -> str:
    bare = message_id.strip("<> \t\r\n")
    return f"<{bare}>" if bare else ""


def _moment(text: str) -> Optional[datetime]:
    if not text:
        return None
    found = _MOMENT.fullmatch(text)
    try:
        zone = found.group(2).replace("Z", "+0000").replace(":", "") if found else ""
        at = datetime.strptime((found.group(1) if found else "") + zone, "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        at = None
    if at is None or at < _EARLIEST:
        raise BadReport("Write a time in ISO 8601 with its offset.", field="occurred_at")
    return at


def _of_mail(body: bytes) -> List[Report]:
    message = email.message_from_bytes(body, policy=email.policy.compat32)
    about = _original_id(message)
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            return _bounces(part, about)
        if part.get_content_type() == "message/feedback-report":
            return _complaints(part, about)
    raise BadReport("This is neither JSON, nor a delivery status, nor a feedback report.")


def _original_id(message: Message) -> str:
    """The ``Message-ID`` of the mail that is reported of: its headers are the last part."""
    found = ""
    for part in message.walk():
        if part.get_content_type() in ("message/rfc822", "text/rfc822-headers"):
            found = _id_inside(part) or found
    return found


def _id_inside(part: Message) -> str:
    inside = part.get_payload()
    original = inside[0] if isinstance(inside, list) and inside else inside
    if not isinstance(original, Message):
        original = email.message_from_string(original if isinstance(original, str) else "")
    message_id = str(original.get("Message-ID", ""))
    fits = is_storable(message_id) and len(message_id) < _MAX_MESSAGE_ID
    return _bracketed(message_id) if fits else ""


def _blocks(part: Message) -> List[Message]:
    """The groups of fields such a part is made of."""
    inside = part.get_payload()
    if isinstance(inside, list):
        return [block for block in inside if isinstance(block, Message)]
    return [email.message_from_string(inside if isinstance(inside, str) else "")]


def _bounces(part: Message, about: str) -> List[Report]:
    """
    Recipients the mail didn't reach.

    Source: RFC 3464 section 2.3; what was delivered, relayed or expanded is no bounce.
    """
    found = []
    for block in _blocks(part):
        address = _address(block, "Original-Recipient") or _address(block, "Final-Recipient")
        action = str(block.get("Action", "")).strip().lower()
        if not address or action not in ("failed", "delayed"):
            continue
        status = str(block.get("Status", "")).strip()
        said = _clean(f"{status} {block.get('Diagnostic-Code', '')}")
        # A failed delivery with a 4.x.x code was given up, but the mailbox may well be alive.
        is_permanent = action == "failed" and status.startswith("5")
        found.append(Report(ReportType.BOUNCE, is_permanent, address, about, None, said))
    return found


def _complaints(part: Message, about: str) -> List[Report]:
    """
    Recipients who complained.

    Source: RFC 5965 section 3: ``Original-Rcpt-To`` may be there once per recipient.
    """
    found = []
    for block in _blocks(part):
        if str(block.get("Feedback-Type", "")).strip().lower() == "not-spam":
            continue
        for written in block.get_all("Original-Rcpt-To", []):
            address = _bare(str(written))
            if address:
                said = _clean(str(block.get("User-Agent", "")))
                found.append(Report(ReportType.COMPLAINT, False, address, about, None, said))
    return found


def _address(block: Message, name: str) -> str:
    """Of ``rfc822; anna@example.com`` the address."""
    kind, _semicolon, address = str(block.get(name, "")).partition(";")
    return _bare(address) if kind.strip().lower() == "rfc822" else ""


def _bare(written: str) -> str:
    try:
        return _mailbox(written.strip().strip("<>")[:_MAX_EMAIL])
    except (BadReport, IndexError):
        return ""


def _clean(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())[:MAX_DETAIL]
