"""Tells the story: acts, sentences, checks with ✓ or ✗, and a timeline drawn as a bar."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any, Callable, TypeVar

from ..progress import Progress

#: How a milestone looks, by its state.
MARKS = {"DONE": "●", "CURRENT": "◐", "UPCOMING": "○", "DROPPED": "✕"}
BAR = 24

Value = TypeVar("Value")


class Teller:
    """Speaks to whoever watches, and counts what was as expected."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.passed = 0
        #: What was not as expected, in the order it was found.
        self.failures: list[str] = []
        self._acts = 0

    def act(self, title: str) -> None:
        """Open a new act."""
        self._acts += 1
        self.progress.say(f"\n━━ {self._acts}. {title} " + "━" * max(3, 76 - len(title)))

    def say(self, text: str = "") -> None:
        """One sentence of the story."""
        self.progress.say("   " + text)

    def check(self, what: str, expected: Any, actual: Any) -> bool:
        """Say whether `actual` is `expected`; the story goes on either way."""
        if expected == actual:
            self.passed += 1
            shown = ", ".join(_words(actual))
            self.progress.say(f"   ✓ {what}" + (f": {shown}" if shown else ""))
            return True
        self.failures.append(what)
        self.progress.say(f"   ✗ {what}\n       expected {expected!r}\n       got      {actual!r}")
        return False

    def wait(
        self, what: str, read: Callable[[], Value], wanted: Value, timeout: float = 30
    ) -> bool:
        """A check of something the worker does: asks until it is `wanted` or time is up."""
        deadline = time.monotonic() + timeout
        actual = read()
        while actual != wanted and time.monotonic() < deadline:
            time.sleep(0.2)
            actual = read()
        return self.check(what, wanted, actual)

    def show(self, timeline: dict[str, Any]) -> None:
        """Draw a timeline: the bar, the words, the milestones."""
        filled = round(timeline["progress"] * BAR / 100)
        bar = "▓" * filled + "░" * (BAR - filled)
        self.say(f"  {bar} {timeline['progress']:3} %  {timeline['text']}")
        marks = [f"{MARKS[item['state']]} {item['label']}" for item in timeline["milestones"]]
        self.say("  " + "  ".join(marks))


def _words(value: Any) -> list[str]:
    """What of a value as expected is worth reading."""
    if isinstance(value, (list, tuple)):
        return [word for item in value for word in _words(item)]
    is_telling = isinstance(value, (str, int, Decimal)) and not isinstance(value, bool)
    return [str(value)] if is_telling else []
