"""Reads pushes: what a carrier sent becomes news of our parcels."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Callable, Dict, FrozenSet, Iterable, List, Mapping, Sequence, Tuple

from .carriers import registry
from .carriers.base import BadPayload, CarrierUpdate
from .models import CarrierPush, Shipment
from .news import News, record_news
from .push_states import PushState, next_try_at
from .pushes import Outcome, Taken, finish_pushes, take_pushes

logger = logging.getLogger(__name__)

#: Parcels whose news is recorded in one transaction, and whose orders are locked so long.
TOGETHER = 50

#: Channel and tracking number.
Key = Tuple[str, str]


class Unreadable(Exception):
    """A push that can't be read; its text says why."""


def read_push(push_id: int, now: datetime) -> None:
    """
    Read one push, and those that wait beside it; nothing if another worker has it or had it.

    Effects in order: the pushes are leased, their news recorded (some parcels in a transaction
    of their own, with what follows from it), the outcome noted. An unreadable push
    is logged as an error, once; news of a parcel we don't know waits until there is one.
    """
    _read(take_pushes(now, first=push_id), now)


def read_waiting(now: datetime, progress: Callable[[int], None] = bool) -> int:
    """
    Read every push that is due; gives how many that were.

    Args:
        progress: called after each batch with how many are done.
    """
    done = 0
    while True:
        taken = take_pushes(now)
        if not taken.pushes:
            return done
        _read(taken, now)
        done += len(taken.pushes)
        progress(done)


def updates_of(push: CarrierPush) -> List[CarrierUpdate]:
    """
    The news in a push, in our words.

    Raises:
        Unreadable: it isn't what its provider sends, or our reading of it fails.
    """
    if push.provider not in registry.PROVIDERS:
        raise Unreadable(f"Nothing here reads pushes of {push.provider}.")
    try:
        return registry.provider(push.provider).parse(bytes(push.body))
    except BadPayload as error:
        place = f"{error.field}: " if error.field else ""
        raise Unreadable(place + error.message) from None
    except Exception as error:
        # A fault of ours: kept as well, for the release that mends it.
        raise Unreadable(f"Reading it failed: {error!r}"[:1000]) from error


@dataclass(frozen=True)
class _Sheet:
    """A push that could be read."""

    push: CarrierPush
    updates: Tuple[CarrierUpdate, ...]

    @property
    def keys(self) -> List[Key]:
        """What it speaks of, each once, in its order."""
        return list(dict.fromkeys(self.key_of(update) for update in self.updates))

    def key_of(self, update: CarrierUpdate) -> Key:
        """Where the parcel of an update is looked for."""
        return self.push.channel, update.tracking_number


@dataclass(frozen=True)
class _Match:
    """The parcels with a number, or why there is none to record on."""

    shipment_ids: FrozenSet[int]
    problem: str = ""


#: By parcel and push: why recording failed.
Faults = Dict[Tuple[int, int], str]


def _read(taken: Taken, now: datetime) -> None:
    outcomes: Dict[int, Outcome] = {}
    sheets = []
    for push in taken.pushes:
        try:
            sheets.append(_Sheet(push, tuple(updates_of(push))))
        except Unreadable as fault:
            outcomes[push.pk] = _unreadable(push, str(fault))
    matches = _matches({key for sheet in sheets for key in sheet.keys})
    faults = _record(sheets, matches)
    for sheet in sheets:
        outcomes[sheet.push.pk] = _outcome(sheet, matches, faults, now)
    finish_pushes(taken, outcomes)


def _unreadable(push: CarrierPush, why: str) -> Outcome:
    if push.state != PushState.UNREADABLE.value:
        logger.error("Push %s of %s is kept unread: %s", push.pk, push.provider, why)
    return Outcome(PushState.UNREADABLE, why)


def _matches(keys: Iterable[Key]) -> Dict[Key, _Match]:
    """The parcels meant by each number in its channel, in one query."""
    wanted = set(keys)
    found: Dict[Key, List[Tuple[int, int, bool]]] = {key: [] for key in wanted}
    rows = Shipment.every.filter(
        tracking_number__in={number for _channel, number in wanted if number},
        order__channel__in={channel for channel, _number in wanted},
    )
    columns = ("order__channel", "tracking_number", "pk", "order_id", "is_cancelled")
    for channel, number, pk, order_id, is_cancelled in rows.values_list(*columns):
        found.get((channel, number), []).append((pk, order_id, is_cancelled))
    return {key: _match(key[1], parcels) for key, parcels in found.items()}


def _match(number: str, parcels: Sequence[Tuple[int, int, bool]]) -> _Match:
    """
    One parcel, or all of one order: a box may hold what the shop sent in two steps.

    A parcel the shop took back counts only if there is no other.
    """
    meant = [parcel for parcel in parcels if not parcel[2]] or parcels
    if not meant:
        return _Match(frozenset(), f"No parcel has the number {number}.")
    if len({order_id for _pk, order_id, _is_cancelled in meant}) > 1:
        return _Match(frozenset(), f"Parcels of several orders have the number {number}.")
    return _Match(frozenset(pk for pk, _order_id, _is_cancelled in meant))


def _record(sheets: Sequence[_Sheet], matches: Mapping[Key, _Match]) -> Faults:
    """Record all news, some parcels at a time; one that fails doesn't hold up the others."""
    news: Dict[int, Dict[int, List[News]]] = {}
    for sheet in sheets:
        push = sheet.push
        for update in sheet.updates:
            for shipment_id in matches[sheet.key_of(update)].shipment_ids:
                told = news.setdefault(shipment_id, {}).setdefault(push.pk, [])
                told.append(News(update, push.provider, push.received_at))
    faults: Faults = {}
    shipment_ids = sorted(news)
    for start in range(0, len(shipment_ids), TOGETHER):
        group = shipment_ids[start : start + TOGETHER]
        try:
            record_news({pk: [item for told in news[pk].values() for item in told] for pk in group})
        except Exception:
            for shipment_id in group:
                faults.update(_record_singly(shipment_id, news[shipment_id]))
    return faults


def _record_singly(shipment_id: int, by_push: Mapping[int, Sequence[News]]) -> Faults:
    """One push after the other, to find the one that can't be recorded."""
    faults: Faults = {}
    for push_id, told in by_push.items():
        try:
            record_news({shipment_id: told})
        except Exception as error:
            logger.exception("Push %s can't be recorded on parcel %s.", push_id, shipment_id)
            faults[shipment_id, push_id] = f"Recording it failed: {error!r}"[:1000]
    return faults


def _outcome(
    sheet: _Sheet, matches: Mapping[Key, _Match], faults: Faults, now: datetime
) -> Outcome:
    push = sheet.push
    found = {key[1]: matches[key] for key in sheet.keys}
    parcels = tuple((number, match.shipment_ids) for number, match in found.items())
    again_at = next_try_at(push.attempts, push.received_at, now)
    ids = [pk for match in found.values() for pk in match.shipment_ids]
    failed = [faults[pk, push.pk] for pk in ids if (pk, push.pk) in faults]
    if failed and again_at is None:
        return _unreadable(push, failed[0])
    if failed:
        return Outcome(PushState(push.state), failed[0], again_at, parcels)
    problems = [match.problem for match in found.values() if match.problem]
    if problems:
        return Outcome(PushState.UNMATCHED, " ".join(problems)[:1000], again_at, parcels)
    return Outcome(PushState.READ, parcels=parcels)
