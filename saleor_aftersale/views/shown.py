"""What the tracking page shows, in words: one timeline turned into its template's context."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from .. import appearance, texts, timelines
from ..config import Settings
from ..redaction import redacted
from ..returns.models import ReturnRequest
from ..timelines import ShipmentView
from ..tracking import questions
from ..tracking.questions import Topic
from ..tracking.statuses import ShipmentStatus
from . import parcels
from .parcels import Reader

#: The shop acts, but the customer says how: what the advice asks comes instead of "we act".
_DECIDED_BY_CUSTOMER = frozenset({Topic.RETURNING, Topic.LOST})


class Entered(NamedTuple):
    """A form that couldn't be taken, to be shown again as it was filled in."""

    parcel_id: int
    comment: str
    #: Code of the sentence that says why.
    fault_code: str


class Page(NamedTuple):
    """All the page is made of."""

    view: timelines.TimelineView
    customer_name: str
    #: Its return requests, oldest first.
    requests: List[ReturnRequest]
    #: When a parcel was stated not to have come, by its key.
    stated_at: Mapping[int, datetime]
    settings: Settings
    now: datetime
    entered: Optional[Entered]

    @property
    def zone(self) -> timezone:
        """Where the newest scan was made: all moments but other scans are told in its time."""
        newest = max(
            (event.occurred_at for item in self.view.shipments for event in item.events),
            default=self.now,
        )
        return timezone(newest.utcoffset() or timedelta(0))

    @property
    def reader(self) -> Reader:
        """Who reads it."""
        offset = self.zone.utcoffset(None)
        return Reader(self.view.language, self.customer_name, self.now, offset)


def context_of(page: Page, token: str) -> Dict[str, Any]:
    """What ``pages/tracking.html`` needs; in the active language."""
    view, settings = page.view, page.settings
    shown = [_parcel(page, item, number) for number, item in enumerate(view.shipments, 1)]
    single = shown[0] if len(shown) == 1 else None
    return {
        "languages": _languages(page),
        "zone": str(page.zone),
        "number": view.number,
        "text": view.text,
        "progress": view.progress,
        "estimate": single["estimate"] if single else None,
        "is_trouble": bool(single and single["is_trouble"]),
        "is_returning": bool(single and single["is_returning"]),
        "heard_at": view.heard_at,
        "heard_ago": parcels.ago(view.heard_at, page.reader),
        "updated_at": view.updated_at,
        "milestones": [_milestone(item) for item in view.milestones],
        "parcels": shown,
        "returns": [_return(request, view.language) for request in page.requests],
        "entries": [entry for entry in view.entries if entry.kind != "SHIPMENT"],
        "questions": _questions(page),
        "tips": appearance.paragraphs(settings.care_tips),
        "contact_url": appearance.contact_url(settings.support_contact),
        # Our own pages are named from here, so that the page doesn't hold the token.
        "return_options_url": settings.return_page_url.replace("{token}", token)
        or f"return/?language={view.language}",
        "fault": texts.text(page.entered.fault_code) if page.entered else "",
    }


def _languages(page: Page) -> List[Dict[str, Any]]:
    return [
        {
            "code": code,
            "name": texts.LANGUAGE_NAMES[code],
            "url": f"./?language={code}",
            "is_current": code == page.view.language,
        }
        for code in page.settings.languages
    ]


def _milestone(item: timelines.MilestoneView) -> Dict[str, Any]:
    return {
        "label": item.label,
        "state": item.state,
        "state_text": texts.text("milestone_state." + item.state),
        "reached_at": item.reached_at,
    }


def _return(request: Any, language: str) -> Dict[str, Any]:
    return {
        "number": request.number,
        "url": f"return/{request.number}/?language={language}",
        "state_text": texts.text("return." + request.state),
        "lines": request.lines.all(),
        "updated_at": request.updated_at,
    }


def _parcel(page: Page, item: ShipmentView, number: int) -> Dict[str, Any]:
    topic = parcels.topic_of(item)
    advice = "advice." + topic.value
    return {
        **parcels.facts_of(item, page.reader),
        "key": item.id or f"host-{number}",
        "title": _title(number, len(page.view.shipments)),
        "act_text": "" if topic in _DECIDED_BY_CUSTOMER else item.act_text,
        "advice": texts.text(advice) if advice in texts.TEXTS else "",
        "collect_by": item.collect_by,
        "place": redacted(_place(item), page.customer_name)
        if topic is Topic.READY_FOR_PICKUP
        else "",
        "estimate": item.estimate,
        "lines": item.lines,
        **_statement(page, item, topic),
    }


def _title(number: int, total: int) -> str:
    if total == 1:
        return texts.text("parcel.only")
    return texts.text("parcel.title", position=number, total=total)


def _place(item: ShipmentView) -> str:
    """Where it waits: the place of the newest scan that says it waits."""
    waiting = ShipmentStatus.READY_FOR_PICKUP.value
    return next((event.location for event in item.events if event.status == waiting), "")


def _statement(page: Page, item: ShipmentView, topic: Topic) -> Dict[str, Any]:
    """What was stated about the parcel, or the form to state it where it makes sense."""
    stated_at = page.stated_at.get(item.id) if item.id is not None else None
    may_state = item.id is not None and topic in (Topic.DELIVERED, Topic.DELAYED)
    entered = page.entered if page.entered and page.entered.parcel_id == item.id else None
    return {
        "stated_at": stated_at,
        "may_state": may_state and stated_at is None,
        "entered": entered.comment if entered else "",
        "fault": texts.text(entered.fault_code) if entered else "",
    }


def _questions(page: Page) -> List[Dict[str, Any]]:
    """Questions on every topic the order's parcels have, the merchant's own ones first asked."""
    topics = list(dict.fromkeys(parcels.topic_of(item) for item in page.view.shipments))
    found: List[Tuple[str, str]] = []
    for topic in topics or [Topic.PREPARING]:
        own = questions.own_answers(page.settings.faq, topic, page.view.language)
        found += own or _built_in(topic)
    return [
        {"question": question, "answer": appearance.paragraphs(answer)}
        for question, answer in found
    ]


def _built_in(topic: Topic) -> List[Tuple[str, str]]:
    codes = [f"{topic.value}.{number}" for number in (1, 2)]
    return [
        (texts.text("question." + code), texts.text("answer." + code))
        for code in codes
        if "question." + code in texts.TEXTS
    ]
