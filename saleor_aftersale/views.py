"""HTTP: carrier pushes and guest pages; mounted by the host under the plugin's URL."""

from __future__ import annotations

import hashlib
import json
import logging
from datetime import datetime
from functools import lru_cache
from typing import Any, Dict

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import get_template, render_to_string
from django.utils import timezone

from . import access, config, texts, timelines
from .config import PLUGIN_ID, Settings
from .host import hooks, mail
from .tracking import pushes, queries
from .tracking.carriers import registry, signatures
from .tracking.carriers.base import BadSignature
from .values import NotFound

logger = logging.getLogger(__name__)

#: Largest carrier push, in bytes.
MAX_BODY_BYTES = 256 * 1024

_CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)


def respond(request: HttpRequest, path: str, channel: str) -> HttpResponse:
    """
    Answer a request to one of our URLs.

    Args:
        path: what follows the plugin's own URL, without leading slash.
    """
    place, _slash, rest = path.strip("/").partition("/")
    if place == "track" and request.method in ("GET", "HEAD"):
        return _tracking_page(request, rest, channel)
    if place == "assets" and request.method in ("GET", "HEAD"):
        return _style() if rest == _style_name() else _not_found(channel)
    if place == "carriers" and rest in registry.PROVIDERS:
        return _carrier_push(request, rest, channel)
    return _not_found(channel)


def _tracking_page(request: HttpRequest, token: str, channel: str) -> HttpResponse:
    try:
        record = queries.record_of_link(token, timezone.now())
    except access.ExpiredLink as error:
        return _message(channel, error.code, status=410)
    except access.InvalidLink as error:
        return _message(channel, error.code, status=404)
    settings = config.settings_of(record.channel)
    file = timelines.load([record.order_ref]).get(record.order_ref)
    if file is None or record.channel != channel:
        return _not_found(channel)
    language = timelines.language_of(file.order, settings, request.GET.get("language"))
    shown = timelines.view(file, timezone.now(), language)
    with texts.in_language(language):
        context = _page_context(shown, file, settings, channel)
        body = render_to_string("saleor_aftersale/pages/tracking.html", context)
    return _page(body)


def _page_context(
    shown: timelines.TimelineView, file: timelines.OrderFile, settings: Settings, channel: str
) -> Dict[str, Any]:
    return {
        **_common_context(channel, shown.language, settings),
        "languages": [
            {
                "code": code,
                "name": texts.LANGUAGE_NAMES[code],
                "url": f"?language={code}",
                "is_current": code == shown.language,
            }
            for code in settings.languages
        ],
        "number": shown.number,
        "text": shown.text,
        "progress": shown.progress,
        "milestones": [
            {
                "label": item.label,
                "state": item.state,
                "state_text": texts.text("milestone_state." + item.state),
                "reached_at": item.reached_at,
            }
            for item in shown.milestones
        ],
        "parcels": [
            {
                "title": _parcel_title(position, len(shown.shipments)),
                "carrier": parcel.carrier_name,
                "tracking_number": parcel.tracking_number,
                "tracking_url": parcel.tracking_url,
                "status_text": parcel.text,
                "progress": parcel.progress,
                "is_returning": parcel.is_returning,
                "estimate": parcel.estimate,
                "lines": parcel.lines,
                "events": parcel.events,
            }
            for position, parcel in enumerate(shown.shipments, 1)
        ],
        "returns": [
            {
                "number": request.number,
                "state_text": texts.text("return." + request.state),
                "lines": request.lines.all(),
                "updated_at": request.updated_at,
            }
            for request in file.requests
        ],
        "entries": shown.entries,
        "updated_at": shown.updated_at,
        "return_options_url": "",
    }


def _parcel_title(position: int, total: int) -> str:
    if total == 1:
        return texts.text("parcel.only")
    return texts.text("parcel.title", position=position, total=total)


def _common_context(channel: str, language: str, settings: Settings) -> Dict[str, Any]:
    return {
        "language": language,
        "shop_name": settings.sender_name or _shop_name(channel),
        "style_url": hooks.page_path(PLUGIN_ID, channel, f"assets/{_style_name()}"),
    }


def _shop_name(channel: str) -> str:
    try:
        return mail.account(channel)[0]
    except mail.MailNotConfigured:
        return ""


def _not_found(channel: str) -> HttpResponse:
    return _message(channel, NotFound.code, status=404)


def _message(channel: str, code: str, *, status: int) -> HttpResponse:
    settings = config.settings_of(channel)
    language = settings.languages[0]
    with texts.in_language(language):
        context = {
            **_common_context(channel, language, settings),
            "title": texts.text("page." + code),
            "message": texts.text("page_help." + code),
        }
        return _page(render_to_string("saleor_aftersale/pages/message.html", context), status)


def _page(body: str, status: int = 200) -> HttpResponse:
    response = HttpResponse(body, status=status)
    response["Content-Security-Policy"] = _CSP
    # The address holds the token: it must not leave the page or stay in a shared cache.
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


@lru_cache(maxsize=1)
def _style_text() -> str:
    return get_template("saleor_aftersale/pages/style.css").template.source


def _style_name() -> str:
    """Name with a hash of the content, so that it can be cached for good."""
    return f"style-{hashlib.sha256(_style_text().encode()).hexdigest()[:12]}.css"


def _style() -> HttpResponse:
    response = HttpResponse(_style_text(), content_type="text/css; charset=utf-8")
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def _carrier_push(request: HttpRequest, provider: str, channel: str) -> HttpResponse:
    """
    News from a carrier: signature first, nothing is read or stored without it.

    What is acknowledged is kept as it came in; a task reads it.
    """
    if request.method in ("GET", "HEAD"):
        # Ship24 and InPost ask whether the address is there before they take it.
        return JsonResponse({"provider": provider})
    if request.method != "POST":
        return _refusal(405, "INVALID", "Use POST.")
    now = timezone.now()
    try:
        body = _body(request)
        _verify(provider, body, request, channel, now)
    except RequestDataTooBig:
        return _refusal(413, "TOO_LONG", f"Send up to {MAX_BODY_BYTES} bytes.")
    except BadSignature as error:
        return _refusal(401, error.code, error.message)
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


def _body(request: HttpRequest) -> bytes:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > MAX_BODY_BYTES:
        raise RequestDataTooBig
    body = request.body
    if len(body) > MAX_BODY_BYTES:
        raise RequestDataTooBig
    return body


def _refusal(status: int, code: str, message: str, field: str | None = None) -> HttpResponse:
    error = {"field": field, "message": message, "code": code}
    return HttpResponse(
        json.dumps({"errors": [error]}), status=status, content_type="application/json"
    )
