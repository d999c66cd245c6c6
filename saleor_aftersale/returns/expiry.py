"""Requests that end because the customer stays silent; a withdrawal never does."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction

from ..config import settings_of
from ..values import SYSTEM
from .history import locked_request, move
from .models import ReturnRequest
from .states import Action, ReturnState

logger = logging.getLogger(__name__)

#: Requests ended in one go; the next sweep takes the others.
TOGETHER = 200

#: While the plugin is switched off in a channel nothing ends there.
INACTIVE_PAUSE = timedelta(days=1)


def expire_silent(now: datetime) -> int:
    """
    End requests whose question wasn't answered or whose goods weren't sent in time, and
    discard drafts nobody sent.

    May run twice, also at once: each request is locked and looked at again.

    Returns:
        How many ended.
    """
    silent = ReturnRequest.objects.filter(expires_at__lte=now).order_by("expires_at")
    ended = 0
    for key in list(silent.values_list("pk", flat=True)[:TOGETHER]):
        try:
            ended += _expire(key, now)
        except Exception:
            logger.exception("Return request %s could not be ended.", key)
    return ended


def _expire(key: int, now: datetime) -> bool:
    with transaction.atomic():
        request = locked_request(str(key))
        if request.expires_at is None or request.expires_at > now:
            return False
        if request.state == ReturnState.DRAFT.value:
            request.delete()
            return True
        if not settings_of(request.channel).is_active:
            request.expires_at = now + INACTIVE_PAUSE
            request.save(update_fields=["expires_at"])
            return False
        is_question = request.state == ReturnState.NEEDS_INFO.value
        reason = "NO_ANSWER" if is_question else "NOTHING_SENT"
        move(request, Action.EXPIRE, ReturnState.EXPIRED, SYSTEM, reason=reason, now=now)
    return True
