"""The page of caught mails: what strangers write is shown, never run."""

from email.message import EmailMessage
from pathlib import Path
from types import SimpleNamespace

import pytest

from sandbox import mailpage
from sandbox.mailbox import Mail


@pytest.fixture
def mailbox():
    message = EmailMessage()
    message["Subject"] = "<script>alert(1)</script>"
    message["X-Envelope-To"] = "anna@example.com, ben@example.com"
    message.set_content("Dear <b>Anna</b>")
    message.add_alternative("<p>Dear Anna</p>", subtype="html")
    return SimpleNamespace(mails=[Mail(message, Path("1.eml"))])


def test_mail_has_subject_receivers_and_both_parts(mailbox):
    (mail,) = mailbox.mails

    assert mail.subject == "<script>alert(1)</script>"
    assert mail.to == ["anna@example.com", "ben@example.com"]
    assert mail.text == "Dear <b>Anna</b>\n"
    assert mail.html == "<p>Dear Anna</p>\n"


@pytest.mark.parametrize("path", ["/", "/1"])
def test_page_escapes_what_a_mail_says(mailbox, path):
    body, policy = mailpage.answer_to(path, mailbox)

    assert "<script" not in body
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in body
    assert policy == mailpage.PAGE_POLICY


def test_page_shows_the_html_part_without_scripts(mailbox):
    assert mailpage.answer_to("/1/html", mailbox) == ("<p>Dear Anna</p>\n", mailpage.MAIL_POLICY)


@pytest.mark.parametrize("path", ["/0", "/2", "/-1", "/x", "/1/raw", "/1/html/x", "/²"])
def test_page_is_not_found_when_there_is_no_such_mail(mailbox, path):
    assert mailpage.answer_to(path, mailbox) is None
