"""
The part of Handlebars a merchant may write: values, ``if``, ``unless``, ``each``, ``with``.

Nothing of Python can be reached from a template: values are looked up in dictionaries and
lists only, and every loop runs over a list that is there. A fault names its line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

#: Blocks inside blocks; deeper ones nobody can read.
MOST_NESTED = 5

#: What a template may grow to when it is filled in.
MOST_CHARACTERS = 100_000

BLOCKS = ("if", "unless", "each", "with")

_TAG = re.compile(r"\{\{(?P<inside>.*?)\}\}", re.S)
_PATH = re.compile(
    r"(?:\.\./)*(?:this|[a-z][a-z0-9_]*)(?:\.[a-z][a-z0-9_]*)*|@(?:index|first|last)"
)
_ARGUMENT = re.compile(r'"(?P<text>[^"]*)"|(?P<path>[^\s"]+)')


class Fault(ValueError):
    """What is wrong with a template, and on which of its lines."""

    def __init__(self, line: int, words: str) -> None:
        super().__init__(f"line {line}: {words}")
        self.line = line
        self.words = words


class Argument(NamedTuple):
    """A text as it is, or the path of a value."""

    text: str = ""
    path: str = ""


class Tag(NamedTuple):
    """A value, or what a helper makes of its arguments."""

    line: int
    helper: str
    arguments: Tuple[Argument, ...]


@dataclass
class Block:
    """What is written when, or for each of, something."""

    line: int
    kind: str
    subject: Argument
    body: List[Part] = field(default_factory=list)
    otherwise: List[Part] = field(default_factory=list)


Part = Union[str, Tag, Block]


class Place(NamedTuple):
    """Where a value is looked up: the one at hand, what is around it, loop names."""

    this: Any
    around: Optional[Place] = None
    loop: Mapping[str, Any] = {}


#: What helpers make of their arguments.
Helpers = Mapping[str, Callable[..., str]]


def parse(source: str, helpers: Sequence[str]) -> List[Part]:
    """
    The parts of a template.

    Args:
        helpers: names of helpers it may call.

    Raises:
        Fault: it holds something else.
    """
    root = Block(0, "", Argument())
    open_blocks = [(root, root.body)]
    end = 0
    for match in _TAG.finditer(source):
        line = source.count("\n", 0, match.start()) + 1
        _refuse_braces(source[end : match.start()], line)
        before, after = _around(source, match, end)
        if before:
            open_blocks[-1][1].append(before)
        _read(match.group("inside"), line, open_blocks, helpers)
        end = after
    _refuse_braces(source[end:], source.count("\n") + 1)
    if source[end:]:
        open_blocks[-1][1].append(source[end:])
    if len(open_blocks) > 1:
        block = open_blocks[-1][0]
        raise Fault(
            block.line, f"{{{{#{block.kind}}}}} is never closed with {{{{/{block.kind}}}}}."
        )
    return root.body


def _around(source: str, match: re.Match[str], end: int) -> Tuple[str, int]:
    """The text before a tag and where the text after it begins; a block's own line vanishes."""
    before, after = source[end : match.start()], match.end()
    if match.group("inside").strip()[:1] not in ("#", "/", "!") and not _is_else(match):
        return before, after
    start_of_line = source.rfind("\n", 0, match.start()) + 1
    end_of_line = source.find("\n", after)
    end_of_line = len(source) if end_of_line < 0 else end_of_line
    alone = not source[start_of_line : match.start()].strip(" \t\r")
    if alone and not source[after:end_of_line].strip(" \t\r"):
        return source[end : max(end, start_of_line)], min(end_of_line + 1, len(source))
    return before, after


def _is_else(match: re.Match[str]) -> bool:
    return match.group("inside").strip() == "else"


def _refuse_braces(text: str, line: int) -> None:
    if "{{" in text or "}}" in text:
        raise Fault(line, "{{ and }} don't fit together.")


def _read(
    inside: str,
    line: int,
    open_blocks: List[Tuple[Block, List[Part]]],
    helpers: Sequence[str],
) -> None:
    """One tag: a value, a comment, or the begin, middle or end of a block."""
    words = inside.strip()
    block, parts = open_blocks[-1]
    if words.startswith("!"):
        return
    if words.startswith("#"):
        if len(open_blocks) > MOST_NESTED:
            raise Fault(line, f"More than {MOST_NESTED} blocks inside each other.")
        opened = _block(words[1:], line)
        parts.append(opened)
        open_blocks.append((opened, opened.body))
    elif words.startswith("/"):
        if words[1:].strip() != block.kind or not block.kind:
            raise Fault(line, f"{{{{{words}}}}} closes nothing that is open.")
        open_blocks.pop()
    elif words == "else":
        if not block.kind or parts is block.otherwise:
            raise Fault(line, "{{else}} belongs into a block, once.")
        open_blocks[-1] = (block, block.otherwise)
    elif words.startswith("else"):
        raise Fault(line, "Write {{else}} and a new {{#if …}} inside it instead of {{else if …}}.")
    else:
        parts.append(_tag(words, line, helpers))


def _block(words: str, line: int) -> Block:
    kind, _space, rest = words.strip().partition(" ")
    if kind not in BLOCKS:
        raise Fault(line, f"{{{{#{kind}}}}} can't be used here, only: {', '.join(BLOCKS)}.")
    arguments = _arguments(rest, line)
    if len(arguments) != 1 or not arguments[0].path:
        raise Fault(line, f"{{{{#{kind}}}}} needs the name of one value.")
    return Block(line, kind, arguments[0])


