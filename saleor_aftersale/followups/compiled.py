"""
Django's templates in a form that renders a mail in microseconds.

A template is walked once per language: its frame and parts are put in place, translations are
looked up, what never changes is joined into one text. What is left are small functions over the
context. Output is the same as Django's, to the letter; a test compares them for every mail.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence

from django.template import (
    Context,
    Engine,
    Node,
    NodeList,
    Template,
)
from django.template.base import (
    FilterExpression,
    TextNode,
    VariableNode,
)
from django.template.defaulttags import (
    AutoEscapeControlNode,
    CommentNode,
    ForNode,
    IfNode,
    LoadNode,
    WithNode,
)
from django.template.loader_tags import BlockNode, ExtendsNode, IncludeNode
from django.templatetags.i18n import BlockTranslateNode
from django.utils import translation
from django.utils.safestring import SafeString

from .. import texts
from .template_pieces import (
    Piece,
    Setter,
    TranslateNode,
    Writer,
    all_of,
    enclosed,
    inside,
    is_super,
    loop_facts,
    names_in,
    without,
    writer_of,
)
from .template_values import (
    BUILTINS,
    Scope,
    constant,
    path_of,
    test_of,
    value_of,
    values_of,
    words_of,
)

#: Text between values, and the values' names, in a translated sentence.
_HOLE = re.compile(r"%\((\w+)\)s")


class NotCompiled(Exception):
    """The template holds something only Django itself can render."""


class Compiled:
    """A template in one language."""

    def __init__(self, template: Template, language: str) -> None:
        """
        Raises:
            NotCompiled: it holds something only Django itself can render.
        """
        self._template = template
        with texts.in_language(language):
            self._write = all_of(_Walk(template.engine).pieces_of(template))

    def render(self, context: Mapping[str, Any]) -> str:
        """The template with these values; the language must be active, for dates."""
        scope = Scope(BUILTINS)
        scope.update(context)
        scope.template = self._template
        written: List[str] = []
        self._write(scope, written)
        return "".join(written)


class _Walk:
    """Turns nodes into pieces; knows what blocks stand for and whether values are escaped."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self.blocks: Dict[str, BlockNode] = {}
        self.escapes = True
        #: What a name given to a sentence stands for at this place.
        self.known: Dict[str, str] = {}

    def pieces_of(self, template: Template) -> List[Piece]:
        """The template inside its frame."""
        first = next((node for node in template.nodelist if not isinstance(node, TextNode)), None)
        if not isinstance(first, ExtendsNode):
            return self.pieces(template.nodelist)
        for name, block in first.blocks.items():
            self.blocks.setdefault(name, block)
        # Texts before the tag are left out by Django, too: blank lines only.
        return self.pieces_of(self._named(first.parent_name))

    def _named(self, expression: FilterExpression) -> Template:
        name = constant(expression)
        if not isinstance(name, str) or name.startswith("."):
            raise NotCompiled(f"The name of a template is known later: {expression}")
        return self.engine.get_template(name)

    def pieces(self, nodes: NodeList) -> List[Piece]:
        """Pieces of nodes in a row, texts beside each other joined."""
        found: List[Piece] = []
        text = -1
        for node in nodes:
            for piece in self._of_node(node):
                # A name may as well be given before the text as after it.
                is_joined = isinstance(piece, str) and all(
                    isinstance(between, Setter) for between in found[text + 1 :]
                )
                if is_joined and text >= 0:
                    found[text] += piece  # type: ignore[operator]
                    continue
                text = len(found) if isinstance(piece, str) else text
                found.append(piece)
        return found

    def _known_value(self, expression: FilterExpression) -> Optional[str]:
        """What a name stands for, where that is known already."""
        path = None if expression.filters else path_of(expression)
        return self.known.get(path[0]) if path and len(path) == 1 else None

    def _of_node(self, node: Node) -> Sequence[Piece]:
        walk = _WALKS.get(type(node))
        if walk is None:
            raise NotCompiled(f"A tag of another kind: {type(node).__name__}")
        return walk(self, node)

    def _text(self, node: TextNode) -> Sequence[Piece]:
        return [str(node.s)]

    def _nothing(self, node: Node) -> Sequence[Piece]:
        return []

    def _block(self, node: BlockNode) -> Sequence[Piece]:
        nodes = self.blocks.get(node.name, node).nodelist
        if any(
            is_super(found.filter_expression) for found in nodes.get_nodes_by_type(VariableNode)
        ):
            raise NotCompiled("A block repeats the one it replaces.")
        known = dict(self.known)
        pieces = self.pieces(nodes)
        self.known = known
        return [enclosed(pieces)] if names_in(nodes) else pieces

    def _escaping(self, node: AutoEscapeControlNode) -> Sequence[Piece]:
        before, self.escapes = self.escapes, node.setting
        try:
            return self.pieces(node.nodelist)
        finally:
            self.escapes = before

    def _variable(self, node: VariableNode) -> Sequence[Piece]:
        known = self._known_value(node.filter_expression)
        if known is not None:
            return [words_of(known, Scope(), self.escapes)]
        return [writer_of(value_of(node.filter_expression, self.escapes), self.escapes)]

    def _condition(self, node: IfNode) -> Sequence[Piece]:
        known, branches = self.known, []
        for condition, nodes in node.conditions_nodelists:
            self.known = dict(known)
            branches.append((test_of(condition, self.escapes), all_of(self.pieces(nodes))))
        self.known = without(known, names_in(node))

        def write(scope: Scope, written: List[str]) -> None:
            for holds, branch in branches:
                if holds(scope):
                    branch(scope, written)
                    return

        return [write]

    def _loop(self, node: ForNode) -> Sequence[Piece]:
        if len(node.loopvars) != 1 or node.is_reversed or len(node.nodelist_empty):
            raise NotCompiled("A loop of another kind.")
        (name,) = node.loopvars
        sequence, known = node.sequence, self.known
        self.known = without(known, [name, "forloop", *names_in(node)])
        body = all_of(self.pieces(node.nodelist_loop))
        self.known = known

        def write(scope: Scope, written: List[str]) -> None:
            items = list(sequence.resolve(scope, ignore_failures=True) or ())
            inner = scope.inner(scope)
            for position, item in enumerate(items):
                inner["forloop"] = loop_facts(position, len(items), scope)
                inner[name] = item
                body(inner, written)

        return [write]

    def _include(self, node: IncludeNode) -> Sequence[Piece]:
        known = {name: self._known_value(value) for name, value in node.extra_context.items()}
        fixed = {name: value for name, value in known.items() if value is not None}
        around = {} if node.isolated_context else without(self.known, list(known))
        part = self._beside({**around, **fixed}).pieces_of(self._named(node.template))
        if all(isinstance(piece, str) for piece in part):
            return part
        more = values_of(without(node.extra_context, list(fixed)), self.escapes)
        isolated = {**BUILTINS, **fixed} if node.isolated_context else None
        return [inside(all_of(part), more, isolated, fixed)]

    def _beside(self, known: Dict[str, str]) -> _Walk:
        """For a part of its own, escaped as where it is put in."""
        walk = _Walk(self.engine)
        walk.escapes, walk.known = self.escapes, known
        return walk

    def _with(self, node: WithNode) -> Sequence[Piece]:
        known, self.known = self.known, without(self.known, list(node.extra_context))
        body = all_of(self.pieces(node.nodelist))
        self.known = known
        return [inside(body, values_of(node.extra_context, self.escapes))]

    def _translation(self, node: TranslateNode) -> Sequence[Piece]:
        if constant(node.filter_expression) is None or node.filter_expression.filters:
            raise NotCompiled("A sentence to translate that is known later.")
        scope = Scope()
        scope.autoescape = self.escapes
        words = node.render(scope)
        if not node.asvar:
            return [str(words)]
        self.known[node.asvar] = scope[node.asvar]
        return [Setter(node.asvar, scope[node.asvar])]

    def _sentence(self, node: BlockTranslateNode) -> Sequence[Piece]:
        pieces = _Sentence(node, self.escapes).pieces()
        if not node.asvar:
            return pieces
        write = all_of(pieces)
        self.known.pop(node.asvar, None)

        def keep(scope: Scope, written: List[str]) -> None:
            words: List[str] = []
            write(scope, words)
            scope[node.asvar] = kept("".join(words))

        kept = SafeString if _keeps_sentences_safe() else str
        return [keep]


