"""
What the shop itself says of a product's return: the setting ``return_rules``, read by
pure rules, and what a product carries in its metadata.

For each thing a rule can say, the first of these that says it decides: the product's
metadata, its type's, then the setting's lines from top to bottom. What nobody says comes
from the channel's settings; the law is applied afterwards.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Callable, Dict, FrozenSet, List, Mapping, NamedTuple, Optional, Tuple

from ..values import Product, folded
from . import legal
from .bases import EXTRA_RESOLUTIONS, MERCHANT_ALWAYS_PAYS, METHODS, Basis, Payer

#: Letters of Directive 2011/83/EU Art. 16; the list is closed.
EXCEPTIONS = legal.WORDS["withdrawal.exceptions"].value

#: What can be said, each under its key of ``Terms``.
Sayings = Dict[str, Any]


class Terms(NamedTuple):
    """What the shop says of one line; an empty value means: nothing."""

    #: None: as in the channel's setting. 0: no voluntary return.
    goodwill_days: Optional[int] = None
    #: A letter of ``EXCEPTIONS``, or empty.
    exception: str = ""
    withdrawal_days: int = 0
    guarantee_months: int = 0
    #: 0: there is no commercial warranty.
    warranty_months: int = 0
    payers: Tuple[Tuple[Basis, Payer], ...] = ()
    #: Restocking fee in percent of the price; only ever for a goodwill return.
    fee_percent: int = 0
    #: None: as in the channel's setting.
    methods: Optional[Tuple[str, ...]] = None
    #: In place of the refund of a goodwill return; None: as in the channel's setting.
    resolutions: Optional[Tuple[str, ...]] = None


NO_TERMS = Terms()


class Where(NamedTuple):
    """What a rule can look at: one line of an order."""

    #: None once the shop has deleted the product.
    product: Optional[Product]
    #: Where it was delivered, ISO 3166 alpha-2.
    country: str
    #: Paid for one piece, in the order's currency.
    price: Decimal


class Condition(NamedTuple):
    """One thing a rule looks at; ``names`` or a comparison, according to ``kind``."""

    #: A key of ``CONDITIONS``.
    kind: str
    #: Folded names and slugs, or country codes.
    names: FrozenSet[str] = frozenset()
    comparison: str = ""
    bound: Decimal = Decimal(0)

    def holds(self, where: Where) -> bool:
        """Whether the line is of that kind; a deleted product is of none."""
        if self.kind == "country":
            return where.country in self.names
        if self.kind == "price":
            return _COMPARISONS[self.comparison](where.price, self.bound)
        return bool(where.product and self.names & _NAMES[self.kind](where.product))


class ShopRule(NamedTuple):
    """One line of the setting ``return_rules``."""

    #: All must hold; none: the rule holds everywhere.
    conditions: Tuple[Condition, ...]
    sayings: Sayings


_NAMES: Dict[str, Callable[[Product], FrozenSet[str]]] = {
    "product": lambda product: product.names,
    "product type": lambda product: product.types,
    "category": lambda product: product.categories,
    "collection": lambda product: product.collections,
}

_COMPARISONS: Dict[str, Callable[[Decimal, Decimal], bool]] = {
    ">": lambda price, bound: price > bound,
    ">=": lambda price, bound: price >= bound,
    "<": lambda price, bound: price < bound,
    "<=": lambda price, bound: price <= bound,
}

CONDITIONS = (*_NAMES, "country", "price")


def terms_of(where: Where, rules: Tuple[ShopRule, ...]) -> Terms:
    """What the shop says of one line; who says it first decides, thing by thing."""
    product = where.product
    sayings: Sayings = dict(_of_metadata(product)) if product else {}
    payers: Dict[Basis, Payer] = {}
    for rule in rules:
        if all(condition.holds(where) for condition in rule.conditions):
            sayings = {**rule.sayings, **sayings}
            payers = {**rule.sayings.get("payers", {}), **payers}
    in_order = tuple((basis, payers[basis]) for basis in Basis if basis in payers)
    return Terms(**{**sayings, "payers": in_order})


EXCEPTION_KEY = "aftersale.exception"
_MONTHS_KEYS = {
    "aftersale.warranty_months": "warranty_months",
    "aftersale.guarantee_months": "guarantee_months",
}


def _of_metadata(product: Product) -> Sayings:
    """What a product says of itself; a value nobody understands says nothing."""
    sayings: Sayings = {}
    letter = product.metadata.get(EXCEPTION_KEY, "").strip().upper()
    if len(letter) == 1 and letter in EXCEPTIONS:
        sayings["exception"] = letter
    elif letter == "NONE":
        sayings["exception"] = ""
    for key, name in _MONTHS_KEYS.items():
        months = product.metadata.get(key, "").strip()
        if re.fullmatch(r"[0-9]{1,3}", months, re.ASCII):
            sayings[name] = int(months)
    return sayings


def faults_of(product: Product) -> List[str]:
    """What in a product's metadata is not understood and therefore ignored, as sentences."""
    faults = []
    letter = product.metadata.get(EXCEPTION_KEY, "").strip().upper()
    if letter not in ("", "NONE", *EXCEPTIONS):
        faults.append(f"{EXCEPTION_KEY}: there is no exception {letter[:20]!r}.")
    for key in _MONTHS_KEYS:
        months = product.metadata.get(key, "").strip()
        if months and not re.fullmatch(r"[0-9]{1,3}", months, re.ASCII):
            faults.append(f"{key}: {months[:20]!r} is no number of months.")
    return faults


