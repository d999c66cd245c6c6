"""
Forgets by itself what has been kept long enough: photos, messages, scores, raw records.

Source: Regulation (EU) 2016/679 Art. 5(1)(e).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.cache import cache
from django.db.models import QuerySet

from ..feedback.models import Feedback
from ..returns import states
from ..returns.models import ReturnAttachment, ReturnMessage, ReturnRequest
from ..tracking import raw_records
from . import periods
from .periods import MESSAGES, PHOTOS, RAW_RECORDS, SCORES, Period

#: Rows of a kind that one sweep deletes; what is left, the next one does.
BATCH_SIZE = 500

_KEY = "aftersale-retention-done"
_DAY = timedelta(days=1)
#: How far the walk along the events has come; it begins anew each month, or when it is lost.
_POSITION = "aftersale-retention-events-{:%Y-%m}"
_MONTH = timedelta(days=31)
_ENDED = [state.value for state in states.ENDED]


def forget_old(now: datetime) -> None:
    """Delete what is old, once a day; several sweeps when there is much of it."""
    if cache.get(_KEY) is not None:
        return
    deleted = [
        _delete_some(ReturnAttachment.objects.filter(request__in=_over(PHOTOS, now))),
        _delete_some(ReturnMessage.objects.filter(request__in=_over(MESSAGES, now))),
        _delete_some(Feedback.objects.filter(changed_at__lt=periods.start_of(SCORES, now))),
        raw_records.forget_pushes(now - RAW_RECORDS, most=BATCH_SIZE),
    ]
    is_all_blank = _blank_some(now)
    if max(deleted) < BATCH_SIZE and is_all_blank:
        cache.set(_KEY, True, int(_DAY.total_seconds()))


def _blank_some(now: datetime) -> bool:
    """Whether no event is left whose raw copy is too old."""
    key = _POSITION.format(now)
    walk = raw_records.forget_payloads(now - RAW_RECORDS, after=cache.get(key, 0))
    cache.set(key, walk.last, int(_MONTH.total_seconds()))
    return walk.is_over


def _over(period: Period, now: datetime) -> QuerySet[ReturnRequest]:
    """Ended requests that nothing happened to in that time."""
    before = periods.start_of(period, now)
    return ReturnRequest.objects.filter(updated_at__lt=before, state__in=_ENDED)


def _delete_some(rows: QuerySet) -> int:
    keys = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH_SIZE])
    rows.model.objects.filter(pk__in=keys).delete()
    return len(keys)
