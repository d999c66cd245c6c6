"""The thanks for feedback, as the merchant writes it into the settings: pure rules."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple, Optional

#: Read aloud and typed from a phone: no vowels, so that no word comes about, and nothing that
#: looks like something else.
ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"

#: 57 random bits; Saleor 2.10.1 has room for 12 characters.
CODE_LENGTH = 12


class Reward(NamedTuple):
    """What a voucher for feedback is worth; the score has no part in it."""

    #: A share of 100, or an amount in the channel's currency.
    value: Decimal
    is_percentage: bool


def parse(value: str) -> Optional[Reward]:
    """
    What ``10%`` or ``5.00`` promises; None: nothing is promised.

    Raises:
        ValueError: it is neither, or more than everything, or nothing at all.
    """
    text = value.strip()
    if not text:
        return None
    found = re.fullmatch(r"([0-9]{1,6}(?:\.[0-9]{1,2})?) ?(%?)", text)
    reward = Reward(Decimal(found.group(1)), bool(found.group(2))) if found else None
    if reward is None or not reward.value:
        raise ValueError("Write a share as 10% or an amount as 5.00, or nothing.")
    if reward.is_percentage and reward.value > 100:
        raise ValueError("A share goes up to 100%.")
    return reward
