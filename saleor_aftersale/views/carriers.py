"""Carrier pushes: verified, kept as they came in, read by a task."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from .. import config
from ..tracking import pushes
from ..tracking.carriers import registry, signatures
from ..tracking.carriers.base import BadSignature
from . import posts

#: Largest carrier push, in bytes.
MAX_BODY_BYTES = 256 * 1024


def carrier_push(request: HttpRequest, provider: str, channel: str) -> HttpResponse:
    """
    News from a carrier: signature first, nothing is read or stored without it.

    What is acknowledged is kept as it came in; a task reads it.
    """
    if request.method in ("GET", "HEAD"):
        # Ship24 and InPost ask whether the address is there before they take it.
        return JsonResponse({"provider": provider})
    if request.method != "POST":
        return posts.refusal(405, "INVALID", "Use POST.")
    now = timezone.now()
    try:
        body = posts.body_of(request, MAX_BODY_BYTES)
        _verify(provider, body, request, channel, now)
    except RequestDataTooBig:
        return posts.refusal(413, "TOO_LONG", f"Send up to {MAX_BODY_BYTES} bytes.")
    except BadSignature as error:
        return posts.refusal(401, error.code, error.message)
    is_new = pushes.keep_push(provider, channel, body, now)
    # 200, not 202: InPost documents that nothing else counts as delivered.
    return JsonResponse({"accepted": True, "repeated": not is_new})


def _verify(provider: str, body: bytes, request: HttpRequest, channel: str, now: datetime) -> None:
    secrets = config.settings_of(channel).carrier_secrets.get(provider, ())
    headers = signatures.with_token(request.headers, request.GET.get("token"))
    registry.provider(provider).verify(body, headers, secrets, now)
    if not secrets:
        # Whatever a provider's check makes of no secrets: without one nobody may push.
        raise BadSignature("This carrier has no secret here.")