_WALKS: Dict[type, Callable[[_Walk, Any], Sequence[Piece]]] = {
    TextNode: _Walk._text,
    LoadNode: _Walk._nothing,
    CommentNode: _Walk._nothing,
    BlockNode: _Walk._block,
    AutoEscapeControlNode: _Walk._escaping,
    VariableNode: _Walk._variable,
    IfNode: _Walk._condition,
    ForNode: _Walk._loop,
    IncludeNode: _Walk._include,
    WithNode: _Walk._with,
    TranslateNode: _Walk._translation,
    BlockTranslateNode: _Walk._sentence,
}


@lru_cache(maxsize=None)
def _keeps_sentences_safe() -> bool:
    """Whether this Django escapes a sentence that was given a name only once."""
    engine = Engine(libraries={"i18n": "django.templatetags.i18n"})
    source = "{% load i18n %}{% blocktrans asvar said %}&{% endblocktrans %}{{ said }}"
    return engine.from_string(source).render(Context()) == "&"


class _Sentence:
    """A sentence with values in it, in the language that is active while it is compiled."""

    def __init__(self, node: BlockTranslateNode, escapes: bool) -> None:
        self.node = node
        self.escapes = escapes
        self.context = constant(node.message_context) if node.message_context else None
        self.singular = node.render_token_list(node.singular)[0]
        self.language = translation.get_language()
        self.values = dict(values_of(node.extra_context, escapes))

    def pieces(self) -> List[Piece]:
        """The sentence's texts and values."""
        if self.node.plural:
            return [self._counted()]
        if self.context:
            return self._split(translation.pgettext(self.context, self.singular))
        return self._split(translation.gettext(self.singular))

    def _counted(self) -> Writer:
        node, context = self.node, self.context
        plural = node.render_token_list(node.plural)[0]
        counter = value_of(node.counter, self.escapes)

        def write(scope: Scope, written: List[str]) -> None:
            count = counter(scope)
            if context:
                sentence = translation.npgettext(context, self.singular, plural, count)
            else:
                sentence = translation.ngettext(self.singular, plural, count)
            inner = scope.inner(scope)
            inner[node.countervar] = count
            all_of(self._split(sentence))(inner, written)

        return write

    def _split(self, sentence: str) -> List[Piece]:
        found: List[Piece] = []
        for position, part in enumerate(_HOLE.split(sentence)):
            if position % 2:
                found.append(self._hole(part))
            elif "%" in part.replace("%%", ""):
                raise NotCompiled(f"A sentence that can't be filled in: {sentence!r}")
            elif part:
                found.append(part.replace("%%", "%"))
        return found

    def _hole(self, name: str) -> Writer:
        value = self.values.get(name) or value_of(FilterExpression(name, _NoParser()), self.escapes)
        return writer_of(value, self.escapes)


class _NoParser:
    """A name in a sentence has no filters to look up."""

    def find_filter(self, name: str) -> Any:
        raise NotCompiled(f"A filter inside a sentence: {name}")
