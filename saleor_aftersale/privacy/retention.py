"""
Forgets by itself what has been kept long enough: photos, messages, scores.

Source: Regulation (EU) 2016/679 Art. 5(1)(e).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.cache import cache
from django.db.models import QuerySet

from ..feedback.models import Feedback
from ..returns import states
from ..returns.models import ReturnAttachment, ReturnMessage, ReturnRequest
from . import periods
from .periods import MESSAGES, PHOTOS, SCORES, Period

#: Rows of a kind that one sweep deletes; what is left, the next one does.
BATCH_SIZE = 500

_KEY = "aftersale-retention-done"
_DAY = timedelta(days=1)
_ENDED = [state.value for state in states.ENDED]


def forget_old(now: datetime) -> None:
    """Delete what is old, once a day; several sweeps when there is much of it."""
    if cache.get(_KEY) is not None:
        return
    deleted = [
        _delete_some(ReturnAttachment.objects.filter(request__in=_over(PHOTOS, now))),
        _delete_some(ReturnMessage.objects.filter(request__in=_over(MESSAGES, now))),
        _delete_some(Feedback.objects.filter(changed_at__lt=periods.start_of(SCORES, now))),
    ]
    if max(deleted) < BATCH_SIZE:
        cache.set(_KEY, True, int(_DAY.total_seconds()))


def _over(period: Period, now: datetime) -> QuerySet[ReturnRequest]:
    """Ended requests that nothing happened to in that time."""
    before = periods.start_of(period, now)
    return ReturnRequest.objects.filter(updated_at__lt=before, state__in=_ENDED)


def _delete_some(rows: QuerySet) -> int:
    keys = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH_SIZE])
    rows.model.objects.filter(pk__in=keys).delete()
    return len(keys)
