"""
Subjects and texts a merchant writes anew, as they stand in the setting ``mail_texts``.

Sections begin with a line like ``[shipment.sent en subject]`` or ``[shipment.sent en text]``;
what follows is the words, with the values of the mail in ``{{…}}`` as in Handlebars.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from . import handlebars, samples
from .handlebars import Fault, Part, Tag

#: The whole setting; a section.
MOST_CHARACTERS = 60_000
MOST_IN_SECTION = 6_000

#: The law says what they tell: nobody's own words may take the place of it.
FIXED = ("withdrawal.acknowledged", "complaint.answered")

#: What a text must hold, or the mail would be of no use.
NEEDED = {"order.link": "page_url"}

#: Helper -> what its arguments are: ``text``, the address of a page, or a value.
HELPERS = {
    "button": ("text", "url"),
    "link": ("text", "url"),
    "format_date": ("value",),
    "price": ("value", "value"),
}

_HEAD = re.compile(r"\[([a-z_.]+) +([a-z]{2}) +(subject|text)\]")

#: Our own marks around links, see ``own_words``.
_MARKS = re.compile("[\ue000-\ue002]")


class Edit(NamedTuple):
    """A merchant's own words for one mail in one language; None: ours."""

    subject: Optional[Sequence[Part]] = None
    text: Optional[Sequence[Part]] = None


#: By key and language.
Edits = Mapping[Tuple[str, str], Edit]


class _Section(NamedTuple):
    #: Of its head, from 1.
    line: int
    key: str
    language: str
    part: str
    source: str


@lru_cache(maxsize=64)
def parse(value: str, languages: Tuple[str, ...]) -> Edits:
    """
    The edits a setting holds; compiled once for the same text.

    Raises:
        ValueError: a section can't be used; the text names the line.
    """
    if len(value) > MOST_CHARACTERS:
        raise ValueError(f"Use up to {MOST_CHARACTERS} characters.")
    found: Dict[Tuple[str, str], Edit] = {}
    for section in _sections(value):
        _refuse_unknown(section, languages)
        name = (section.key, section.language)
        edit = found.get(name, Edit())
        if getattr(edit, section.part) is not None:
            raise Fault(section.line, f"[{' '.join(section[1:4])}] stands here twice.")
        found[name] = edit._replace(**{section.part: _compiled(section)})
    return found


def _sections(value: str) -> Iterator[_Section]:
    head: Optional[Tuple[int, str, str, str]] = None
    lines: List[str] = []
    for number, line in enumerate(value.splitlines(), 1):
        match = _HEAD.fullmatch(line.strip())
        if match is None:
            if head is None and line.strip():
                raise Fault(number, "Begin with a line as [shipment.sent en subject].")
            lines.append(line)
            continue
        if head is not None:
            yield _Section(*head, "\n".join(lines))
        key, language, part = match.groups()
        head, lines = (number, key, language, part), []
    if head is not None:
        yield _Section(*head, "\n".join(lines))


def _refuse_unknown(section: _Section, languages: Sequence[str]) -> None:
    if section.key not in samples.SAMPLES:
        raise Fault(section.line, f"There is no mail {section.key}.")
    if section.key in FIXED:
        raise Fault(section.line, f"The law says what {section.key} tells: it can't be edited.")
    if section.language not in languages:
        raise Fault(section.line, f"Unknown language {section.language}: {', '.join(languages)}.")
    if len(section.source) > MOST_IN_SECTION:
        raise Fault(section.line, f"Use up to {MOST_IN_SECTION} characters in a section.")


def _compiled(section: _Section) -> Sequence[Part]:
    source = section.source.rstrip()
    try:
        parts = handlebars.parse(source, tuple(HELPERS))
        handlebars.check(parts, samples.SAMPLES[section.key])
        for tag in handlebars.tags_of(parts):
            _refuse_misused(tag)
    except Fault as fault:
        raise Fault(section.line + fault.line, fault.words) from None
    if not source.strip():
        raise Fault(section.line, "There are no words in this section.")
    if _MARKS.search(source):
        raise Fault(section.line, "This section holds a character that can't be written.")
    _refuse_useless(section, source, parts)
    return parts


def _refuse_useless(section: _Section, source: str, parts: Sequence[Part]) -> None:
    tags = handlebars.tags_of(parts)
    if section.part == "subject" and "\n" in source.strip():
        raise Fault(section.line + 2, "A subject has one line.")
    if section.part == "subject" and any(tag.helper in ("button", "link") for tag in tags):
        raise Fault(section.line + 1, "A subject holds no links.")
    needed = NEEDED.get(section.key, "")
    paths = [argument.path for tag in tags for argument in tag.arguments]
    if section.part == "text" and needed and needed not in paths:
        raise Fault(section.line, f"The text must hold {needed}.")


def _refuse_misused(tag: Tag) -> None:
    if not tag.helper:
        return
    shape = HELPERS[tag.helper]
    if len(shape) != len(tag.arguments):
        raise Fault(tag.line, f"{tag.helper} needs {len(shape)} things: {', '.join(shape)}.")
    for kind, argument in zip(shape, tag.arguments):
        if kind == "text" and argument.path:
            raise Fault(tag.line, f'{tag.helper} needs words in quotes, as {tag.helper} "Order".')
        if kind == "url" and not argument.path.endswith("_url"):
            raise Fault(tag.line, f"{tag.helper} needs a value whose name ends in _url.")
        if kind == "value" and not argument.path:
            raise Fault(tag.line, f"{tag.helper} needs the name of a value.")
