"""What the merchant says of each shipping method, by whom and how fast: pure rules."""

from __future__ import annotations

import re
from datetime import date
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from .. import workdays

#: Stands for every method or every country.
ANY = "*"

#: More would be a slip of the pen, and would take long to count.
MAX_DAYS = 120

_COLUMNS = ("name", "country", "carrier", "days")


class ShippingRule(NamedTuple):
    """One line of the setting ``shipping_methods``."""

    #: Name of the shipping method in lower case, or ``ANY``.
    method: str
    #: Where the parcel goes: ISO 3166 alpha-2 in upper case, or ``ANY``.
    country: str
    #: Normalised carrier code; empty when the line names none.
    carrier: str = ""
    #: Working days from hand-over to delivery, fewest and most; None: nothing is promised.
    days: Optional[Tuple[int, int]] = None


def parse(text: str) -> Tuple[ShippingRule, ...]:
    """
    Rules in the text of the setting: ``name | country | carrier | days`` a line.

    ``*`` stands for any method or country; carrier or days may be empty. Empty lines are
    skipped.

    Raises:
        ValueError: its text names the line and tells what to write.
    """
    rules: List[ShippingRule] = []
    lines: Dict[Tuple[str, str], int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            rule = _rule(line)
        except ValueError as fault:
            raise ValueError(f"Line {number}: {fault}") from None
        first = lines.setdefault((rule.method, rule.country), number)
        if first != number:
            raise ValueError(f"Line {number}: line {first} is about the same method and country.")
        rules.append(rule)
    return tuple(rules)


def carrier_for(rules: Sequence[ShippingRule], method: str, country: str) -> str:
    """Code of the carrier the merchant sends that method with; empty when none is named."""
    rule = _most_specific([rule for rule in rules if rule.carrier], method, country)
    return rule.carrier if rule else ""


def rule_for(rules: Sequence[ShippingRule], method: str, country: str) -> Optional[ShippingRule]:
    """
    The rule that promises how long a parcel of that method takes, or None.

    A line with the method's name wins over ``*``, then one with the country does.

    Args:
        method: as the customer chose it, in any case; an empty one fits only ``*``.
        country: where the parcel goes, ISO 3166 alpha-2.
    """
    return _most_specific([rule for rule in rules if rule.days], method, country)


def promised_range(rule: ShippingRule, sent_on: date, country: str) -> Optional[Tuple[date, date]]:
    """
    First and last day on which the parcel should arrive; None when nothing is promised.

    Args:
        sent_on: day of the hand-over; working days count from the day after it.
        country: where the parcel goes: its weekends and public holidays don't count.
    """
    if rule.days is None:
        return None
    first, last = (workdays.add_working_days(sent_on, count, country) for count in rule.days)
    return first, last


def _most_specific(
    rules: Sequence[ShippingRule], method: str, country: str
) -> Optional[ShippingRule]:
    by_key = {(rule.method, rule.country): rule for rule in rules}
    name, place = _folded(method), country.upper()
    keys = ((name, place), (name, ANY), (ANY, place), (ANY, ANY))
    return next((by_key[key] for key in keys if key in by_key), None)


def _rule(line: str) -> ShippingRule:
    cells = [cell.strip() for cell in line.split("|")]
    if len(cells) > len(_COLUMNS) or len(cells) < 2 or not cells[0]:
        raise ValueError(f"write {' | '.join(_COLUMNS)}, as InPost Paczkomaty | PL | inpost | 1-2.")
    method, country, carrier, days = cells + [""] * (len(_COLUMNS) - len(cells))
    rule = ShippingRule(_folded(method), _country(country), _carrier(carrier), _days(days))
    if not rule.carrier and rule.days is None:
        raise ValueError("name a carrier, days or both.")
    return rule


def _folded(method: str) -> str:
    return " ".join(method.split()).casefold()


def _country(cell: str) -> str:
    if cell != ANY and not re.fullmatch(r"[A-Za-z]{2}", cell, re.ASCII):
        raise ValueError(f"the country must be two letters or *, not {cell!r}.")
    return cell.upper()


def _carrier(cell: str) -> str:
    if not re.fullmatch(r"([a-z0-9][a-z0-9_-]{0,63})?", cell.lower(), re.ASCII):
        raise ValueError(f"the carrier must be a code such as inpost, not {cell!r}.")
    return cell.lower()


def _days(cell: str) -> Optional[Tuple[int, int]]:
    if not cell:
        return None
    found = re.fullmatch(r"([0-9]{1,3})(?:\s*[-–]\s*([0-9]{1,3}))?", cell, re.ASCII)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
    if not first <= last <= MAX_DAYS:
        raise ValueError(f"the days must be 2 or 1-3, up to {MAX_DAYS}, not {cell!r}.")
    return first, last
