"""
The page where an order is rated, behind a signed link of its own.

Scanners of mail open every link: opening the page, with whatever score, changes nothing. The
token is the proof, as on the tracking page: nobody can guess one and no browser adds it by
itself, so there is nothing another site's form could ride on.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone

from .. import access, config, texts
from ..feedback import actions, links, queries, scores
from ..host import hooks
from ..values import AftersaleError, NotFound
from . import answers, feedback_form
from .feedback_form import Entered, Opened

#: Largest form in bytes: a comment that is much too long is shown again, to be cut.
MAX_BODY_BYTES = 2 * 1024 * 1024

_READING = ("GET", "HEAD")


def respond(request: HttpRequest, rest: str, channel: str) -> HttpResponse:
    """
    Answer a request to the feedback page.

    Args:
        rest: what follows ``feedback/``: a link's token.
    """
    token, _slash, more = rest.partition("/")
    if more or request.method not in (*_READING, "POST"):
        return answers.not_found(channel)
    now = timezone.now()
    try:
        opened = _open(request, token, channel, now)
    except AftersaleError as error:
        return answers.refusal(error, channel)
    if request.method in _READING:
        if not request.path.endswith("/"):
            # Every address on the page is relative to this one, so that none holds the token.
            return _redirect(opened, token, 302, request.GET.get("score", ""))
        score = feedback_form.whole_score(request.GET.get("score", ""))
        return _page(opened, Entered(score=score), now)
    return _take(request, opened, token, now)


def _open(request: HttpRequest, token: str, channel: str, now: datetime) -> Opened:
    """
    The order whose feedback the link opens.

    Raises:
        InvalidLink, ExpiredLink: the link doesn't hold.
        NotFound: the order is another channel's.
    """
    record = links.record_of(token, now)
    if record.channel != channel:
        raise NotFound("There is no such order.")
    settings = config.settings_of(channel)
    wish = request.GET.get("language") or ""
    language = texts.language_for(wish, record.language, among=settings.languages)
    return Opened(record, settings, language)


def _take(request: HttpRequest, opened: Opened, token: str, now: datetime) -> HttpResponse:
    """Record what was said; what can't be taken is shown again, so that nobody types it twice."""
    try:
        _check_length(request)
        entered = feedback_form.read(request.POST)
    except (RequestDataTooBig, TooManyFieldsSent):
        return answers.message(opened.record.channel, "TOO_LARGE", status=413)
    try:
        who = opened.record.order_ref
        hour = timedelta(hours=1)
        access.limit_rate("feedback", who, tries=actions.TRIES_AN_HOUR, period=hour)
        _give(opened, entered, now)
    except AftersaleError as error:
        status = 429 if isinstance(error, access.RateLimited) else 400
        field = error.field if error.field in ("score", "comment", "categories") else "form"
        return _page(opened, entered._replace(fault=(field, error.code)), now, status)
    return _redirect(opened, token, 303)


def _give(opened: Opened, entered: Entered, now: datetime) -> None:
    if entered.score is not None and not scores.is_score(entered.score):
        raise actions.InvalidFeedback("Give a score from 1 to 5.", field="score")
    opinion = actions.Opinion(entered.score, entered.comment, entered.categories)
    actions.give_feedback(opened.record, opinion, language=opened.language, now=now)


def _check_length(request: HttpRequest) -> None:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > MAX_BODY_BYTES:
        raise RequestDataTooBig


def _page(opened: Opened, entered: Entered, now: datetime, status: int = 200) -> HttpResponse:
    record = opened.record
    row, voucher = queries.feedback_of(record), queries.voucher_of(record)
    is_ripe = row is not None or queries.may_be_rated(record, now)
    with texts.in_language(opened.language):
        context = {
            **answers.common_context(record.channel, opened.language, opened.settings),
            **feedback_form.context_of(opened, entered, row, voucher),
            "is_ripe": is_ripe,
        }
        name = "feedback_thanks" if row else "feedback"
        body = render_to_string(f"saleor_aftersale/pages/{name}.html", context)
    return answers.page(body, status)


def _redirect(opened: Opened, token: str, status: int, score: str = "") -> HttpResponse:
    response = answers.page("", status)
    path = hooks.page_path(config.PLUGIN_ID, opened.record.channel, f"feedback/{token}/")
    chosen = feedback_form.whole_score(score)
    query = f"&score={chosen}" if chosen else ""
    response["Location"] = f"{path}?language={opened.language}{query}"
    return response
