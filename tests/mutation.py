"""Recorded JSON with faults in it, as no vendor should send it and some day one will."""

from __future__ import annotations

import copy
import json
import os
from random import Random
from typing import Any, Iterator, List, Union

from saleor_aftersale.tracking.carriers.base import CarrierUpdate
from saleor_aftersale.tracking.carriers.payloads import (
    MAX_CARRIER,
    MAX_CODE,
    MAX_DESCRIPTION,
    MAX_LOCATION,
    MAX_NUMBER,
    is_keepable,
)
from saleor_aftersale.values import is_storable

#: The long rounds run only then.
IS_SLOW = os.environ.get("AFTERSALE_SLOW") == "1"

#: Values put in somebody's place.
STRANGE = [None, True, 0, -1, 10**30, 1.5, float("nan"), float("inf"), "", " ", "\x00", "\ud800"]
STRANGE += ["x" * 5000, "²", "2026-02-30T00:00:00Z", "0001-01-01T00:00:00+14:00", "24:00", [], {}]
STRANGE += ["9999-12-31T23:59:59-12:00", "2026-06-01", "2026-06-01T12:00:00+99:99", [[]], [None]]


def mutated(payload: Any, chance: Random) -> bytes:
    """The payload as bytes with one to four faults, some in its values, some in its text."""
    payload = json.loads(json.dumps(payload))
    for _ in range(chance.randint(1, 3)):
        change(payload, chance)
    body = bytearray(json.dumps(payload).encode())
    if chance.random() < 0.3 and body:
        place = chance.randrange(len(body))
        body[place : place + chance.randint(0, 3)] = chance.choice(
            [b"", b"\x00", b"[", b'"', b"\xff"]
        )
    return bytes(body)


def change(payload: Any, chance: Random) -> None:
    """One fault: another value, a missing one, one of elsewhere, one twice."""
    places = [(holder, key) for holder in holders(payload) for key in keys(holder)]
    if not places:
        return
    holder, key = chance.choice(places)
    kind = chance.randrange(4)
    if kind == 0:
        holder[key] = copy.deepcopy(chance.choice(STRANGE))
    elif kind == 1:
        del holder[key]
    elif kind == 2:
        other, name = chance.choice(places)
        holder[key] = json.loads(json.dumps(other[name]))
    elif isinstance(holder, list):
        holder.append(json.loads(json.dumps(holder[key])))
    else:
        holder[str(key).upper()] = holder.pop(key)


def holders(value: Any) -> Iterator[Any]:
    """Every object and list in it, itself too."""
    if isinstance(value, (dict, list)):
        yield value
        for inner in list(value.values() if isinstance(value, dict) else value):
            yield from holders(inner)


def keys(holder: Union[dict, list]) -> List[Any]:
    """What an object or a list holds things under."""
    return list(holder) if isinstance(holder, dict) else list(range(len(holder)))


def assert_storable(update: CarrierUpdate) -> None:
    """Everything fits into its column."""
    assert isinstance(update, CarrierUpdate)
    lengths = {"tracking_number": MAX_NUMBER, "raw_code": MAX_CODE, "carrier": MAX_CARRIER}
    lengths.update(description=MAX_DESCRIPTION, location=MAX_LOCATION)
    for name, length in lengths.items():
        assert is_storable(getattr(update, name)) and len(getattr(update, name)) <= length, name
    moments = (update.promised_from, update.promised_until, update.collect_by)
    for moment in (update.occurred_at, *moments):
        assert moment is None or 2000 <= moment.year <= 2100
    assert update.occurred_at.utcoffset() is not None
    assert update.tracking_number
    assert is_keepable(dict(update.payload))
