"""What a person sees while the sandbox works: one line per step, with its time."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from typing import Iterator, TextIO

FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
#: Seconds after which a step is worth a line.
PATIENCE = 2.0
#: Seconds between signs of life where there is no terminal.
HEARTBEAT = 20.0


class Step:
    """One piece of work under way; `note` says how far it is."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.detail = ""
        self.started = time.monotonic()

    def note(self, detail: str) -> None:
        """Show `detail` beside the title, for example "120 of 441"."""
        self.detail = detail

    def text(self) -> str:
        """Title, detail and seconds so far."""
        seconds = time.monotonic() - self.started
        parts = [self.title, self.detail, f"{seconds:.0f} s"]
        return " · ".join(part for part in parts if part)


class Progress:
    """Prints steps to standard error: a spinner on a terminal, plain lines elsewhere."""

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        self.stream = stream
        self.is_terminal = stream.isatty()
        self._active = False

    def say(self, text: str) -> None:
        """One plain line."""
        print(text, file=self.stream, flush=True)

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Show `title` while the block runs, and its time at the end; inner steps are silent."""
        step = Step(title)
        if self._active:
            yield step
            return
        self._active = True
        done = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(step, done), daemon=True)
        watcher.start()
        failed = True
        try:
            yield step
            failed = False
        finally:
            done.set()
            watcher.join()
            self._active = False
            self._finish(step, failed)

    def _watch(self, step: Step, done: threading.Event) -> None:
        if self.is_terminal:
            return self._spin(step, done)
        pause = PATIENCE
        while not done.wait(pause):
            self.say("… " + step.text())
            pause = HEARTBEAT
        return None

    def _spin(self, step: Step, done: threading.Event) -> None:
        turn = 0
        while not done.wait(0.1):
            self._rewrite(FRAMES[turn % len(FRAMES)] + " " + step.text())
            turn += 1

    def _finish(self, step: Step, failed: bool) -> None:
        if self.is_terminal:
            self._rewrite("")
        if failed or time.monotonic() - step.started >= PATIENCE:
            self.say(("✗ " if failed else "✓ ") + step.text())

    def _rewrite(self, text: str) -> None:
        self.stream.write("\r\033[K" + text)
        self.stream.flush()
