"""Reports of mail servers: our own JSON, RFC 3464 and RFC 5965."""

import json
from datetime import datetime, timezone

import pytest

from saleor_aftersale.consents import mail_reports
from saleor_aftersale.consents.mail_reports import BadReport, Report, ReportType

WHOLE = {
    "type": "bounce",
    "permanence": "permanent",
    "email": "Anna@Example.com",
    "message_id": "<1@saleor-aftersale>",
    "occurred_at": "2026-03-04T13:00:00+01:00",
    "detail": "550 5.1.1 no such user",
}

BOUNCE = """\
From: MAILER-DAEMON@mx.example.com
To: shop@example.com
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com
Arrival-Date: Wed, 4 Mar 2026 12:00:00 +0000

Final-Recipient: rfc822; anna@example.com
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <anna@example.com>:
    no such user

Final-Recipient: rfc822; boris@example.com
Action: delayed
Status: 4.2.2

Final-Recipient: rfc822; carol@example.com
Action: delivered
Status: 2.0.0

--b
Content-Type: {part}

Message-ID: <1@saleor-aftersale>
Subject: Your parcel

--b--
"""

COMPLAINT = """\
From: <abusedesk@example.com>
To: <shop@example.com>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is an email abuse report.

--b
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeGenerator/1.0
Version: 1
Original-Rcpt-To: <anna@example.com>

--b
Content-Type: message/rfc822

Message-ID: <1@saleor-aftersale>
Subject: Your parcel

Hello
--b--
"""


_NO_TIME = "Write a time in ISO 8601 with its offset."
_NO_TEXT = "This must be text of up to 254 characters."


def report_of(**changes):
    words = {name: value for name, value in {**WHOLE, **changes}.items() if value is not None}
    (report,) = mail_reports.reports_of(json.dumps(words).encode())
    return report


def test_json_tells_of_a_bounce():
    assert report_of() == Report(
        ReportType.BOUNCE,
        True,
        "Anna@Example.com",
        "<1@saleor-aftersale>",
        datetime(2026, 3, 4, 12, tzinfo=timezone.utc),
        "550 5.1.1 no such user",
    )


def test_json_tells_of_a_complaint_with_nothing_but_the_address():
    report = report_of(
        type="complaint", permanence=None, message_id=None, occurred_at=None, detail=None
    )

    assert report == Report(ReportType.COMPLAINT, False, "Anna@Example.com", "", None, "")


def test_json_tells_that_a_mail_came_back_for_now():
    assert report_of(permanence="temporary").is_permanent is False


def test_message_id_is_bracketed_when_it_was_sent_bare():
    assert report_of(message_id="1@saleor-aftersale").message_id == "<1@saleor-aftersale>"


@pytest.mark.parametrize(
    "written, moment",
    [
        ("2026-03-04T12:00:00Z", datetime(2026, 3, 4, 12, tzinfo=timezone.utc)),
        ("2026-03-04T12:00:00.123Z", datetime(2026, 3, 4, 12, tzinfo=timezone.utc)),
        ("2026-03-04T07:30:00-0430", datetime(2026, 3, 4, 12, tzinfo=timezone.utc)),
    ],
)
def test_moment_is_read_in_each_way_to_write_it(written, moment):
    assert report_of(occurred_at=written).occurred_at == moment


@pytest.mark.parametrize(
    "changes, field, message",
    [
        ({"type": None}, "type", "Write bounce or complaint."),
        ({"type": "delivery"}, "type", "Write bounce or complaint."),
        ({"type": ["bounce"]}, "type", "This must be text of up to 16 characters."),
        ({"permanence": None}, "permanence", "Write permanent or temporary."),
        ({"permanence": "hard"}, "permanence", "Write permanent or temporary."),
        ({"email": None}, "email", "Give one mail address."),
        ({"email": "anna"}, "email", "Give one mail address."),
        ({"email": "@example.com"}, "email", "Give one mail address."),
        ({"email": "a@example.com,b@example.com"}, "email", "Give one mail address."),
        ({"email": "a@b@example.com"}, "email", "Give one mail address."),
        ({"email": "a" * 243 + "@example.com"}, "email", _NO_TEXT),
        ({"email": "a\x00@example.com"}, "email", _NO_TEXT),
        ({"message_id": 7}, "message_id", "This must be text of up to 253 characters."),
        ({"occurred_at": "2026-03-04T12:00:00"}, "occurred_at", _NO_TIME),
        ({"occurred_at": "yesterday"}, "occurred_at", _NO_TIME),
        ({"occurred_at": "2026-13-04T12:00:00Z"}, "occurred_at", _NO_TIME),
        ({"occurred_at": "1970-01-01T00:00:00Z"}, "occurred_at", _NO_TIME),
    ],
)
def test_json_is_refused_with_the_place_of_the_fault(changes, field, message):
    with pytest.raises(BadReport) as caught:
        report_of(**changes)

    assert (caught.value.field, caught.value.message, caught.value.code) == (
        field,
        message,
        "INVALID",
    )


@pytest.mark.parametrize("part", ["message/rfc822", "text/rfc822-headers"])
def test_delivery_status_tells_who_was_not_reached(part):
    reports = mail_reports.reports_of(BOUNCE.format(part=part).encode())

    said = "5.1.1 smtp; 550 5.1.1 <anna@example.com>: no such user"
    about = "<1@saleor-aftersale>"
    assert reports == [
        Report(ReportType.BOUNCE, True, "anna@example.com", about, None, said),
        Report(ReportType.BOUNCE, False, "boris@example.com", about, None, "4.2.2"),
    ]


def test_delivery_given_up_after_days_is_no_dead_mailbox():
    body = BOUNCE.format(part="message/rfc822").replace("5.1.1\nDiag", "4.4.1\nDiag")

    assert [report.is_permanent for report in mail_reports.reports_of(body.encode())] == [
        False,
        False,
    ]


def test_mailbox_written_to_outweighs_the_one_it_was_forwarded_to():
    body = BOUNCE.format(part="message/rfc822").replace(
        "Final-Recipient: rfc822; anna@example.com",
        "Original-Recipient: rfc822; anna@example.com\nFinal-Recipient: rfc822; a@elsewhere.test",
    )

    assert mail_reports.reports_of(body.encode())[0].email == "anna@example.com"


def test_feedback_report_tells_of_a_complaint():
    assert mail_reports.reports_of(COMPLAINT.format(kind="abuse").encode()) == [
        Report(
            ReportType.COMPLAINT,
            False,
            "anna@example.com",
            "<1@saleor-aftersale>",
            None,
            "SomeGenerator/1.0",
        )
    ]


def test_feedback_report_that_takes_a_complaint_back_reports_nothing():
    assert mail_reports.reports_of(COMPLAINT.format(kind="not-spam").encode()) == []


@pytest.mark.parametrize(
    "body",
    [b"", b"hello", b"\xff\xfe\x00", b"[1]", b"From: a@example.com\n\nI am on holiday."],
)
def test_anything_else_is_refused(body):
    with pytest.raises(BadReport, match="This is neither JSON, nor a delivery status"):
        mail_reports.reports_of(body)


@pytest.mark.parametrize("body", [b"{", b'{"a":' * 50_000, b"{\xff"])
def test_broken_json_is_refused(body):
    with pytest.raises(BadReport, match="This is no JSON."):
        mail_reports.reports_of(body)
