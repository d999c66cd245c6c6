"""
Circuit breakers: a carrier's interface that fails is left alone, by all workers together.

Closed: it is asked. Open: nobody asks until a moment that is a row's ``open_until``. After it,
half open: the first worker that comes moves that moment on and asks for one batch; what comes
of it closes the circuit or opens it again, for longer.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Optional

from django.db import transaction

from . import poll_times
from .carriers.polls import PollFailed
from .models import CarrierCircuit

logger = logging.getLogger(__name__)


def left_alone_until(provider: str, channel: str, now: datetime) -> Optional[datetime]:
    """Until when nothing is to be asked; None: ask, and note what came of it."""
    row = CarrierCircuit.objects.filter(provider=provider, channel=channel).first()
    if row is None or row.open_until is None:
        return None
    if row.open_until > now:
        return row.open_until
    # Of two workers that see the end of the pause one changes the row.
    unchanged = CarrierCircuit.objects.filter(pk=row.pk, open_until=row.open_until)
    probed_until = now + poll_times.PROBE
    return None if unchanged.update(open_until=probed_until) else probed_until


def note_success(provider: str, channel: str, now: datetime) -> None:
    """The interface answered: the circuit is closed."""
    rows = CarrierCircuit.objects.filter(provider=provider, channel=channel)
    rows.exclude(failures=0, open_until=None, last_error="").update(
        failures=0, open_until=None, last_error="", updated_at=now
    )


def note_failure(provider: str, channel: str, error: PollFailed, now: datetime) -> None:
    """
    The interface didn't answer: one failure more, which may open the circuit.

    A refused key is logged as an error when it is first refused, anything else as a warning
    when the circuit opens. Nobody else is told: what is known of the parcels stays.
    """
    with transaction.atomic():
        rows = CarrierCircuit.objects.select_for_update()
        row, _is_new = rows.get_or_create(provider=provider, channel=channel)
        before = (row.open_until is not None, row.last_error)
        row.failures += 1
        until = poll_times.open_until(
            row.failures, now=now, is_permanent=error.permanent, retry_after=error.retry_after
        )
        # A probe that failed in another way than before doesn't leave it half open.
        row.open_until = until or (now + poll_times.PROBE if row.open_until else None)
        row.last_error = error.message[:1024]
        row.save()
    if row.open_until and before != (True, row.last_error):
        level = logging.ERROR if error.permanent else logging.WARNING
        words = (provider, channel, row.open_until.isoformat(), error.message)
        logger.log(level, "Polling %s for channel %s stops until %s: %s", *words)
