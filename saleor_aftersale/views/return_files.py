"""Files of return requests behind their signed addresses: photos, labels, the return slip."""

from __future__ import annotations

from typing import Dict, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone

from .. import config, texts
from ..appearance import paragraphs
from ..config import Settings
from ..returns import file_links, methods, queries, slips
from ..returns.models import ReturnAttachment, ReturnRequest
from ..values import AftersaleError, NotFound, Unsupported
from . import answers

#: Should a browser take the file for a page, nothing in it may run or load.
_CSP = "default-src 'none'; frame-ancestors 'none'; sandbox"

_WORDS = ("title", "number", "order", "enclose", "quantity", "product", "sku", "send_to")


def attachment(token: str, channel: str) -> HttpResponse:
    """A photo or label; a PDF is saved, never shown inside the shop's origin."""
    try:
        row = file_links.attachment_of(token, timezone.now())
        _check_place(row.request, channel)
    except AftersaleError as error:
        return answers.refusal(error, channel)
    response = _file(bytes(row.content), row.content_type, _file_name(row))
    # Storefronts are other hosts and show it in their pages; the address is the permission.
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _file_name(row: ReturnAttachment) -> str:
    """Made of our own number alone: no header holds what somebody typed."""
    ending = "pdf" if row.content_type == "application/pdf" else "jpg"
    return f"{row.request.number}-{row.pk}.{ending}"


def _file(content: bytes, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    how = "inline" if content_type.startswith("image/") else "attachment"
    response["Content-Disposition"] = f'{how}; filename="{name}"'
    response["Content-Security-Policy"] = _CSP
    response["X-Content-Type-Options"] = "nosniff"
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, max-age=3600"
    response["X-Robots-Tag"] = "noindex"
    return response


def _check_place(request: ReturnRequest, channel: str) -> Settings:
    """
    Settings of the channel, where the request is of it.

    Raises:
        NotFound: it is of another channel.
    """
    if request.order.channel != channel:
        raise NotFound("There is no such return request.")
    return config.settings_of(channel)


class _Opened(NamedTuple):
    """The slip an address opens."""

    slip: slips.Slip
    settings: Settings
    language: str
    channel: str


def slip(request: HttpRequest, token: str, channel: str) -> HttpResponse:
    """The slip as a page to print, or with ``?format=pdf`` as a PDF."""
    try:
        opened = _open(request, token, channel)
        if request.GET.get("format") == "pdf":
            return _pdf(opened)
    except Unsupported:
        return answers.message(channel, "NO_PDF", status=404)
    except AftersaleError as error:
        return answers.refusal(error, channel)
    return _page(opened)


def _open(request: HttpRequest, token: str, channel: str) -> _Opened:
    key = file_links.request_of_slip(token, timezone.now()).pk
    row = queries.get_request(str(key))
    settings = _check_place(row, channel)
    way = methods.way_back(row, methods.chosen_methods([key]).get(key), settings)
    if way is None or way.is_nothing_to_send:
        raise NotFound("There is nothing to send.")
    wishes = (request.GET.get("language", ""), row.order.language)
    language = texts.language_for(*wishes, among=settings.languages)
    return _Opened(slips.slip_of(row, way), settings, language, channel)


def _pdf(opened: _Opened) -> HttpResponse:
    with texts.in_language(opened.language):
        content = slips.pdf_of(opened.slip, _words(), opened.language)
    return _file(content, "application/pdf", f"{opened.slip.number}.pdf")


def _words() -> Dict[str, str]:
    """The headings, the same on the page and in the PDF."""
    return {name: texts.text("slip." + name) for name in _WORDS}


def _page(opened: _Opened) -> HttpResponse:
    with texts.in_language(opened.language):
        context = {
            **answers.common_context(opened.channel, opened.language, opened.settings),
            "slip": opened.slip,
            "words": _words(),
            "instructions": paragraphs(opened.slip.instructions),
        }
        body = render_to_string("saleor_aftersale/pages/return_slip.html", context)
    return answers.page(body)
