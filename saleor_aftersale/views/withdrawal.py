"""
The withdrawal function: a statement, its confirmation, and what was received.

Two pages with nothing between them. They need no cookie and no session: what was typed
travels in the form. So there is nothing another site's form could ride on.

Source: Directive 2011/83/EU Art. 11a, inserted by Directive (EU) 2023/2673.
"""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any, Dict, NamedTuple, Optional

from django.core import signing
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone

from .. import access, config, texts
from ..config import PLUGIN_ID, Settings
from ..host import graphql as host
from ..host import hooks, orders
from ..returns import withdrawal_matching, withdrawals
from ..returns import withdrawal_rules as rules
from ..returns.models import WithdrawalStatement
from ..tracking import queries as tracking_queries
from ..values import Order
from . import answers, withdrawal_form
from .withdrawal_form import Filled, Place

logger = logging.getLogger(__name__)

#: Largest form, in bytes: a thousand lines fit.
MAX_BODY_BYTES = 128 * 1024

_SALT = "saleor_aftersale.views.withdrawal"
_READING = ("GET", "HEAD")
_LIMITS = {
    "name": rules.MAX_NAME,
    "contract": rules.MAX_CONTRACT,
    "email": rules.MAX_EMAIL,
}


class _Opened(NamedTuple):
    """The page somebody asked for."""

    place: Place
    settings: Settings
    #: There was a link, but it opens nothing (any more).
    is_link_dead: bool


def respond(request: HttpRequest, rest: str, channel: str) -> HttpResponse:
    """
    Answer a request to the function.

    Args:
        rest: what follows ``withdraw/``: nothing, a signed link's token, ``form``, or
            ``received/`` with the signed key of a statement.
    """
    page, _slash, token = rest.partition("/")
    if page == "form" and request.method in _READING:
        return _model_form(request, channel)
    if page == "received" and request.method in _READING:
        return _received(token, channel)
    if request.method in _READING:
        opened = _open(request, rest, channel)
        return _statement(opened, None)
    if request.method == "POST":
        return _take_form(request, rest, channel)
    return answers.not_found(channel)


def _take_form(request: HttpRequest, token: str, channel: str) -> HttpResponse:
    try:
        form = _form_of(request)
    except (RequestDataTooBig, TooManyFieldsSent):
        return answers.message(channel, "TOO_LONG", status=413)
    opened = _open(request, token, channel)
    with texts.in_language(opened.place.language):
        filled = withdrawal_form.read(form, opened.place)
    step = form.get("step")
    if filled.faults:
        return _statement(opened, filled, status=400)
    if step == "change":
        return _statement(opened, filled)
    if step == "declare":
        return _declare(request, filled)
    return _confirmation(opened, filled)


def _form_of(request: HttpRequest) -> Dict[str, str]:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > MAX_BODY_BYTES:
        raise RequestDataTooBig
    return dict(request.POST.items())


def _open(request: HttpRequest, token: str, channel: str) -> _Opened:
    """The page for that link; one that opens nothing gives the page for everybody."""
    settings = config.settings_of(channel)
    order = _order_behind(token, channel) if token else None
    languages = (request.GET.get("language", ""), order.language if order else "")
    language = texts.language_for(*languages, among=settings.languages)
    return _Opened(Place(channel, language, order), settings, bool(token) and order is None)


def _order_behind(token: str, channel: str) -> Optional[Order]:
    try:
        # A savepoint: whatever fails here, the statement can still be written.
        with transaction.atomic():
            record = tracking_queries.record_of_link(token, timezone.now())
            order = orders.load_orders([record.order_ref], using="default").get(record.order_ref)
    except (access.InvalidLink, access.ExpiredLink):
        return None
    except Exception:
        logger.exception("The order behind a link can't be read; the statement goes on.")
        return None
    return order if order and order.channel == channel else None


