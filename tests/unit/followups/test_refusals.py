"""Which refusals of a recipient say that there is no such mailbox."""

import pytest

from saleor_aftersale.followups import refusals


@pytest.mark.parametrize(
    "code, words",
    [
        (550, "5.1.1 The email account that you tried to reach does not exist."),
        (550, "5.1.1 <anna@example.com>: Recipient address rejected: User unknown"),
        (550, "5.1.1 The email account that you tried\n5.1.1 to reach does not exist."),
        (550, "5.1.2 Bad destination system"),
        (501, "5.1.3 Bad recipient address syntax"),
        (551, "5.1.6 Moved"),
        (556, "5.1.10 Recipient address has null MX"),
        (550, "5.2.1 The email account that you tried to reach is inactive."),
        (553, "5.1.1 unknown"),
        (554, "5.1.1 Mailbox does not exist"),
        (550, "5.1.1"),
        (550, "No such user here"),
        (550, "<anna@example.com>: User unknown"),
        (551, "Unknown recipient"),
        (553, "mailbox not found"),
    ],
)
def test_mailbox_is_gone_when_the_server_says_so(code, words):
    assert refusals.is_mailbox_gone(code, words)


@pytest.mark.parametrize(
    "code, words",
    [
        # For now.
        (450, "4.1.1 User unknown"),
        (450, "4.2.1 receiving mail too quickly"),
        (452, "no such user"),
        (550, "4.1.1 says one thing and means another"),
        (550, "5.2.1 The user is receiving mail at a rate that prevents more"),
        # Full, or the message too large.
        (552, "5.2.2 Mailbox full"),
        (552, "5.2.3 Message too long"),
        # Ours: address, server, words, rights.
        (550, "5.1.0 <shop@example.com>: Sender address rejected: User unknown"),
        (550, "5.1.1 Sender address rejected: no such user"),
        (553, "5.1.7 Bad address syntax"),
        (550, "5.1.8 Domain not found"),
        (550, "5.7.1 Spam: no such user"),
        (554, "5.7.1 Service unavailable; client host blocked"),
        (550, "5.7.17 Mailbox owner has changed"),
        (530, "5.7.0 Must issue a STARTTLS command first"),
        (554, "no valid recipients"),
        (554, "No such user"),
        # Nothing that can be relied on.
        (550, "5.0.0 no such user"),
        (550, "5.1.4 Ambiguous"),
        (550, "5.4.1 Recipient address rejected: Access denied"),
        (550, "5.1.11 something new"),
        (550, "Requested action not taken: mailbox unavailable"),
        (550, "15.1.1 Rejected"),
        (550, "Relaying denied"),
        (550, ""),
        (503, "5.5.1 MAIL first"),
        (250, "5.1.1 fine"),
    ],
)
def test_mailbox_is_not_gone_when_anything_else_may_be_meant(code, words):
    assert not refusals.is_mailbox_gone(code, words)
