"""Makes GraphQL calls of any field from its types, with values that trouble careless code."""

from __future__ import annotations

import base64
import json
import random
from typing import Any, Dict, List, Mapping, NamedTuple, Sequence, Set, Tuple

from graphql.type.definition import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
)

from tests.factories import CHANNEL, global_id

STRINGS = [
    "",
    " ",
    "\x00",
    "a\x00b",
    "\ud800",
    "😀" * 30,
    "\u202eabc",
    "é" * 3000,
    "x" * 100_000,
    "%s %(name)s {0} {token}",
    "'; DROP TABLE x; --",
    "a\r\nBcc: eve@example.com",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "null",
    "٣",
    "²",
]
AMOUNTS = [
    "10.00",
    "0",
    "-1",
    "NaN",
    "sNaN",
    "Infinity",
    "1e400",
    "9" * 400,
    "1e-400",
    "٣",
    "0.001",
]
LANGUAGES = ["en", "pl", "PL", "zz", "en-US", "../pl", "x" * 300, "\x00"]
# Without "": the host's own scalar stumbles over it.
DATES = ["2026-06-01", "2026-06-30", "0001-01-01", "9999-12-31", "2026-02-30", "24", "\x00"]
MOMENTS = [
    "2026-06-01T12:00:00+00:00",
    "2026-06-01T12:00:00",
    "0001-01-01T00:00:00+14:00",
    "0001-01-01T00:00:00+00:00",
    "9999-12-31T23:59:59-12:00",
    "9999-12-31T23:59:59.999999+00:00",
    "2026-06-01T12:00:00+99:99",
    "2026-06-01",
    "24:00",
]
INTEGERS = [0, 2, 10, 100, -1, 2**31 - 1, -(2**31)]
FLOATS = [0, 0.5, 1, -0.1, 1.5, 1e308, 1e-308, float("nan"), float("inf"), float("-inf")]
INVALID_TOKENS = ["", "x", "\x00", "é" * 3000, "WyIxIiwxLDE4MTA4Njk3MDdd:1xUy9D:AAAA"]
KEYS = ["", "0", "-1", "1.5", "9" * 18, "9" * 30, "\x00", "٣", "²", "a-b", "-", "None", "1 OR 1=1"]
IDS = ["", "\x00", "%%%", "😀", "\ud800", "x" * 10_000, base64.b64encode(b"\xff:\xfe").decode()]


def cursor(*values: Any) -> str:
    """A cursor as our connections write them."""
    return base64.b64encode(json.dumps(values).encode()).decode()


CURSORS = [
    cursor("2026-06-01T12:00:00+00:00", 1),
    cursor("2026-06-01T12:00:00+00:00", 10**30),
    cursor("2026-06-01T12:00:00+00:00", True),
    cursor("2026-06-01T12:00:00+00:00", -1),
    cursor("2026-06-01T12:00:00", 1),
    cursor("9999-12-31T23:59:59-12:00", 1),
    cursor("0001-01-01T00:00:00+14:00", 1),
    cursor("2026-02-30T12:00:00+00:00", 1),
    cursor("2026-06-01T12:00:00+99:99", 1),
    cursor(None, 1),
    cursor(["2026"], 1),
    cursor(1, 1),
    cursor(),
    cursor("a", "b", "c"),
    base64.b64encode(b"\xff").decode(),
    base64.b64encode(b"[" * 5000).decode(),
    "é",
    "====",
]


class Call(NamedTuple):
    """One operation with its variables."""

    document: str
    variables: Dict[str, Any]


class World(NamedTuple):
    """What a caller knows."""

    #: Keys by type name, as ``{"Order": ["1", "2"]}``.
    keys: Mapping[str, Sequence[Any]]
    #: Signed links that open something for them; the worthless ones are known to all.
    tokens: Sequence[str]