def _statement(opened: _Opened, filled: Optional[Filled], status: int = 200) -> HttpResponse:
    place = opened.place
    with texts.in_language(place.language):
        said = filled.said if filled else withdrawal_form.blank(place)
        faults = filled.faults if filled else {}
        context = {
            "languages": _languages(opened),
            "label": rules.labels_of(place.language).function,
            "is_link_dead": opened.is_link_dead,
            "number": place.order.number if place.order else "",
            "said": said,
            "key": said.key,
            "faults": faults,
            "fault": next(iter(faults.values()), ""),
            "limits": _LIMITS,
            "form_url": _path(place.channel, "form/"),
            **_order_context(opened, filled),
        }
        return _page("withdrawal", opened, context, status)


def _order_context(opened: _Opened, filled: Optional[Filled]) -> Dict[str, Any]:
    order = opened.place.order
    if order is None:
        return {}
    decisions = withdrawal_matching.decisions_for(order, opened.settings, timezone.now())
    quantities = filled.quantities if filled else None
    lines = withdrawal_form.shown_lines(order, decisions, quantities)
    return {"lines": lines, **withdrawal_form.period_of(decisions)}


def _languages(opened: _Opened) -> Any:
    return [
        {
            "code": code,
            "name": texts.LANGUAGE_NAMES[code],
            # Relative, so that the page doesn't hold the token.
            "url": f"?language={code}",
            "is_current": code == opened.place.language,
        }
        for code in opened.settings.languages
    ]


def _confirmation(opened: _Opened, filled: Filled) -> HttpResponse:
    said = filled.said
    with texts.in_language(opened.place.language):
        context = {
            "label": rules.labels_of(opened.place.language).confirmation,
            "said": {
                **withdrawal_form.statement_context(said),
                "sentence": withdrawals.sentence_of(said),
            },
            "key": said.key,
            "trap": "filled" if said.is_suspicious else "",
        }
        return _page("withdrawal_confirm", opened, context)


def _declare(request: HttpRequest, filled: Filled) -> HttpResponse:
    """The click that counts: kept first, then shown at an address of its own."""
    said = filled.said
    row = withdrawals.declare(said, timezone.now(), address=_address(request))
    token = signing.dumps(row.pk, salt=_SALT)
    response = answers.page("", 303)
    response["Location"] = _path(said.channel, f"received/{token}/")
    return response


def _address(request: HttpRequest) -> str:
    try:
        return host.client_address(SimpleNamespace(context=request))
    except Exception:
        logger.exception("The address of a statement can't be read; it is kept without.")
        return ""


def _received(token: str, channel: str) -> HttpResponse:
    settings = config.settings_of(channel)
    try:
        key = signing.loads(token[:1000], salt=_SALT, max_age=settings.link_valid_days * 86400)
    except signing.SignatureExpired:
        return answers.message(channel, access.ExpiredLink.code, status=410)
    except signing.BadSignature:
        return answers.message(channel, access.InvalidLink.code, status=404)
    row = WithdrawalStatement.objects.filter(pk=key, channel=channel).first()
    if row is None:
        return answers.not_found(channel)
    opened = _Opened(Place(channel, row.language, None), settings, False)
    with texts.in_language(row.language):
        return _page("withdrawal_received", opened, {"said": row})


def _model_form(request: HttpRequest, channel: str) -> HttpResponse:
    opened = _open(request, "", channel)
    language = opened.place.language
    with texts.in_language(language):
        context = {
            "languages": _languages(opened),
            "label": rules.labels_of(language).function,
            "function_url": _path(channel, f"?language={language}"),
        }
        return _page("withdrawal_form", opened, context)


def _path(channel: str, rest: str) -> str:
    return hooks.page_path(PLUGIN_ID, channel, "withdraw/" + rest)


def _page(name: str, opened: _Opened, context: Dict[str, Any], status: int = 200) -> HttpResponse:
    place = opened.place
    common = answers.common_context(place.channel, place.language, opened.settings)
    body = render_to_string(f"saleor_aftersale/pages/{name}.html", {**common, **context})
    return answers.page(body, status)
