"""
Looks after parcels of which nobody tells us: estimate, lateness, silence.

Reads only what is due. A parcel waits as long as it has a ``watch_at``; whoever looks at it
moves that to the end of a lease in a short transaction of its own, then works under the
order's lock, the first one of every transaction here. A parcel that has news meanwhile is
due again and left to the next run.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, FrozenSet, List, Mapping, Optional, Sequence, Tuple

from django.db import transaction

from ..config import Settings, SettingsByChannel
from ..events import PickupDue, ShipmentLate, ShipmentStalled, publish
from . import empty_parcels, estimates, poll_keys, polling, promises, silence, transit_times, watch
from .models import CarrierCircuit, OrderRecord, Shipment, TransitTime
from .news import derive, lock_orders
from .statuses import ShipmentStatus

logger = logging.getLogger(__name__)

#: How long a worker may keep parcels before another may take them.
LEASE = timedelta(minutes=10)

#: Parcels that are leased together.
BATCH_SIZE = 500

#: Parcels looked at in one transaction, and whose orders are locked so long.
TOGETHER = 50

#: A channel that is switched off may be switched on again.
_SWITCHED_OFF = timedelta(days=1)

#: What a circuit's first request after a pause needs, until its news is read.
_FIRST_ANSWER = timedelta(hours=1)

_HOUR = timedelta(hours=1)


def look_after(now: datetime, *, limit: int = 5000) -> int:
    """
    Look at every parcel that is due, ``limit`` of them at most; gives how many were.

    Effects in order, for each parcel: our own estimate; when to ask its carrier, if nobody
    does yet; when to look again; ``late_since`` with ``ShipmentLate``; ``stalled_at`` with
    ``ShipmentStalled``; status EXPIRED, as an event of our own. Each is told once, however
    often this runs. A parcel that can't be looked at is logged and tried again when its
    lease ends.
    """
    done = 0
    while done < limit:
        wanted = min(BATCH_SIZE, limit - done)
        leased_until = now + LEASE
        shipment_ids = _lease(now, leased_until, wanted)
        for start in range(0, len(shipment_ids), TOGETHER):
            _look_at_group(shipment_ids[start : start + TOGETHER], leased_until, now)
        done += len(shipment_ids)
        if len(shipment_ids) < wanted:
            break
    return done


def watch_all(now: datetime) -> int:
    """Have every parcel that hasn't ended looked at, also those kept before there was a watch."""
    over = [status.value for status in watch.ENDED]
    unwatched = Shipment.objects.filter(watch_at=None).exclude(status__in=over)
    done = 0
    while True:
        shipment_ids = list(unwatched.values_list("pk", flat=True)[:BATCH_SIZE])
        if not shipment_ids:
            return done
        done += Shipment.objects.filter(pk__in=shipment_ids).update(watch_at=now)


def _lease(now: datetime, leased_until: datetime, limit: int) -> List[int]:
    due = Shipment.objects.filter(watch_at__lte=now).order_by("watch_at")
    with transaction.atomic():
        rows = due.select_for_update(skip_locked=True)
        shipment_ids = sorted(rows.values_list("pk", flat=True)[:limit])
        Shipment.objects.filter(pk__in=shipment_ids).update(watch_at=leased_until)
    return shipment_ids


def _look_at_group(shipment_ids: Sequence[int], leased_until: datetime, now: datetime) -> None:
    """One that fails doesn't hold up the others."""
    try:
        _look_at(shipment_ids, leased_until, now)
    except Exception:
        for shipment_id in shipment_ids:
            try:
                _look_at([shipment_id], leased_until, now)
            except Exception:
                logger.exception("Parcel %s can't be looked after.", shipment_id)


