"""Starting a Saleor with the plugin installed against one without."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Dict, List

from bench.measure import Claim
from tests.factories import IS_3

PAIRS = 12

#: Without the garbage collector: whether one more full collection falls into a start is
#: chance, and it takes longer than all that we import.
START = "import gc; gc.disable(); import django; django.setup(); import saleor.urls"


def startup_ratio() -> float:
    """
    Processor time of ``django.setup()`` and the URLs with the plugin over without.

    Processor time, not the wall's, and the least of each side: what else the machine does
    can only add to it.
    """
    sides = (_environment(installed=True), _environment(installed=False))
    seconds: List[List[float]] = [[], []]
    for number in range(PAIRS + 1):
        for side in (0, 1) if number % 2 else (1, 0):
            spent = _start(sides[side])
            if number:  # The first round fills the file cache.
                seconds[side].append(spent)
    return min(seconds[0]) / min(seconds[1])


def _environment(*, installed: bool) -> Dict[str, str]:
    # The same order of sets in every start: their hashes would add noise of their own.
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    if not installed:
        path = environment["PYTHONPATH"].split(os.pathsep)
        environment["PYTHONPATH"] = os.pathsep.join(filter(_is_not_ours, path))
        environment["DJANGO_SETTINGS_MODULE"] = "saleor.settings"
    elif IS_3:
        environment["DJANGO_SETTINGS_MODULE"] = "saleor.settings"
    return environment


def _is_not_ours(folder: str) -> bool:
    return not any(Path(folder or ".").glob("saleor_aftersale*"))


def _start(environment: Dict[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", START],
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)


CLAIMS = [Claim("start-up with the plugin over without", 1.03, startup_ratio)]
