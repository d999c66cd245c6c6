"""
Returns behind a signed link: the page that starts one, and the page of each request.

The token is the proof, as on the tracking page: nobody can guess one and no browser adds it
by itself, so there is nothing another site's form could ride on.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Callable, Dict, List, Mapping, NamedTuple, Optional

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from .. import access, config, texts
from ..returns import (
    actions,
    attachments,
    changes,
    drafts,
    messages,
    pictures,
    queries,
    sending,
)
from ..returns.models import ReturnRequest
from ..values import AftersaleError, NotFound, Requester
from . import answers, return_change, return_form, return_link, return_status
from .return_form import Filled
from .return_link import Opened
from .return_status import Entered

#: Largest form with its photos, in bytes.
MAX_BODY_BYTES = 41 * 1024 * 1024

#: Requests that one order's link may start in an hour.
_TRIES = 60

_READING = ("GET", "HEAD")
_NOTHING = Entered()

#: After a request's number: the page that changes it.
CHANGE = "change"


class _Place(NamedTuple):
    """What an address means."""

    opened: Opened
    row: Optional[ReturnRequest]
    is_change: bool


def respond(request: HttpRequest, rest: str, channel: str) -> HttpResponse:
    """
    Answer a request to the return pages.

    Args:
        rest: what follows ``return/``: a link's token, perhaps a request's number, and
            perhaps what to do with it.
    """
    token, _slash, rest = rest.partition("/")
    try:
        place = _place(request, token, rest, channel)
    except AftersaleError as error:
        return answers.refusal(error, channel)
    if request.method in _READING:
        if not request.path.endswith("/"):
            # Every address on the page is relative to this one, so that none holds the token.
            return return_link.redirect(place.opened, *rest.split("/"), status=302)
        return _shown(place)
    if request.method != "POST":
        return answers.not_found(channel)
    try:
        _check_length(request)
        form = dict(request.POST.items())
    except (RequestDataTooBig, TooManyFieldsSent):
        return answers.message(channel, "TOO_LARGE", status=413)
    with texts.in_language(place.opened.language):
        return _taken(request, place, form)


def _place(request: HttpRequest, token: str, rest: str, channel: str) -> _Place:
    number, _slash, what = rest.partition("/")
    if what not in ("", CHANGE):
        raise NotFound("There is no such page.")
    opened = return_link.open_link(request, token, channel)
    row = return_link.request_of(opened, number) if number else None
    return _Place(opened, row, bool(what))


def _shown(place: _Place) -> HttpResponse:
    opened, row, is_change = place
    if row is None:
        return _start(opened, return_form.blank())
    return return_change.show(opened, row) if is_change else _status(opened, row)


def _taken(request: HttpRequest, place: _Place, form: Mapping[str, str]) -> HttpResponse:
    opened, row, is_change = place
    if row is None:
        return _ask(request, opened, form)
    return return_change.save(opened, row, form) if is_change else _act(request, opened, row, form)


def from_tracking_page(request: HttpRequest, token: str, number: str, channel: str) -> HttpResponse:
    """The tracking page names these pages without the token: this leads on to them."""
    try:
        place = _place(request, token, number.strip("/"), channel)
    except AftersaleError as error:
        return answers.refusal(error, channel)
    return return_link.redirect(place.opened, place.row.number if place.row else "", status=302)


def _check_length(request: HttpRequest) -> None:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > MAX_BODY_BYTES:
        raise RequestDataTooBig


# The page that starts a return


def _start(opened: Opened, filled: Filled, status: int = 200) -> HttpResponse:
    file = opened.file
    with texts.in_language(opened.language):
        decisions = queries.decisions(
            file.order, file.parcels, opened.stated, opened.settings, timezone.now()
        )
        context = {
            **return_form.context_of(file.order, decisions, filled),
            "accepted": pictures.ACCEPTED,
            "earlier": [
                {"number": row.number, "state_text": texts.text("return." + row.state)}
                for row in opened.requests
            ],
        }
        return return_link.page("return_start", opened, context, status)


def _ask(request: HttpRequest, opened: Opened, form: Mapping[str, str]) -> HttpResponse:
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
        faults = return_form.faults_of(error, filled.wishes)
        return _start(opened, filled._replace(faults=faults), 400)
    return return_link.redirect(opened, row.number, status=303)


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


def _submit(opened: Opened, filled: Filled, photos: List[_Photo]) -> ReturnRequest:
    now = timezone.now()
    with transaction.atomic():
        row = actions.submit_return(
            opened.record,
            filled.wishes,
            opened.who,
            opened.settings,
            note=filled.note,
            resolution=filled.resolution,
            idempotency_key=filled.key,
            now=now,
        )
        for photo in photos:
            attachments.keep_photo(str(row.pk), photo.name, photo.picture, opened.who, now=now)
    return row


# The page of one request


def _status(opened: Opened, row: ReturnRequest, entered: Entered = _NOTHING) -> HttpResponse:
    with texts.in_language(opened.language):
        context = {
            **return_status.context_of(row, opened, entered, now=timezone.now()),
            "accepted": pictures.ACCEPTED,
        }
        return return_link.page("return_status", opened, context, 400 if entered.faults else 200)


def _act(
    request: HttpRequest, opened: Opened, row: ReturnRequest, form: Mapping[str, str]
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
        return _status(opened, fresh, Entered(form, return_form.faults_of(error)))
    # What was discarded has no page any more.
    place = "" if action is _discard else row.number
    return return_link.redirect(opened, place, status=303)


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


def _reopen(_request: HttpRequest, key: str, who: Requester, form: Mapping[str, str]) -> None:
    settings = config.settings_of(queries.get_request(key).order.channel)
    changes.reopen_return(key, who, settings, note=_text(form, "note"), now=timezone.now())


def _submit_draft(
    _request: HttpRequest, key: str, who: Requester, _form: Mapping[str, str]
) -> None:
    settings = config.settings_of(queries.get_request(key).order.channel)
    drafts.submit_draft(key, who, settings, now=timezone.now())


def _discard(_request: HttpRequest, key: str, who: Requester, _form: Mapping[str, str]) -> None:
    drafts.discard_draft(key, who)


_ACTIONS: Dict[str, Callable[[HttpRequest, str, Requester, Mapping[str, str]], None]] = {
    "message": _write,
    "answer": _answer,
    "shipping": _send,
    "photos": _add_photos,
    "cancel": _cancel,
    "reopen": _reopen,
    "submit": _submit_draft,
    "discard": _discard,
}