def _look_at(shipment_ids: Sequence[int], leased_until: datetime, now: datetime) -> None:
    """All of them or none, in one transaction."""
    with transaction.atomic():
        records = lock_orders(shipment_ids)
        rows = Shipment.objects.filter(pk__in=shipment_ids, watch_at=leased_until)
        shipments = list(rows.order_by("pk"))
        facts = _facts(shipments, now)
        for shipment in shipments:
            _look_at_one(records[shipment.order_id], shipment, facts, now)


@dataclass(frozen=True)
class _Facts:
    """What is read once for a group of parcels."""

    settings: SettingsByChannel
    times: Mapping[transit_times.Lane, TransitTime]
    #: Parcels that nothing is in.
    empty: FrozenSet[int]
    #: By provider and channel: when an interface that is down is tried again.
    down_until: Mapping[Tuple[Optional[str], str], datetime]

    def time_of(self, record: OrderRecord, shipment: Shipment) -> Optional[TransitTime]:
        """What the shop's own parcels took on that way, if they are enough to say so."""
        row = self.times.get((shipment.carrier, shipment.origin_country, record.country))
        return row if row and row.sample >= estimates.MIN_SAMPLE else None


def _facts(shipments: Sequence[Shipment], now: datetime) -> _Facts:
    down = CarrierCircuit.objects.filter(open_until__gt=now - _FIRST_ANSWER)
    down_until = {(row.provider, row.channel): row.open_until for row in down}
    times = transit_times.by_lane(shipment.carrier for shipment in shipments)
    empty = empty_parcels.empty_among(shipments)
    return _Facts(SettingsByChannel(), times, empty, down_until)


def _look_at_one(record: OrderRecord, shipment: Shipment, facts: _Facts, now: datetime) -> None:
    settings = facts.settings[record.channel]
    if not settings.is_active:
        _write(shipment, {"watch_at": now + _SWITCHED_OFF})
        return
    if shipment.pk in facts.empty:
        _write(shipment, {"watch_at": None})
        return
    if _is_of_before(shipment):
        derive(record, shipment, is_silent=True)
        return
    if silence.take_back(record, shipment):
        return
    _write(shipment, _own_estimate(record, shipment, settings, facts, now))
    if shipment.poll_at is None:
        poll_at = polling.first_poll_at(shipment, record.channel, settings, now)
        _write(shipment, {"poll_at": poll_at})
    time = facts.time_of(record, shipment)
    parcel = _watched(shipment, settings, time)
    deaf_until = _deaf_until(record, shipment, settings, facts)
    verdict = watch.judge(parcel, _patience(settings, time), now, deaf_until=deaf_until)
    _tell(record, shipment, verdict)
    _remind(record, shipment, now)
    if verdict.expired_at:
        silence.give_up(shipment, watch.quiet_since(parcel), verdict.expired_at, now)


def _is_of_before(shipment: Shipment) -> bool:
    """Kept by a release that didn't note when a parcel was last told of; then due again."""
    status = ShipmentStatus(shipment.status)
    is_told_of = status is not ShipmentStatus.PENDING and status not in watch.ENDED
    return is_told_of and shipment.last_event_at is None


def _write(shipment: Shipment, changes: Mapping[str, Any]) -> None:
    """Only these columns: the status and what it is made of are not ours."""
    changed = [name for name, value in changes.items() if getattr(shipment, name) != value]
    for name in changed:
        setattr(shipment, name, changes[name])
    if changed:
        shipment.save(update_fields=changed)


def _own_estimate(
    record: OrderRecord,
    shipment: Shipment,
    settings: Settings,
    facts: _Facts,
    now: datetime,
) -> Dict[str, Any]:
    """
    The columns of our estimate, made when it was sent and anew with each news.

    One that is past stays as it was: what is late is not talked away.
    """
    if shipment.promised_until or not _may_estimate(shipment, now):
        return {}
    made = estimates.estimate(
        shipment.shipped_at or shipment.created_at,
        record.country,
        pace=_pace(facts.time_of(record, shipment)),
        rule=promises.rule_for(settings.shipping_methods, record.shipping_method, record.country),
    )
    if made is None:
        return {}
    return {
        "estimate_source": made.source.value,
        "estimated_from": made.earliest,
        "estimated_until": made.latest,
        "estimate_sample": made.sample,
        "estimated_at": now,
    }


