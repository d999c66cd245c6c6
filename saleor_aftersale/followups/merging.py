"""
Parcels of one order that are sent soon after each other are told of in one mail.

The mail about a part of an order waits for ``MERGE_WINDOW``. What is sent within that
time takes its parcels over; the mail about the last part waits for nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import List

from ..config import settings_of
from .catalogue import is_enabled
from .kinds import Context, Draft
from .models import OutboxMail
from .schedule import MailState, Skip

#: Parcels of an order sent within this time are told of in one mail.
MERGE_WINDOW = timedelta(minutes=30)

_WHOLE, _PART = "shipment.sent", "shipment.split"

#: What a mail says of its parcel.
_FACTS = ("carrier", "tracking_number", "tracking_url", "lines")


def with_waiting(key: str, draft: Draft, now: datetime) -> Draft:
    """
    The draft with the parcels of mails that still wait, which are left out instead.

    A mail that a worker has already is left to it. Drafts of other keys come back as they are.
    """
    if key not in (_WHOLE, _PART):
        return draft
    waiting = _waiting(key, draft, now)
    due_at = min([now + MERGE_WINDOW, *(row.due_at for row in waiting)])
    draft = replace(draft, due_at=due_at if key == _PART else None)
    if not waiting:
        return draft
    OutboxMail.objects.filter(pk__in=[row.pk for row in waiting]).update(
        state=MailState.SKIPPED.value, detail=Skip.MERGED.value
    )
    # A notice beside a mail tells of the same parcel.
    told = {row.subject_ref: row.context for row in waiting}
    parcels = [parcel for context in told.values() for parcel in _parcels(context)]
    return replace(draft, context={**draft.context, "more_parcels": parcels})


def _waiting(key: str, draft: Draft, now: datetime) -> List[OutboxMail]:
    """Mails of the window that no worker has, locked, oldest first."""
    rows = OutboxMail.objects.filter(
        order__order_ref=draft.order_ref,
        key=_PART,
        state=MailState.QUEUED.value,
        due_at__gt=now,
        created_at__gt=now - MERGE_WINDOW,
    ).exclude(subject_ref=draft.subject_ref)
    found = list(rows.select_for_update(skip_locked=True, of=("self",)).order_by("pk"))
    # A mail that is switched off takes nothing over.
    is_told = found and is_enabled(key, settings_of(found[0].order.channel))
    return found if is_told else []


def _parcels(context: Context) -> List[Context]:
    """The parcels a mail tells of, in the order they were sent."""
    return [
        *context.get("more_parcels", []),
        {name: context[name] for name in _FACTS},
    ]
