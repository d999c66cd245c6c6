"""
What we add to the shop's schema, in a stable form that is the same on every host.

``make schema`` runs this as a program: it writes ``tests/schema.graphql``, which the storefront
and the Dashboard can be checked against and a test compares with the schema that is served.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Dict, Iterable, List

import django
from graphql import is_type
from graphql.type.definition import GraphQLList, GraphQLNonNull
from graphql.utils import schema_printer

FILE = Path(__file__).with_name("schema.graphql")

#: Types of the host that our fields use; everything else they reach is ours.
OF_THE_HOST = {
    "Boolean",
    "Date",
    "DateTime",
    "Float",
    "ID",
    "Int",
    "Money",
    "OrderDirection",
    "PageInfo",
    "String",
}

Fields = Dict[str, Any]


def added_schema() -> str:
    """Our fields of the host's types, then our own types by name."""
    from saleor.graphql.api import schema as host  # noqa: PLC0415 -- app ready

    from saleor_aftersale.graphql import schema as ours  # noqa: PLC0415 -- app ready

    added = {
        "Fulfillment": ours._fulfillment_fields(),
        "Mutation": ours.MUTATIONS,
        "Order": ours._order_fields(),
        "Query": ours._queries(),
    }
    extensions = {name: _fields_of(host.get_type(name), names) for name, names in added.items()}
    found: Dict[str, Any] = {}
    for fields in extensions.values():
        _collect(fields, found)
    parts = [_extension(name, fields) for name, fields in extensions.items()]
    parts += [schema_printer._print_type(found[name]) for name in sorted(found)]
    return "\n\n".join(parts) + "\n"


def _fields_of(host_type: Any, names: Iterable[str]) -> Fields:
    wanted = {_camel(name) for name in names}
    fields = {name: field for name, field in host_type.fields.items() if name in wanted}
    missing = wanted - set(fields)
    if missing:
        raise AssertionError(f"{host_type.name} lacks {sorted(missing)}")
    return {name: fields[name] for name in sorted(fields)}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _collect(fields: Fields, found: Dict[str, Any]) -> None:
    """Add our types that those fields and their arguments reach."""
    for field in fields.values():
        for used in [field.type, *(argument.type for argument in _arguments(field))]:
            named = _named(used)
            if named.name in OF_THE_HOST or named.name in found:
                continue
            assert is_type(named)
            found[named.name] = named
            _collect(getattr(named, "fields", {}), found)


def _arguments(field: Any) -> List[Any]:
    return list((getattr(field, "args", None) or {}).values())


def _named(kind: Any) -> Any:
    while isinstance(kind, (GraphQLList, GraphQLNonNull)):
        kind = kind.of_type
    return kind


def _extension(name: str, fields: Fields) -> str:
    lines = [
        f"  {field_name}{schema_printer._print_args(field)}: {field.type}"
        for field_name, field in fields.items()
    ]
    return "\n".join([f"extend type {name} {{", *lines, "}"])


if __name__ == "__main__":
    django.setup()
    FILE.write_text(added_schema(), encoding="utf-8")
    sys.stdout.write(f"Written: {FILE}\n")
