"""The demo: a small shop with people and orders, and the whole loop played through it."""

from __future__ import annotations

import time

from .processes import Failed
from .running import Shop
from .story import (
    ending,
    faults,
    guest,
    listening,
    opening,
    parcels,
    refusing,
    replacing,
    returning,
    tracking,
    withdrawing,
)
from .story.api import Refused
from .story.stage import Stage

#: The story in its order. After a failure in the first ones nothing later could be played.
OPENING = (opening.open_shop, opening.switch_on, opening.welcome, opening.buy)
LOOP = (
    tracking.send_parcel,
    tracking.scan_parcel,
    tracking.deliver_parcel,
    returning.ask_for_return,
    returning.take_back,
    returning.give_money_back,
    guest.ask_for_link,
    guest.keep_strangers_out,
    parcels.send_three,
    parcels.tell_honestly,
    guest.deliver_to_guest,
    parcels.notice_without_news,
    withdrawing.withdraw,
    guest.return_by_link,
    replacing.ask_with_photo,
    replacing.replace,
    replacing.exchange,
    refusing.refuse,
    refusing.decline,
    refusing.object_to_it,
    listening.agree,
    listening.complain,
    listening.thank,
    faults.switch_off,
    ending.say_goodbye,
)
#: What an act may meet when the shop, or an act before it, didn't do its part.
UNEXPECTED = (
    Refused, Failed, OSError, AttributeError, IndexError, KeyError, TypeError, ValueError,
)  # fmt: skip


def main(shop: Shop) -> int:
    """Play the story in a running, empty shop; gives 1 if anything wasn't as expected."""
    started = time.monotonic()
    stage = Stage(shop)
    for act in OPENING + LOOP:
        try:
            act(stage)
        except UNEXPECTED as fault:
            reason = f"{type(fault).__name__}: {fault}"
            stage.teller.check(f"Act “{act.__name__}” is played to its end", "", reason)
            if act in OPENING:
                break
    return _verdict(stage, time.monotonic() - started)


def _verdict(stage: Stage, seconds: float) -> int:
    teller = stage.teller
    total = teller.passed + len(teller.failures)
    stage.shop.progress.say(
        f"\n{stage.shop.host.name}: {teller.passed} of {total} checks passed, "
        f"played in {seconds:.0f} s."
    )
    for failure in teller.failures:
        stage.shop.progress.say("✗ " + failure)
    return 1 if teller.failures else 0
