"""Which refusals of a recipient say that there is no such mailbox: a pure rule."""

from __future__ import annotations

import re

#: Subject and detail of what is said of a recipient for good: no such mailbox, no such domain,
#: no address at all, moved away, a domain that takes no mail; switched off.
#: Left out: 5.1.0 and 5.1.4 tell nothing for sure, 5.1.7 and 5.1.8 speak of the sender, a full
#: mailbox (5.2.2) may be emptied, and 5.7 is about us or about what we write.
#: Source: RFC 3463, 3.2 and 3.3; RFC 7505, 4.1 (5.1.10).
_GONE = frozenset({(1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (2, 1)})

_ENHANCED = re.compile(r"(\d)\.(\d{1,3})\.(\d{1,3})(?!\S)")

#: Codes of servers without enhanced ones: RFC 5321, 4.2.3.
_OF_MAILBOX = (550, 551, 553)

#: What those write then; a bare 550 may as well be about our address or our mail.
_NOBODY = re.compile(
    r"no such (?:user|mailbox|recipient)|(?:user|recipient) unknown|unknown (?:user|recipient)"
    r"|(?:user|mailbox) not found"
)

#: 5.2.1 of Gmail, while somebody gets too much mail, and checks of our own address.
_NOT_THE_MAILBOX = re.compile(r"at a rate|sender")


def is_mailbox_gone(code: int, words: str) -> bool:
    """
    Whether mail to that recipient makes no sense any more, as far as the server tells.

    In doubt it doesn't: a mailbox taken for dead gets no marketing until staff look.

    Args:
        code: the answer to ``RCPT TO``.
        words: what stood behind it, with the enhanced code in front if there is one.
    """
    said = words.strip().lower()
    if not 500 <= code < 600 or _NOT_THE_MAILBOX.search(said):
        return False
    enhanced = _ENHANCED.match(said)
    if enhanced:
        kind, subject, detail = (int(part) for part in enhanced.groups())
        return kind == 5 and (subject, detail) in _GONE
    return code in _OF_MAILBOX and _NOBODY.search(said) is not None
