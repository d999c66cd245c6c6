"""`make check`: format, lint, import contracts, types, unit tests. No Saleor, no database."""

from __future__ import annotations

import configparser
import subprocess
import sys
import time
from pathlib import Path
from typing import Sequence

from . import distribution, environment
from .places import PACKAGE, ROOT, SANDBOX, cache_folder
from .processes import clean_environment
from .progress import Progress

TOOLS = SANDBOX / "requirements-check.txt"


def check(progress: Progress, pytest_arguments: Sequence[str] = ()) -> list[str]:
    """Run every check; gives the names of those that failed."""
    return [
        name
        for name, command in _checks(_python(progress), pytest_arguments)
        if not passed(name, command, _environment(), progress)
    ]


def write_mails(progress: Progress) -> int:
    """Compile the MJML sources of the mails; gives the exit code."""
    command = [_python(progress), "-m", "sandbox.mails"]
    return 0 if passed("mails", command, _environment(), progress) else 1


def _python(progress: Progress) -> Path:
    installs = [["-r", TOOLS, *distribution.requirements()]]
    return environment.virtualenv("checks", Path(sys.executable), installs, progress)


def _checks(python: Path, pytest_arguments: Sequence[str]) -> list[tuple[str, list[object]]]:
    tool = python.parent
    caches = cache_folder()
    typed = [str(file) for file in strictly_typed()]
    return [
        ("format", [tool / "ruff", "format", "--check", "."]),
        ("lint", [tool / "ruff", "check", "."]),
        ("mails as their sources", [python, "-m", "sandbox.mails", "--check"]),
        (
            "import contracts",
            [tool / "lint-imports", "--config", "setup.cfg", "--cache-dir", caches / "imports"],
        ),
        (
            "types",
            [tool / "mypy", "--config-file", "setup.cfg", "--cache-dir", caches / "types", *typed],
        ),
        (
            "unit tests",
            [
                python,
                "-m",
                "pytest",
                "-q",
                "-p",
                "no:cacheprovider",
                "tests/unit",
                *pytest_arguments,
            ],
        ),
    ]


def strictly_typed() -> list[Path]:
    """The files mypy reads: the rules, as the import contract lists them, and the host's ports."""
    parser = configparser.ConfigParser()
    parser.read(str(ROOT / "setup.cfg"))
    text = parser.get("importlinter:contract:rules", "source_modules", fallback="")
    files = [ROOT / (module.replace(".", "/") + ".py") for module in text.split()]
    return [file for file in [*files, PACKAGE / "host" / "ports.py"] if file.exists()]


def _environment() -> dict[str, str]:
    return {
        **clean_environment(),
        "PYTHONPATH": str(ROOT),
        "PYTHONPYCACHEPREFIX": str(cache_folder() / "bytecode"),
        "RUFF_CACHE_DIR": str(cache_folder() / "ruff"),
    }


def passed(name: str, command: Sequence[object], env: dict[str, str], progress: Progress) -> bool:
    """Run one check in the repository, its output shown as it comes; says its name and time."""
    started = time.monotonic()
    progress.say("→ " + name)
    words = [str(word) for word in command]
    code = subprocess.call(words, cwd=str(ROOT), env=env, stdin=subprocess.DEVNULL)
    seconds = time.monotonic() - started
    progress.say("{} {} · {:.0f} s".format("✗" if code else "✓", name, seconds))
    return code == 0


def verdict(failures: Sequence[str], progress: Progress) -> int:
    """Say what failed; gives the exit code."""
    progress.say("Failed: " + ", ".join(failures) if failures else "All passed.")
    return 1 if failures else 0
