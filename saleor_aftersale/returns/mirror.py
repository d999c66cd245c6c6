"""
The order's metadata as a mirror of its return requests: apps hear of them by Saleor's own
webhooks, storefronts read number and state with the order.

What is to be mirrored is a row with a ``due_at``, written with the change. The task reads the
requests while it holds the order's lock, which every change of them holds too: whichever task
comes last writes the last state.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import List, Union

from django.db import transaction
from django.utils import timezone

from ..config import settings_of
from ..events import MirrorDue, RefundSettled, ReturnTransitioned, publish
from ..host import metadata
from ..tracking.models import OrderRecord
from .models import OrderMirror
from .queries import requests_by_order
from .summaries import brief_of, summary_of

#: The same key in the public and in the private metadata.
KEY = "aftersale.returns"

#: The task is enqueued with the change; the sweep leaves it so long before it steps in.
GRACE = timedelta(minutes=1)

#: A mirror that failed waits so long for its next try.
PAUSE = timedelta(minutes=10)

#: While the plugin is switched off in a channel its mirrors wait this long at a time.
INACTIVE_PAUSE = timedelta(hours=1)


def note_change(event: Union[ReturnTransitioned, RefundSettled]) -> None:
    """Make the order's mirror due, in the caller's transaction; ``MirrorDue`` follows."""
    record = OrderRecord.objects.get(order_ref=event.order_ref)
    if settings_of(record.channel).is_active:
        OrderMirror.objects.update_or_create(order=record, defaults={"due_at": timezone.now()})
        publish(MirrorDue(event.order_ref))


def mirror_order(order_ref: str, now: datetime) -> bool:
    """
    Bring the metadata of one order up to its return requests; may run twice.

    Gives whether anything was written: what is there already is not written again, so that
    no app is told of nothing.
    """
    with transaction.atomic():
        record = OrderRecord.objects.select_for_update().filter(order_ref=order_ref).first()
        mirror = OrderMirror.objects.filter(order=record, due_at__isnull=False).first()
        if record is None or mirror is None:
            return False
        is_active = settings_of(record.channel).is_active
        mirror.due_at = None if is_active else now + INACTIVE_PAUSE
        mirror.save(update_fields=["due_at"])
        if not is_active:
            return False
        requests = requests_by_order([order_ref])[order_ref]
        return metadata.write_order_metadata(
            order_ref,
            public={KEY: _json([brief_of(request) for request in requests])},
            private={KEY: _json([summary_of(request) for request in requests])},
        )


def _json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def forgotten_mirrors(now: datetime, *, limit: int = 500) -> List[str]:
    """
    Refs of orders whose mirror waits longer than a task takes to start.

    Each is put off for the next sweeps, so that one that always fails doesn't hold up others.
    """
    rows = OrderMirror.objects.filter(due_at__lte=now - GRACE).order_by("due_at")
    found = dict(rows.values_list("pk", "order__order_ref")[:limit])
    OrderMirror.objects.filter(pk__in=list(found), due_at__lte=now - GRACE).update(
        due_at=now + PAUSE
    )
    return list(found.values())
