"""What the page of one return request shows: where it stands, what to do next, what was said."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, List, Mapping, NamedTuple, Optional

from .. import texts
from ..appearance import paragraphs
from ..returns import attachments, file_links, methods, policy, states
from ..returns.methods import WayBack
from ..returns.models import ReturnRequest
from ..returns.remedies import REMEDIES
from ..returns.states import Action, ReturnState
from ..returns.threads import Kind
from ..values import Role
from . import return_parcels, return_refunds
from .parcels import Reader
from .return_link import Opened


class Entered(NamedTuple):
    """A form that couldn't be taken, to be shown again as it was filled in."""

    typed: Mapping[str, str] = {}
    #: Sentence by field.
    faults: Mapping[str, str] = {}


def context_of(
    request: ReturnRequest, opened: Opened, entered: Entered, *, now: datetime
) -> Dict[str, Any]:
    """
    What ``pages/return_status.html`` needs.

    Args:
        request: with its details.
        opened: its order; the page's language is the one that is active.
    """
    chosen = methods.chosen_methods([request.pk]).get(request.pk)
    way = methods.way_back(request, chosen, opened.settings)
    decided = list(request.remedies.order_by("number"))
    reader = Reader(opened.language, opened.file.order.customer_name, now)
    photos = attachments.photos_of(request)
    possible = _possible(request)
    is_ended = ReturnState(request.state) in states.ENDED
    return {
        "number": request.number,
        "order_number": request.order.number,
        "state_text": texts.text("return." + _standing(request)),
        "next_text": _next(request),
        "is_trouble": request.state in ("DECLINED", "NEEDS_INFO", "RESOLUTION_FAILED"),
        "decline_text": texts.text("refusal." + request.decline_code)
        if request.decline_code
        else "",
        "decline_note": request.decline_note,
        "send_back_by": request.send_back_by if Action.PROVIDE_SHIPPING in possible else None,
        "lines": request.lines.all(),
        "wish": texts.text("resolution." + request.resolution)
        if "resolution." + request.resolution in texts.TEXTS
        else "",
        "is_decided": bool(decided),
        "refunds": return_refunds.shown_refunds(request, decided, opened.language),
        "way": _way(request, way, now) if way and not is_ended else None,
        "parcels": return_parcels.shown_parcels(request, reader),
        "messages": _messages(request),
        "photos": [
            {"name": row.name, "url": file_links.attachment_url(row, request, now)}
            for row in photos
        ],
        "may_add_photo": not is_ended and len(photos) < attachments.MAX_PHOTOS,
        "may_answer": Action.PROVIDE_INFO in possible,
        "may_send": Action.PROVIDE_SHIPPING in possible and not (way and way.is_nothing_to_send),
        "may_cancel": Action.CANCEL in possible,
        "may_change": Action.UPDATE in possible,
        "may_reopen": Action.REOPEN in possible,
        "may_submit": Action.SUBMIT in possible and Action.DISCARD in possible,
        "typed": entered.typed,
        "faults": entered.faults,
        "fault": next(iter(entered.faults.values()), ""),
    }


def _possible(request: ReturnRequest) -> List[Action]:
    """What the holder of a link may do now: the API's ``availableActions``."""
    is_withdrawal = any(
        line.basis == policy.Basis.WITHDRAWAL.value for line in request.lines.all()
    )  # fmt: skip
    state = ReturnState(request.state)
    return states.actions_for(state, Role.GUEST, has_withdrawal=is_withdrawal)


def may_change(request: ReturnRequest) -> bool:
    """Whether lines, wish and note can still be changed."""
    return Action.UPDATE in _possible(request)


def _standing(request: ReturnRequest) -> str:
    """The state; told apart whether money or goods are on their way."""
    plan = REMEDIES.get(request.resolution)
    is_about_goods = plan is not None and plan.means is None
    is_resolving = request.state == ReturnState.RESOLVING.value
    return "RESOLVING_GOODS" if is_resolving and is_about_goods else request.state


def _next(request: ReturnRequest) -> str:
    code = "return_next." + _standing(request)
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


def _messages(request: ReturnRequest) -> List[Dict[str, Any]]:
    """The thread, oldest first; never a note, which only staff see."""
    customers = {role.value for role in states.CUSTOMER}
    return [
        {"is_mine": row.role in customers, "text": row.text, "at": row.written_at}
        for row in request.messages.exclude(kind=Kind.NOTE.value).order_by("pk")
    ]
