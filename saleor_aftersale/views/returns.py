"""
Returns behind a signed link: the page that starts one, and the page of each request.

The token is the proof, as on the tracking page: nobody can guess one and no browser adds it
by itself, so there is nothing another site's form could ride on.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Callable, Dict, List, Mapping, NamedTuple

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone

from .. import access, config, texts, timelines
from ..config import PLUGIN_ID, Settings
from ..host import hooks
from ..returns import actions, attachments, messages, pictures, queries, sending
from ..returns.models import ReturnRequest
from ..tracking import queries as tracking_queries
from ..tracking.models import OrderRecord
from ..values import AftersaleError, NotFound, Requester, Role
from . import answers, return_form, return_status
from .return_form import Filled
from .return_status import Entered

#: Largest form with its photos, in bytes.
MAX_BODY_BYTES = 41 * 1024 * 1024

#: Requests that one order's link may start in an hour.
_TRIES = 60

_READING = ("GET", "HEAD")
_NOTHING = Entered()


class _Opened(NamedTuple):
    """The order a link opens."""

    record: OrderRecord
    file: timelines.OrderFile
    settings: Settings
    language: str
    token: str

    @property
    def who(self) -> Requester:
        """Whoever holds the link."""
        return Requester(Role.GUEST, label=self.record.customer_email)


def respond(request: HttpRequest, rest: str, channel: str) -> HttpResponse:
    """
    Answer a request to the return pages.

    Args:
        rest: what follows ``return/``: a link's token, and perhaps a request's number.
    """
    token, _slash, number = rest.partition("/")
    try:
        opened = _open(request, token, channel)
        row = _request_of(opened, number) if number else None
    except AftersaleError as error:
        return answers.refusal(error, channel)
    if request.method in _READING:
        if not request.path.endswith("/"):
            # Every address on the page is relative to this one, so that none holds the token.
            return _redirect(opened, number, 302)
        return _status(opened, row) if row else _start(opened, return_form.blank())
    if request.method != "POST":
        return answers.not_found(channel)
    try:
        _check_length(request)
        form = dict(request.POST.items())
    except (RequestDataTooBig, TooManyFieldsSent):
        return answers.message(channel, "TOO_LARGE", status=413)
    with texts.in_language(opened.language):
        return _act(request, opened, row, form) if row else _ask(request, opened, form)


def from_tracking_page(request: HttpRequest, token: str, number: str, channel: str) -> HttpResponse:
    """The tracking page names these pages without the token: this leads on to them."""
    try:
        opened = _open(request, token, channel)
        row = _request_of(opened, number.strip("/")) if number else None
    except AftersaleError as error:
        return answers.refusal(error, channel)
    return _redirect(opened, row.number if row else "", 302)


def _open(request: HttpRequest, token: str, channel: str) -> _Opened:
    """
    The order behind the link.

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
    return _Opened(record, file, settings, language, token)


def _request_of(opened: _Opened, number: str) -> ReturnRequest:
    """A request of the order the link opens: no other is ever looked up."""
    for row in opened.file.requests:
        if row.number == number:
            return row
    raise NotFound("There is no such return request.")


def _check_length(request: HttpRequest) -> None:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > MAX_BODY_BYTES:
        raise RequestDataTooBig


# The page that starts a return


def _start(opened: _Opened, filled: Filled, status: int = 200) -> HttpResponse:
    file = opened.file
    with texts.in_language(opened.language):
        decisions = queries.decisions(
            file.order, file.parcels, file.requests, opened.settings, timezone.now()
        )
        lines = return_form.shown_lines(file.order, decisions, filled.typed)
        context = {
            "order_number": file.order.number,
            "lines": lines,
            "is_open": any(line["options"] for line in lines),
            "key": filled.key,
            "note": filled.note,
            "faults": filled.faults,
            "fault": next(iter(filled.faults.values()), ""),
            "accepted": pictures.ACCEPTED,
            "earlier": [
                {"number": row.number, "state_text": texts.text("return." + row.state)}
                for row in file.requests
            ],
        }
        return _page("return_start", opened, context, status)


def _ask(request: HttpRequest, opened: _Opened, form: Mapping[str, str]) -> HttpResponse:
    """Take the form: the request and its photos together, or nothing of it."""
    filled = return_form.read(form, opened.file.order)
    if filled.faults:
        return _start(opened, filled, 400)
    who = opened.record.order_ref
    try:
        access.limit_rate("return-page", who, tries=_TRIES, period=timedelta(hours=1))
        photos = _photos(request)
        row = _submit(opened, filled, photos)
    except AftersaleError as error:
        return _start(opened, filled._replace(faults=return_form.fault_of(error)), 400)
    return _redirect(opened, row.number, 303)


