"""
One batch of a poll: the interface is asked, its news recorded, what it doesn't know registered.

News is recorded under the name of the vendor, so that the same event is stored once whether it
is pushed or polled.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any, Dict, List, Optional, Sequence, Tuple

from django.db import transaction

from . import circuits, poll_times, pushes
from .carriers import polls
from .carriers.polls import Answer, Asked, Poller, PollFailed, RequestRefused, Told
from .models import Shipment
from .news import News, record_news
from .reading import TOGETHER
from .statuses import ShipmentStatus

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Parcel:
    """A parcel as it was when it was taken."""

    pk: int
    number: str
    carrier: str
    channel: str
    status: ShipmentStatus
    heard_at: Optional[datetime]
    #: When it ended, if its status is an end.
    ended_at: datetime
    #: Polls in a row that told nothing.
    failures: int

    @property
    def asked(self) -> Asked:
        return Asked(self.number, self.carrier)


@dataclass(frozen=True)
class Run:
    """What all steps of one worker's run share."""

    now: datetime
    leased_until: datetime
    #: By the clock of ``monotonic``.
    ends_at: float

    @property
    def is_over(self) -> bool:
        return monotonic() > self.ends_at


@dataclass(frozen=True)
class Line:
    """An interface, and with whose key it is asked."""

    provider: str
    channel: str
    key: str = field(repr=False)

    @property
    def poller(self) -> Poller:
        return polls.poller(self.provider)


def read_parcels(shipment_ids: Sequence[int]) -> List[Parcel]:
    """The parcels as they are now, by key."""
    rows = Shipment.every.filter(pk__in=shipment_ids).select_related("order").order_by("pk")
    return [parcel_of(row, row.order.channel) for row in rows]


def parcel_of(row: Shipment, channel: str) -> Parcel:
    """A row as this module sees it."""
    return Parcel(
        pk=row.pk,
        # Nobody asks about a parcel that was taken back.
        number="" if row.is_cancelled else row.tracking_number,
        carrier=row.carrier,
        channel=channel,
        status=ShipmentStatus(row.status),
        heard_at=row.heard_at,
        ended_at=row.delivered_at or row.last_event_at or row.created_at,
        failures=row.poll_failures,
    )


def finish(run: Run, parcel: Parcel, *, poll_at: Optional[datetime], **more: Any) -> None:
    """Set the next poll, if the lease is still ours."""
    # One by one: a transaction that held the rows of several orders could wait for another's.
    ours = Shipment.every.filter(pk=parcel.pk, poll_at=run.leased_until)
    ours.update(poll_at=poll_at, **more)


def poll_batch(run: Run, line: Line, batch: Sequence[Parcel]) -> None:
    """
    Ask about parcels, outside any transaction, and set the next poll of each.

    Effects in order: the circuit notes whether there was an answer; news recorded and what it
    was read from kept, some parcels in a transaction of their own; numbers that aren't known
    there registered. Without an answer nothing but the time of the next poll changes.
    """
    try:
        answer = _ask_all(run, line, batch)
    except PollFailed as error:
        circuits.note_failure(line.provider, line.channel, error, run.now)
        for parcel in batch:
            _fail(run, parcel, error)
        return
    circuits.note_success(line.provider, line.channel, run.now)
    known = [parcel for parcel in batch if parcel.number in answer]
    _take_over(run, line, known, answer)
    _make_known(run, line, [parcel for parcel in batch if parcel.number not in answer])


def _ask_all(run: Run, line: Line, batch: Sequence[Parcel]) -> Answer:
    asked = list({parcel.number: parcel.asked for parcel in batch}.values())
    refused: List[str] = []
    try:
        answer = _ask(run, line, asked, refused)
    except PollFailed:
        raise
    except Exception as error:
        raise _our_fault(line, error) from error
    if len(refused) == len(asked) > 1:
        raise PollFailed("Every request is refused.")
    return answer


def _our_fault(line: Line, error: Exception) -> PollFailed:
    logger.exception("Asking %s for channel %s failed.", line.provider, line.channel)
    return PollFailed(f"Asking failed: {type(error).__name__}.")


def _ask(run: Run, line: Line, asked: Sequence[Asked], refused: List[str]) -> Answer:
    """One request, or several to find the number for which all of them are refused."""
    try:
        return line.poller.ask(asked, line.key)
    except RequestRefused as error:
        if len(asked) == 1 or run.is_over:
            refused += [parcel.number for parcel in asked]
            return {parcel.number: Told((), error.message) for parcel in asked}
    half = len(asked) // 2
    first = _ask(run, line, asked[:half], refused)
    return {**first, **_ask(run, line, asked[half:], refused)}


def _fail(run: Run, parcel: Parcel, error: Optional[PollFailed] = None) -> None:
    """A poll that told nothing: the next one comes later and later."""
    failures = min(parcel.failures + 1, 1000)
    at = _next(run, parcel, failures, error)
    finish(run, parcel, poll_at=at, poll_failures=failures)


