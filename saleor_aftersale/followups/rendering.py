"""Turns a catalogue key and a context into words: subject, text and HTML."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Callable, List, Mapping, NamedTuple, Sequence

from django.template import Context, Engine, Template

from .. import texts
from . import edited
from .compiled import Compiled, NotCompiled
from .edits import Edit, Edits

NO_EDITS: Edits = {}

PARTS = ("subject.txt", "body.txt", "body.html")

#: Colours of the templates, and whose place they take in a mail's context.
_COLOURS = (
    ("#0b6350", "brand_colour"),
    ("#86d9c1", "brand_on_dark"),
    ("#0c2b23", "ink_on_dark"),
)

#: Longer ones are cut: mail programs show some sixty.
MOST_IN_SUBJECT = 200


class Rendered(NamedTuple):
    """One mail in words."""

    subject: str
    text: str
    html: str


def render(
    key: str, context: Mapping[str, Any], language: str, edits: Edits = NO_EDITS
) -> Rendered:
    """
    Subject in one line, text and HTML of a mail, in that language.

    Args:
        edits: the merchant's own words; they take the place of ours, in our frame.
    """
    edit = edits.get((key, language))
    with texts.in_language(language):
        subject, text, html = (renderer(f"{key}/{part}", language)(context) for part in PARTS)
        mail = Rendered(one_line(subject), text, html)
        if edit is not None:
            mail = _in_own_words(mail, edit, context, language)
    return mail._replace(html=_in_colours(mail.html, context))


def _in_colours(html: str, context: Mapping[str, Any]) -> str:
    """The shop's colours in place of ours."""
    for ours, name in _COLOURS:
        theirs = context.get(name)
        if theirs and theirs != ours:
            html = html.replace(ours, theirs)
    return html


def _in_own_words(
    ours: Rendered, edit: Edit, context: Mapping[str, Any], language: str
) -> Rendered:
    subject = ours.subject
    if edit.subject is not None:
        subject = one_line(edited.filled(edit.subject, context, language)) or subject
    if edit.text is None:
        return ours._replace(subject=subject)
    marked = edited.filled(edit.text, context, language)
    framed = edited.context_of(marked, subject, context)
    text, html = (renderer(f"edited.{kind}", language)(framed) for kind in ("txt", "html"))
    return Rendered(subject, text, html)


def one_line(text: str) -> str:
    """The text without line breaks and other control characters: fit for a header."""
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(text.split())[:MOST_IN_SUBJECT]


@lru_cache(maxsize=None)
def renderer(name: str, language: str) -> Callable[[Mapping[str, Any]], str]:
    """One template of mails in a language, compiled once per process."""
    found = template(f"saleor_aftersale/mail/{name}")
    try:
        return Compiled(found, language).render
    except NotCompiled:
        # A shop's own template may hold any tag.
        return lambda context: found.render(Context(dict(context)))


@lru_cache(maxsize=None)
def template(name: str) -> Template:
    """A template of the shop's own engine, read once per process with all it is made of."""
    return _engine().get_template(name)


@lru_cache(maxsize=None)
def _engine() -> Engine:
    # The loaders of Saleor's own engine compile a template each time it is used.
    theirs = Engine.get_default()
    return Engine(
        dirs=theirs.dirs,
        string_if_invalid=theirs.string_if_invalid,
        loaders=[("django.template.loaders.cached.Loader", _plain_loaders(theirs.loaders))],
        libraries=theirs.libraries,
        builtins=theirs.builtins,
    )


def _plain_loaders(loaders: Sequence[Any]) -> List[Any]:
    """Loaders without the cached one around them, if there is one."""
    cached = "django.template.loaders.cached.Loader"
    plain: List[Any] = []
    for loader in loaders:
        is_cached = isinstance(loader, (list, tuple)) and loader[0] == cached
        plain += loader[1] if is_cached else [loader]
    return plain
