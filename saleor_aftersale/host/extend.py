"""Adds fields to a host's GraphQL types before its schema is built."""

from __future__ import annotations

import sys
from typing import Any, Callable, Mapping, Tuple

from django.core.exceptions import ImproperlyConfigured

Fields = Mapping[str, Tuple[Any, Callable[..., Any]]]


def extend(
    query_type: Any,
    mutation_type: Any,
    types: Tuple[Any, Any],
    queries: Fields,
    mutations: Mapping[str, Any],
    fields: Tuple[Fields, Fields],
) -> None:
    """
    See ``ports.Graphql.extend_schema``.

    Query and Mutation of the host inherit from ``query_type`` and ``mutation_type`` and
    collect their fields when they are created; the ``types`` are created already.

    Args:
        types: the host's Order and Fulfillment.
        fields: what each of them gets.
    """
    if "saleor.graphql.api" in sys.modules:
        raise ImproperlyConfigured(
            "saleor_aftersale: the GraphQL schema was built before this app was ready. "
            "Don't import saleor.graphql.api or saleor.urls from settings or models."
        )
    for name, (field, resolver) in queries.items():
        setattr(query_type, name, field)
        setattr(query_type, "resolve_" + name, staticmethod(resolver))
    for name, field in mutations.items():
        setattr(mutation_type, name, field)
    for type_, added in zip(types, fields):
        for name, (field, resolver) in added.items():
            type_._meta.fields[name] = field
            setattr(type_, "resolve_" + name, staticmethod(resolver))