def _may_estimate(shipment: Shipment, now: datetime) -> bool:
    if ShipmentStatus(shipment.status) in watch.WITHOUT_PROMISE:
        return False
    had_at, until = shipment.estimated_at, shipment.estimated_until
    if had_at is None or until is None:
        return True
    news_at = shipment.heard_at or shipment.last_event_at
    return until >= now and news_at is not None and news_at >= had_at


def _pace(time: Optional[TransitTime]) -> Optional[estimates.Pace]:
    if time is None:
        return None
    return estimates.Pace(time.sample, time.fast_hours * _HOUR, time.slow_hours * _HOUR)


def _watched(shipment: Shipment, settings: Settings, time: Optional[TransitTime]) -> watch.Watched:
    is_told_of = shipment.heard_at is not None or shipment.last_event_at is not None
    is_polled = shipment.poll_at is not None
    is_connected = is_polled or bool(settings.carrier_secrets) or time is not None
    return watch.Watched(
        status=ShipmentStatus(shipment.status),
        created_at=shipment.created_at,
        due_until=shipment.promised_until or shipment.estimated_until,
        last_event_at=shipment.last_event_at,
        heard_at=shipment.heard_at,
        collect_by=shipment.collect_by,
        late_since=shipment.late_since,
        stalled_at=shipment.stalled_at,
        is_followed=is_told_of or bool(shipment.tracking_number and is_connected),
    )


def _patience(settings: Settings, time: Optional[TransitTime]) -> watch.Patience:
    gap = time.gap_hours if time else None
    return watch.Patience(
        stalled_after=timedelta(days=settings.stalled_after_days),
        expired_after=timedelta(days=settings.expired_after_days),
        usual_gap=None if gap is None else gap * _HOUR,
    )


def _deaf_until(
    record: OrderRecord, shipment: Shipment, settings: Settings, facts: _Facts
) -> Optional[datetime]:
    """Until when we can't hear of a parcel that is asked about: its carrier is down."""
    provider = poll_keys.provider_for(settings.carrier_api_keys, shipment.carrier)
    down_until = facts.down_until.get((provider, record.channel))
    if down_until is None or shipment.poll_at is None:
        return None
    return down_until + _FIRST_ANSWER


def _tell(record: OrderRecord, shipment: Shipment, verdict: watch.Verdict) -> None:
    """The columns are the guard: what they say already was told."""
    is_late = verdict.late_since is not None and shipment.late_since is None
    is_stalled = verdict.stalled_at is not None and shipment.stalled_at is None
    _write(
        shipment,
        {
            "late_since": verdict.late_since,
            "stalled_at": verdict.stalled_at,
            "watch_at": verdict.next_look_at,
        },
    )
    if is_late and verdict.late_since:
        publish(ShipmentLate(shipment.pk, record.order_ref, verdict.late_since))
    if is_stalled and verdict.stalled_at:
        publish(ShipmentStalled(shipment.pk, record.order_ref, verdict.stalled_at))


def _remind(record: OrderRecord, shipment: Shipment, now: datetime) -> None:
    """
    Tell that a parcel still waits; whoever hears it tells one moment from the next.

    Not of a morning before the parcel came there: then the day was told when it did.
    """
    collect_by = shipment.collect_by
    if shipment.status != ShipmentStatus.READY_FOR_PICKUP.value or collect_by is None:
        return
    moments = watch.reminders_at(collect_by)
    came_at = shipment.last_event_at
    due = [at for at in moments if at <= now < collect_by and (came_at is None or came_at < at)]
    if due:
        is_last_day = due[-1].date() == collect_by.astimezone(timezone.utc).date()
        publish(PickupDue(shipment.pk, record.order_ref, due[-1], is_last_day))
