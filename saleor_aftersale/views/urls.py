"""HTTP under the plugin's URL: which path is answered by what."""

from __future__ import annotations

from typing import Callable, Dict

from django.http import HttpRequest, HttpResponse

from .. import config
from ..tracking.carriers import registry
from . import (
    answers,
    assets,
    consents,
    feedback,
    mail_reports,
    reports,
    return_files,
    returns,
    tracking,
    withdrawal,
)
from .carriers import carrier_push

_READING = ("GET", "HEAD")


def respond(request: HttpRequest, path: str, channel: str) -> HttpResponse:
    """
    Answer a request to one of our URLs.

    Args:
        path: what follows the plugin's own URL, without leading slash.
    """
    place, _slash, rest = path.strip("/").partition("/")
    if place in _PAGES:
        return _PAGES[place](request, rest, channel)
    if place == "return-file" and request.method in _READING:
        return return_files.attachment(rest, channel)
    if place == "return-slip" and request.method in _READING:
        return return_files.slip(request, rest, channel)
    if place == "assets" and request.method in _READING:
        found = assets.asset(rest, config.settings_of(channel))
        return found or answers.not_found(channel)
    if place == "reports" and request.method in _READING:
        return _report(request, rest, channel)
    if place == "mail-reports" and not rest:
        return mail_reports.mail_report(request, channel)
    if place == "carriers" and rest in registry.PROVIDERS:
        return carrier_push(request, rest, channel)
    return answers.not_found(channel)


def _report(request: HttpRequest, rest: str, channel: str) -> HttpResponse:
    kind, _slash, token = rest.partition("/")
    if kind == "returns":
        return reports.returns_table(request, token, channel)
    return answers.not_found(channel)


def _track(request: HttpRequest, rest: str, channel: str) -> HttpResponse:
    token, _slash, action = rest.partition("/")
    if request.method in _READING and action in ("", "not-received"):
        return tracking.tracking_page(request, token, channel, is_form=bool(action))
    if request.method in _READING and action.partition("/")[0] == "return":
        return returns.from_tracking_page(request, token, action.partition("/")[2], channel)
    if request.method == "POST" and action == "not-received":
        return tracking.state_not_received(request, token, channel)
    return answers.not_found(channel)


#: Pages that answer every method themselves.
_PAGES: Dict[str, Callable[[HttpRequest, str, str], HttpResponse]] = {
    "feedback": feedback.respond,
    "mails": consents.respond,
    "return": returns.respond,
    "track": _track,
    "withdraw": withdrawal.respond,
}
