"""The Saleor 3.x environments a machine names for CI, one `interpreter:checkout` a line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Mapping

LIST = Path(".config") / "saleor-aftersale" / "saleor3"


@dataclass(frozen=True)
class Environment3:
    """One named environment."""

    interpreter: Path
    checkout: Path

    def problem(self) -> str:
        """Why it can't be used, empty when it can."""
        if not self.interpreter.exists():
            return f"{self.interpreter} doesn't exist"
        if not (self.checkout / "saleor" / "settings.py").exists():
            return f"{self.checkout} is no checkout of Saleor"
        return ""


def named(environ: Mapping[str, str]) -> tuple[list[Environment3], list[str]]:
    """
    Usable environments, and a sentence for each line that names none.

    `AFTERSALE_SALEOR3` replaces the file `~/.config/saleor-aftersale/saleor3`, even when empty.
    """
    text, source = _text(environ)
    usable, problems = [], []
    for number, line in enumerate(text.splitlines(), start=1):
        content = line.partition("#")[0].strip()
        if not content:
            continue
        interpreter, colon, checkout = content.partition(":")
        environment = Environment3(Path(interpreter.strip()), Path(checkout.strip()))
        problem = environment.problem() if colon else "it should read interpreter:checkout"
        if problem:
            problems.append(f"{source}, line {number}: {content}: {problem}")
        else:
            usable.append(environment)
    return usable, problems


def _text(environ: Mapping[str, str]) -> tuple[str, str]:
    if "AFTERSALE_SALEOR3" in environ:
        return environ["AFTERSALE_SALEOR3"], "AFTERSALE_SALEOR3"
    file = Path(environ.get("HOME", "/")) / LIST
    return (file.read_text(), str(file)) if file.exists() else ("", str(file))
