"""Files of a return request: photos of customers, labels of the shop; kept in our own tables."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta
from typing import List, NamedTuple

from django.db import transaction

from .. import access
from ..values import Requester
from . import pictures, states
from .history import locked_request
from .models import ReturnAttachment, ReturnRequest
from .pictures import FileRefused, Picture
from .states import ReturnState, TransitionNotAllowed

#: Kinds of files.
PHOTO = "PHOTO"
LABEL = "LABEL"

MAX_PHOTOS = 10
MAX_NAME = 100
#: Labels are kept as they are.
MAX_LABEL_BYTES = 2 * 1024 * 1024

#: Decoding costs more than asking: tries in an hour for one request.
_TRIES = 60

_PDF = "application/pdf"
_ENDINGS = {"image/jpeg": ".jpg", _PDF: ".pdf"}


class Upload(NamedTuple):
    """A file as somebody sent it."""

    name: str
    content: bytes


def read_upload(file: object, field: str = "file") -> Upload:
    """
    What came with a form or a multipart request; a file that is too large isn't read.

    Raises:
        FileRefused: there is no file, or it is empty or too large.
    """
    if not hasattr(file, "read"):
        raise FileRefused("Send a file.", field=field, code="REQUIRED")
    pictures.check_size(getattr(file, "size", 0) or 0, field)
    return Upload(str(getattr(file, "name", "") or ""), file.read(pictures.MAX_BYTES + 1))


def shown_name(name: str, content_type: str) -> str:
    """A name people may read: no folders, no control characters, the ending of what it is."""
    last = re.split(r"[/\\]", name)[-1]
    # Surrogates and marks that turn the direction of writing would disguise the ending.
    printable = "".join(letter for letter in last if letter.isprintable())
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", printable.strip()).strip(". ")
    ending = _ENDINGS[content_type]
    return (stem or "file")[: MAX_NAME - len(ending)] + ending


def add_photo(
    request_id: str, upload: Upload, requester: Requester, *, now: datetime
) -> ReturnAttachment:
    """
    Clean a photo and keep it with a request that is still open.

    The same photo sent twice is kept once.

    Raises:
        FileRefused: see ``pictures.clean``; ``TOO_MANY_FILES`` above ten photos.
        RateLimited: too many tries for this request.
        TransitionNotAllowed: the request is closed.
    """
    access.limit_rate("return-photo", request_id, tries=_TRIES, period=timedelta(hours=1))
    picture = pictures.clean(upload.content)
    return keep_photo(request_id, upload.name, picture, requester, now=now)


def keep_photo(
    request_id: str, name: str, picture: Picture, requester: Requester, *, now: datetime
) -> ReturnAttachment:
    """
    Keep a photo that was cleaned before.

    Raises:
        FileRefused: ``TOO_MANY_FILES`` above ten photos.
        TransitionNotAllowed: the request is closed.
    """
    with transaction.atomic():
        request = locked_request(request_id)
        check_open(request)
        attachment = _kept(request, PHOTO, name, picture, requester, now)
        if request.attachments.filter(kind=PHOTO).count() > MAX_PHOTOS:
            raise FileRefused(
                f"Use up to {MAX_PHOTOS} photos.", field="file", code="TOO_MANY_FILES"
            )
    return attachment


def photos_of(request: ReturnRequest) -> List[ReturnAttachment]:
    """Photos of a request, oldest first, without their content."""
    rows = ReturnAttachment.objects.filter(request=request, kind=PHOTO)
    return list(rows.defer("content").order_by("pk"))


def check_open(request: ReturnRequest) -> None:
    """
    Check that something may still be added to a request.

    Raises:
        TransitionNotAllowed: it has come to its end.
    """
    if ReturnState(request.state) in states.ENDED:
        raise TransitionNotAllowed(f"A request in state {request.state} takes no files.")


def clean_label(content: bytes) -> Picture:
    """
    A label of the shop's: a PDF as it is, a picture drawn anew.

    Raises:
        FileRefused: it is neither, too large or damaged.
    """
    if not content.startswith(b"%PDF-"):
        return pictures.clean(content, "label_file")
    pictures.check_size(len(content), "label_file", most=MAX_LABEL_BYTES)
    if b"%%EOF" not in content[-1024:]:
        raise FileRefused("The PDF is damaged.", field="label_file")
    return Picture(_PDF, content)


def keep_label(
    request: ReturnRequest, name: str, label: Picture, requester: Requester, now: datetime
) -> ReturnAttachment:
    """Keep a cleaned label with a request that the caller has locked."""
    return _kept(request, LABEL, name, label, requester, now)


def _kept(
    request: ReturnRequest,
    kind: str,
    name: str,
    file: Picture,
    requester: Requester,
    now: datetime,
) -> ReturnAttachment:
    attachment, _is_new = ReturnAttachment.objects.get_or_create(
        request=request,
        kind=kind,
        content_hash=hashlib.sha256(file.content).hexdigest(),
        defaults={
            "name": shown_name(name, file.content_type),
            "content_type": file.content_type,
            "content": file.content,
            "size_bytes": len(file.content),
            "role": requester.role.value,
            "requester_label": requester.label[:254],
            "created_at": now,
        },
    )
    return attachment
