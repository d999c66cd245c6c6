"""Reports of mails that came back or were marked as spam: signed, then kept."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from .. import config
from ..consents import mail_reports, suppressing
from ..consents.mail_reports import BadReport
from ..tracking.carriers import generic, signatures
from ..tracking.carriers.base import BadSignature
from . import posts

#: Largest report, in bytes: a mail server may send the whole mail back.
MAX_BODY_BYTES = 256 * 1024


def mail_report(request: HttpRequest, channel: str) -> HttpResponse:
    """
    One report: signature first, nothing is read without it.

    Signed as the generic carrier push is, or with a secret in the address for who can't sign.
    """
    if request.method != "POST":
        return posts.refusal(405, "INVALID", "Use POST.")
    now = timezone.now()
    try:
        body = posts.body_of(request, MAX_BODY_BYTES)
        _verify(body, request, channel, now)
        reports = mail_reports.reports_of(body)
    except RequestDataTooBig:
        return posts.refusal(413, "TOO_LONG", f"Send up to {MAX_BODY_BYTES} bytes.")
    except BadSignature as error:
        return posts.refusal(401, error.code, error.message)
    except BadReport as error:
        return posts.refusal(400, error.code, error.message, error.field)
    for report in reports:
        suppressing.record_report(report, channel, now)
    return JsonResponse({"accepted": len(reports)})


def _verify(body: bytes, request: HttpRequest, channel: str, now: datetime) -> None:
    secrets = config.settings_of(channel).bounce_secrets
    headers = signatures.with_token(request.headers, request.GET.get("token"))
    signatures.verify((generic.SCHEME, signatures.TOKEN), body, headers, secrets, now)