class _Photo(NamedTuple):
    """A photo that was cleaned."""

    name: str
    picture: pictures.Picture


def _photos(request: HttpRequest) -> List[_Photo]:
    """
    Photos of the form, cleaned; a field nobody used is none.

    Raises:
        FileRefused: one of them can't be kept, or there are too many.
    """
    files = request.FILES.getlist("photos")
    if len(files) > attachments.MAX_PHOTOS:
        raise pictures.FileRefused("Use up to 10 photos.", field="file", code="TOO_MANY_FILES")
    uploads = [attachments.read_upload(file) for file in files]
    return [_Photo(each.name, pictures.clean(each.content)) for each in uploads]


def _submit(opened: _Opened, filled: Filled, photos: List[_Photo]) -> ReturnRequest:
    now = timezone.now()
    with transaction.atomic():
        row = actions.submit_return(
            opened.record,
            filled.wishes,
            opened.who,
            opened.settings,
            note=filled.note,
            idempotency_key=filled.key,
            now=now,
        )
        for photo in photos:
            attachments.keep_photo(str(row.pk), photo.name, photo.picture, opened.who, now=now)
    return row


# The page of one request


def _status(opened: _Opened, row: ReturnRequest, entered: Entered = _NOTHING) -> HttpResponse:
    with texts.in_language(opened.language):
        context = {
            **return_status.context_of(row, opened.settings, entered, timezone.now()),
            "accepted": pictures.ACCEPTED,
        }
        return _page("return_status", opened, context, 400 if entered.faults else 200)


def _act(
    request: HttpRequest, opened: _Opened, row: ReturnRequest, form: Mapping[str, str]
) -> HttpResponse:
    """One of the page's forms; what couldn't be taken is shown again with its fault."""
    action = _ACTIONS.get(form.get("do", ""))
    if action is None:
        return answers.not_found(opened.record.channel)
    try:
        # The savepoint keeps a refused action from leaving half of itself behind.
        with transaction.atomic():
            action(request, str(row.pk), opened.who, form)
    except AftersaleError as error:
        fresh = queries.get_request(str(row.pk))
        return _status(opened, fresh, Entered(form, return_form.fault_of(error)))
    return _redirect(opened, row.number, 303)


def _text(form: Mapping[str, str], field: str) -> str:
    return form.get(field, "").replace("\r\n", "\n").strip()


def _write(_request: HttpRequest, key: str, who: Requester, form: Mapping[str, str]) -> None:
    messages.add_message(key, who, text=_text(form, "text"), now=timezone.now())


def _answer(_request: HttpRequest, key: str, who: Requester, form: Mapping[str, str]) -> None:
    messages.provide_info(key, who, answer=_text(form, "answer"), now=timezone.now())


def _send(_request: HttpRequest, key: str, who: Requester, form: Mapping[str, str]) -> None:
    sending.provide_shipping(
        key,
        who,
        tracking_number=_text(form, "tracking_number"),
        carrier=_text(form, "carrier"),
        now=timezone.now(),
    )


def _add_photos(request: HttpRequest, key: str, who: Requester, _form: Mapping[str, str]) -> None:
    files = request.FILES.getlist("photos")
    if not files:
        raise pictures.FileRefused("Send a file.", field="file", code="REQUIRED")
    for file in files[: attachments.MAX_PHOTOS + 1]:
        attachments.add_photo(key, attachments.read_upload(file), who, now=timezone.now())


def _cancel(_request: HttpRequest, key: str, who: Requester, _form: Mapping[str, str]) -> None:
    actions.cancel_return(key, who, now=timezone.now())


_ACTIONS: Dict[str, Callable[[HttpRequest, str, Requester, Mapping[str, str]], None]] = {
    "message": _write,
    "answer": _answer,
    "shipping": _send,
    "photos": _add_photos,
    "cancel": _cancel,
}


# Both


def _page(name: str, opened: _Opened, context: Dict[str, Any], status: int) -> HttpResponse:
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


def _redirect(opened: _Opened, number: str, status: int) -> HttpResponse:
    response = answers.page("", status)
    rest = f"return/{opened.token}/" + (f"{number}/" if number else "")
    path = hooks.page_path(PLUGIN_ID, opened.record.channel, rest)
    response["Location"] = f"{path}?language={opened.language}"
    return response
