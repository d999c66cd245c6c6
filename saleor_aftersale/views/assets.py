"""Files of our pages and of storefronts: the style sheet in the shop's colour, the drop-in bar."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

from django.http import HttpResponse
from django.template.loader import get_template

from .. import colours
from ..config import Settings

_FOR_GOOD = "public, max-age=31536000, immutable"
#: For addresses that stay the same while the file changes.
_FOR_MINUTES = "public, max-age=300"

BAR_NAME = "aftersale-progress.js"


@lru_cache(maxsize=None)
def _source(name: str) -> str:
    return str(get_template(f"saleor_aftersale/{name}").template.source)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@lru_cache(maxsize=64)
def _style_text(colour: str) -> str:
    """One sheet per colour: a strict CSP leaves no room for it on the page itself."""
    light, dark = colours.light_palette(colour), colours.dark_palette(colour)
    brand = _variables(light) + "@media (prefers-color-scheme:dark){" + _variables(dark) + "}"
    return brand + _packed(_source("pages/style.css"))


def _variables(palette: colours.Palette) -> str:
    accent, ink, pale = palette
    return f":root{{--accent:{accent};--accent-ink:{ink};--accent-pale:{pale}}}"


def _packed(css: str) -> str:
    """The same sheet without comments and needless white space: a third less to load."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    css = re.sub(r"\s+", " ", css)
    css = re.sub(r" ?([{};,>]) ?", r"\1", css)
    return css.replace(": ", ":").replace(";}", "}").strip()


def style_name(settings: Settings) -> str:
    """Name with a hash of the content, so that it can be cached for good."""
    return f"style-{_hash(_style_text(settings.brand_colour))}.css"


def bar_name() -> str:
    """The drop-in bar's name with a hash of its content."""
    return f"aftersale-progress-{_hash(_source('embed/' + BAR_NAME))}.js"


def asset(name: str, settings: Settings) -> HttpResponse | None:
    """The file of that name, None when there is none: a changed file has another name."""
    if name == style_name(settings):
        text = _style_text(settings.brand_colour)
        return _file(text, "text/css; charset=utf-8", _FOR_GOOD)
    if name in (bar_name(), BAR_NAME):
        cache = _FOR_MINUTES if name == BAR_NAME else _FOR_GOOD
        response = _file(_source("embed/" + BAR_NAME), "text/javascript; charset=utf-8", cache)
        # Storefronts are other hosts; the file holds nothing of anybody.
        response["Access-Control-Allow-Origin"] = "*"
        response["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response
    return None


def _file(text: str, content_type: str, cache: str) -> HttpResponse:
    response = HttpResponse(text, content_type=content_type)
    response["Cache-Control"] = cache
    response["X-Content-Type-Options"] = "nosniff"
    return response
