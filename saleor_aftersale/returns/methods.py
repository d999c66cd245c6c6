"""How the goods of a request come back: decided by staff, else by the shop's settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Dict, Iterable, NamedTuple, Optional
from urllib.parse import urlsplit

from django.db import transaction

from ..config import Settings
from ..events import ReturnMethodSet, publish
from ..values import Requester
from . import attachments, bases, clocks, sending
from .bases import Basis
from .checks import InvalidInput, check_text
from .history import bases_of, locked_request
from .models import ReturnAttachment, ReturnMethod, ReturnRequest
from .states import RELEASING, ReturnState

#: The customer has been told to send the goods, or that there is nothing to send.
_TO_BE_SENT = frozenset({ReturnState.APPROVED, ReturnState.PARTLY_APPROVED})

#: The shop hasn't agreed yet; a withdrawal needs nobody's consent.
_UNDECIDED = frozenset({ReturnState.SUBMITTED, ReturnState.NEEDS_INFO, ReturnState.REOPENED})

_MAX_URL = 2000
_MAX_CODE = 200
_MAX_PLACE = 1000


@dataclass(frozen=True)
class WishedMethod:
    """What staff decided for one request."""

    method: str
    instructions: str = ""
    #: An address that starts with https://, or empty.
    label_url: str = ""
    label: Optional[attachments.Upload] = None
    code: str = ""
    drop_off_point: str = ""
    #: Of the label, as it is printed; its first scan tells that the goods were sent.
    tracking_number: str = ""
    #: Carrier code; empty: whom the number tells.
    carrier: str = ""


class WayBack(NamedTuple):
    """How goods come back, as the customer reads it."""

    method: str
    instructions: str
    label_url: str
    label: Optional[ReturnAttachment]
    code: str
    drop_off_point: str

    @property
    def is_nothing_to_send(self) -> bool:
        """Whether the customer keeps everything."""
        return self.method in bases.NOTHING_TO_SEND


def set_method(
    request_id: str, requester: Requester, wish: WishedMethod, *, now: datetime
) -> ReturnMethod:
    """
    Decide how the goods of a request come back; replaces what was decided before.

    Effects in order: the row is written, the request's clocks are set again, and
    ``ReturnMethodSet`` is published where the customer waits to send.

    Raises:
        InvalidInput: no such method, an address that isn't https, or what the method
            needs is missing: a label, a code, a place.
        FileRefused: the label's file isn't kept.
        TransitionNotAllowed: the request is closed.
    """
    _check(wish)
    number = sending.number_of(wish.tracking_number) if wish.tracking_number else ""
    carrier = sending.carrier_of(wish.carrier, number)
    label = attachments.clean_label(wish.label.content) if wish.label else None
    with transaction.atomic():
        request = locked_request(request_id)
        attachments.check_open(request)
        if wish.method == "COD_RETURN" and request.order.country != bases.COD_RETURN_COUNTRY:
            raise InvalidInput("COD_RETURN is offered in Bulgaria only.", field="method")
        kept = None
        if wish.label and label:
            kept = attachments.keep_label(request, wish.label.name, label, requester, now)
        row, _is_new = ReturnMethod.objects.update_or_create(
            request=request,
            defaults={
                "method": wish.method,
                "instructions": wish.instructions,
                "label_url": wish.label_url,
                "label": kept,
                "code": wish.code,
                "drop_off_point": wish.drop_off_point,
                "decided_by": requester.label[:254],
                "decided_at": now,
            },
        )
        if number:
            sending.add_parcel(request, number, carrier, requester, now)
        request.chosen_method = row
        clocks.set_clocks(request, bases_of(request), now)
        request.save()
        if ReturnState(request.state) in _TO_BE_SENT:
            publish(ReturnMethodSet(row.pk, request.pk, request.order.order_ref))
    return row


def way_back(
    request: ReturnRequest, row: Optional[ReturnMethod], settings: Settings
) -> Optional[WayBack]:
    """
    How the goods of a request come back; None before the shop agreed and after a refusal.

    Args:
        request: with its lines.
        row: what staff decided, see ``chosen_methods``. None: the first method of the
            settings, with their instructions.
    """
    state = ReturnState(request.state)
    is_withdrawal = any(line.basis == Basis.WITHDRAWAL.value for line in request.lines.all())
    if state in RELEASING or (state in _UNDECIDED and not is_withdrawal):
        return None
    if row is None and request.send_back_by is None and request.sent_at is None:
        # Nothing is waited for: see ``clocks.waived_at``.
        is_here = any(line.received_quantity for line in request.lines.all())
        if not is_here:
            return WayBack("NOT_REQUIRED", "", "", None, "", "")
    if row is None:
        return WayBack(settings.return_methods[0], settings.return_instructions, "", None, "", "")
    instructions = row.instructions or settings.return_instructions
    return WayBack(row.method, instructions, row.label_url, row.label, row.code, row.drop_off_point)


def chosen_methods(
    request_ids: Iterable[int], *, using: str = "default"
) -> Dict[int, ReturnMethod]:
    """What staff decided, by the request's key; one query, without the content of labels."""
    rows = ReturnMethod.objects.using(using).filter(request_id__in=list(request_ids))
    rows = rows.select_related("label").defer("label__content")
    return {row.request_id: row for row in rows}


def _check(wish: WishedMethod) -> None:
    if wish.method not in bases.METHODS:
        raise InvalidInput("There is no such return method.", field="method")
    check_text(wish.instructions, "instructions")
    _check_length(wish.code, "code", _MAX_CODE)
    _check_length(wish.drop_off_point, "drop_off_point", _MAX_PLACE)
    if wish.label_url:
        _check_url(wish.label_url)
    has_label = bool(wish.label_url or wish.label)
    if wish.method == "CARRIER_LABEL" and not has_label:
        raise InvalidInput("Give the label's address or file.", field="label_url", code="REQUIRED")
    if wish.method == "QR_NO_PRINT" and not (has_label or wish.code):
        raise InvalidInput("Give a code, an address or a file.", field="code", code="REQUIRED")
    if wish.method == "LOCKER_CODE" and not wish.code:
        raise InvalidInput("Give the locker's code.", field="code", code="REQUIRED")
    if wish.method == "DROP_OFF_POINT" and not wish.drop_off_point:
        raise InvalidInput("Name the place.", field="drop_off_point", code="REQUIRED")


def _check_length(value: str, field: str, most: int) -> None:
    if len(value) > most:
        raise InvalidInput(f"Use up to {most} characters.", field=field, code="TOO_LONG")
    check_text(value, field)


def _check_url(url: str) -> None:
    fault = InvalidInput("Write an address that starts with https://.", field="label_url")
    if len(url) > _MAX_URL or not url.isprintable() or set(url) & set(" <>\"'"):
        raise fault
    try:
        parts = urlsplit(url)
        is_good = parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        raise fault from None
    if not is_good:
        raise fault
