"""What the page of one return request shows: where it stands, what to do next, what was said."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, List, Mapping, NamedTuple, Optional

from .. import texts
from ..appearance import paragraphs
from ..config import Settings
from ..returns import attachments, file_links, methods, policy, states
from ..returns.methods import WayBack
from ..returns.models import ReturnRequest
from ..returns.states import Action, ReturnState
from ..returns.threads import Kind
from ..tracking.carriers import recognise
from ..values import Role


class Entered(NamedTuple):
    """A form that couldn't be taken, to be shown again as it was filled in."""

    typed: Mapping[str, str] = {}
    #: Sentence by field.
    faults: Mapping[str, str] = {}


def context_of(
    request: ReturnRequest, settings: Settings, entered: Entered, now: datetime
) -> Dict[str, Any]:
    """What ``pages/return_status.html`` needs; ``request`` is one with its details."""
    chosen = methods.chosen_methods([request.pk]).get(request.pk)
    way = methods.way_back(request, chosen, settings)
    photos = attachments.photos_of(request)
    is_ended = ReturnState(request.state) in states.ENDED
    return {
        "number": request.number,
        "order_number": request.order.number,
        "state_text": texts.text("return." + request.state),
        "next_text": _next(request),
        "is_trouble": request.state in ("DECLINED", "NEEDS_INFO", "RESOLUTION_FAILED"),
        "decline_text": texts.text("refusal." + request.decline_code)
        if request.decline_code
        else "",
        "decline_note": request.decline_note,
        "send_back_by": request.send_back_by if _may(request, Action.PROVIDE_SHIPPING) else None,
        "lines": request.lines.all(),
        "way": _way(request, way, now) if way and not is_ended else None,
        "parcels": [_parcel(row) for row in request.parcels.order_by("pk")],
        "messages": _messages(request),
        "photos": [
            {"name": row.name, "url": file_links.attachment_url(row, request, now)}
            for row in photos
        ],
        "may_add_photo": not is_ended and len(photos) < attachments.MAX_PHOTOS,
        "may_answer": _may(request, Action.PROVIDE_INFO),
        "may_send": _may(request, Action.PROVIDE_SHIPPING) and not (way and way.is_nothing_to_send),
        "may_cancel": _may(request, Action.CANCEL),
        "typed": entered.typed,
        "faults": entered.faults,
        "fault": next(iter(entered.faults.values()), ""),
    }


def _may(request: ReturnRequest, action: Action) -> bool:
    """Whether the holder of a link may do that now."""
    is_withdrawal = any(
        line.basis == policy.Basis.WITHDRAWAL.value for line in request.lines.all()
    )  # fmt: skip
    who = states.who_may(ReturnState(request.state), action, has_withdrawal=is_withdrawal)
    return Role.GUEST in who


def _next(request: ReturnRequest) -> str:
    code = "return_next." + request.state
    return texts.text(code) if code in texts.TEXTS else ""


def _way(request: ReturnRequest, way: WayBack, now: datetime) -> Dict[str, Any]:
    label_url: Optional[str] = way.label_url
    if way.label is not None:
        label_url = file_links.attachment_url(way.label, request, now)
    return {
        "text": texts.text("method." + way.method),
        "instructions": paragraphs(way.instructions),
        "label_url": label_url,
        "code": way.code,
        "drop_off_point": paragraphs(way.drop_off_point),
        "slip_url": "" if way.is_nothing_to_send else file_links.slip_url(request, now),
    }


def _parcel(row: Any) -> Dict[str, str]:
    return {
        "tracking_number": row.tracking_number,
        "carrier": recognise.name_of(row.carrier) if row.carrier else "",
        "url": recognise.tracking_url(row.carrier, row.tracking_number),
    }


def _messages(request: ReturnRequest) -> List[Dict[str, Any]]:
    """The thread, oldest first; never a note, which only staff see."""
    customers = {role.value for role in states.CUSTOMER}
    return [
        {"is_mine": row.role in customers, "text": row.text, "at": row.written_at}
        for row in request.messages.exclude(kind=Kind.NOTE.value).order_by("pk")
    ]