# Reading the setting


def parse(text: str) -> Tuple[ShopRule, ...]:
    """
    Rules in the text of the setting: ``where | what | what`` a line.

    Where: ``all``, or conditions joined by ``&``: ``category``, ``collection``,
    ``product type``, ``product`` and ``country`` with names or slugs separated by commas,
    ``price`` with ``>``, ``>=``, ``<`` or ``<=`` and a number. What: see ``SAYINGS``.
    Empty lines and those that start with ``#`` are skipped. A semicolon ends a line too: the
    Dashboard of 2.10.1 has fields of one line only.

    Raises:
        ValueError: its text names the line and tells what to write.
    """
    rules = []
    for number, line in enumerate(re.split(r"\r?\n|;", text), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            rules.append(_rule(line))
        except ValueError as fault:
            raise ValueError(f"Line {number}: {fault}") from None
    return tuple(rules)


def _rule(line: str) -> ShopRule:
    where, *what = (cell.strip() for cell in line.split("|"))
    if not where or not what or not all(what):
        raise ValueError("write where | what, as category: Lingerie | goodwill 0 | exception E.")
    conditions = () if where.lower() == "all" else tuple(map(_condition, where.split("&")))
    sayings: Sayings = {}
    for cell in what:
        for name, value in _saying(cell).items():
            if name in sayings and name != "payers":
                raise ValueError(f"{cell!r} says the same thing a second time.")
            sayings[name] = {**sayings.get(name, {}), **value} if name == "payers" else value
    return ShopRule(conditions, sayings)


def _condition(text: str) -> Condition:
    kind, colon, value = (" ".join(word.split()) for word in text.partition(":"))
    kind = kind.lower()
    if kind not in CONDITIONS or not colon or not value:
        raise ValueError(
            f"{' '.join(text.split())!r} is no condition. Write all, or one of "
            f"{', '.join(CONDITIONS)} with a colon, as country: PL, BG."
        )
    if kind == "country":
        return _country(value)
    if kind == "price":
        return _price(value)
    return Condition(kind, frozenset(folded(name) for name in value.split(",") if name.strip()))


def _country(value: str) -> Condition:
    wanted = frozenset(code.strip().upper() for code in value.split(","))
    wrong = [code for code in wanted if not re.fullmatch(r"[A-Z]{2}", code, re.ASCII)]
    if wrong:
        raise ValueError(f"a country has two letters, not {min(wrong)!r}.")
    return Condition("country", wanted)


def _price(value: str) -> Condition:
    found = re.fullmatch(r"([<>]=?)\s*([0-9]{1,9}(?:\.[0-9]{1,3})?)", value, re.ASCII)
    if not found:
        raise ValueError(f"a price is compared, as price: >= 100 or price: < 9.50, not {value!r}.")
    return Condition("price", comparison=found[1], bound=Decimal(found[2]))


_BASIS_WORDS = {
    "withdrawal": Basis.WITHDRAWAL,
    "goodwill": Basis.GOODWILL_RETURN,
    "non-conformity": Basis.NON_CONFORMITY,
    "warranty": Basis.COMMERCIAL_WARRANTY,
    "delivery problem": Basis.DELIVERY_PROBLEM,
    "refused delivery": Basis.REFUSED_DELIVERY,
}


def _goodwill(found: Mapping[str, str]) -> Sayings:
    return {"goodwill_days": int(found["number"])}


def _exception(found: Mapping[str, str]) -> Sayings:
    letter = found["word"].upper()
    if letter != "NONE" and (len(letter) != 1 or letter not in EXCEPTIONS):
        raise ValueError(
            f"there is no exception {found['word']!r}: the law has {EXCEPTIONS[0]} to "
            f"{EXCEPTIONS[-1]}, and none lifts one."
        )
    return {"exception": "" if letter == "NONE" else letter}


def _withdrawal(found: Mapping[str, str]) -> Sayings:
    return {"withdrawal_days": _not_under("withdrawal.period_days", found, "days")}


def _guarantee(found: Mapping[str, str]) -> Sayings:
    return {"guarantee_months": _not_under("guarantee.period_months", found, "months")}


def _not_under(key: str, found: Mapping[str, str], unit: str) -> int:
    number, floor = int(found["number"]), legal.ROWS[key].floor
    if number < floor:
        raise ValueError(f"{found['name']} {number} is less than the law's {floor} {unit}.")
    return number


def _warranty(found: Mapping[str, str]) -> Sayings:
    return {"warranty_months": int(found["number"])}


def _fee(found: Mapping[str, str]) -> Sayings:
    if found["word"] and found["word"].lower() != "goodwill":
        raise ValueError("a fee is possible only for goodwill, as fee 10 %.")
    if int(found["number"]) > 100:
        raise ValueError("a fee is at most 100 %.")
    return {"fee_percent": int(found["number"])}


def _pays(found: Mapping[str, str]) -> Sayings:
    payer, payers = Payer[found["word"].upper()], {}
    for word in (word.strip().lower() for word in found["words"].split(",")):
        if word not in _BASIS_WORDS:
            raise ValueError(f"there is no {word!r} to pay for: {', '.join(_BASIS_WORDS)}.")
        basis = _BASIS_WORDS[word]
        if payer is Payer.CUSTOMER and basis in MERCHANT_ALWAYS_PAYS:
            raise ValueError(f"a customer never pays the way back for a {word}.")
        payers[basis] = payer
    return {"payers": payers}


def _words(name: str, allowed: Tuple[str, ...]) -> Callable[[Mapping[str, str]], Sayings]:
    def read(found: Mapping[str, str]) -> Sayings:
        words = tuple(dict.fromkeys(re.split(r"[,\s]+", found["words"].strip().upper())))
        unknown = [word for word in words if word not in allowed]
        if unknown:
            raise ValueError(f"unknown {', '.join(unknown)}. Known: {', '.join(allowed)}.")
        return {name: words}

    return read


#: A goodwill return is the shop's own gift: there it may give a voucher and no money.
GOODWILL_RESOLUTIONS = ("REFUND_ORIGINAL", *EXTRA_RESOLUTIONS)

_NUMBER = r"(?P<number>[0-9]{1,4})"

#: How each thing is said; the group names are what the readers ask for.
SAYINGS: Tuple[Tuple[str, Callable[[Mapping[str, str]], Sayings]], ...] = (
    (rf"goodwill {_NUMBER}(?: days?)?", _goodwill),
    (r"goodwill as (?P<words>.+)", _words("resolutions", GOODWILL_RESOLUTIONS)),
    (r"exception (?P<word>\S+)", _exception),
    (rf"(?P<name>withdrawal) {_NUMBER}(?: days?)?", _withdrawal),
    (rf"(?P<name>guarantee) {_NUMBER}(?: months?)?", _guarantee),
    (rf"warranty {_NUMBER}(?: months?)?", _warranty),
    (rf"fee (?P<word>[a-z -]*?) ?{_NUMBER} ?%", _fee),
    (r"(?P<word>merchant|customer) pays (?P<words>.+)", _pays),
    (r"methods (?P<words>.+)", _words("methods", METHODS)),
)


def _saying(cell: str) -> Sayings:
    text = " ".join(cell.split())
    for pattern, read in SAYINGS:
        found = re.fullmatch(pattern, text, re.ASCII | re.IGNORECASE)
        if found:
            return read(found.groupdict())
    raise ValueError(
        f"{text!r} says nothing known. Write goodwill 30, goodwill as STORE_CREDIT, "
        "exception E, withdrawal 30, guarantee 36, warranty 12, fee 10 %, "
        "merchant pays withdrawal, or methods IN_STORE."
    )
