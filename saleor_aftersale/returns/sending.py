"""Goods sent back: the parcel, as customer or staff tell of it."""

from __future__ import annotations

import re
from datetime import datetime

from django.db import transaction

from ..tracking.carriers import recognise
from ..tracking.carriers.base import normalise_number
from ..values import Requester
from . import return_parcels
from .actions import note_sent
from .checks import InvalidInput
from .history import check_permitted, locked_request, move
from .models import ReturnRequest
from .states import Action, ReturnState

#: Goods of one request come back in no more parcels.
MAX_PARCELS = 20

_APPROVED = (ReturnState.APPROVED, ReturnState.PARTLY_APPROVED)


def provide_shipping(
    request_id: str, requester: Requester, *, tracking_number: str, carrier: str = "", now: datetime
) -> ReturnRequest:
    """
    Say by which parcel goods come back: the proof that they were sent.

    The first one stops the merchant's right to withhold the refund of a withdrawal. The
    same number again writes nothing; another one is a further parcel.

    Args:
        carrier: as the person named it; empty: whom the number tells beyond doubt.

    Raises:
        InvalidInput: no number, or none a carrier would print; no carrier's code.
        TransitionNotAllowed: there is nothing to send, or it has arrived.

    Source: Directive 2011/83/EU Art. 13(3).
    """
    number = number_of(tracking_number)
    code = carrier_of(carrier, number)
    with transaction.atomic():
        request = locked_request(request_id)
        check_permitted(request, Action.PROVIDE_SHIPPING, requester)
        is_known = request.parcels.filter(tracking_number=number).exists()
        if is_known and request.sent_at is not None:
            return request
        add_parcel(request, number, code, requester, now)
        request.sent_at = request.sent_at or now
        state = ReturnState(request.state)
        if state in _APPROVED:
            note_sent(request, requester, reason=number, now=now)
        else:
            move(request, Action.PROVIDE_SHIPPING, state, requester, reason=number, now=now)
    return request


def add_parcel(
    request: ReturnRequest, number: str, carrier: str, requester: Requester, now: datetime
) -> None:
    """
    Have a parcel of a locked request tracked; says nothing about whether it was sent.

    Raises:
        InvalidInput: there are too many.
    """
    others = request.parcels.exclude(tracking_number=number)
    if others.count() >= MAX_PARCELS:
        raise InvalidInput(f"A request has up to {MAX_PARCELS} parcels.", field="tracking_number")
    return_parcels.keep_parcel(request, number, carrier, requester, now)


def number_of(written: str) -> str:
    """
    A tracking number as it is compared.

    Raises:
        InvalidInput: none was written, or none a carrier would print.
    """
    number = normalise_number(written[:200])
    if not number:
        raise InvalidInput("Write the tracking number.", field="tracking_number", code="REQUIRED")
    if not re.fullmatch(rf"[0-9A-Z]{{4,{recognise.MAX_LENGTH}}}", number):
        raise InvalidInput("This is no tracking number.", field="tracking_number")
    return number


def carrier_of(named: str, number: str) -> str:
    """
    The named carrier's code, else the one the number tells; empty while unknown.

    Raises:
        InvalidInput: it is no code.
    """
    code = re.sub(r"[\s_]+", "_", named.strip().lower())
    if code and not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", code):
        raise InvalidInput("Name the carrier by its code, as ups or dhl.", field="carrier")
    return code or recognise.recognise(number) or ""
