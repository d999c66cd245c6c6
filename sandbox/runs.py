"""Run folders: where one launcher keeps its data, logs and process ids while it runs."""

from __future__ import annotations

import os
import shutil
import signal
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

from .places import cache_folder
from .processes import birth_of, kill_left_over

LAUNCHER = "launcher"


def runs_folder() -> Path:
    """The folder of all run folders."""
    return cache_folder() / "runs"


@contextmanager
def run_folder(name: str) -> Iterator[Path]:
    """A fresh folder for this launcher, removed at the end; first clears what others left."""
    clear_dead_runs()
    folder = runs_folder() / f"{name}-{os.getpid()}"
    shutil.rmtree(str(folder), ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    (folder / LAUNCHER).write_text(f"{os.getpid()} {birth_of(os.getpid())}")
    try:
        with interruptible():
            yield folder
    finally:
        kill_left_over(folder)
        shutil.rmtree(str(folder), ignore_errors=True)


def clear_dead_runs() -> int:
    """End and remove runs whose launcher is gone; gives how many processes that ended."""
    count = 0
    for folder in runs_folder().glob("*-*"):
        if not _is_alive(folder):
            count += kill_left_over(folder)
            shutil.rmtree(str(folder), ignore_errors=True)
    return count


def _is_alive(folder: Path) -> bool:
    try:
        pid, _, birth = (folder / LAUNCHER).read_text().partition(" ")
    except OSError:
        return False
    if birth:
        return birth_of(int(pid)) == birth
    try:
        os.kill(int(pid), 0)
    except OSError:
        return False
    return True


@contextmanager
def interruptible() -> Iterator[None]:
    """Make a polite kill or a closed terminal unwind like Ctrl-C, so that everything is stopped."""

    interrupted: list[int] = []

    def interrupt(number: int, frame: object) -> None:
        interrupted.append(number)
        # A second signal would cut the cleaning short and leave servers behind.
        if len(interrupted) == 1:
            raise KeyboardInterrupt

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {name: signal.signal(name, interrupt) for name in signals}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
