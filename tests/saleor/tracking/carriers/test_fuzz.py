"""Recorded pushes of every carrier, mutated: read, or refused as unreadable, nothing else."""

import json
import random

import pytest

from saleor_aftersale.tracking.carriers import registry
from saleor_aftersale.tracking.carriers.base import BadPayload
from tests.mutation import IS_SLOW, assert_storable, mutated
from tests.provider_cases import recordings


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
