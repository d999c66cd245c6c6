"""What every claim is made of: a name, a bound, and a way to measure in pairs."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import Callable, List, Tuple


@dataclass(frozen=True)
class Claim:
    """A ratio that must not exceed its bound."""

    name: str
    bound: float
    measure: Callable[[], float]


def ratio_in_turns(
    ours: Callable[[], object],
    theirs: Callable[[], object],
    *,
    rounds: int,
    before_ours: Callable[[], object] = bool,
    before_theirs: Callable[[], object] = bool,
) -> float:
    """
    How many times longer ours takes: median of ours over median of theirs.

    Args:
        before_ours: done each time before the clock starts; ``before_theirs`` likewise.

    In turns, so that a machine that gets slower or faster meets both alike; each goes
    first half of the time, because the second one finds warmer caches.
    """
    sides: Tuple[Tuple[Callable[[], object], Callable[[], object], List[float]], ...]
    sides = ((before_ours, ours, []), (before_theirs, theirs, []))
    for number in range(rounds + 1):
        for before, call, seconds in sides if number % 2 else reversed(sides):
            before()
            started = time.perf_counter()
            call()
            if number:  # The first round warms up.
                seconds.append(time.perf_counter() - started)
    return statistics.median(sides[0][2]) / statistics.median(sides[1][2])
