"""
`make mails`: writes the HTML frame of the mails from its MJML source; `--check` only compares.

Runs in the environment of `make check`, which has the compiler.
"""

from __future__ import annotations

import sys
from pathlib import Path

from .places import PACKAGE

FOLDER = PACKAGE / "templates" / "saleor_aftersale" / "mail"

#: What a template needs before anything else.
_FIRST = "{% load i18n %}"

#: The title, said again for screen readers: a template names a block only once.
_TWICE = 'aria-label="{% block title %}{% endblock %}" '


def compiled(source: Path) -> str:
    """The HTML of one source; no font is loaded from anywhere."""
    import mjml  # noqa: PLC0415 -- optional dependency

    words = source.read_text(encoding="utf-8")
    html = str(mjml.mjml2html(words, disable_comments=True, fonts={}))
    return _FIRST + html.strip().replace(_TWICE, "") + "\n"


def main(arguments: list[str]) -> int:
    """Write or compare; gives 1 when something was stale."""
    stale = 0
    for source in sorted(FOLDER.glob("*.mjml")):
        target, html = source.with_suffix(".html"), compiled(source)
        if target.exists() and target.read_text(encoding="utf-8") == html:
            continue
        stale += 1
        if arguments == ["--check"]:
            print(f"{target.name} isn't what {source.name} makes: run `make mails`.")
        else:
            target.write_text(html, encoding="utf-8")
            print(f"Written: {target.name}")
    return 1 if stale and arguments == ["--check"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
