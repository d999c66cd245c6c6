"""
Marketing mail as its readers rule it: which kinds come, and the end of all of them.

Both pages lie behind one signed link and need no cookie: nobody can guess a link, and no
browser adds one by itself. So there is nothing another site's form could ride on.
"""

from __future__ import annotations

import logging
from typing import Any, Dict, FrozenSet, List, NamedTuple

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.template.loader import render_to_string
from django.utils import timezone

from .. import access, config, texts
from ..config import Settings
from ..consents import actions, links, preferences
from ..consents.actions import Proof, Source
from ..consents.links import Claims
from ..consents.preferences import Owner, Preferences
from ..consents.topics import TOPICS, Topic, topic_of
from ..values import AftersaleError, NotFound
from . import answers

logger = logging.getLogger(__name__)

_READING = ("GET", "HEAD")
_METHODS = (*_READING, "POST")


class _Opened(NamedTuple):
    """Whose page it is, and how it is shown."""

    claims: Claims
    owner: Owner
    settings: Settings
    language: str
    channel: str


def respond(request: HttpRequest, rest: str, channel: str) -> HttpResponse:
    """
    Answer a request to a link of a marketing mail.

    Args:
        rest: what follows ``mails/``: the token, perhaps with ``/unsubscribe``.
    """
    token, _slash, action = rest.partition("/")
    if action not in ("", "unsubscribe"):
        return answers.not_found(channel)
    if request.method not in _METHODS:
        refused = answers.message(channel, "METHOD_NOT_ALLOWED", status=405)
        refused["Allow"] = ", ".join(_METHODS)
        return refused
    try:
        opened = _open(request, token, channel)
    except AftersaleError as error:
        return answers.refusal(error, channel)
    if request.method == "POST":
        return _unsubscribe(request, opened) if action else _save(request, opened)
    if not request.path.endswith("/"):
        # Every address on the pages is relative to this one, so that none holds the token.
        return _redirect(request, opened, 302)
    return _unsubscribe_page(opened) if action else _preferences_page(request, opened)


def _open(request: HttpRequest, token: str, channel: str) -> _Opened:
    claims = links.read_preferences_token(token)
    if claims.channel != channel:
        raise NotFound("This link is another channel's.")
    settings = config.settings_of(channel)
    wishes = (request.GET.get("language", ""), claims.language)
    language = texts.language_for(*wishes, among=settings.languages)
    return _Opened(claims, preferences.owner_behind(claims), settings, language, channel)


def _unsubscribe(request: HttpRequest, opened: _Opened) -> HttpResponse:
    """
    End all marketing mail, whatever the body says; doing it twice is once.

    A mail program posts ``List-Unsubscribe=One-Click`` and follows no redirect; our own
    button says that a person is there to read on.

    Source: RFC 8058 sections 3.1 and 3.2.
    """
    is_on_page = _form_of(request).get("from") == ["page"]
    proof = Proof(
        Source.PAGE if is_on_page else Source.ONE_CLICK,
        opened.channel,
        opened.language,
        evidence={"topic_of_mail": opened.claims.topic},
    )
    actions.object_to_all(opened.owner.mailbox, proof, timezone.now())
    return _redirect(request, opened, 303) if is_on_page else _unsubscribe_page(opened)


def _save(request: HttpRequest, opened: _Opened) -> HttpResponse:
    form = _form_of(request)
    now = timezone.now()
    with texts.in_language(opened.language):
        proof = _proof_of(opened)
    if form.get("none"):
        actions.object_to_all(opened.owner.mailbox, proof, now)
        return _redirect(request, opened, 303, "saved=1")
    try:
        preferences.save(
            opened.owner,
            _topics(form.get("topic", [])),
            proof,
            now,
            settings=opened.settings,
            shown=_topics(form.get("shown", [])),
        )
    except access.RateLimited as error:
        return answers.message(opened.channel, error.code, status=429)
    return _redirect(request, opened, 303, "saved=1")


def _form_of(request: HttpRequest) -> Dict[str, List[str]]:
    """What was sent; nothing where it can't be read: a no needs no words."""
    try:
        return dict(request.POST.lists())
    except (SuspiciousOperation, MultiPartParserError, UnicodeDecodeError, OSError):
        logger.info("The form of a marketing link can't be read.")
        return {}


def _topics(words: List[str]) -> FrozenSet[Topic]:
    return frozenset(filter(None, map(topic_of, words)))


def _proof_of(opened: _Opened) -> Proof:
    return Proof(
        Source.PAGE,
        opened.channel,
        opened.language,
        wording=_wording(opened),
        labels={topic.value: texts.text("topic." + topic.value) for topic in TOPICS},
    )


def _wording(opened: _Opened) -> str:
    shop = answers.common_context(opened.channel, opened.language, opened.settings)["shop_name"]
    if not shop:
        return texts.text("consent.WORDING_WITHOUT_NAME")
    return texts.text("consent.WORDING", shop=shop)


def _preferences_page(request: HttpRequest, opened: _Opened) -> HttpResponse:
    seen = preferences.preferences_of(opened.owner, settings=opened.settings)
    with texts.in_language(opened.language):
        context = {
            "topics": [_topic(topic, seen) for topic in TOPICS],
            "is_suppressed": seen.is_suppressed,
            "is_saved": request.GET.get("saved") == "1",
            "wording": _wording(opened),
        }
        return _page("mail_preferences", opened, context)


def _topic(topic: Topic, seen: Preferences) -> Dict[str, Any]:
    is_wanted = topic in seen.wanted
    standing = seen.standings[topic].value
    if standing == "SOFT_OPT_IN" and not is_wanted:
        # Where they live a purchase is no basis: they get none, whatever the shop says.
        standing = "NONE"
    return {
        "name": topic.value,
        "label": texts.text("topic." + topic.value),
        "standing": texts.text("standing." + standing),
        "is_wanted": is_wanted,
    }


def _unsubscribe_page(opened: _Opened) -> HttpResponse:
    seen = preferences.preferences_of(opened.owner, settings=opened.settings)
    with texts.in_language(opened.language):
        return _page("unsubscribe", opened, {"is_done": seen.is_all_refused})


def _page(name: str, opened: _Opened, context: Dict[str, Any]) -> HttpResponse:
    common = answers.common_context(opened.channel, opened.language, opened.settings)
    languages = [
        {
            "code": code,
            "name": texts.LANGUAGE_NAMES[code],
            "url": f"?language={code}",
            "is_current": code == opened.language,
        }
        for code in opened.settings.languages
    ]
    whole = {**common, "languages": languages, **context}
    return answers.page(render_to_string(f"saleor_aftersale/pages/{name}.html", whole))


def _redirect(request: HttpRequest, opened: _Opened, status: int, query: str = "") -> HttpResponse:
    """To the page itself, in the language that is read."""
    response = answers.page("", status)
    parts = "&".join(filter(None, (f"language={opened.language}", query)))
    response["Location"] = f"{request.path.rstrip('/')}/?{parts}"
    return response
