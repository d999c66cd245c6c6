"""The order a signed link opens, and how every return page of it is answered."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone

from .. import config, texts, timelines
from ..config import PLUGIN_ID, Settings
from ..host import hooks
from ..returns import queries
from ..returns.models import ReturnRequest
from ..returns.states import ReturnState
from ..tracking import queries as tracking_queries
from ..tracking.models import OrderRecord
from ..values import NotFound, Requester, Role
from . import answers


class Opened(NamedTuple):
    """The order a link opens."""

    record: OrderRecord
    file: timelines.OrderFile
    #: Its return requests, oldest first, drafts too.
    requests: List[ReturnRequest]
    settings: Settings
    language: str
    token: str

    @property
    def who(self) -> Requester:
        """Whoever holds the link."""
        return Requester(Role.GUEST, label=self.record.customer_email)

    @property
    def stated(self) -> List[ReturnRequest]:
        """Requests that were sent: a draft holds no piece."""
        return [row for row in self.requests if row.state != ReturnState.DRAFT.value]


def open_link(request: HttpRequest, token: str, channel: str) -> Opened:
    """
    The order behind a link.

    Raises:
        InvalidLink, ExpiredLink: the link doesn't hold.
        NotFound: the order is gone, or it belongs to another channel.
    """
    record = tracking_queries.record_of_link(token, timezone.now())
    file = timelines.load([record.order_ref]).get(record.order_ref)
    if file is None or record.channel != channel:
        raise NotFound("There is no such order.")
    settings = config.settings_of(channel)
    language = timelines.language_of(file.order, settings, request.GET.get("language"))
    refs = [record.order_ref]
    requests = queries.requests_by_order(refs, with_drafts=True)[record.order_ref]
    return Opened(record, file, requests, settings, language, token)


def request_of(opened: Opened, number: str) -> ReturnRequest:
    """
    A request of the order the link opens: no other is ever looked up.

    Raises:
        NotFound: the order has none of that number.
    """
    for row in opened.requests:
        if row.number == number:
            return row
    raise NotFound("There is no such return request.")


def page(name: str, opened: Opened, context: Dict[str, Any], status: int = 200) -> HttpResponse:
    """A page of the order in the language that is active."""
    languages = [
        {
            "code": code,
            "name": texts.LANGUAGE_NAMES[code],
            "url": f"./?language={code}",
            "is_current": code == opened.language,
        }
        for code in opened.settings.languages
    ]
    common = answers.common_context(opened.record.channel, opened.language, opened.settings)
    context = {**common, "languages": languages, **context}
    return answers.page(render_to_string(f"saleor_aftersale/pages/{name}.html", context), status)


def redirect(opened: Opened, *places: str, status: int) -> HttpResponse:
    """On to the page that starts a return, or to a request's when its number follows."""
    response = answers.page("", status)
    rest = "/".join(("return", opened.token, *filter(None, places))) + "/"
    path = hooks.page_path(PLUGIN_ID, opened.record.channel, rest)
    response["Location"] = f"{path}?language={opened.language}"
    return response
