"""How many mails are noted together before they are handed over."""

from __future__ import annotations

#: A worker that is killed leaves in doubt at most so many mails …
MOST_TOGETHER = 10

#: … and those of no more seconds.
LONGEST = 0.05


class Pace:
    """
    Starts with one mail and grows while the mail server is fast.

    One note in the database before several mails saves its time for all but the first, and
    costs that many doubtful ones when the worker dies between note and answer. A server that
    takes its time gains nothing from it: there each mail is noted by itself.
    """

    def __init__(self) -> None:
        #: Mails that are noted together next.
        self.together = 1

    def learn(self, mails: int, seconds: float) -> None:
        """That many mails, one or more, took so long from the note to the last answer."""
        fitting = int(LONGEST * mails / seconds) if seconds > 0 else MOST_TOGETHER
        self.together = max(1, min(fitting, 2 * self.together, MOST_TOGETHER))