class Maker:
    """Makes calls; the same chance makes the same ones."""

    def __init__(self, chance: random.Random, world: World) -> None:
        self._chance = chance
        self._world = world
        #: How often a value is a nasty one: some calls get far, some only to the door.
        self._malice = chance.choice([0, 0.05, 0.1, 0.2, 0.5])
        #: Good and bad values by argument.
        self._texts: Dict[str, Tuple[Sequence[Any], Sequence[Any]]] = {
            "access_token": (world.tokens or INVALID_TOKENS, INVALID_TOKENS),
            "after": (CURSORS[:1], CURSORS),
            "amount": (["1.00"], AMOUNTS),
            "before": (CURSORS[:1], CURSORS),
            "channel": ([CHANNEL], ["nowhere"]),
            "channels": ([CHANNEL], ["nowhere"]),
            "email": (["x@example.com"], ["x@@example.com", "a@b, c@d"]),
            "key": (["shipment.sent", "return.approved"], ["no.such"]),
            "language": (LANGUAGES[:2], LANGUAGES),
            "label_url": (["https://example.com/label.pdf"], ["javascript:alert(1)", "https://"]),
            "name": (["return_window_days"], ["no_such"]),
            "value": (["30"], ["-1", "9" * 40]),
        }

    def call(self, kind: str, name: str, field: Any, *, inside: str = "%s") -> Call:
        """An operation that asks for one field and all that is in it."""
        variables, declared, passed = {}, [], []
        for argument, details in sorted((field.args or {}).items()):
            value = self._value(details.type, details.out_name or argument, name)
            if value is None and self._chance.random() < 0.9:
                continue
            variables[argument] = value
            declared.append(f"${argument}: {details.type}")
            passed.append(f"{argument}: ${argument}")
        heading = f"{kind} Fuzz({', '.join(declared)})" if declared else f"{kind} Fuzz"
        arguments = f"({', '.join(passed)})" if passed else ""
        body = f"{name}{arguments}{selection(field.type)}"
        return Call(f"{heading} {{ {inside % body} }}", variables)

    def _value(self, kind: Any, name: str, field: str) -> Any:
        if isinstance(kind, GraphQLNonNull):
            return self._value_of(kind.of_type, name, field)
        is_left_out = name == "last" or self._chance.random() < 0.4
        return None if is_left_out else self._value_of(kind, name, field)

    def _pick(self, good: Sequence[Any], bad: Sequence[Any]) -> Any:
        return self._chance.choice(bad if self._chance.random() < self._malice else good)

    def _value_of(self, kind: Any, name: str, field: str) -> Any:
        if isinstance(kind, GraphQLNonNull):
            return self._value_of(kind.of_type, name, field)
        if isinstance(kind, GraphQLList):
            count = self._pick([1, 1, 2], [0, 3, 200])
            return [self._value_of(kind.of_type, name, field) for _ in range(count)]
        if isinstance(kind, GraphQLEnumType):
            return self._chance.choice(kind.values).name
        if isinstance(kind, GraphQLInputObjectType):
            return self._object(kind, field)
        return self._scalar(kind.name, name, field)

    def _object(self, kind: Any, field: str) -> Dict[str, Any]:
        values = {
            name: self._value(inner.type, inner.out_name or name, field)
            for name, inner in kind.fields.items()
        }
        return {name: value for name, value in values.items() if value is not None}

    def _scalar(self, kind: str, name: str, field: str) -> Any:
        numbers: Dict[str, Tuple[Sequence[Any], Sequence[Any]]] = {
            "Int": ([1, 1, 2, 5], INTEGERS),
            "Float": ([0, 0.5], FLOATS),
            "Boolean": ([True, False], [True, False]),
            "Date": (DATES[:2], DATES),
            "DateTime": (MOMENTS[:1], MOMENTS),
        }
        if kind in numbers:
            return self._pick(*numbers[kind])
        if kind == "ID":
            return self._id(name, field)
        good, bad = self._texts.get(name, (["Words", "1ZTEST", "10"], STRINGS))
        return self._pick(good, [*bad, *STRINGS])

    def _id(self, name: str, field: str) -> str:
        keys = self._world.keys
        kind = kind_of_id(name, field)
        kinds = sorted(keys)
        kind = self._pick([kind] if kind in keys else kinds, kinds)
        return self._pick([global_id(kind, self._pick(keys[kind], KEYS))], IDS)


_KINDS_BY_ARGUMENT = {
    "assignee": "User",
    "event_id": "ShipmentRecordedEvent",
    "fulfillment_id": "Fulfillment",
    "line_id": "ReturnRequestLine",
    "order_id": "Order",
    "order_line_id": "OrderLine",
    "staff_id": "User",
    "variant_id": "ProductVariant",
    "warehouse_id": "Warehouse",
}

_KINDS_BY_FIELD = {
    "aftersaleEventDelivery": "AftersaleEventDelivery",
    "feedback": "OrderFeedback",
    "followUp": "FollowUp",
    "mailSuppression": "MailSuppression",
    "returnRequest": "ReturnRequest",
    "shipment": "Shipment",
    "withdrawalStatement": "WithdrawalStatement",
}


def camel(name: str) -> str:
    """The name of a field as the API has it."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def kind_of_id(name: str, field: str) -> str:
    """Of which type an argument's id should be."""
    for prefix, kind in _KINDS_BY_FIELD.items():
        if name in ("id", "ids") and field.startswith(prefix):
            return kind
    return _KINDS_BY_ARGUMENT.get(name, "")


def selection(kind: Any, above: Tuple[str, ...] = ()) -> str:
    """Everything inside a type; no type is entered twice on one way down."""
    named = kind
    while isinstance(named, (GraphQLList, GraphQLNonNull)):
        named = named.of_type
    fields = getattr(named, "fields", None)
    if not fields:
        return ""
    parts: List[str] = []
    for name, field in fields.items():
        inner = field.type
        while isinstance(inner, (GraphQLList, GraphQLNonNull)):
            inner = inner.of_type
        if inner.name in (*above, named.name) or needs_argument(field):
            continue
        parts.append(name + selection(inner, (*above, named.name)))
    return " { " + " ".join(parts) + " }"


def needs_argument(field: Any) -> bool:
    """Whether a field can't be asked for by its name alone."""
    return any(isinstance(each.type, GraphQLNonNull) for each in (field.args or {}).values())


def words_of(value: Any) -> Set[str]:
    """All texts in a value."""
    if isinstance(value, str):
        return {value}
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return {word for each in inner for word in words_of(each)}
