"""Signed addresses of files that belong to one return request; they end by themselves."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Tuple

from django.core import signing

from ..access import ExpiredLink, InvalidLink
from ..config import PLUGIN_ID
from ..host import hooks
from ..values import NotFound
from .models import ReturnAttachment, ReturnRequest

#: An address stands in an answer that somebody has just got: it needn't last.
ATTACHMENT_VALID = timedelta(hours=1)
#: A slip may be printed days later.
SLIP_VALID = timedelta(days=7)

_SALT = "saleor_aftersale.returns.file_links."


def attachment_url(attachment: ReturnAttachment, request: ReturnRequest, now: datetime) -> str:
    """Absolute address of a file, valid for an hour."""
    token = _sign("attachment", attachment.pk, request, now + ATTACHMENT_VALID)
    return hooks.page_url(PLUGIN_ID, request.order.channel, f"return-file/{token}/")


def slip_url(request: ReturnRequest, now: datetime) -> str:
    """Absolute address of the printable return slip, valid for a week."""
    token = _sign("slip", request.pk, request, now + SLIP_VALID)
    return hooks.page_url(PLUGIN_ID, request.order.channel, f"return-slip/{token}/")


def attachment_of(token: str, now: datetime) -> ReturnAttachment:
    """
    The file an address opens, with its content.

    Raises:
        InvalidLink, ExpiredLink, NotFound: it opens none (any more).
    """
    key, generation = _read("attachment", token, now)
    row = ReturnAttachment.objects.select_related("request__order").filter(pk=key).first()
    if row is None:
        raise NotFound("There is no such file.")
    _check_generation(row.request, generation)
    return row


def request_of_slip(token: str, now: datetime) -> ReturnRequest:
    """
    The request whose slip an address opens.

    Raises:
        InvalidLink, ExpiredLink, NotFound: it opens none (any more).
    """
    key, generation = _read("slip", token, now)
    row = ReturnRequest.objects.select_related("order").filter(pk=key).first()
    if row is None:
        raise NotFound("There is no such return request.")
    _check_generation(row, generation)
    return row


def _sign(kind: str, key: int, request: ReturnRequest, expires_at: datetime) -> str:
    said = [key, request.order.link_generation, int(expires_at.timestamp())]
    return signing.dumps(said, salt=_SALT + kind)


def _read(kind: str, token: str, now: datetime) -> Tuple[int, int]:
    try:
        key, generation, expires_at = signing.loads(token[:1000], salt=_SALT + kind)
    except (signing.BadSignature, ValueError, TypeError):
        raise InvalidLink("This link is not valid.") from None
    if now.timestamp() > expires_at:
        raise ExpiredLink("This link has expired.")
    return key, generation


def _check_generation(request: ReturnRequest, generation: int) -> None:
    """Revoking the links to an order revokes those to its files."""
    if request.order.link_generation != generation:
        raise InvalidLink("This link is not valid.")