def _next(
    run: Run, parcel: Parcel, failures: int, error: Optional[PollFailed] = None
) -> Optional[datetime]:
    return poll_times.next_poll_at(
        parcel.status,
        now=run.now,
        shipment_id=parcel.pk,
        failures=failures,
        ended_at=parcel.ended_at,
        retry_after=error.retry_after if error else None,
    )


def _take_over(run: Run, line: Line, parcels: Sequence[Parcel], answer: Answer) -> None:
    """Record what was told and set each parcel's next poll, by its status as it is then."""
    numbers = {parcel.pk: parcel.number for parcel in parcels}
    same = []
    for parcel in read_parcels(list(numbers)):
        if parcel.number == numbers[parcel.pk]:
            same.append(parcel)
        else:
            # Corrected meanwhile: what was told is of another parcel.
            finish(run, parcel, poll_at=run.now)
    faults = _record(run, line, same, answer)
    for parcel in read_parcels([parcel.pk for parcel in same]):
        fault = faults.get(parcel.pk)
        if fault is None:
            at = _next(run, parcel, 0)
            finish(run, parcel, poll_at=at, poll_failures=0, heard_at=run.now)
            continue
        if not parcel.failures:
            logger.error(
                "News of %s can't be taken on parcel %s: %s", line.provider, parcel.pk, fault
            )
        _fail(run, parcel)


def _record(run: Run, line: Line, parcels: Sequence[Parcel], answer: Answer) -> Dict[int, str]:
    """Record news, some parcels (ordered by key) at a time; gives why it failed, by parcel."""
    faults: Dict[int, str] = {}
    telling: List[Parcel] = []
    for parcel in parcels:
        told = answer[parcel.number]
        if told.fault:
            faults[parcel.pk] = told.fault
        elif told.updates:
            telling.append(parcel)
    for start in range(0, len(telling), TOGETHER):
        group = telling[start : start + TOGETHER]
        try:
            _record_and_keep(run, line, group, answer)
        except Exception:
            faults.update(_record_singly(run, line, group, answer))
    return faults


def _record_and_keep(run: Run, line: Line, parcels: Sequence[Parcel], answer: Answer) -> None:
    """Record what was told, and keep what it was read from if any of it is new."""
    with transaction.atomic():
        done = record_news(
            {
                parcel.pk: [
                    News(update, line.provider, run.now) for update in answer[parcel.number].updates
                ]
                for parcel in parcels
            }
        )
        told = [
            (parcel.pk, parcel.number, body)
            for parcel in parcels
            if done[parcel.pk].new
            for body in answer[parcel.number].bodies
        ]
        pushes.keep_answers(line.provider, line.channel, told, run.now)


def _record_singly(
    run: Run, line: Line, parcels: Sequence[Parcel], answer: Answer
) -> Dict[int, str]:
    """One parcel after the other, to find the one whose news can't be recorded."""
    faults = {}
    for parcel in parcels:
        try:
            _record_and_keep(run, line, [parcel], answer)
        except Exception as error:
            faults[parcel.pk] = f"Recording it failed: {error!r}"[:1000]
    return faults


def _make_known(run: Run, line: Line, parcels: Sequence[Parcel]) -> None:
    """
    Register numbers the interface doesn't know, so that the next poll finds them.

    It is tried once whenever a number isn't found: no more often than it is polled. After a
    failure the rest waits for its next poll.
    """
    size = line.poller.REGISTER_SIZE
    error: Optional[PollFailed] = None
    for start in range(0, len(parcels), size):
        group = parcels[start : start + size]
        answer: Answer = {}
        if error is None and not run.is_over:
            answer, error = _register(line, group)
        _note_known(run, line, group, answer, error)


def _register(line: Line, group: Sequence[Parcel]) -> Tuple[Answer, Optional[PollFailed]]:
    """What became known, and why the rest didn't, if the interface was to blame."""
    asked = list({parcel.number: parcel.asked for parcel in group}.values())
    try:
        return line.poller.register(asked, line.key), None
    except PollFailed as error:
        words = (line.provider, line.channel, error.message)
        logger.warning("Registering parcels at %s for channel %s failed: %s", *words)
        return {}, error
    except Exception as error:
        return {}, _our_fault(line, error)


def _note_known(
    run: Run,
    line: Line,
    group: Sequence[Parcel],
    answer: Answer,
    error: Optional[PollFailed],
) -> None:
    told = [parcel for parcel in group if answer.get(parcel.number, Told(())).updates]
    _take_over(run, line, told, answer)
    for parcel in group:
        if parcel.number not in answer:
            _fail(run, parcel, error)
        elif parcel not in told:
            at = run.now + poll_times.spread(poll_times.FIRST_LOOK, parcel.pk)
            finish(run, parcel, poll_at=at, poll_failures=0)
