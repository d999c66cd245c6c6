"""
Whose parcel a tracking number is, the carrier's name and public link: offline.

What numbers look like is data, in ``numbers.json``. Of each carrier it holds ``name``,
``link`` (and ``links`` by country of delivery), ``hosts`` of its web pages, ``aliases`` of its
code, and ``formats``:

- ``pattern`` fits the whole normalised number; its group ``checked`` is the part with the
  check digit, ``link`` the part the carrier's page wants, both the whole number if missing;
- ``checksum`` is a function below, or null for a shape without a confirmed rule;
- ``certain_in``: a checked number is surely this carrier's only for parcels to these
  countries; missing means anywhere. Bare digits of a common length never say "anywhere": one
  in ten of another carrier's numbers passes their check.

``posts`` gives the postal operator of each country of the UPU, for S10 numbers.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Callable, Dict, FrozenSet, Iterator, List, Mapping, Optional, Pattern, Tuple
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from .base import normalise_number

#: No carrier's printed number is longer.
MAX_LENGTH = 40


@dataclass(frozen=True)
class Candidate:
    """A carrier whose format a number has."""

    #: Normalised carrier code.
    carrier: str
    #: The number's check digit is right; False where the format has no known one.
    is_verified: bool


def candidates(number: str) -> List[Candidate]:
    """
    Carriers the number may be of, verified ones first; none for a wrong check digit.

    Args:
        number: as written; spaces, dashes and case don't matter.
    """
    verified: Dict[str, bool] = {}
    for carrier, form in _fitting(normalise_number(number)):
        verified[carrier] = verified.get(carrier, False) or form.check is not None
    found = [Candidate(carrier, is_verified) for carrier, is_verified in verified.items()]
    return sorted(found, key=lambda candidate: not candidate.is_verified)


def recognise(number: str, *, country: str = "") -> Optional[str]:
    """
    Code of the one carrier that is certain, or None: never a guess.

    Certain is a carrier whose check digit is right in a format that nobody else uses, or
    nobody else for parcels to that country, while no other carrier's check digit is right.

    Args:
        country: where the parcel goes, ISO 3166 alpha-2; empty if unknown.
    """
    verified, certain = set(), set()
    for carrier, form in _fitting(normalise_number(number)):
        if form.check is not None:
            verified.add(carrier)
        if form.is_certain_in(country):
            certain.add(carrier)
    return certain.pop() if certain and len(verified) == 1 else None


def may_be_of(number: str, carrier: str) -> bool:
    """Whether the number has a format of that carrier; of an unknown one it always may be."""
    known = _carrier(carrier)
    found = (_carrier(candidate.carrier) for candidate in candidates(number))
    return known is None or known in found


def carrier_of_url(url: str) -> Optional[Tuple[str, str]]:
    """
    Carrier code and number in a link to a carrier's tracking page.

    Returns:
        The number is normalised, and empty when none is found in the link; None for a
        link to anyone else.
    """
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    owner = _owner_of(host) if parts.scheme in ("http", "https") else None
    if owner is None:
        return None
    query = parse_qsl(parts.query)
    written = [value for _, value in query]
    written += [unquote(piece) for piece in re.split(r"[/=&?#]", f"{parts.path}/{parts.fragment}")]
    for piece in map(normalise_number, written):
        found = [item for item in candidates(piece) if _is_of(item.carrier, owner)]
        found = [item for item in found if item.is_verified] or found
        if found:
            return (found[0].carrier if len(found) == 1 else owner), piece
    in_place = normalise_number(dict(query).get(_query_name(_carrier(owner)), ""))
    return owner, in_place if re.fullmatch(r"[0-9A-Z]{5,40}", in_place) else ""


def tracking_url(carrier: str, number: str, *, country: str = "") -> str:
    """
    Public link to the parcel at its carrier; empty if we know none.

    Args:
        country: where the parcel goes; some carriers have a page per country.
    """
    known, number = _carrier(carrier), normalise_number(number)
    if not (known and known.link and 0 < len(number) <= MAX_LENGTH):
        return ""
    for form in known.formats:
        fit = form.pattern.fullmatch(number)
        if fit and "link" in form.pattern.groupindex:
            number = fit["link"]
            break
    link = known.links.get(country.upper(), known.link)
    return link.replace("{number}", quote(number, safe=""))


def name_of(carrier: str) -> str:
    """The carrier's name as people know it; an unknown code is made readable."""
    known = _carrier(carrier)
    if known:
        return known.name
    words = carrier.replace("_", " ").replace("-", " ").split()
    return " ".join(word.upper() if len(word) <= 4 else word.capitalize() for word in words)


# Check digits. Each is given digits, or digits and capital letters, the check last.


def _sum(number: str, weights: Tuple[int, ...]) -> int:
    """Sum of digits by weights that repeat from the right."""
    digits = enumerate(reversed(number))
    return sum(int(digit) * weights[place % len(weights)] for place, digit in digits)


def _gs1(number: str) -> bool:
    """Source: GS1 General Specifications 7.9.1."""
    return _sum(number, (1, 3)) % 10 == 0


def _identcode(number: str) -> bool:
    """Source: Deutsche Post Identcode, weights 4 and 9."""
    return (_sum(number[:-1], (4, 9)) + int(number[-1])) % 10 == 0


def _ups(number: str) -> bool:
    """Letters count as digits, A as 2; every second place counts twice."""
    digits = "".join(x if x.isdigit() else str((ord(x) - 63) % 10) for x in number)
    return (_sum(digits[:-1], (1, 2)) + int(digits[-1])) % 10 == 0


def _fedex(number: str) -> bool:
    """Weights 1, 3, 7 modulo 11, where 10 is written 0."""
    return _sum(number[:-1], (1, 3, 7)) % 11 % 10 == int(number[-1])