def _tag(words: str, line: int, helpers: Sequence[str]) -> Tag:
    name, _space, rest = words.partition(" ")
    if rest.strip():
        if name not in helpers:
            raise Fault(line, f"{name!r} can't be used here, only: {', '.join(helpers)}.")
        return Tag(line, name, _arguments(rest, line))
    if name in helpers:
        raise Fault(line, f"{{{{{name}}}}} needs something to work on.")
    arguments = _arguments(name, line)
    if not arguments or not arguments[0].path:
        raise Fault(line, "{{}} needs the name of a value.")
    return Tag(line, "", arguments)


def _arguments(words: str, line: int) -> Tuple[Argument, ...]:
    found = []
    if words.count('"') % 2:
        raise Fault(line, "A quote isn't closed.")
    for match in _ARGUMENT.finditer(words):
        path = match.group("path")
        if path is not None and not _PATH.fullmatch(path):
            raise Fault(line, f"{path!r} is not the name of a value.")
        found.append(Argument(match.group("text") or "", path or ""))
    return tuple(found)


def value_at(path: str, place: Place) -> Any:
    """What a path leads to; None where there is nothing."""
    while path.startswith("../"):
        path = path[3:]
        place = place.around or place
    if path.startswith("@"):
        return place.loop.get(path)
    names = path.split(".")
    found = place.this
    for name in names[1:] if names[0] == "this" else names:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def check(parts: Sequence[Part], sample: Dict[str, Any]) -> None:
    """
    Compare a template's names with those of a sample context.

    Raises:
        Fault: a name isn't there, or can't be used like this.
    """
    _check(parts, Place(sample))


def _check(parts: Sequence[Part], place: Place) -> None:
    for part in parts:
        if isinstance(part, Tag):
            for argument in part.arguments:
                _known(argument.path, place, part.line)
        elif isinstance(part, Block):
            _check_block(part, place)


def _check_block(block: Block, place: Place) -> None:
    found = _known(block.subject.path, place, block.line)
    inner = place
    if block.kind == "each":
        if not isinstance(found, list):
            raise Fault(block.line, f"{block.subject.path} is no list.")
        inner = Place(found[0], place, _loop(0, 1))
    elif block.kind == "with":
        if not isinstance(found, dict):
            raise Fault(block.line, f"{block.subject.path} has nothing inside.")
        inner = Place(found, place)
    _check(block.body, inner)
    _check(block.otherwise, place)


def _known(path: str, place: Place, line: int) -> Any:
    """What a path leads to in a sample."""
    found = value_at(path, place) if path else ""
    if found is None:
        names = ", ".join(sorted(place.this)) if isinstance(place.this, dict) else "this"
        raise Fault(line, f"There is no {path}. Known here: {names}.")
    return found


def tags_of(parts: Sequence[Part]) -> List[Tag]:
    """All values and calls of helpers, wherever they stand."""
    found: List[Tag] = []
    for part in parts:
        if isinstance(part, Tag):
            found.append(part)
        elif isinstance(part, Block):
            found += [*tags_of(part.body), *tags_of(part.otherwise)]
    return found


class _Written:
    """A text that grows, up to a bound."""

    def __init__(self) -> None:
        self.pieces: List[str] = []
        self.size = 0

    def add(self, piece: str) -> None:
        self.size += len(piece)
        if self.size > MOST_CHARACTERS:
            raise Fault(1, "The mail grows too long.")
        self.pieces.append(piece)


def fill(parts: Sequence[Part], context: Dict[str, Any], helpers: Helpers) -> str:
    """
    A template with values in their places.

    Args:
        helpers: also ``""``: how a value is written.

    Raises:
        Fault: it grows beyond ``MOST_CHARACTERS``.
    """
    written = _Written()
    _fill(parts, Place(context), helpers, written)
    return "".join(written.pieces)


def _fill(parts: Sequence[Part], place: Place, helpers: Helpers, written: _Written) -> None:
    for part in parts:
        if isinstance(part, Block):
            for branch, inner in _branches(part, place):
                _fill(branch, inner, helpers, written)
        else:
            written.add(part if isinstance(part, str) else _words(part, place, helpers))


def _words(tag: Tag, place: Place, helpers: Helpers) -> str:
    values = [
        value_at(argument.path, place) if argument.path else argument.text
        for argument in tag.arguments
    ]
    return helpers[tag.helper](*values)


def _branches(block: Block, place: Place) -> List[Tuple[Sequence[Part], Place]]:
    """What of a block is written, each with its place."""
    found = value_at(block.subject.path, place)
    if block.kind in ("if", "unless"):
        holds = bool(found) is (block.kind == "if")
        return [(block.body if holds else block.otherwise, place)]
    if not found:
        return [(block.otherwise, place)]
    if block.kind == "with":
        return [(block.body, Place(found, place))]
    items = found if isinstance(found, list) else []
    return [
        (block.body, Place(item, place, _loop(position, len(items))))
        for position, item in enumerate(items)
    ]


def _loop(position: int, count: int) -> Dict[str, Any]:
    return {"@index": position, "@first": position == 0, "@last": position == count - 1}
