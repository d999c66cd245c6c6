"""Recorded pushes of every carrier, mutated: read, or refused as unreadable, nothing else."""

import copy
import json
import os
import random

import pytest

from saleor_aftersale.tracking.carriers import registry
from saleor_aftersale.tracking.carriers.base import BadPayload, CarrierUpdate
from saleor_aftersale.tracking.carriers.payloads import (
    MAX_CARRIER,
    MAX_CODE,
    MAX_DESCRIPTION,
    MAX_LOCATION,
    MAX_NUMBER,
    is_keepable,
)
from saleor_aftersale.values import is_storable
from tests.provider_cases import recordings

#: Values put in somebody's place.
STRANGE = [None, True, 0, -1, 10**30, 1.5, float("nan"), float("inf"), "", " ", "\x00", "\ud800"]
STRANGE += ["x" * 5000, "²", "2026-02-30T00:00:00Z", "0001-01-01T00:00:00+14:00", "24:00", [], {}]
STRANGE += ["9999-12-31T23:59:59-12:00", "2026-06-01", "2026-06-01T12:00:00+99:99", [[]], [None]]

IS_SLOW = os.environ.get("AFTERSALE_SLOW") == "1"


def mutated(payload, chance):
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


def change(payload, chance):
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


def holders(value):
    if isinstance(value, (dict, list)):
        yield value
        for inner in list(value.values() if isinstance(value, dict) else value):
            yield from holders(inner)


def keys(holder):
    return list(holder) if isinstance(holder, dict) else range(len(holder))


def assert_storable(update):
    """Everything fits into its column."""
    assert isinstance(update, CarrierUpdate)
    lengths = {"tracking_number": MAX_NUMBER, "raw_code": MAX_CODE, "carrier": MAX_CARRIER}
    lengths.update(description=MAX_DESCRIPTION, location=MAX_LOCATION)
    for name, length in lengths.items():
        assert is_storable(getattr(update, name)) and len(getattr(update, name)) <= length, name
    for moment in (update.occurred_at, update.promised_from, update.promised_until):
        assert moment is None or 2000 <= moment.year <= 2100
    assert update.occurred_at.utcoffset() is not None
    assert update.tracking_number
    assert is_keepable(dict(update.payload))


def fuzz(provider, rounds):
    chance = random.Random(f"{provider} 1")
    payloads = [json.loads(file.read_text("utf-8"))["payload"] for file in recordings(provider)]
    read = 0
    for _ in range(rounds):
        body = mutated(chance.choice(payloads), chance)
        try:
            updates = registry.provider(provider).parse(body)
        except BadPayload:
            continue
        read += 1
        for update in updates:
            assert_storable(update)
    # Neither all nor none: the mutations reach what they are meant for.
    assert 0 < read < rounds


@pytest.mark.parametrize("provider", sorted(registry.PROVIDERS))
def test_push_is_read_or_refused_when_mutated(provider):
    fuzz(provider, 300)


@pytest.mark.slow
@pytest.mark.skipif(not IS_SLOW, reason="AFTERSALE_SLOW=1 runs it")
@pytest.mark.parametrize("provider", sorted(registry.PROVIDERS))
def test_push_is_read_or_refused_when_mutated_ten_thousand_times(provider):
    fuzz(provider, 10_000)
