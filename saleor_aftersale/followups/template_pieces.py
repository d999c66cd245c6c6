"""Pieces of a compiled template: texts, and functions that write the rest."""

from __future__ import annotations

import html
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple, Union

from django.template.base import FilterExpression
from django.templatetags.i18n import BlockTranslateNode

from .template_values import Scope, Value, words_of

try:
    from django.templatetags.i18n import TranslateNode
except ImportError:  # Django 3.0
    from django.templatetags.i18n import TransNode as TranslateNode

Writer = Callable[[Scope, List[str]], None]
Piece = Union[str, Writer]


def all_of(pieces: Sequence[Piece]) -> Writer:
    if len(pieces) == 1 and not isinstance(pieces[0], str):
        return pieces[0]

    def write(scope: Scope, written: List[str]) -> None:
        for piece in pieces:
            if isinstance(piece, str):
                written.append(piece)
            else:
                piece(scope, written)

    return write


class Setter:
    """Gives a name to a sentence."""

    def __init__(self, name: str, value: str) -> None:
        self.name = name
        self.value = value

    def __call__(self, scope: Scope, written: List[str]) -> None:
        scope[self.name] = self.value


def writer_of(value: Value, escapes: bool) -> Writer:
    def write(scope: Scope, written: List[str]) -> None:
        found = value(scope)
        if type(found) is str:
            written.append(html.escape(found) if escapes else found)
        else:
            written.append(words_of(found, scope, escapes))

    return write


def inside(
    body: Writer,
    more: Sequence[Tuple[str, Value]],
    isolated: Optional[Mapping[str, Any]] = None,
    fixed: Mapping[str, Any] = {},
) -> Writer:
    """A part with more names; ``isolated`` are all others it has."""

    def write(scope: Scope, written: List[str]) -> None:
        inner = scope.inner(scope if isolated is None else isolated)
        inner.update(fixed)
        for name, value in more:
            inner[name] = value(scope)
        body(inner, written)

    return write


def loop_facts(position: int, count: int, scope: Scope) -> Dict[str, Any]:
    return {
        "parentloop": scope.get("forloop", {}),
        "counter0": position,
        "counter": position + 1,
        "revcounter": count - position,
        "revcounter0": count - position - 1,
        "first": position == 0,
        "last": position == count - 1,
    }


def is_super(expression: FilterExpression) -> bool:
    return str(expression).startswith("block.")


def names_in(nodes: Any) -> List[str]:
    """Names given to sentences in it."""
    kinds = (TranslateNode, BlockTranslateNode)
    found = (node for kind in kinds for node in nodes.get_nodes_by_type(kind))
    return [node.asvar for node in found if node.asvar]


def without(values: Mapping[str, Any], names: Sequence[str]) -> Dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}


def enclosed(pieces: Sequence[Piece]) -> Writer:
    """Names given inside end with it."""
    body = all_of(pieces)
    return lambda scope, written: body(scope.inner(scope), written)
