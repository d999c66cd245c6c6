"""What names, filters and conditions of a template are worth, as small functions."""

from __future__ import annotations

import html
import unicodedata
from typing import Any, Callable, List, Mapping, Optional, Tuple

from django.template import VariableDoesNotExist, defaultfilters
from django.template.base import FilterExpression, Variable, render_value_in_context
from django.template.defaulttags import TemplateLiteral
from django.utils.safestring import SafeString

#: Names every template knows.
BUILTINS = {"True": True, "False": False, "None": None}


class Scope(dict):  # type: ignore[type-arg]
    """What names mean at one place of a template; enough of Django's context for its filters."""

    autoescape = True
    use_tz: Optional[bool] = None
    use_l10n: Optional[bool] = None
    template: Any = None

    def inner(self, values: Mapping[str, Any]) -> Scope:
        """A scope of its own, with other names in it."""
        scope = Scope(values)
        scope.template = self.template
        return scope


Value = Callable[[Scope], Any]


def constant(expression: FilterExpression) -> Any:
    """What an expression is without any context; None: it needs one."""
    if expression.filters:
        return None
    if not isinstance(expression.var, Variable):
        return expression.var
    return expression.var.literal


def values_of(
    expressions: Mapping[str, FilterExpression], escapes: bool
) -> List[Tuple[str, Value]]:
    return [(name, value_of(expression, escapes)) for name, expression in expressions.items()]


def value_of(expression: FilterExpression, escapes: bool) -> Value:
    """What an expression is worth in a scope; ways of their own for what mails hold most."""

    def resolve(scope: Scope) -> Any:
        scope.autoescape = escapes
        return expression.resolve(scope)

    path = path_of(expression)
    if path is None:
        return resolve
    get = _of_name(path[0]) if len(path) == 1 else _of_entry(*path)
    limits = _limits(expression)
    if limits is None:
        return _or_resolved(get, resolve) if not expression.filters else resolve
    return _shortened(get, *limits, resolve)


def path_of(expression: FilterExpression) -> Optional[Tuple[str, ...]]:
    """Its names when it is ``a`` or ``a.b``."""
    var = expression.var
    lookups = var.lookups if isinstance(var, Variable) else None
    return lookups if lookups and len(lookups) < 3 and not var.translate else None


def _of_name(name: str) -> Value:
    return lambda scope: scope.get(name)


def _of_entry(name: str, entry: str) -> Value:
    def get(scope: Scope) -> Any:
        found = scope.get(name)
        return found.get(entry) if type(found) is dict else None

    return get


_SIMPLE = (str, SafeString, int, bool, list, tuple, dict)


def _or_resolved(get: Value, resolve: Value) -> Value:
    """Plain values as they are; anything else, and what is missing, as Django has it."""

    def value(scope: Scope) -> Any:
        found = get(scope)
        return found if type(found) in _SIMPLE else resolve(scope)

    return value


def _limits(expression: FilterExpression) -> Optional[Tuple[int, int]]:
    """Words and characters when it is ``|truncatewords:n|truncatechars:m``."""
    functions = [function for function, _arguments in expression.filters]
    if functions != [defaultfilters.truncatewords, defaultfilters.truncatechars]:
        return None
    limits = [
        getattr(arguments[0][1], "literal", None) for _function, arguments in expression.filters
    ]
    words, characters = limits
    return (words, characters) if type(words) is type(characters) is int else None


def _shortened(get: Value, most_words: int, most_characters: int, resolve: Value) -> Value:
    """What is short enough keeps its words; Django cuts the others."""

    def value(scope: Scope) -> Any:
        found = get(scope)
        if type(found) is not str or len(found) > most_characters:
            return resolve(scope)
        words = found.split()
        if len(words) > most_words:
            return resolve(scope)
        return unicodedata.normalize("NFC", " ".join(words))

    return value


def words_of(value: Any, scope: Scope, escapes: bool) -> str:
    """A value as text, escaped where it must be."""
    if type(value) is str:
        return html.escape(value) if escapes else value
    if type(value) is SafeString:
        return value
    if type(value) is int and 0 <= value < 1000:
        return str(value)
    scope.autoescape = escapes
    return str(render_value_in_context(value, scope))


def test_of(condition: Any, escapes: bool) -> Callable[[Scope], bool]:
    """Whether a condition holds; what is missing doesn't."""
    if condition is None:
        return lambda scope: True
    if isinstance(condition, TemplateLiteral) and not condition.value.filters:
        path = path_of(condition.value)
        if path and len(path) == 1:
            return _holds(_of_name(path[0]), condition)
    return lambda scope: _eval(condition, scope, escapes)


def _holds(get: Value, condition: Any) -> Callable[[Scope], bool]:
    def holds(scope: Scope) -> bool:
        found = get(scope)
        return bool(found if type(found) in _SIMPLE or found is None else condition.eval(scope))

    return holds


def _eval(condition: Any, scope: Scope, escapes: bool) -> bool:
    scope.autoescape = escapes
    try:
        return bool(condition.eval(scope))
    except VariableDoesNotExist:
        return False
