"""HTTP under the plugin's URL: which path is answered by what."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from ..tracking.carriers import registry
from . import answers
from .carriers import carrier_push
from .tracking import tracking_page


def respond(request: HttpRequest, path: str, channel: str) -> HttpResponse:
    """
    Answer a request to one of our URLs.

    Args:
        path: what follows the plugin's own URL, without leading slash.
    """
    place, _slash, rest = path.strip("/").partition("/")
    if place == "track" and request.method in ("GET", "HEAD"):
        return tracking_page(request, rest, channel)
    if place == "assets" and request.method in ("GET", "HEAD"):
        return answers.style() if rest == answers.style_name() else answers.not_found(channel)
    if place == "carriers" and rest in registry.PROVIDERS:
        return carrier_push(request, rest, channel)
    return answers.not_found(channel)
