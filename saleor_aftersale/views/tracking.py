"""The tracking page behind a signed link, and what a customer may state on it."""

from __future__ import annotations

from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone

from .. import config, texts, timelines
from ..config import Settings
from ..returns import queries as return_queries
from ..tracking import queries, statements
from ..tracking.models import OrderRecord
from ..values import AftersaleError, NotFound, Requester, Role
from . import answers, shown


class _Opened(NamedTuple):
    """The order a link opens."""

    record: OrderRecord
    file: timelines.OrderFile
    settings: Settings
    language: str
    token: str
    channel: str


def tracking_page(
    request: HttpRequest, token: str, channel: str, *, is_form: bool = False
) -> HttpResponse:
    """The order a link opens, or why it opens none. Reads only."""
    try:
        opened = _open(request, token, channel)
    except AftersaleError as error:
        return answers.refusal(error, channel)
    if is_form or not request.path.endswith("/"):
        # Every address on the page is relative to this one, so that none holds the token.
        return _redirect(request, 302)
    return _page(opened)


def state_not_received(request: HttpRequest, token: str, channel: str) -> HttpResponse:
    """
    Record that a parcel never came, then show it on the page; saying it twice is once.

    The token is the proof: nobody can guess one, and no browser adds it by itself as it
    would a cookie. So there is nothing for another site's form to ride on, and no CSRF
    token to check.
    """
    comment = request.POST.get("comment", "").replace("\r\n", "\n").strip()
    wish = ""
    try:
        opened = _open(request, token, channel)
        wish = request.POST.get("parcel", "")
        parcel_id = _own_parcel(opened, wish)
        who = Requester(Role.GUEST, label=opened.record.customer_email)
        statements.state_not_received(parcel_id, who, comment, timezone.now())
    except AftersaleError as error:
        if error.field != "comment":
            return answers.refusal(error, channel)
        entered = shown.Entered(int(wish), comment, "page_fault." + error.code)
        return _page(opened, entered, status=400)
    return _redirect(request, 303, f"#parcel-{parcel_id}")


def _open(request: HttpRequest, token: str, channel: str) -> _Opened:
    """
    The order behind the link.

    Raises:
        InvalidLink, ExpiredLink: the link doesn't hold.
        NotFound: the order is gone, or it belongs to another channel.
    """
    record = queries.record_of_link(token, timezone.now())
    file = timelines.load([record.order_ref]).get(record.order_ref)
    if file is None or record.channel != channel:
        raise NotFound("There is no such order.")
    settings = config.settings_of(record.channel)
    language = timelines.language_of(file.order, settings, request.GET.get("language"))
    return _Opened(record, file, settings, language, token, channel)


def _own_parcel(opened: _Opened, wish: str) -> int:
    """The parcel's key, if it is one of this order: a link opens no other."""
    for parcel in opened.file.parcels:
        if parcel.id is not None and str(parcel.id) == wish:
            return int(parcel.id)
    raise NotFound("There is no such parcel.")


def _page(
    opened: _Opened, entered: shown.Entered | None = None, *, status: int = 200
) -> HttpResponse:
    now = timezone.now()
    importer = opened.settings.importer
    view = timelines.view(opened.file, now, opened.language, importer=importer)
    order_ref = opened.record.order_ref
    requests = return_queries.requests_by_order([order_ref])[order_ref]
    stated_at = statements.stated_at(parcel.id for parcel in opened.file.parcels if parcel.id)
    page = shown.Page(
        view, opened.file.order.customer_name, requests, stated_at, opened.settings, now, entered
    )
    with texts.in_language(opened.language), timezone.override(page.zone):
        context = {
            **answers.common_context(opened.channel, opened.language, opened.settings),
            **shown.context_of(page, opened.token),
        }
        body = render_to_string("saleor_aftersale/pages/tracking.html", context)
    return answers.page(body, status)


def _redirect(request: HttpRequest, status: int, anchor: str = "") -> HttpResponse:
    """To the page itself, in the language that is read."""
    path = request.path.rstrip("/")
    if path.endswith("/not-received"):
        path = path[: -len("/not-received")]
    language = request.GET.get("language", "")
    query = f"?language={language}" if language in texts.LANGUAGES else ""
    response = answers.page("", status)
    response["Location"] = path + "/" + query + anchor
    return response
