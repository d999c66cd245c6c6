"""Peak memory of ``retrack`` over many kept pushes against few."""

from __future__ import annotations

import hashlib
import json
import tracemalloc
from datetime import timedelta
from typing import List

from django.utils import timezone

from bench.measure import Claim
from saleor_aftersale.host import db
from saleor_aftersale.tracking.carriers import generic
from saleor_aftersale.tracking.models import (
    CarrierPush,
    PushedParcel,
    Shipment,
    TrackingEvent,
)
from saleor_aftersale.tracking.push_states import PushState
from saleor_aftersale.tracking.retrack import Tally, retrack
from tests import factories
from tests.factories import CHANNEL, NOON

MANY, FEW = 100_000, 1_000
PARCELS = 100
TOGETHER = 2_000


def memory_ratio() -> float:
    """
    Peak of what Python holds while all pushes are read again, many over few.

    Traced, not resident: what Saleor itself takes to start would hide any growth.
    """
    parcels = _parcels()
    peaks = []
    for number in (FEW, FEW, MANY):
        _fill(parcels, number)
        peaks.append(_peak_of_retrack(number))
    # The first run imports and warms caches.
    return peaks[2] / peaks[1]


def _peak_of_retrack(number: int) -> int:
    tally = Tally()
    tracemalloc.start()
    with db.allow_writer():
        changes = sum(1 for _change in retrack(tally))
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (tally.pushes, changes) == (number, 0), (tally, changes)
    return peak


def _parcels() -> List[Shipment]:
    factories.activate()
    for index in range(PARCELS):
        order = factories.make_order(paid=False)
        factories.keep(factories.fulfill(order, tracking_number=f"M{index}").order)
    return list(Shipment.objects.filter(tracking_number__regex=r"^M[0-9]+$"))


def _fill(parcels: List[Shipment], number: int) -> None:
    """That many pushes, read already: each is known to be about one of the parcels."""
    with db.allow_writer():
        TrackingEvent.objects.all().delete()
        CarrierPush.objects.all().delete()
        now = timezone.now()
        for start in range(0, number, TOGETHER):
            pushes = CarrierPush.objects.bulk_create(
                _push(parcels[index % PARCELS].tracking_number, index, now)
                for index in range(start, min(start + TOGETHER, number))
            )
            PushedParcel.objects.bulk_create(
                PushedParcel(
                    push=push,
                    tracking_number=parcels[(start + offset) % PARCELS].tracking_number,
                    shipment=parcels[(start + offset) % PARCELS],
                )
                for offset, push in enumerate(pushes)
            )


def _push(tracking_number: str, index: int, now) -> CarrierPush:
    event = {
        "occurredAt": (NOON + timedelta(minutes=index)).isoformat(),
        "status": "IN_TRANSIT",
        "code": f"C{index}",
        "description": "Arrived at the sorting centre " * 20,
        "location": "Łódź",
    }
    body = json.dumps({"trackingNumber": tracking_number, "events": [event]}).encode()
    return CarrierPush(
        provider=generic.PROVIDER,
        channel=CHANNEL,
        body=body,
        body_hash=hashlib.sha256(body).hexdigest(),
        received_at=now,
        state=PushState.READ.value,
    )


CLAIMS = [Claim("peak memory of retrack, 100 000 pushes over 1 000", 1.5, memory_ratio)]
