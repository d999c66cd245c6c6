"""What every page of ours is answered with: head, headers, messages."""

from __future__ import annotations

import re
from typing import Any, Dict

from django.http import HttpResponse
from django.template.loader import render_to_string

from .. import access, config, texts
from ..config import PLUGIN_ID, Settings
from ..host import hooks, mail
from ..values import AftersaleError, NotFound
from . import assets

_CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)


def common_context(channel: str, language: str, settings: Settings) -> Dict[str, Any]:
    """What ``pages/base.html`` needs."""
    return {
        "language": language,
        "shop_name": settings.sender_name or _shop_name(channel),
        "logo": settings.logo,
        "style_url": hooks.page_path(PLUGIN_ID, channel, f"assets/{assets.style_name(settings)}"),
    }


def _shop_name(channel: str) -> str:
    try:
        return mail.account(channel)[0]
    except mail.MailNotConfigured:
        return ""


def not_found(channel: str) -> HttpResponse:
    """There is no such page."""
    return message(channel, NotFound.code, status=404)


def refusal(error: AftersaleError, channel: str) -> HttpResponse:
    """The page for a link that opens nothing (any more), or that nothing is behind."""
    if isinstance(error, (access.ExpiredLink, access.InvalidLink)):
        status = 410 if isinstance(error, access.ExpiredLink) else 404
        return message(channel, error.code, status=status)
    return not_found(channel)


def message(channel: str, code: str, *, status: int) -> HttpResponse:
    """A page that says one thing, in the channel's first language."""
    settings = config.settings_of(channel)
    language = settings.languages[0]
    with texts.in_language(language):
        context = {
            **common_context(channel, language, settings),
            "title": texts.text("page." + code),
            "message": texts.text("page_help." + code),
        }
        return page(render_to_string("saleor_aftersale/pages/message.html", context), status)


def page(body: str, status: int = 200) -> HttpResponse:
    """A page with its headers: nothing may be loaded from elsewhere or kept."""
    # Indentation of the templates is a fifth of a page; text between tags is left alone.
    response = HttpResponse(re.sub(r">\s*\n\s*<", ">\n<", body), status=status)
    response["Content-Security-Policy"] = _CSP
    # The address holds the token: it must not leave the page or stay in a shared cache.
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    return response
