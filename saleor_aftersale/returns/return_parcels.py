"""What carriers tell of parcels in which goods come back, and what that means for a request."""

from __future__ import annotations

from datetime import datetime
from typing import Dict

from django.utils import timezone

from ..events import ReturnParcelMoved, ReturnParcelTold, publish
from ..tracking import coming_back
from ..tracking.statuses import HANDED_OVER, ShipmentStatus
from ..values import SYSTEM, Requester
from . import noticing, states
from .actions import note_sent
from .history import has_withdrawal, locked_request, move
from .models import ReturnParcel, ReturnRequest
from .states import Action, ReturnState

#: News staff have to know of; the request itself waits for the warehouse, or for them.
NOTICES: Dict[ShipmentStatus, str] = {
    ShipmentStatus.DELIVERED: "RETURN_DELIVERED",
    ShipmentStatus.LOST: "RETURN_LOST",
    ShipmentStatus.DAMAGED: "RETURN_LOST",
    ShipmentStatus.RETURNED_TO_SENDER: "RETURN_SENT_BACK",
}

_APPROVED = (ReturnState.APPROVED, ReturnState.PARTLY_APPROVED)


def keep_parcel(
    request: ReturnRequest, number: str, carrier: str, requester: Requester, now: datetime
) -> ReturnParcel:
    """Write down a parcel of a locked request; ``ReturnParcelTold`` has it tracked."""
    parcel, is_new = ReturnParcel.objects.get_or_create(
        request=request,
        tracking_number=number,
        defaults={
            "carrier": carrier,
            "role": requester.role.value,
            "requester_label": requester.label,
            "told_at": now,
        },
    )
    if is_new:
        publish(ReturnParcelTold(str(parcel.pk), request.order.order_ref, number, carrier))
    return parcel


def note_news(event: ReturnParcelMoved) -> None:
    """
    Take a carrier's news of a return parcel, in the caller's transaction, which holds the
    order's lock.

    Effects in order: the first scan is the proof of sending and moves an approved request on
    to IN_TRANSIT; an end of the journey is noted for staff, who receive the goods, or resolve
    the request without them.
    """
    ref = coming_back.ref_of(event.shipment_id)
    parcel = ReturnParcel.objects.filter(pk=int(ref)).first()
    if parcel is None:
        return
    request = locked_request(str(parcel.request_id))
    status = ShipmentStatus(event.after)
    if status in HANDED_OVER:
        _note_handed_over(request, parcel, event)
    if status in NOTICES and ReturnState(request.state) not in states.IDLE:
        noticing.note_parcel(request, NOTICES[status], parcel.tracking_number, timezone.now())


def _note_handed_over(
    request: ReturnRequest, parcel: ReturnParcel, event: ReturnParcelMoved
) -> None:
    state = ReturnState(request.state)
    who = states.who_may(state, Action.PROVIDE_SHIPPING, has_withdrawal=has_withdrawal(request))
    if SYSTEM.role not in who or (request.sent_at and state not in _APPROVED):
        return
    now, reason = timezone.now(), parcel.tracking_number
    request.sent_at = request.sent_at or min(event.occurred_at, now)
    if state in _APPROVED:
        note_sent(request, SYSTEM, reason=reason, now=now)
    else:
        move(request, Action.PROVIDE_SHIPPING, state, SYSTEM, reason=reason, now=now)