def _dhl_express(number: str) -> bool:
    """The number before the check digit modulo 7."""
    return int(number[:-1]) % 7 == int(number[-1])


def _s10(number: str) -> bool:
    """Source: UPU S10; weights 8 6 4 2 3 5 9 7 modulo 11, 10 written 0 and 11 written 5."""
    rest = 11 - _sum(number[:-1], (7, 9, 5, 3, 2, 4, 6, 8)) % 11
    return {10: 0, 11: 5}.get(rest, rest) == int(number[-1])


_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _mod37_36(number: str) -> bool:
    """Source: ISO 7064, hybrid system mod 37,36."""
    rest = 36
    for character in number[:-1]:
        rest = (rest + _ALPHABET.index(character)) % 36 or 36
        rest = rest * 2 % 37
    return (rest + _ALPHABET.index(number[-1])) % 36 == 1


def _correos(number: str) -> bool:
    """Sum of the characters' codes modulo 23, written as the letter of a Spanish DNI."""
    return "TRWAGMYFPDXBNJZSQVHLCKE"[sum(map(ord, number[:-1])) % 23] == number[-1]


CHECKS: Mapping[str, Callable[[str], bool]] = {
    "correos": _correos,
    "dhl_express": _dhl_express,
    "fedex": _fedex,
    "gs1": _gs1,
    "identcode": _identcode,
    "mod37_36": _mod37_36,
    "s10": _s10,
    "ups": _ups,
}


# The data.


@dataclass(frozen=True)
class _Format:
    pattern: Pattern[str]
    check: Optional[Callable[[str], bool]]
    #: None: anywhere.
    certain_in: Optional[FrozenSet[str]]

    def fits(self, number: str) -> bool:
        found = self.pattern.fullmatch(number)
        if found is None or self.check is None:
            return found is not None
        return self.check(found["checked"] if "checked" in self.pattern.groupindex else number)

    def is_certain_in(self, country: str) -> bool:
        if self.check is None:
            return False
        return self.certain_in is None or country.upper() in self.certain_in


@dataclass(frozen=True)
class _Carrier:
    name: str
    link: str
    #: Country of delivery -> its own page.
    links: Mapping[str, str]
    formats: Tuple[_Format, ...]


@dataclass(frozen=True)
class _Table:
    carriers: Mapping[str, _Carrier]
    #: Other spelling -> code.
    aliases: Mapping[str, str]
    hosts: Mapping[str, str]
    s10: _Format
    #: Country -> code of its postal operator.
    posts: Mapping[str, str]


def _fitting(number: str) -> Iterator[Tuple[str, _Format]]:
    """Carriers and formats the normalised number has, check digits included."""
    if not (number.isascii() and number.isalnum() and len(number) <= MAX_LENGTH):
        return
    table = _table()
    if table.s10.fits(number) and number[-2:] in table.posts:
        yield table.posts[number[-2:]], table.s10
    for code, carrier in table.carriers.items():
        for form in carrier.formats:
            if form.fits(number):
                yield code, form


def _carrier(code: str) -> Optional[_Carrier]:
    table = _table()
    code = code.strip().lower().replace("_", "-").replace(" ", "-")
    return table.carriers.get(table.aliases.get(code, code))


def _owner_of(host: str) -> Optional[str]:
    """Code of the carrier whose host it is, or a host above it."""
    labels = host.split(".")
    names = (".".join(labels[start:]) for start in range(len(labels)))
    hosts = _table().hosts
    return next((hosts[name] for name in names if name in hosts), None)


def _is_of(carrier: str, owner: str) -> bool:
    """``dhl-express`` is of ``dhl``; a post may share its page with a parcel service."""
    return carrier == owner or carrier.startswith(owner + "-") or _link(carrier) == _link(owner)


def _link(code: str) -> str:
    carrier = _carrier(code)
    return carrier.link if carrier else ""


def _query_name(carrier: Optional[_Carrier]) -> str:
    """The query parameter of the carrier's link that holds the number, or empty."""
    found = re.search(r"[?&]([^=&#]+)=\{number\}", carrier.link) if carrier else None
    return found[1] if found else ""


@lru_cache(maxsize=None)
def _table() -> _Table:
    text = Path(__file__).with_name("numbers.json").read_text(encoding="utf-8")
    data = json.loads(text)
    carriers = {code: _read_carrier(row) for code, row in data["carriers"].items()}
    rows = data["carriers"].items()
    hosts = {host: code for code, row in rows for host in row.get("hosts", ())}
    for code, *facts in data["posts"].values():
        if facts:
            carriers.setdefault(code, _Carrier(facts[0], facts[1], {}, ()))
    for code, carrier in carriers.items():
        hosts.setdefault((urlsplit(carrier.link).hostname or "").replace("www.", "", 1), code)
    hosts.pop("", None)
    return _Table(
        carriers=carriers,
        aliases={alias: code for code, row in rows for alias in row.get("aliases", ())},
        hosts=hosts,
        s10=_read_format(data["s10"]),
        posts={country: row[0] for country, row in data["posts"].items()},
    )


def _read_carrier(row: Mapping[str, Any]) -> _Carrier:
    formats = tuple(map(_read_format, row.get("formats", ())))
    return _Carrier(row["name"], row["link"], row.get("links", {}), formats)


def _read_format(row: Mapping[str, Any]) -> _Format:
    certain_in = row.get("certain_in")
    return _Format(
        pattern=re.compile(row["pattern"], re.ASCII),
        check=CHECKS[row["checksum"]] if row["checksum"] else None,
        certain_in=None if certain_in is None else frozenset(certain_in),
    )
