"""The tracking page behind a signed link."""

from __future__ import annotations

from typing import Any, Dict

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone

from .. import access, config, texts, timelines
from ..config import Settings
from ..tracking import queries
from . import answers


def tracking_page(request: HttpRequest, token: str, channel: str) -> HttpResponse:
    """The order a link opens, or why it opens none."""
    try:
        record = queries.record_of_link(token, timezone.now())
    except access.ExpiredLink as error:
        return answers.message(channel, error.code, status=410)
    except access.InvalidLink as error:
        return answers.message(channel, error.code, status=404)
    settings = config.settings_of(record.channel)
    file = timelines.load([record.order_ref]).get(record.order_ref)
    if file is None or record.channel != channel:
        return answers.not_found(channel)
    language = timelines.language_of(file.order, settings, request.GET.get("language"))
    shown = timelines.view(file, timezone.now(), language)
    with texts.in_language(language):
        context = _page_context(shown, file, settings, channel)
        body = render_to_string("saleor_aftersale/pages/tracking.html", context)
    return answers.page(body)


def _page_context(
    shown: timelines.TimelineView, file: timelines.OrderFile, settings: Settings, channel: str
) -> Dict[str, Any]:
    return {
        **answers.common_context(channel, shown.language, settings),
        "languages": [
            {
                "code": code,
                "name": texts.LANGUAGE_NAMES[code],
                "url": f"?language={code}",
                "is_current": code == shown.language,
            }
            for code in settings.languages
        ],
        "number": shown.number,
        "text": shown.text,
        "progress": shown.progress,
        "milestones": [
            {
                "label": item.label,
                "state": item.state,
                "state_text": texts.text("milestone_state." + item.state),
                "reached_at": item.reached_at,
            }
            for item in shown.milestones
        ],
        "parcels": [
            {
                "title": _parcel_title(position, len(shown.shipments)),
                "carrier": parcel.carrier_name,
                "tracking_number": parcel.tracking_number,
                "tracking_url": parcel.tracking_url,
                "status_text": parcel.text,
                "progress": parcel.progress,
                "is_returning": parcel.is_returning,
                "estimate": parcel.estimate,
                "lines": parcel.lines,
                "events": parcel.events,
            }
            for position, parcel in enumerate(shown.shipments, 1)
        ],
        "returns": [
            {
                "number": request.number,
                "state_text": texts.text("return." + request.state),
                "lines": request.lines.all(),
                "updated_at": request.updated_at,
            }
            for request in file.requests
        ],
        "entries": shown.entries,
        "updated_at": shown.updated_at,
        "return_options_url": "",
    }


def _parcel_title(position: int, total: int) -> str:
    if total == 1:
        return texts.text("parcel.only")
    return texts.text("parcel.title", position=position, total=total)
